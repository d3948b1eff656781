/* Evaluation: each rank scores its blocks of rows, the tree adds them. */
#include "train/evaluate.h"

#include "base/fault.h"
#include "base/fpenv.h"
#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/blocks.h"
#include "data/missing.h"
#include "data/pieces.h"
#include "data/statistics.h"
#include "model/pass.h"
#include "train/objective.h"
#include "train/penalty.h"

#include <stdio.h>
#include <string.h>

/* Rows that go through the layers at once: enough to use the weights well, few enough for wide layers' activations. */
#define ROWS_AT_ONCE 256

struct ls_evaluator {
    ls_context *context;
    const ls_model *model;
    ls_blocks blocks;
    ls_pieces pieces; /* the rows of this rank's blocks */
    ls_batch_arrays arrays;
    ls_pass *pass;
    double *total; /* for r2 */
    double *sums;  /* (ls_network_sums) */
    ls_norms norms;
    ls_penalty penalty; /* with regularizers */
    bool stoppable;
};

ls_status ls_evaluator_total(ls_context *context, const ls_network *network, const ls_dataset *dataset, double **total)
{
    *total = NULL;
    bool wanted = false;
    for (int k = 0; k < network->metrics.count; k++)
        wanted = wanted || network->metrics.metric[k] == LS_R2;
    if (!wanted)
        return LS_OK;
    ls_statistics s;
    LS_TRY(ls_statistics_find(context, dataset, network, true, &s));
    ls_status status = ls_memory_allocate(total, network->outputs, sizeof **total, "totals");
    if (status == LS_OK)
        memcpy(*total, s.square, (size_t)network->outputs * sizeof **total);
    ls_statistics_free(&s);
    return ls_agree(context->comm, status);
}

double ls_evaluator_loss(const ls_network *network, int64_t rows, const double *sums)
{
    const double penalty = ls_network_regularized(network) ? sums[network->metrics.width] : 0;
    return (sums[0] + penalty) / (double)rows;
}

void ls_evaluator_scores(const ls_network *network, int64_t rows, const double *sums, const double *total,
                         ls_scores *scores)
{
    memset(scores, 0, sizeof *scores);
    scores->rows = rows;
    scores->count = 1 + network->metrics.count;
    snprintf(scores->name[0], sizeof scores->name[0], "loss");
    scores->value[0] = ls_evaluator_loss(network, rows, sums);
    for (int k = 0; k < network->metrics.count; k++) {
        snprintf(scores->name[k + 1], sizeof scores->name[k + 1], "%s", ls_metric_name(network->metrics.metric[k]));
        scores->value[k + 1] =
            ls_metrics_value(&network->metrics, k, network->outputs, &network->loss, rows, sums, total);
    }
    if (ls_network_regularized(network)) {
        snprintf(scores->name[scores->count], sizeof scores->name[scores->count], "penalty");
        scores->value[scores->count++] = sums[network->metrics.width] / (double)rows;
    }
}

static ls_status check_features(const ls_model *model, const ls_dataset *dataset)
{
    char name[2200];
    const ls_source *source = ls_dataset_source(dataset);
    if (source->features != model->network->features) {
        return ls_fail(LS_ERR_DATA, "%s has %lld features, the model takes %lld",
                       ls_source_name(source, name, sizeof name), (long long)source->features,
                       (long long)model->network->features);
    }
    if (source->target == LS_TARGET_NONE)
        return ls_fail(LS_ERR_DATA, "%s has no targets; evaluation needs them",
                       ls_source_name(source, name, sizeof name));
    const int64_t columns = model->network->outputs / ls_loss_spread(&model->network->loss);
    if (!ls_loss_takes_labels(&model->network->loss) && source->outputs != columns) {
        return ls_fail(LS_ERR_DATA, "%s: targets %s have %lld columns, the model %s %lld%s",
                       ls_source_name(source, name, sizeof name), source->y_path, (long long)source->outputs,
                       columns == model->network->outputs ? "has" : "was trained with", (long long)columns,
                       columns == model->network->outputs ? " outputs" : "");
    }
    return LS_OK;
}

