/* Loading ranges of rows. */
#include "data/rows.h"

#include "base/memory.h"
#include "data/datafiles.h"
#include "data/weights.h"

#include <string.h>

ls_status ls_rows_for_each_piece(const ls_dataset *dataset, int64_t first, int64_t count, ls_rows_reader read,
                                 void *user)
{
    int64_t begin = 0, at = 0;
    for (int s = 0; s < dataset->count && at < count; s++) {
        const ls_source *source = &dataset->source[s];
        const int64_t end = begin + source->rows;
        if (first + at < end) {
            const int64_t piece = end - (first + at) < count - at ? end - (first + at) : count - at;
            ls_h5_file *file = NULL;
            LS_TRY(ls_datafiles_file(dataset->files, source, &file));
            LS_TRY(read(user, source, file, first + at - begin, piece, at));
            if (file && dataset->files)
                LS_TRY(ls_inputs_check_same(&dataset->files->inputs, ls_h5_path(file)));
            at += piece;
        }
        begin = end;
    }
    return LS_OK;
}

typedef struct loading {
    ls_rows *rows;
    const ls_dataset *dataset;
    const ls_network *network;
} loading;

/* Not every loss takes any number as a target. */
static ls_status check_targets(const ls_source *source, const ls_network *network, int64_t first, int64_t count,
                               const float *y)
{
    for (int64_t i = 0; i < count * network->outputs; i++) {
        const char *refusal = ls_loss_refuses(&network->loss, y[i]);
        if (refusal) {
            char name[5200];
            return ls_fail(
                LS_ERR_DATA, "%s is %g; %s %s",
                ls_source_place(source, true, first + i / network->outputs, i % network->outputs, name, sizeof name),
                (double)y[i], ls_loss_name(&network->loss), refusal);
        }
    }
    return LS_OK;
}

/* Labels that are mapped, as numbers: for a single sigmoid. */
static ls_status read_classes(const ls_source *source, const ls_network *network, ls_h5_file *file, int64_t first,
                              int64_t count, float *y)
{
    int32_t *classes;
    LS_TRY(ls_memory_allocate(&classes, count, sizeof *classes, "labels"));
    const ls_status status =
        ls_source_read_known_labels(source, file, first, count, network->classes, network->class_count, classes);
    for (int64_t i = 0; i < count && status == LS_OK; i++)
        y[i] = (float)classes[i];
    ls_memory_free(classes);
    return status;
}

/* The same for several sigmoids: one of two labels in each column, which float32 has exactly. */
static ls_status read_wide_classes(const ls_source *source, const ls_network *network, ls_h5_file *file, int64_t first,
                                   int64_t count, float *y)
{
    const float zero = (float)network->classes[0], one = (float)network->classes[1];
    LS_TRY(ls_source_read_y(source, file, first, count, y));
    for (int64_t i = 0; i < count * source->outputs; i++) {
        char name[5200];
        if (y[i] != zero && y[i] != one)
            return ls_fail(
                LS_ERR_DATA, "%s is %.9g, expected %.9g or %.9g as in the training rows%s",
                ls_source_place(source, true, first + i / source->outputs, i % source->outputs, name, sizeof name),
                (double)y[i], (double)zero, (double)one, ls_source_counting(source));
        y[i] = y[i] == one ? 1.0f : 0.0f;
    }
    return LS_OK;
}

static ls_status read_numbers(const ls_source *source, const ls_network *network, ls_h5_file *file, int64_t first,
                              int64_t count, float *y)
{
    if (network->classes && source->outputs > 1)
        return read_wide_classes(source, network, file, first, count, y);
    if (network->classes)
        return read_classes(source, network, file, first, count, y);
    return ls_source_read_y(source, file, first, count, y);
}

/* Where several outputs have the same column of the targets, each gets a copy: from the last on, so that none is
 * overwritten before it was copied. */
static void spread(int64_t each, int64_t count, int64_t outputs, float *y)
{
    for (int64_t i = count * outputs - 1; each > 1 && i >= 0; i--)
        y[i] = y[i / each];
}

