/* Writing files beside training. */
#include "train/saver.h"

#include "base/alive.h"
#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/interval.h"
#include "context/options.h"
#include "store/modelblock.h"
#include "train/background.h"
#include "train/best.h"
#include "train/contents.h"
#include "train/counting.h"
#include "train/frozen.h"
#include "train/slices.h"
#include "train/watch.h"

#include <stdio.h>
#include <string.h>

/* Steps that a file's pieces are spread over: few enough for a checkpoint to be whole soon, many enough for none of
 * them to wait long. Twice a step's pieces have places. */
#define STEPS 64

#define LARGE ((int64_t)16 << 20) /* bytes of weights and slots */

struct ls_saver {
    ls_trainer *trainer;
    bool root;
    bool takes_part; /* has something that files hold */
    int64_t share;   /* pieces that travel between two steps; 0: rank 0 has all that files hold */
    ls_frozen *frozen;
    bool best_known;
    ls_best_epoch best;
    ls_snapshot best_snapshot;
    ls_logmark log; /* rank 0's, its text owned: rows are added while the file is written */

    ls_background *background; /* rank 0's */
    float *lifted;             /* a piece, of the others */
    double seconds;

    /* the file at work */
    bool at_work, left; /* left: by a thread that may still be there */
    char path[4200];
    ls_snapshot snapshot;
    ls_contents contents;
    ls_filepieces pieces;
};

ls_saver_wish ls_saver_wish_of(const ls_options *options)
{
    ls_interval interval;
    const char *word = options->checkpoint_async;
    if (ls_interval_parse("checkpoint-every", options->checkpoint_every, &interval) != LS_OK ||
        interval.kind == LS_INTERVAL_NEVER)
        return LS_SAVER_OFF;
    return strcmp(word, "off") == 0 ? LS_SAVER_OFF : strcmp(word, "on") == 0 ? LS_SAVER_ON : LS_SAVER_AUTO;
}

/* ---- sizes ---- */

static int64_t share_of(const ls_network *network, int slots, bool best)
{
    const int64_t pieces = (best ? 2 : 1) * (1 + slots) * ls_filepieces_of_vector(network);
    return (pieces + STEPS - 1) / STEPS;
}

static int64_t places_of(int64_t share)
{
    return 2 * share;
}

bool ls_saver_is_large(const ls_network *network, int slots)
{
    return (1 + slots) * network->trainable * (int64_t)sizeof(float) >= LARGE;
}

int64_t ls_saver_bytes(const ls_network *network, int64_t slice, bool whole, int slots, bool best)
{
    const int64_t share = whole ? 0 : share_of(network, slots, best);
    return ls_frozen_bytes(network, slice, slots, best) +
           places_of(share) * ls_modelblock_lifted_room(network) * (int64_t)sizeof(float);
}

/* ---- life ---- */

static ls_status create(ls_saver *b)
{
    const ls_trainer *t = b->trainer;
    const ls_network *network = t->model->network;
    const int64_t floats = ls_modelblock_lifted_room(network);
    if (!b->takes_part)
        return LS_OK;
    LS_TRY(ls_frozen_create(t, &b->frozen));
    if (b->root)
        return ls_background_create(places_of(b->share), floats, &b->background);
    return ls_memory_allocate(&b->lifted, floats, sizeof *b->lifted, "piece of a tensor");
}

ls_status ls_saver_create(ls_trainer *trainer, ls_saver **saver)
{
    ls_saver *b;
    const bool whole = ls_slices_whole(trainer);
    *saver = NULL;
    LS_TRY(ls_memory_allocate(&b, 1, sizeof *b, "writing beside training"));
    b->trainer = trainer;
    b->root = ls_comm_rank(trainer->context->comm) == 0;
    b->takes_part = b->root || !whole;
    b->share = whole ? 0 : share_of(trainer->model->network, trainer->slot_count, trainer->best != NULL);
    const ls_status status = create(b);
    if (status == LS_OK)
        *saver = b;
    else
        ls_saver_destroy(b);
    return status;
}

static void forget_log(ls_saver *b)
{
    ls_memory_free(b->log.text);
    b->log = (ls_logmark){.length = 0};
}

void ls_saver_destroy(ls_saver *b)
{
    if (!b || b->left)
        return;
    ls_frozen_destroy(b->frozen);
    ls_background_destroy(b->background);
    forget_log(b);
    ls_memory_free(b->lifted);
    ls_memory_free(b);
}

/* ---- beginning ---- */

/* The file at b->path, of what is frozen. */
static void start(ls_saver *b, bool checkpoint)
{
    b->at_work = true;
    b->pieces = (ls_filepieces){.left = 0};
    if (!b->takes_part)
        return;
    b->contents = (ls_contents){
        .trainer = &b->frozen->trainer,
        .path = b->path,
        .checkpoint = checkpoint,
        .log = &b->log,
        .snapshot = &b->snapshot,
        .travel = {
            .trainer = &b->frozen->trainer, .lifted = b->lifted, .wait = ls_background_wait, .waiting = b->background}};
    ls_contents_list(&b->contents);
    if (b->share > 0)
        ls_contents_order(&b->contents, &b->pieces);
    if (b->root)
        ls_background_start(b->background, ls_contents_write, &b->contents);
}

