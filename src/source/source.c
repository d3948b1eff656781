/* Reading the rows of a source with every value checked. */
#include "source/source.h"

#include "base/memory.h"
#include "formats/table.h"
#include "source/source_labels.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows of y that are held as 64-bit integers or doubles on their way to int32. */
#define LABEL_BLOCK 8192
#define NAME_SIZE   5200 /* a file's path and a dataset's */

static ls_status check_range(const ls_source *source, int64_t first, int64_t count)
{
    char name[NAME_SIZE];
    if (first >= 0 && count >= 0 && first <= source->rows && count <= source->rows - first)
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s: %" PRId64 " rows from row %" PRId64 " on were asked for, but the part has %" PRId64,
                   ls_source_name(source, name, sizeof name), count, first, source->rows);
}

/* ---- reading ---- */

/* float32, what x_stored says, float32, float64, int64 */
typedef enum { FEATURES, STORED_FEATURES, TARGETS, TARGET_NUMBERS, TARGET_INTEGERS } quantity;

typedef struct reading {
    const ls_source *source;
    ls_h5_file *file;
    quantity what;
} reading;

/* The caller's labels, which are integers, as any of the three. */
static void copy_labels(quantity what, const int32_t *labels, int64_t count, void *values)
{
    for (int64_t i = 0; i < count; i++) {
        if (what == TARGETS)
            ((float *)values)[i] = (float)labels[i];
        else if (what == TARGET_NUMBERS)
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
    if (r->what == FEATURES)
        return ls_table_read(table, row, count, values, NULL);
    if (r->what == TARGET_NUMBERS)
        return ls_table_read(table, row, count, NULL, values);
    LS_TRY(ls_memory_allocate(&numbers, count * columns, sizeof *numbers, "targets"));
    const ls_status status = ls_table_read(table, row, count, NULL, numbers);
    for (int64_t i = 0; status == LS_OK && i < count * columns; i++)
        targets[i] = (float)numbers[i];
    ls_memory_free(numbers);
    return status;
}

static bool is_features(quantity what)
{
    return what == FEATURES || what == STORED_FEATURES;
}

static ls_h5_number number_of(const ls_source *source, quantity what)
{
    switch (what) {
    case STORED_FEATURES:
        return source->x_stored;
    case TARGET_NUMBERS:
        return LS_H5_NUMBER_DOUBLE;
    case TARGET_INTEGERS:
        return LS_H5_NUMBER_INT64;
    case FEATURES:
    case TARGETS:
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
    if (r->what == FEATURES && s->x != NULL) {
        memcpy(values, s->x + row * s->features, (size_t)(count * s->features) * sizeof(float));
        return LS_OK;
    }
    if (r->what != FEATURES && s->labels != NULL) {
        copy_labels(r->what, s->labels + row, count, values);
        return LS_OK;
    }
    if (r->what == TARGETS && s->y != NULL) {
        memcpy(values, s->y + row * s->outputs, (size_t)(count * s->outputs) * sizeof(float));
        return LS_OK;
    }
    if (r->what == TARGET_NUMBERS && s->y != NULL) {
        for (int64_t i = 0; i < count * s->outputs; i++)
            ((double *)values)[i] = (double)s->y[row * s->outputs + i];
        return LS_OK;
    }
    if (s->table != NULL)
        return read_table_rows(r, row, count, values);
    return read_h5_rows(r, row, count, values);
}

/* Rows [first, first + count) of the part. */
static ls_status read_rows(const ls_source *source, ls_h5_file *file, quantity what, int64_t first, int64_t count,
                           void *values)
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
    char name[NAME_SIZE];
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
    char name[NAME_SIZE];
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

static ls_status need_targets(const ls_source *source)
{
    char name[NAME_SIZE];
    if (source->target != LS_TARGET_NONE)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: there are no targets for these features; name them with --y",
                   ls_source_name(source, name, sizeof name));
}

ls_status ls_source_read_raw_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x)
{
    LS_TRY(check_range(source, first, count));
    return read_rows(source, file, FEATURES, first, count, x);
}

ls_status ls_source_read_raw_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y)
{
    LS_TRY(check_range(source, first, count));
    LS_TRY(need_targets(source));
    return read_rows(source, file, TARGETS, first, count, y);
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
    LS_TRY(check_range(source, first, count));
    LS_TRY(read_rows(source, file, STORED_FEATURES, first, count, x));
    return source->x_stored == LS_H5_NUMBER_FLOAT16 ? check_finite_halves(source, first, count, x) : LS_OK;
}

