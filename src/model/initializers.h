/* What a variable begins with: Keras' initializers, one table row each. Values are functions of seed, layer, row and
 * unit alone; formulas and rounding are in src/math/README.md. */
#ifndef LS_MODEL_INITIALIZERS_H
#define LS_MODEL_INITIALIZERS_H

#include "base/json.h"
#include "base/status.h"
#include "base/text.h"

#include <stdint.h>

struct ls_initializer_row;

/* A row and its settings. Without a row: what the variable has by default. */
typedef struct ls_initializer {
    const struct ls_initializer_row *row;
    double first, second; /* constant's value; minval and maxval; mean and stddev */
} ls_initializer;

/* The defaults: of kernels, of vectors, and of the vectors that scale. */
extern const ls_initializer ls_initializer_glorot_uniform, ls_initializer_zeros, ls_initializer_ones;

/* Where values lie: one row of a variable of a layer, `count` units from `unit` on; and what its distribution depends
 * on, Keras' fans of the variable's shape. */
typedef struct ls_initializer_place {
    uint32_t seed, layer;
    int64_t row, unit, count;
    int64_t inputs, outputs; /* of a vector both are its units */
} ls_initializer_place;

/* Local. From "he_normal", "random_normal(mean=0, stddev=0.05)", "constant(0.1)" with Keras' defaults. `what` stands in
 * front of messages. LS_ERR_USAGE: no such initializer, with those there are; settings that it lacks or out of
 * bounds. */
ls_status ls_initializer_parse(const char *what, const char *text, ls_initializer *initializer);

/* Appends the canonical text, which is read back as the same; of one with a row. */
void ls_initializer_format(const ls_initializer *initializer, ls_text *text);

/* Appends a key with Keras' configuration; nothing where there is no row. */
void ls_initializer_config(const ls_initializer *initializer, const char *key, ls_json *json);

/* values (place->count), of an initializer with a row. */
void ls_initializer_fill(const ls_initializer *initializer, const ls_initializer_place *place, float *values);

#endif
