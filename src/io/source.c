/* Describing a pair of datasets, and reading its rows with every value checked. */
#include "io/source.h"

#include "base/memory.h"
#include "io/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows of y that are held as 64-bit integers or doubles on their way to int32. */
#define LABEL_BLOCK 8192
#define NAME_SIZE   5200 /* a file's path and a dataset's */

/* ---- describing ---- */

static int64_t columns_of(const ls_h5_dataset *dataset)
{
    int64_t columns = 1;
    for (int i = 1; i < dataset->rank; i++)
        columns *= dataset->shape[i];
    return columns;
}

static ls_status check_numbers(ls_h5_file *file, const char *what, const ls_h5_dataset *dataset)
{
    char shape[160];
    if (dataset->class_ == LS_H5_OTHER)
        return ls_fail(LS_ERR_DATA, "%s:%s: holds %s, expected numbers (integer, float or boolean) as %s",
                       ls_h5_path(file), dataset->path, dataset->type, what);
    if (dataset->rank < 1)
        return ls_fail(LS_ERR_DATA, "%s:%s: is a single number, expected an array with one row per example as %s",
                       ls_h5_path(file), dataset->path, what);
    if (dataset->shape[0] == 0 || columns_of(dataset) == 0)
        return ls_fail(LS_ERR_DATA, "%s:%s: is empty, its shape is %s", ls_h5_path(file), dataset->path,
                       ls_h5_shape_text(dataset, shape, sizeof shape));
    return LS_OK;
}

ls_status ls_source_describe(ls_h5_file *file, const char *x_path, const char *y_path, ls_source *source)
{
    ls_h5_dataset x, y;
    char shape[160];
    memset(source, 0, sizeof *source);
    LS_TRY(ls_h5_describe(file, x_path, &x));
    LS_TRY(check_numbers(file, "features", &x));
    (void)snprintf(source->file, sizeof source->file, "%s", ls_h5_path(file));
    memcpy(source->x_path, x.path, sizeof source->x_path);
    source->rows = x.shape[0];
    source->features = columns_of(&x);
    if (y_path == NULL || y_path[0] == '\0')
        return LS_OK;
    LS_TRY(ls_h5_describe(file, y_path, &y));
    LS_TRY(check_numbers(file, "targets", &y));
    memcpy(source->y_path, y.path, sizeof source->y_path);
    if (y.shape[0] != x.shape[0]) {
        char x_shape[160];
        return ls_fail(LS_ERR_DATA,
                       "%s: %s has %" PRId64 " rows %s, but %s has %" PRId64 " rows %s; both need the same",
                       source->file, x.path, x.shape[0], ls_h5_shape_text(&x, x_shape, sizeof x_shape), y.path,
                       y.shape[0], ls_h5_shape_text(&y, shape, sizeof shape));
    }
    source->outputs = columns_of(&y);
    source->integer_target = y.class_ != LS_H5_FLOAT;
    source->target = source->integer_target && source->outputs == 1 ? LS_TARGET_LABELS : LS_TARGET_VALUES;
    return LS_OK;
}

/* ---- messages ---- */

static const char *name_dataset(const ls_source *source, const char *path, const char *array, char *buffer,
                                int capacity)
{
    if (source->file[0] == '\0')
        (void)snprintf(buffer, (size_t)capacity, "the caller's array %s", array);
    else
        (void)snprintf(buffer, (size_t)capacity, "%s:%s", source->file, path);
    return buffer;
}

const char *ls_source_name(const ls_source *source, char *buffer, int capacity)
{
    return name_dataset(source, source->x_path, "x", buffer, capacity);
}

static ls_status check_range(const ls_source *source, int64_t first, int64_t count)
{
    char name[NAME_SIZE];
    if (first >= 0 && count >= 0 && first <= source->rows && count <= source->rows - first)
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s: %" PRId64 " rows from row %" PRId64 " on were asked for, but the part has %" PRId64,
                   ls_source_name(source, name, sizeof name), count, first, source->rows);
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

static ls_status check_finite(const ls_source *source, const char *path, const char *array, int64_t first,
                              int64_t count, int64_t columns, const float *values)
{
    if (!any_not_finite(values, count * columns))
        return LS_OK;
    int64_t at = 0;
    while (!any_not_finite(values + at, 1))
        at++;
    char name[NAME_SIZE];
    float value = values[at];
    return ls_fail(
        LS_ERR_DATA,
        "%s row %" PRId64 ", column %" PRId64 " is %s (rows and columns count from 0); remove or repair such rows",
        name_dataset(source, path, array, name, sizeof name), source->first + first + at / columns, at % columns,
        value != value ? "nan"
        : value > 0    ? "inf or too large for float32"
                       : "-inf or too large for float32");
}

static ls_status need_targets(const ls_source *source)
{
    char name[NAME_SIZE];
    if (source->target != LS_TARGET_NONE)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: there are no targets for these features; name them with --y",
                   ls_source_name(source, name, sizeof name));
}

