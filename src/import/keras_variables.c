/* Matching. Keras 3's files name a variable by its layer's class and number (layers/dense_1/vars/0). The older ones
 * list layers (layer_names) and in each the variables (weight_names), trainable ones first: there layers are matched by
 * their names where these are the configuration's, else by their order, as Keras does it. */
#include "import/keras_variables.h"

#include "base/memory.h"
#include "import/keras_names.h"

#include <stdio.h>
#include <string.h>

#define NAMED 4 /* datasets that are named when some are left */

static ls_status set_path(ls_keras_variables *v, int index, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static ls_status set_path(ls_keras_variables *v, int index, const char *format, ...)
{
    ls_text text = {0};
    va_list arguments;
    va_start(arguments, format);
    ls_text_vprintf(&text, format, arguments);
    va_end(arguments);
    const ls_status status = ls_text_status(&text);
    ls_memory_free(v->path[index]);
    v->path[index] = NULL;
    if (status == LS_OK)
        LS_TRY(ls_memory_allocate(&v->path[index], (int64_t)text.length + 1, 1, "path of a variable"));
    if (status == LS_OK)
        memcpy(v->path[index], ls_text_string(&text), text.length);
    ls_text_free(&text);
    return status;
}

/* ---- Keras 3's files ---- */

/* Where a layer's group is, by whichever Keras wrote the file. */
typedef const char *(*naming)(const ls_keras_layer *layer);

static const char *saved_now(const ls_keras_layer *layer)
{
    return layer->saved;
}

static const char *saved_214(const ls_keras_layer *layer)
{
    return layer->saved_214;
}

static const char *saved_213(const ls_keras_layer *layer)
{
    return layer->saved_213;
}

static ls_status set_saved(const ls_keras_model *model, naming group, ls_keras_variables *v)
{
    for (int l = 0; l < model->count; l++)
        for (int k = 0; k < model->layer[l].variables; k++)
            LS_TRY(set_path(v, v->first[l] + k, "/%s/vars/%d", group(&model->layer[l]), k));
    return LS_OK;
}

static bool all_there(const ls_keras_file *file, const ls_keras_variables *v)
{
    for (int i = 0; i < v->count; i++)
        if (!ls_h5_exists(file->variables, v->path[i]))
            return false;
    return true;
}

/* None is missing, and no layer has more. */
static ls_status check_saved(const ls_keras_file *file, const ls_keras_model *model, naming group,
                             const ls_keras_variables *v)
{
    char more[LS_TEXT_MAX];
    for (int l = 0; l < model->count; l++) {
        const ls_keras_layer *layer = &model->layer[l];
        const char *plural = layer->variables == 1 ? "" : "s";
        for (int k = 0; k < layer->variables; k++)
            if (!ls_h5_exists(file->variables, v->path[v->first[l] + k]))
                return ls_fail(LS_ERR_DATA, "%s: %s has %d variable%s, and %s is not there", file->path, layer->place,
                               layer->variables, plural, v->path[v->first[l] + k]);
        (void)snprintf(more, sizeof more, "/%s/vars/%d", group(layer), layer->variables);
        if (layer->variables > 0 && ls_h5_exists(file->variables, more))
            return ls_fail(LS_ERR_DATA,
                           "%s: %s has %d variable%s, and %s is there; is the configuration another model's?",
                           file->path, layer->place, layer->variables, plural, more);
    }
    return LS_OK;
}

static ls_status find_all_saved(const ls_keras_file *file, const ls_keras_model *model, ls_keras_variables *v)
{
    naming group = saved_now;
    if (!ls_h5_exists(file->variables, "/layers") && model->count > 0 && model->layer[0].saved_213) {
        LS_TRY(set_saved(model, saved_213, v));
        group = all_there(file, v) ? saved_213 : saved_214;
    }
    LS_TRY(set_saved(model, group, v));
    return check_saved(file, model, group, v);
}

/* ---- files with weight_names ---- */

/* Layers of the configuration whose variables are listed together: one, or all of a model that is a layer. */
typedef struct together {
    int first, last; /* layers [first, last) */
    int variables;
} together;

/* A layer of the file that has variables. */
typedef struct listed {
    const char *name;
    ls_keras_names weights;
} listed;

typedef struct matching {
    const ls_keras_file *file;
    const ls_keras_model *model;
    ls_keras_variables *variables;
    ls_keras_names layer_names;
    listed *listed; /* (listed_count) */
    int listed_count;
    together *together; /* (together_count) those with variables */
    int together_count;
} matching;

/* A path below the root. */
static void put_below(const ls_keras_file *file, const char *layer, const char *weight, ls_text *path)
{
    ls_text_clear(path);
    ls_text_printf(path, "%s/%s%s%s", strcmp(file->root, "/") == 0 ? "" : file->root, layer, weight ? "/" : "",
                   weight ? weight : "");
}

static ls_status list_layers(matching *m)
{
    ls_h5_file *h5 = m->file->variables;
    ls_text path = {0};
    ls_status status;
    LS_TRY(ls_keras_names_read(h5, m->file->root, "layer_names", &m->layer_names));
    LS_TRY(ls_memory_allocate(&m->listed, m->layer_names.count + 1, sizeof *m->listed, "layers of a file"));
    for (const char *name = NULL; (name = ls_keras_names_next(&m->layer_names, name)) != NULL;) {
        listed *l = &m->listed[m->listed_count];
        put_below(m->file, name, NULL, &path);
        LS_TRY_CLEANUP(ls_text_status(&path));
        if (!ls_h5_exists(h5, ls_text_string(&path)))
            LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s: layer_names of %s has '%s', and there is no group %s",
                                   m->file->path, m->file->root, name, ls_text_string(&path)));
        l->name = name;
        LS_TRY_CLEANUP(ls_keras_names_read(h5, ls_text_string(&path), "weight_names", &l->weights));
        m->listed_count += l->weights.count > 0;
    }
    status = LS_OK;
