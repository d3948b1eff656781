/* The list of layers as it grows: entries, branches, and the maps in front of it and behind it. */
#include "import/keras_reader.h"

#include "base/memory.h"
#include "model/layers.h"

#include <string.h>

/* ---- what must hold wherever something is put ---- */

/* Rows have one dimension, and after the outputs' maps nothing comes. */
static ls_status check_place(const ls_keras_reader *r)
{
    if (r->rows.rank > 2)
        return ls_keras_refuse(r, "a Flatten in front of it",
                               "its input has %d dimensions, the rows' among them; Lockstep has rows of numbers, which "
                               "are 2",
                               r->rows.rank);
    if (r->behind < 0)
        return LS_OK;
    ls_keras_reader map = *r;
    map.place = r->model->layer[r->behind].place;
    return ls_keras_refuse(&map, "in front of all layers or behind them",
                           "it stands between layers, which Lockstep does not have");
}

static void become_layer(ls_keras_reader *r)
{
    ls_keras_model *m = r->model;
    if (r->layer >= 0) {
        m->layer[r->layer].use = LS_KERAS_LAYER;
        m->layer[r->layer].index = r->layers;
        r->last = r->layer;
    }
    r->layers++;
}

/* The bounds of the list of layers hold for this entry: it is read with a layer behind it. */
static ls_status check_entry(const ls_keras_reader *r, const char *text)
{
    ls_text list = {0};
    ls_layer *layers = NULL;
    int count;
    ls_text_printf(&list, "%s, 1", text);
    ls_status status = ls_text_status(&list);
    if (status == LS_OK)
        status = ls_layers_parse(ls_text_string(&list), r->rows.units > 0 ? r->rows.units : 1, &layers, &count);
    if (status == LS_ERR_USAGE)
        status = ls_fail_prefix(LS_ERR_DATA, "%s: %s: ", r->file, r->place);
    ls_memory_free(layers);
    ls_text_free(&list);
    return status;
}

/* ---- entries ---- */

ls_status ls_keras_flow_entry(ls_keras_reader *r, const char *text, int64_t units)
{
    ls_text *list = &r->model->layers;
    LS_TRY(check_place(r));
    LS_TRY(check_entry(r, text));
    ls_text_append(list, list->length > 0 ? ", " : "");
    for (; r->opened > 0; r->opened--)
        ls_text_append(list, "residual(");
    ls_text_append(list, text);
    become_layer(r);
    if (units > 0)
        r->rows.units = units;
    r->ends_dense = units > 0;
    r->joins = false;
    return ls_text_status(list);
}

ls_status ls_keras_flow_activation(ls_keras_reader *r, const char *text)
{
    if (strcmp(text, "linear") == 0)
        return LS_OK;
    if (!r->joins || r->opened > 0)
        return ls_keras_flow_entry(r, text, 0);
    LS_TRY(check_entry(r, text));
    ls_text_printf(&r->model->layers, " %s", text);
    r->joins = false;
    return ls_text_status(&r->model->layers);
}

/* ---- branches ---- */

ls_status ls_keras_flow_open(ls_keras_reader *r)
{
    if (r->depth == LS_KERAS_BRANCHES_MAX)
        return ls_keras_refuse(r, NULL, "more than %d branches in one another", LS_KERAS_BRANCHES_MAX);
    r->source[r->depth++] = r->rows.units;
    r->opened++;
    return LS_OK;
}

ls_status ls_keras_flow_close(ls_keras_reader *r)
{
    const int64_t source = r->source[r->depth - 1];
    LS_TRY(check_place(r));
    if (r->opened > 0)
        return ls_keras_refuse(r, "Rescaling", "it adds numbers to themselves, with no layer between");
    if (source > 0 && source != r->rows.units)
        return ls_keras_refuse(r, NULL, "it adds %lld numbers to %lld; expected as many", (long long)r->rows.units,
                               (long long)source);
    r->depth--;
    ls_text_append(&r->model->layers, ")");
    become_layer(r);
    r->ends_dense = r->joins = false;
    return LS_OK;
}

/* ---- maps ---- */

static ls_status put_map(ls_keras_reader *r, ls_keras_map *map)
{
    ls_keras_model *m = r->model;
    const bool front = r->layers == 0;
    ls_keras_map *all = NULL;
    const int count = m->feature_maps + m->target_maps;
    if (r->depth > 0)
        return ls_keras_refuse(r, "in front of all layers or behind them",
                               "it stands in a branch, which Lockstep does not have");
    LS_TRY(ls_memory_allocate(&all, count + 1, sizeof *all, "maps of a configuration"));
    if (count > 0)
        memcpy(all, m->map, (size_t)count * sizeof *all);
    all[count] = *map;
    *map = (ls_keras_map){0};
    ls_memory_free(m->map);
    m->map = all;
    if (r->layer >= 0) {
        m->layer[r->layer].use = front ? LS_KERAS_FEATURES : LS_KERAS_TARGETS;
        m->layer[r->layer].index = front ? m->feature_maps : m->target_maps;
        if (!front && r->behind < 0)
            r->behind = r->layer;
    }
    if (front)
        m->feature_maps++;
    else
        m->target_maps++;
    r->joins = false;
    return LS_OK;
}

ls_status ls_keras_flow_map(ls_keras_reader *r, ls_keras_map *map)
{
    const ls_status status = put_map(r, map);
    ls_memory_free(map->a);
    ls_memory_free(map->b);
    return status;
}

/* ---- the end ---- */

ls_status ls_keras_flow_end(ls_keras_reader *r)
{
    ls_keras_model *m = r->model;
    ls_layer *layers;
    int count;
    r->place = "";
    if (r->layers == 0)
        return ls_keras_refuse(r, "Dense", "the model has no layer that computes; expected at least one Dense");
    if (!r->ends_dense) {
        r->place = m->layer[r->last].place;
        return ls_keras_refuse(r, "Dense",
                               "it is the last layer; Lockstep's last is a Dense, perhaps with an activation "
                               "behind it");
    }
    LS_TRY(ls_text_status(&m->layers));
    const ls_status status =
        ls_layers_parse(ls_text_string(&m->layers), m->features > 0 ? m->features : 1, &layers, &count);
    if (status == LS_ERR_USAGE)
        return ls_fail_prefix(LS_ERR_DATA, "%s: ", r->file);
    LS_TRY(status);
    ls_memory_free(layers);
    return LS_OK;
}
