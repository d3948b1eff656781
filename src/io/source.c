/* Reading the rows of a source with every value checked. */
#include "io/source.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows of y that are held as 64-bit integers or doubles on their way to int32. */
#define LABEL_BLOCK 8192
#define NAME_SIZE   5200 /* a file's path and a dataset's */

/* ---- messages ---- */

static const char *name_dataset(const ls_source *source, const char *path, const char *array, char *buffer,
                                int capacity)
{
    if (source->file[0] == '\0')
        (void)snprintf(buffer, (size_t)capacity, "the caller's array %s", array);
    else if (source->layout != NULL && ls_layout_files(source->layout, path == source->y_path) > 1)
        (void)snprintf(buffer, (size_t)capacity, "%s:%s and %d more files",
                       ls_layout_file(source->layout, path == source->y_path), path,
                       ls_layout_files(source->layout, path == source->y_path) - 1);
    else
        (void)snprintf(buffer, (size_t)capacity, "%s:%s", source->file, path);
    return buffer;
}

const char *ls_source_place(const ls_source *source, bool targets, int64_t row, int64_t column, char *buffer,
                            int capacity)
{
    char name[NAME_SIZE];
    row += source->first;
    if (source->layout != NULL) {
        const char *file, *path;
        int64_t there;
        ls_layout_locate(source->layout, targets, row, column < 0 ? 0 : column, &file, &path, &row, &there);
        column = column < 0 ? column : there;
        (void)snprintf(name, sizeof name, "%s:%s", file, path);
    } else {
        (void)name_dataset(source, targets ? source->y_path : source->x_path,
                           !targets         ? "x"
                           : source->labels ? "labels"
                                            : "y",
                           name, sizeof name);
    }
    if (column < 0)
        (void)snprintf(buffer, (size_t)capacity, "%s row %" PRId64, name, row);
    else
        (void)snprintf(buffer, (size_t)capacity, "%s row %" PRId64 ", column %" PRId64, name, row, column);
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

static ls_status check_finite(const ls_source *source, bool targets, int64_t first, int64_t count, int64_t columns,
                              const float *values)
{
    if (!any_not_finite(values, count * columns))
        return LS_OK;
    int64_t at = 0;
    while (!any_not_finite(values + at, 1))
        at++;
    char name[NAME_SIZE];
    float value = values[at];
    return ls_fail(LS_ERR_DATA, "%s is %s (rows and columns count from 0); remove or repair such rows",
                   ls_source_place(source, targets, first + at / columns, at % columns, name, sizeof name),
                   value != value ? "nan"
                   : value > 0    ? "inf or too large for float32"
                                  : "-inf or too large for float32");
}

/* The same for float16. */
static ls_status check_finite_halves(const ls_source *source, int64_t first, int64_t count, const uint16_t *values)
{
    const int64_t n = count * source->features;
    for (int64_t i = 0; i < n; i++)
        if ((values[i] & 0x7C00u) == 0x7C00u) {
            char name[NAME_SIZE];
            return ls_fail(
                LS_ERR_DATA, "%s is %s (rows and columns count from 0); remove or repair such rows",
                ls_source_place(source, false, first + i / source->features, i % source->features, name, sizeof name),
                (values[i] & 0x3FFu) != 0    ? "nan"
                : (values[i] & 0x8000u) == 0 ? "inf or too large for float32"
                                             : "-inf or too large for float32");
        }
    return LS_OK;
}

static ls_status need_targets(const ls_source *source)
{
    char name[NAME_SIZE];
    if (source->target != LS_TARGET_NONE)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: there are no targets for these features; name them with --y",
                   ls_source_name(source, name, sizeof name));
}

/* Rows of one matrix from files, in any type; `first` counts in the part. */
static ls_status read_numbers(const ls_source *source, bool targets, ls_h5_file *file, int64_t first, int64_t count,
                              ls_h5_number number, void *values)
{
    first += source->first;
    if (source->layout != NULL)
        return ls_layout_read(source->layout, targets, file, first, count, number, values);
    const int64_t columns = targets ? source->outputs : source->features;
    const ls_h5_table table = {.path = targets ? source->y_path : source->x_path, .width = columns};
    return ls_h5_read_table(file, &table, first, count, number, columns, values);
}

ls_status ls_source_read_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x)
{
    LS_TRY(check_range(source, first, count));
    if (source->x != NULL)
        memcpy(x, source->x + (source->first + first) * source->features,
               (size_t)(count * source->features) * sizeof *x);
    else
        LS_TRY(read_numbers(source, false, file, first, count, LS_H5_NUMBER_FLOAT, x));
    return check_finite(source, false, first, count, source->features, x);
}

ls_status ls_source_read_x_stored(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, void *x)
{
    LS_TRY(check_range(source, first, count));
    if (source->x != NULL || source->x_stored == LS_H5_NUMBER_FLOAT)
        return ls_source_read_x(source, file, first, count, x);
    LS_TRY(read_numbers(source, false, file, first, count, source->x_stored, x));
    return source->x_stored == LS_H5_NUMBER_FLOAT16 ? check_finite_halves(source, first, count, x) : LS_OK;
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
    else
        LS_TRY(read_numbers(source, true, file, first, count, LS_H5_NUMBER_FLOAT, y));
    return check_finite(source, true, first, count, source->outputs, y);
}

static ls_status fail_label(const ls_source *source, int64_t row, const char *value, int64_t classes)
{
    char name[NAME_SIZE];
    return ls_fail(LS_ERR_DATA, "%s (counted from 0) is %s, expected a class number from 0 to %" PRId64,
                   ls_source_place(source, true, row, -1, name, sizeof name), value, classes - 1);
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
    bool stored_integers = source->integer_target;
    if (source->labels != NULL) {
        for (int64_t i = 0; i < count; i++)
            LS_TRY(take_integer(source, first + i, source->labels[row + i], classes, &labels[i]));
        return LS_OK;
    }
    if (source->y != NULL)
        for (int64_t i = 0; i < count; i++)
            numbers[i] = source->y[row + i];
    else if (stored_integers)
        LS_TRY(read_numbers(source, true, file, first, count, LS_H5_NUMBER_INT64, integers));
    else
        LS_TRY(read_numbers(source, true, file, first, count, LS_H5_NUMBER_DOUBLE, numbers));
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
