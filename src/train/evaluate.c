/* Evaluation: each rank scores its blocks of rows, the tree adds them. */
#include "train/evaluate.h"

#include "base/fault.h"
#include "base/fpenv.h"
#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/blocks.h"
#include "data/encoded.h"
#include "data/missing.h"
#include "data/pieces.h"
#include "data/weights.h"
#include "formats/table_missing.h"
#include "model/pass.h"
#include "train/areas.h"
#include "train/harvest.h"
#include "train/objective.h"
#include "train/penalty.h"
#include "train/ranking.h"

#include <string.h>

/* Rows that go through the layers at once: enough to use the weights well, few enough for wide layers' activations. */
#define ROWS_AT_ONCE 256

struct ls_evaluator {
    ls_context *context;
    const ls_model *model;
    ls_network view; /* the model's network, whose arrays are its own, with the metrics of this evaluation */
    ls_blocks blocks;
    ls_pieces pieces; /* the rows of this rank's blocks */
    ls_batch_arrays arrays;
    ls_pass *pass;
    double *total;            /* for r2 */
    double *sums;             /* (ls_network_sums) */
    double *scrap;            /* (metrics.width) sums of rows that were summed before */
    int64_t *counts;          /* (metrics.cells) */
    ls_class_counts *classes; /* (outputs) of these counts; NULL without */
    int64_t *support;         /* (classes) */
    ls_ranking *ranking;      /* for areas; else NULL */
    ls_harvest *harvest;      /* for a report; else NULL */
    bool harvests;            /* the runs to come are for it, too */
    ls_area *areas;           /* (classes) */
    int64_t first_row;        /* of this rank */
    ls_findings findings;
    ls_norms norms;
    ls_penalty penalty; /* with regularizers */
    bool stoppable;
};

static ls_status check_features(const ls_model *model, const ls_dataset *dataset)
{
    char name[2200];
    const ls_source *source = ls_dataset_source(dataset);
    if (source->features != model->network->features) {
        return ls_fail(LS_ERR_DATA, "%s has %lld features, the model takes %lld",
                       ls_source_name(source, name, sizeof name), (long long)source->features,
                       (long long)model->network->features);
    }
    if (source->target == LS_TARGET_NONE && source->table != NULL)
        return ls_table_fail_targets(source->table);
    if (source->target == LS_TARGET_NONE)
        return ls_fail(LS_ERR_DATA, "%s has no targets; evaluation needs them",
                       ls_source_name(source, name, sizeof name));
    LS_TRY(ls_encoded_check(ls_source_name(source, name, sizeof name), dataset->encoding, model->encoding));
    if (dataset->conflict)
        return ls_fail(LS_ERR_DATA, "%s", dataset->conflict);
    const int64_t columns = model->network->outputs / ls_loss_spread(&model->network->loss);
    if (!ls_loss_takes_labels(&model->network->loss) && source->outputs != columns) {
        return ls_fail(LS_ERR_DATA, "%s: targets %s have %lld columns, the model %s %lld%s",
                       ls_source_name(source, name, sizeof name), source->y_path, (long long)source->outputs,
                       columns == model->network->outputs ? "has" : "was trained with", (long long)columns,
                       columns == model->network->outputs ? " outputs" : "");
    }
    return LS_OK;
}

/* Areas are of rows that all count the same: half of what is called by that name weighs them, half does not. */
static ls_status check_weights(const ls_metrics *metrics, const ls_dataset *dataset)
{
    for (int i = 0; metrics->areas && i < dataset->count; i++)
        if (ls_dataset_weight(dataset, i))
            return ls_fail(LS_ERR_USAGE,
                           "--metrics: auc and pr_auc rank rows that all count the same, and these have weights (%s); "
                           "leave the weights or these metrics out",
                           ls_dataset_weight(dataset, i)->y_path);
    return LS_OK;
}

ls_status ls_evaluator_check(const ls_model *model, const ls_metrics *metrics, const ls_dataset *dataset)
{
    LS_TRY(check_weights(metrics, dataset));
    return check_features(model, dataset);
}

/* The network as it is evaluated. */
static void take_metrics(ls_evaluator *e, ls_context *context, const ls_model *model, const ls_metrics *metrics)
{
    e->context = context;
    e->model = model;
    e->view = *model->network;
    if (metrics)
        e->view.metrics = *metrics;
    const ls_metric_task task = ls_network_task(&e->view);
    ls_metrics_by_output(&task, &e->view.metrics);
    e->harvests = context->reports && ls_harvest_possible(&e->view);
    e->view.metrics.chances = e->view.metrics.chances || e->harvests;
}

