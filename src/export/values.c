/* Tensors out of the block and into a file. */
#include "export/values.h"

#include "base/memory.h"
#include "base/reason.h"

#include <errno.h>

/* Floats that are unpacked at once, or one row where that is more. */
#define PIECE ((int64_t)1 << 18)

/* ---- what there is ---- */

ls_values ls_values_of_variable(const ls_network *network, int index, bool transposed)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    ls_values values = {.variable = index};
    if (ls_tensor_is_vector(&tensor)) {
        values.rank = 1;
        values.extent[0] = tensor.columns;
        return values;
    }
    values.rank = 2;
    values.transposed = transposed;
    values.extent[0] = transposed ? tensor.columns : tensor.rows;
    values.extent[1] = transposed ? tensor.rows : tensor.columns;
    return values;
}

ls_values ls_values_of_floats(const float *floats, int64_t count)
{
    return (ls_values){.rank = 1, .extent = {count}, .variable = -1, .floats = floats};
}

ls_values ls_values_of_doubles(const double *doubles, int64_t count)
{
    return (ls_values){.rank = 1, .extent = {count}, .variable = -1, .doubles = doubles};
}

ls_values ls_values_of_number(float value, int64_t count)
{
    return (ls_values){.rank = count > 0, .extent = {count}, .variable = -1, .number = value};
}

static int64_t count_values(const ls_values *values)
{
    int64_t count = 1;
    for (int i = 0; i < values->rank; i++)
        count *= values->extent[i];
    return count;
}

int64_t ls_values_bytes(const ls_values *values)
{
    return count_values(values) * (int64_t)(values->doubles ? sizeof(double) : sizeof(float));
}

int ls_values_find(const ls_network *network, int layer, ls_role role)
{
    for (int i = 0; i < network->variables; i++)
        if (network->tensor[i].layer == layer && network->tensor[i].role == role)
            return i;
    return -1;
}

/* ---- into a file ---- */

ls_status ls_values_write(FILE *out, const void *bytes, int64_t count)
{
    if (count == 0 || fwrite(bytes, 1, (size_t)count, out) == (size_t)count)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "cannot be written: %s", ls_reason(errno));
}

ls_status ls_values_flush(FILE *out)
{
    return fflush(out) == 0 ? LS_OK : ls_fail(LS_ERR_OUTPUT, "cannot be written: %s", ls_reason(errno));
}

/* As they lie in memory, or turned round one by one where that has the other order of bytes. */
static ls_status write_numbers(FILE *out, const void *numbers, size_t size, int64_t count)
{
    const unsigned char *at = numbers;
    unsigned char turned[sizeof(double)];
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        return ls_values_write(out, numbers, count * (int64_t)size);
    for (int64_t i = 0; i < count; i++, at += size) {
        for (size_t k = 0; k < size; k++)
            turned[k] = at[size - 1 - k];
        LS_TRY(ls_values_write(out, turned, (int64_t)size));
    }
    return LS_OK;
}

static ls_status write_floats(FILE *out, const float *values, int64_t count)
{
    return write_numbers(out, values, sizeof *values, count);
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
        status = write_floats(out, values, count * tensor->columns);
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
        LS_TRY_CLEANUP(write_floats(out, column, tensor->rows));
    }
cleanup:
    ls_memory_free(values);
    ls_memory_free(column);
    return status;
}

ls_status ls_values_put(const ls_values *values, const ls_exported *model, FILE *out)
{
    if (values->variable >= 0) {
        const ls_tensor tensor = ls_network_tensor(model->network, values->variable);
        return (values->transposed ? write_columns : write_rows)(out, model, values->variable, &tensor);
    }
    if (values->doubles)
        return write_numbers(out, values->doubles, sizeof *values->doubles, count_values(values));
    if (values->floats)
        return write_floats(out, values->floats, count_values(values));
    for (int64_t i = 0; i < count_values(values); i++)
        LS_TRY(write_floats(out, &values->number, 1));
    return LS_OK;
}
