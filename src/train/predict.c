/* Prediction over all ranks: rounds of consecutive row ranges, one range a rank, received by rank 0 in row order. */
#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/context.h"
#include "data/dataset.h"
#include "data/encoded.h"
#include "data/missing.h"
#include "data/pieces.h"
#include "model/pass.h"
#include "train/model.h"

/* Rows a rank predicts in one round, and rows that go through the layers at once. */
#define ROUND_ROWS   4096
#define ROWS_AT_ONCE 256

/* One rank's working space. */
typedef struct predicting {
    ls_context *context;
    const ls_model *model;
    const ls_dataset *dataset;
    ls_pass *pass;
    ls_batch_arrays arrays;
    float *mine;    /* (ROUND_ROWS, outputs) */
    float *all;     /* rank 0: (size * ROUND_ROWS, outputs) */
    int64_t *bytes; /* (size) */
} predicting;

static ls_status prepare(predicting *p)
{
    const ls_network *network = p->model->network;
    const ls_source *source = ls_dataset_source(p->dataset);
    const int size = ls_comm_size(p->context->comm);
    if (source->features != network->features) {
        char name[2200];
        return ls_fail(LS_ERR_DATA, "%s has %lld features, the model takes %lld",
                       ls_source_name(source, name, sizeof name), (long long)source->features,
                       (long long)network->features);
    }
    LS_TRY(ls_encoded_check("the data", p->dataset->encoding, p->model->encoding));
    LS_TRY(ls_fault("predict"));
    LS_TRY(ls_batch_arrays_create(ROWS_AT_ONCE, &p->arrays));
    LS_TRY(ls_memory_allocate(&p->mine, ROUND_ROWS * network->outputs, sizeof(float), "predictions"));
    LS_TRY(ls_memory_allocate(&p->bytes, size, sizeof *p->bytes, "predictions"));
    if (ls_comm_rank(p->context->comm) == 0)
        LS_TRY(ls_memory_allocate(&p->all, size * ROUND_ROWS * network->outputs, sizeof(float), "predictions"));
    return ls_pass_create(network, p->context->kernels, p->context->threads, ROWS_AT_ONCE, LS_PASS_SCORE, &p->pass);
}

static void release(predicting *p)
{
    ls_batch_arrays_free(&p->arrays);
    ls_memory_free(p->mine);
    ls_memory_free(p->all);
    ls_memory_free(p->bytes);
    ls_pass_destroy(p->pass);
}

/* Rows of rank r in the round that begins at `base`. */
static int64_t round_rows(const predicting *p, int64_t base, int r)
{
    const int64_t left = p->dataset->rows - (base + (int64_t)r * ROUND_ROWS);
    return left < 0 ? 0 : left < ROUND_ROWS ? left : ROUND_ROWS;
}

static ls_status predict_pieces(predicting *p, ls_pieces *pieces)
{
    for (int64_t done = 0; done < pieces->count; done += ROWS_AT_ONCE) {
        const int64_t now = pieces->count - done < ROWS_AT_ONCE ? pieces->count - done : ROWS_AT_ONCE;
        const int64_t first = pieces->first + done;
        if (p->context->stop)
            return ls_fail(LS_STOPPED, "stopped");
        LS_TRY(ls_pieces_need(pieces, first, now));
        for (int64_t r = 0; r < now; r++)
            ls_batch_arrays_put(&p->arrays, &pieces->rows, r, first - pieces->rows.first + r, 0);
        const ls_batch batch = ls_batch_arrays_batch(&p->arrays, &pieces->rows, now, 0);
        ls_pass_predict(p->pass, p->model->block, &batch, p->mine + done * p->model->network->outputs);
    }
    return LS_OK;
}

static ls_status predict_own(predicting *p, int64_t first, int64_t count)
{
    ls_pieces pieces;
    ls_status status =
        ls_pieces_open(p->context, p->dataset, p->model->network, LS_PIECES_FEATURES, first, count, &pieces);
    if (status == LS_OK)
        status = predict_pieces(p, &pieces);
    ls_pieces_close(&pieces);
    return status;
}

/* Local, by all ranks: the request is used up. Only a stop that was found here is one of a request; a callback may
 * return LS_STOPPED for reasons of its own. */
static ls_status stopped(ls_context *context)
{
    context->stop = 0;
    return ls_fail(LS_STOPPED, "stopped on request before all rows were predicted");
}

static ls_status predict_rounds(predicting *p, ls_prediction_function function, void *user)
{
    ls_comm *comm = p->context->comm;
    const int rank = ls_comm_rank(comm), size = ls_comm_size(comm);
    const int64_t row_bytes = p->model->network->outputs * (int64_t)sizeof(float);
    for (int64_t base = 0; base < p->dataset->rows; base += (int64_t)size * ROUND_ROWS) {
        int64_t total = 0;
        for (int r = 0; r < size; r++) {
            p->bytes[r] = round_rows(p, base, r) * row_bytes;
            total += round_rows(p, base, r);
        }
        ls_status own = predict_own(p, base + (int64_t)rank * ROUND_ROWS, round_rows(p, base, rank));
        if (own == LS_OK && p->context->stop) /* also where there were no rows to come upon it */
            own = ls_fail(LS_STOPPED, "stopped");
        own = ls_missing_explain_features(p->context, p->dataset, p->model->network, ls_agree(comm, own));
        if (own == LS_STOPPED)
            return stopped(p->context);
        LS_TRY(own);
        LS_TRY(ls_comm_gatherv(comm, 0, p->mine, p->bytes, p->all));
        LS_TRY(ls_agree(comm, rank == 0 ? function(user, base, total, p->all) : LS_OK));
    }
    return LS_OK;
}

ls_status ls_predict(ls_context *context, const ls_model *model, const ls_dataset *dataset,
                     ls_prediction_function function, void *user)
{
    predicting p = {.context = context, .model = model, .dataset = dataset};
    ls_status status = ls_agree(context->comm, prepare(&p));
    if (status == LS_OK)
        status = predict_rounds(&p, function, user);
    release(&p);
    return status;
}
