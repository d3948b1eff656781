/* Layers are named here as Keras names and numbers them. */
#include "import/keras_layered.h"

#include "base/memory.h"
#include "import/keras_names.h"
#include "model/network.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static ls_status copy(char **to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static ls_status copy(char **to, const char *format, ...)
{
    ls_text text = {0};
    va_list arguments;
    va_start(arguments, format);
    ls_text_vprintf(&text, format, arguments);
    va_end(arguments);
    return ls_text_hand_over(&text, to);
}

/* Everything in front of the first Dense layer leaves the number of columns as it is. */
static ls_status find_features_saved(const ls_keras_file *file, int64_t *features)
{
    static const char *const paths[] = {"/layers/dense/vars/0", "/layers/batch_normalization/vars/0",
                                        "/layers/layer_normalization/vars/0"};
    ls_h5_dataset found;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && *features == 0; i++) {
        if (!ls_h5_exists(file->variables, paths[i]))
            continue;
        LS_TRY(ls_h5_describe(file->variables, paths[i], &found));
        *features = found.rank > 0 ? found.shape[0] : 0;
    }
    return LS_OK;
}

/* The first kernel, or vector where there is none. */
static ls_status look_at_layer(const ls_keras_file *file, const char *group, int64_t *features, bool *kernel)
{
    ls_keras_names weights = {.count = 0};
    ls_text path = {0};
    ls_h5_dataset found;
    ls_status status;
    LS_TRY_CLEANUP(ls_keras_names_read(file->variables, group, "weight_names", &weights));
    for (const char *name = NULL; !*kernel && (name = ls_keras_names_next(&weights, name)) != NULL;) {
        ls_text_clear(&path);
        ls_text_printf(&path, "%s/%s", group, name);
        LS_TRY_CLEANUP(ls_text_status(&path));
        LS_TRY_CLEANUP(ls_h5_describe(file->variables, ls_text_string(&path), &found));
        *kernel = found.rank == 2;
        if (*kernel || (*features == 0 && found.rank == 1))
            *features = found.shape[0];
    }
cleanup:
    ls_text_free(&path);
    ls_keras_names_free(&weights);
    return status;
}

static ls_status find_features_listed(const ls_keras_file *file, int64_t *features)
{
    ls_keras_names layers = {.count = 0};
    ls_text group = {0};
    bool kernel = false;
    ls_status status;
    LS_TRY_CLEANUP(ls_keras_names_read(file->variables, file->root, "layer_names", &layers));
    for (const char *name = NULL; !kernel && (name = ls_keras_names_next(&layers, name)) != NULL;) {
        ls_text_clear(&group);
        ls_text_printf(&group, "%s/%s", strcmp(file->root, "/") == 0 ? "" : file->root, name);
        LS_TRY_CLEANUP(ls_text_status(&group));
        if (ls_h5_exists(file->variables, ls_text_string(&group)))
            LS_TRY_CLEANUP(look_at_layer(file, ls_text_string(&group), features, &kernel));
    }
cleanup:
    ls_text_free(&group);
    ls_keras_names_free(&layers);
    return status;
}

static ls_status add_layer(const ls_network *network, int l, ls_keras_layer *layer)
{
    bool moving = false;
    *layer = (ls_keras_layer){.use = LS_KERAS_LAYER, .index = l, .trainable = true};
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor *tensor = &network->tensor[i];
        layer->variables += tensor->layer == l;
        moving = moving || (tensor->layer == l && tensor->role == LS_MEAN);
    }
    const char *name = network->layers[l].name;
    LS_TRY(copy(&layer->class_name, "%s", moving ? "BatchNormalization" : "layer"));
    LS_TRY(copy(&layer->name, "%s", name));
    LS_TRY(copy(&layer->place, "layer %d '%s' of --layers", l + 1, name));
    LS_TRY(copy(&layer->saved, "layers/%s", name));
    return copy(&layer->legacy, "%s", name);
}

static ls_status fill(const ls_network *network, const char *layers, ls_keras_model *model)
{
    model->features = network->features;
    ls_text_append(&model->layers, layers);
    LS_TRY(ls_text_status(&model->layers));
    LS_TRY(ls_memory_allocate(&model->layer, network->count, sizeof *model->layer, "layers of a model"));
    for (int l = 0; l < network->count; l++) {
        model->count++;
        LS_TRY(add_layer(network, l, &model->layer[l]));
    }
    return LS_OK;
}

ls_status ls_keras_layered_model(const char *layers, const ls_keras_file *file, ls_keras_model *model)
{
    ls_network *network;
    int64_t features = 0;
    *model = (ls_keras_model){.features = 0};
    LS_TRY(file->legacy ? find_features_listed(file, &features) : find_features_saved(file, &features));
    if (features < 1)
        return ls_fail(LS_ERR_DATA, "%s: has no variables of layers", file->path);
    LS_TRY(ls_network_create(layers, features, &network));
    ls_status status = fill(network, layers, model);
    ls_network_destroy(network);
    if (status != LS_OK)
        ls_keras_model_free(model);
    return status;
}
