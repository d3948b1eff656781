/* Tensors out of the block and into a file. */
#include "export/values.h"

#include "base/memory.h"
#include "base/reason.h"

#include <errno.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are written as they lie in memory"
#endif

/* Floats that are unpacked at once, or one row where that is more. */
#define PIECE ((int64_t)1 << 18)

ls_status ls_values_write(FILE *out, const void *bytes, int64_t count)
{
    if (count == 0 || fwrite(bytes, 1, (size_t)count, out) == (size_t)count)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "cannot be written: %s", ls_reason(errno));
}

ls_status ls_values_write_float(FILE *out, const float *values, int64_t count)
{
    return ls_values_write(out, values, count * (int64_t)sizeof *values);
}

ls_status ls_values_write_double(FILE *out, const double *values, int64_t count)
{
    return ls_values_write(out, values, count * (int64_t)sizeof *values);
}

ls_status ls_values_flush(FILE *out)
{
    return fflush(out) == 0 ? LS_OK : ls_fail(LS_ERR_OUTPUT, "cannot be written: %s", ls_reason(errno));
}

static ls_status write_rows(FILE *out, const ls_exported *model, int index, const ls_tensor *tensor)
{
    const ls_network *network = model->network;
    const float *panels = model->block + network->matrix[tensor->matrix].offset;
    const int64_t fit = PIECE / tensor->columns > 1 ? PIECE / tensor->columns : 1;
    const int64_t most = fit < tensor->rows ? fit : tensor->rows;
    float *values;
    LS_TRY(ls_memory_allocate(&values, most * tensor->columns, sizeof *values, "piece of a tensor"));
    ls_status status = LS_OK;
    for (int64_t first = 0; first < tensor->rows && status == LS_OK; first += most) {
        const int64_t count = tensor->rows - first < most ? tensor->rows - first : most;
        ls_network_unpack_rows(network, index, panels, first, count, values);
        status = ls_values_write_float(out, values, count * tensor->columns);
    }
    ls_memory_free(values);
    return status;
}

static ls_status write_columns(FILE *out, const ls_exported *model, int index, const ls_tensor *tensor)
{
    float *values = NULL, *column = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&values, tensor->rows * tensor->columns, sizeof *values, "a tensor"));
    LS_TRY_CLEANUP(ls_memory_allocate(&column, tensor->rows, sizeof *column, "column of a tensor"));
    ls_network_unpack(model->network, index, model->block, values);
    for (int64_t c = 0; c < tensor->columns; c++) {
        for (int64_t r = 0; r < tensor->rows; r++)
            column[r] = values[r * tensor->columns + c];
        LS_TRY_CLEANUP(ls_values_write_float(out, column, tensor->rows));
    }
cleanup:
    ls_memory_free(values);
    ls_memory_free(column);
    return status;
}

ls_status ls_values_write_variable(FILE *out, const ls_exported *model, int index, bool transposed)
{
    const ls_tensor tensor = ls_network_tensor(model->network, index);
    return (transposed ? write_columns : write_rows)(out, model, index, &tensor);
}

int ls_values_find(const ls_network *network, int layer, ls_role role)
{
    for (int i = 0; i < network->variables; i++)
        if (network->tensor[i].layer == layer && network->tensor[i].role == role)
            return i;
    return -1;
}
