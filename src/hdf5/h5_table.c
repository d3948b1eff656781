/* Reading rows of a dataset as a table: rows along any axis, columns by choice, into a place between other columns. */
#include "hdf5/h5_chunks.h"
#include "hdf5/h5_fields.h"

#include "base/halt.h"
#include "base/memory.h"

#include <string.h>

/* A table that is being read. Extents in front of the row axis make up `before`, those behind it `behind`. */
typedef struct reading {
    ls_h5_file *file;
    const ls_h5_kept *dataset;
    const ls_h5_table *table;
    int axis;
    int64_t before, behind;
    ls_h5_range all; /* all columns, when none are chosen */
    const ls_h5_range *ranges;
    int range_count;
    hid_t type; /* in memory */
    size_t size;
    int64_t stride; /* values from one row to the next at the destination */
    ls_h5_number number;
    bool chunks; /* are unpacked by us, and libhdf5 is entered there */
} reading;

static ls_status fail_read(const reading *r, int64_t first, int64_t count)
{
    const ls_h5_dataset *d = &r->dataset->description;
    return ls_h5_fail(LS_ERR_DATA, r->file,
                      "rows %lld to %lld of %s (%s, %s) cannot be read; the file is damaged there", (long long)first,
                      (long long)(first + count - 1), d->path, d->type, d->layout);
}

/* One read of the box start, extent; row r of the box goes to values + r * stride when it is a matrix in memory
 * (`width` values a row), else the box is packed (stride 0). */
static ls_status read_box(const reading *r, const hsize_t *start, const hsize_t *extent, int64_t width, int64_t stride,
                          int64_t first, int64_t count, void *values)
{
    const hsize_t lines[2] = {(hsize_t)count, (hsize_t)(stride == 0 ? width : stride)}, origin[2] = {0, 0};
    const hsize_t box[2] = {(hsize_t)count, (hsize_t)width};
    hid_t file_space = H5Dget_space(r->dataset->id), memory_space = H5Screate_simple(2, lines, NULL);
    ls_status status = LS_OK;
    if (file_space < 0 || memory_space < 0 ||
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, extent, NULL) < 0 ||
        (stride != 0 && H5Sselect_hyperslab(memory_space, H5S_SELECT_SET, origin, NULL, box, NULL) < 0))
        status = ls_h5_fail(LS_ERR_DATA, r->file, "rows of %s cannot be selected", r->dataset->path);
    else if (ls_h5_read_numbers(r->dataset, r->type, memory_space, file_space, values) < 0)
        status = fail_read(r, first, count);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    return status;
}

/* Rows are the first axis, and each range of columns is a box; no chunk is unpacked for more than one of them. */
static ls_status read_direct_chunks(const reading *r, int64_t first, int64_t count, char *values)
{
    const ls_h5_dataset *d = &r->dataset->description;
    ls_h5_box *boxes;
    LS_TRY(ls_memory_allocate(&boxes, r->range_count, sizeof *boxes, "ranges of columns"));
    for (int i = 0; i < r->range_count; i++) {
        boxes[i] = ls_h5_box_of(d, 0, first, count, values);
        boxes[i].step[0] = r->stride;
        if (d->rank == 2) {
            boxes[i].start[1] = r->ranges[i].first;
            boxes[i].extent[1] = r->ranges[i].count;
        }
        values += (size_t)r->ranges[i].count * r->size;
    }
    const ls_status status = ls_h5_chunks_read(r->file, r->dataset, boxes, r->range_count, r->number);
    ls_memory_free(boxes);
    return status;
}

/* The same by libhdf5, which puts each box where it belongs. */
static ls_status read_direct_piece(const reading *r, int64_t first, int64_t count, char *values)
{
    const ls_h5_dataset *d = &r->dataset->description;
    hsize_t start[LS_H5_MAX_RANK] = {0}, extent[LS_H5_MAX_RANK];
    for (int i = 0; i < d->rank; i++)
        extent[i] = (hsize_t)d->shape[i];
    start[0] = (hsize_t)first;
    extent[0] = (hsize_t)count;
    for (int i = 0; i < r->range_count; i++) {
        if (d->rank == 2) {
            start[1] = (hsize_t)r->ranges[i].first;
            extent[1] = (hsize_t)r->ranges[i].count;
        }
        LS_TRY(read_box(r, start, extent, r->ranges[i].count, r->stride, first, count, values));
        values += (size_t)r->ranges[i].count * r->size;
    }
    return LS_OK;
}

/* A piece begins where a chunk does, so that none is unpacked twice. */
static int64_t direct_rows(const reading *r, int64_t first)
{
    const int64_t row = r->before * r->behind * (int64_t)r->size, chunk = r->dataset->description.chunk[0];
    const int64_t most = row > LS_H5_TABLE_MEMORY ? 1 : LS_H5_TABLE_MEMORY / row;
    if (chunk < 1)
        return most;
    const int64_t end = (first + most) / chunk * chunk;
    return end > first ? end - first : (first / chunk + 1) * chunk - first;
}