ls_status ls_evaluator_create(ls_context *context, const ls_model *model, const ls_dataset *dataset,
                              ls_evaluator **evaluator)
{
    ls_evaluator *e = NULL;
    *evaluator = NULL;
    ls_status status = ls_memory_allocate(&e, 1, sizeof *e, "evaluation");
    if (status == LS_OK)
        status = check_features(model, dataset);
    if (status == LS_OK)
        status = ls_fault("evaluate");
    if (status == LS_OK) {
        int64_t first, count;
        e->context = context;
        e->model = model;
        e->blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
        ls_blocks_own_rows(&e->blocks, &first, &count);
        status = ls_pieces_open(context, dataset, model->network, LS_PIECES_TRAINED, first, count, &e->pieces);
    }
    if (status == LS_OK)
        status = ls_batch_arrays_create(ROWS_AT_ONCE, &e->arrays);
    if (status == LS_OK)
        status = ls_memory_allocate(&e->sums, ls_network_sums(model->network), sizeof *e->sums, "scores");
    if (status == LS_OK)
        status = ls_pass_create(model->network, context->kernels, context->threads, ROWS_AT_ONCE, false, &e->pass);
    if (status == LS_OK && ls_network_regularized(model->network)) {
        status = ls_norms_create(model->network, &e->norms);
        if (status == LS_OK)
            status = ls_penalty_create(&e->norms, &e->penalty);
    }
    status = ls_missing_explain(context, dataset, model->network, ls_agree(context->comm, status));
    if (status == LS_OK)
        status = ls_evaluator_total(context, model->network, dataset, &e->total);
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
    ls_penalty_free(&evaluator->penalty);
    ls_norms_free(&evaluator->norms);
    ls_memory_free(evaluator);
}

int64_t ls_evaluator_bytes(const ls_network *network, int threads)
{
    return ls_pass_bytes(network, threads, ROWS_AT_ONCE, false);
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

static void score_block(void *user, int64_t block, double *value)
{
    ls_evaluator *e = user;
    int64_t first, count;
    ls_blocks_rows(&e->blocks, block, &first, &count);
    for (int64_t done = 0; done < count; done += ROWS_AT_ONCE) {
        const int64_t now = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        if (e->stoppable && e->context->stop)
            return; /* without a result; all ranks hear of it at the end */
        const ls_rows *rows = &e->pieces.rows;
        if (ls_pieces_need(&e->pieces, first + done, now) != LS_OK)
            return; /* likewise */
        for (int64_t r = 0; r < now; r++)
            ls_batch_arrays_put(&e->arrays, rows, r, first + done + r - rows->first, 0);
        const ls_batch batch = ls_batch_arrays_batch(&e->arrays, rows, now, 0);
        ls_pass_evaluate(e->pass, e->model->block, &batch, value);
    }
}

ls_status ls_evaluator_run(ls_evaluator *e, ls_scores *scores)
{
    const ls_network *network = e->model->network;
    LS_TRY(ls_blocks_sum(e->context, &e->blocks, network->metrics.width, score_block, e, e->sums));
    LS_TRY(pieces_read(e));
    if (ls_network_regularized(network)) { /* every rank has all weights */
        double penalty;
        LS_TRY(ls_penalty_find(&e->penalty, e->context->kernels, e->context->threads, e->model->block, NULL, &penalty));
        e->sums[network->metrics.width] = (double)e->blocks.rows * penalty;
    }
    ls_evaluator_scores(network, e->blocks.rows, e->sums, e->total, scores);
    return LS_OK;
}

ls_status ls_evaluate(ls_context *context, const ls_model *model, const ls_dataset *dataset, ls_scores *scores)
{
    ls_evaluator *evaluator;
    const ls_fpenv saved = ls_fpenv_enter();
    ls_status status = ls_evaluator_create(context, model, dataset, &evaluator);
    if (status == LS_OK) {
        evaluator->stoppable = true;
        status = ls_evaluator_run(evaluator, scores);
    }
    if (status == LS_OK)
        status = ls_agree(context->comm, context->stop ? ls_fail(LS_STOPPED, "stopped") : LS_OK);
    if (status == LS_STOPPED) {
        context->stop = 0;
        status = ls_fail(LS_STOPPED, "stopped on request before all rows were evaluated");
    }
    ls_evaluator_destroy(evaluator);
    ls_fpenv_leave(saved);
    return status;
}
