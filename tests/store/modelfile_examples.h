/* Example models for the tests of model files, and the folder that a test writes them into. */
#ifndef LS_TESTS_TRAIN_MODELFILE_EXAMPLES_H
#define LS_TESTS_TRAIN_MODELFILE_EXAMPLES_H

#include "store/modelfile.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct example {
    const char *name;
    const char *layers;
    int64_t features;
    ls_loss_kind loss;
    const char *metrics;
    bool feature_map, target_map;
    bool factors; /* of the maps that there are */
    double learning_rate;
} example;

#define EXAMPLES 9
extern const example examples[EXAMPLES];

/* A model with everything that a file holds. */
typedef struct model {
    ls_network *network;
    float *block, *m, *v;
    ls_optimizer adam;
} model;

/* Aborts with the message on anything but LS_OK: for what is not under test. */
void must(ls_status status);
/* Adam's state into m and v. */
ls_status read_optimizer(ls_h5_file *file, model *made, int64_t *steps);
model make_model(const example *e);
void free_model(model *made);
void write_model(const char *path, const char *kind, const model *made, bool with_optimizer);

/* Every example as NAME.weights.h5 (with Adam's state), NAME.plain.h5 (without) and NAME.prediction.h5, for
 * tests/keras/check_model.py. */
void write_examples(const char *directory);

/* A folder of this process for cmocka's group fixtures; files model.h5 and again.h5 in it are removed with
 * it. */
int make_folder(void **state);
int remove_folder(void **state);
const char *in_folder(const char *name);

#endif
