/* What a run's disk holds: the checkpoints that are kept, and room for what is to be written. */
#include "jobs/run.h"

#include "base/text.h"
#include "comm/lead.h"
#include "context/options.h"
#include "train/checkpoint_judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static ls_verdict judge(void *user, const char *path)
{
    const ls_run *r = user;
    return ls_checkpoint_judge(r->trainer, path);
}

void ls_run_clear_place(ls_run *r, const char *path)
{
    ls_text notice = {0};
    ls_kept_step_aside(&r->kept, path, judge, r, &notice);
    ls_run_warn(r, &notice);
}

typedef struct question {
    ls_run *run;
    const char *path;
    bool own;
} question;

static ls_status ask(void *user)
{
    question *q = user;
    const ls_verdict verdict = judge(q->run, q->path);
    q->own = verdict == LS_VERDICT_GOOD;
    ls_kept_note(&q->run->kept, q->path, verdict);
    return LS_OK;
}

ls_status ls_run_is_own(ls_run *r, const char *path, bool *own)
{
    question q = {.run = r, .path = path};
    LS_TRY(ls_lead_alone(r->context->comm, ask, &q, "rank 0 reads a checkpoint"));
    *own = q.own;
    return ls_comm_broadcast(r->context->comm, 0, own, sizeof *own);
}

/* ---- pruning ---- */

typedef struct pruning {
    ls_run *run;
    bool give_up; /* one more, for want of room */
    bool gave_up;
} pruning;

/* The model's, where nothing else can go, and a checkpoint is there that will make room for it again. */
static bool lend_room(ls_run *r, ls_text *notice)
{
    if (r->reserve.fd < 0 || !ls_kept_has_good(&r->kept, &r->directory, judge, r, notice))
        return false;
    ls_reserve_release(&r->reserve);
    r->lent = true;
    return true;
}

/* Rank 0's part: files of earlier starts are read once. */
static ls_status prune(void *user)
{
    pruning *p = user;
    ls_run *r = p->run;
    ls_text notice = {0};
    ls_status status = LS_OK;
    if (p->give_up)
        p->gave_up = ls_kept_give_up_one(&r->kept, &r->directory, judge, r, &notice) || lend_room(r, &notice);
    else
        status = ls_kept_prune(&r->kept, &r->directory, r->options->keep, judge, r, &notice);
    ls_run_warn(r, &notice);
    return status;
}

ls_status ls_run_prune(ls_run *r)
{
    pruning p = {.run = r};
    return ls_lead_alone(r->context->comm, prune, &p, "rank 0 looks through the checkpoints");
}

/* ---- room ---- */

/* About what a model file takes besides weights and slots: HDF5's, Keras' configuration. */
#define MODEL_BYTES ((int64_t)20 << 10)
#define LAYER_BYTES ((int64_t)7 << 10)

static ls_status keep_room(ls_run *r)
{
    const ls_network *network = r->model->network;
    const int64_t values = network->parameters * (1 + r->trainer->slot_count);
    const int64_t names = r->model->encoding ? (int64_t)strlen(r->model->encoding) : 0;
    const int64_t bytes = values * (int64_t)sizeof(float) + MODEL_BYTES + network->count * LAYER_BYTES + names;
    return ls_reserve_make(&r->reserve, r->directory.path, bytes);
}

static ls_status keep_or_warn(void *user)
{
    ls_run *r = user;
    if (keep_room(r) != LS_OK)
        ls_log_line(&r->context->log, LS_LOG_WARNING, "%s", ls_error_message());
    return LS_OK;
}

ls_status ls_run_keep_room(ls_run *r)
{
    return ls_lead_alone(r->context->comm, keep_or_warn, r, "rank 0 keeps room for the model");
}

static ls_status give_room(void *user)
{
    ls_run *r = user;
    ls_reserve_release(&r->reserve);
    return LS_OK;
}

ls_status ls_run_give_room(ls_run *r)
{
    return ls_lead_alone(r->context->comm, give_room, r, "rank 0 gives back the room for the model");
}

/* Rank 0's part. A checkpoint that was written into the model's room is good, so that the one before it can make room
 * for the model. */
static ls_status take_back_room(void *user)
{
    ls_run *r = user;
    ls_text notice = {0};
    if (!r->lent)
        return LS_OK;
    r->lent = false;
    ls_status status = keep_room(r);
    while (status != LS_OK && ls_kept_give_up_one(&r->kept, &r->directory, judge, r, &notice))
        status = keep_room(r);
    if (status != LS_OK)
        ls_log_line(&r->context->log, LS_LOG_WARNING, "%s", ls_error_message());
    ls_run_warn(r, &notice);
    return LS_OK;
}

/* Whether the last failure was for want of room, which others than root and quotas see before the disk is full: so what
 * the system said counts, and not what it tells of free space. */
static bool was_no_room(void)
{
    return strstr(ls_error_message(), strerror(ENOSPC)) || strstr(ls_error_message(), strerror(EDQUOT));
}

ls_status ls_run_make_room(ls_run *r, ls_status failure, bool *again)
{
    ls_comm *comm = r->context->comm;
    pruning p = {.run = r, .give_up = true};
    char message[1024];
    bool wanted = r->root && was_no_room();
    *again = false;
    snprintf(message, sizeof message, "%s", ls_error_message());
    LS_TRY(ls_comm_broadcast(comm, 0, &wanted, sizeof wanted));
    if (wanted) {
        LS_TRY(ls_lead_alone(comm, prune, &p, "rank 0 makes room on its disk"));
        *again = p.gave_up;
        LS_TRY(ls_comm_broadcast(comm, 0, again, sizeof *again));
    }
    return *again ? LS_OK : ls_fail(failure, "%s", message);
}

ls_status ls_run_take_back_room(ls_run *r, ls_status status)
{
    char message[1024];
    if (status == LS_ERR_PEER)
        return status;
    snprintf(message, sizeof message, "%s", ls_error_message());
    LS_TRY(ls_lead_alone(r->context->comm, take_back_room, r, "rank 0 keeps room for the model"));
    return status == LS_OK ? LS_OK : ls_fail(status, "%s", message);
}

ls_status ls_run_write_with_room(ls_run *r, ls_status (*write)(ls_run *run))
{
    bool again = true, asked = false;
    ls_status status = LS_OK;
    while (status == LS_OK && again) {
        again = false;
        status = write(r);
        if (status == LS_ERR_OUTPUT) {
            asked = true;
            status = ls_run_make_room(r, status, &again);
        }
    }
    return asked ? ls_run_take_back_room(r, status) : status;
}
