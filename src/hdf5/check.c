/* A trial in a child process: its limits, and what its end means. */
#include "hdf5/check.h"

#include "base/descriptor.h"

#include "hdf5/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes of memory that the child may take in addition. */
#define MEMORY_MOST ((rlim_t)2 << 30)

/* What the child says at its end. */
enum { FINE = 'f', OUT_OF_MEMORY = 'm' };

/* ---- the child ---- */

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
    FILE *file = ls_descriptor_read("/proc/self/statm");
    if (file != NULL) {
        if (fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
            pages = 0;
        (void)fclose(file);
    }
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void limit_child(double seconds)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF, SIGTERM, SIGINT};
    const int nowhere = ls_descriptor_open("/dev/null", O_RDWR, 0);
    if (nowhere >= 0) { /* what the C library says about broken memory is not for the user */
        (void)dup2(nowhere, STDERR_FILENO);
        (void)dup2(nowhere, STDOUT_FILENO);
    }
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        (void)signal(signals[i], SIG_DFL); /* MPI prints a stack otherwise */
    limit(RLIMIT_CORE, 0);
    const struct itimerval timer = {
        .it_value = {(time_t)seconds, (suseconds_t)(1e6 * (seconds - (double)(time_t)seconds))}};
    (void)setitimer(ITIMER_PROF, &timer, NULL); /* ends the process with SIGPROF */
    const rlim_t used = memory_now();
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory has no limit */
    if (used > 0)
        limit(RLIMIT_DATA, used + MEMORY_MOST);
#else
    (void)used;
#endif
}

static void run_child(ls_status (*work)(void *user), void *user, double seconds, int out)
{
    char result = FINE;
    limit_child(seconds);
    if (work(user) != LS_OK && strstr(ls_error_message(), "allocat") != NULL)
        result = OUT_OF_MEMORY;
    while (write(out, &result, 1) < 0 && errno == EINTR) {
    }
    _exit(0); /* not the host's exit handlers */
}

/* ---- the parent ---- */

static ls_status fail_crash(const char *file, int wait_status)
{
    char what[96];
    if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGPROF)
        (void)snprintf(what, sizeof what, "does not come to an end");
    else if (WIFSIGNALED(wait_status))
        (void)snprintf(what, sizeof what, "crashes (signal %d, %s)", WTERMSIG(wait_status),
                       strsignal(WTERMSIG(wait_status)));
    else
        (void)snprintf(what, sizeof what, "ends without a result");
    return ls_fail(LS_ERR_DATA,
                   "%s: libhdf5 %s %s when it reads this (tried in a process of its own); the file is damaged, "
                   "or made to do that. Get it again from where it came from; a newer libhdf5 may refuse it by itself",
                   file, ls_h5_library_version(), what);
}

static ls_status result_of(const char *file, pid_t child, int in)
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
                       "%s: libhdf5 %s needs more than 2 GiB only to open and describe this; the file is damaged, or "
                       "made to exhaust memory",
                       file, ls_h5_library_version());
    return got == 1 ? LS_OK : fail_crash(file, wait_status);
}

ls_status ls_check(const char *file, ls_status (*work)(void *user), void *user, double seconds)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return LS_OK;
    ends[0] = ls_descriptor_raise(ends[0]);
    ends[1] = ls_descriptor_raise(ends[1]);
    (void)ls_h5_library_version(); /* starts libhdf5 here, which the child would have to do and we again */
    ls_h5_lock();                  /* so that the child does not inherit it in the middle of another thread's reading */
    const pid_t child = fork();
    if (child == 0) {
        ls_h5_unlock_child();
        run_child(work, user, seconds, ends[1]);
    }
    ls_h5_unlock();
    (void)close(ends[1]);
    ls_status status = child < 0 ? LS_OK : result_of(file, child, ends[0]);
    (void)close(ends[0]);
    return status;
}
