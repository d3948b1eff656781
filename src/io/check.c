/* The first look: what the child does, and what its end means. */
#include "io/check.h"

#include "base/memory.h"
#include "io/columns.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Bytes of memory and seconds of processor that opening and listing may take. */
#define MEMORY_MOST  ((rlim_t)2 << 30)
#define SECONDS_MOST 10
/* Time for reading, in nanoseconds, over all files; the structure is always looked at. */
#define READING 10000000
#define BUFFER  ((int64_t)1 << 18)

/* What the child says at its end. */
enum { FINE = 'f', OUT_OF_MEMORY = 'm' };

/* ---- the child ---- */

static int64_t now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void limit(int resource, rlim_t value)
{
    struct rlimit r;
    if (getrlimit(resource, &r) != 0)
        return;
    r.rlim_cur = r.rlim_max == RLIM_INFINITY || value < r.rlim_max ? value : r.rlim_max;
    (void)setrlimit(resource, &r);
}

/* Memory that this process has already; the sixth number of statm, in pages. */
static rlim_t memory_now(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL) {
        if (fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
            pages = 0;
        (void)fclose(file);
    }
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void limit_child(int files)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU, SIGTERM, SIGINT};
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) { /* what the C library says about broken memory is not for the user */
        (void)dup2(nowhere, STDERR_FILENO);
        (void)dup2(nowhere, STDOUT_FILENO);
    }
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)signal(signals[i], SIG_DFL); /* MPI prints a stack otherwise */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, SECONDS_MOST + (rlim_t)files / 100);
    const rlim_t used = memory_now();
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory has no limit */
    if (used > 0)
        limit(RLIMIT_DATA, used + MEMORY_MOST);
#else
    (void)used;
#endif
}

/* Rows of a dataset from `first` on that fill the buffer; returns their number, 0 at the end. */
static int64_t read_some(ls_h5_file *file, const ls_h5_dataset *d, int64_t first, double *buffer)
{
    int64_t columns = 1;
    for (int i = 1; i < d->rank; i++)
        columns *= d->shape[i];
    if (d->class_ == LS_H5_OTHER || d->rank < 1 || columns < 1 || columns > BUFFER || first >= d->shape[0])
        return 0;
    const ls_h5_table table = {.path = d->path, .width = columns};
    int64_t rows = BUFFER / columns;
    rows = rows < d->shape[0] - first ? rows : d->shape[0] - first;
    return ls_h5_read_table(file, &table, first, rows, LS_H5_NUMBER_DOUBLE, columns, buffer) == LS_OK ? rows : 0;
}

static ls_status look_at(const char *path, ls_h5_links links, bool sizes, int64_t until)
{
    static double buffer[BUFFER];
    ls_h5_file *file;
    ls_h5_dataset *list;
    char **names;
    int count, texts;
    LS_TRY(ls_h5_open(path, &file));
    ls_h5_trust(file, links, sizes);
    ls_status status = ls_h5_list(file, "/", &list, &count);
    for (int i = 0; status == LS_OK && i < count && now() < until; i++) {
        (void)read_some(file, &list[i], 0, buffer);
        if (ls_columns_names(file, list[i].path, 1, &names, &texts) == LS_OK)
            ls_memory_free(names);
    }
    for (int i = 0; status == LS_OK && i < count && now() < until; i++)
        for (int64_t first = 0, rows = 1; rows > 0 && now() < until; first += rows)
            rows = read_some(file, &list[i], first, buffer);
    if (status == LS_OK)
        ls_memory_free(list);
    ls_h5_close(file);
    return status;
}

static void run_child(char *const *paths, int count, ls_h5_links links, bool sizes, int out)
{
    char result = FINE;
    limit_child(count);
    const int64_t until = now() + READING;
    for (int i = 0; i < count && result == FINE; i++)
        if (look_at(paths[i], links, sizes, until) != LS_OK && strstr(ls_error_message(), "allocat") != NULL)
            result = OUT_OF_MEMORY;
    while (write(out, &result, 1) < 0 && errno == EINTR) {
    }
    _exit(0); /* not the host's exit handlers */
}

/* ---- the parent ---- */

static ls_status fail_crash(char *const *paths, int count, int wait_status)
{
    char what[96];
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU)
        (void)snprintf(what, sizeof what, "does not come to an end");
    else if (WIFSIGNALED(wait_status))
        (void)snprintf(what, sizeof what, "crashes (signal %d, %s)", WTERMSIG(wait_status),
                       strsignal(WTERMSIG(wait_status)));
    else
        (void)snprintf(what, sizeof what, "ends without a result");
    return ls_fail(LS_ERR_DATA,
                   "%s%s: libhdf5 %s %s when it reads this file (tried in a process of its own); the file is damaged, "
                   "or made to do that. Get it again from where it came from; a newer libhdf5 may refuse it by itself",
                   paths[0], count > 1 ? " or one of the next files" : "", ls_h5_library_version(), what);
}

static ls_status result_of(char *const *paths, int count, pid_t child, int in)
{
    char result = 0;
    int wait_status = 0;
    ssize_t got;
    do
        got = read(in, &result, 1);
    while (got < 0 && errno == EINTR);
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
    } /* a host may have reaped it: the pipe tells enough */
    if (got == 1 && result == OUT_OF_MEMORY)
        return ls_fail(LS_ERR_DATA,
                       "%s%s: libhdf5 %s needs more than 2 GiB only to open and list this file; it is damaged, or made "
                       "to exhaust memory",
                       paths[0], count > 1 ? " or one of the next files" : "", ls_h5_library_version());
    return got == 1 ? LS_OK : fail_crash(paths, count, wait_status);
}

ls_status ls_check_files(char *const *paths, int count, ls_h5_links links, bool sizes)
{
    int ends[2];
    if (count == 0 || pipe2(ends, O_CLOEXEC) != 0)
        return LS_OK;
    const pid_t child = fork();
    if (child == 0)
        run_child(paths, count, links, sizes, ends[1]);
    (void)close(ends[1]);
    ls_status status = child < 0 ? LS_OK : result_of(paths, count, child, ends[0]);
    (void)close(ends[0]);
    return status;
}
