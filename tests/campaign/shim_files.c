/* Preloaded: counts the calls on files below a directory, and makes one of them fail, or the process die at it.
 *
 * FILECALLS        beginning of two paths: <it>.count, shared by all processes of a start, and <it>.trace, a line for
 *                  each call: its number from 1, its kind, its path
 * FILECALLS_BELOW  the directory, without links
 * FILECALLS_FAULT  NUMBER:HOW[:ERRNO], see `hows`; without it calls are only counted
 * FILECALLS_RANK   the only rank that takes part
 * FILECALLS_BESIDE set: only the calls of threads beside the first are numbered, which come in the same order each time
 *                  where one of them is at work at a time; all others have number 0. What fails for ever fails for all.
 *
 * Calls that the C library makes within itself (stdio) are not seen. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

typedef enum how {
    NOTHING,
    ONCE,   /* fails, and nothing is done */
    EVER,   /* so do all later calls of its kind */
    OFTEN,  /* every other call of its kind fails from there on: who tries again gets through */
    DEAD,   /* all later calls of every kind fail */
    FULL,   /* all later calls that need room fail */
    LIE,    /* it is done, and said to have failed */
    BEFORE, /* killed before it, after it, when half of its bytes are written */
    AFTER,
    HALF,
    SHORT /* half of its bytes are taken, which is said */
} how;

static const char *const hows[] = {"",    "once",   "ever",  "often", "dead", "full",
                                   "lie", "before", "after", "half",  "short"};

typedef enum kind {
    OPEN,
    CREATE,
    READ,
    WRITE,
    SYNC,
    RANGE,
    CLOSE,
    TRUNCATE,
    ALLOCATE,
    RENAME,
    LINK,
    UNLINK,
    MKDIR,
    STAT,
    LOCK,
    KINDS
} kind;

static const char *const kinds[] = {"open",     "create", "read", "write",  "sync",  "range", "close", "truncate",
                                    "allocate", "rename", "link", "unlink", "mkdir", "stat",  "lock"};

/* Of all processes of a start. */
typedef struct shared {
    atomic_int calls;
    atomic_int kind; /* of the call that was hit, + 1 */
    atomic_int turns;
} shared;

static shared *common;
static int trace = -1;
static char below[PATH_MAX];
static size_t below_length;
static int chosen;
static how way;
static int error;
static bool beside;

__attribute__((constructor)) static void begin(void)
{
    char path[PATH_MAX], word[16] = "";
    const char *prefix = getenv("FILECALLS"), *directory = getenv("FILECALLS_BELOW"),
               *fault = getenv("FILECALLS_FAULT");
    const char *only = getenv("FILECALLS_RANK"), *rank = getenv("OMPI_COMM_WORLD_RANK");
    rank = rank ? rank : getenv("PMI_RANK");
    if (!prefix || !directory || (only && (!rank || strcmp(only, rank) != 0)))
        return;
    snprintf(below, sizeof below, "%s", directory);
    below_length = strlen(below);
    beside = getenv("FILECALLS_BESIDE") != NULL;
    if (fault && sscanf(fault, "%d:%15[a-z]:%d", &chosen, word, &error) >= 2)
        for (int i = 1; i < (int)(sizeof hows / sizeof hows[0]); i++)
            way = strcmp(word, hows[i]) == 0 ? (how)i : way;
    snprintf(path, sizeof path, "%s.count", prefix);
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0 || syscall(SYS_ftruncate, fd, (long)sizeof(shared)) != 0)
        abort();
    common = mmap(NULL, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (common == MAP_FAILED)
        abort();
    syscall(SYS_close, fd);
    snprintf(path, sizeof path, "%s.trace", prefix);
    const int low = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    trace = fcntl(low, F_DUPFD_CLOEXEC, 900); /* where no program that counts its descriptors meets it */
    syscall(SYS_close, low);
}

/* ---- which call it is, and what becomes of it ---- */

static bool is_below(const char *path)
{
    return strncmp(path, below, below_length) == 0 && (path[below_length] == '/' || path[below_length] == '\0');
}

static bool needs_room(kind k)
{
    return k == CREATE || k == WRITE || k == MKDIR || k == ALLOCATE || k == LINK;
}

/* The next number; 0 for a call that has none. */
static int count_call(void)
{
    if (beside && syscall(SYS_gettid) == getpid())
        return 0;
    return atomic_fetch_add(&common->calls, 1) + 1;
}

/* The call with this number and kind: what is to be done with it. */
static how choose(int number, kind k)
{
    if (way == NOTHING || (number == 0 ? atomic_load(&common->kind) == 0 : number < chosen))
        return NOTHING;
    if (number == chosen)
        atomic_store(&common->kind, (int)k + 1);
    const bool alike = atomic_load(&common->kind) == (int)k + 1;
    switch (way) {
    case EVER:
        return alike ? ONCE : NOTHING;
    case OFTEN:
        return alike && atomic_fetch_add(&common->turns, 1) % 2 == 0 ? ONCE : NOTHING;
    case DEAD:
        return ONCE;
    case FULL:
        return number == chosen || needs_room(k) ? ONCE : NOTHING;
    default:
        return number == chosen ? way : NOTHING;
    }
}

