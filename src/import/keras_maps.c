/* Normalization and Rescaling: what Keras does to each column without training. */
#include "import/keras_reader.h"

#include "base/memory.h"

#include <string.h>

/* As many numbers as columns, or one for all; all of one where the rows are still to be flattened. */
static ls_status check_count(const ls_keras_reader *r, const char *key, int64_t count)
{
    if (count == 1)
        return LS_OK;
    if (r->rows.rank > 2)
        return ls_keras_refuse(r, "a Flatten in front of it",
                               "%s has %lld numbers, and its input %d dimensions; Lockstep has one number for all here",
                               key, (long long)count, r->rows.rank);
    if (r->rows.units > 0 && count != r->rows.units)
        return ls_keras_refuse(r, NULL, "%s has %lld numbers for %lld columns", key, (long long)count,
                               (long long)r->rows.units);
    return LS_OK;
}

/* Makes one number as many as the other list has. */
static ls_status spread(double **numbers, int64_t *count, int64_t wanted)
{
    double *more;
    if (*count >= wanted)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&more, wanted, sizeof *more, "numbers of a configuration"));
    for (int64_t i = 0; i < wanted; i++)
        more[i] = (*numbers)[0];
    ls_memory_free(*numbers);
    *numbers = more;
    *count = wanted;
    return LS_OK;
}

/* Two lists of the configuration, of equal length then. */
static ls_status read_lists(const ls_keras_reader *r, const char *first, const char *second, ls_keras_map *map)
{
    int64_t count = 0;
    LS_TRY(ls_keras_numbers(r, ls_keras_member(r, r->config, first), first, &map->a, &map->count));
    LS_TRY(ls_keras_numbers(r, ls_keras_member(r, r->config, second), second, &map->b, &count));
    LS_TRY(check_count(r, first, map->count));
    LS_TRY(check_count(r, second, count));
    if (map->count > 1 && count > 1 && map->count != count)
        return ls_keras_refuse(r, NULL, "%s has %lld numbers and %s %lld; expected as many", first,
                               (long long)map->count, second, (long long)count);
    LS_TRY(spread(&map->a, &map->count, count));
    return spread(&map->b, &count, map->count);
}

/* The rows have as many numbers as such a list. */
static void learn_units(ls_keras_reader *r, const ls_keras_map *map)
{
    if (r->rows.units == 0 && map->count > 1)
        r->rows.units = map->count;
    if (r->model->features == 0 && r->layers == 0)
        r->model->features = r->rows.units;
}

static ls_status put_map(ls_keras_reader *r, ls_keras_map *map, ls_status status)
{
    if (status == LS_OK) {
        learn_units(r, map);
        return ls_keras_flow_map(r, map);
    }
    ls_memory_free(map->a);
    ls_memory_free(map->b);
    return status;
}

/* ---- Normalization ---- */

/* axis=None is written as an empty list: one mean and variance of all numbers. */
static bool is_of_all(const ls_keras_reader *r)
{
    const ls_json_value *axis = ls_json_member(r->document, r->config, "axis");
    return axis && (axis->kind == LS_JSON_NULL || (axis->kind == LS_JSON_ARRAY && axis->count == 0));
}

static ls_status read_normalization(ls_keras_reader *r, ls_keras_map *map)
{
    const ls_json_value *mean = ls_keras_member(r, r->config, "mean");
    const ls_json_value *variance = ls_keras_member(r, r->config, "variance");
    if (!is_of_all(r)) {
        if (r->rows.rank > 2 && !mean)
            return ls_keras_refuse(r, "axis=None, or a Flatten in front of it",
                                   "its input has %d dimensions, and it has a mean for each position along an axis",
                                   r->rows.rank);
        if (r->rows.rank == 2)
            LS_TRY(ls_keras_check_axis(r, "axis"));
    }
    LS_TRY(ls_keras_switch(r, r->config, "invert", false, &map->invert));
    if (!mean && !variance) {
        r->model->layer[r->layer].variables = 3;
        return LS_OK;
    }
    if (!mean || !variance)
        return ls_keras_refuse(r, NULL, "its configuration has one of mean and variance without the other");
    LS_TRY(read_lists(r, "mean", "variance", map));
    for (int64_t i = 0; i < map->count; i++)
        if (!(map->b[i] >= 0))
            return ls_keras_refuse(r, NULL, "variance has %g; expected 0 or more", map->b[i]);
    return LS_OK;
}

ls_status ls_keras_maps_normalization(ls_keras_reader *r)
{
    ls_keras_map map = {0};
    const ls_status status = read_normalization(r, &map);
    return put_map(r, &map, status);
}

/* ---- Rescaling ---- */

static ls_status read_rescaling(ls_keras_reader *r, ls_keras_map *map)
{
    map->rescaling = true;
    if (!ls_keras_member(r, r->config, "scale"))
        return ls_keras_refuse(r, NULL, "its configuration has no scale");
    if (ls_keras_member(r, r->config, "offset"))
        return read_lists(r, "scale", "offset", map);
    LS_TRY(ls_keras_numbers(r, ls_keras_member(r, r->config, "scale"), "scale", &map->a, &map->count));
    LS_TRY(check_count(r, "scale", map->count));
    return ls_memory_allocate(&map->b, map->count, sizeof *map->b, "numbers of a configuration");
}

ls_status ls_keras_maps_rescaling(ls_keras_reader *r)
{
    ls_keras_map map = {0};
    const ls_status status = read_rescaling(r, &map);
    return put_map(r, &map, status);
}
