/* The gradient of whole networks against central differences of an independent network in float64: every activation,
 * hidden and at the output, with every loss that takes it, several depths, with and without biases, dropout and maps.
 *
 * TOLERANCE. The library computes in float32, the differences are good to about 1e-8. An element may be off by 5e-6 of
 * the largest element of its tensor (or of 1e-3 of the largest of all, where a tensor's own elements cancel), the loss
 * by 1e-6 of itself: at least three times what rounding does here (printed at the end), far below what a wrong term
 * would do. */
#include "model_test.h"

#include "math/activation_truth.h"
#include "math/activations.h"
#include "math/real.h"

#define SEED        11u
#define MOST_UNITS  32
#define MOST_LAYERS 20

extern const ls_layer_kind ls_layer_dropout, ls_layer_normalization;

/* ---- the network in float64, rows and weights in plain arrays ---- */

typedef struct naive {
    const ls_network *network;
    double *tensor[16]; /* [inputs][units] and [units], in the order of ls_network_tensor */
} naive;

static void naive_start(naive *n, const ls_network *network, const float *block)
{
    n->network = network;
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        float *values = zeros(t.rows * t.columns, sizeof *values);
        ls_network_unpack(network, i, block, values);
        n->tensor[i] = zeros(t.rows * t.columns, sizeof(double));
        for (int64_t k = 0; k < t.rows * t.columns; k++)
            n->tensor[i][k] = (double)values[k];
        ls_memory_free(values);
    }
}

static void naive_end(naive *n)
{
    for (int i = 0; i < n->network->variables; i++)
        ls_memory_free(n->tensor[i]);
}

/* numbers: its settings, or NULL. */
static void naive_activate(ls_activation activation, const float *numbers, int64_t units, const double *z, double *a)
{
    true_function *const each = activation == LS_SOFTMAX ? exp : true_activation(activation);
    double sum = 0;
    for (int64_t j = 0; j < units; j++)
        sum += a[j] = numbers ? true_with(activation, numbers, z[j]) : each(z[j]);
    for (int64_t j = 0; j < units && activation == LS_SOFTMAX; j++)
        a[j] /= sum;
}

/* What an output adds to the losses that are sums over outputs; `count` of them are a mean. */
static double naive_output(const ls_loss *loss, int64_t j, double a, double y)
{
    const ls_loss_settings *s = &loss->settings;
    const double error = a - y, tau = s->tau.value[j % s->tau.count], least = (double)1e-7f;
    const double positive = fmax(a, least), wrong = y * (1 - a) + (1 - y) * a;
    switch (loss->numbers.kind) {
    case LS_MEAN_SQUARED_ERROR:
        return error * error;
    case LS_MEAN_ABSOLUTE_ERROR:
        return fabs(error);
    case LS_HUBER:
        return fabs(error) <= s->delta ? error * error / 2 : s->delta * (fabs(error) - s->delta / 2);
    case LS_LOG_COSH:
        return log(cosh(error));
    case LS_MEAN_ABSOLUTE_PERCENTAGE_ERROR:
        return 100 * fabs(error) / fmax(fabs(y), least);
    case LS_MEAN_SQUARED_LOGARITHMIC_ERROR:
        return pow(log(1 + positive) - log(1 + fmax(y, least)), 2);
    case LS_POISSON:
        return a - y * log(a + least);
    case LS_KL_DIVERGENCE:
        return fmax(y, least) * log(fmax(y, least) / fmin(positive, 1));
    case LS_HINGE:
        return fmax(1 - (2 * y - 1) * a, 0);
    case LS_SQUARED_HINGE:
        return pow(fmax(1 - (2 * y - 1) * a, 0), 2);
    case LS_QUANTILE:
        return fmax(-tau * error, (1 - tau) * error);
    case LS_BINARY_FOCAL_CROSSENTROPY:
        return -(s->apply_class_balancing ? y * s->alpha + (1 - y) * (1 - s->alpha) : 1) * pow(wrong, s->gamma) *
               (y * log(a) + (1 - y) * log(1 - a));
    default: /* binary_crossentropy; the others are sums over classes */
        return ls_loss_classes(loss) == LS_CLASSES_EACH ? -(y * log(a) + (1 - y) * log(1 - a)) : -y * log(a);
    }
}

