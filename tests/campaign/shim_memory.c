/* Preloaded: counts the allocations that certain objects ask for, and makes one of them fail, or all from one on.
 *
 * ALLOCATIONS        beginning of two paths: <it>.count, shared by all processes of a start, holds their number as an
 * int; <it>.trace is told which one failed, and what it was asked by ALLOCATIONS_OF     parts of the objects' names
 * with commas between them; "program" is the program itself, "all" is all ALLOCATIONS_FAULT  NUMBER:once or
 * NUMBER:ever; without it allocations are only counted
 *
 * An object asks for what the instruction behind the call is in: what the C library allocates for its caller counts as
 * its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, under the names behind those that are taken here. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

typedef struct range {
    uintptr_t begin, end;
    uintptr_t base; /* where its addresses count from, as in its symbols */
    char name[64];
} range;

enum { RANGES = 64 };

static range ranges[RANGES];
static int count_of_ranges;
static bool all;
static atomic_int *common;
static int trace = -1;
static int chosen;
static bool ever;

static bool is_named(const char *name, bool first)
{
    char list[PATH_MAX];
    snprintf(list, sizeof list, "%s", getenv("ALLOCATIONS_OF") ? getenv("ALLOCATIONS_OF") : "program");
    for (char *rest = list, *word; (word = strsep(&rest, ",")) != NULL;) {
        all = all || strcmp(word, "all") == 0;
        if (strcmp(word, "program") == 0 ? first : strstr(name, word) != NULL)
            return true;
    }
    return false;
}

static int add_object(struct dl_phdr_info *object, size_t size, void *user)
{
    int *number = user;
    const char *slash = strrchr(object->dlpi_name, '/');
    (void)size;
    const bool first = (*number)++ == 0;
    if (!is_named(slash ? slash + 1 : object->dlpi_name, first))
        return 0;
    for (int i = 0; i < object->dlpi_phnum && count_of_ranges < RANGES; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        range *r = &ranges[count_of_ranges++];
        r->begin = object->dlpi_addr + part->p_vaddr;
        r->end = r->begin + part->p_memsz;
        r->base = object->dlpi_addr;
        snprintf(r->name, sizeof r->name, "%s", first ? "program" : slash ? slash + 1 : object->dlpi_name);
    }
    return 0;
}

static int open_file(const char *prefix, const char *suffix, int flags)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.%s", prefix, suffix);
    const int low = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | flags, 0666);
    const int fd = fcntl(low, F_DUPFD_CLOEXEC, 900); /* where no program that counts its descriptors meets it */
    syscall(SYS_close, low);
    return fd;
}

__attribute__((constructor)) static void begin(void)
{
    char word[16] = "";
    int number = 0;
    const char *prefix = getenv("ALLOCATIONS"), *fault = getenv("ALLOCATIONS_FAULT");
    if (!prefix)
        return;
    if (fault && sscanf(fault, "%d:%15[a-z]", &chosen, word) == 2)
        ever = strcmp(word, "ever") == 0;
    dl_iterate_phdr(add_object, &number);
    const int fd = open_file(prefix, "count", 0);
    trace = open_file(prefix, "trace", O_APPEND);
    if (fd < 0 || trace < 0 || ftruncate(fd, (off_t)sizeof *common) != 0)
        abort();
    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (common == MAP_FAILED)
        abort();
}

static const range *object_of(uintptr_t from)
{
    static const range any = {.name = "some object"};
    for (int i = 0; i < count_of_ranges; i++)
        if (from >= ranges[i].begin && from < ranges[i].end)
            return &ranges[i];
    return all ? &any : NULL;
}

static void tell(int number, const range *r, uintptr_t from, size_t bytes)
{
    char line[256];
    const int count =
        snprintf(line, sizeof line, "%d %s+%#lx %zu bytes\n", number, r->name, (unsigned long)(from - r->base), bytes);
    (void)!write(trace, line, (size_t)count);
}

static bool fails(void *caller, size_t bytes)
{
    if (!common)
        return false;
    const uintptr_t from = (uintptr_t)caller;
    const range *r = object_of(from);
    if (!r)
        return false;
    const int number = atomic_fetch_add(common, 1) + 1;
    if (chosen == 0 || number < chosen || (number > chosen && !ever))
        return false;
    if (number == chosen)
        tell(number, r, from, bytes);
    errno = ENOMEM;
    return true;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t bytes)
{
    return fails(CALLER, bytes) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    return fails(CALLER, count * bytes) ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *block, size_t bytes)
{
    return fails(CALLER, bytes) ? NULL : __libc_realloc(block, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    return fails(CALLER, bytes) ? NULL : __libc_memalign(alignment, bytes);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return fails(CALLER, bytes) ? NULL : __libc_memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    if (fails(CALLER, bytes))
        return ENOMEM;
    *block = __libc_memalign(alignment, bytes);
    return *block ? 0 : ENOMEM;
}
