/* Evaluations of the public API: one pass over some rows, and what it finds. */
#include "train/evaluation.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "train/evaluate.h"
#include "train/model.h"
#include "train/objective.h"

#include <math.h>
#include <string.h>

struct ls_evaluation {
    ls_model model;     /* what is evaluated, where its loss was chosen for it; borrows all but the loss */
    ls_network network; /* likewise */
    ls_evaluator *evaluator;
    ls_class_names names;
};

/* Local. The metrics that options name, else the model's; with the threshold that they name. */
static ls_status choose_metrics(const ls_options *options, const ls_network *network, ls_metrics *metrics)
{
    *metrics = network->metrics;
    const ls_metric_task task = ls_network_task(network);
    const bool named = options && options->metrics[0];
    if (named)
        LS_TRY(ls_metrics_parse("--metrics", options->metrics, &task, metrics));
    if (!options || !ls_options_given(options, "threshold"))
        return LS_OK;
    if (named && metrics->has_threshold && metrics->threshold != options->threshold)
        return ls_fail(LS_ERR_USAGE,
                       "--threshold %g and threshold=%g in --metrics; all metrics have the same, leave one of them out",
                       options->threshold, metrics->threshold);
    return ls_metrics_set_threshold("--threshold", options->threshold, &task, metrics);
}

/* Local. The model itself, or with the loss that is chosen for these rows. */
static ls_status choose_loss(const ls_options *options, const ls_model *model, const ls_dataset *dataset,
                             ls_evaluation *e, const ls_model **scored)
{
    ls_options *chosen = NULL;
    *scored = model;
    if (!ls_objective_is_open(options, model->network))
        return LS_OK;
    e->network = *model->network;
    e->model = *model;
    e->model.network = &e->network;
    *scored = &e->model;
    LS_TRY(options ? ls_options_copy(options, &chosen) : ls_options_create(&chosen));
    ls_status status = ls_objective_check_open(chosen, &e->network);
    if (status == LS_OK)
        status = ls_objective_choose(chosen, ls_dataset_source(dataset), &e->network);
    if (status == LS_OK && !ls_loss_takes_labels(&e->network.loss) &&
        ls_loss_classes(&e->network.loss) != LS_CLASSES_EACH) { /* there are no labels any more */
        e->network.classes = NULL;
        e->network.class_count = 0;
    }
    ls_options_destroy(chosen);
    return status;
}

/* Local, by all ranks: the request is used up. */
static ls_status stopped(ls_context *context)
{
    context->stop = 0;
    return ls_fail(LS_STOPPED, "stopped on request before all rows were evaluated");
}

/* Collective. Rows that fit are read here, all of them. */
static ls_status make_evaluator(ls_context *context, const ls_model *model, const ls_metrics *metrics,
                                const ls_dataset *dataset, ls_evaluator **evaluator)
{
    ls_context_heed(context, true);
    const ls_status status = ls_evaluator_create(context, model, metrics, dataset, evaluator);
    ls_context_heed(context, false);
    return status == LS_STOPPED ? stopped(context) : status;
}

/* Collective. The rows through the network, once. */
static ls_status run(ls_context *context, ls_evaluation *e)
{
    ls_scores scores;
    const ls_fpenv saved = ls_fpenv_enter();
    ls_status status = ls_evaluator_run(e->evaluator, &scores);
    ls_fpenv_leave(saved);
    if (status == LS_OK)
        status = ls_agree(context->comm, context->stop ? ls_fail(LS_STOPPED, "stopped") : LS_OK);
    if (status == LS_STOPPED)
        status = stopped(context);
    ls_evaluator_rest(e->evaluator);
    if (status == LS_OK)
        ls_findings_remark(ls_evaluator_findings(e->evaluator), &e->names, &context->log);
    return status;
}

ls_status ls_evaluation_create(ls_context *context, const ls_options *options, const ls_model *model,
                               const ls_dataset *dataset, ls_evaluation **evaluation)
{
    ls_evaluation *e = NULL;
    ls_metrics metrics;
    *evaluation = NULL;
    ls_status status = ls_memory_allocate(&e, 1, sizeof *e, "evaluation");
    if (status == LS_OK)
        status = choose_loss(options, model, dataset, e, &model);
    if (status == LS_OK)
        status = ls_class_names_read(model->encoding, model->network, &e->names);
    if (status == LS_OK)
        status = choose_metrics(options, model->network, &metrics);
    status = ls_agree(context->comm, status);
    if (status == LS_OK)
        status = make_evaluator(context, model, &metrics, dataset, &e->evaluator);
    if (status == LS_OK) {
        ls_evaluator_stoppable(e->evaluator);
        status = run(context, e);
    }
    if (status != LS_OK) {
        ls_evaluation_destroy(e);
        return status;
    }
    *evaluation = e;
    return LS_OK;
}

