/* Example models of every kind that a file can hold, with contents that are the same everywhere. */
#include "store/modelfile_examples.h"

#include "base/memory.h"
#include "base/text.h"
#include "model/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS 37

const example examples[EXAMPLES] = {
    {
        .name = "classes",
        .layers = "19 relu, dropout 0.25, 7 tanh, dropout 0, 5 softmax",
        .features = 6,
        .loss = LS_SPARSE_CATEGORICAL_CROSSENTROPY,
        .metrics = "accuracy",
        .feature_map = true,
        .learning_rate = 0.002,
    },
    {
        .name = "regression",
        .layers = "17 tanh, 3",
        .features = 4,
        .loss = LS_MEAN_SQUARED_ERROR,
        .metrics = "mae,r2,mse",
        .feature_map = true,
        .target_map = true,
        .learning_rate = 1, /* JSON would make an int of it */
    },
    {
        .name = "single",
        .layers = "9 relu, 1",
        .features = 4,
        .loss = LS_MEAN_ABSOLUTE_ERROR,
        .metrics = "mae,r2",
        .target_map = true,
        .learning_rate = 1e-5,
    },
    {
        .name = "outputs",
        .layers = "33 sigmoid use_bias=off, 4 sigmoid use_bias=off",
        .features = 5,
        .loss = LS_BINARY_CROSSENTROPY,
        .metrics = "accuracy",
        .learning_rate = 0.001,
    },
    {
        .name = "onehot",
        .layers = "8 relu, 3 softmax",
        .features = 3,
        .loss = LS_CATEGORICAL_CROSSENTROPY,
        .metrics = "accuracy",
        .learning_rate = 0.001,
    },
    {
        .name = "normalized",
        .layers =
            "dropout 0.1, layer_normalization, 12, layer_normalization scale=off epsilon=0.01, relu, gaussian_noise "
            "0.2, 9 silu, layer_normalization center=off, 3 softmax",
        .features = 7,
        .loss = LS_SPARSE_CATEGORICAL_CROSSENTROPY,
        .metrics = "accuracy",
        .feature_map = true,
        .learning_rate = 0.001,
    },
    {
        .name = "branches",
        .layers =
            "residual(layer_normalization, 11 relu, 5), 8 tanh, residual(residual(8 relu, gaussian_noise 0.1), relu, "
            "8 softsign, residual(layer_normalization)), gelu, 2",
        .features = 5,
        .loss = LS_MEAN_SQUARED_ERROR,
        .metrics = "mae",
        .feature_map = true,
        .target_map = true,
        .learning_rate = 0.001,
    },
    {
        .name = "rescaled",
        .layers = "13 relu, 3",
        .features = 4,
        .loss = LS_MEAN_SQUARED_ERROR,
        .metrics = "mae",
        .feature_map = true,
        .target_map = true,
        .factors = true,
        .learning_rate = 0.001,
    },
    {
        .name = "rescaled_branches",
        .layers = "residual(6 relu, 5), 1",
        .features = 5,
        .loss = LS_MEAN_SQUARED_ERROR,
        .metrics = "mae",
        .target_map = true,
        .factors = true,
        .learning_rate = 0.001,
    },
};

/* ---- models ---- */

void must(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "status %d: %s\n", (int)status, ls_error_message());
    abort();
}

static void set_map(ls_affine *map, int64_t count, float shift)
{
    float *mean, *variance;
    must(ls_memory_allocate(&mean, count, sizeof *mean, "mean"));
    must(ls_memory_allocate(&variance, count, sizeof *variance, "variance"));
    for (int64_t j = 0; j < count; j++) {
        mean[j] = shift + 0.37f * (float)j;
        variance[j] = j == 1 ? 0 : 0.3f + 0.7f * (float)(j + 1); /* a zero: Keras divides by 1e-7 then */
    }
    if (count > 1)
        mean[1] = 0.5f; /* the column without variance is constant, so that its image is 0 */
    must(ls_affine_set(map, count, mean, variance));
    ls_memory_free(mean);
    ls_memory_free(variance);
}

