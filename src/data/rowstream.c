/* The windows of a rank's shards on their way through memory. Windows of a shard are numbered through all epochs:
 * number n is at slot n % windows of epoch n / windows, and lies in place n % depth while it is in memory.
 *
 * Two threads: the reader fills places, in the order in which the steps will need them; the one that trains takes and
 * gives back. The mutex guards the counters of all shards and the reader's state; a window itself belongs to the reader
 * until it is counted in `read`, then to the steps until it is counted in `done`. Neither can wait for ever: a step's
 * windows all fit into the places of their shard, and the reader waits only while every shard has all places full. */
#include "data/rowstream.h"

#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/reason.h"
#include "data/datafiles.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* One shard. What is between `done` and `read` is in memory and belongs to the steps. */
typedef struct lane {
    int64_t first; /* row of the part at which the shard begins */
    int64_t lag;   /* see source/shards.h */
    int64_t windows;
    ls_shuffle ahead; /* of the epoch that is read */
    ls_shuffle now;   /* of the epoch that is trained */
    int64_t read;     /* number of the next window to be read */
    int64_t done;     /* windows before this number have been given back */
    int64_t wanted;   /* number of the last window that the step needs; -1: none */
    ls_window *place; /* (depth) */
} lane;

struct ls_rowstream {
    ls_dataset dataset; /* with open files of its own */
    const ls_network *network;
    const float *class_weights;
    const ls_windowsums *sums;
    ls_shards plan;
    bool shuffled;
    uint32_t seed;
    int64_t first;      /* shard of lane 0 */
    const int64_t *key; /* (lanes) dataset row of each shard's first row */
    int64_t lanes, depth;
    lane *lane;          /* (lanes) */
    int64_t epoch, step; /* taken last; -1: none */

    pthread_mutex_t mutex;
    pthread_cond_t there; /* another window is, or the reader has failed */
    pthread_cond_t room;  /* there is, or the reader shall end */
    pthread_t reader;
    bool reading; /* the reader was started */
    bool end;     /* and shall end */
    ls_status status;
    char message[LS_TEXT_MAX]; /* of its failure */
};

int64_t ls_rowstream_depth(const ls_shards *plan, int64_t window)
{
    const int64_t step = (plan->batch + plan->shards - 1) / plan->shards; /* rows of one, at most */
    const int64_t least = plan->rows / plan->shards, most = least + (plan->rows % plan->shards != 0);
    const int64_t smaller = least % window, larger = most % window; /* short windows */
    /* one of them, with a row in front and one behind it */
    const bool more = (smaller > 0 && smaller + 2 <= step) || (larger > 0 && larger + 2 <= step);
    const int64_t touched = 1 + (step + window - 2) / window + more + step / window;
    return touched < 2 ? 2 : touched;
}

/* ---- one window after the other ---- */

static int64_t epoch_of(const lane *l, int64_t number)
{
    return number / l->windows;
}

/* When a position is needed: the rows that all shards have trained by then. */
static int64_t need_of(const ls_rowstream *s, const lane *l, int64_t position)
{
    return ((position + 1) << s->plan.bits) - l->lag;
}

/* The shard whose next window is needed first, of those that have room for it; -1: none has. */
static int64_t pick(const ls_rowstream *s)
{
    int64_t best = -1, best_epoch = 0, best_need = 0;
    for (int64_t j = 0; j < s->lanes; j++) {
        const lane *l = &s->lane[j];
        if (l->windows == 0 || l->read - l->done >= s->depth)
            continue;
        const int64_t epoch = epoch_of(l, l->read);
        const int64_t need = need_of(s, l, ls_shuffle_window_at(&l->ahead, l->read % l->windows).begin);
        if (best < 0 || epoch < best_epoch || (epoch == best_epoch && need < best_need)) {
            best = j;
            best_epoch = epoch;
            best_need = need;
        }
    }
    return best;
}

static void start_shuffle(const ls_rowstream *s, int64_t j, int64_t epoch, ls_shuffle *shuffle)
{
    ls_shuffle_start(shuffle, s->seed, s->shuffled, s->key[j], ls_shards_rows(&s->plan, s->first + j), s->plan.window,
                     (uint32_t)epoch);
}

/* Reads only what no other thread changes meanwhile: `read` and `ahead` are changed by the reader alone. */
static ls_status read_window(const ls_rowstream *s, int64_t j, ls_window *window)
{
    const lane *l = &s->lane[j];
    const ls_shuffle_window w = ls_shuffle_window_at(&l->ahead, l->read % l->windows);
    LS_TRY(ls_fault("stream"));
    LS_TRY(ls_window_load(&s->dataset, s->network, s->class_weights, NULL, l->first + w.first, w.count, window));
    const ls_status status = s->sums ? ls_windowsums_check(s->sums, &s->dataset, j, &window->rows) : LS_OK;
    if (status != LS_OK)
        ls_window_free(window);
    return status;
}

