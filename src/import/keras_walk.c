/* A Keras model's configuration as a list of layers: which Keras wrote it, and the walk through it from outside. */
#include "import/keras_reader.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- the generation ---- */

/* Without a version: Keras 2 says batch_input_shape of an input where Keras 3 says batch_shape. */
static bool looks_legacy(const ls_json_document *document)
{
    for (int64_t i = 0; i < document->count; i++)
        if (document->value[i].key && strcmp(document->value[i].key, "batch_input_shape") == 0)
            return true;
    return false;
}

static ls_status find_generation(ls_keras_reader *r, const ls_json_value *config, const char *version)
{
    if (!version)
        version = ls_json_member_text(r->document, config, "keras_version");
    if (version && version[0] == '1' && version[1] == '.')
        return ls_keras_refuse(r, "a file written by Keras 2 or 3", "Keras %.20s wrote it, which is not supported",
                               version);
    r->model->legacy = version ? version[0] == '2' && version[1] == '.' : looks_legacy(r->document);
    return LS_OK;
}

/* ---- the model ---- */

static ls_status read_model(ls_keras_reader *r, const ls_json_value *config, const char *version)
{
    LS_TRY(find_generation(r, config, version));
    LS_TRY(ls_keras_container_read(r, config));
    LS_TRY(ls_keras_flow_end(r));
    LS_TRY(ls_text_status(&r->model->remarks));
    LS_TRY(ls_text_status(&r->model->training_remarks));
    return ls_text_status(&r->model->initial_remarks);
}

ls_status ls_keras_model_read(const ls_json_document *document, const ls_json_value *config, const char *name,
                              const char *version, ls_keras_model *model)
{
    ls_keras_reader reader = {.document = document,
                              .file = name,
                              .model = model,
                              .within = "",
                              .trainable = true,
                              .place = "",
                              .layer = -1,
                              .rows = {0, 2},
                              .last = -1,
                              .behind = -1};
    *model = (ls_keras_model){0};
    const ls_status status = read_model(&reader, config, version);
    if (status != LS_OK)
        ls_keras_model_free(model);
    return status;
}

void ls_keras_model_free(ls_keras_model *model)
{
    for (int i = 0; i < model->count; i++) {
        ls_keras_layer *layer = &model->layer[i];
        char *texts[] = {layer->class_name, layer->name,      layer->place, layer->saved,
                         layer->saved_214,  layer->saved_213, layer->legacy};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free(texts[k]); /* what ls_text_hand_over gives */
    }
    for (int i = 0; i < model->feature_maps + model->target_maps; i++) {
        ls_memory_free(model->map[i].a);
        ls_memory_free(model->map[i].b);
    }
    ls_memory_free(model->layer);
    ls_memory_free(model->map);
    ls_text_free(&model->layers);
    ls_text_free(&model->remarks);
    ls_text_free(&model->training_remarks);
    ls_text_free(&model->initial_remarks);
    *model = (ls_keras_model){0};
}
