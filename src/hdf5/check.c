/* A trial in a child process: its limits, and what its end means. */
#include "hdf5/check.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/halt.h"
#include "hdf5/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

/* Bytes of memory that the child may take in addition. */
#define MEMORY_MOST ((rlim_t)2 << 30)

/* How long a request to stop may go unnoticed. */
#define TICK_MS 50

/* How it went. */
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

/* What the child says, in one piece that a pipe takes whole. */
typedef struct verdict {
    char result;
    ls_status status;
    char message[4000];
} verdict;

_Static_assert(sizeof(verdict) <= PIPE_BUF, "a verdict is one piece");

/* A parent that is ended at once, or killed, leaves no child that still reads. */
static void end_with(pid_t parent)
{
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(0);
}

static void run_child(ls_status (*work)(void *user), void *user, double seconds, int out)
{
    verdict v = {.result = FINE};
    limit_child(seconds);
    v.status = work(user);
    if (v.status != LS_OK)
        (void)snprintf(v.message, sizeof v.message, "%s", ls_error_message());
    if (v.status != LS_OK && strstr(v.message, "allocat") != NULL)
        v.result = OUT_OF_MEMORY;
    while (write(out, &v, sizeof v) < 0 && errno == EINTR) {
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

/* Waits until the child has said something or is gone, and tells meanwhile that this goes on. false: a stop was asked
 * for. */
static bool wait_for(int in)
{
    struct pollfd end = {.fd = in, .events = POLLIN};
    for (;;) {
        if (poll(&end, 1, TICK_MS) > 0)
            return true;
        if (ls_halt() != LS_OK)
            return false;
        ls_alive();
    }
}

/* Whether the child came to its end. */
static bool read_verdict(int in, verdict *v)
{
    ssize_t got;
    do
        got = read(in, v, sizeof *v);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *v;
}

/* Of a signal that the child has had with us, as from a terminal. */
static bool was_stopped(int wait_status)
{
    return ls_halt() != LS_OK && WIFSIGNALED(wait_status) &&
           (WTERMSIG(wait_status) == SIGINT || WTERMSIG(wait_status) == SIGTERM);
}

static ls_status result_of(const char *file, pid_t child, int in, verdict *v)
{
    int wait_status = 0;
    const bool waited = wait_for(in);
    if (!waited)
        (void)kill(child, SIGKILL);
    const bool told = waited && read_verdict(in, v);
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR) {
    } /* a host may have reaped it: the pipe tells enough */
    if (!waited || (!told && was_stopped(wait_status)))
        return ls_fail(LS_STOPPED, "stopped on request while %s was looked at; nothing was changed", file);
    if (told && v->result == OUT_OF_MEMORY)
        return ls_fail(LS_ERR_DATA,
                       "%s: libhdf5 %s needs more than 2 GiB only to open and describe this; the file is damaged, or "
                       "made to exhaust memory",
                       file, ls_h5_library_version());
    return told ? LS_OK : fail_crash(file, wait_status);
}

static ls_status try_work(const char *file, ls_status (*work)(void *user), void *user, double seconds, verdict *v)
{
    int ends[2];
    *v = (verdict){.status = LS_OK};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return LS_OK;
    ends[0] = ls_descriptor_raise(ends[0]);
    ends[1] = ls_descriptor_raise(ends[1]);
    (void)ls_h5_library_version(); /* starts libhdf5 here, which the child would have to do and we again */
    ls_h5_lock();                  /* so that the child does not inherit it in the middle of another thread's reading */
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        ls_h5_unlock_child();
        ls_alive_set(NULL, NULL);
        ls_halt_set(NULL, NULL);
        end_with(parent);
        run_child(work, user, seconds, ends[1]);
    }
    ls_h5_unlock();
    (void)close(ends[1]);
    ls_status status = child < 0 ? LS_OK : result_of(file, child, ends[0], v);
    (void)close(ends[0]);
    return status;
}

ls_status ls_check(const char *file, ls_status (*work)(void *user), void *user, double seconds)
{
    verdict v;
    return try_work(file, work, user, seconds, &v);
}

ls_status ls_check_strictly(const char *file, ls_status (*work)(void *user), void *user, double seconds)
{
    verdict v;
    LS_TRY(try_work(file, work, user, seconds, &v));
    return v.status == LS_OK ? LS_OK : ls_fail(v.status, "%s", v.message);
}