static ls_status read_direct(const reading *r, int64_t first, int64_t count, char *values)
{
    if (r->chunks)
        return read_direct_chunks(r, first, count, values);
    for (int64_t done = 0, now; done < count; done += now) {
        now = direct_rows(r, first + done);
        now = now < count - done ? now : count - done;
        LS_TRY(ls_halt());
        LS_TRY(read_direct_piece(r, first + done, now, values + (size_t)(done * r->stride) * r->size));
    }
    return LS_OK;
}

/* Turned in tiles that the cache holds from one line to the next. */
#define TILE 64

#define TURN(type)                                                                                                     \
    for (int64_t c = c0; c < c1; c++) {                                                                                \
        const type *from = (const type *)block + ((c / r->behind) * rows * r->behind + c % r->behind);                 \
        type *to = (type *)values + (c - columns->first);                                                              \
        for (int64_t i = i0; i < i1; i++)                                                                              \
            to[i * r->stride] = from[i * r->behind];                                                                   \
    }

/* One range of columns out of a block (before, rows, behind). */
static void turn(const reading *r, const ls_h5_range *columns, int64_t rows, const void *block, void *values)
{
    for (int64_t i0 = 0; i0 < rows; i0 += TILE) {
        const int64_t i1 = i0 + TILE < rows ? i0 + TILE : rows, end = columns->first + columns->count;
        for (int64_t c0 = columns->first; c0 < end; c0 += TILE) {
            const int64_t c1 = c0 + TILE < end ? c0 + TILE : end;
            switch (r->size) {
            case 1:
                TURN(uint8_t)
                break;
            case 2:
                TURN(uint16_t)
                break;
            case 4:
                TURN(uint32_t)
                break;
            default:
                TURN(uint64_t)
                break;
            }
        }
    }
}

/* All ranges out of a block. Where rows are whole in it, a few at a time: all of their columns are in the cache then,
 * whichever comes next. */
static void turn_all(const reading *r, int64_t rows, const char *block, char *values)
{
    enum { FEW_ROWS = 16 };
    const int64_t step = r->before == 1 && r->range_count > 1 ? FEW_ROWS : rows;
    for (int64_t done = 0; done < rows; done += step) {
        const int64_t now = rows - done < step ? rows - done : step;
        const char *from = block + (size_t)(done * r->behind) * r->size;
        char *to = values + (size_t)(done * r->stride) * r->size;
        for (int i = 0; i < r->range_count; i++) {
            turn(r, &r->ranges[i], now, from, to);
            to += (size_t)r->ranges[i].count * r->size;
        }
    }
}

/* Rows of a block: as many as the memory allows, ending where a chunk ends. */
static int64_t block_rows(const reading *r, int64_t first)
{
    const int64_t row = r->before * r->behind * (int64_t)r->size, chunk = r->dataset->description.chunk[r->axis];
    const int64_t most = row > LS_H5_TABLE_MEMORY ? 1 : LS_H5_TABLE_MEMORY / row;
    const int64_t end = chunk > 0 && chunk <= most ? (first + most) / chunk * chunk : first + most;
    return end - first;
}

/* All columns of some rows, in the dataset's order. */
static ls_status read_block(const reading *r, int64_t first, int64_t count, void *block)
{
    const ls_h5_dataset *d = &r->dataset->description;
    hsize_t start[LS_H5_MAX_RANK] = {0}, extent[LS_H5_MAX_RANK];
    if (r->chunks) {
        const ls_h5_box box = ls_h5_box_of(d, r->axis, first, count, block);
        return ls_h5_chunks_read(r->file, r->dataset, &box, 1, r->number);
    }
    for (int i = 0; i < d->rank; i++)
        extent[i] = (hsize_t)d->shape[i];
    start[r->axis] = (hsize_t)first;
    extent[r->axis] = (hsize_t)count;
    return read_box(r, start, extent, r->before * r->behind, 0, first, count, block);
}

static ls_status read_turned(const reading *r, int64_t first, int64_t count, char *values)
{
    int64_t most = block_rows(r, 0) < count ? block_rows(r, 0) : count;
    void *block;
    LS_TRY(ls_memory_allocate(&block, most * r->before * r->behind, r->size, "block of rows to be turned"));
    ls_status status = LS_OK;
    for (int64_t done = 0, now; done < count && status == LS_OK; done += now) {
        now = block_rows(r, first + done);
        now = now < 1 || now > most ? most : now;
        now = now < count - done ? now : count - done;
        status = ls_halt();
        if (status == LS_OK)
            status = read_block(r, first + done, now, block);
        if (status == LS_OK)
            turn_all(r, now, block, values + (size_t)(done * r->stride) * r->size);
    }
    ls_memory_free(block);
    return status;
}

