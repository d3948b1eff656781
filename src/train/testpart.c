/* A test part that cannot be scored is no news for the end of a long training. */
#include "train/testpart.h"

#include "base/fault.h"
#include "comm/agree.h"
#include "data/blocks.h"
#include "data/missing.h"
#include "data/pieces.h"
#include "train/evaluate.h"

static ls_status read_pieces(ls_context *context, ls_pieces *pieces)
{
    for (int64_t done = 0; done < pieces->count; done += LS_BLOCK_ROWS) {
        const int64_t left = pieces->count - done;
        if (context->stop)
            return LS_OK;
        LS_TRY(ls_pieces_need(pieces, pieces->first + done, left < LS_BLOCK_ROWS ? left : LS_BLOCK_ROWS));
    }
    return LS_OK;
}

static ls_status read_own(ls_context *context, const ls_model *model, const ls_dataset *dataset)
{
    const ls_blocks blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
    int64_t first, count;
    ls_pieces pieces;
    LS_TRY(ls_evaluator_check(model, &model->network->metrics, dataset));
    LS_TRY(ls_fault("testpart"));
    ls_blocks_own_rows(&blocks, &first, &count);
    ls_status status = ls_pieces_open(context, dataset, model->network, LS_PIECES_TRAINED, first, count, &pieces);
    if (status == LS_OK)
        status = read_pieces(context, &pieces);
    ls_pieces_close(&pieces);
    return status;
}

ls_status ls_testpart_check(ls_context *context, const ls_model *model, const ls_dataset *dataset)
{
    const ls_status status = ls_agree(context->comm, read_own(context, model, dataset));
    return ls_missing_explain(context, dataset, model->network, status);
}