static ls_status read_piece(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                            int64_t at)
{
    const loading *l = user;
    ls_rows *rows = l->rows;
    const ls_source *weight = ls_dataset_weight(l->dataset, (int)(source - l->dataset->source));
    if (rows->x) {
        void *x = (char *)rows->x + at * rows->row_bytes;
        LS_TRY(rows->type == LS_H5_NUMBER_FLOAT
                   ? ls_source_read_prepared(source, file, first, count, l->network ? l->network->offset : NULL,
                                             l->network ? l->network->fill : NULL, x)
                   : ls_source_read_x_stored(source, file, first, count, x));
    }
    if (rows->weight && weight)
        LS_TRY(ls_weights_read(weight, file, first, count, rows->weight + at));
    if (rows->label)
        return ls_source_read_known_labels(source, file, first, count, l->network->classes, rows->outputs,
                                           rows->label + at);
    if (!rows->y)
        return LS_OK;
    LS_TRY(read_numbers(source, l->network, file, first, count, rows->y + at * rows->outputs));
    spread(ls_loss_spread(&l->network->loss), count, rows->outputs, rows->y + at * rows->outputs);
    return check_targets(source, l->network, first, count, rows->y + at * rows->outputs);
}

/* What is filled in, or less an offset, may be any number. */
ls_h5_number ls_rows_type(const ls_dataset *dataset, bool prepared)
{
    const ls_source *source = ls_dataset_source(dataset);
    bool stored = !prepared && !source->x && !source->table;
    for (int s = 0; s < dataset->count; s++)
        stored = stored && source[s].x_stored == source->x_stored && source[s].x_less == NULL;
    return stored ? source->x_stored : LS_H5_NUMBER_FLOAT;
}

static ls_status load(const ls_dataset *dataset, const ls_network *network, bool features, bool targets, int64_t first,
                      int64_t count, ls_rows *rows)
{
    const ls_source *source = ls_dataset_source(dataset);
    ls_status status;
    const ls_h5_number type = ls_rows_type(dataset, network && ls_network_prepares(network));
    *rows = (ls_rows){.first = first,
                      .count = count,
                      .features = source->features,
                      .outputs = targets ? network->outputs : 0,
                      .type = type,
                      .row_bytes = source->features * (int64_t)ls_number_size(type)};
    if (features)
        LS_TRY_CLEANUP(ls_memory_allocate(&rows->x, count * rows->features, ls_number_size(type), "features"));
    if (targets && ls_loss_takes_labels(&network->loss))
        LS_TRY_CLEANUP(ls_memory_allocate(&rows->label, count, sizeof(int32_t), "labels"));
    else if (targets)
        LS_TRY_CLEANUP(ls_memory_allocate(&rows->y, count * rows->outputs, sizeof(float), "targets"));
    if (targets && ls_dataset_weight(dataset, 0))
        LS_TRY_CLEANUP(ls_memory_allocate(&rows->weight, count, sizeof(float), "weights"));
    loading l = {rows, dataset, network};
    LS_TRY_CLEANUP(ls_rows_for_each_piece(dataset, first, count, read_piece, &l));
    return LS_OK;
cleanup:
    ls_rows_free(rows);
    return status;
}

ls_status ls_rows_load(const ls_dataset *dataset, const ls_network *network, bool targets, int64_t first, int64_t count,
                       ls_rows *rows)
{
    return load(dataset, network, true, targets, first, count, rows);
}

ls_status ls_rows_load_beside(const ls_dataset *dataset, const ls_network *network, int64_t first, int64_t count,
                              ls_rows *rows)
{
    return load(dataset, network, false, true, first, count, rows);
}

int64_t ls_rows_bytes_each(const ls_dataset *dataset, const ls_network *network, bool targets, bool weighted)
{
    int64_t bytes = ls_dataset_source(dataset)->features *
                    (int64_t)ls_number_size(ls_rows_type(dataset, network && ls_network_prepares(network)));
    if (targets)
        bytes +=
            ls_loss_takes_labels(&network->loss) ? (int64_t)sizeof(int32_t) : network->outputs * (int64_t)sizeof(float);
    return bytes + (targets && (weighted || ls_dataset_weight(dataset, 0)) ? (int64_t)sizeof(float) : 0);
}

void ls_rows_free(ls_rows *rows)
{
    ls_memory_free(rows->x);
    ls_memory_free(rows->y);
    ls_memory_free(rows->label);
    ls_memory_free(rows->weight);
    memset(rows, 0, sizeof *rows);
}

static void widen(int type, int64_t count, const void *values, float *out)
{
    ls_number_to_float((ls_h5_number)type, count, values, out);
}

const float *ls_rows_features(const ls_rows *rows, int64_t i, float *buffer)
{
    const void *row = (const char *)rows->x + i * rows->row_bytes;
    if (rows->type == LS_H5_NUMBER_FLOAT)
        return row;
    widen((int)rows->type, rows->features, row, buffer);
    return buffer;
}