static double naive_loss(const ls_loss *loss, int64_t outputs, const double *z, const double *y, int32_t label)
{
    const double smoothing = loss->settings.label_smoothing;
    const bool mean = ls_loss_classes(loss) != LS_CLASSES_ONE;
    double value = 0, a[MOST_UNITS];
    memcpy(a, z, (size_t)outputs * sizeof *a);
    naive_activate(loss->numbers.link, NULL, outputs, z, a);
    for (int64_t j = 0; j < outputs; j++) {
        const double target = ls_loss_takes_labels(loss) ? j == label : y[j];
        value += naive_output(loss, j, a[j], target * (1 - smoothing) + smoothing / (mean ? 2 : (double)outputs));
    }
    return mean ? value / (double)outputs : value;
}

/* The layer's variable of this role; NULL: it has none. */
static const double *naive_tensor(const naive *n, int l, ls_role role)
{
    for (int i = 0; i < n->network->variables; i++)
        if (n->network->tensor[i].layer == l && n->network->tensor[i].role == role)
            return n->tensor[i];
    return NULL;
}

static void naive_dense(const naive *n, int l, const double *x, double *a)
{
    const ls_layer *layer = &n->network->layers[l];
    const double *kernel = naive_tensor(n, l, LS_KERNEL), *bias = naive_tensor(n, l, LS_BIAS);
    double z[MOST_UNITS];
    for (int64_t j = 0; j < layer->units; j++) {
        z[j] = bias ? bias[j] : 0;
        for (int64_t k = 0; k < layer->inputs; k++)
            z[j] += x[k] * kernel[k * layer->units + j];
    }
    naive_activate(layer->activation, ls_activation_numbers(&layer->activation_settings), layer->units, z, a);
}

static void naive_normalize(const naive *n, int l, const double *x, double *a)
{
    const ls_layer *layer = &n->network->layers[l];
    const double *scale = naive_tensor(n, l, LS_SCALE), *offset = naive_tensor(n, l, LS_OFFSET);
    double mean = 0, variance = 0;
    for (int64_t j = 0; j < layer->units; j++)
        mean += x[j] / (double)layer->units;
    for (int64_t j = 0; j < layer->units; j++)
        variance += (x[j] - mean) * (x[j] - mean) / (double)layer->units;
    for (int64_t j = 0; j < layer->units; j++)
        a[j] = (x[j] - mean) / sqrt(variance + layer->epsilon) * (scale ? scale[j] : 1) + (offset ? offset[j] : 0);
}

/* Layer l of row r as training sees it: what is random in it is keyed by the row of the dataset. */
static void naive_layer(const naive *n, int l, const ls_batch *batch, int64_t r, const double *x, const double *around,
                        double *a)
{
    const ls_layer *layer = &n->network->layers[l];
    if (layer->kind == &ls_layer_dense)
        naive_dense(n, l, x, a);
    else if (layer->kind == &ls_layer_activation)
        naive_activate(layer->activation, ls_activation_numbers(&layer->activation_settings), layer->units, x, a);
    else if (layer->kind == &ls_layer_normalization)
        naive_normalize(n, l, x, a);
    else
        for (int64_t u = 0; u < layer->units; u++) {
            const bool dropout = layer->kind == &ls_layer_dropout;
            const uint32_t word = philox_word(SEED, dropout ? 2 : 7, u, (uint32_t)l, batch->row[r], batch->epoch);
            if (layer->kind == &ls_layer_add)
                a[u] = x[u] + around[u];
            else if (dropout)
                a[u] = word >= floor(layer->rate * 0x1p32) ? x[u] / (1 - layer->rate) : 0;
            else
                a[u] = x[u] + layer->stddev * ls_real_normal_quantile(((double)word + 0.5) * 0x1p-32);
        }
}

