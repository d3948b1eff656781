/* Features and targets in float64, and features less their columns' offsets. */
#include "source/source_internal.h"

#include "base/memory.h"
#include "base/offset.h"

/* Values that are held as doubles on their way to float32: half a mebibyte, which a core's cache holds. */
#define NUMBERS ((int64_t)1 << 16)

static bool is_in_file(const ls_source *source)
{
    return source->x == NULL && source->table == NULL;
}

ls_status ls_source_read_x_numbers(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, double *x)
{
    const int64_t n = count * source->features;
    float *values;
    LS_TRY(ls_source_check_range(source, first, count));
    if (is_in_file(source))
        return ls_source_read_rows(source, file, LS_SOURCE_FEATURE_NUMBERS, first, count, x);
    LS_TRY(ls_memory_allocate(&values, n, sizeof *values, "features"));
    const ls_status status = ls_source_read_rows(source, file, LS_SOURCE_FEATURES, first, count, values);
    for (int64_t i = 0; status == LS_OK && i < n; i++)
        x[i] = (double)values[i];
    ls_memory_free(values);
    return status;
}

ls_status ls_source_read_y_numbers(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, double *y)
{
    LS_TRY(ls_source_check_range(source, first, count));
    LS_TRY(ls_source_need_targets(source));
    return ls_source_read_rows(source, file, LS_SOURCE_TARGET_NUMBERS, first, count, y);
}

/* Rows that pass through the doubles at once: whole bands of chunks where they are of a size. */
static int64_t rows_at_once(const ls_source *source)
{
    const int64_t rows = NUMBERS / source->features > 1 ? NUMBERS / source->features : 1, band = source->x_together;
    if (band <= rows)
        return rows - rows % band;
    return band <= LS_H5_TABLE_MEMORY / (int64_t)sizeof(double) / source->features ? band : rows;
}

static void take(const double *restrict from, const double *restrict offset, int64_t rows, int64_t columns,
                 float *restrict x)
{
    for (int64_t r = 0; r < rows; r++, from += columns, x += columns)
        for (int64_t c = 0; c < columns; c++)
            x[c] = ls_offset_take(from[c], offset[c]);
}

/* Columns without an offset have their values already, from the stored type at once: float64 is not exact for long
 * integers. */
static void take_some(const double *from, const double *offset, int64_t rows, int64_t columns, float *x)
{
    for (int64_t r = 0; r < rows; r++, from += columns, x += columns)
        for (int64_t c = 0; c < columns; c++)
            if (offset[c] != 0)
                x[c] = ls_offset_take(from[c], offset[c]);
}

/* Values that are float32 anyway. */
static void take_rounded(const double *offset, int64_t rows, int64_t columns, float *x)
{
    for (int64_t r = 0; r < rows; r++, x += columns)
        for (int64_t c = 0; c < columns; c++)
            x[c] = ls_offset_take((double)x[c], offset[c]);
}

static ls_status read_less(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                           const double *offset, float *x)
{
    const int64_t columns = source->features;
    const bool wide = source->x_wide && is_in_file(source);
    double *numbers;
    offset = source->x_taken ? NULL : offset;
    if (offset == NULL || !wide || source->x_long)
        LS_TRY(ls_source_read_raw_x(source, file, first, count, x));
    if (offset != NULL && !wide)
        take_rounded(offset, count, columns, x);
    if (offset == NULL || !wide || count == 0)
        return LS_OK;
    LS_TRY(ls_source_check_range(source, first, count));
    const int64_t most = rows_at_once(source), at_once = most < count ? most : count;
    LS_TRY(ls_memory_allocate(&numbers, at_once * columns, sizeof *numbers, "features"));
    ls_status status = LS_OK;
    for (int64_t done = 0; done < count && status == LS_OK; done += at_once) {
        const int64_t now = count - done < at_once ? count - done : at_once;
        status = ls_source_read_rows(source, file, LS_SOURCE_FEATURE_NUMBERS, first + done, now, numbers);
        if (status == LS_OK)
            (source->x_long ? take_some : take)(numbers, offset, now, columns, x + done * columns);
    }
    ls_memory_free(numbers);
    return status;
}

ls_status ls_source_read_less(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                              const double *offset, float *x)
{
    double *both;
    const double *less = ls_less_offset(source->x_less);
    if (less == NULL || offset == NULL)
        return read_less(source, file, first, count, less == NULL ? offset : less, x);
    LS_TRY(ls_memory_allocate(&both, source->features, sizeof *both, "offsets"));
    for (int64_t c = 0; c < source->features; c++)
        both[c] = less[c] + offset[c];
    const ls_status status = read_less(source, file, first, count, both, x);
    ls_memory_free(both);
    return status;
}
