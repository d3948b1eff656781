/* Reading the rows of a source with every value checked. */
#include "source/source_internal.h"

#include "base/memory.h"
#include "formats/table.h"
#include "source/source_named.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

ls_status ls_source_check_range(const ls_source *source, int64_t first, int64_t count)
{
    char name[LS_SOURCE_NAME];
    if (first >= 0 && count >= 0 && first <= source->rows && count <= source->rows - first)
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s: %" PRId64 " rows from row %" PRId64 " on were asked for, but the part has %" PRId64,
                   ls_source_name(source, name, sizeof name), count, first, source->rows);
}

/* ---- reading ---- */

typedef struct reading {
    const ls_source *source;
    ls_h5_file *file;
    ls_source_quantity what;
} reading;

/* The caller's labels, which are integers, as any of the three. */
static void copy_labels(ls_source_quantity what, const int32_t *labels, int64_t count, void *values)
{
    for (int64_t i = 0; i < count; i++) {
        if (what == LS_SOURCE_TARGETS)
            ((float *)values)[i] = (float)labels[i];
        else if (what == LS_SOURCE_TARGET_NUMBERS)
            ((double *)values)[i] = (double)labels[i];
        else
            ((int64_t *)values)[i] = labels[i];
    }
}

/* Integers of a table are never asked for: its targets are float64, and as float32 they go through a buffer. */
static ls_status read_table_rows(const reading *r, int64_t row, int64_t count, void *values)
{
    ls_table *table = r->source->table;
    const int64_t columns = r->source->outputs;
    float *targets = values;
    double *numbers;
    if (r->what == LS_SOURCE_FEATURES)
        return ls_table_read(table, row, count, values, NULL);
    if (r->what == LS_SOURCE_TARGET_NUMBERS)
        return ls_table_read(table, row, count, NULL, values);
    LS_TRY(ls_memory_allocate(&numbers, count * columns, sizeof *numbers, "targets"));
    const ls_status status = ls_table_read(table, row, count, NULL, numbers);
    for (int64_t i = 0; status == LS_OK && i < count * columns; i++)
        targets[i] = (float)numbers[i];
    ls_memory_free(numbers);
    return status;
}

static bool is_features(ls_source_quantity what)
{
    return what == LS_SOURCE_FEATURES || what == LS_SOURCE_FEATURE_NUMBERS || what == LS_SOURCE_STORED;
}

static ls_h5_number number_of(const ls_source *source, ls_source_quantity what)
{
    switch (what) {
    case LS_SOURCE_STORED:
        return source->x_stored;
    case LS_SOURCE_FEATURE_NUMBERS:
    case LS_SOURCE_TARGET_NUMBERS:
        return LS_H5_NUMBER_DOUBLE;
    case LS_SOURCE_TARGET_INTEGERS:
        return LS_H5_NUMBER_INT64;
    case LS_SOURCE_FEATURES:
    case LS_SOURCE_TARGETS:
        break;
    }
    return LS_H5_NUMBER_FLOAT;
}

static ls_status read_h5_rows(const reading *r, int64_t row, int64_t count, void *values)
{
    const ls_source *s = r->source;
    const bool targets = !is_features(r->what);
    const ls_h5_number number = number_of(s, r->what);
    if (targets && s->names != NULL)
        return ls_source_read_named(s, r->file, row, count, number, values);
    if (s->layout != NULL)
        return ls_layout_read(s->layout, targets, r->file, row, count, number, values);
    const int64_t columns = targets ? s->outputs : s->features;
    const ls_h5_table table = {
        .path = targets ? s->y_path : s->x_path, .width = columns, .codes = s->codes, .code_count = s->code_count};
    return ls_h5_read_table(r->file, &table, row, count, number, columns, values);
}

/* Rows [row, row + count) of the datasets, table or arrays; an ls_selection_reader. */
static ls_status read_dataset_rows(void *user, int64_t row, int64_t count, void *values)
{
    const reading *r = user;
    const ls_source *s = r->source;
    if (r->what == LS_SOURCE_FEATURES && s->x != NULL) {
        memcpy(values, s->x + row * s->features, (size_t)(count * s->features) * sizeof(float));
        return LS_OK;
    }
    if (r->what != LS_SOURCE_FEATURES && s->labels != NULL) {
        copy_labels(r->what, s->labels + row, count, values);
        return LS_OK;
    }
    if (r->what == LS_SOURCE_TARGETS && s->y != NULL) {
        memcpy(values, s->y + row * s->outputs, (size_t)(count * s->outputs) * sizeof(float));
        return LS_OK;
    }
    if (r->what == LS_SOURCE_TARGET_NUMBERS && s->y != NULL) {
        for (int64_t i = 0; i < count * s->outputs; i++)
            ((double *)values)[i] = (double)s->y[row * s->outputs + i];
        return LS_OK;
    }
    if (s->table != NULL)
        return read_table_rows(r, row, count, values);
    return read_h5_rows(r, row, count, values);
}

ls_status ls_source_read_rows(const ls_source *source, ls_h5_file *file, ls_source_quantity what, int64_t first,
                              int64_t count, void *values)
{
    reading r = {source, file, what};
    const int64_t columns = is_features(what) ? source->features : source->outputs;
    const size_t size = ls_number_size(number_of(source, what));
    if (source->kept == NULL)
        return read_dataset_rows(&r, source->first + first, count, values);
    return ls_selection_read(source->kept, source->first + first, count, (size_t)columns * size, read_dataset_rows, &r,
                             values);
}

