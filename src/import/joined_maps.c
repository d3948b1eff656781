/* Maps joined: y = scale * x + offset, column by column. */
#include "import/joined_maps.h"

#include "base/memory.h"

#include <math.h>

#define LEAST 1e-7 /* Keras' epsilon, below which no deviation is taken */

static double at(const double *values, const ls_keras_map *map, int64_t column)
{
    return values[map->count == 1 ? 0 : column];
}

typedef struct line {
    double scale, offset;
} line;

/* What a layer does to a column. */
static line line_of(const ls_keras_map *map, int64_t column)
{
    const double a = at(map->a, map, column), b = at(map->b, map, column);
    if (map->rescaling)
        return (line){a, b};
    const double deviation = fmax(sqrt(b), LEAST);
    return map->invert ? (line){deviation, a} : (line){1 / deviation, -a / deviation};
}

/* A Rescaling by powers of two within the bounds of affine.h, which nothing rounds. */
static bool is_factor(const ls_keras_map *map, int64_t columns)
{
    if (!map->rescaling)
        return false;
    for (int64_t j = 0; j < columns; j++) {
        int exponent;
        if (at(map->b, map, j) != 0 || frexp(at(map->a, map, j), &exponent) != 0.5 ||
            exponent - 1 > LS_AFFINE_EXPONENT || exponent - 1 < -LS_AFFINE_EXPONENT)
            return false;
    }
    return true;
}

/* The two forms that model files have. */
static const ls_keras_map *own_form(const ls_keras_map *map, int count, int64_t columns, bool targets,
                                    const ls_keras_map **factor)
{
    const ls_keras_map *normalization = count == 2 && !targets ? &map[1] : &map[0];
    *factor = count == 2 ? (targets ? &map[1] : &map[0]) : NULL;
    const bool is = (count == 1 || (count == 2 && is_factor(*factor, columns))) && !normalization->rescaling &&
                    normalization->invert == targets;
    return is ? normalization : NULL;
}

/* Numbers of an affine map on their way: mean, variance and factor (columns each). */
typedef struct numbers {
    float *mean, *variance, *factor;
} numbers;

static void take_own(const ls_keras_map *normalization, const ls_keras_map *factor, bool targets, int64_t columns,
                     const numbers *n)
{
    for (int64_t j = 0; j < columns; j++) {
        n->mean[j] = (float)at(normalization->a, normalization, j);
        n->variance[j] = (float)at(normalization->b, normalization, j);
        const double f = factor ? at(factor->a, factor, j) : 1;
        n->factor[j] = (float)(targets ? 1 / f : f);
    }
}

/* All layers' lines in a row. The layer whose scale is not above 0 is *culprit. */
static line join(const ls_keras_map *map, int count, int64_t column, int *culprit)
{
    line joined = {1, 0};
    *culprit = -1;
    for (int i = 0; i < count; i++) {
        const line l = line_of(&map[i], column);
        if (!(l.scale > 0) && *culprit < 0)
            *culprit = i;
        joined.scale *= l.scale;
        joined.offset = joined.offset * l.scale + l.offset;
    }
    return joined;
}

/* (x * factor - mean) / scale, or (mean + x * scale) / factor, is the line. */
static bool take_line(line joined, bool targets, int64_t j, const numbers *n)
{
    const double spread = targets ? joined.scale : 1 / joined.scale;
    const double factor = ls_affine_factor(spread * spread);
    const float scale = (float)(spread * factor);
    const double mean = targets ? joined.offset * factor : -joined.offset * spread * factor;
    n->mean[j] = (float)mean;
    n->variance[j] = scale * scale; /* whose root is `scale` again */
    n->factor[j] = (float)factor;
    return isfinite(spread) && isfinite(n->mean[j]) && isfinite(n->variance[j]) && scale > (float)LEAST;
}

static ls_status refuse(const ls_keras_map *map, const char *const *place, int culprit, int64_t column,
                        const char *name)
{
    if (map[culprit].rescaling)
        return ls_fail(LS_ERR_DATA,
                       "%s: %s: scale is %g for column %lld; Lockstep maps columns with scales above 0 only, so put it "
                       "into the kernel of the Dense layer beside it",
                       name, place[culprit], at(map[culprit].a, &map[culprit], column), (long long)column);
    return ls_fail(LS_ERR_DATA, "%s: %s: mean %g and variance %g of column %lld are no numbers to normalise with", name,
                   place[culprit], at(map[culprit].a, &map[culprit], column), at(map[culprit].b, &map[culprit], column),
                   (long long)column);
}

static ls_status take_lines(const ls_keras_map *map, const char *const *place, int count, int64_t columns, bool targets,
                            const char *name, const numbers *n)
{
    for (int64_t j = 0; j < columns; j++) {
        int culprit;
        const line joined = join(map, count, j, &culprit);
        if (culprit >= 0)
            return refuse(map, place, culprit, j, name);
        if (!take_line(joined, targets, j, n))
            return ls_fail(LS_ERR_DATA,
                           "%s: %s: column %lld becomes %g times itself plus %g, which float32 has no room for", name,
                           place[count - 1], (long long)j, joined.scale, joined.offset);
    }
    return LS_OK;
}

/* A map's own numbers. */
static ls_status check(const ls_keras_map *map, const char *place, int64_t columns, const char *name)
{
    if (map->count != 1 && map->count != columns)
        return ls_fail(LS_ERR_DATA, "%s: %s: has numbers for %lld columns, and %lld pass", name, place,
                       (long long)map->count, (long long)columns);
    for (int64_t j = 0; j < map->count; j++) {
        if (!isfinite((float)map->a[j]) || !isfinite((float)map->b[j]))
            return ls_fail(LS_ERR_DATA, "%s: %s: %g and %g, for column %lld, are to be finite in float32", name, place,
                           map->a[j], map->b[j], (long long)j);
        if (!map->rescaling && map->b[j] < 0)
            return ls_fail(LS_ERR_DATA, "%s: %s: variance is %g for column %lld, expected 0 or more", name, place,
                           map->b[j], (long long)j);
    }
    return LS_OK;
}

ls_status ls_joined_maps_make(const ls_keras_map *map, const char *const *place, int count, int64_t columns,
                              bool targets, const char *name, ls_affine *affine)
{
    const ls_keras_map *factor;
    float *values;
    if (count == 0)
        return LS_OK;
    for (int i = 0; i < count; i++)
        LS_TRY(check(&map[i], place[i], columns, name));
    LS_TRY(ls_memory_allocate(&values, 3 * columns, sizeof *values, "normalisation"));
    const numbers n = {values, values + columns, values + 2 * columns};
    const ls_keras_map *own = own_form(map, count, columns, targets, &factor);
    ls_status status = LS_OK;
    if (own)
        take_own(own, factor, targets, columns, &n);
    else
        status = take_lines(map, place, count, columns, targets, name, &n);
    if (status == LS_OK)
        status = ls_affine_set(affine, columns, n.mean, n.variance);
    if (status == LS_OK)
        status = ls_affine_rescale(affine, n.factor);
    ls_memory_free(values);
    return status;
}