/* Local. */
static ls_status make_harvest(ls_evaluator *e, int64_t own)
{
    LS_TRY(ls_harvest_create(e->context, &e->view, e->blocks.rows, e->first_row, own, &e->harvest));
    e->context->held += ls_harvest_bytes(e->harvest);
    return LS_OK;
}

static ls_status make_room(ls_evaluator *e)
{
    const ls_network *network = &e->view;
    const ls_metric_task task = ls_network_task(network);
    const int64_t classes = ls_metric_task_classes(&task);
    LS_TRY(ls_memory_allocate(&e->sums, ls_network_sums(network), sizeof *e->sums, "scores"));
    LS_TRY(ls_memory_allocate(&e->scrap, network->metrics.width, sizeof *e->scrap, "scores"));
    LS_TRY(ls_memory_allocate(&e->counts, network->metrics.cells, sizeof *e->counts, "counts"));
    if (network->metrics.cells > 0)
        LS_TRY(ls_memory_allocate(&e->classes, network->outputs, sizeof *e->classes, "counts"));
    LS_TRY(ls_memory_allocate(&e->support, classes, sizeof *e->support, "counts"));
    return ls_memory_allocate(&e->areas, classes, sizeof *e->areas, "areas");
}

ls_status ls_evaluator_create(ls_context *context, const ls_model *model, const ls_metrics *metrics,
                              const ls_dataset *dataset, ls_evaluator **evaluator)
{
    ls_evaluator *e = NULL;
    int64_t own_rows = 0;
    *evaluator = NULL;
    ls_status status = ls_memory_allocate(&e, 1, sizeof *e, "evaluation");
    if (status == LS_OK) {
        take_metrics(e, context, model, metrics);
        status = ls_evaluator_check(model, &e->view.metrics, dataset);
    }
    if (status == LS_OK)
        status = ls_fault("evaluate");
    if (status == LS_OK) {
        int64_t first, count;
        e->blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
        ls_blocks_own_rows(&e->blocks, &first, &count);
        e->first_row = first;
        own_rows = count;
        status = ls_pieces_open(context, dataset, &e->view, LS_PIECES_TRAINED, first, count, &e->pieces);
    }
    if (status == LS_OK)
        status = ls_batch_arrays_create(ROWS_AT_ONCE, &e->arrays);
    if (status == LS_OK)
        status = make_room(e);
    if (status == LS_OK)
        status = ls_pass_create(&e->view, context->kernels, context->threads, ROWS_AT_ONCE, LS_PASS_SCORE, &e->pass);
    if (status == LS_OK && e->harvests)
        status = make_harvest(e, own_rows);
    if (status == LS_OK && ls_network_regularized(model->network)) {
        status = ls_norms_create(model->network, &e->norms);
        if (status == LS_OK)
            status = ls_penalty_create(&e->norms, &e->penalty);
    }
    status = ls_missing_explain(context, dataset, model->network, ls_agree(context->comm, status));
    if (status == LS_OK)
        status = ls_weights_check(context, dataset, "scored");
    if (status == LS_OK)
        status = ls_evaluator_total(context, &e->view, dataset, &e->total);
    if (status == LS_OK && e->view.metrics.areas)
        status = ls_ranking_create(context, &e->view, own_rows, &e->ranking);
    if (status != LS_OK) {
        ls_evaluator_destroy(e);
        return status;
    }
    *evaluator = e;
    return LS_OK;
}

void ls_evaluator_destroy(ls_evaluator *evaluator)
{
    if (!evaluator)
        return;
    ls_pieces_close(&evaluator->pieces);
    ls_batch_arrays_free(&evaluator->arrays);
    ls_pass_destroy(evaluator->pass);
    ls_memory_free(evaluator->total);
    ls_memory_free(evaluator->sums);
    ls_memory_free(evaluator->scrap);
    ls_memory_free(evaluator->counts);
    ls_memory_free(evaluator->classes);
    ls_memory_free(evaluator->support);
    ls_memory_free(evaluator->areas);
    ls_ranking_destroy(evaluator->ranking);
    if (evaluator->harvest)
        evaluator->context->held -= ls_harvest_bytes(evaluator->harvest);
    ls_harvest_destroy(evaluator->harvest);
    ls_penalty_free(&evaluator->penalty);
    ls_norms_free(&evaluator->norms);
    ls_memory_free(evaluator);
}

int64_t ls_evaluator_bytes(const ls_network *network, int threads)
{
    return ls_pass_bytes(network, NULL, threads, ROWS_AT_ONCE, LS_PASS_SCORE);
}