void ls_evaluation_destroy(ls_evaluation *evaluation)
{
    if (!evaluation)
        return;
    ls_evaluator_destroy(evaluation->evaluator);
    ls_class_names_free(&evaluation->names);
    ls_memory_free(evaluation);
}

ls_status ls_evaluate(ls_context *context, const ls_model *model, const ls_dataset *dataset, ls_scores *scores)
{
    ls_evaluation *evaluation;
    LS_TRY(ls_evaluation_create(context, NULL, model, dataset, &evaluation));
    ls_evaluation_scores(evaluation, scores);
    ls_evaluation_destroy(evaluation);
    return LS_OK;
}

/* ---- what was found ---- */

const ls_findings *ls_evaluation_findings(const ls_evaluation *evaluation)
{
    return ls_evaluator_findings(evaluation->evaluator);
}

void ls_evaluation_put(ls_json *json, const ls_evaluation *evaluation, int64_t most_cells)
{
    ls_findings_put(json, ls_evaluation_findings(evaluation), &evaluation->names, most_cells);
}

void ls_evaluation_scores(const ls_evaluation *evaluation, ls_scores *scores)
{
    *scores = ls_evaluation_findings(evaluation)->scores;
}

ls_status ls_evaluation_report(ls_evaluation *evaluation, const char *name, int64_t epoch, ls_report_part *part)
{
    return ls_evaluator_report(evaluation->evaluator, name, epoch, part);
}

double ls_evaluation_base_rate(const ls_evaluation *evaluation, bool *rare)
{
    const ls_findings *f = ls_evaluation_findings(evaluation);
    const ls_base_rate base = ls_base_rate_of(&f->task, f->facts.rows, f->support);
    *rare = base.rare;
    return base.rate;
}

int64_t ls_evaluation_classes(const ls_evaluation *evaluation)
{
    return ls_findings_classes(ls_evaluation_findings(evaluation));
}

/* The value of the metric of that name; NaN where it was not asked for. */
static double value_of(const ls_findings *f, const ls_class_findings *found, const char *column)
{
    double value;
    const ls_metric *metric = ls_metrics_find(&f->network->metrics, column);
    return metric && ls_metric_value_of_class(metric, found->counts, found->area, &value) ? value : NAN;
}

static ls_status check_class(const ls_evaluation *evaluation, int64_t k)
{
    const int64_t classes = ls_evaluation_classes(evaluation);
    if (k >= 0 && k < classes)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "class %lld; the evaluation tells %lld classes apart", (long long)k,
                   (long long)classes);
}

ls_status ls_evaluation_class(const ls_evaluation *evaluation, int64_t k, ls_class_scores *scores)
{
    const ls_findings *f = ls_evaluation_findings(evaluation);
    ls_class_findings found;
    LS_TRY(check_class(evaluation, k));
    ls_findings_class(f, k, &found);
    *scores = (ls_class_scores){.label = ls_class_names_label(&evaluation->names, k),
                                .support = found.rows,
                                .precision = value_of(f, &found, "precision"),
                                .recall = value_of(f, &found, "recall"),
                                .f1_score = value_of(f, &found, "f1_score"),
                                .auc = value_of(f, &found, "auc"),
                                .pr_auc = value_of(f, &found, "pr_auc")};
    return LS_OK;
}

ls_status ls_evaluation_confusion(const ls_evaluation *evaluation, int64_t class_, int64_t given, int64_t *rows)
{
    const ls_findings *f = ls_evaluation_findings(evaluation);
    LS_TRY(check_class(evaluation, class_));
    LS_TRY(check_class(evaluation, given));
    if (f->network->metrics.cells == 0)
        return ls_fail(LS_ERR_USAGE, "this evaluation counts no classes; its metrics need confusion_matrix among them");
    *rows = f->facts.counts[class_ * ls_evaluation_classes(evaluation) + given];
    return LS_OK;
}

/* ---- as text ---- */

ls_status ls_evaluation_json(const ls_evaluation *evaluation, char **text)
{
    ls_text out = {0};
    ls_json json = {.text = &out, .indent = 2};
    ls_json_object_begin(&json);
    ls_evaluation_put(&json, evaluation, INT64_MAX);
    ls_json_object_end(&json);
    ls_text_append(&out, "\n");
    return ls_text_hand_over(&out, text);
}

ls_status ls_evaluation_table(const ls_evaluation *evaluation, char **text)
{
    ls_text out = {0};
    ls_findings_table(&out, ls_evaluation_findings(evaluation), &evaluation->names);
    return ls_text_hand_over(&out, text);
}
