/* Going on with a run: its options, its newest good checkpoint, and whether there is anything left to do. */
#include "jobs/run.h"

#include "base/memory.h"
#include "base/text.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "files/path.h"
#include "jobs/runcard.h"
#include "store/sealed.h"
#include "train/changes.h"
#include "train/checkpoint.h"
#include "train/recipe.h"

#include <stdio.h>
#include <string.h>

/* ---- what the run has left (rank 0) ---- */

typedef struct remains {
    char card_path[LS_TEXT_MAX], model_path[LS_TEXT_MAX];
    char why[2 * LS_TEXT_MAX]; /* run.json cannot be used */
    int checkpoints;           /* whole ones and others */
    bool card;                 /* run.json can be used */
    ls_options *saved;         /* its options, else the defaults */
    ls_options *recipe;        /* of the newest whole checkpoint; NULL: there is none */
    char newest[4200];         /* its path */
} remains;

static ls_status read_card(ls_run *r, remains *left)
{
    if (!ls_path_exists(left->card_path)) {
        snprintf(left->why, sizeof left->why, "%s is not there", left->card_path);
        return LS_OK;
    }
    const ls_status status = ls_options_read_card(left->card_path, &left->saved);
    left->card = status == LS_OK;
    if (status != LS_ERR_OUTPUT)
        return status;
    snprintf(left->why, sizeof left->why, "%s", ls_error_message());
    ls_log_line(&r->context->log, LS_LOG_WARNING, "%s", left->why);
    return LS_OK;
}

/* Whether a checkpoint's recipe is the run's, but for what --change may change; one that cannot be compared is taken.
 */
static bool is_of_run(const char *path, const ls_options *recipe, const ls_options *told)
{
    return !told || ls_recipe_compare(path, recipe, told, LS_CHANGES_ALL, false) == LS_OK;
}

/* The first that is whole and of the run that run.json tells of. */
static ls_status choose_recipe(char **paths, remains *left, const ls_options *told, char skipped[1024], bool *newer)
{
    for (int i = 0; i < left->checkpoints; i++) {
        ls_options *recipe;
        const ls_status status = ls_checkpoint_recipe(paths[i], &recipe, newer);
        if (status == LS_OK) {
            if (is_of_run(paths[i], recipe, told)) {
                left->recipe = recipe;
                snprintf(left->newest, sizeof left->newest, "%s", paths[i]);
                return LS_OK;
            }
            ls_options_destroy(recipe);
        } else if (status != LS_ERR_OUTPUT || *newer) {
            return status;
        } else if (skipped[0] == '\0') {
            snprintf(skipped, 1024, "%s", ls_error_message());
        }
    }
    return LS_OK;
}

/* Damaged ones are passed over; what is skipped is said when the checkpoint is read, or here where none will be. */
static ls_status read_recipe(const ls_run *r, const char *output, remains *left)
{
    char **paths;
    char skipped[1024] = "", newest[1024];
    bool newer = false;
    ls_options *told = NULL;
    LS_TRY(ls_rundir_list(output, &paths, &left->checkpoints));
    if (left->card)
        ls_runcard_recipe(left->card_path, &told);
    const ls_status status = choose_recipe(paths, left, told, skipped, &newer);
    ls_options_destroy(told);
    ls_memory_free(paths);
    if (status == LS_OK || skipped[0] == '\0')
        return status;
    snprintf(newest, sizeof newest, "%s", ls_error_message());
    ls_log_line(&r->context->log, LS_LOG_WARNING, "checkpoint skipped: %s", skipped);
    return ls_fail(status, "%s", newest);
}

