/* What a run leaves when it has come to its end. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/text.h"
#include "comm/lead.h"
#include "jobs/run_lines.h"
#include "train/best.h"
#include "train/checkpoint.h"

#include <math.h>
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
static ls_status write_results(ls_run *r)
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

/* Where a class is rare, the last validation beside what the most frequent answer alone would reach. */
static void say_validation(const ls_run *r)
{
    char part[64];
    ls_text text = {0};
    if (r->last.validation.count == 0)
        return;
    const ls_findings *f = ls_evaluator_findings(r->trainer->validation);
    const ls_base_rate base = ls_base_rate_of(&f->task, f->facts.rows, f->support);
    if (!base.rare)
        return;
    snprintf(part, sizeof part, "validation of epoch %lld", (long long)r->last.epoch);
    ls_run_lines_part(&text, part, "val_", &r->last.validation, base.rate);
    ls_log_line(&r->context->log, LS_LOG_INFO, "%s", ls_text_string(&text));
    ls_text_free(&text);
}

/* Collective. Scores the test part; the model is there, whatever becomes of that. What was found good before training
 * may be gone by now: the run is finished all the same, without these scores. */
static ls_status score_test(ls_run *r)
{
    ls_scores scores;
    ls_text text = {0};
    const ls_status status = ls_evaluation_create(r->context, NULL, r->model, r->datasets.test, &r->test);
    if (status == LS_STOPPED)
        return ls_fail(LS_STOPPED,
                       "stopped on request before the test part was evaluated; state saved, go on with --resume");
    if (status == LS_ERR_PEER)
        return status;
    if (status != LS_OK) {
        ls_log_line(&r->context->log, LS_LOG_WARNING,
                    "the test part is not scored: %s; training is finished and the model is whole, score it with: "
                    "lockstep evaluate %s",
                    ls_error_message(), r->directory.path);
        return LS_OK;
    }
    ls_evaluation_scores(r->test, &scores);
    bool rare;
    const double base_rate = ls_evaluation_base_rate(r->test, &rare);
    ls_run_lines_part(&text, "test part", "test_", &scores, rare ? base_rate : NAN);
    ls_log_line(&r->context->log, LS_LOG_INFO, "%s", ls_text_string(&text));
    ls_text_free(&text);
    return ls_run_report_test(r);
}

ls_status ls_run_finish(ls_run *r)
{
    double *spent = r->trainer->spent.seconds;
    const double start = ls_clock();
    LS_TRY(write_results(r));
    const double written = ls_clock();
    spent[LS_SPENT_WRITE] += written - start;
    if (r->datasets.test)
        LS_TRY(score_test(r));
    else
        say_validation(r);
    spent[LS_SPENT_EVALUATE] += ls_clock() - written;
    return ls_run_write_report(r);
}
