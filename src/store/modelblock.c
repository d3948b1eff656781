/* Blocks in files. */
#include "store/modelblock.h"

#include "base/alive.h"
#include "base/fault.h"
#include "base/memory.h"
#include "math/kernels.h"
#include "model/lifted.h"
#include "store/modelfile_layout.h"

#include <math.h>
#include <stdio.h>

#define PIECE ((int64_t)1 << 18) /* floats, of whole panels */

/* Rows of a tensor that are written together. */
static int64_t piece_rows(const ls_tensor *tensor)
{
    const int64_t rows = PIECE / ((tensor->columns + LS_PANEL - 1) / LS_PANEL * LS_PANEL);
    return rows < 1 ? 1 : rows < tensor->rows ? rows : tensor->rows;
}

int64_t ls_modelblock_piece_rows(const ls_network *network, int index)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    return piece_rows(&tensor);
}

static int variables_of(const ls_network *network, bool whole)
{
    return whole ? network->variables : network->trainable_variables;
}

/* A tensor is larger than anything else that a checkpoint would need, and its rows are together only in the file. */
int64_t ls_modelblock_room(const ls_network *network)
{
    int64_t room = 1;
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        const int64_t rows = piece_rows(&tensor);
        room = rows * tensor.columns > room ? rows * tensor.columns : room;
    }
    return room;
}

int64_t ls_modelblock_lifted_room(const ls_network *network)
{
    int64_t room = 1;
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        const ls_lifted rows = {network, i, 0, piece_rows(&tensor)};
        const int64_t floats = ls_lifted_floats(&rows);
        room = floats > room ? floats : room;
    }
    return room;
}

static int64_t offset_of(const ls_network *network, int index)
{
    return network->matrix[ls_network_tensor(network, index).matrix].offset;
}

/* ---- writing ---- */

/* Rows of a variable into room. */
static ls_status fetch(const ls_modelblock *block, const ls_network *network, int index, int64_t first, int64_t count,
                       float *room)
{
    const int64_t offset = offset_of(network, index), behind = offset - network->trainable;
    LS_TRY(ls_fault("piece"));
    if (behind < 0 && !block->values)
        return block->bring(block->user, index, first, count, room);
    const float *panels = behind >= 0 && block->statistics ? block->statistics + behind : block->values + offset;
    ls_network_unpack_rows(network, index, panels, first, count, room);
    ls_alive();
    return LS_OK;
}

ls_status ls_modelblock_write_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                     const ls_modelblock *block, float *room)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, index);
    const int64_t rows = piece_rows(&tensor);
    if (rows == tensor.rows) {
        LS_TRY(fetch(block, network, index, 0, rows, room));
        return ls_h5_write_float(file, path, shape.rank, shape.extent, room);
    }
    LS_TRY(ls_h5_make_float(file, path, shape.rank, shape.extent));
    for (int64_t first = 0; first < tensor.rows; first += rows) {
        const int64_t count = tensor.rows - first < rows ? tensor.rows - first : rows;
        LS_TRY(fetch(block, network, index, first, count, room));
        LS_TRY(ls_h5_write_float_rows(file, path, first, count, room));
    }
    return LS_OK;
}

ls_status ls_modelblock_write(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                              const ls_modelblock *block)
{
    char path[LS_MODELFILE_PATH];
    float *room;
    LS_TRY(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    ls_status status = LS_OK;
    for (int i = 0; status == LS_OK && i < variables_of(network, whole); i++) {
        snprintf(path, sizeof path, "%s/%d", group, i);
        status = ls_modelblock_write_tensor(file, path, network, i, block, room);
    }
    ls_memory_free(room);
    return status;
}

/* ---- reading ---- */

/* Rows of a variable from room to where they belong. */
static ls_status put(const ls_modelblock_place *place, const ls_network *network, int index, int64_t first,
                     int64_t count, const float *room)
{
    const int64_t offset = offset_of(network, index), behind = offset - network->trainable;
    float *panels = place->values ? place->values + offset : NULL;
    if (behind >= 0 && place->statistics)
        panels = place->statistics + behind;
    if (place->take)
        return place->take(place->user, index, first, count, room);
    if (panels)
        ls_network_pack_rows(network, index, room, first, count, panels);
    return LS_OK;
}

ls_status ls_modelblock_read_tensor(ls_h5_file *file, const char *path, const ls_network *network, int index,
                                    float least, const ls_modelblock_place *place, float *room)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, index);
    const int64_t rows = piece_rows(&tensor);
    for (int64_t first = 0; first < tensor.rows; first += rows) {
        const int64_t count = tensor.rows - first < rows ? tensor.rows - first : rows;
        LS_TRY(ls_fault("piece-read"));
        LS_TRY(ls_modelfile_read_rows(file, path, &shape, first, rows == tensor.rows ? shape.extent[0] : count, least,
                                      room));
        ls_alive();
        LS_TRY(put(place, network, index, first, count, room));
    }
    return LS_OK;
}

ls_status ls_modelblock_read(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                             const ls_modelblock_place *place)
{
    char path[LS_MODELFILE_PATH];
    float *room;
    LS_TRY(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    ls_status status = LS_OK;
    for (int i = 0; status == LS_OK && i < variables_of(network, whole); i++) {
        const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, i);
        snprintf(path, sizeof path, "%s/%d", group, i);
        status = ls_modelfile_check_shape(file, path, &shape);
        if (status == LS_OK)
            status = ls_modelblock_read_tensor(file, path, network, i, -INFINITY, place, room);
    }
    ls_memory_free(room);
    return status;
}