static ls_status no_whole_checkpoint(const char *output, int count)
{
    if (count > 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: none of its %d checkpoints is whole; nothing was changed", output, count);
    return ls_fail(LS_ERR_OUTPUT,
                   "%s holds a model and no checkpoint, so there is nothing to go on from; nothing was changed. --init "
                   "%s begins a new run with its weights in another --output, --overwrite replaces it",
                   output, output);
}

static bool has_data(const ls_options *line)
{
    return line->data[0] != '\0' || strchr(line->x, ':') != NULL;
}

/* Whether the line says what else only run.json would. */
static ls_status check_line(const ls_options *o, const remains *left)
{
    if (left->card || (has_data(o) && !left->recipe))
        return LS_OK;
    if (left->recipe) {
        if (has_data(o) && ls_options_given(o, "epochs"))
            return LS_OK;
        return ls_fail(LS_ERR_USAGE,
                       "%s, so --resume needs DATA (with --x, --y and the like where the run has them) and --epochs; "
                       "the other options are in %s",
                       left->why, left->newest);
    }
    if (left->checkpoints > 0 || ls_path_exists(left->model_path))
        return no_whole_checkpoint(o->output, left->checkpoints);
    return ls_fail(LS_ERR_USAGE, "--resume: %s holds no run yet; give DATA and --layers to start one", o->output);
}

/* ---- its options ---- */

/* Of the machine and the line, not of the run. */
static bool is_left_behind(const ls_option_row *row)
{
    static const char *const keys[] = {"output", "resume", "overwrite", "change", "quiet"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(row->key, keys[i]) == 0)
            return true;
    return strcmp(row->section, "Machine") == 0;
}

/* Layers and what is said for all of them, which a recipe has in the layers only. */
static const char *const of_layers[] = {"layers", "kernel-regularizer", "bias-regularizer", "kernel-initializer",
                                        "bias-initializer"};
enum { OF_LAYERS = sizeof of_layers / sizeof *of_layers };

static bool is_of_layers(const char *key)
{
    for (size_t i = 0; i < OF_LAYERS; i++)
        if (strcmp(key, of_layers[i]) == 0)
            return true;
    return false;
}

static bool says_layers(const ls_options *line)
{
    for (size_t i = 0; i < OF_LAYERS; i++)
        if (ls_options_given(line, of_layers[i]))
            return true;
    return false;
}

/* The recipe counts, and run.json tells the rest: it is older than the recipe where a start failed early. */
static ls_status overlay(const ls_options *line, const remains *left)
{
    char value[LS_TEXT_MAX];
    const bool as_said = left->card && says_layers(line);
    for (size_t i = 0; ls_option_at(i); i++) {
        const ls_option_row *row = ls_option_at(i);
        if (!row->recipe || (as_said && is_of_layers(row->key)))
            continue;
        LS_TRY(ls_options_get(left->recipe, row->key, value, sizeof value));
        const bool no_metrics = strcmp(row->key, "metrics") == 0 && value[0] == '\0';
        LS_TRY(ls_options_fill(left->saved, row->key, no_metrics ? "none" : value));
    }
    return LS_OK;
}

/* "key = value" lines; none where nothing is there. */
static ls_status write_options(const ls_options *line, remains *left, ls_text *text)
{
    char value[LS_TEXT_MAX];
    if (!left->recipe && (!left->card || has_data(line))) /* nothing is trained, so the line alone counts if it can */
        return LS_OK;
    if (!left->card)
        LS_TRY(ls_options_create(&left->saved));
    if (left->recipe)
        LS_TRY(overlay(line, left));
    for (size_t i = 0; ls_option_at(i); i++) {
        const ls_option_row *row = ls_option_at(i);
        LS_TRY(ls_options_get(left->saved, row->key, value, sizeof value));
        /* layers that are said are said with all that goes for them */
        if (ls_options_given(line, "layers") && is_of_layers(row->key))
            continue;
        if (!is_left_behind(row))
            ls_text_printf(text, "%s = %s\n", row->key, value);
    }
    return ls_text_status(text);
}

typedef struct finding {
    ls_run *run;
    ls_text text;
} finding;

/* Rank 0's part: a checkpoint that is looked through to its end may take a while. */
static ls_status find(void *user, ls_lead *lead)
{
    finding *f = user;
    ls_run *r = f->run;
    const ls_options *line = r->options;
    (void)lead;
    remains left = {.card = false};
    ls_status status;
    LS_TRY(ls_path_join(left.card_path, sizeof left.card_path, line->output, "run.json"));
    LS_TRY(ls_path_join(left.model_path, sizeof left.model_path, line->output, "model.weights.h5"));
    LS_TRY_CLEANUP(read_card(r, &left));
    LS_TRY_CLEANUP(read_recipe(r, line->output, &left));
    LS_TRY_CLEANUP(check_line(line, &left));
    LS_TRY_CLEANUP(write_options(line, &left, &f->text));
    memcpy(r->newest, left.newest, sizeof r->newest);
cleanup:
    ls_options_destroy(left.saved);
    ls_options_destroy(left.recipe);
    return status;
}

/* Local. The run's options, with those of the line in their place. */
static ls_status merge(ls_run *r, const char *text)
{
    ls_options *merged;
    char value[LS_TEXT_MAX];
    LS_TRY(ls_options_create(&merged));
    ls_status status = ls_options_read_recipe(merged, text);
    for (size_t i = 0; status == LS_OK && ls_option_at(i); i++) {
        const char *key = ls_option_at(i)->key;
        if (!ls_options_given(r->options, key))
            continue;
        status = ls_options_get(r->options, key, value, sizeof value);
        if (status == LS_OK)
            status = ls_options_set(merged, key, value);
    }
    if (status != LS_OK) {
        ls_options_destroy(merged);
        return status;
    }
    merged->settled = true;
    if (ls_options_given(r->options, "init") || !r->newest[0])
        merged->initial_weights[0] = '\0'; /* found again, and compared */
    ls_options_destroy(r->options);
    r->options = merged;
    return LS_OK;
}

ls_status ls_run_take_options(ls_run *r)
{
    ls_comm *comm = r->context->comm;
    const ls_options *line = r->options;
    finding f = {.run = r};
    const ls_lead_parts parts = {
        .work = find, .user = &f, .what = "rank 0 looks for a checkpoint", .stop = &r->context->stop};
    ls_status status;
    if (!line->resume)
        return line->change[0] ? ls_fail(LS_ERR_USAGE, "--change is for --resume, which goes on with a run") : LS_OK;
    if (!line->output[0] && !has_data(line)) /* with data, what is said of them comes first */
        return ls_fail(LS_ERR_USAGE, "--resume needs --output, the directory of the run to go on with");
    if (!line->output[0])
        return LS_OK;
    LS_TRY_CLEANUP(ls_lead_work(comm, &parts));
    LS_TRY_CLEANUP(ls_comm_broadcast(comm, 0, r->newest, sizeof r->newest));
    LS_TRY_CLEANUP(ls_agree_text(comm, &f.text));
    if (f.text.length > 0)
        status = ls_agree(comm, merge(r, ls_text_string(&f.text)));
cleanup:
    ls_text_free(&f.text);
    return status;
}

ls_status ls_run_start_options(const ls_run *r, ls_options **start)
{
    LS_TRY(ls_options_copy(r->options, start));
    return (*start)->initial_weights[0] && r->newest[0] ? ls_options_fill(*start, "init", r->newest) : LS_OK;
}

/* ---- its checkpoint ---- */

/* Collective. Nothing to go on from: the run begins, unless that would replace a model. */
static ls_status start_over(const ls_run *r)
{
    const bool model = r->root && (ls_path_exists(r->directory.model) || ls_path_exists(r->directory.best));
    LS_TRY(ls_agree(r->context->comm, model ? no_whole_checkpoint(r->directory.path, 0) : LS_OK));
    ls_log_line(&r->context->log, LS_LOG_INFO, "%s has no checkpoint yet; starting from the beginning",
                r->directory.path);
    return LS_OK;
}

/* A whole one that does not fit the options is an error, unless it is of another run altogether and one that is of this
 * run lies behind it: then somebody has put it there. */
typedef struct misfit {
    ls_status status; /* of the newest of these; LS_OK: there is none */
    char message[1024];
} misfit;

/* Collective. */
static ls_status pass_over(ls_run *r, const char *path, ls_status status, misfit *first)
{
    char message[1024];
    bool own;
    snprintf(message, sizeof message, "%s", ls_error_message());
    LS_TRY(ls_run_is_own(r, path, &own));
    if (own)
        return ls_fail(status, "%s", message);
    if (first->status == LS_OK) {
        first->status = status;
        memcpy(first->message, message, sizeof message);
    }
    return LS_OK;
}

/* Collective. None is taken. */
static ls_status none_fits(const ls_run *r, int count, const misfit *first)
{
    if (first->status != LS_OK)
        return ls_fail(first->status, "%s", first->message);
    return ls_agree(r->context->comm, r->root ? no_whole_checkpoint(r->directory.path, count) : LS_OK);
}

/* Collective. Tries one; *taken. */
static ls_status try_checkpoint(ls_run *r, const char *path, misfit *first, bool *taken)
{
    bool newer;
    const ls_status status = ls_checkpoint_read(r->trainer, path, &r->resumed_log, &newer);
    *taken = status == LS_OK;
    if (status == LS_ERR_USAGE || status == LS_ERR_DATA)
        return pass_over(r, path, status, first);
    if (status != LS_OK && (status != LS_ERR_OUTPUT || newer))
        return status;
    ls_kept_note(&r->kept, path, *taken ? LS_VERDICT_GOOD : LS_VERDICT_DAMAGED);
    if (*taken && first->status != LS_OK)
        ls_log_line(&r->context->log, LS_LOG_WARNING, "checkpoint passed over: %s; it is of another run",
                    first->message);
    if (*taken)
        ls_log_line(&r->context->log, LS_LOG_INFO, "resuming from %s", path);
    else
        ls_log_line(&r->context->log, LS_LOG_WARNING, "checkpoint skipped: %s", ls_error_message());
    return LS_OK;
}

ls_status ls_run_resume(ls_run *r)
{
    ls_comm *comm = r->context->comm;
    char **paths = NULL;
    int32_t count = 0;
    int listed = 0;
    bool taken = false;
    misfit first = {.status = LS_OK};
    ls_status status = ls_agree(comm, r->root ? ls_rundir_list(r->directory.path, &paths, &listed) : LS_OK);
    count = listed;
    if (status == LS_OK)
        status = ls_comm_broadcast(comm, 0, &count, sizeof count);
    if (status == LS_OK && count == 0)
        status = start_over(r);
    for (int i = 0; status == LS_OK && i < count && !taken; i++)
        status = try_checkpoint(r, r->root ? paths[i] : "", &first, &taken);
    if (status == LS_OK && taken)
        r->resumed_steps = r->saved_steps = ls_trainer_steps(r->trainer);
    else if (status == LS_OK && count > 0)
        status = none_fits(r, count, &first);
    ls_memory_free(paths);
    return status;
}

/* ---- its end, and what changes ---- */

bool ls_run_is_over(const ls_run *r)
{
    const ls_trainer *t = r->trainer;
    return t->ended_by || (r->saved_steps >= 0 && t->cursor.epoch >= t->epochs);
}

/* Nothing is left to be trained, but something was to change. */
static ls_status refuse_late_change(const ls_run *r)
{
    const ls_trainer *t = r->trainer;
    if (t->ended_by)
        return ls_fail(
            LS_ERR_USAGE,
            "--change %s: --%s has ended %s after epoch %lld, so there is nothing to change; --change %s with other "
            "settings, or off, goes on",
            r->options->change, t->ended_by, r->directory.path, (long long)t->cursor.epoch, t->ended_by);
    return ls_fail(LS_ERR_USAGE,
                   "--change %s: %s is finished, so there is nothing to change; give more than %lld --epochs to go on",
                   r->options->change, r->directory.path, (long long)t->cursor.epoch);
}

/* A plateau has reduced the rate, and what is asked for is the one it began with, which is no change of the recipe. */
static void warn_of_reduced_rate(const ls_run *r)
{
    const ls_trainer *t = r->trainer;
    if (strstr(r->options->change, "learning") && !t->schedule.row && t->rate != r->options->learning_rate)
        ls_log_line(&r->context->log, LS_LOG_WARNING,
                    "the learning rate stays %g, to which a plateau has reduced it: --learning-rate %g is what the run "
                    "began with, and so no change; give a value that differs",
                    t->rate, r->options->learning_rate);
}

/* Rank 0's part. */
static ls_status find_finished(void *user, ls_lead *lead)
{
    ls_run *r = user;
    (void)lead;
    const ls_logmark *log = &r->resumed_log;
    r->finished = ls_runcard_is_finished(r->directory.card) && ls_sealed_verify(r->directory.model) == LS_OK &&
                  (!log->known || ls_tracked_matches(r->directory.log, log));
    return LS_OK;
}

ls_status ls_run_find_end(ls_run *r)
{
    const ls_lead_parts parts = {.work = find_finished, .user = r, .what = "rank 0 reads the model"};
    const ls_trainer *t = r->trainer;
    const ls_changes *c = &t->changes;
    const bool over = ls_run_is_over(r), changes = c->text && c->text[c->fresh] != '\0';
    if (over && changes)
        return refuse_late_change(r);
    if (over && t->cursor.step > 0)
        return ls_fail(
            LS_ERR_USAGE,
            "%s has trained %lld epochs and a part of the next, more than --epochs %lld; give at least %lld to go on",
            r->directory.path, (long long)t->cursor.epoch, (long long)t->epochs, (long long)t->cursor.epoch + 1);
    if (!changes)
        warn_of_reduced_rate(r);
    if (over)
        LS_TRY(ls_lead_work(r->context->comm, &parts));
    return ls_comm_broadcast(r->context->comm, 0, &r->finished, sizeof r->finished);
}

ls_status ls_run_keep_changes(ls_run *r)
{
    const ls_changes *c = &r->trainer->changes;
    const char *line = c->text ? c->text + c->fresh : "";
    if (*line == '\0')
        return LS_OK;
    for (size_t length; *line != '\0'; line += length + (line[length] == '\n')) {
        length = strcspn(line, "\n");
        ls_log_line(&r->context->log, LS_LOG_INFO, "changed from %.*s", (int)length, line);
    }
    return ls_run_save(r);
}