static how look_at(kind k, const char *path)
{
    char line[PATH_MAX + 64];
    const int before = errno, number = count_call();
    const how todo = choose(number, k);
    const int count =
        snprintf(line, sizeof line, "%d %s %s%s%s\n", number, kinds[k], path, todo ? "\t" : "", hows[todo]);
    (void)!syscall(SYS_write, trace, line, (size_t)count);
    errno = before;
    return todo;
}

static void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;)
        pause();
}

static how by_path(kind k, int at, const char *path)
{
    char whole[PATH_MAX];
    if (!common || !path)
        return NOTHING;
    if (path[0] != '/') {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        const long length = syscall(SYS_readlink, at == AT_FDCWD ? "/proc/self/cwd" : link, whole, sizeof whole - 1);
        if (length < 0 || snprintf(whole + length, sizeof whole - (size_t)length, "/%s", path) < 0)
            return NOTHING;
        path = whole;
    }
    return is_below(path) ? look_at(k, path) : NOTHING;
}

static how by_descriptor(kind k, int fd)
{
    char link[64], path[PATH_MAX];
    if (!common || fd < 0)
        return NOTHING;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const long length = syscall(SYS_readlink, link, path, sizeof path - 1);
    if (length < 0)
        return NOTHING;
    path[length] = '\0';
    return is_below(path) ? look_at(k, path) : NOTHING;
}

/* Around a call that is done as a whole or not at all. */
#define AROUND(TODO, CALL)                                                                                             \
    do {                                                                                                               \
        const how todo_ = (TODO);                                                                                      \
        if (todo_ == ONCE) {                                                                                           \
            errno = error;                                                                                             \
            return -1;                                                                                                 \
        }                                                                                                              \
        if (todo_ == BEFORE)                                                                                           \
            die();                                                                                                     \
        const __typeof__(CALL) result_ = (CALL);                                                                       \
        if (todo_ == AFTER)                                                                                            \
            die();                                                                                                     \
        if (todo_ == LIE) {                                                                                            \
            errno = error;                                                                                             \
            return -1;                                                                                                 \
        }                                                                                                              \
        return result_;                                                                                                \
    } while (0)

/* The function of this name behind us. */
#define NEXT(NAME)                                                                                                     \
    static __typeof__(&NAME) next;                                                                                     \
    if (!next)                                                                                                         \
    *(void **)&next = dlsym(RTLD_NEXT, #NAME)

/* ---- opening ---- */

static int open_at(int at, const char *path, int flags, unsigned mode)
{
    AROUND(by_path(flags & O_CREAT ? CREATE : OPEN, at, path), (int)syscall(SYS_openat, at, path, flags, mode));
}

static bool has_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(FLAGS)                                                                                                 \
    unsigned mode = 0;                                                                                                 \
    if (has_mode(FLAGS)) {                                                                                             \
        va_list list;                                                                                                  \
        va_start(list, FLAGS);                                                                                         \
        mode = va_arg(list, unsigned);                                                                                 \
        va_end(list);                                                                                                  \
    }

#define OPENERS(SUFFIX)                                                                                                \
    int open##SUFFIX(const char *path, int flags, ...)                                                                 \
    {                                                                                                                  \
        MODE_OF(flags)                                                                                                 \
        return open_at(AT_FDCWD, path, flags, mode);                                                                   \
    }                                                                                                                  \
    int openat##SUFFIX(int at, const char *path, int flags, ...)                                                       \
    {                                                                                                                  \
        MODE_OF(flags)                                                                                                 \
        return open_at(at, path, flags, mode);                                                                         \
    }                                                                                                                  \
    int creat##SUFFIX(const char *path, mode_t mode)                                                                   \
    {                                                                                                                  \
        return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);                                            \
    }

OPENERS()
OPENERS(64)

/* ---- bytes ---- */

static bool is_part(how todo)
{
    return todo == SHORT || todo == HALF;
}

#define BYTES(TODO, COUNT, CALL)                                                                                       \
    const how todo = (TODO);                                                                                           \
    if (is_part(todo))                                                                                                 \
        count = (COUNT) > 1 ? (COUNT) / 2 : (COUNT);                                                                   \
    if (todo == HALF) {                                                                                                \
        (void)!(CALL);                                                                                                 \
        die();                                                                                                         \
    }                                                                                                                  \
    AROUND(todo, CALL)

ssize_t write(int fd, const void *bytes, size_t count)
{
    BYTES(by_descriptor(WRITE, fd), count, (ssize_t)syscall(SYS_write, fd, bytes, count));
}