cleanup:
    ls_text_free(&path);
    return status;
}

static ls_status list_together(matching *m)
{
    const ls_keras_model *model = m->model;
    LS_TRY(ls_memory_allocate(&m->together, model->count + 1, sizeof *m->together, "layers of a configuration"));
    for (int l = 0, end; l < model->count; l = end) {
        together *t = &m->together[m->together_count];
        *t = (together){.first = l};
        for (end = l; end < model->count && strcmp(model->layer[end].legacy, model->layer[l].legacy) == 0; end++)
            t->variables += model->layer[end].variables;
        t->last = end;
        m->together_count += t->variables > 0;
    }
    return LS_OK;
}

static ls_status other_layers(const matching *m)
{
    ls_text theirs = {0}, ours = {0};
    for (int i = 0; i < m->listed_count; i++)
        ls_text_printf(&theirs, "%s%s", i > 0 ? ", " : "", m->listed[i].name);
    for (int i = 0; i < m->together_count; i++)
        ls_text_printf(&ours, "%s%s", i > 0 ? ", " : "", m->model->layer[m->together[i].first].legacy);
    const ls_status status =
        ls_fail(LS_ERR_DATA, "%s: %d layer%s of the file have variables (%.300s), of the configuration %d (%.300s)",
                m->file->path, m->listed_count, m->listed_count == 1 ? "" : "s", ls_text_string(&theirs),
                m->together_count, ls_text_string(&ours));
    ls_text_free(&theirs);
    ls_text_free(&ours);
    return status;
}

static const listed *find_by_name(const matching *m, const char *name)
{
    for (int i = 0; i < m->listed_count; i++)
        if (strcmp(m->listed[i].name, name) == 0)
            return &m->listed[i];
    return NULL;
}

static bool all_by_name(const matching *m)
{
    for (int i = 0; i < m->together_count; i++)
        if (!find_by_name(m, m->model->layer[m->together[i].first].legacy))
            return false;
    return true;
}

/* How many of a layer's variables are trained, those of a layer with `trainable` off not: moving statistics, and all of
 * a Normalization, are not. */
static int trained(const ls_keras_layer *layer)
{
    if (!layer->trainable || layer->use != LS_KERAS_LAYER)
        return 0;
    return strcmp(layer->class_name, "BatchNormalization") == 0 ? layer->variables - 2 : layer->variables;
}

/* First what is trained of all of them, then the rest. */
static ls_status take_names(const matching *m, const together *t, const listed *from)
{
    ls_text path = {0};
    ls_status status = LS_OK;
    const char *name = NULL;
    if (from->weights.count != t->variables)
        return ls_fail(LS_ERR_DATA, "%s: %s: weight_names of '%s' has %d variables, the configuration %d",
                       m->file->path, m->model->layer[t->first].place, from->name, from->weights.count, t->variables);
    for (int rest = 0; rest < 2; rest++)
        for (int l = t->first; l < t->last; l++) {
            const ls_keras_layer *layer = &m->model->layer[l];
            const int split = trained(layer);
            for (int k = rest ? split : 0; k < (rest ? layer->variables : split); k++) {
                const int index = m->variables->first[l] + k;
                name = ls_keras_names_next(&from->weights, name);
                put_below(m->file, from->name, name, &path);
                LS_TRY_CLEANUP(ls_text_status(&path));
                LS_TRY_CLEANUP(set_path(m->variables, index, "%s", ls_text_string(&path)));
                if (!ls_h5_exists(m->file->variables, m->variables->path[index]))
                    LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s: %s: weight_names has %s, and %s is not there",
                                           m->file->path, layer->place, name, m->variables->path[index]));
            }
        }
cleanup:
    ls_text_free(&path);
    return status;
}

static ls_status match(matching *m)
{
    LS_TRY(list_layers(m));
    LS_TRY(list_together(m));
    if (m->listed_count != m->together_count)
        return other_layers(m);
    const bool by_name = all_by_name(m);
    for (int i = 0; i < m->together_count; i++) {
        const together *t = &m->together[i];
        LS_TRY(take_names(m, t, by_name ? find_by_name(m, m->model->layer[t->first].legacy) : &m->listed[i]));
    }
    return LS_OK;
}