/* Loss of one row. */
static double naive_row(const naive *n, const ls_batch *batch, int64_t r)
{
    const ls_network *network = n->network;
    double outputs[MOST_LAYERS + 1][MOST_UNITS], *a = outputs[0], y[MOST_UNITS] = {0}; /* the features come first */
    for (int64_t i = 0; i < network->features; i++) {
        const ls_affine *map = &network->feature_map;
        a[i] = map->count ? ((double)batch->x[r][i] - (double)map->mean[i]) / (double)map->scale[i]
                          : (double)batch->x[r][i];
    }
    for (int l = 0; l < network->count; l++, a += MOST_UNITS)
        naive_layer(n, l, batch, r, a, outputs[network->layers[l].input[1] + 1], outputs[l + 1]);
    for (int64_t j = 0; j < network->outputs && batch->y; j++) {
        const ls_affine *map = &network->target_map;
        y[j] = map->count ? ((double)batch->y[r][j] - (double)map->mean[j]) / (double)map->scale[j]
                          : (double)batch->y[r][j];
    }
    return naive_loss(&network->loss, network->outputs, a, y, batch->label ? batch->label[r] : 0);
}

static double naive_sum(const naive *n, const ls_batch *batch)
{
    double sum = 0;
    for (int64_t r = 0; r < batch->rows; r++)
        sum += naive_row(n, batch, r);
    return sum;
}

/* ---- comparison ---- */

static double worst_gradient, worst_loss; /* largest errors seen, in tolerances */

static void check_network(const network_text *text, const ls_loss *loss_of, int64_t rows)
{
    ls_network *network = make_network_for(text, loss_of);
    float *block = make_weights(network), *gradient = zeros(network->block, sizeof *gradient);
    rows_held held = make_rows(network, rows);
    const int64_t shard_rows[] = {0, rows / 3, rows}, node_shards[] = {2};
    const ls_batch_shards shards = {2, shard_rows, 1, node_shards, NULL};
    double *sums = zeros(network->metrics.width, sizeof *sums);
    ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 2, rows, true);
    train_into(pass, SEED, block, &held.batch, &shards, &gradient, sums);

    naive n;
    naive_start(&n, network, block);
    const double loss = naive_sum(&n, &held.batch);
    check_near(text->layers, sums[0], loss, 1e-6 * loss);
    worst_loss = fmax(worst_loss, fabs(sums[0] - loss) / (1e-6 * loss));

    double *difference[16], largest[16] = {0}, largest_of_all = 0;
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        difference[i] = zeros(t.rows * t.columns, sizeof(double));
        for (int64_t k = 0; k < t.rows * t.columns; k++) {
            const double w = n.tensor[i][k], h = 1e-6;
            n.tensor[i][k] = w + h;
            const double above = naive_sum(&n, &held.batch);
            n.tensor[i][k] = w - h;
            difference[i][k] = (above - naive_sum(&n, &held.batch)) / (2 * h);
            n.tensor[i][k] = w;
            largest[i] = fmax(largest[i], fabs(difference[i][k]));
        }
        largest_of_all = fmax(largest_of_all, largest[i]);
    }
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        const double tolerance = 5e-6 * fmax(largest[i], 1e-3 * largest_of_all) + 2e-8;
        float *got = zeros(t.rows * t.columns, sizeof *got);
        ls_network_unpack(network, i, gradient, got);
        for (int64_t k = 0; k < t.rows * t.columns; k++) {
            const double error = fabs((double)got[k] - difference[i][k]);
            worst_gradient = fmax(worst_gradient, error / tolerance);
            if (!(error <= tolerance)) {
                fail_msg("'%s', %s%s%s: gradient of tensor %d at (%lld, %lld) is %.9g, expected %.9g within %.3g",
                         text->layers, ls_loss_name(&network->loss), text->feature_map ? ", feature map" : "",
                         text->target_map ? ", target map" : "", i, (long long)(k / t.columns),
                         (long long)(k % t.columns), (double)got[k], difference[i][k], tolerance);
            }
        }
        ls_memory_free(got);
        ls_memory_free(difference[i]);
    }
    naive_end(&n);
    ls_pass_destroy(pass);
    free_rows(&held);
    ls_memory_free(sums);
    ls_memory_free(block);
    ls_memory_free(gradient);
    ls_network_destroy(network);
}

