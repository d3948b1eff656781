/* Tensors on their way into a file, little endian. */
#ifndef LS_EXPORT_VALUES_H
#define LS_EXPORT_VALUES_H

#include "export/exported.h"

#include <stdint.h>
#include <stdio.h>

/* A tensor as a file is to have it, by where its values come from: a variable of the network, or floats or doubles that
 * stay where they are, or one number everywhere. */
typedef struct ls_values {
    int rank;
    int64_t extent[2];
    int variable;    /* -1: none */
    bool transposed; /* (units, inputs) in place of (inputs, units) */
    const float *floats;
    const double *doubles;
    float number;
} ls_values;

/* In Keras' shape (store/modelfile_layout.h), or the other way round. */
ls_values ls_values_of_variable(const ls_network *network, int index, bool transposed);
ls_values ls_values_of_floats(const float *values, int64_t count);
ls_values ls_values_of_doubles(const double *values, int64_t count);
/* `count` 0: a scalar. */
ls_values ls_values_of_number(float value, int64_t count);

int64_t ls_values_bytes(const ls_values *values);
/* Local. LS_ERR_OUTPUT with the reason; the file is the caller's to name. LS_ERR_MEMORY. */
ls_status ls_values_put(const ls_values *values, const ls_exported *model, FILE *out);

/* Local. Other bytes; and what is still in the file's buffer. */
ls_status ls_values_write(FILE *out, const void *bytes, int64_t count);
ls_status ls_values_flush(FILE *out);

/* The variable of a layer with this role; -1: it has none. */
int ls_values_find(const ls_network *network, int layer, ls_role role);

#endif