static ls_status find_all_listed(const ls_keras_file *file, const ls_keras_model *model, ls_keras_variables *v)
{
    matching m = {.file = file, .model = model, .variables = v};
    const ls_status status = match(&m);
    for (int i = 0; i < m.layer_names.count && m.listed; i++)
        ls_keras_names_free(&m.listed[i].weights);
    ls_memory_free(m.listed);
    ls_memory_free(m.together);
    ls_keras_names_free(&m.layer_names);
    return status;
}

/* ---- both ---- */

static bool begins(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

/* What Keras keeps beside the layers' variables: of training, and of what draws random numbers. */
static bool is_beside(const char *path)
{
    return begins(path, "/optimizer") || begins(path, "/metrics/") || begins(path, "/_tracker/") ||
           begins(path, "/lockstep/") || strstr(path, "seed_generator") != NULL;
}

static bool is_taken(const ls_keras_variables *v, const char *path)
{
    for (int i = 0; i < v->count; i++)
        if (strcmp(v->path[i], path) == 0)
            return true;
    return false;
}

/* The same dataset may have several names, of which one is listed; those that have none of ours are told. */
static ls_status find_passed_over(const ls_keras_file *file, ls_keras_variables *v)
{
    ls_h5_dataset *list;
    int count, left = 0;
    LS_TRY(ls_h5_list(file->variables, file->legacy ? file->root : "/", &list, &count));
    for (int i = 0; i < count; i++) {
        if (is_beside(list[i].path) || is_taken(v, list[i].path))
            continue;
        if (left++ < NAMED)
            ls_text_printf(&v->passed_over, "%s%s", left > 1 ? ", " : "", list[i].path);
    }
    if (left > NAMED)
        ls_text_printf(&v->passed_over, " and %d more", left - NAMED);
    ls_memory_free(list);
    return ls_text_status(&v->passed_over);
}

ls_status ls_keras_variables_find(const ls_keras_file *file, const ls_keras_model *model, ls_keras_variables *v)
{
    ls_status status;
    *v = (ls_keras_variables){.count = 0};
    LS_TRY_CLEANUP(ls_memory_allocate(&v->first, model->count + 1, sizeof *v->first, "variables of a file"));
    for (int l = 0; l < model->count; l++) {
        v->first[l] = v->count;
        v->count += model->layer[l].variables;
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&v->path, v->count + 1, sizeof *v->path, "variables of a file"));
    LS_TRY_CLEANUP(file->legacy ? find_all_listed(file, model, v) : find_all_saved(file, model, v));
    LS_TRY_CLEANUP(find_passed_over(file, v));
    return LS_OK;
cleanup:
    ls_keras_variables_free(v);
    return status;
}

void ls_keras_variables_free(ls_keras_variables *v)
{
    for (int i = 0; v->path && i < v->count; i++)
        ls_memory_free(v->path[i]);
    ls_memory_free(v->path);
    ls_memory_free(v->first);
    ls_text_free(&v->passed_over);
    *v = (ls_keras_variables){.count = 0};
}

ls_status ls_keras_variables_describe(const ls_keras_file *file, const ls_keras_model *model,
                                      const ls_keras_variables *v, int layer, int k, ls_h5_dataset *found)
{
    const char *path = ls_keras_variables_path(v, layer, k);
    LS_TRY(ls_h5_describe(file->variables, path, found));
    if (found->class_ == LS_H5_FLOAT && (found->bits == 16 || found->bits == 32 || found->bits == 64) &&
        !ls_h5_has_attribute(file->variables, path, "dtype"))
        return LS_OK;
    char *dtype = NULL;
    if (ls_h5_has_texts(file->variables, path, "dtype"))
        LS_TRY(ls_h5_attribute_text(file->variables, path, "dtype", &dtype));
    const ls_status status =
        ls_fail(LS_ERR_DATA,
                "%s: %s: %s is stored as %.32s; float16, float32 and float64 are read, so save the "
                "model again in one of them",
                file->path, model->layer[layer].place, path, dtype ? dtype : found->type);
    ls_memory_free(dtype);
    return status;
}

ls_status ls_keras_variables_features(const ls_keras_file *file, const ls_keras_model *model,
                                      const ls_keras_variables *v, int64_t *features)
{
    ls_h5_dataset found;
    for (int l = 0; l < model->count; l++) {
        const ls_keras_layer *layer = &model->layer[l];
        if (layer->variables == 0)
            continue;
        LS_TRY(ls_keras_variables_describe(file, model, v, l, 0, &found));
        if (found.rank > 0 && found.shape[0] > 0) { /* a kernel (inputs, units), or vectors of a value a column */
            *features = found.shape[0];
            return LS_OK;
        }
    }
    return ls_fail(LS_ERR_DATA, "%s: says nowhere how many features the model takes", file->path);
}
