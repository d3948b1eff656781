/* Deltas from the loss down to the first layer with weights. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

void ls_pass_transpose_deltas(ls_pass *pass, int matrix, const float *d, int64_t stride, const ls_pass_share *s)
{
    const ls_matrix *m = &pass->network->matrix[matrix];
    int64_t begin, end;
    ls_pass_part(s, m->panels, &begin, &end);
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t o = panel * LS_PANEL;
        const int64_t units = m->units - o < LS_PANEL ? m->units - o : LS_PANEL;
        const int values = pass->operands && m->inputs > 0 ? pass->operands->values : 1;
        float *out = pass->delta[matrix] + (panel * pass->max_panels + s->first) * LS_PANEL * LS_PANEL / values;
        (pass->operands && m->inputs > 0 ? pass->kernels->bfloat16.deltas : pass->kernels->transpose)(
            d + s->first * stride, stride, o, (int)units, s->last - s->first, out);
    }
}

/* Where a branch began at layer l's outputs, what went around it is added to what came through it. */
static void join(const ls_pass *pass, int l, float *d, const ls_pass_share *s)
{
    const int64_t n = pass->network->layers[l].units * LS_PANEL;
    for (int k = pass->network->count - 1; k > l; k--) {
        const ls_layer *above = &pass->network->layers[k];
        for (int64_t p = s->own_first; above->input[1] == l && above->input[0] != l && p < s->own_last; p++) {
            float *at = d + p * pass->flow_units * LS_PANEL;
            pass->kernels->add(n, at, pass->layers[k].around + p * n, at);
        }
    }
}

void ls_pass_tell_ready(const ls_pass_run *run, const ls_pass_share *s, int l)
{
    if (!run->beside)
        return;
    ls_pass_meet_all(s);
    run->beside->ready(run->beside->user, l, s->thread, s->team);
}

void ls_pass_backward(ls_pass *pass, const ls_pass_run *run, const ls_pass_share *s)
{
    int flow = 0;
    for (int l = pass->network->count - 1; l >= pass->first_trained; l--) {
        if (pass->layers[l].joins)
            join(pass, l, pass->flow[flow], s);
        const ls_layer *layer = &pass->network->layers[l];
        layer->kind->operations->backward(pass, run, l, &flow, s);
        for (int64_t p = s->own_first; run->batch->lanes && l > pass->first_trained && p < s->own_last; p++)
            ls_pass_clear(run->batch, p, layer->inputs, pass->flow[flow] + p * pass->flow_units * LS_PANEL);
        if (!layer->kind->tells)
            ls_pass_tell_ready(run, s, l);
        if (run->beside) {
            ls_pass_meet_all(s);
            if (s->thread == 0)
                run->beside->released(run->beside->user);
        }
    }
}
