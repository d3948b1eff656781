/* What a run leaves when it has come to its end. */
#include "jobs/run.h"

#include "comm/lead.h"
#include "train/best.h"
#include "train/checkpoint.h"

#include <stdio.h>

/* Collective. The model that stays: the last epoch's, or the best's where that is asked for. */
static ls_status write_model(ls_run *r)
{
    const char *path = r->root ? r->directory.model : "";
    ls_best_epoch best;
    if (!ls_best_known(r->trainer, &best) || !best.restore)
        return ls_checkpoint_write_model(r->trainer, path);
    LS_TRY(ls_best_restore(r->trainer)); /* for the test part */
    return ls_best_write(r->trainer, path);
}

/* Failures to write at the end, of which none keeps the others from being tried. */
typedef struct losses {
    ls_status first;
    char message[1024];
} losses;

/* LS_OK where it can go on: what cannot be written is noted. */
static ls_status bear(losses *l, ls_status status)
{
    if (status != LS_ERR_OUTPUT)
        return status;
    if (l->first == LS_OK)
        snprintf(l->message, sizeof l->message, "%s", ls_error_message());
    l->first = status;
    return LS_OK;
}

/* The last rows. */
static ls_status finish_log(void *user)
{
    ls_run *r = user;
    const ls_status status = ls_runlog_finish(&r->log);
    ls_run_warn_of_log(r);
    return status;
}

/* The model is what the run was for: it is tried whatever became of the rest. */
ls_status ls_run_write_results(ls_run *r)
{
    losses lost = {.first = LS_OK};
    LS_TRY(ls_run_settle(r));
    if (r->saved_steps != ls_trainer_steps(r->trainer))
        LS_TRY(bear(&lost, ls_run_save(r)));
    else
        LS_TRY(bear(&lost, ls_run_save_best(r)));
    LS_TRY(ls_run_give_room(r));
    const ls_status model = ls_run_write_with_room(r, write_model);
    LS_TRY(bear(&lost, model));
    LS_TRY(bear(&lost, ls_lead_alone(r->context->comm, finish_log, r, "rank 0 writes log.csv")));
    if (lost.first == LS_OK)
        return LS_OK;
    return ls_fail(lost.first, "%s%s%s", lost.message, model == LS_OK ? "; the model is saved: " : "",
                   model == LS_OK ? r->directory.model : "");
}
