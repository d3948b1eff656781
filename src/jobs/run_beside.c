/* Checkpoints of a run that are written beside training (train/saver.h): whether they are, and what is done about one
 * between its beginning and its end. The best epoch's file follows its checkpoint, as it does where all ranks wait. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "train/footprint.h"
#include "train/saver.h"

#include <stdio.h>

struct ls_run_beside {
    ls_saver *writer;
    char path[4200]; /* rank 0's, of the checkpoint */
    int64_t steps;   /* it is of */
    bool is_best;    /* at work is the best epoch's file, not the checkpoint */
    bool was_short;  /* of room for the file at work */
    double start;
    double waited;  /* seconds that training has waited for it */
    double writing; /* seconds of rank 0's thread */
};

/* ---- whether ---- */

/* Collective. Ranks may have rows, and hosts memory, of different sizes. */
static ls_status find_wanted(const ls_run *r, bool *wanted)
{
    ls_footprint_setup setup;
    ls_footprint f;
    LS_TRY(ls_agree(r->context->comm, ls_footprint_of(r->trainer, ls_saver_wish_of(r->options), &setup, &f)));
    double least = f.copy > 0;
    LS_TRY(ls_comm_least_double(r->context->comm, &least, 1));
    *wanted = least > 0;
    return LS_OK;
}

static ls_status create(ls_run *r)
{
    LS_TRY(ls_memory_allocate(&r->beside, 1, sizeof *r->beside, "checkpoints"));
    return ls_saver_create(r->trainer, &r->beside->writer);
}

ls_status ls_run_prepare_beside(ls_run *r)
{
    bool wanted;
    LS_TRY(find_wanted(r, &wanted));
    return wanted ? ls_agree(r->context->comm, create(r)) : LS_OK;
}

void ls_run_end_beside(ls_run *r)
{
    if (r->beside)
        ls_saver_destroy(r->beside->writer);
    ls_memory_free(r->beside);
    r->beside = NULL;
}

/* ---- one file after the other ---- */

/* Collective. The checkpoint is whole: what follows it. */
static ls_status follow_checkpoint(ls_run *r)
{
    struct ls_run_beside *b = r->beside;
    int64_t epoch;
    LS_TRY(ls_run_prune(r));
    if (!ls_saver_best(b->writer, &epoch) || epoch == r->saved_best)
        return LS_OK;
    LS_TRY(ls_saver_begin_best(b->writer, r->root ? r->directory.best : ""));
    b->is_best = true;
    return LS_OK;
}

/* Collective. Without room the oldest checkpoint gives way, and what was frozen is written again. */
static ls_status try_again(ls_run *r, ls_status failure)
{
    struct ls_run_beside *b = r->beside;
    bool again;
    b->was_short = true;
    const ls_status status = ls_run_make_room(r, failure, &again);
    if (!again)
        return status;
    ls_saver_begin_again(b->writer);
    return LS_OK;
}

static void note_file(ls_run *r)
{
    struct ls_run_beside *b = r->beside;
    b->writing += ls_saver_seconds(b->writer);
    if (b->is_best) {
        ls_saver_best(b->writer, &r->saved_best);
        return;
    }
    r->saved_steps = b->steps;
    if (r->root)
        ls_run_note_checkpoint(r, b->path, ls_clock() - b->start, b->waited);
}

/* Collective. The file at work has come to its end, with this status. */
static ls_status end_file(ls_run *r, ls_status status)
{
    struct ls_run_beside *b = r->beside;
    if (status == LS_ERR_OUTPUT)
        status = try_again(r, status);
    else if (status == LS_OK)
        note_file(r);
    if (ls_saver_at_work(b->writer))
        return status;
    if (b->was_short)
        status = ls_run_take_back_room(r, status);
    b->was_short = false;
    LS_TRY(status);
    if (!b->is_best)
        LS_TRY(follow_checkpoint(r));
    r->saving = b->writing + b->waited;
    return LS_OK;
}

ls_status ls_run_begin_beside(ls_run *r)
{
    struct ls_run_beside *b = r->beside;
    ls_logmark log;
    LS_TRY(ls_run_settle(r));
    b->start = ls_clock();
    b->waited = b->writing = 0;
    b->is_best = false;
    LS_TRY(ls_run_name_checkpoint(r, b->path, &log));
    b->steps = ls_trainer_steps(r->trainer);
    LS_TRY(ls_saver_begin(b->writer, b->path, &log));
    b->waited = ls_clock() - b->start;
    return LS_OK;
}

bool ls_run_is_beside(const ls_run *r)
{
    return r->beside && ls_saver_at_work(r->beside->writer);
}

uint32_t ls_run_ask_beside(ls_run *r)
{
    return r->beside ? ls_saver_ask(r->beside->writer) : 0;
}

ls_status ls_run_go_on_beside(ls_run *r, uint32_t bits)
{
    struct ls_run_beside *b = r->beside;
    const double start = ls_clock();
    bool over;
    ls_status status = ls_saver_go_on(b->writer, bits, &over);
    b->waited += ls_clock() - start;
    if (over)
        status = end_file(r, status);
    return ls_run_warn_unsaved(r, status);
}

ls_status ls_run_settle(ls_run *r)
{
    ls_status status = LS_OK;
    while (status == LS_OK && ls_run_is_beside(r)) {
        const double start = ls_clock();
        status = ls_saver_finish(r->beside->writer);
        r->beside->waited += ls_clock() - start;
        status = end_file(r, status);
    }
    return ls_run_warn_unsaved(r, status);
}

void ls_run_abandon_beside(ls_run *r)
{
    if (r->beside)
        ls_saver_abandon(r->beside->writer);
}