static ls_status check_table(const reading *r, int64_t first, int64_t count)
{
    const ls_h5_dataset *d = &r->dataset->description;
    char shape[160];
    const int64_t rows = d->shape[r->axis], columns = r->before * r->behind;
    if (r->table->width != 0 && columns != r->table->width)
        return ls_fail(LS_ERR_DATA,
                       "%s: %s has the shape %s here, with %lld columns; %lld were found before. The file has changed, "
                       "or is not the same on all machines",
                       r->file->path, d->path, ls_h5_shape_text(d, shape, sizeof shape), (long long)columns,
                       (long long)r->table->width);
    if (d->fields > 0 && r->axis != 0)
        return ls_fail(LS_ERR_DATA, "%s: %s is a table with named fields; its rows are the first axis", r->file->path,
                       d->path);
    if (first < 0 || count < 0 || first > rows || count > rows - first)
        return ls_fail(LS_ERR_DATA, "%s: %s has %lld rows (numbered from 0); %lld rows from row %lld on were asked for",
                       r->file->path, d->path, (long long)rows, (long long)count, (long long)first);
    for (int i = 0; i < r->range_count; i++)
        if (r->ranges[i].first < 0 || r->ranges[i].count < 1 || r->ranges[i].first > columns - r->ranges[i].count)
            return ls_fail(LS_ERR_DATA,
                           "%s: %s has %lld columns (numbered from 0); columns %lld to %lld were asked for",
                           r->file->path, d->path, (long long)columns, (long long)r->ranges[i].first,
                           (long long)(r->ranges[i].first + r->ranges[i].count - 1));
    return LS_OK;
}

/* The dataset and everything about it that reading needs. */
static ls_status prepare(reading *r)
{
    const ls_h5_table *t = r->table;
    LS_TRY(ls_h5_dataset_open(r->file, t->path, t->axis, &r->dataset));
    const ls_h5_dataset *d = &r->dataset->description;
    if (d->class_ == LS_H5_OTHER || d->rank < 1)
        return ls_fail(LS_ERR_DATA, "%s: %s holds %s, expected an array of numbers", r->file->path, t->path,
                       d->class_ == LS_H5_OTHER ? d->type : "a single number");
    r->axis = ls_h5_row_axis(d, t->axis);
    r->before = r->behind = 1;
    for (int i = 0; i < d->rank; i++) {
        if (i < r->axis)
            r->before *= d->shape[i];
        else if (i > r->axis)
            r->behind *= d->shape[i];
    }
    r->all = (ls_h5_range){0, r->before * r->behind};
    r->ranges = t->ranges == NULL ? &r->all : t->ranges;
    r->range_count = t->ranges == NULL ? 1 : t->range_count;
    return LS_OK;
}

/* Whether ranges of columns are read one by one: few, or little of what is there. */
static bool few_ranges(const reading *r)
{
    enum { FEW = 16, SHARE = 16 };
    const int64_t columns = r->before * r->behind;
    int64_t chosen = 0;
    for (int i = 0; i < r->range_count; i++)
        chosen += r->ranges[i].count;
    return r->range_count <= FEW || chosen < columns / SHARE;
}

static ls_status read_values(const reading *r, int64_t first, int64_t count, void *values)
{
    const bool boxes =
        r->axis == 0 && (r->table->ranges == NULL || (r->dataset->description.rank <= 2 && few_ranges(r)));
    return boxes ? read_direct(r, first, count, values) : read_turned(r, first, count, values);
}

/* With H5Dread. */
static ls_status read_inside(reading *r, int64_t first, int64_t count, void *values)
{
    const bool half = r->number == LS_H5_NUMBER_FLOAT16;
    if (r->dataset->description.fields > 0)
        return ls_h5_fields_read(r->file, r->dataset, r->ranges, r->range_count, first, count, r->number, r->stride,
                                 values);
    r->type = half ? ls_h5_half_type() : ls_h5_memory_type(r->number);
    if (r->type < 0)
        return ls_h5_fail(LS_ERR_DATA, r->file, "no type in memory for %s", r->table->path);
    const ls_status status = read_values(r, first, count, values);
    if (half)
        ls_h5_release_type(r->type);
    return status;
}

static void decode(const reading *r, const ls_h5_dataset *d, int64_t count, void *values)
{
    int64_t columns = 0;
    for (int i = 0; i < r->range_count; i++)
        columns += r->ranges[i].count;
    ls_number_decode(r->number, d->codes, d->code_count, count, columns, r->stride, values);
    ls_number_decode(r->number, r->table->codes, r->table->code_count, count, columns, r->stride, values);
}

ls_status ls_h5_read_table(ls_h5_file *file, const ls_h5_table *table, int64_t first, int64_t count,
                           ls_h5_number number, int64_t stride, void *values)
{
    reading r = {.file = file, .table = table, .size = ls_number_size(number), .stride = stride, .number = number};
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = prepare(&r);
    if (status == LS_OK)
        status = check_table(&r, first, count);
    r.chunks = status == LS_OK && ls_h5_chunks_can(r.dataset, number);
    if (status == LS_OK && count > 0 && !r.chunks)
        status = read_inside(&r, first, count, values);
    const ls_h5_dataset *d = status == LS_OK ? &r.dataset->description : NULL;
    ls_h5_leave(&guard);
    if (r.chunks && count > 0)
        status = read_values(&r, first, count, values);
    if (status == LS_OK && d->code_count + table->code_count > 0)
        decode(&r, d, count, values);
    return status;
}
