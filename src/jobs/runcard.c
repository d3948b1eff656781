/* run.json. */
#include "jobs/runcard.h"

#include "base/json.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "files/path.h"
#include "files/textfile.h"
#include "jobs/run_spent.h"
#include "jobs/software.h"
#include "train/best.h"
#include "train/changes.h"
#include "train/evaluation.h"
#include "train/recipe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define CARD_MAX ((int64_t)1 << 24) /* bytes that are read of one */

static void put_options(ls_json *json, const ls_options *options)
{
    char value[LS_TEXT_MAX]; /* enough for any */
    ls_json_key(json, "options");
    ls_json_object_begin(json);
    for (size_t i = 0; ls_option_at(i); i++) {
        const ls_option_row *row = ls_option_at(i);
        if (row->commands & LS_COMMAND_TRAIN && ls_options_get(options, row->key, value, sizeof value) == LS_OK)
            ls_json_put_string(json, row->key, value);
    }
    ls_json_object_end(json);
}

/* The resolved recipe, line by line. */
static void put_recipe(ls_json *json, const char *recipe)
{
    ls_json_key(json, "recipe");
    ls_json_object_begin(json);
    for (const char *line = recipe; *line;) {
        const size_t length = strcspn(line, "\n");
        char text[LS_TEXT_MAX * 2];
        snprintf(text, sizeof text, "%.*s", (int)length, line);
        char *equals = strstr(text, " = ");
        if (equals) {
            *equals = '\0';
            ls_json_put_string(json, text, equals + 3);
        }
        line += length + (line[length] != '\0');
    }
    ls_json_object_end(json);
}

/* What has changed since the first start; no key when nothing has. */
static void put_changes(ls_json *json, const char *text)
{
    ls_change change;
    bool there;
    if (!text)
        return;
    ls_json_key(json, "changes");
    ls_json_array_begin(json);
    while (ls_changes_next(&text, &change, &there) == LS_OK && there) {
        ls_json_object_begin(json);
        ls_json_put_integer(json, "step", change.step);
        ls_json_put_string(json, "option", change.key);
        ls_json_put_string(json, "old", change.before);
        ls_json_put_string(json, "new", change.after);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

static void put_dataset(ls_json *json, const char *key, const ls_dataset *dataset)
{
    if (!dataset)
        return;
    const ls_source *source = ls_dataset_source(dataset);
    ls_json_key(json, key);
    ls_json_object_begin(json);
    ls_json_put_string(json, "file", source->file);
    ls_json_put_string(json, "x", source->x_path);
    ls_json_put_string(json, "y", source->y_path);
    ls_json_put_integer(json, "first_row", dataset->rows > 0 ? ls_source_row(source, 0) : source->first);
    ls_json_put_integer(json, "rows", dataset->rows);
    ls_json_put_string(json, "chosen", source->kept ? "some" : "range");
    if (ls_dataset_weight(dataset, 0))
        ls_json_put_string(json, "weights", ls_dataset_weight(dataset, 0)->y_path);
    ls_json_put_integer(json, "features", source->features);
    ls_json_object_end(json);
}

/* What was done to the data, and how labels became classes. */
static void put_preparation(ls_json *json, const ls_network *network)
{
    if (network->prepared[0])
        ls_json_put_string(json, "prepared", network->prepared);
    if (!network->classes)
        return;
    ls_json_key(json, "classes");
    ls_json_array_begin(json);
    for (int64_t k = 0; k < network->class_count; k++)
        ls_json_integer(json, network->classes[k]);
    ls_json_array_end(json);
}

/* Cells of a confusion matrix that the card still holds. */
#define MATRIX_MOST 10000

static void put_train(ls_json *json, const ls_scores *scores)
{
    ls_json_key(json, "train");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "rows", scores->rows);
    for (int k = 0; k < scores->count; k++)
        ls_json_put_double(json, scores->name[k], scores->value[k]);
    ls_json_object_end(json);
}

/* What the last epoch's validation found. */
static void put_validation(ls_json *json, const ls_trainer *t)
{
    ls_class_names names;
    if (ls_class_names_read(t->model->encoding, t->model->network, &names) != LS_OK)
        return; /* it was read before */
    ls_json_key(json, "validation");
    ls_json_object_begin(json);
    ls_findings_put(json, ls_evaluator_findings(t->validation), &names, MATRIX_MOST);
    ls_json_object_end(json);
    ls_class_names_free(&names);
}

static void put_test(ls_json *json, const ls_evaluation *test)
{
    ls_json_key(json, "test");
    ls_json_object_begin(json);
    ls_evaluation_put(json, test, MATRIX_MOST);
    ls_json_object_end(json);
}

static void put_best(ls_json *json, const ls_trainer *t)
{
    ls_best_epoch best;
    if (!ls_best_known(t, &best))
        return;
    ls_json_key(json, "best");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "epoch", best.epoch);
    ls_json_put_string(json, "monitor", best.monitor);
    ls_json_put_double(json, "value", best.value);
    ls_json_object_end(json);
}

/* How the rows came, rank 0's: those held are fewer than all of its own when they stream. */
static void put_loading(ls_json *json, const ls_trainer *t)
{
    ls_json_key(json, "loading");
    ls_json_object_begin(json);
    ls_json_put_double(json, "seconds", t->loading);
    ls_json_put_integer(json, "bytes", t->set.data_bytes);
    ls_json_put_integer(json, "held_bytes", t->set.held_bytes);
    ls_json_object_end(json);
}