/* ---- values ---- */

/* Whether one of `count` values is not finite: then its exponent bits are all ones. Kept apart so that it
 * vectorises. */
static bool any_not_finite(const float *values, int64_t count)
{
    uint32_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & 0x7F800000u) == 0x7F800000u;
    }
    return found != 0;
}

static ls_status check_finite(const ls_source *source, bool targets, int64_t first, int64_t count, int64_t columns,
                              const float *values)
{
    if (!any_not_finite(values, count * columns))
        return LS_OK;
    int64_t at = 0;
    while (!any_not_finite(values + at, 1))
        at++;
    char name[LS_SOURCE_NAME];
    return ls_fail(LS_ERR_DATA, "%s is %s%s; remove or repair such rows",
                   ls_source_place(source, targets, first + at / columns, at % columns, name, sizeof name),
                   ls_source_value_name(values[at]), ls_source_counting(source));
}

/* The same for float16, where only the first that is not finite is made a float. */
static ls_status check_finite_halves(const ls_source *source, int64_t first, int64_t count, const uint16_t *values)
{
    const int64_t n = count * source->features;
    int64_t at = 0;
    float value;
    while (at < n && (values[at] & 0x7C00u) != 0x7C00u)
        at++;
    if (at == n)
        return LS_OK;
    ls_number_to_float(LS_H5_NUMBER_FLOAT16, 1, values + at, &value);
    char name[LS_SOURCE_NAME];
    return ls_fail(
        LS_ERR_DATA, "%s is %s%s; remove or repair such rows",
        ls_source_place(source, false, first + at / source->features, at % source->features, name, sizeof name),
        ls_source_value_name(value), ls_source_counting(source));
}

void ls_source_fill_missing(const float *fill, int64_t columns, int64_t rows, float *values)
{
    for (int64_t r = 0; r < rows; r++, values += columns) {
        if (!any_not_finite(values, columns))
            continue;
        for (int64_t c = 0; c < columns; c++)
            if (any_not_finite(values + c, 1))
                values[c] = fill[c];
    }
}

ls_status ls_source_need_targets(const ls_source *source)
{
    char name[LS_SOURCE_NAME];
    if (source->target != LS_TARGET_NONE)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: there are no targets for these features; name them with --y",
                   ls_source_name(source, name, sizeof name));
}

ls_status ls_source_read_raw_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x)
{
    LS_TRY(ls_source_check_range(source, first, count));
    return ls_source_read_rows(source, file, LS_SOURCE_FEATURES, first, count, x);
}

ls_status ls_source_read_raw_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y)
{
    LS_TRY(ls_source_check_range(source, first, count));
    LS_TRY(ls_source_need_targets(source));
    return ls_source_read_rows(source, file, LS_SOURCE_TARGETS, first, count, y);
}

ls_status ls_source_read_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x)
{
    LS_TRY(ls_source_read_raw_x(source, file, first, count, x));
    return check_finite(source, false, first, count, source->features, x);
}

ls_status ls_source_read_x_stored(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, void *x)
{
    if (source->x != NULL || source->table != NULL || source->x_stored == LS_H5_NUMBER_FLOAT)
        return ls_source_read_x(source, file, first, count, x);
    LS_TRY(ls_source_check_range(source, first, count));
    LS_TRY(ls_source_read_rows(source, file, LS_SOURCE_STORED, first, count, x));
    return source->x_stored == LS_H5_NUMBER_FLOAT16 ? check_finite_halves(source, first, count, x) : LS_OK;
}

ls_status ls_source_read_prepared(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                  const double *offset, const float *fill, float *x)
{
    LS_TRY(ls_source_read_less(source, file, first, count, offset, x));
    if (fill == NULL)
        return check_finite(source, false, first, count, source->features, x);
    ls_source_fill_missing(fill, source->features, count, x);
    return LS_OK;
}

ls_status ls_source_read_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y)
{
    LS_TRY(ls_source_read_raw_y(source, file, first, count, y));
    return check_finite(source, true, first, count, source->outputs, y);
}

ls_status ls_source_read_column(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, int64_t column,
                                double *values)
{
    double *block = NULL;
    ls_status status;
    LS_TRY(ls_source_check_range(source, first, count));
    LS_TRY(ls_source_need_targets(source));
    if (source->outputs == 1)
        return ls_source_read_rows(source, file, LS_SOURCE_TARGET_NUMBERS, first, count, values);
    const int64_t at_once = LS_SOURCE_BLOCK / source->outputs > 0 ? LS_SOURCE_BLOCK / source->outputs : 1;
    LS_TRY(ls_memory_allocate(&block, at_once * source->outputs, sizeof *block, "targets being read"));
    for (int64_t done = 0; done < count; done += at_once) {
        const int64_t now = count - done < at_once ? count - done : at_once;
        LS_TRY_CLEANUP(ls_source_read_rows(source, file, LS_SOURCE_TARGET_NUMBERS, first + done, now, block));
        for (int64_t i = 0; i < now; i++)
            values[done + i] = block[i * source->outputs + column];
    }
    status = LS_OK;
cleanup:
    ls_memory_free(block);
    return status;
}
