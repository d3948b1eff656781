/* A thread that writes. */
#include "train/background.h"

#include "base/alive.h"
#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MOMENT_NS 50000000L /* half of what others hear of rank 0 in (comm/lead.c) */
#define STILL     10.0      /* s: nothing comes of waiting for a disk that has stood still so long */

struct ls_background {
    int64_t places, floats; /* in each */
    float *room;            /* (places, floats) */
    ls_piece *piece;        /* (places) */

    pthread_mutex_t mutex;
    pthread_cond_t given; /* another piece is, or none will be */
    pthread_cond_t moved; /* there is room, or the work is done */
    int64_t pieces_given, pieces_taken;
    bool cancelled, done;
    ls_status status;
    char message[2 * LS_TEXT_MAX];
    double waited; /* seconds, for pieces */
    double seconds;

    pthread_t thread;
    bool started; /* there is a thread to be joined */
    ls_status (*work)(void *user);
    void *user;
    atomic_llong progress; /* counts */
    long long progress_seen;
};

ls_status ls_background_create(int64_t places, int64_t floats, ls_background **background)
{
    ls_background *b;
    pthread_condattr_t steady;
    *background = NULL;
    LS_TRY(ls_memory_allocate(&b, 1, sizeof *b, "thread that writes"));
    *background = b;
    b->places = places;
    b->floats = floats;
    (void)pthread_mutex_init(&b->mutex, NULL);
    (void)pthread_condattr_init(&steady);
    (void)pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&b->given, NULL);
    (void)pthread_cond_init(&b->moved, &steady);
    (void)pthread_condattr_destroy(&steady);
    LS_TRY(ls_memory_allocate(&b->piece, places, sizeof *b->piece, "pieces on their way into a file"));
    return ls_memory_allocate(&b->room, places * floats, sizeof *b->room, "pieces on their way into a file");
}

void ls_background_destroy(ls_background *b)
{
    if (!b)
        return;
    (void)pthread_cond_destroy(&b->given);
    (void)pthread_cond_destroy(&b->moved);
    (void)pthread_mutex_destroy(&b->mutex);
    ls_memory_free(b->room);
    ls_memory_free(b->piece);
    ls_memory_free(b);
}

/* ---- the thread ---- */

static void note_progress(void *user)
{
    ls_background *b = user;
    atomic_fetch_add_explicit(&b->progress, 1, memory_order_relaxed);
}

static void finish(ls_background *b, ls_status status, double seconds)
{
    (void)pthread_mutex_lock(&b->mutex);
    b->status = status;
    (void)snprintf(b->message, sizeof b->message, "%s", status == LS_OK ? "" : ls_error_message());
    b->seconds = seconds - b->waited;
    b->done = true;
    (void)pthread_cond_signal(&b->moved);
    (void)pthread_mutex_unlock(&b->mutex);
}

static void *run(void *user)
{
    ls_background *b = user;
    const double start = ls_clock();
    ls_alive_set(note_progress, b);
    const ls_status status = b->work(b->user);
    finish(b, status, ls_clock() - start);
    return NULL;
}

/* Signals go to the host's threads. */
void ls_background_start(ls_background *b, ls_status (*work)(void *user), void *user)
{
    sigset_t all, before;
    b->pieces_given = b->pieces_taken = 0;
    b->cancelled = b->done = false;
    b->waited = 0;
    b->work = work;
    b->user = user;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&b->thread, NULL, run, b);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    b->started = error == 0;
    if (!b->started)
        finish(b, ls_fail(LS_ERR_OUTPUT, "a thread that writes cannot be started: %s", strerror(error)), 0);
}

static bool same(const ls_piece *a, const ls_piece *b)
{
    return a->vector == b->vector && a->rows.index == b->rows.index && a->rows.first == b->rows.first &&
           a->rows.count == b->rows.count;
}

ls_status ls_background_wait(void *background, const ls_piece *piece, float *values)
{
    ls_background *b = background;
    const double start = ls_clock();
    (void)pthread_mutex_lock(&b->mutex);
    while (b->pieces_taken == b->pieces_given && !b->cancelled)
        (void)pthread_cond_wait(&b->given, &b->mutex);
    const bool there = b->pieces_taken < b->pieces_given;
    const int64_t place = b->pieces_taken % b->places;
    (void)pthread_mutex_unlock(&b->mutex);
    b->waited += ls_clock() - start;
    if (!there)
        return ls_fail(LS_ERR_PEER, "the file was given up, since the other ranks are gone");
    if (!same(&b->piece[place], piece)) /* a broken promise, which must not become a file */
        return ls_fail(LS_ERR_OUTPUT, "piece %lld of a file is another one than was expected",
                       (long long)b->pieces_taken);
    ls_lifted_unpack(&piece->rows, b->room + place * b->floats, values);
    (void)pthread_mutex_lock(&b->mutex);
    b->pieces_taken++;
    (void)pthread_cond_signal(&b->moved);
    (void)pthread_mutex_unlock(&b->mutex);
    ls_alive();
    return LS_OK;
}

/* ---- the caller ---- */

int64_t ls_background_room(ls_background *b)
{
    (void)pthread_mutex_lock(&b->mutex);
    const int64_t room = b->places - (b->pieces_given - b->pieces_taken);
    (void)pthread_mutex_unlock(&b->mutex);
    return room;
}

float *ls_background_place(ls_background *b)
{
    return b->room + b->pieces_given % b->places * b->floats;
}

void ls_background_give(ls_background *b, const ls_piece *piece)
{
    b->piece[b->pieces_given % b->places] = *piece;
    (void)pthread_mutex_lock(&b->mutex);
    b->pieces_given++;
    (void)pthread_cond_signal(&b->given);
    (void)pthread_mutex_unlock(&b->mutex);
}

bool ls_background_is_done(ls_background *b)
{
    (void)pthread_mutex_lock(&b->mutex);
    const bool done = b->done;
    (void)pthread_mutex_unlock(&b->mutex);
    return done;
}

bool ls_background_watch(ls_background *b)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += MOMENT_NS;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    (void)pthread_mutex_lock(&b->mutex);
    if (!b->done)
        (void)pthread_cond_timedwait(&b->moved, &b->mutex, &until);
    (void)pthread_mutex_unlock(&b->mutex);
    const long long now = atomic_load_explicit(&b->progress, memory_order_relaxed);
    const bool moved = now != b->progress_seen;
    b->progress_seen = now;
    return moved;
}

static void join(ls_background *b)
{
    if (b->started)
        (void)pthread_join(b->thread, NULL);
    b->started = false;
}

ls_status ls_background_end(ls_background *b, double *seconds)
{
    join(b);
    *seconds = b->seconds;
    return b->status == LS_OK ? LS_OK : ls_fail(b->status, "%s", b->message);
}

bool ls_background_abandon(ls_background *b)
{
    double last = ls_clock();
    (void)pthread_mutex_lock(&b->mutex);
    b->cancelled = true;
    (void)pthread_cond_signal(&b->given);
    (void)pthread_mutex_unlock(&b->mutex);
    while (!ls_background_is_done(b) && ls_clock() - last < STILL)
        if (ls_background_watch(b))
            last = ls_clock();
    if (!ls_background_is_done(b))
        return false;
    join(b);
    return true;
}