/* Powers of two, one for all of the targets of the last example. */
static void set_factors(ls_affine *map)
{
    float *factor;
    must(ls_memory_allocate(&factor, map->count, sizeof *factor, "factors"));
    for (int64_t j = 0; j < map->count; j++)
        factor[j] = j == 0 ? 0x1p-3f : j == 2 ? 0x1p5f : 1;
    must(ls_affine_rescale(map, factor));
    ls_memory_free(factor);
}

/* Slots that check_model.py can compute too: exact in float32, different for every place. */
static float slot_value(int slot, int variable, int64_t row, int64_t column)
{
    const float number = (float)(variable * 4096 + row * 64 + column + 1);
    return slot == 0 ? (column % 2 ? -number : number) * 0x1p-20f : number * 0x1p-28f;
}

static void fill_tensors(model *made)
{
    const ls_network *network = made->network;
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        float *values;
        must(ls_memory_allocate(&values, tensor.rows * tensor.columns, sizeof *values, "tensor"));
        for (int slot = 0; slot < 3; slot++) {
            for (int64_t r = 0; r < tensor.rows; r++) {
                for (int64_t c = 0; c < tensor.columns; c++)
                    values[r * tensor.columns + c] =
                        slot < 2 ? slot_value(slot, i, r, c) : 0.1f * (float)((c * 7 + i) % 9) - 0.4f;
            }
            if (slot < 2)
                ls_network_pack(network, i, values, slot == 0 ? made->m : made->v);
            else if (ls_tensor_is_vector(&tensor))
                ls_network_pack(network, i, values, made->block);
        }
        ls_memory_free(values);
    }
}

model make_model(const example *e)
{
    model made;
    must(ls_network_create(e->layers, e->features, &made.network));
    made.network->loss = ls_loss_plain(e->loss);
    const ls_metric_task task = ls_network_task(made.network);
    must(ls_metrics_parse("metrics", e->metrics ? e->metrics : "none", &task, &made.network->metrics));
    if (e->feature_map)
        set_map(&made.network->feature_map, e->features, -0.4f);
    if (e->target_map)
        set_map(&made.network->target_map, made.network->outputs, 12.5f);
    if (e->factors) {
        set_factors(&made.network->feature_map);
        set_factors(&made.network->target_map);
    }
    must(ls_memory_allocate(&made.block, made.network->block, sizeof *made.block, "block"));
    must(ls_memory_allocate(&made.m, made.network->block, sizeof *made.m, "m"));
    must(ls_memory_allocate(&made.v, made.network->block, sizeof *made.v, "v"));
    ls_network_initialize(made.network, 11, made.block);
    fill_tensors(&made);
    const ls_optimizer_settings settings = {
        .learning_rate = e->learning_rate, .beta_1 = 0.85, .beta_2 = 0.995, .epsilon = 1e-6};
    ls_optimizer_start(ls_optimizer_find("adam"), &settings, &made.adam);
    for (int i = 0; i < 41; i++)
        (void)ls_optimizer_next(&made.adam, e->learning_rate, 32);
    return made;
}

ls_status read_optimizer(ls_h5_file *file, model *made, int64_t *steps)
{
    LS_TRY(ls_modelfile_read_iteration(file, steps));
    LS_TRY(ls_modelfile_read_slot(file, made->network, &made->adam, 0, &(ls_modelblock_place){.values = made->m}));
    return ls_modelfile_read_slot(file, made->network, &made->adam, 1, &(ls_modelblock_place){.values = made->v});
}

void free_model(model *made)
{
    ls_network_destroy(made->network);
    ls_memory_free(made->block);
    ls_memory_free(made->m);
    ls_memory_free(made->v);
}

void write_model(const char *path, const char *kind, const model *made, bool with_optimizer)
{
    const ls_modelfile_optimizer optimizer = {.optimizer = &made->adam,
                                              .rate = made->adam.settings.learning_rate,
                                              .slot = {{.values = made->m}, {.values = made->v}}};
    const ls_modelblock weights = {.values = made->block};
    ls_h5_file *file;
    must(ls_h5_create(path, 512, &file));
    must(ls_modelfile_write(file, kind, made->network, &weights, with_optimizer ? &optimizer : NULL));
    must(ls_h5_finish(file));
}