int64_t ls_evaluator_metric_bytes(const ls_network *network)
{
    const ls_metric_task task = ls_network_task(network);
    const ls_metrics *metrics = &network->metrics;
    return metrics->cells * (int64_t)sizeof(int64_t) +
           ls_metric_task_classes(&task) * (int64_t)(sizeof(int64_t) + sizeof(ls_area)) +
           (metrics->areas ? ls_areas_bytes() : 0);
}

int64_t ls_evaluator_ranked(const ls_evaluator *evaluator)
{
    return evaluator->ranking ? ls_ranking_held(evaluator->ranking) : 0;
}

int64_t ls_evaluator_harvested(const ls_evaluator *evaluator)
{
    return evaluator->harvest ? ls_harvest_bytes(evaluator->harvest) : 0;
}

int64_t ls_evaluator_held(const ls_evaluator *evaluator)
{
    return evaluator->pieces.held;
}

/* Collective. What came of reading this rank's rows in pieces. */
static ls_status pieces_read(const ls_evaluator *e)
{
    return ls_missing_explain(e->context, e->pieces.dataset, e->model->network,
                              ls_agree(e->context->comm, e->pieces.status));
}

ls_status ls_evaluator_fingerprint(ls_evaluator *e, uint64_t *hash)
{
    const int size = ls_comm_size(e->context->comm);
    const ls_blocks *blocks = &e->blocks;
    uint64_t *mine = NULL, *all = NULL;
    int64_t *bytes = NULL;
    ls_status status = ls_memory_allocate(&mine, blocks->last - blocks->first, sizeof *mine, "fingerprint");
    if (status == LS_OK)
        status = ls_memory_allocate(&all, blocks->count, sizeof *all, "fingerprint");
    if (status == LS_OK)
        status = ls_memory_allocate(&bytes, size, sizeof *bytes, "fingerprint");
    LS_TRY_CLEANUP(ls_agree(e->context->comm, status));
    for (int64_t b = blocks->first; b < blocks->last; b++) {
        int64_t first, count;
        ls_blocks_rows(blocks, b, &first, &count);
        if (ls_pieces_need(&e->pieces, first, count) == LS_OK)
            mine[b - blocks->first] = ls_rows_fingerprint(&e->pieces.rows, first - e->pieces.rows.first, count);
    }
    LS_TRY_CLEANUP(pieces_read(e));
    for (int r = 0; r < size; r++) {
        const ls_blocks theirs = ls_blocks_of_rank(blocks->rows, r, size);
        bytes[r] = (theirs.last - theirs.first) * (int64_t)sizeof *all;
    }
    LS_TRY_CLEANUP(ls_comm_allgatherv(e->context->comm, mine, bytes, all));
    *hash = ls_hash64_words(0, all, (size_t)blocks->count * 2);
cleanup:
    ls_memory_free(mine);
    ls_memory_free(all);
    ls_memory_free(bytes);
    return status;
}

/* How many rows each class has, or say yes in each output. */
static void count_support(ls_evaluator *e, const ls_metric_task *task, const ls_batch *batch)
{
    for (int64_t r = 0; r < batch->rows && task->classes == LS_CLASSES_ONE; r++)
        e->support[ls_metric_class(task, batch->y ? batch->y[r] : NULL, batch->label ? batch->label[r] : 0)]++;
    for (int64_t r = 0; r < batch->rows && task->classes == LS_CLASSES_EACH; r++)
        for (int64_t j = 0; j < task->outputs; j++)
            e->support[j] += batch->y[r][j] > 0.5f;
}

/* One block of rows through the network: false when that was ended. What rows count is added the first time only. */
static bool score_rows(ls_evaluator *e, int64_t block, bool again, double *value)
{
    int64_t first, count;
    const ls_metric_task task = ls_network_task(&e->view);
    ls_blocks_rows(&e->blocks, block, &first, &count);
    for (int64_t done = 0; done < count; done += ROWS_AT_ONCE) {
        const int64_t now = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        if (e->stoppable && e->context->stop)
            return false; /* without a result; all ranks hear of it at the end */
        const ls_rows *rows = &e->pieces.rows;
        if (ls_pieces_need(&e->pieces, first + done, now) != LS_OK)
            return false; /* likewise */
        for (int64_t r = 0; r < now; r++)
            ls_batch_arrays_put(&e->arrays, rows, r, first + done + r - rows->first, 0);
        const ls_batch batch = ls_batch_arrays_batch(&e->arrays, rows, now, 0);
        ls_pass_evaluate(e->pass, e->model->block, &batch, value);
        if (!again) {
            ls_pass_count(e->pass, now, e->counts);
            count_support(e, &task, &batch);
            if (e->harvest && e->harvests)
                ls_harvest_take(e->harvest, e->pass, &batch, first + done);
        }
        if (e->ranking)
            ls_ranking_take(e->ranking, e->pass, &batch, first + done - e->first_row);
    }
    return true;
}

