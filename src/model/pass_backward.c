/* Deltas from the loss down to the first layer with weights. */
#include "model/pass_internal.h"

/* Whether layer l's delta left the layer above as that of z already: a relu's mask is applied in the tile. */
static bool masked_below(const ls_network *network, int l)
{
    return network->layers[l].activation == LS_RELU && l + 1 < network->count &&
           network->layers[l + 1].kind == LS_LAYER_DENSE;
}

static void backward_dense(ls_pass *pass, const float *block, int l, int *flow, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const bool derived = masked_below(network, l) || (l == network->count - 1 && ls_loss_fused(&network->loss));
    const int64_t flow_stride = pass->flow_units * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    float *d = pass->flow[*flow];
    for (int64_t p = s->own_first; p < s->own_last && !derived; p++)
        pass->kernels->activate_backward(layer->activation, layer->units, NULL, pass->layers[l].output + p * a_stride,
                                         d + p * flow_stride);
    ls_pass_meet(s); /* so far each member had the delta of its own rows, from the loss or through dropout */

    int64_t begin, end;
    ls_pass_part(s, layer->panels, &begin, &end);
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t o = panel * LS_PANEL;
        const int64_t units = layer->units - o < LS_PANEL ? layer->units - o : LS_PANEL;
        float *out = pass->layers[l].delta + (panel * pass->max_panels + s->first) * LS_PANEL * LS_PANEL;
        pass->kernels->transpose(d + s->first * flow_stride, flow_stride, o, (int)units, s->last - s->first, out);
    }
    if (l == pass->first_dense)
        return;
    ls_pass_part(s, layer->inputs, &begin, &end);
    const float *below = l > 0 && network->layers[l - 1].kind == LS_LAYER_DENSE && masked_below(network, l - 1)
                             ? pass->layers[l - 1].output + s->first * (layer->inputs + 1) * LS_PANEL
                             : NULL;
    pass->kernels->input_gradient(d + s->first * flow_stride, flow_stride, block + layer->offset,
                                  ls_layer_weight_rows(layer) * LS_PANEL, layer->units, begin, end, s->last - s->first,
                                  below, (layer->inputs + 1) * LS_PANEL, pass->flow[1 - *flow] + s->first * flow_stride,
                                  flow_stride);
    *flow = 1 - *flow;
    ls_pass_meet(s);
}

void ls_pass_backward(ls_pass *pass, const float *block, const ls_pass_share *s)
{
    int flow = 0;
    for (int l = pass->network->count - 1; l >= pass->first_dense; l--) {
        const ls_layer *layer = &pass->network->layers[l];
        if (layer->kind == LS_LAYER_DENSE) {
            backward_dense(pass, block, l, &flow, s);
            continue;
        }
        for (int64_t p = s->own_first; p < s->own_last; p++) {
            pass->kernels->dropout_backward((float)(1 / (1 - layer->rate)), layer->units,
                                            pass->layers[l].keep + p * layer->units * LS_PANEL,
                                            pass->flow[flow] + p * pass->flow_units * LS_PANEL);
        }
    }
}
