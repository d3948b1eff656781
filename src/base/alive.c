/* Who is told that long work goes on. */
#include "base/alive.h"

#include "base/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define SECONDS 0.05 /* between two words, or looks whether the call is over */

static _Thread_local ls_alive_function told;
static _Thread_local void *told_user;

void ls_alive_set(ls_alive_function function, void *user)
{
    told = function;
    told_user = user;
}

void ls_alive(void)
{
    if (told)
        told(told_user);
}

/* ---- a single call ---- */

typedef struct errand {
    void (*call)(void *user);
    void *user;
    pthread_mutex_t mutex;
    pthread_cond_t over;
    bool done;
} errand;

static void *run(void *argument)
{
    errand *e = argument;
    e->call(e->user);
    pthread_mutex_lock(&e->mutex);
    e->done = true;
    pthread_cond_signal(&e->over);
    pthread_mutex_unlock(&e->mutex);
    return NULL;
}

/* Signals are the program's to handle, on the threads that it had. */
static bool start(errand *e, pthread_t *thread)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(thread, NULL, run, e) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static struct timespec soon(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += (long)(1e9 * SECONDS);
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Whether the call is over, after a while at most. */
static bool look(errand *e)
{
    const struct timespec until = soon();
    pthread_mutex_lock(&e->mutex);
    if (!e->done)
        (void)pthread_cond_timedwait(&e->over, &e->mutex, &until);
    const bool done = e->done;
    pthread_mutex_unlock(&e->mutex);
    return done;
}

void ls_alive_during(void (*call)(void *user), void *user)
{
    errand e = {call, user, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    pthread_t thread;
    if (!told || !start(&e, &thread)) {
        call(user);
        return;
    }
    const double began = ls_clock();
    while (!look(&e))
        if (ls_clock() - began < LS_ALIVE_LONGEST)
            ls_alive();
    pthread_join(thread, NULL);
    pthread_cond_destroy(&e.over);
    pthread_mutex_destroy(&e.mutex);
}
