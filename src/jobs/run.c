/* `lockstep train`: data, model, trainer and output directory put together, the observers that keep its logs and
 * checkpoints, and its end. Whatever rank 0 does alone is agreed on before anybody goes on. */
#include "jobs/run.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "data/dataset.h"
#include "files/path.h"
#include "jobs/run_spent.h"
#include "jobs/runcard.h"
#include "train/best.h"
#include "train/changes.h"
#include "train/initial_options.h"
#include "train/optimizer_options.h"
#include "train/testpart.h"

#include <stdio.h>
#include <string.h>

/* In the order in which they are called. */
static ls_status (*const observers[])(ls_run *run) = {ls_run_observe_log, ls_run_observe_tensorboard,
                                                      ls_run_observe_progress, ls_run_observe_checkpoints,
                                                      ls_run_observe_time_limit};

/* ---- setting up ---- */

/* What the run reads: its rows, and the model of another run that it begins with. */
static ls_status list_inputs(const ls_run *r, ls_inputs *inputs)
{
    char path[LS_TEXT_MAX];
    const ls_options *o = r->options;
    const ls_dataset *const sets[] = {r->datasets.train, r->datasets.validation, r->datasets.test};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (sets[i])
            LS_TRY(ls_dataset_inputs(sets[i], inputs));
    if (!o->init[0] || o->resume) /* what a resumed run began with was read already, and may be its own checkpoint */
        return LS_OK;
    if (!ls_path_is_directory(o->init))
        return ls_inputs_add(inputs, o->init);
    LS_TRY(ls_path_join(path, sizeof path, o->init, "model.weights.h5"));
    return ls_inputs_add(inputs, path);
}

static ls_status open_directory(void *user)
{
    ls_run *r = user;
    const ls_options *o = r->options;
    const ls_rundir_mode mode = o->resume ? LS_RUNDIR_RESUME : o->overwrite ? LS_RUNDIR_OVERWRITE : LS_RUNDIR_NEW;
    if (o->resume && o->overwrite)
        return ls_fail(LS_ERR_USAGE, "--resume and --overwrite exclude each other");
    ls_inputs inputs = {0};
    ls_status status;
    LS_TRY(ls_fault("output"));
    LS_TRY_CLEANUP(list_inputs(r, &inputs));
    LS_TRY_CLEANUP(ls_run_open_tensorboard(r)); /* before a run gives way to this one */
    status = ls_rundir_open(o->output, o->data, mode, &inputs, &r->directory, &r->holds_run);
cleanup:
    ls_inputs_free(&inputs);
    return status;
}

/* Scores with names only, for the log's header: those that are not of rows being trained on have a column that stays
 * empty, so that both halves are alike. */
static void score_names(const ls_run *r, ls_scores *train, ls_scores *validation)
{
    const ls_network *network = r->model->network;
    memset(train, 0, sizeof *train);
    memset(validation, 0, sizeof *validation);
    snprintf(train->name[train->count++], sizeof train->name[0], "loss");
    for (int k = 0; k < network->metrics.count; k++)
        if (ls_metric_is_column(&network->metrics.metric[k]))
            snprintf(train->name[train->count++], sizeof train->name[0], "%s",
                     ls_metric_name(&network->metrics.metric[k]));
    if (ls_network_regularized(network))
        snprintf(train->name[train->count++], sizeof train->name[0], "penalty");
    if (r->trainer->validation)
        *validation = *train;
}

static ls_status open_log(void *user)
{
    ls_run *r = user;
    ls_scores train, validation;
    score_names(r, &train, &validation);
    const ls_status status =
        ls_runlog_open(r->directory.log, r->directory.timing, &r->resumed_log, &train, &validation, &r->log);
    ls_memory_free(r->resumed_log.text);
    r->resumed_log.text = NULL;
    if (status == LS_OK)
        ls_run_warn_of_log(r);
    return status == LS_OK ? ls_run_begin_tensorboard(r) : status;
}

static ls_status write_card(ls_run *r, const char *state, const char *message)
{
    const ls_runcard card = {
        .options = r->options,
        .trainer = r->trainer,
        .datasets = &r->datasets,
        .state = state,
        .message = message,
        .seconds = ls_clock() - r->start,
        .setup_seconds = r->set_up - r->start,
        .resumed_steps = r->resumed_steps,
        .last = r->last.epoch > 0 ? &r->last : NULL,
        .test = r->test,
        .spent = r->spent.ranks > 0 ? &r->spent : NULL,
    };
    LS_TRY(ls_fault("card"));
    return ls_runcard_write(&r->directory, &card);
}

