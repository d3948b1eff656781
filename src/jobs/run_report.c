/* What a run leaves for its report: report.json before the run counts as finished, and the pages behind it. None of it
 * is worth a run: what cannot be written is warned of. */
#include "jobs/run.h"

#include "base/fault.h"
#include "base/text.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "files/textfile.h"
#include "jobs/report_pages.h"
#include "jobs/runcard.h"
#include "math/activations.h"
#include "model/layer_kinds.h"
#include "train/best.h"
#include "train/evaluation.h"
#include "train/reporting.h"

#include <stdio.h>
#include <string.h>

/* LS_ERR_OUTPUT, and whatever else is the report's own, becomes a warning. */
static ls_status warn(const ls_run *r, ls_status status, const char *what)
{
    if (status == LS_OK || status == LS_ERR_PEER)
        return status;
    ls_log_line(&r->context->log, LS_LOG_WARNING, "%s: %s; the run is not concerned", what, ls_error_message());
    return LS_OK;
}

/* ---- report.json ---- */

/* The layers as --layers names them. */
static void put_layers(ls_json *json, const ls_network *network)
{
    ls_json_key(json, "layers");
    ls_json_array_begin(json);
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        int64_t parameters = 0;
        for (int i = 0; i < network->variables; i++)
            parameters += network->tensor[i].layer == l ? network->tensor[i].rows * network->tensor[i].columns : 0;
        ls_json_object_begin(json);
        ls_json_put_string(json, "name", layer->name);
        ls_json_put_string(json, "kind", layer->kind->keras_class);
        ls_json_put_string(json, "activation", ls_activation_name(layer->activation));
        ls_json_put_integer(json, "units", layer->units);
        ls_json_put_integer(json, "parameters", parameters);
        ls_json_object_end(json);
    }
    ls_json_array_end(json);
}

/* A name as the data has it, not as lists need it. */
static void put_name(ls_json *json, const char *name, int64_t label)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", (long long)label);
    ls_json_string(json, name ? name : number);
}

/* Names of classes, or of outputs. */
static ls_status put_names(ls_json *json, const ls_model *model)
{
    const ls_network *network = model->network;
    const ls_loss_class of = ls_loss_classes(&network->loss);
    ls_class_names names;
    LS_TRY(ls_class_names_read(model->encoding, network, &names));
    const bool classes = of == LS_CLASSES_ONE || (of == LS_CLASSES_EACH && network->outputs == 1);
    const int64_t count = classes && network->outputs == 1 ? 2 : network->outputs;
    ls_json_key(json, "names");
    ls_json_array_begin(json);
    for (int64_t k = 0; k < count; k++)
        put_name(json, classes ? ls_class_names_name(&names, k) : ls_class_names_of_output(&names, k),
                 classes ? ls_class_names_label(&names, k) : k);
    ls_json_array_end(json);
    ls_class_names_free(&names);
    return LS_OK;
}

static void put_dataset(ls_json *json, const char *key, const ls_dataset *dataset)
{
    if (!dataset)
        return;
    const ls_source *source = ls_dataset_source(dataset);
    ls_json_key(json, key);
    ls_json_object_begin(json);
    ls_json_put_string(json, "x", source->x_path);
    ls_json_put_string(json, "y", source->y_path);
    ls_json_put_integer(json, "rows", dataset->rows);
    ls_json_put_integer(json, "features", source->features);
    ls_json_object_end(json);
}

static void put_data(ls_json *json, const ls_run *r)
{
    ls_json_key(json, "data");
    ls_json_object_begin(json);
    put_dataset(json, "train", r->datasets.train);
    put_dataset(json, "validation", r->datasets.validation);
    put_dataset(json, "test", r->datasets.test);
    if (r->model->network->prepared[0])
        ls_json_put_string(json, "prepared", r->model->network->prepared);
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
    ls_json_put_bool(json, "restored", best.restore);
    ls_json_object_end(json);
}

static ls_status put_parts(ls_json *json, const ls_run *r)
{
    ls_report_part validation;
    LS_TRY(ls_reporting_part(r->trainer, &validation));
    ls_json_key(json, "parts");
    ls_json_array_begin(json);
    if (validation.values)
        ls_report_part_put(json, &validation);
    if (r->reported.values)
        ls_report_part_put(json, &r->reported);
    ls_json_array_end(json);
    ls_report_part_free(&validation);
    return LS_OK;
}

static ls_status put_all(ls_json *json, const ls_run *r)
{
    const ls_trainer *t = r->trainer;
    const ls_report_norms norms = ls_reporting_norms(t);
    ls_json_object_begin(json);
    ls_json_put_integer(json, "format", 1);
    ls_json_put_string(json, "lockstep", ls_version());
    ls_json_put_integer(json, "steps", ls_trainer_steps(t));
    ls_json_put_integer(json, "epochs", t->cursor.epoch);
    ls_json_put_integer(json, "planned_epochs", t->epochs);
    if (t->ended_by)
        ls_json_put_string(json, "ended_by", t->ended_by);
    ls_json_put_integer(json, "parameters", t->model->network->parameters);
    ls_json_put_integer(json, "outputs", t->model->network->outputs);
    ls_runcard_put_recipe(json, t->recipe, t->changes.text);
    put_data(json, r);
    put_best(json, t);
    put_layers(json, t->model->network);
    LS_TRY(put_names(json, t->model));
    ls_report_norms_put(json, &norms);
    LS_TRY(put_parts(json, r));
    return LS_OK;
}

static ls_status write_file(void *user)
{
    const ls_run *r = user;
    ls_text text = {0};
    ls_json json = {.text = &text, .indent = 2};
    ls_status status = ls_fault("report");
    if (status == LS_OK)
        status = put_all(&json, r);
    if (status == LS_OK) {
        ls_report_file_seal(&json);
        status = ls_text_status(&text);
    }
    if (status == LS_OK)
        status = ls_textfile_replace(r->directory.report, ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

ls_status ls_run_write_report(ls_run *r)
{
    if (!r->context->reports)
        return LS_OK;
    const ls_status status = ls_lead_alone(r->context->comm, write_file, r, "rank 0 writes report.json");
    return warn(r, status, "there is no report");
}

/* ---- pages ---- */

static ls_status write_pages(void *user)
{
    const ls_run *r = user;
    LS_TRY(ls_fault("report-page"));
    return ls_report_write_pages(r->directory.path);
}

ls_status ls_run_write_pages(ls_run *r)
{
    if (!r->context->reports)
        return LS_OK;
    const ls_status status = ls_lead_alone(r->context->comm, write_pages, r, "rank 0 writes report.html");
    return warn(r, status, "there is no report");
}

ls_status ls_run_report_test(ls_run *r)
{
    ls_best_epoch best;
    const bool restored = ls_best_known(r->trainer, &best) && best.restore;
    if (!r->context->reports)
        return LS_OK;
    const ls_status status =
        ls_evaluation_report(r->test, "test", restored ? best.epoch : r->trainer->cursor.epoch, &r->reported);
    return warn(r, status, "the report will not tell of the test part");
}