/* Ranks, threads, and the software that ran: what must not matter for the results. */
static void put_machine(ls_json *json, const ls_context *context)
{
    ls_json_key(json, "machine");
    ls_json_object_begin(json);
    ls_json_put_integer(json, "hosts", ls_comm_hosts(context->comm));
    ls_json_put_integer(json, "ranks", ls_context_size(context));
    ls_json_put_integer(json, "threads", ls_context_threads(context));
    ls_json_put_string(json, "host", ls_comm_host(context->comm));
    ls_json_put_string(json, "kernels", context->kernels->name);
    ls_json_put_integer(json, "memory", context->memory);
    ls_json_put_string(json, "memory_from", context->memory_from);
    ls_software_put(json);
    ls_json_object_end(json);
}

static void put_digests(ls_json *json, const ls_rundir *directory)
{
    char hex[65];
    ls_json_key(json, "sha256");
    ls_json_object_begin(json);
    if (ls_path_exists(directory->model) && ls_rundir_digest(directory->model, hex) == LS_OK)
        ls_json_put_string(json, "model.weights.h5", hex);
    if (ls_path_exists(directory->best) && ls_rundir_digest(directory->best, hex) == LS_OK)
        ls_json_put_string(json, "best.weights.h5", hex);
    if (ls_path_exists(directory->log) && ls_rundir_digest(directory->log, hex) == LS_OK)
        ls_json_put_string(json, "log.csv", hex);
    ls_json_object_end(json);
}

void ls_runcard_put_recipe(ls_json *json, const char *recipe, const char *changes)
{
    put_recipe(json, recipe);
    put_changes(json, changes);
}

ls_status ls_runcard_write(const ls_rundir *directory, const ls_runcard *card)
{
    const ls_trainer *t = card->trainer;
    ls_text text = {0};
    ls_json json = {.text = &text, .indent = 2};
    char now[32];
    const time_t seconds = time(NULL);
    struct tm utc;
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));

    ls_json_object_begin(&json);
    ls_json_put_string(&json, "lockstep", ls_version());
    ls_json_put_string(&json, "state", card->state);
    if (card->message)
        ls_json_put_string(&json, "message", card->message);
    ls_json_put_string(&json, "written", now);
    ls_json_put_double(&json, "seconds", card->seconds);
    ls_json_put_double(&json, "setup_seconds", card->setup_seconds);
    ls_json_put_integer(&json, "steps", ls_trainer_steps(t));
    ls_json_put_integer(&json, "resumed_at_step", card->resumed_steps);
    ls_json_put_integer(&json, "epochs", t->cursor.epoch);
    ls_json_put_integer(&json, "parameters", t->model->network->parameters);
    put_options(&json, card->options);
    ls_runcard_put_recipe(&json, t->recipe, t->changes.text);
    ls_json_key(&json, "data");
    ls_json_object_begin(&json);
    put_dataset(&json, "train", card->datasets->train);
    put_dataset(&json, "validation", card->datasets->validation);
    put_dataset(&json, "test", card->datasets->test);
    put_preparation(&json, t->model->network);
    ls_json_object_end(&json);
    put_loading(&json, t);
    if (card->spent)
        ls_run_spent_put(&json, t->context->comm, card->spent);
    put_machine(&json, t->context);
    if (card->last)
        put_train(&json, &card->last->train);
    if (card->last && card->last->validation.count > 0)
        put_validation(&json, t);
    if (card->test)
        put_test(&json, card->test);
    put_best(&json, t);
    put_digests(&json, directory);
    ls_json_object_end(&json);
    ls_text_append(&text, "\n");
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_textfile_replace(directory->card, ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

bool ls_runcard_is_finished(const char *path)
{
    ls_json_document document = {0};
    char *text = NULL;
    bool finished = false;
    if (ls_textfile_read(path, CARD_MAX, &text) == LS_OK && ls_json_read(text, &document) == LS_OK) {
        const char *state = ls_json_member_text(&document, document.value, "state");
        finished = state && strcmp(state, "finished") == 0;
    }
    ls_json_document_free(&document);
    ls_memory_free(text);
    return finished;
}

static void append_lines(const ls_json_document *document, ls_text *lines)
{
    const ls_json_value *recipe = ls_json_member(document, document->value, "recipe");
    if (!recipe || recipe->kind != LS_JSON_OBJECT)
        return;
    for (int64_t i = recipe->first; i != 0; i = document->value[i].next) {
        const ls_json_value *line = &document->value[i];
        if (line->kind == LS_JSON_STRING)
            ls_text_printf(lines, "%s = %s\n", line->key, line->text);
    }
}

void ls_runcard_recipe(const char *path, ls_options **recipe)
{
    ls_json_document document = {0};
    ls_text lines = {0};
    char *text = NULL;
    *recipe = NULL;
    if (ls_textfile_read(path, CARD_MAX, &text) == LS_OK && ls_json_read(text, &document) == LS_OK)
        append_lines(&document, &lines);
    if (lines.length > 0 && ls_text_status(&lines) == LS_OK &&
        ls_recipe_translate(path, ls_text_string(&lines), recipe) != LS_OK)
        *recipe = NULL;
    ls_json_document_free(&document);
    ls_memory_free(text);
    ls_text_free(&lines);
}
