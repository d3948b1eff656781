/* A small training with all that a checkpoint can hold. */
#ifndef LS_TESTS_FUZZ_BENCH_H
#define LS_TESTS_FUZZ_BENCH_H

#include "api_data.h"

typedef struct fuzz_bench {
    const api_data *data;
    ls_context *context;
    ls_dataset *train, *validation;
    ls_model *model;
    ls_trainer *trainer;
    float *block, *final; /* (network->block) for who compares: of the model file; at the end of training */
} fuzz_bench;

/* With one thread: those of OpenMP are not there after a fork. */
fuzz_bench fuzz_bench_start(void);

/* Ends the program with the message, unless it is LS_OK. */
void fuzz_bench_must(ls_status status);

#endif