ls_status ls_source_read_filled(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                const float *fill, float *x)
{
    if (fill == NULL)
        return ls_source_read_x(source, file, first, count, x);
    LS_TRY(ls_source_read_raw_x(source, file, first, count, x));
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
    LS_TRY(check_range(source, first, count));
    LS_TRY(need_targets(source));
    if (source->outputs == 1)
        return read_rows(source, file, TARGET_NUMBERS, first, count, values);
    const int64_t at_once = LABEL_BLOCK / source->outputs > 0 ? LABEL_BLOCK / source->outputs : 1;
    LS_TRY(ls_memory_allocate(&block, at_once * source->outputs, sizeof *block, "targets being read"));
    for (int64_t done = 0; done < count; done += at_once) {
        const int64_t now = count - done < at_once ? count - done : at_once;
        LS_TRY_CLEANUP(read_rows(source, file, TARGET_NUMBERS, first + done, now, block));
        for (int64_t i = 0; i < now; i++)
            values[done + i] = block[i * source->outputs + column];
    }
    status = LS_OK;
cleanup:
    ls_memory_free(block);
    return status;
}

/* How labels become class numbers. */
typedef struct labelling {
    const int64_t *known; /* (classes) ascending; NULL: they are 0 .. classes - 1 */
    int64_t classes;
} labelling;

static ls_status fail_label(const ls_source *source, int64_t row, const char *value, const labelling *l)
{
    char name[NAME_SIZE];
    const char *counting = source->table != NULL ? "" : " (counted from 0)";
    ls_source_place(source, true, row, -1, name, sizeof name);
    if (l->known == NULL)
        return ls_fail(LS_ERR_DATA, "%s%s is %s, expected a class number from 0 to %" PRId64, name, counting, value,
                       l->classes - 1);
    return ls_fail(LS_ERR_DATA,
                   "%s%s is %s, which is none of the %" PRId64 " labels that the model was trained with (%" PRId64
                   " to %" PRId64 ")",
                   name, counting, value, l->classes, l->known[0], l->known[l->classes - 1]);
}

/* The class number of a label; -1: there is none. */
static int64_t class_of(int64_t label, const labelling *l)
{
    if (l->known == NULL)
        return label >= 0 && label < l->classes ? label : -1;
    int64_t low = 0, high = l->classes;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (l->known[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->classes && l->known[low] == label ? low : -1;
}

static ls_status take_integer(const ls_source *source, int64_t row, int64_t value, const labelling *l, int32_t *label)
{
    char text[32];
    const int64_t found = class_of(value, l);
    if (found >= 0) {
        *label = (int32_t)found;
        return LS_OK;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return fail_label(source, row, text, l);
}

/* Labels that were stored as floats, as many tools write them; 0.5 is refused. */
static ls_status take_number(const ls_source *source, int64_t row, double value, const labelling *l, int32_t *label)
{
    char text[32];
    if (value >= -0x1p62 && value <= 0x1p62 && (double)(int64_t)value == value) {
        const int64_t found = class_of((int64_t)value, l);
        if (found >= 0) {
            *label = (int32_t)found;
            return LS_OK;
        }
    }
    (void)snprintf(text, sizeof text, "%.9g", value);
    return fail_label(source, row, text, l);
}

static ls_status read_label_block(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                  const labelling *l, void *block, int32_t *labels)
{
    const bool integers =
        source->labels != NULL || (source->integer_target && !source->y_missing && source->y == NULL && !source->table);
    LS_TRY(read_rows(source, file, integers ? TARGET_INTEGERS : TARGET_NUMBERS, first, count, block));
    for (int64_t i = 0; i < count; i++)
        if (integers)
            LS_TRY(take_integer(source, first + i, ((const int64_t *)block)[i], l, &labels[i]));
        else
            LS_TRY(take_number(source, first + i, ((const double *)block)[i], l, &labels[i]));
    return LS_OK;
}

ls_status ls_source_read_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                int64_t classes, int32_t *labels)
{
    return ls_source_read_known_labels(source, file, first, count, NULL, classes, labels);
}

ls_status ls_source_read_known_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                      const int64_t *known, int64_t classes, int32_t *labels)
{
    const labelling l = {known, classes};
    LS_TRY(check_range(source, first, count));
    LS_TRY(need_targets(source));
    char name[NAME_SIZE];
    if (source->outputs != 1)
        return ls_fail(LS_ERR_DATA, "%s has %" PRId64 " columns, expected one class number a row",
                       ls_source_target_name(source, name, sizeof name), source->outputs);
    void *block;
    LS_TRY(ls_memory_allocate(&block, LABEL_BLOCK, sizeof(int64_t), "labels being read"));
    ls_status status = LS_OK;
    for (int64_t done = 0; done < count && status == LS_OK; done += LABEL_BLOCK) {
        int64_t now = count - done < LABEL_BLOCK ? count - done : LABEL_BLOCK;
        status = read_label_block(source, file, first + done, now, &l, block, labels + done);
    }
    ls_memory_free(block);
    return status;
}