/* Every output activation up to `most` with every loss that takes it, behind `before` (a layer list that ends in a
 * comma, or ""). */
static void check_outputs(const char *before, const char *last, ls_activation most, bool feature_map, bool target_map)
{
    for (int loss = 0; loss <= LS_SPARSE_CATEGORICAL_CROSSENTROPY; loss++) {
        const ls_loss plain = ls_loss_plain((ls_loss_kind)loss);
        const ls_activation needed = ls_loss_last(&plain);
        for (int output = 0; output <= (int)most; output++) {
            if (needed != LS_ACTIVATION_COUNT && needed != (ls_activation)output)
                continue;
            char layers[250], end[64];
            snprintf(end, sizeof end, last, ls_activation_name((ls_activation)output));
            snprintf(layers, sizeof layers, "%s%s", before, end);
            const network_text text = {.layers = layers,
                                       .features = 5,
                                       .feature_map = feature_map,
                                       .target_map = target_map && ls_loss_scales(&plain)};
            check_network(&text, &plain, 17);
        }
    }
}

/* Twice each, but an exponential only of bounded outputs: rounding grows with its argument. */
static void check_hidden(const char *hidden, const char *last, bool feature_map, bool target_map)
{
    for (int h = 0; h < LS_ACTIVATION_COUNT; h++) {
        char before[160];
        snprintf(before, sizeof before, hidden,
                 ls_activation_name(h == LS_EXPONENTIAL ? LS_SOFTSIGN : (ls_activation)h),
                 ls_activation_name((ls_activation)h));
        check_outputs(before, last, LS_SOFTMAX, feature_map, target_map);
    }
    print_message("largest errors, in tolerances: gradient %.2f, loss %.2f\n", worst_gradient, worst_loss);
}

static void one_layer(void **state)
{
    (void)state;
    check_outputs("", "3 %s", LS_ACTIVATION_COUNT - 1, false, false);
    check_outputs("", "1 %s", LS_ACTIVATION_COUNT - 1, true, true);
    check_outputs("", "18 %s use_bias=off", LS_ACTIVATION_COUNT - 1, false, true);
}

static void hidden_layers(void **state)
{
    (void)state;
    check_hidden("7 %s, 18 %s, ", "3 %s", false, false);
}

static void hidden_layers_without_biases(void **state)
{
    (void)state;
    check_hidden("7 %s use_bias=off, 17 %s, ", "2 %s use_bias=off", true, false);
}

static void hidden_layers_with_dropout(void **state)
{
    (void)state;
    check_hidden("dropout 0.2, 18 %s, dropout 0.5, 6 %s use_bias=off, dropout 0.1, ", "4 %s", true, true);
}

static void dropout_of_features_only(void **state)
{
    (void)state;
    check_outputs("dropout 0.3, dropout 0.1, ", "3 %s", LS_SOFTMAX, false, true);
}

/* The other losses, and all settings. Poisson's outputs must be positive, and a slope of 100/|y| is beside small ones.
 */