/* The window just read is there, and the next one's epoch begins perhaps. */
static void put(ls_rowstream *s, int64_t j, const ls_window *window)
{
    lane *l = &s->lane[j];
    l->place[l->read % s->depth] = *window;
    l->read++;
    if (l->read % l->windows == 0)
        start_shuffle(s, j, epoch_of(l, l->read), &l->ahead);
}

/* Gives back the windows of a shard before `number`. */
static void give_back(const ls_rowstream *s, lane *l, int64_t number)
{
    for (; l->done < number && l->done < l->read; l->done++)
        ls_window_free(&l->place[l->done % s->depth]);
}

/* ---- the reader ---- */

static void *read_ahead(void *user)
{
    ls_rowstream *s = user;
    const ls_fpenv saved = ls_fpenv_enter();
    (void)pthread_mutex_lock(&s->mutex);
    while (!s->end && s->status == LS_OK) {
        const int64_t j = pick(s);
        if (j < 0) {
            (void)pthread_cond_wait(&s->room, &s->mutex);
            continue;
        }
        ls_window window;
        (void)pthread_mutex_unlock(&s->mutex);
        const ls_status status = read_window(s, j, &window);
        (void)pthread_mutex_lock(&s->mutex);
        s->status = status;
        if (status == LS_OK)
            put(s, j, &window);
        else
            (void)snprintf(s->message, sizeof s->message, "%s", ls_error_message());
        (void)pthread_cond_signal(&s->there);
    }
    (void)pthread_mutex_unlock(&s->mutex);
    ls_fpenv_leave(saved);
    return NULL;
}

/* Signals go to the host's threads. */
static ls_status start_reader(ls_rowstream *s)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    s->end = false;
    s->status = LS_OK;
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&s->reader, NULL, read_ahead, s);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->reading = error == 0;
    return s->reading ? LS_OK
                      : ls_fail(LS_ERR_MEMORY, "a thread that reads rows cannot be started: %s", ls_reason(error));
}

static void end_reader(ls_rowstream *s)
{
    if (!s->reading)
        return;
    (void)pthread_mutex_lock(&s->mutex);
    s->end = true;
    (void)pthread_cond_signal(&s->room);
    (void)pthread_mutex_unlock(&s->mutex);
    (void)pthread_join(s->reader, NULL);
    s->reading = false;
}

/* ---- steps ---- */

/* Positions of shard first + j that a step takes: *begin .. *end - 1. */
static void step_positions(const ls_rowstream *s, const lane *l, int64_t step, int64_t *begin, int64_t *end)
{
    *begin = ls_shards_cursor_of(&s->plan, ls_shards_rows_before(&s->plan, step), l->lag);
    *end = ls_shards_cursor_of(&s->plan, ls_shards_rows_before(&s->plan, step + 1), l->lag);
}

/* Everything anew, from a step on. */
static ls_status go_to(ls_rowstream *s, int64_t epoch, int64_t step)
{
    end_reader(s);
    s->epoch = -1; /* until it is there */
    for (int64_t j = 0; j < s->lanes; j++) {
        lane *l = &s->lane[j];
        int64_t begin, end;
        if (l->windows == 0)
            continue;
        give_back(s, l, l->read);
        start_shuffle(s, j, epoch, &l->ahead);
        step_positions(s, l, step, &begin, &end);
        l->read = l->done =
            (epoch * l->windows) + (begin < l->ahead.rows ? ls_shuffle_slot(&l->ahead, begin) : l->windows);
        if (l->read % l->windows == 0)
            start_shuffle(s, j, epoch_of(l, l->read), &l->ahead);
    }
    return start_reader(s);
}

static bool follows(const ls_rowstream *s, int64_t epoch, int64_t step)
{
    const bool last = s->step + 1 == s->plan.steps;
    return s->epoch >= 0 && epoch == s->epoch + last && step == (last ? 0 : s->step + 1);
}

