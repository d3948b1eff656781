/* Gaussian noise: while training, a normal number is added to each unit, each from its own random word. */
#include "model/layer_kinds.h"
#include "model/pass_internal.h"

static ls_status parse(const ls_layer_entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    (void)first;
    /* Keras' layer takes no more than 1 */
    if (!ls_layer_only_number(cursor, &layer->stddev) || layer->stddev < 0 || layer->stddev > 1)
        return ls_fail(LS_ERR_USAGE,
                       "--layers: layer %d '%.*s': gaussian_noise needs one standard deviation, from 0 to 1, as in "
                       "'gaussian_noise 0.1'",
                       e->number, e->length, e->text);
    return LS_OK;
}

static void format(const ls_layer *layer, ls_text *text)
{
    ls_text_append(text, "gaussian_noise ");
    ls_text_append_double(text, layer->stddev);
}

static void config(const ls_layer *layer, ls_json *json)
{
    ls_json_put_real(json, "stddev", layer->stddev);
}

/* ---- in a pass ---- */

static void forward(ls_pass *pass, const ls_pass_run *run, int l, const ls_pass_share *s)
{
    const ls_layer *layer = &pass->network->layers[l];
    const int64_t stride = (layer->units + 1) * LS_PANEL;
    for (int64_t p = s->own_first; p < s->own_last; p++) {
        if (!pass->training) {
            ls_pass_copy_input(pass, l, p);
            continue;
        }
        int64_t rows[LS_PANEL];
        ls_pass_dataset_rows(run->batch, p, rows);
        pass->kernels->gaussian_noise(run->seed, (uint32_t)l, run->batch->epoch, rows, (float)layer->stddev,
                                      layer->units, ls_pass_layer_input(pass, l) + p * stride,
                                      pass->layers[l].output + p * stride);
    }
}

/* The delta goes through as it is. */
static void backward(ls_pass *pass, const ls_pass_run *run, int l, int *flow, const ls_pass_share *s)
{
    (void)pass;
    (void)run;
    (void)l;
    (void)flow;
    (void)s;
}

static const ls_layer_operations operations = {
    .forward = forward,
    .backward = backward,
};

const ls_layer_kind ls_layer_noise = {
    .word = "gaussian_noise",
    .stem = "gaussian_noise",
    .keras_class = "GaussianNoise",
    .parse = parse,
    .format = format,
    .config = config,
    .operations = &operations,
};
