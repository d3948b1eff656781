/* Translating: configuration to layers, variables to where those have them, compile() to loss and metrics. */
#include "import/translate.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "files/nameless.h"
#include "import/joined_maps.h"
#include "import/keras_objective.h"
#include "import/keras_source.h"
#include "import/translate_state.h"
#include "store/modelfile.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where a variable of the network lies. */
typedef struct origin {
    int layer, k; /* of the model */
} origin;

typedef struct translating {
    const char *path;
    ls_keras_source source;
    ls_network *network;
    origin *origin;    /* (network->variables) */
    float *statistics; /* (ls_network_statistics) */
    ls_keras_compiled compiled;
    ls_translate_state optimizer;
} translating;

/* ---- layers ---- */

static ls_status make_network(translating *t)
{
    const ls_keras_model *model = &t->source.model;
    const ls_status status = ls_network_create(ls_text_string(&model->layers), model->features, &t->network);
    if (status != LS_ERR_USAGE)
        return status;
    return ls_fail_prefix(LS_ERR_DATA, "%s: its layers, as --layers would say them: ", t->path);
}

/* ---- variables ---- */

static const char *role_of(const translating *t, int index)
{
    return ls_role_name(t->network->tensor[index].role);
}

/* The network's variables are in the order of its layers, those that are trained first; within a layer Keras has the
 * same order. */
static ls_status find_origins(translating *t)
{
    const ls_keras_model *model = &t->source.model;
    LS_TRY(ls_memory_allocate(&t->origin, t->network->variables + 1, sizeof *t->origin, "variables of a model"));
    for (int i = 0; i < t->network->variables; i++)
        t->origin[i].layer = -1;
    for (int l = 0; l < model->count; l++) {
        const ls_keras_layer *layer = &model->layer[l];
        int k = 0;
        if (layer->use != LS_KERAS_LAYER)
            continue;
        for (int i = 0; i < t->network->variables; i++)
            if (t->network->tensor[i].layer == layer->index)
                t->origin[i] = (origin){l, k++};
        if (k != layer->variables)
            return ls_fail(LS_ERR_DATA, "%s: %s: has %d variables in the configuration, and as '%s' %d", t->path,
                           layer->place, layer->variables, t->network->layers[layer->index].name, k);
    }
    for (int i = 0; i < t->network->variables; i++)
        if (t->origin[i].layer < 0)
            return ls_fail(LS_ERR_DATA, "%s: no layer of the configuration has %s/%s", t->path,
                           t->network->layers[t->network->tensor[i].layer].name, role_of(t, i));
    return LS_OK;
}

static const char *path_of(const translating *t, int index)
{
    return ls_keras_variables_path(&t->source.variables, t->origin[index].layer, t->origin[index].k);
}

static const char *place_of(const translating *t, int index)
{
    return t->source.model.layer[t->origin[index].layer].place;
}

static ls_status check_shape(const translating *t, int index)
{
    const ls_tensor *tensor = &t->network->tensor[index];
    const bool vector = ls_tensor_is_vector(tensor);
    char found_text[256], expected[64];
    ls_h5_dataset found;
    LS_TRY(ls_keras_variables_describe(&t->source.file, &t->source.model, &t->source.variables, t->origin[index].layer,
                                       t->origin[index].k, &found));
    if (vector ? found.rank == 1 && found.shape[0] == tensor->columns
               : found.rank == 2 && found.shape[0] == tensor->rows && found.shape[1] == tensor->columns)
        return LS_OK;
    if (vector)
        (void)snprintf(expected, sizeof expected, "(%lld)", (long long)tensor->columns);
    else
        (void)snprintf(expected, sizeof expected, "(%lld, %lld)", (long long)tensor->rows, (long long)tensor->columns);
    return ls_fail(LS_ERR_DATA, "%s: %s: its %s, %s, has shape %s, expected %s", t->path, place_of(t, index),
                   role_of(t, index), path_of(t, index), ls_h5_shape_text(&found, found_text, sizeof found_text),
                   expected);
}

/* Rows of a variable, finite and, of a variance, not negative. */
static ls_status read_rows(const translating *t, int index, int64_t first, int64_t count, float *rows)
{
    const ls_tensor *tensor = &t->network->tensor[index];
    const bool vector = ls_tensor_is_vector(tensor);
    const float least = tensor->role == LS_VARIANCE ? 0 : -INFINITY;
    const int64_t values = count * tensor->columns;
    LS_TRY(
        ls_h5_read_float(t->source.file.variables, path_of(t, index), first, vector ? tensor->columns : count, rows));
    for (int64_t i = 0; i < values; i++) {
        if (isfinite(rows[i]) && rows[i] >= least)
            continue;
        const int64_t row = first + i / tensor->columns, column = i % tensor->columns;
        char where[64];
        if (vector)
            (void)snprintf(where, sizeof where, "%lld", (long long)column);
        else
            (void)snprintf(where, sizeof where, "%lld, %lld", (long long)row, (long long)column);
        return ls_fail(LS_ERR_DATA, "%s: %s: its %s, %s[%s], is %g, expected a finite number%s", t->path,
                       place_of(t, index), role_of(t, index), path_of(t, index), where, (double)rows[i],
                       isfinite(rows[i]) ? " from 0 up" : " of float32");
    }
    return LS_OK;
}

