/* A trial start of threads. */
#include "context/trial.h"

#include "base/fault.h"
#include "base/memory.h"
#include "base/reason.h"

#include <ctype.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct ls_trial {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool over;
    long tasks; /* of the process before */
    int started;
    size_t stack;
    pthread_t thread[];
};

static void *wait_for_end(void *user)
{
    ls_trial *t = user;
    pthread_mutex_lock(&t->mutex);
    while (!t->over)
        pthread_cond_wait(&t->changed, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    return NULL;
}

/* Directories in /proc/self/task; 0 where there is none. */
static long tasks(void)
{
    struct stat info;
    return stat("/proc/self/task", &info) == 0 ? (long)info.st_nlink : 0;
}

/* What OMP_STACKSIZE says, in KiB or with a letter; a size that it cannot be is the system's to refuse, as it is there.
 */
static void set_stack(pthread_attr_t *attributes)
{
    static const char units[] = "bkmg";
    const char *text = getenv("OMP_STACKSIZE");
    char *end;
    if (text == NULL)
        return;
    const long long value = strtoll(text, &end, 10);
    end += strspn(end, " ");
    const char *unit = *end ? strchr(units, tolower((unsigned char)*end)) : units + 1;
    if (unit != NULL && value > 0 && value < (1LL << 32))
        (void)pthread_attr_setstacksize(attributes, (size_t)value << 10 * (unit - units));
}

static ls_status fail(int error, int started, int threads)
{
    static const char limits[] =
        "look at the limits on processes and threads (ulimit -u, a container's pids), on address "
        "space (ulimit -v) and on stacks (ulimit -s, OMP_STACKSIZE)";
    return ls_fail(
        LS_ERR_MEMORY,
        "out of memory: of %d threads of a process only %d can be started: %s; %s, or start with --threads %d", threads,
        started + 1, ls_reason(error), limits, started + 1);
}

static int start(ls_trial *t, int wanted)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    set_stack(&attributes);
    (void)pthread_attr_getstacksize(&attributes, &t->stack);
    while (error == 0 && t->started < wanted) {
        error = pthread_create(&t->thread[t->started], &attributes, wait_for_end, t);
        t->started += error == 0;
    }
    (void)pthread_attr_destroy(&attributes);
    return error;
}

ls_status ls_trial_begin(int threads, ls_trial **trial)
{
    *trial = NULL;
    LS_TRY(ls_fault("threads"));
    if (threads < 2)
        return LS_OK;
    LS_TRY(ls_memory_allocate(trial, 1, sizeof **trial + (size_t)threads * sizeof *(*trial)->thread, "threads"));
    ls_trial *t = *trial;
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->changed, NULL);
    t->tasks = tasks();
    const int error = start(t, threads - 1);
    return error == 0 ? LS_OK : fail(error, t->started, threads);
}

int64_t ls_trial_bytes(const ls_trial *trial)
{
    return trial == NULL ? 0 : (int64_t)trial->stack * trial->started;
}

/* A thread that has been joined may still count for a moment, and where the limit is just enough the next start would
 * fail. */
static void wait_until_gone(long before)
{
    for (int i = 0; i < 1000 && before > 0 && tasks() > before; i++)
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

void ls_trial_end(ls_trial *trial)
{
    if (trial == NULL)
        return;
    pthread_mutex_lock(&trial->mutex);
    trial->over = true;
    pthread_cond_broadcast(&trial->changed);
    pthread_mutex_unlock(&trial->mutex);
    for (int i = 0; i < trial->started; i++)
        (void)pthread_join(trial->thread[i], NULL);
    wait_until_gone(trial->tasks);
    pthread_cond_destroy(&trial->changed);
    pthread_mutex_destroy(&trial->mutex);
    ls_memory_free(trial);
}