static void losses_with_settings(void **state)
{
    (void)state;
    static const struct {
        const char *loss, *last;
    } cases[] = {
        {"huber", "3"},
        {"huber delta=0.3", "3 tanh"},
        {"log_cosh", "18"},
        {"mean_absolute_percentage_error", "2"},
        {"mean_squared_logarithmic_error", "3 relu"},
        {"mean_squared_logarithmic_error", "3"},
        {"poisson", "3 softplus"},
        {"poisson", "1 exponential"},
        {"kl_divergence", "4 softmax"},
        {"kl_divergence", "1 sigmoid"},
        {"hinge", "3"},
        {"hinge", "1 tanh"},
        {"squared_hinge", "3"},
        {"quantile tau=0.9", "2"},
        {"quantile tau=0.1,0.5,0.9", "3"},
        {"binary_focal_crossentropy", "3 sigmoid"},
        {"binary_focal_crossentropy gamma=0 label_smoothing=0.2", "1 sigmoid"},
        {"binary_focal_crossentropy apply_class_balancing=true alpha=0.3 gamma=1.5", "3 sigmoid"},
        {"binary_focal_crossentropy from_logits=true label_smoothing=0.1", "2"},
        {"binary_crossentropy label_smoothing=0.1", "18 sigmoid"},
        {"binary_crossentropy from_logits=true", "1"},
        {"categorical_crossentropy label_smoothing=0.1", "5 softmax"},
        {"categorical_crossentropy label_smoothing=0.2 from_logits=true", "18"},
        {"sparse_categorical_crossentropy label_smoothing=0.1", "5 softmax"},
        {"sparse_categorical_crossentropy from_logits=true", "4"},
        {"sparse_categorical_crossentropy from_logits=true label_smoothing=0.3", "19"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char layers[100];
        snprintf(layers, sizeof layers, "7 tanh, %s", cases[i].last);
        ls_loss loss;
        assert_int_equal(ls_loss_parse("loss", cases[i].loss, &loss), LS_OK);
        network_text text = {.layers = layers, .features = 5, .feature_map = true};
        check_network(&text, &loss, 17);
        text.target_map = ls_loss_scales(&loss);
        check_network(&text, &loss, 33);
    }
    print_message("largest errors, in tolerances: gradient %.2f, loss %.2f\n", worst_gradient, worst_loss);
}

/* Within a dense layer, the first, behind others and at the end, as a layer, and in a branch. */
static void activations_with_settings(void **state)
{
    static const char *const words[] = {
        "leaky_relu(0.3)",     "leaky_relu(0)",  "elu(alpha=0.4)",      "elu(0)",
        "relu(max_value=0.5)", "relu(0.3, 0.2)", "relu(threshold=0.1)", "relu(0.6, 0.3, 0.2)",
    };
    (void)state;
    for (int i = 0; i < LENGTH(words); i++) {
        char before[200], last[64];
        snprintf(before, sizeof before, "7 %s, 18, layer_normalization, %s, residual(9 %s, 18) %s, ", words[i],
                 words[i], words[i], words[i]);
        snprintf(last, sizeof last, "3 %s", words[i]);
        check_outputs(before, "3 %s", LS_RELU, i % 2 == 0, i % 3 == 0);
        check_outputs("7 tanh, ", last, LS_LINEAR, false, false);
    }
    print_message("largest errors, in tolerances: gradient %.2f, loss %.2f\n", worst_gradient, worst_loss);
}

/* Normalisations with and without scale and offset, noise, activations as layers, branches in branches. */
static void normalisations_and_branches(void **state)
{
    static const char *const before[] = {
        "layer_normalization, ",
        "7 tanh, layer_normalization scale=off, sigmoid, 18, layer_normalization center=off epsilon=0.1, ",
        "gaussian_noise 0.3, 9, layer_normalization, silu, layer_normalization scale=off center=off, ",
        "residual(7 tanh, 5), ",
        "residual(layer_normalization, gelu, 5, gaussian_noise 1), residual(5 relu, dropout 0.3), ",
        "9 tanh, residual(residual(9 softmax, 9), tanh, residual(layer_normalization)), softmax, ",
    };
    (void)state;
    for (int i = 0; i < LENGTH(before); i++)
        check_outputs(before[i], "3 %s", LS_SOFTMAX, i % 2 == 0, i % 3 == 0);
    print_message("largest errors, in tolerances: gradient %.2f, loss %.2f\n", worst_gradient, worst_loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_layer),
        cmocka_unit_test(hidden_layers),
        cmocka_unit_test(hidden_layers_without_biases),
        cmocka_unit_test(hidden_layers_with_dropout),
        cmocka_unit_test(dropout_of_features_only),
        cmocka_unit_test(losses_with_settings),
        cmocka_unit_test(activations_with_settings),
        cmocka_unit_test(normalisations_and_branches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