/* The same with all ranks, which wait for it. */
typedef struct told_state {
    ls_run *run;
    const char *state, *message;
} told_state;

static ls_status write_state(void *user)
{
    const told_state *told = user;
    return write_card(told->run, told->state, told->message);
}

/* Collective. */
static ls_status tell_state(ls_run *r, const char *state, const char *message)
{
    told_state told = {r, state, message};
    return ls_lead_alone(r->context->comm, write_state, &told, "rank 0 writes run.json");
}

/* A new run cannot use more ranks than shards; a resumed one may, and the surplus idles. */
static ls_status check_ranks(const ls_run *r)
{
    const int size = ls_comm_size(r->context->comm);
    const ls_options *o = r->options;
    const ls_dataset *train = r->datasets.train;
    ls_shards plan;
    LS_TRY(ls_shards_plan(train->rows, ls_dataset_features(train), o->batch_size, o->shards, o->shuffle_window, &plan));
    if (size <= plan.shards)
        return LS_OK;
    int64_t enough = plan.shards;
    while (enough < size)
        enough *= 2;
    if (enough > plan.batch) {
        return ls_fail(LS_ERR_USAGE,
                       "%d ranks for %lld shards, and a batch of %lld rows cannot be cut into %lld; use at most %lld "
                       "ranks, or a --batch-size of at least %lld with --shards %lld",
                       size, (long long)plan.shards, (long long)plan.batch, (long long)enough, (long long)plan.shards,
                       (long long)enough, (long long)enough);
    }
    return ls_fail(LS_ERR_USAGE,
                   "%d ranks for %lld shards; give --shards %lld (results depend on it), or use at most %lld ranks",
                   size, (long long)plan.shards, (long long)enough, (long long)plan.shards);
}

/* Collective. A stop that is asked for before there is anything to save is not left to the first step: what comes
 * before may take minutes. */
static ls_status heed_request(const ls_run *r)
{
    const ls_context *c = r->context;
    return ls_agree(c->comm, c->stop ? ls_fail(LS_STOPPED, "stopped") : LS_OK);
}

/* Collective. */
static ls_status make_trainer(ls_run *r)
{
    ls_context *c = r->context;
    ls_options *start = NULL;
    ls_status status = ls_agree(c->comm, ls_run_start_options(r, &start));
    if (status == LS_OK)
        status = heed_request(r);
    if (status == LS_OK)
        status = ls_model_create(c, start, r->datasets.train, &r->model);
    if (status == LS_OK)
        status = heed_request(r);
    c->owns_models = true;
    c->reports = r->options->report;
    if (status == LS_OK)
        status = ls_trainer_create(c, start, r->model, r->datasets.train, r->datasets.validation, &r->trainer);
    c->owns_models = false;
    if (status == LS_OK && r->datasets.test)
        status = ls_testpart_check(c, r->model, r->datasets.test);
    if (status == LS_OK) /* which --init-optimizer may have brought: run.json tells it */
        r->options->learning_rate = r->trainer->optimizer.settings.learning_rate;
    ls_options_destroy(start);
    return status;
}

/* Collective. Data that the line does not name may have been named from another directory. */
static ls_status open_datasets(ls_run *r)
{
    const ls_status status = ls_datasets_open(r->context, r->options, &r->datasets);
    if (status == LS_ERR_DATA && r->options->settled && !ls_options_given(r->options, "data"))
        return ls_fail_prefix(status, "the run's data, which DATA can name again: ");
    return status;
}

/* Collective. What is done before anything is written. */
static ls_status prepare(ls_run *r)
{
    ls_context *c = r->context;
    LS_TRY(ls_run_take_options(r));
    LS_TRY(ls_initial_options(c, r->options));
    LS_TRY(ls_model_take_layers(c, r->options)); /* run.json tells the layers, and needs no file */
    LS_TRY(ls_agree(c->comm, ls_optimizer_options_resolve(r->options, false)));
    LS_TRY(ls_agree(c->comm, ls_changes_check(r->options)));
    LS_TRY(open_datasets(r));
    if (!r->options->resume)
        LS_TRY(check_ranks(r)); /* before anything is loaded, or a directory made, in vain */
    LS_TRY(make_trainer(r));
    return heed_request(r);
}