/* ---- examples for Keras ---- */

static void write_text(ls_h5_file *file, const char *name, const char *value)
{
    must(ls_h5_set_text(file, "/", name, value));
}

/* /x, /prediction and what check_model.py expects to find in the model. */
static void write_prediction(const char *path, const example *e, const model *made)
{
    const ls_network *network = made->network;
    float *x, *prediction;
    const float *rows[ROWS];
    ls_pass *pass;
    ls_text layers = {0}, metrics = {0};
    must(ls_memory_allocate(&x, ROWS * network->features, sizeof *x, "x"));
    must(ls_memory_allocate(&prediction, ROWS * network->outputs, sizeof *prediction, "prediction"));
    for (int64_t r = 0; r < ROWS; r++) {
        rows[r] = x + r * network->features;
        for (int64_t j = 0; j < network->features; j++)
            x[r * network->features + j] =
                e->feature_map && j == 1 ? 0.5f : (float)((r * 29 + j * 17) % 41) * 0.09f - 1.7f;
    }
    must(ls_pass_create(network, ls_kernels_find(NULL), 1, ROWS, false, &pass));
    const ls_batch batch = {.rows = ROWS, .x = rows};
    ls_pass_predict(pass, made->block, &batch, prediction);
    ls_pass_destroy(pass);

    ls_h5_file *file;
    must(ls_h5_create(path, 0, &file));
    must(ls_h5_write_float(file, "/x", 2, (int64_t[]){ROWS, network->features}, x));
    must(ls_h5_write_float(file, "/prediction", 2, (int64_t[]){ROWS, network->outputs}, prediction));
    ls_text_append(&layers, network->feature_map.factor ? "rescaling," : "");
    ls_text_append(&layers, e->feature_map ? "normalization," : "");
    for (int l = 0; l < network->count; l++)
        ls_text_printf(&layers, "%s%s", l ? "," : "", network->layers[l].name);
    ls_text_append(&layers, !e->target_map ? "" : e->feature_map ? ",normalization_1" : ",normalization");
    if (network->target_map.factor)
        ls_text_append(&layers, network->feature_map.factor ? ",rescaling_1" : ",rescaling");
    ls_metrics_format(&network->metrics, &metrics);
    write_text(file, "layers", ls_text_string(&layers));
    write_text(file, "metrics", ls_text_string(&metrics));
    write_text(file, "loss", ls_loss_name(&network->loss));
    must(ls_h5_set_int64(file, "/", "iteration", made->adam.iterations));
    must(ls_h5_set_double(file, "/", "learning_rate", made->adam.settings.learning_rate));
    must(ls_h5_set_double(file, "/", "beta_1", made->adam.settings.beta_1));
    must(ls_h5_set_double(file, "/", "beta_2", made->adam.settings.beta_2));
    must(ls_h5_set_double(file, "/", "epsilon", made->adam.settings.epsilon));
    must(ls_h5_finish(file));
    ls_text_free(&layers);
    ls_text_free(&metrics);
    ls_memory_free(x);
    ls_memory_free(prediction);
}

void write_examples(const char *directory)
{
    char path[4096];
    for (size_t i = 0; i < EXAMPLES; i++) {
        model made = make_model(&examples[i]);
        snprintf(path, sizeof path, "%s/%s.weights.h5", directory, examples[i].name);
        write_model(path, "model", &made, true);
        snprintf(path, sizeof path, "%s/%s.plain.h5", directory, examples[i].name);
        write_model(path, "model", &made, false);
        snprintf(path, sizeof path, "%s/%s.prediction.h5", directory, examples[i].name);
        write_prediction(path, &examples[i], &made);
        free_model(&made);
    }
}

/* ---- the tests' folder ---- */

static char folder[] = "/tmp/lockstep-modelfile-XXXXXX";

const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

int remove_folder(void **state)
{
    (void)state;
    unlink(in_folder("model.h5"));
    unlink(in_folder("again.h5"));
    return rmdir(folder);
}