ls_status ls_source_read_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x)
{
    LS_TRY(check_range(source, first, count));
    if (source->x != NULL)
        memcpy(x, source->x + (source->first + first) * source->features,
               (size_t)(count * source->features) * sizeof *x);
    else if (source->table != NULL)
        LS_TRY(ls_table_read(source->table, source->first + first, count, x, NULL));
    else
        LS_TRY(ls_h5_read_float(file, source->x_path, source->first + first, count, x));
    return check_finite(source, source->x_path, "x", first, count, source->features, x);
}

/* Targets of a table as float32. */
static ls_status read_table_y(const ls_source *source, int64_t first, int64_t count, float *y)
{
    double *values;
    LS_TRY(ls_memory_allocate(&values, count * source->outputs, sizeof *values, "targets"));
    const ls_status status = ls_table_read(source->table, first, count, NULL, values);
    for (int64_t i = 0; status == LS_OK && i < count * source->outputs; i++)
        y[i] = (float)values[i];
    ls_memory_free(values);
    return status;
}

ls_status ls_source_read_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y)
{
    LS_TRY(check_range(source, first, count));
    LS_TRY(need_targets(source));
    if (source->y != NULL)
        memcpy(y, source->y + (source->first + first) * source->outputs, (size_t)(count * source->outputs) * sizeof *y);
    else if (source->labels != NULL)
        for (int64_t i = 0; i < count; i++)
            y[i] = (float)source->labels[source->first + first + i];
    else if (source->table != NULL)
        LS_TRY(read_table_y(source, source->first + first, count, y));
    else
        LS_TRY(ls_h5_read_float(file, source->y_path, source->first + first, count, y));
    return check_finite(source, source->y_path, "y", first, count, source->outputs, y);
}

static ls_status fail_label(const ls_source *source, int64_t row, const char *value, int64_t classes)
{
    char name[NAME_SIZE];
    return ls_fail(LS_ERR_DATA, "%s row %" PRId64 " (counted from 0) is %s, expected a class number from 0 to %" PRId64,
                   name_dataset(source, source->y_path, source->labels ? "labels" : "y", name, sizeof name),
                   source->first + row, value, classes - 1);
}

static ls_status take_integer(const ls_source *source, int64_t row, int64_t value, int64_t classes, int32_t *label)
{
    char text[32];
    if (value >= 0 && value < classes) {
        *label = (int32_t)value;
        return LS_OK;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return fail_label(source, row, text, classes);
}

/* Class numbers that were stored as floats, as many tools write them; 0.5 is refused. */
static ls_status take_number(const ls_source *source, int64_t row, double value, int64_t classes, int32_t *label)
{
    char text[32];
    if (value >= 0 && value < (double)classes && (double)(int32_t)value == value) {
        *label = (int32_t)value;
        return LS_OK;
    }
    (void)snprintf(text, sizeof text, "%.9g", value);
    return fail_label(source, row, text, classes);
}

static ls_status read_label_block(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                  int64_t classes, void *block, int32_t *labels)
{
    int64_t row = source->first + first, *integers = block;
    double *numbers = block;
    bool stored_integers = source->integer_target && source->table == NULL;
    if (source->labels != NULL) {
        for (int64_t i = 0; i < count; i++)
            LS_TRY(take_integer(source, first + i, source->labels[row + i], classes, &labels[i]));
        return LS_OK;
    }
    if (source->y != NULL)
        for (int64_t i = 0; i < count; i++)
            numbers[i] = source->y[row + i];
    else if (source->table != NULL)
        LS_TRY(ls_table_read(source->table, row, count, NULL, numbers));
    else if (stored_integers)
        LS_TRY(ls_h5_read_int64(file, source->y_path, row, count, integers));
    else
        LS_TRY(ls_h5_read_double(file, source->y_path, row, count, numbers));
    for (int64_t i = 0; i < count; i++)
        if (source->y == NULL && stored_integers)
            LS_TRY(take_integer(source, first + i, integers[i], classes, &labels[i]));
        else
            LS_TRY(take_number(source, first + i, numbers[i], classes, &labels[i]));
    return LS_OK;
}

ls_status ls_source_read_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                int64_t classes, int32_t *labels)
{
    LS_TRY(check_range(source, first, count));
    LS_TRY(need_targets(source));
    char name[NAME_SIZE];
    if (source->outputs != 1)
        return ls_fail(LS_ERR_DATA, "%s has %" PRId64 " columns, expected one class number a row",
                       name_dataset(source, source->y_path, "y", name, sizeof name), source->outputs);
    void *block;
    LS_TRY(ls_memory_allocate(&block, LABEL_BLOCK, sizeof(int64_t), "labels being read"));
    ls_status status = LS_OK;
    for (int64_t done = 0; done < count && status == LS_OK; done += LABEL_BLOCK) {
        int64_t now = count - done < LABEL_BLOCK ? count - done : LABEL_BLOCK;
        status = read_label_block(source, file, first + done, now, classes, block, labels + done);
    }
    ls_memory_free(block);
    return status;
}
