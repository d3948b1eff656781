/* Blocks in files. */
#include "store/modelblock.h"

#include "base/memory.h"
#include "store/modelfile_layout.h"

#include <math.h>
#include <stdio.h>

static int variables_of(const ls_network *network, bool whole)
{
    return whole ? network->variables : network->trainable_variables;
}

ls_status ls_modelblock_write(ls_h5_file *file, const char *group, const ls_network *network, bool whole,
                              const float *block)
{
    char path[LS_MODELFILE_PATH];
    float *values;
    LS_TRY(ls_memory_allocate(&values, ls_modelfile_largest(network), sizeof *values, "one weight tensor"));
    ls_status status = LS_OK;
    for (int i = 0; status == LS_OK && i < variables_of(network, whole); i++) {
        const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, i);
        snprintf(path, sizeof path, "%s/%d", group, i);
        ls_network_unpack(network, i, block, values);
        status = ls_h5_write_float(file, path, shape.rank, shape.extent, values);
    }
    ls_memory_free(values);
    return status;
}

static ls_status read_tensor(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape, float *values)
{
    ls_h5_dataset found;
    const int64_t columns = shape->rank == 2 ? shape->extent[1] : 1;
    LS_TRY(ls_h5_describe(file, path, &found));
    bool equal = found.rank == shape->rank;
    for (int k = 0; equal && k < shape->rank; k++)
        equal = found.shape[k] == shape->extent[k];
    if (!equal)
        return ls_fail(LS_ERR_DATA, "%s: %s has not the shape that the layers need", ls_h5_path(file), path);
    LS_TRY(ls_h5_read_float(file, path, 0, shape->extent[0], values));
    for (int64_t i = 0; i < shape->extent[0] * columns; i++)
        if (!isfinite(values[i]))
            return ls_fail(LS_ERR_DATA, "%s: %s has %g as value %lld, expected a finite number", ls_h5_path(file), path,
                           (double)values[i], (long long)i);
    return LS_OK;
}

ls_status ls_modelblock_read(ls_h5_file *file, const char *group, const ls_network *network, bool whole, float *block)
{
    char path[LS_MODELFILE_PATH];
    float *values;
    LS_TRY(ls_memory_allocate(&values, ls_modelfile_largest(network), sizeof *values, "one weight tensor"));
    ls_status status = LS_OK;
    for (int i = 0; status == LS_OK && i < variables_of(network, whole); i++) {
        const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, i);
        snprintf(path, sizeof path, "%s/%d", group, i);
        status = read_tensor(file, path, &shape, values);
        if (status == LS_OK)
            ls_network_pack(network, i, values, block);
    }
    ls_memory_free(values);
    return status;
}