/* Of the values as float32, so that it does not depend on how a file stores them. */
static void hash_features(const ls_rows *rows, int64_t begin, int64_t count, ls_hash64 *hash)
{
    enum { BLOCK = 1024 };
    float values[BLOCK];
    const int64_t all = count * rows->features, size = (int64_t)ls_number_size(rows->type);
    const char *x = (const char *)rows->x + begin * rows->row_bytes;
    if (rows->type == LS_H5_NUMBER_FLOAT) {
        ls_hash64_feed(hash, x, (size_t)all);
        return;
    }
    for (int64_t i = 0; i < all; i += BLOCK) {
        const int64_t n = all - i < BLOCK ? all - i : BLOCK;
        widen((int)rows->type, n, x + i * size, values);
        ls_hash64_feed(hash, values, (size_t)n);
    }
}

bool ls_rows_have(const ls_rows *rows, ls_rows_part part)
{
    return part == LS_ROWS_FEATURES || (part == LS_ROWS_TARGETS ? rows->y || rows->label : rows->weight != NULL);
}

void ls_rows_hash(const ls_rows *rows, ls_rows_part part, int64_t begin, int64_t count, ls_hash64 *hash)
{
    if (part == LS_ROWS_FEATURES)
        hash_features(rows, begin, count, hash);
    else if (part == LS_ROWS_WEIGHTS)
        ls_hash64_feed(hash, rows->weight + begin, (size_t)count);
    else if (rows->label)
        ls_hash64_feed(hash, rows->label + begin, (size_t)count);
    else
        ls_hash64_feed(hash, rows->y + begin * rows->outputs, (size_t)(count * rows->outputs));
}

uint64_t ls_rows_fingerprint(const ls_rows *rows, int64_t begin, int64_t count)
{
    uint64_t result = 0;
    for (ls_rows_part part = LS_ROWS_FEATURES; part <= LS_ROWS_WEIGHTS; part++) {
        if (!ls_rows_have(rows, part))
            continue;
        ls_hash64 hash = ls_hash64_start(result);
        ls_rows_hash(rows, part, begin, count, &hash);
        result = ls_hash64_end(&hash);
    }
    return result;
}

typedef struct loading_targets {
    const ls_network *network;
    float *y;
} loading_targets;

static ls_status read_targets(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                              int64_t at)
{
    const loading_targets *l = user;
    return read_numbers(source, l->network, file, first, count, l->y + at * source->outputs);
}

ls_status ls_rows_load_targets(const ls_dataset *dataset, const ls_network *network, int64_t first, int64_t count,
                               float *y)
{
    loading_targets l = {network, y};
    return ls_rows_for_each_piece(dataset, first, count, read_targets, &l);
}

ls_status ls_batch_arrays_create(int64_t capacity, ls_batch_arrays *arrays)
{
    ls_status status;
    *arrays = (ls_batch_arrays){.capacity = capacity};
    LS_TRY_CLEANUP(ls_memory_allocate(&arrays->row, capacity, sizeof *arrays->row, "batch"));
    LS_TRY_CLEANUP(ls_memory_allocate(&arrays->x, capacity, sizeof *arrays->x, "batch"));
    LS_TRY_CLEANUP(ls_memory_allocate(&arrays->y, capacity, sizeof *arrays->y, "batch"));
    LS_TRY_CLEANUP(ls_memory_allocate(&arrays->label, capacity, sizeof *arrays->label, "batch"));
    LS_TRY_CLEANUP(ls_memory_allocate(&arrays->weight, capacity, sizeof *arrays->weight, "batch"));
    return LS_OK;
cleanup:
    ls_batch_arrays_free(arrays);
    return status;
}

void ls_batch_arrays_free(ls_batch_arrays *arrays)
{
    ls_memory_free(arrays->row);
    ls_memory_free(arrays->x);
    ls_memory_free(arrays->y);
    ls_memory_free(arrays->label);
    ls_memory_free(arrays->weight);
    memset(arrays, 0, sizeof *arrays);
}

ls_batch ls_batch_arrays_batch(const ls_batch_arrays *arrays, const ls_rows *rows, int64_t count, uint32_t epoch)
{
    const bool stored = rows->type != LS_H5_NUMBER_FLOAT;
    return (ls_batch){
        .rows = count,
        .row = arrays->row,
        .x = stored ? NULL : (const float *const *)arrays->x,
        .stored = stored ? arrays->x : NULL,
        .stored_bytes = (int64_t)ls_number_size(rows->type),
        .stored_type = (int)rows->type,
        .widen = stored ? widen : NULL,
        .y = rows->y ? arrays->y : NULL,
        .label = rows->label ? arrays->label : NULL,
        .weight = rows->weight ? arrays->weight : NULL,
        .epoch = epoch,
    };
}