static ls_status bring(void *user, int index, int64_t first, int64_t count, float *rows)
{
    return read_rows(user, index, first, count, rows);
}

/* What training does not change by gradients is small, and lies here. */
static ls_status read_statistics(translating *t)
{
    const ls_network *network = t->network;
    float *room;
    LS_TRY(ls_memory_allocate(&t->statistics, ls_network_statistics(network), sizeof(float), "moving statistics"));
    LS_TRY(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    ls_status status = LS_OK;
    for (int i = network->trainable_variables; i < network->variables && status == LS_OK; i++) {
        const int64_t offset = network->matrix[network->tensor[i].matrix].offset - network->trainable;
        status = read_rows(t, i, 0, 1, room);
        if (status == LS_OK)
            ls_network_pack_rows(network, i, room, 0, 1, t->statistics + offset);
    }
    ls_memory_free(room);
    return status;
}

/* ---- maps ---- */

/* Mean and variance that are variables. */
static ls_status read_map(const translating *t, int l, int64_t columns, ls_keras_map *map)
{
    const ls_keras_source *s = &t->source;
    ls_h5_dataset found;
    char text[256];
    if (map->count > 0)
        return LS_OK;
    for (int k = 0; k < 2; k++) {
        LS_TRY(ls_keras_variables_describe(&s->file, &s->model, &s->variables, l, k, &found));
        const int64_t count = found.rank == 0 ? 1 : found.shape[0];
        if (found.rank > 1 || (count != 1 && count != columns))
            return ls_fail(LS_ERR_DATA, "%s: %s: its %s, %s, has shape %s, expected (%lld) or ()", t->path,
                           s->model.layer[l].place, k == 0 ? "mean" : "variance",
                           ls_keras_variables_path(&s->variables, l, k), ls_h5_shape_text(&found, text, sizeof text),
                           (long long)columns);
        if (k == 1 && count != map->count)
            return ls_fail(LS_ERR_DATA, "%s: %s: has %lld means and %lld variances", t->path, s->model.layer[l].place,
                           (long long)map->count, (long long)count);
        map->count = count;
        double **values = k == 0 ? &map->a : &map->b;
        LS_TRY(ls_memory_allocate(values, count, sizeof **values, "normalisation"));
        LS_TRY(ls_h5_read_double(s->file.variables, ls_keras_variables_path(&s->variables, l, k), 0, count, *values));
    }
    return LS_OK;
}

static ls_status read_maps(translating *t, ls_keras_use use, ls_keras_map *map, int count, int64_t columns,
                           ls_affine *affine)
{
    const ls_keras_model *model = &t->source.model;
    const char **place;
    LS_TRY(ls_memory_allocate(&place, count + 1, sizeof *place, "layers of a model"));
    ls_status status = LS_OK;
    for (int l = 0; l < model->count && status == LS_OK; l++) {
        const ls_keras_layer *layer = &model->layer[l];
        if (layer->use != use)
            continue;
        place[layer->index] = layer->place;
        status = read_map(t, l, columns, &map[layer->index]);
    }
    if (status == LS_OK)
        status = ls_joined_maps_make(map, place, count, columns, use == LS_KERAS_TARGETS, t->path, affine);
    ls_memory_free(place);
    return status;
}

/* ---- the file in memory ---- */

static ls_status set_text(ls_h5_file *file, const char *name, const ls_text *text)
{
    return text->length > 0 ? ls_h5_set_text(file, "/lockstep", name, ls_text_string(text)) : LS_OK;
}

/* "a Keras 3.15.1 model, 5 layers, compiled with adam" */
static ls_status put_facts(const translating *t, ls_h5_file *file)
{
    const ls_keras_source *s = &t->source;
    const char *optimizer = ls_text_string(&t->compiled.optimizer);
    ls_text text = {0};
    int layers = 0;
    for (int l = 0; l < s->model.count; l++)
        layers += strcmp(s->model.layer[l].class_name, "InputLayer") != 0;
    ls_text_printf(&text, "a Keras %s%smodel, %d layer%s, ", s->file.version, s->file.version[0] ? " " : "", layers,
                   layers == 1 ? "" : "s");
    if (!s->compiled)
        ls_text_append(&text, "not compiled");
    else if (optimizer[0])
        ls_text_printf(&text, "compiled with %.*s", (int)strcspn(optimizer, " "), optimizer);
    else
        ls_text_append(&text, "compiled");
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = set_text(file, LS_IMPORT_KERAS, &text);
    ls_text_free(&text);
    return status;
}

static void add_note(ls_text *notes, const char *what, const ls_text *text)
{
    if (text->length > 0)
        ls_text_printf(notes, "%s%s%s", notes->length > 0 ? "\n" : "", what, ls_text_string(text));
}

static ls_status put_notes(const translating *t, ls_h5_file *file)
{
    const ls_keras_source *s = &t->source;
    ls_text notes = {0}, training = {0};
    add_note(&notes, "", &s->model.remarks);
    add_note(&notes, "no layer has these variables of the file, which are passed over: ", &s->variables.passed_over);
    add_note(&notes, "its metrics that Lockstep does not have are passed over: ", &t->compiled.metrics_passed_over);
    add_note(&training, "", &s->model.training_remarks);
    if (s->model.target_maps > 0)
        ls_text_printf(&training,
                       "%sits outputs are scaled by its last layer: the loss is that of targets before it, Keras' of "
                       "targets as they are",
                       training.length > 0 ? "\n" : "");
    ls_status status = ls_text_status(&notes);
    if (status == LS_OK)
        status = ls_text_status(&training);
    if (status == LS_OK)
        status = set_text(file, LS_IMPORT_NOTES, &notes);
    if (status == LS_OK)
        status = set_text(file, LS_IMPORT_TRAINING_NOTES, &training);
    ls_text_free(&notes);
    ls_text_free(&training);
    return status;
}

static ls_status write_attributes(const translating *t, ls_h5_file *file)
{
    LS_TRY(put_facts(t, file));
    LS_TRY(put_notes(t, file));
    LS_TRY(set_text(file, LS_IMPORT_OPTIMIZER, &t->compiled.optimizer));
    LS_TRY(set_text(file, LS_IMPORT_SCHEDULE, &t->compiled.schedule));
    LS_TRY(set_text(file, LS_IMPORT_EMA, &t->compiled.ema));
    return set_text(file, LS_IMPORT_OPTIMIZER_FAULT, &t->compiled.optimizer_fault);
}

static ls_status write_into(translating *t, int fd)
{
    const int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const ls_modelblock weights = {.statistics = t->statistics, .bring = bring, .user = t};
    ls_h5_file *file;
    if (own < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: what it becomes here cannot be opened twice", t->path);
    LS_TRY(ls_h5_create_in(own, t->path, 0, &file));
    ls_status status =
        ls_modelfile_write(file, "model", t->network, &weights, t->optimizer.found ? &t->optimizer.writing : NULL);
    if (status == LS_OK)
        status = write_attributes(t, file);
    if (status == LS_OK)
        return ls_h5_finish(file);
    ls_h5_close(file);
    return status;
}

static ls_status write_file(translating *t, ls_h5_file **file)
{
    int fd;
    LS_TRY(ls_nameless_in_memory("a model being translated", &fd));
    const ls_status status = write_into(t, fd);
    const int64_t size = (int64_t)lseek(fd, 0, SEEK_END);
    if (status != LS_OK) {
        (void)ls_descriptor_close(fd);
        return status;
    }
    LS_TRY(ls_h5_open_window(fd, 0, size, t->path, file));
    ls_h5_trust(*file, LS_H5_LINKS_NONE, false);
    return LS_OK;
}

/* ---- all of it ---- */

static ls_status translate(translating *t, const ls_import_hints *hints, ls_h5_file **file)
{
    ls_keras_source *s = &t->source;
    LS_TRY(ls_keras_source_open(t->path, hints, s));
    LS_TRY(make_network(t));
    LS_TRY(ls_keras_source_find(s, t->network->parameters));
    LS_TRY(find_origins(t));
    for (int i = 0; i < t->network->variables; i++)
        LS_TRY(check_shape(t, i));
    LS_TRY(read_maps(t, LS_KERAS_FEATURES, s->model.map, s->model.feature_maps, t->network->features,
                     &t->network->feature_map));
    ls_keras_map *targets = s->model.map ? s->model.map + s->model.feature_maps : NULL; /* no map: no array */
    LS_TRY(read_maps(t, LS_KERAS_TARGETS, targets, s->model.target_maps, t->network->outputs, &t->network->target_map));
    LS_TRY(read_statistics(t));
    if (s->compiled)
        LS_TRY(ls_keras_compile_read(s->compiled_in, s->compiled, t->path, &t->compiled));
    LS_TRY(ls_keras_objective_take(s->compiled ? &t->compiled : NULL, t->network));
    LS_TRY(ls_translate_state_find(&s->file, &s->model, t->network, &t->compiled, &t->optimizer));
    return write_file(t, file);
}

ls_status ls_translate(const char *path, const ls_import_hints *hints, ls_h5_file **file)
{
    translating t = {.path = path};
    *file = NULL;
    const ls_status status = translate(&t, hints, file);
    ls_translate_state_free(&t.optimizer);
    ls_keras_compiled_free(&t.compiled);
    ls_memory_free(t.statistics);
    ls_memory_free(t.origin);
    ls_network_destroy(t.network);
    ls_keras_source_free(&t.source);
    return status;
}
