/* Deltas from the loss down to the first layer with weights. */
#include "model/pass_internal.h"

static void backward_dense(ls_pass *pass, const float *block, int l, int *flow, const ls_pass_share *s)
{
    const ls_network *network = pass->network;
    const ls_layer *layer = &network->layers[l];
    const bool fused = l == network->count - 1 && ls_loss_fused_activation(network->loss) != LS_LINEAR;
    const int64_t flow_stride = pass->flow_units * LS_PANEL, a_stride = (layer->units + 1) * LS_PANEL;
    float *d = pass->flow[*flow];
    for (int64_t p = s->first; p < s->last && s->member == 0 && !fused; p++)
        pass->kernels->activate_backward(layer->activation, layer->units, pass->layers[l].output + p * a_stride,
                                         d + p * flow_stride);
    ls_pass_meet(s); /* so far the delta was member 0's alone, from the loss or through dropout */

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
    pass->kernels->input_gradient(d + s->first * flow_stride, flow_stride, block + layer->offset,
                                  ls_layer_weight_rows(layer) * LS_PANEL, layer->units, begin, end, s->last - s->first,
                                  pass->flow[1 - *flow] + s->first * flow_stride, flow_stride);
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
        for (int64_t p = s->first; p < s->last && s->member == 0; p++) {
            pass->kernels->dropout_backward((float)(1 / (1 - layer->rate)), layer->units,
                                            pass->layers[l].keep + p * layer->units * LS_PANEL,
                                            pass->flow[flow] + p * pass->flow_units * LS_PANEL);
        }
    }
}