static void score_block(void *user, int64_t block, double *value)
{
    score_rows(user, block, false, value);
}

/* Collective. Scores that are no numbers have no order. */
static ls_status check_scores(const ls_evaluator *e)
{
    char place[2200];
    const int64_t odd = ls_ranking_odd(e->ranking);
    ls_status status = LS_OK;
    if (odd >= 0)
        status = ls_fail(LS_ERR_NUMERIC,
                         "the model's output for row %lld (%s) is not a number, so auc and pr_auc cannot rank the rows",
                         (long long)(e->first_row + odd),
                         ls_dataset_target_place(e->pieces.dataset, e->first_row + odd, place, sizeof place));
    return ls_agree(e->context->comm, status);
}

/* Collective. The areas of the classes whose scores there are, and for the others the rows once more. */
static ls_status find_areas(ls_evaluator *e)
{
    int64_t next = 0;
    for (;;) {
        const bool stopped = e->stoppable && e->context->stop;
        LS_TRY(ls_agree(e->context->comm, stopped ? ls_fail(LS_STOPPED, "stopped") : LS_OK));
        LS_TRY(check_scores(e));
        LS_TRY(ls_ranking_find(e->ranking, e->areas, &next));
        if (next == e->view.outputs)
            return LS_OK;
        ls_ranking_begin(e->ranking, next);
        for (int64_t b = e->blocks.first; b < e->blocks.last; b++)
            if (!score_rows(e, b, true, e->scrap))
                break;
        LS_TRY(pieces_read(e));
    }
}

ls_status ls_evaluator_run(ls_evaluator *e, ls_scores *scores)
{
    const ls_network *network = &e->view;
    const ls_metric_task task = ls_network_task(network);
    const int64_t classes = ls_metric_task_classes(&task);
    memset(e->counts, 0, (size_t)network->metrics.cells * sizeof *e->counts);
    memset(e->support, 0, (size_t)classes * sizeof *e->support);
    if (e->ranking)
        ls_ranking_begin(e->ranking, 0);
    if (e->harvest && e->harvests)
        ls_harvest_begin(e->harvest);
    LS_TRY(ls_blocks_sum(e->context, &e->blocks, network->metrics.width, score_block, e, e->sums));
    LS_TRY(pieces_read(e));
    LS_TRY(ls_comm_sum_int64(e->context->comm, e->counts, network->metrics.cells));
    if (e->classes)
        ls_metric_count_classes(&task, e->counts, e->classes);
    LS_TRY(ls_comm_sum_int64(e->context->comm, e->support, classes));
    if (e->ranking)
        LS_TRY(find_areas(e));
    if (ls_network_regularized(network)) { /* every rank has all weights */
        double penalty;
        LS_TRY(ls_penalty_find(&e->penalty, e->context->kernels, e->context->threads, e->model->block, NULL, &penalty));
        e->sums[network->metrics.width] = (double)e->blocks.rows * penalty;
    }
    ls_findings *f = &e->findings;
    *f = (ls_findings){.network = network, .task = task, .support = classes > 0 ? e->support : NULL};
    f->facts = (ls_metric_facts){.rows = e->blocks.rows,
                                 .sums = e->sums,
                                 .total = e->total,
                                 .counts = e->counts,
                                 .classes = e->classes,
                                 .areas = e->areas};
    ls_evaluator_scores(network, &f->facts, &f->scores);
    *scores = f->scores;
    return LS_OK;
}

const ls_findings *ls_evaluator_findings(const ls_evaluator *evaluator)
{
    return &evaluator->findings;
}

void ls_evaluator_harvests(ls_evaluator *evaluator, bool wanted)
{
    evaluator->harvests = wanted && evaluator->harvest;
}

ls_status ls_evaluator_report(ls_evaluator *evaluator, const char *name, int64_t epoch, ls_report_part *part)
{
    *part = (ls_report_part){.rows = 0};
    return evaluator->harvest ? ls_harvest_find(evaluator->harvest, name, epoch, part) : LS_OK;
}

void ls_evaluator_stoppable(ls_evaluator *evaluator)
{
    evaluator->stoppable = true;
}

void ls_evaluator_rest(ls_evaluator *e)
{
    ls_pieces_close(&e->pieces);
    ls_pass_destroy(e->pass);
    ls_ranking_destroy(e->ranking);
    e->pass = NULL;
    e->ranking = NULL;
}