static void begin(ls_saver *b, const char *path, bool checkpoint)
{
    snprintf(b->path, sizeof b->path, "%s", path);
    start(b, checkpoint);
}

/* Local. */
static void freeze(ls_saver *b)
{
    const ls_trainer *t = b->trainer;
    b->best_known = ls_best_known(t, &b->best);
    if (!b->takes_part)
        return;
    ls_frozen_take(b->frozen, t);
    if (!b->best_known)
        return;
    const ls_snapshot live = ls_best_snapshot(t);
    b->best_snapshot = ls_frozen_snapshot(b->frozen, t, &live);
}

/* Local. */
static ls_status keep_log(ls_saver *b, const ls_logmark *log)
{
    forget_log(b);
    if (!b->root)
        return LS_OK;
    b->log = *log;
    b->log.text = NULL;
    if (!log->text)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&b->log.text, log->length, 1, "log of a checkpoint"));
    memcpy(b->log.text, log->text, (size_t)log->length);
    return LS_OK;
}

ls_status ls_saver_begin(ls_saver *b, const char *path, const ls_logmark *log)
{
    ls_trainer *t = b->trainer;
    LS_TRY(ls_watch_look(t));
    ls_status status = ls_contents_check(t);
    if (status == LS_OK)
        status = keep_log(b, log);
    LS_TRY(ls_agree(t->context->comm, status));
    LS_TRY(ls_counting_sum(t));
    freeze(b);
    if (b->takes_part)
        b->snapshot = b->frozen->present;
    begin(b, path, true);
    return LS_OK;
}

bool ls_saver_best(const ls_saver *b, int64_t *epoch)
{
    *epoch = b->best_known ? b->best.epoch : 0;
    return b->best_known;
}

ls_status ls_saver_begin_best(ls_saver *b, const char *path)
{
    LS_TRY(ls_agree(b->trainer->context->comm, ls_fault("checkpoint")));
    b->snapshot = b->best_snapshot;
    begin(b, path, false);
    return LS_OK;
}

void ls_saver_begin_again(ls_saver *b)
{
    start(b, b->contents.checkpoint);
}

/* ---- going on ---- */

bool ls_saver_at_work(const ls_saver *b)
{
    return b->at_work;
}

uint32_t ls_saver_ask(ls_saver *b)
{
    if (!b->root || !b->at_work)
        return 0;
    if (ls_background_is_done(b->background))
        return LS_BIT_WRITTEN;
    return b->pieces.left > 0 && ls_background_room(b->background) >= b->share ? LS_BIT_PIECES : 0;
}

/* Collective. The next piece to rank 0's thread. */
static ls_status move_piece(ls_saver *b)
{
    const ls_piece piece = ls_filepieces_next(&b->pieces);
    ls_travel *travel = &b->contents.travel;
    if (b->root)
        travel->lifted = ls_background_place(b->background);
    LS_TRY(ls_travel_collect(travel, &piece));
    if (b->root)
        ls_background_give(b->background, &piece);
    return LS_OK;
}

/* Rank 0's status of a thread that is done, or soon will be. */
static ls_status end(ls_saver *b)
{
    return b->root ? ls_background_end(b->background, &b->seconds) : LS_OK;
}

ls_status ls_saver_go_on(ls_saver *b, uint32_t bits, bool *over)
{
    *over = b->at_work && bits & LS_BIT_WRITTEN;
    if (*over) {
        b->at_work = false;
        return ls_agree(b->trainer->context->comm, end(b));
    }
    if (b->at_work && bits & LS_BIT_PIECES)
        for (int64_t i = 0; i < b->share && b->pieces.left > 0; i++)
            LS_TRY(move_piece(b));
    return LS_OK;
}

/* ---- finishing ---- */

enum { COLLECT_NEXT };

/* Rank 0's part. The others hear of it whenever the thread comes on. */
static ls_status finish(void *user, ls_lead *lead)
{
    ls_saver *b = user;
    while (!ls_background_is_done(b->background)) {
        if (b->pieces.left > 0 && ls_background_room(b->background) > 0) {
            LS_TRY(ls_lead_order(lead, &(ls_order){.what = COLLECT_NEXT}));
            LS_TRY(move_piece(b));
        } else if (ls_background_watch(b->background)) {
            ls_alive();
        }
    }
    return end(b);
}

static ls_status obey(void *user, const ls_order *order)
{
    (void)order;
    return move_piece(user);
}

ls_status ls_saver_finish(ls_saver *b)
{
    const ls_lead_parts parts = {.work = finish, .obey = obey, .user = b, .what = "rank 0 writes a checkpoint"};
    if (!b->at_work)
        return LS_OK;
    const ls_status status = ls_lead_work(b->trainer->context->comm, &parts);
    b->at_work = status == LS_ERR_PEER;
    return status;
}

void ls_saver_abandon(ls_saver *b)
{
    if (b->at_work && b->root)
        b->left = !ls_background_abandon(b->background);
    b->at_work = false;
}

double ls_saver_seconds(const ls_saver *b)
{
    return b->seconds;
}