/* Gives back what this shard's steps are through with; *wanted: the number of the last window that the step needs. */
static void pass_lane(ls_rowstream *s, int64_t j, int64_t epoch, int64_t step, int64_t *wanted)
{
    lane *l = &s->lane[j];
    int64_t begin, end;
    *wanted = -1;
    if (l->windows == 0)
        return;
    if (l->now.rows == 0 || l->now.epoch != (uint32_t)epoch)
        start_shuffle(s, j, epoch, &l->now);
    step_positions(s, l, step, &begin, &end);
    if (begin == end)
        return;
    give_back(s, l, epoch * l->windows + ls_shuffle_slot(&l->now, begin));
    *wanted = epoch * l->windows + ls_shuffle_slot(&l->now, end - 1);
}

/* The mutex is held. All shards first, since the reader may need the room of any of them to come to another's window.
 */
static ls_status wait_for_windows(ls_rowstream *s, int64_t epoch, int64_t step)
{
    for (int64_t j = 0; j < s->lanes; j++)
        pass_lane(s, j, epoch, step, &s->lane[j].wanted);
    (void)pthread_cond_signal(&s->room);
    for (int64_t j = 0; j < s->lanes; j++) {
        while (s->lane[j].read <= s->lane[j].wanted && s->status == LS_OK)
            (void)pthread_cond_wait(&s->there, &s->mutex);
        if (s->lane[j].read <= s->lane[j].wanted)
            return ls_fail(s->status, "%s", s->message);
    }
    return LS_OK;
}

ls_status ls_rowstream_take(ls_rowstream *s, int64_t epoch, int64_t step)
{
    if (!follows(s, epoch, step) || !s->reading)
        LS_TRY(go_to(s, epoch, step));
    (void)pthread_mutex_lock(&s->mutex);
    const ls_status status = wait_for_windows(s, epoch, step);
    (void)pthread_mutex_unlock(&s->mutex);
    LS_TRY(status);
    s->epoch = epoch;
    s->step = step;
    return LS_OK;
}

const ls_window *ls_rowstream_window(const ls_rowstream *s, int64_t j, int64_t position)
{
    const lane *l = &s->lane[j];
    return &l->place[(s->epoch * l->windows + ls_shuffle_slot(&l->now, position)) % s->depth];
}

/* ---- life ---- */

void ls_rowstream_weigh(ls_rowstream *s, const float *class_weights)
{
    s->class_weights = class_weights;
}

void ls_rowstream_expect(ls_rowstream *s, const ls_windowsums *sums)
{
    s->sums = sums;
}

ls_status ls_rowstream_create(const ls_rowstream_request *request, ls_rowstream **stream)
{
    ls_rowstream *s;
    ls_status status;
    *stream = NULL;
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "streamed rows"));
    (void)pthread_mutex_init(&s->mutex, NULL);
    (void)pthread_cond_init(&s->there, NULL);
    (void)pthread_cond_init(&s->room, NULL);
    s->dataset = *request->dataset;
    s->dataset.files = NULL;
    s->network = request->network;
    s->plan = *request->plan;
    s->shuffled = request->shuffled;
    s->seed = request->seed;
    s->first = request->first;
    s->lanes = request->last - request->first;
    s->key = request->key;
    s->epoch = -1;
    s->depth = ls_rowstream_depth(&s->plan, s->plan.window);
    LS_TRY_CLEANUP(ls_datafiles_create(1, &s->dataset.files));
    if (request->dataset->files) {
        s->dataset.files->pages = request->dataset->files->pages;
        ls_h5_pages_hold(s->dataset.files->pages);
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&s->lane, s->lanes, sizeof *s->lane, "streamed rows"));
    for (int64_t j = 0; j < s->lanes; j++) {
        lane *l = &s->lane[j];
        const int64_t rows = ls_shards_rows(&s->plan, s->first + j);
        l->first = ls_shards_first(&s->plan, s->first + j);
        l->lag = ls_shards_lag(&s->plan, s->first + j);
        l->windows = rows / s->plan.window + (rows % s->plan.window != 0);
        LS_TRY_CLEANUP(ls_memory_allocate(&l->place, s->depth, sizeof *l->place, "streamed rows"));
    }
    *stream = s;
    return LS_OK;
cleanup:
    ls_rowstream_destroy(s);
    return status;
}

void ls_rowstream_destroy(ls_rowstream *s)
{
    if (!s)
        return;
    end_reader(s);
    for (int64_t j = 0; s->lane && j < s->lanes; j++) {
        if (s->lane[j].place)
            give_back(s, &s->lane[j], s->lane[j].read);
        ls_memory_free(s->lane[j].place);
    }
    ls_memory_free(s->lane);
    ls_datafiles_release(s->dataset.files);
    (void)pthread_cond_destroy(&s->there);
    (void)pthread_cond_destroy(&s->room);
    (void)pthread_mutex_destroy(&s->mutex);
    ls_memory_free(s);
}
