/* Networks: construction, initial weights, and tensors in and out of the panel layout. */
#include "model/network.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "model/layer_kinds.h"

#include <string.h>

/* ---- the block ---- */

static ls_status too_large(const ls_layer *layer, int number)
{
    return ls_fail(LS_ERR_USAGE, "--layers: the weights up to layer %d do not fit a computer's memory (%lld x %lld)",
                   number, (long long)layer->inputs, (long long)layer->units);
}

static bool is_trainable(const ls_layer_matrix *matrix)
{
    return matrix->inputs > 0 || ls_role_trainable((ls_role)matrix->vector);
}

/* One matrix more, at the end of the block. */
static ls_status place_matrix(ls_network *n, int l, const ls_layer_matrix *shape)
{
    const ls_layer *layer = &n->layers[l];
    ls_matrix *m = &n->matrix[n->matrices];
    int64_t floats;
    *m = (ls_matrix){.layer = l,
                     .inputs = shape->inputs,
                     .vector = shape->vector,
                     .units = layer->units,
                     .panels = (layer->units + LS_PANEL - 1) / LS_PANEL,
                     .offset = n->block,
                     .variable = n->variables};
    if (__builtin_mul_overflow(m->panels * LS_PANEL, ls_matrix_rows(m), &floats) ||
        __builtin_add_overflow(n->block, floats, &n->block) || n->block > (INT64_C(1) << 40))
        return too_large(layer, l + 1);
    n->parameters += layer->units * ls_matrix_rows(m);
    if (m->inputs > 0)
        n->tensor[n->variables++] = (ls_tensor){l, LS_KERNEL, m->inputs, m->units, n->matrices};
    if (m->vector >= 0)
        n->tensor[n->variables++] = (ls_tensor){l, (ls_role)m->vector, 1, m->units, n->matrices};
    n->matrices++;
    return LS_OK;
}

/* Those matrices of layer l that are trained, or those of statistics. */
static ls_status place_layer(ls_network *n, int l, bool trainable)
{
    ls_layer *layer = &n->layers[l];
    ls_layer_matrix shapes[LS_LAYER_MATRICES];
    const int count = layer->kind->matrices ? layer->kind->matrices(layer, shapes) : 0, first = n->matrices;
    for (int m = 0; m < count; m++)
        if (is_trainable(&shapes[m]) == trainable)
            LS_TRY(place_matrix(n, l, &shapes[m]));
    *(trainable ? &layer->matrix : &layer->statistic) = first;
    *(trainable ? &layer->matrices : &layer->statistics) = n->matrices - first;
    return LS_OK;
}

static ls_status lay_out(ls_network *n)
{
    const int64_t most = (int64_t)n->count * LS_LAYER_MATRICES;
    LS_TRY(ls_memory_allocate(&n->matrix, most, sizeof *n->matrix, "layers"));
    LS_TRY(ls_memory_allocate(&n->tensor, 2 * most, sizeof *n->tensor, "layers"));
    for (int l = 0; l < n->count; l++)
        LS_TRY(place_layer(n, l, true));
    n->trainable = n->block;
    n->trainable_matrices = n->matrices;
    n->trainable_variables = n->variables;
    for (int l = 0; l < n->count; l++)
        LS_TRY(place_layer(n, l, false));
    return LS_OK;
}

ls_status ls_network_create(const char *layers, int64_t features, ls_network **network)
{
    *network = NULL;
    ls_network *n;
    LS_TRY(ls_memory_allocate(&n, 1, sizeof *n, "network"));
    ls_status status = ls_layers_parse(layers, features, &n->layers, &n->count);
    if (status == LS_OK)
        status = lay_out(n);
    if (status != LS_OK) {
        ls_network_destroy(n);
        return status;
    }
    n->features = features;
    n->outputs = n->layers[n->count - 1].units;
    n->loss = ls_loss_plain(LS_MEAN_SQUARED_ERROR);
    n->metrics.width = 1;
    *network = n;
    return LS_OK;
}

void ls_network_destroy(ls_network *network)
{
    if (!network)
        return;
    ls_affine_free(&network->feature_map);
    ls_affine_free(&network->target_map);
    ls_memory_free(network->offset);
    ls_memory_free(network->fill);
    ls_memory_free(network->classes);
    ls_memory_free(network->matrix);
    ls_memory_free(network->tensor);
    ls_memory_free(network->layers);
    ls_memory_free(network);
}

const ls_regularizer *ls_network_regularizer(const ls_network *network, int variable)
{
    const ls_tensor *t = &network->tensor[variable];
    return &network->layers[t->layer].regularizer[t->role];
}

const ls_constraint *ls_network_constraint(const ls_network *network, int variable)
{
    const ls_tensor *t = &network->tensor[variable];
    return &network->layers[t->layer].constraint[t->role];
}

bool ls_network_regularized(const ls_network *network)
{
    for (int v = 0; v < network->trainable_variables; v++)
        if (ls_regularizer_is_set(ls_network_regularizer(network, v)))
            return true;
    return false;
}

bool ls_network_constrained(const ls_network *network, ls_constraint_kind kind)
{
    for (int v = 0; v < network->trainable_variables; v++)
        if (ls_network_constraint(network, v)->kind == kind)
            return true;
    return false;
}