/* Collective. The same, ended by a request between two pieces of what is read. */
static ls_status prepare_or_stop(ls_run *r)
{
    ls_context_heed(r->context, true);
    const ls_status status = prepare(r);
    ls_context_heed(r->context, false);
    if (status != LS_STOPPED)
        return status;
    r->context->stop = 0;
    return ls_fail(LS_STOPPED,
                   "stopped on request before training began; nothing was changed, start again in the same way");
}

static ls_status set_up(ls_run *r)
{
    ls_context *c = r->context;
    LS_TRY(prepare_or_stop(r));
    LS_TRY(ls_lead_alone(c->comm, open_directory, r, "rank 0 opens the run's directory"));
    LS_TRY(ls_comm_broadcast(c->comm, 0, &r->holds_run, sizeof r->holds_run));
    if (!r->holds_run)
        LS_TRY(check_ranks(r));
    ls_run_say_model(r);
    LS_TRY(ls_run_prepare_beside(r));
    if (r->options->verbose)
        LS_TRY(ls_agree(c->comm, ls_run_say_summary(r)));
    if (r->holds_run)
        LS_TRY(ls_run_resume(r));
    else if (r->options->resume)
        ls_log_line(&c->log, LS_LOG_INFO, "%s holds no run yet; starting from the beginning", r->directory.path);
    LS_TRY(ls_run_find_end(r));
    if (r->finished)
        return LS_OK;
    LS_TRY(ls_lead_alone(c->comm, open_log, r, "rank 0 opens log.csv"));
    LS_TRY(ls_run_keep_room(r));
    LS_TRY(ls_run_keep_changes(r));
    r->set_up = ls_clock();
    return tell_state(r, "running", NULL);
}

/* ---- training ---- */

static ls_status add_observers(ls_run *r)
{
    for (size_t i = 0; i < sizeof observers / sizeof *observers; i++)
        LS_TRY(observers[i](r));
    return LS_OK;
}

/* Collective. A checkpoint that is under way when training ends, in whatever way, is not lost. */
static ls_status settle(ls_run *r, ls_status status)
{
    char message[2 * LS_TEXT_MAX];
    ls_status settled = status;
    const double start = ls_clock();
    snprintf(message, sizeof message, "%s", ls_error_message());
    if (status != LS_ERR_PEER)
        settled = ls_run_settle(r);
    if (settled == LS_ERR_PEER)
        ls_run_abandon_beside(r);
    r->trainer->spent.seconds[LS_SPENT_WRITE] += ls_clock() - start;
    return status == LS_OK || settled == LS_ERR_PEER ? settled : ls_fail(status, "%s", message);
}

/* The loop, and back to a trainer without the run's observers. */
static ls_status train_epochs(ls_run *r)
{
    ls_trainer *t = r->trainer;
    char message[1024];
    const int own = t->observers.count;
    ls_status status = ls_agree(r->context->comm, add_observers(r));
    if (status == LS_OK)
        status = ls_trainer_run(t, t->epochs, &r->last);
    status = settle(r, status);
    ls_observers_cut(&t->observers, own);
    if (status != LS_ERR_PEER)
        ls_run_end_beside(r);
    if (status != LS_STOPPED)
        return status;
    snprintf(message, sizeof message, "%s", ls_error_message());
    return ls_fail(LS_STOPPED, "%s; state saved, go on with --resume", message);
}

/* Everything that may fail once the run is set up. */
static ls_status train(ls_run *r)
{
    const ls_trainer *t = r->trainer;
    if (t->ended_by) {
        ls_log_line(&r->context->log, LS_LOG_RESULT, "%s is finished: --%s has ended it after epoch %lld of %lld",
                    r->directory.path, t->ended_by, (long long)t->cursor.epoch, (long long)t->epochs);
    } else if (ls_run_is_over(r)) {
        ls_log_line(&r->context->log, LS_LOG_RESULT, "%s is finished: %lld of %lld epochs done", r->directory.path,
                    (long long)t->cursor.epoch, (long long)t->epochs);
    } else {
        LS_TRY(train_epochs(r));
    }
    return r->finished ? LS_OK : ls_run_finish(r);
}

