/* Models and checkpoints whose parts say something else: inputs are lists of changes, which libhdf5 makes, and a new
 * seal around them, so that what reads the file meets what the input says. */
#ifndef LS_TESTS_FUZZ_SAVED_H
#define LS_TESTS_FUZZ_SAVED_H

#include "../train/fuzz_bench.h"
#include "../train/fuzz_changes.h"
#include "fuzz.h"

typedef struct saved_file {
    unsigned char *bytes;
    size_t size;
    fuzz_item *items; /* what can be changed */
    int count;
} saved_file;

/* A training, and the files that it has written: made once, and kept. */
typedef struct saved_files {
    fuzz_bench bench;
    saved_file model, checkpoint;
} saved_files;

const saved_files *saved_get(void);

/* The path of the file with the input's changes. A change is a byte for the item, one for what is done, and the
 * rest of the line or eight bytes for the value. */
const char *saved_change(const saved_file *file, fuzz_input *input);

#endif
