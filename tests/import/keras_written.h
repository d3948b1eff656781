/* Small files as Keras lays them out, written with the project's own writers, for the tests of import. The model is
 * Dense(4, relu), BatchNormalization, Dense(2) of three features. */
#ifndef LS_TESTS_IMPORT_KERAS_WRITTEN_H
#define LS_TESTS_IMPORT_KERAS_WRITTEN_H

#include "io_test.h"

#include "hdf5/h5.h"

/* Where a variable lies and what it has. */
typedef struct written_variable {
    const char *saved; /* Keras 3's path */
    const char *layer; /* by name: the layer, and its name there */
    const char *weight;
    int rank;
    int64_t shape[2];
    float first; /* its numbers are first, first + 0.125, first + 0.25, ... */
} written_variable;

enum { WRITTEN = 8, WRITTEN_MOST = 32 /* numbers of one */ };
extern const written_variable written_variables[WRITTEN];

/* model.to_json(), and compile() of both generations. */
extern const char written_config[], written_compiled_config[], written_training[];

/* Numbers of a variable; how many. */
int64_t written_values(const written_variable *variable, float values[WRITTEN_MOST]);

/* Writes the variables below Keras 3's paths, or by names below `root` ("" or "/model_weights"). */
void write_saved(ls_h5_file *file);
void write_listed(ls_h5_file *file, const char *root);

/* Whole files; they return their path. */
const char *write_weights_h5(const char *path);                     /* Keras 3's .weights.h5 */
const char *write_model_h5(const char *path, const char *training); /* training may be NULL */
/* config.json (NULL: none), metadata.json and the file at `weights` (NULL: none). Deflated: in blocks that are stored.
 */
const char *write_archive(const char *path, const char *config, const char *weights, bool deflated);

/* A file's members put together by hand, with what the directory says of them. */
typedef struct written_member {
    const char *name, *local_name; /* local_name NULL: the same */
    const void *bytes;
    uint32_t packed, size; /* as the directory says */
    uint32_t there;        /* bytes that are written */
    int method;
    uint32_t sum;
    int64_t at; /* the offset that the directory says; negative: where it is */
} written_member;
const char *write_members(const char *path, const written_member *members, int count);

/* A deflate stream that stores the bytes; freed with free. */
unsigned char *deflated_bytes(const void *bytes, size_t count, size_t *length);

#endif