ssize_t read(int fd, void *bytes, size_t count)
{
    BYTES(by_descriptor(READ, fd), count, (ssize_t)syscall(SYS_read, fd, bytes, count));
}

#define AT_PLACES(SUFFIX)                                                                                              \
    ssize_t pwrite##SUFFIX(int fd, const void *bytes, size_t count, off_t at)                                          \
    {                                                                                                                  \
        BYTES(by_descriptor(WRITE, fd), count, (ssize_t)syscall(SYS_pwrite64, fd, bytes, count, at));                  \
    }                                                                                                                  \
    ssize_t pread##SUFFIX(int fd, void *bytes, size_t count, off_t at)                                                 \
    {                                                                                                                  \
        BYTES(by_descriptor(READ, fd), count, (ssize_t)syscall(SYS_pread64, fd, bytes, count, at));                    \
    }                                                                                                                  \
    int ftruncate##SUFFIX(int fd, off_t length)                                                                        \
    {                                                                                                                  \
        AROUND(by_descriptor(TRUNCATE, fd), (int)syscall(SYS_ftruncate, fd, length));                                  \
    }                                                                                                                  \
    int fallocate##SUFFIX(int fd, int flags, off_t at, off_t length)                                                   \
    {                                                                                                                  \
        AROUND(by_descriptor(ALLOCATE, fd), (int)syscall(SYS_fallocate, fd, flags, at, length));                       \
    }

AT_PLACES()
AT_PLACES(64)

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    BYTES(by_descriptor(WRITE, fd), count, (ssize_t)syscall(SYS_writev, fd, parts, (long)count));
}

/* ---- the disk ---- */

int fsync(int fd)
{
    AROUND(by_descriptor(SYNC, fd), (int)syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    AROUND(by_descriptor(SYNC, fd), (int)syscall(SYS_fdatasync, fd));
}

int sync_file_range(int fd, off_t at, off_t count, unsigned flags)
{
    NEXT(sync_file_range);
    AROUND(by_descriptor(RANGE, fd), next(fd, at, count, flags));
}

/* One that fails has let go of its descriptor, as Linux does. */
int close(int fd)
{
    how todo = fd == trace ? ONCE : by_descriptor(CLOSE, fd);
    if (fd == trace)
        error = EBADF;
    else if (todo == ONCE)
        todo = LIE;
    AROUND(todo, (int)syscall(SYS_close, fd));
}

int flock(int fd, int operation)
{
    AROUND(by_descriptor(LOCK, fd), (int)syscall(SYS_flock, fd, operation));
}

/* ---- names ---- */

int rename(const char *from, const char *to)
{
    AROUND(by_path(RENAME, AT_FDCWD, to), (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
    AROUND(by_path(RENAME, to_at, to), (int)syscall(SYS_renameat2, from_at, from, to_at, to, 0));
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    AROUND(by_path(RENAME, to_at, to), (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags));
}

int link(const char *from, const char *to)
{
    AROUND(by_path(LINK, AT_FDCWD, to), (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
    AROUND(by_path(LINK, to_at, to), (int)syscall(SYS_linkat, from_at, from, to_at, to, flags));
}

int unlink(const char *path)
{
    AROUND(by_path(UNLINK, AT_FDCWD, path), (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int unlinkat(int at, const char *path, int flags)
{
    AROUND(by_path(UNLINK, at, path), (int)syscall(SYS_unlinkat, at, path, flags));
}

int mkdir(const char *path, mode_t mode)
{
    AROUND(by_path(MKDIR, AT_FDCWD, path), (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int mkdirat(int at, const char *path, mode_t mode)
{
    AROUND(by_path(MKDIR, at, path), (int)syscall(SYS_mkdirat, at, path, mode));
}

#define EXAMINERS(SUFFIX, TYPE)                                                                                        \
    int stat##SUFFIX(const char *restrict path, TYPE *restrict info)                                                   \
    {                                                                                                                  \
        NEXT(stat##SUFFIX);                                                                                            \
        AROUND(by_path(STAT, AT_FDCWD, path), next(path, info));                                                       \
    }                                                                                                                  \
    int lstat##SUFFIX(const char *restrict path, TYPE *restrict info)                                                  \
    {                                                                                                                  \
        NEXT(lstat##SUFFIX);                                                                                           \
        AROUND(by_path(STAT, AT_FDCWD, path), next(path, info));                                                       \
    }                                                                                                                  \
    int fstat##SUFFIX(int fd, TYPE *info)                                                                              \
    {                                                                                                                  \
        NEXT(fstat##SUFFIX);                                                                                           \
        AROUND(by_descriptor(STAT, fd), next(fd, info));                                                               \
    }

EXAMINERS(, struct stat)
EXAMINERS(64, struct stat64)

int access(const char *path, int mode)
{
    AROUND(by_path(STAT, AT_FDCWD, path), (int)syscall(SYS_faccessat, AT_FDCWD, path, mode));
}