/* Which epoch's the model is, which was the best, and where the other one is. */
static void say_model(const ls_run *r)
{
    const ls_log *log = &r->context->log;
    const long long last = (long long)r->trainer->cursor.epoch;
    ls_best_epoch best;
    char value[32];
    ls_log_line(log, LS_LOG_RESULT, "model in %s", r->directory.model);
    if (ls_best_missed(r->trainer))
        ls_log_line(log, LS_LOG_RESULT, "it is of epoch %lld, the last; none is the best: %s was not a number in any",
                    last, ls_best_missed(r->trainer));
    if (!ls_best_known(r->trainer, &best))
        return;
    snprintf(value, sizeof value, "%.6g", best.value);
    if (best.epoch == last)
        ls_log_line(log, LS_LOG_RESULT, "it is of epoch %lld, the last and the best one: %s %s", last, best.monitor,
                    value);
    else if (best.restore)
        ls_log_line(log, LS_LOG_RESULT, "it is of epoch %lld, the best one: %s %s", (long long)best.epoch, best.monitor,
                    value);
    else
        ls_log_line(log, LS_LOG_RESULT, "it is of epoch %lld; the best one was %lld: %s %s", last,
                    (long long)best.epoch, best.monitor, value);
    if (best.epoch != last && best.restore)
        ls_log_line(log, LS_LOG_RESULT, "to score epoch %lld's: lockstep evaluate %s/step-%012lld.h5 ...", last,
                    r->directory.checkpoints, (long long)ls_trainer_steps(r->trainer));
    else if (best.epoch != last)
        ls_log_line(log, LS_LOG_RESULT, "to score epoch %lld's: lockstep evaluate %s ...", (long long)best.epoch,
                    r->directory.best);
}

/* Collective. The card tells of the end, which is `outcome` on all ranks. When that is a failure, its message stays the
 * one that counts; else whatever kept rank 0 from writing the card becomes everybody's status. */
static ls_status tell_end(ls_run *r, ls_status outcome)
{
    char message[2048];
    const char *state = outcome == LS_OK ? "finished" : outcome == LS_STOPPED ? "stopped" : "failed";
    snprintf(message, sizeof message, "%s", outcome == LS_OK ? "" : ls_error_message());
    if (outcome != LS_OK && outcome != LS_STOPPED) { /* nobody waits any more */
        if (r->root)
            (void)write_card(r, state, message);
        return ls_fail(outcome, "%s", message);
    }
    if (ls_run_spent_compare(r) == LS_ERR_PEER)
        return LS_ERR_PEER;
    const ls_status written = tell_state(r, state, outcome == LS_OK ? NULL : message);
    return outcome == LS_OK || written == LS_ERR_PEER ? written : ls_fail(outcome, "%s", message);
}

ls_status ls_run_train(ls_context *context, const ls_options *options)
{
    ls_run *r;
    ls_status status = ls_agree(context->comm, ls_memory_allocate(&r, 1, sizeof *r, "run"));
    if (status != LS_OK) {
        ls_memory_free(r);
        return status;
    }
    r->context = context;
    r->root = ls_comm_rank(context->comm) == 0;
    r->start = ls_clock();
    r->directory.lock = r->directory.lock_directory = -1;
    r->reserve.fd = -1;
    r->saved_steps = -1;

    status = ls_agree(context->comm, ls_options_copy(options, &r->options));
    if (status == LS_OK)
        status = set_up(r);
    if (status == LS_OK) {
        context->has_state = 1;
        status = train(r);
        if (status != LS_ERR_PEER && !r->finished)
            status = tell_end(r, status);
        context->has_state = 0;
        if (status == LS_OK && !r->finished)
            status = ls_run_write_pages(r);
        if (status == LS_OK)
            say_model(r);
    }
    context->reports = false;
    ls_reserve_release(&r->reserve);
    if (status == LS_ERR_PEER)
        return status; /* messages may still be under way in these buffers; the process can only end now */
    ls_run_end_beside(r);
    ls_run_close_tensorboard(r);
    ls_runlog_close(&r->log);
    ls_memory_free(r->resumed_log.text);
    ls_kept_free(&r->kept);
    ls_evaluation_destroy(r->test);
    ls_report_part_free(&r->reported);
    ls_trainer_destroy(r->trainer);
    ls_model_destroy(r->model);
    ls_datasets_close(&r->datasets);
    ls_rundir_close(&r->directory);
    ls_options_destroy(r->options);
    ls_memory_free(r);
    return status;
}
