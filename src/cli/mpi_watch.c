/* A thread that counts the seconds, since the one that calls MPI is not heard of before MPI is done. */
#include "cli/mpi_watch.h"

#include "cli/output.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICKS_A_SECOND 4
#define AUTOMATIC      600.0               /* s, as a rank waits for another when nothing is known of its steps */
#define STACK          ((size_t)256 << 10) /* enough for two lines of text */
#define TURN           0.5                 /* s that each lower rank has to say it first */
#define TURNS          10

static struct {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool runs, over;
    const cli_launcher *launcher;
    const char *what, *hint;
    double seconds;
} watch = {.mutex = PTHREAD_MUTEX_INITIALIZER};

double mpi_watch_bound(double hang_timeout)
{
    if (hang_timeout < 0)
        return AUTOMATIC;
    return hang_timeout > 0 && hang_timeout < MPI_WATCH_LEAST ? MPI_WATCH_LEAST : hang_timeout;
}

/* State and parent of a process; false when it is gone. */
static bool look_at(const char *number, char *state, long *parent)
{
    char path[64], text[512];
    (void)snprintf(path, sizeof path, "/proc/%.20s/stat", number);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    const char *behind = strrchr(text, ')'); /* the name before it may have any bytes */
    return behind != NULL && sscanf(behind + 1, " %c %ld", state, parent) == 2;
}

/* Which of the processes that the launcher started on this host are stopped, into text[size]; "" when none is. */
static void find_stopped(char *text, size_t size)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    size_t used = 0;
    text[0] = '\0';
    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        char state;
        long parent;
        if (!isdigit((unsigned char)entry->d_name[0]) || !look_at(entry->d_name, &state, &parent))
            continue;
        if (parent == (long)getppid() && (state == 'T' || state == 't') && used + 48 < size)
            used += (size_t)snprintf(text + used, size - used, "; process %.20s on this host is stopped (SIGSTOP)",
                                     entry->d_name);
    }
    if (processes != NULL)
        (void)closedir(processes);
}

static void say(void)
{
    char line[1024], stopped[256], host[HOST_NAME_MAX + 1] = "?";
    (void)gethostname(host, sizeof host - 1);
    find_stopped(stopped, sizeof stopped);
    (void)snprintf(line, sizeof line,
                   "rank %d (%s): %s was not done after %g s (--hang-timeout), and waits for one or more of the %d "
                   "others%s; %s",
                   watch.launcher->rank, host, watch.what, watch.seconds,
                   watch.launcher->size > 1 ? watch.launcher->size - 1 : 1, stopped, watch.hint);
    output_error(line);
}

/* Whether the watch ended meanwhile. Ticks are counted, not the clock: one that is suspended as a whole misses them. */
static bool ends_within(double seconds)
{
    for (long left = (long)(seconds * TICKS_A_SECOND); left > 0 && !watch.over; left--) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += 1000000000L / TICKS_A_SECOND;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (!watch.over && pthread_cond_timedwait(&watch.changed, &watch.mutex, &until) != ETIMEDOUT) {
        }
    }
    return watch.over;
}

static void *count(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&watch.mutex);
    const int turn = watch.launcher->rank < TURNS ? watch.launcher->rank : TURNS;
    if (!ends_within(watch.seconds) && !ends_within(TURN * turn)) {
        say();
        _exit(LS_ERR_PEER);
    }
    pthread_mutex_unlock(&watch.mutex);
    return NULL;
}

/* Signals are for the other threads. */
static bool start(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_condattr_t clock;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&watch.changed, &clock);
    pthread_condattr_destroy(&clock);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&watch.thread, &attributes, count, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

void mpi_watch_begin(const cli_launcher *launcher, const char *what, double seconds, const char *hint)
{
    mpi_watch_end();
    if (seconds <= 0)
        return;
    watch.launcher = launcher;
    watch.what = what;
    watch.hint = hint;
    watch.seconds = seconds;
    watch.over = false;
    watch.runs = start();
}

void mpi_watch_end(void)
{
    if (!watch.runs)
        return;
    pthread_mutex_lock(&watch.mutex);
    watch.over = true;
    pthread_cond_signal(&watch.changed);
    pthread_mutex_unlock(&watch.mutex);
    pthread_join(watch.thread, NULL);
    pthread_cond_destroy(&watch.changed);
    watch.runs = false;
}