/* ---- initial values ---- */

/* One row of a matrix, over all its panels: of the kernel, or the vector behind it. */
static void draw_row(const ls_matrix *m, const ls_initializer *initializer, ls_initializer_place at, float *block)
{
    for (int64_t panel = 0; panel < m->panels; panel++) {
        at.unit = panel * LS_PANEL;
        at.count = m->units - at.unit < LS_PANEL ? m->units - at.unit : LS_PANEL;
        ls_initializer_fill(initializer, &at, block + m->offset + (panel * ls_matrix_rows(m) + at.row) * LS_PANEL);
    }
}

void ls_network_initialize(const ls_network *network, uint32_t seed, float *block)
{
    const ls_fpenv saved = ls_fpenv_enter();
    for (int k = 0; k < network->matrices; k++) {
        const ls_matrix *m = &network->matrix[k];
        const ls_layer *layer = &network->layers[m->layer];
        const uint32_t number = (uint32_t)m->layer;
        for (int64_t i = 0; i < m->inputs; i++)
            draw_row(m, ls_layer_initializer(layer, LS_KERNEL),
                     (ls_initializer_place){seed, number, .row = i, .inputs = m->inputs, .outputs = m->units}, block);
        if (m->vector >= 0)
            draw_row(m, ls_layer_initializer(layer, (ls_role)m->vector),
                     (ls_initializer_place){seed, number, .row = m->inputs, .inputs = m->units, .outputs = m->units},
                     block);
    }
    ls_fpenv_leave(saved);
}

/* ---- variables ---- */

ls_tensor ls_network_tensor(const ls_network *network, int index)
{
    return index >= 0 && index < network->variables ? network->tensor[index] : (ls_tensor){.layer = -1};
}

ls_tensor ls_network_tensor_at(const ls_network *network, int64_t at, int64_t *last)
{
    int k = network->matrices - 1;
    while (network->matrix[k].offset > at)
        k--;
    const ls_matrix *m = &network->matrix[k];
    const int64_t panel = ls_matrix_rows(m) * LS_PANEL, kernel = m->inputs * LS_PANEL;
    const int64_t within = (at - m->offset) % panel;
    const bool vector = within >= kernel;
    *last = at - within + (vector ? panel : kernel);
    return network->tensor[m->variable + (vector && m->inputs > 0 ? 1 : 0)];
}

/* Place of element (row, column), the first of a panel, behind the tensor's matrix' beginning. */
static int64_t first_of_panel(const ls_network *network, const ls_tensor *tensor, int64_t row, int64_t column)
{
    const ls_matrix *m = &network->matrix[tensor->matrix];
    const int64_t weight_row = ls_tensor_is_vector(tensor) ? m->inputs : row;
    return (column / LS_PANEL * ls_matrix_rows(m) + weight_row) * LS_PANEL;
}

/* A row's values in a panel, the last of which may have fewer. */
static inline void copy_lanes(float *to, const float *from, int64_t left)
{
    if (left >= LS_PANEL)
        memcpy(to, from, LS_PANEL * sizeof *to); /* of known length: no call */
    else
        memcpy(to, from, (size_t)left * sizeof *to);
}

/* Panel by panel: a row's values lie a panel's length apart, those of many rows together. */
void ls_network_unpack_rows(const ls_network *network, int index, const float *panels, int64_t first, int64_t count,
                            float *values)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    for (int64_t c = 0; c < tensor.columns; c += LS_PANEL) {
        const float *from = panels + first_of_panel(network, &tensor, first, c);
        for (int64_t r = 0; r < count; r++, from += LS_PANEL)
            copy_lanes(values + r * tensor.columns + c, from, tensor.columns - c);
    }
}

void ls_network_unpack(const ls_network *network, int index, const float *block, float *values)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    ls_network_unpack_rows(network, index, block + network->matrix[tensor.matrix].offset, 0, tensor.rows, values);
}

void ls_network_pack_rows(const ls_network *network, int index, const float *values, int64_t first, int64_t count,
                          float *panels)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    for (int64_t c = 0; c < tensor.columns; c += LS_PANEL) {
        float *to = panels + first_of_panel(network, &tensor, first, c);
        for (int64_t r = 0; r < count; r++, to += LS_PANEL)
            copy_lanes(to, values + r * tensor.columns + c, tensor.columns - c);
    }
}

void ls_network_pack(const ls_network *network, int index, const float *values, float *block)
{
    const ls_tensor tensor = ls_network_tensor(network, index);
    ls_network_pack_rows(network, index, values, 0, tensor.rows, block + network->matrix[tensor.matrix].offset);
}

ls_metric_task ls_network_task(const ls_network *network)
{
    ls_metric_task task = {
        .loss = ls_loss_name(&network->loss),
        .outputs = network->outputs,
        .classes = ls_loss_classes(&network->loss),
        .labels = ls_loss_takes_labels(&network->loss),
        .yes = ls_loss_threshold(&network->loss),
        .target = &network->target_map,
    };
    task.spread = ls_loss_spread(&network->loss) > 1;
    task.chances = ls_loss_chances(&network->loss, &task.link);
    return ls_metrics_task(&network->metrics, &task);
}
