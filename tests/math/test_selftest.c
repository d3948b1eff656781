/* The self-test: good tables pass, a copy with one wrong bit in one tile of any kernel does not, and the choice falls
 * back. */
#include "math/math_test.h"

#include "base/clock.h"
#include "math/bfloat16.h"
#include "math/selftest.h"

#include <stdio.h>

static const char *wrong_kernel(const ls_kernels *table)
{
    const char *wrong;
    assert_int_equal(ls_selftest_compare(table, &ls_kernels_portable, &wrong), LS_OK);
    return wrong;
}

static void good_tables_pass(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        double first = 0, least = 1;
        for (int i = 0; i < 20; i++) {
            const double start = ls_clock();
            const char *wrong = wrong_kernel(table);
            const double took = ls_clock() - start;
            if (wrong)
                fail_msg("%s: %s differs", table->name, wrong);
            first = i == 0 ? took : first;
            least = took < least ? took : least;
        }
        print_message("self-test of %s: first %.0f us, then %.0f us\n", table->name, 1e6 * first, 1e6 * least);
    }
}

/* ---- a table whose kernels go through the ones below ---- */

static ls_kernels whole; /* what the broken table does apart from its fault */
static int fault;        /* which case of a kernel is broken */
static int broken_kind;  /* which update is */

/* The last bit: what a wrong order of operations changes. */
static void spoil(float *value)
{
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    bits ^= 1;
    memcpy(value, &bits, sizeof bits);
}

/* Fault n: outputs n; 17: long chains; 18: without a bias; 19: with relu; 20: the second weight panel. */
static void broken_forward(const float *x, int64_t x_stride, const float *w, int64_t w_stride, bool bias, bool relu,
                           int64_t inputs, int64_t first, int64_t last, int64_t panels, float *z, int64_t z_stride)
{
    whole.forward(x, x_stride, w, w_stride, bias, relu, inputs, first, last, panels, z, z_stride);
    if (last == fault || (fault == 17 && inputs > 256) || (fault == 18 && !bias) || (fault == 19 && relu) ||
        (fault == 20 && first > 0))
        spoil(z + z_stride * (panels - 1) + LS_PANEL * (last - 1) + 15);
}

/* Fault n: n input rows; 17: long chains; 18: with relu. */
static void broken_input_gradient(const float *d, int64_t d_stride, const float *w, int64_t w_stride, int64_t outputs,
                                  int64_t first, int64_t last, int64_t panels, const float *relu, int64_t relu_stride,
                                  float *dx, int64_t dx_stride)
{
    whole.input_gradient(d, d_stride, w, w_stride, outputs, first, last, panels, relu, relu_stride, dx, dx_stride);
    if (last - first == fault || (fault == 17 && outputs > 256) || (fault == 18 && relu))
        spoil(dx + dx_stride * (panels - 1) + LS_PANEL * (last - 1));
}

/* Fault n: n input rows; 17: the row before the first is not left alone; 18: eight shards; 19: the first panel;
 * 20: a single output. */
static void broken_weight_gradient(const float *x, int64_t x_stride, const float *d, int64_t d_stride,
                                   const int64_t *shard_rows, int64_t shards, int64_t outputs, int64_t first,
                                   int64_t last, float *gradient, int64_t gradient_stride, const ls_ahead *ahead)
{
    whole.weight_gradient(x, x_stride, d, d_stride, shard_rows, shards, outputs, first, last, gradient, gradient_stride,
                          ahead);
    const int64_t panels = (outputs + LS_PANEL - 1) / LS_PANEL;
    if ((outputs > 1 && (last - first == fault || (fault == 18 && shards == 8))) || (fault == 20 && outputs == 1))
        spoil(gradient + gradient_stride * (panels - 1) + LS_PANEL * (last - 1));
    if (fault == 17 || fault == 19)
        spoil(gradient + LS_PANEL * (fault == 17 ? first - 1 : first));
}

/* Fault 1: with a map; 2: without; 3: an unused lane. */
static void broken_gather(const float *const *rows, int lanes, int64_t features, const float *mean, const float *scale,
                          float *out)
{
    whole.gather(rows, lanes, features, mean, scale, out);
    if ((fault == 1 && mean) || (fault == 2 && !mean))
        spoil(out + LS_PANEL * (features - 1));
    if (fault == 3 && lanes < LS_PANEL)
        spoil(out + LS_PANEL - 1);
}

static void broken_transpose(const float *d, int64_t d_stride, int64_t first, int outputs, int64_t panels, float *out)
{
    whole.transpose(d, d_stride, first, outputs, panels, out);
    if (outputs == fault || (fault == 17 && panels > 1))
        spoil(out + LS_PANEL * LS_PANEL * (panels - 1) + 3);
}

/* With settings: behind all that have none. */
static int kind_of(ls_activation activation, const float *numbers)
{
    return (int)activation + (numbers ? LS_ACTIVATION_COUNT : 0);
}

static void broken_activate(ls_activation activation, const float *numbers, int64_t units, float *a)
{
    whole.activate(activation, numbers, units, a);
    if (kind_of(activation, numbers) == fault)
        spoil(a + LS_PANEL * units - 1);
}

static void broken_activate_backward(ls_activation activation, const float *numbers, int64_t units, const float *z,
                                     const float *a, float *d)
{
    whole.activate_backward(activation, numbers, units, z, a, d);
    if (kind_of(activation, numbers) == fault)
        spoil(d);
}

static void broken_dropout(uint32_t seed, uint32_t layer, uint32_t epoch, const int64_t rows[LS_PANEL],
                           uint32_t threshold, float scale, int64_t units, const float *in, float *out, uint8_t *keep)
{
    whole.dropout(seed, layer, epoch, rows, threshold, scale, units, in, out, keep);
    if (fault == 1)
        spoil(out + 17);
    else if (fault == 2)
        keep[LS_PANEL * units - 1] ^= 1;
}

static void broken_dropout_backward(float scale, int64_t units, const uint8_t *keep, float *d)
{
    whole.dropout_backward(scale, units, keep, d);
    spoil(d + LS_PANEL * units - 1);
}

static void broken_gaussian_noise(uint32_t seed, uint32_t layer, uint32_t epoch, const int64_t rows[LS_PANEL],
                                  float stddev, int64_t units, const float *in, float *out)
{
    whole.gaussian_noise(seed, layer, epoch, rows, stddev, units, in, out);
    spoil(out + LS_PANEL * units - 1);
}

/* Fault 1: with a scale; 2: without; 3 and 4: the statistics. */
static void broken_normalize(int64_t units, double epsilon, const float *x, const float *scale, const float *offset,
                             float *statistics, float *out)
{
    whole.normalize(units, epsilon, x, scale, offset, statistics, out);
    if ((fault == 1 && scale) || (fault == 2 && !scale))
        spoil(out + LS_PANEL * units - 1);
    if (fault > 2)
        spoil(statistics + (fault - 3) * LS_PANEL + 7);
}

static void broken_normalize_scale(int64_t units, const float *x, const float *statistics, const float *d, float *out)
{
    whole.normalize_scale(units, x, statistics, d, out);
    spoil(out + LS_PANEL * units - 1);
}

/* Fault 1: with a scale; 2: without. */
static void broken_normalize_backward(int64_t units, const float *x, const float *statistics, const float *scale,
                                      float *d)
{
    whole.normalize_backward(units, x, statistics, scale, d);
    if (fault == (scale ? 1 : 2))
        spoil(d + LS_PANEL * units - 1);
}

static void broken_add(int64_t n, const float *a, const float *b, float *sum)
{
    whole.add(n, a, b, sum);
    spoil(sum + n - 1);
}

/* An update's faults: the weights, then its slots. */
static void broken_update(const ls_update_step *step, int64_t n, const float *g, float *w, float *const *slot,
                          ls_seen *tally)
{
    whole.update[broken_kind](step, n, g, w, slot, tally);
    if (fault <= 1 + LS_UPDATE_SLOTS)
        spoil((fault == 1 ? w : slot[fault - 2]) + n - 1);
    else
        (&tally->read)[fault - 2 - LS_UPDATE_SLOTS]++;
}

#define BROKEN_AROUND(name, parameters, arguments, last)                                                               \
    static void broken_##name parameters                                                                               \
    {                                                                                                                  \
        whole.name arguments;                                                                                          \
        spoil(last);                                                                                                   \
    }
BROKEN_AROUND(mean, (const ls_mean_step *s, int64_t n, const float *g, const float *w, float *out), (s, n, g, w, out),
              out + n - 1)
BROKEN_AROUND(mean_of, (float count, int64_t n, const float *sum, float *g), (count, n, sum, g), g + n - 1)
BROKEN_AROUND(clip, (float most, int64_t n, float *g), (most, n, g), g + n - 1)
BROKEN_AROUND(scale, (float factor, int64_t n, float *x), (factor, n, x), x + n - 1)
BROKEN_AROUND(decay, (float part, int64_t n, float *w), (part, n, w), w + n - 1)
BROKEN_AROUND(average, (float keep, float take, int64_t n, const float *w, float *a), (keep, take, n, w, a), a + n - 1)
BROKEN_AROUND(non_negative, (int64_t n, float *w), (n, w), w + n - 1)
BROKEN_AROUND(scale_lanes, (const float factor[LS_PANEL], int64_t rows, float *w), (factor, rows, w),
              w + rows * LS_PANEL - 1)
static void broken_sum_squares(int64_t rows, const float *x, double *sums)
{
    whole.sum_squares(rows, x, sums);
    sums[fault] = sums[fault] * (1 + 0x1p-52);
}

static void broken_sum_absolutes(int64_t rows, const float *x, double *sums)
{
    whole.sum_absolutes(rows, x, sums);
    sums[fault] = sums[fault] * (1 + 0x1p-52);
}

/* Fault n: a unit's sum; from 16: that of its products. */
static void broken_batch_sums(const float *a, int64_t a_stride, const float *b, int64_t b_stride, const double *shift,
                              int units, const int64_t *shard_rows, int64_t shards, double *sums)
{
    whole.batch_sums(a, a_stride, b, b_stride, shift, units, shard_rows, shards, sums);
    sums[fault] = sums[fault] * (1 + 0x1p-52);
}

/* Fault 0: with scales and offsets; 1: without. */
static void broken_batch_normalize(int64_t units, const double *mean, const double *inverse, const float *scale,
                                   const float *offset, const float *x, float *out)
{
    whole.batch_normalize(units, mean, inverse, scale, offset, x, out);
    if ((scale == NULL) == (fault == 1))
        spoil(out + units * LS_PANEL - 1);
}

static void broken_batch_scale_delta(int64_t units, const double *mean, const double *inverse, const float *x,
                                     const float *d, float *out)
{
    whole.batch_scale_delta(units, mean, inverse, x, d, out);
    spoil(out + units * LS_PANEL - 1);
}

/* Fault 0: the last lane in use; 1: one behind it. */
static void broken_batch_normalize_backward(int64_t units, int lanes, const double *mean, const double *factor,
                                            const double *level, const double *slope, const float *x, float *d)
{
    whole.batch_normalize_backward(units, lanes, mean, factor, level, slope, x, d);
    spoil(d + (units - 1) * LS_PANEL + lanes - 1 + fault);
}

static void broken_exp(int64_t n, const float *x, float *y)
{
    whole.exp(n, x, y);
    spoil(y + n - 1);
}

static void broken_tanh(int64_t n, const float *x, float *y)
{
    whole.tanh(n, x, y);
    spoil(y);
}

static void broken_sigmoid(int64_t n, const float *x, float *y)
{
    whole.sigmoid(n, x, y);
    spoil(y + n / 2);
}

/* Faults from 0: the loss' gradient; from 100: its value; from 200: its value where no gradient is wanted. */
static void broken_loss(const ls_loss_numbers *numbers, int64_t outputs, int lanes, const float *z, const float *a,
                        const ls_targets *targets, double *value, float *d)
{
    const int loss = (int)numbers->kind;
    whole.loss(numbers, outputs, lanes, z, a, targets, value, d);
    if (loss == fault && d)
        spoil(d + LS_PANEL * (outputs - 1) + lanes - 1);
    else if (loss + 100 == fault || (loss + 200 == fault && !d))
        value[lanes - 1] = value[lanes - 1] * (1 + 0x1p-52);
}

/* ---- operands and products in bfloat16, in the layout of each table ---- */

/* A value's last bit in the upper half of a lane. */
static void spoil_half(float *lane)
{
    uint32_t bits;
    memcpy(&bits, lane, sizeof bits);
    bits ^= 0x10000u;
    memcpy(lane, &bits, sizeof bits);
}

/* Fault 1: the last row of lanes; 2: the first; 3: where lanes have no row; 4: the row of ones; 5: behind the end; 6:
 * rows as the inner index. */
static void broken_bfloat16_samples(int64_t units, uint32_t lanes, const float *x, float *out, float *rows)
{
    const int values = whole.bfloat16.values;
    float *by_row = values == 1 ? out : rows;
    whole.bfloat16.samples(units, lanes, x, out, rows);
    if (fault == 1)
        spoil_half(out + ls_bfloat16_inner(values, units) * LS_PANEL - (values == 1 && units % 2 ? LS_PANEL + 1 : 1));
    else if (fault == 2)
        spoil_half(out);
    else if (fault == 3 && !(lanes >> 3 & 1u))
        spoil_half(out + 3);
    else if (fault == 4)
        spoil_half(by_row + units * LS_PANEL / values);
    else if (fault == 5)
        out[ls_bfloat16_samples(values, units)] = 0;
    else if (fault == 6)
        spoil_half(by_row + units * LS_PANEL / values - 1);
}

/* Fault 1: the bias; 2: without one; 3: an odd number's half pair; 4: outputs as the inner index; 5: behind the end. */
static void broken_bfloat16_weights(int64_t inputs, bool bias, const float *w, float *out, float *back)
{
    const int values = whole.bfloat16.values;
    whole.bfloat16.weights(inputs, bias, w, out, back);
    const int64_t inner = ls_bfloat16_inner(values, inputs) * LS_PANEL;
    if (fault == 1 && bias)
        spoil(out + inner + 15);
    else if (fault == 2 && !bias)
        spoil_half(out + 7);
    else if (fault == 3 && inputs % 2)
        spoil_half(out + inner - 1);
    else if (fault == 4)
        spoil_half((values == 1 ? out : back) + inputs * LS_PANEL / values - 1);
    else if (fault == 5)
        out[inner + bias * LS_PANEL] = 0;
}

/* Fault 1: an output; 2: a lane without one; 3: the second sample panel; 4: behind the end. */
static void broken_bfloat16_deltas(const float *d, int64_t d_stride, int64_t first, int outputs, int64_t panels,
                                   float *out)
{
    const int64_t panel = LS_PANEL * LS_PANEL / whole.bfloat16.values;
    whole.bfloat16.deltas(d, d_stride, first, outputs, panels, out);
    if (fault == 1)
        spoil_half(out + outputs - 1);
    else if (fault == 2)
        out[outputs] = -0.0f;
    else if (fault == 3)
        spoil_half(out + panel * panels - 8);
    else if (fault == 4)
        out[panel * panels] = 0;
}

/* Fault n: outputs n; 17: long chains; 18: without a bias; 19: with relu; 20: the second weight panel; 21: behind the
 * last output. */
static void broken_bfloat16_forward(const float *x, int64_t x_stride, const float *w, int64_t w_stride, bool bias,
                                    bool relu, int64_t inputs, int64_t first, int64_t last, int64_t panels, float *z,
                                    int64_t z_stride)
{
    whole.bfloat16.forward(x, x_stride, w, w_stride, bias, relu, inputs, first, last, panels, z, z_stride);
    if (last == fault || (fault == 17 && inputs > 512) || (fault == 18 && !bias) || (fault == 19 && relu) ||
        (fault == 20 && first > 0))
        spoil(z + z_stride * (panels - 1) + LS_PANEL * (last - 1) + 15);
    else if (fault == 21)
        spoil(z + z_stride * (panels - 1) + LS_PANEL * last);
}

/* Fault n: n input rows; 17: long chains; 18: with relu; 19: the row before the first is not left alone. */
static void broken_bfloat16_input_gradient(const float *d, int64_t d_stride, const float *w, int64_t w_stride,
                                           int64_t outputs, int64_t first, int64_t last, int64_t panels,
                                           const float *relu, int64_t relu_stride, float *dx, int64_t dx_stride)
{
    whole.bfloat16.input_gradient(d, d_stride, w, w_stride, outputs, first, last, panels, relu, relu_stride, dx,
                                  dx_stride);
    if (last - first == fault || (fault == 17 && outputs > 512) || (fault == 18 && relu))
        spoil(dx + dx_stride * (panels - 1) + LS_PANEL * (last - 1));
    else if (fault == 19)
        spoil(dx + LS_PANEL * (first - 1));
}

/* Fault n: n input rows; 17: the row before the first is not left alone; 18: eight shards; 19: the first panel;
 * 20: a single output. */
static void broken_bfloat16_weight_gradient(const float *x, int64_t x_stride, const float *d, int64_t d_stride,
                                            const int64_t *shard_rows, int64_t shards, int64_t outputs, int64_t first,
                                            int64_t last, float *gradient, int64_t gradient_stride,
                                            const ls_ahead *ahead)
{
    whole.bfloat16.weight_gradient(x, x_stride, d, d_stride, shard_rows, shards, outputs, first, last, gradient,
                                   gradient_stride, ahead);
    const int64_t panels = (outputs + LS_PANEL - 1) / LS_PANEL;
    if ((outputs > 1 && (last - first == fault || (fault == 18 && shards == 8))) || (fault == 20 && outputs == 1))
        spoil(gradient + gradient_stride * (panels - 1) + LS_PANEL * (last - 1));
    if (fault == 17 || fault == 19)
        spoil(gradient + LS_PANEL * (fault == 17 ? first - 1 : first));
}

static void check_noticed(const ls_kernels *broken, const char *kernel, int first, int last)
{
    for (fault = first; fault <= last; fault++) {
        const char *wrong = wrong_kernel(broken);
        if (!wrong || strcmp(wrong, kernel) != 0)
            fail_msg("%s, fault %d: found %s", kernel, fault, wrong ? wrong : "nothing");
    }
}

#define NOTICED(kernel, first, last) NOTICED_AS(kernel, kernel, first, last)
#define NOTICED_AS(kernel, check, first, last)                                                                         \
    do {                                                                                                               \
        ls_kernels broken = ls_kernels_portable;                                                                       \
        broken.kernel = broken_##kernel;                                                                               \
        check_noticed(&broken, #check, first, last);                                                                   \
    } while (0)

static uint32_t broken_patterns(int64_t n, const float *x)
{
    return whole.patterns(n - 1, x);
}

static void notice_updates(void)
{
    for (broken_kind = 0; broken_kind < LS_UPDATE_COUNT; broken_kind++) {
        ls_kernels broken = ls_kernels_portable;
        broken.update[broken_kind] = broken_update;
        check_noticed(&broken, "update", 1, 4 + LS_UPDATE_SLOTS);
    }
}

static void every_broken_kernel_is_noticed(void **state)
{
    (void)state;
    whole = ls_kernels_portable;
    NOTICED(forward, 1, 20);
    NOTICED(input_gradient, 1, 18);
    NOTICED(weight_gradient, 1, 20);
    NOTICED(gather, 1, 3);
    NOTICED(transpose, 1, 17);
    NOTICED(activate, 0, LS_ACTIVATION_COUNT - 1);
    NOTICED(activate, LS_ACTIVATION_COUNT + LS_RELU, LS_ACTIVATION_COUNT + LS_RELU);
    NOTICED(activate, LS_ACTIVATION_COUNT + LS_LEAKY_RELU, LS_ACTIVATION_COUNT + LS_ELU);
    NOTICED(activate_backward, 0, LS_ACTIVATION_COUNT - 1);
    NOTICED(activate_backward, LS_ACTIVATION_COUNT + LS_RELU, LS_ACTIVATION_COUNT + LS_RELU);
    NOTICED(activate_backward, LS_ACTIVATION_COUNT + LS_LEAKY_RELU, LS_ACTIVATION_COUNT + LS_ELU);
    NOTICED(loss, 0, LS_LOSS_COUNT - 1);
    NOTICED(loss, 100, 100 + LS_LOSS_COUNT - 1);
    NOTICED(loss, 200, 200 + LS_LOSS_COUNT - 1);
    NOTICED(dropout, 1, 2);
    NOTICED(dropout_backward, 0, 0);
    NOTICED(gaussian_noise, 0, 0);
    NOTICED(normalize, 1, 4);
    NOTICED_AS(normalize_scale, normalize, 0, 0);
    NOTICED_AS(normalize_backward, normalize, 1, 2);
    NOTICED(add, 0, 0);
    notice_updates();
    NOTICED_AS(mean, around, 0, 0);
    NOTICED_AS(mean_of, around, 0, 0);
    NOTICED(patterns, 0, 0);
    NOTICED_AS(clip, around, 0, 0);
    NOTICED_AS(scale, around, 0, 0);
    NOTICED_AS(decay, around, 0, 0);
    NOTICED_AS(average, around, 0, 0);
    NOTICED_AS(non_negative, around, 0, 0);
    NOTICED_AS(scale_lanes, around, 0, 0);
    NOTICED(sum_squares, 0, LS_PANEL - 1);
    NOTICED(sum_absolutes, 0, LS_PANEL - 1);
    NOTICED(batch_sums, 0, 2 * LS_PANEL - 1);
    NOTICED(batch_normalize, 0, 1);
    NOTICED_AS(batch_scale_delta, batch_normalize, 0, 0);
    NOTICED_AS(batch_normalize_backward, batch_normalize, 0, 1);
    NOTICED(exp, 0, 0);
    NOTICED(tanh, 0, 0);
    NOTICED(sigmoid, 0, 0);
}

#define NOTICED_BFLOAT16(kernel_, last)                                                                                \
    do {                                                                                                               \
        ls_kernels broken = whole;                                                                                     \
        broken.bfloat16.kernel_ = broken_bfloat16_##kernel_;                                                           \
        check_noticed(&broken, "bfloat16." #kernel_, 1, last);                                                         \
    } while (0)

static void every_broken_kernel_in_bfloat16_is_noticed(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        whole = *table;
        NOTICED_BFLOAT16(samples, 6);
        NOTICED_BFLOAT16(weights, 5);
        NOTICED_BFLOAT16(deltas, 4);
        NOTICED_BFLOAT16(forward, 21);
        NOTICED_BFLOAT16(input_gradient, 19);
        NOTICED_BFLOAT16(weight_gradient, 20);
    }
}

/* Operands that are rounded or chained in another way: what a compiler, an emulator or a processor might do. */
static float other_operand(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const bool tiny = fabsf(x) < 0x1p-54f, tie = (bits & 0xFFFFu) == 0x8000u;
    switch (fault) {
    case 1: /* ties away from zero */
        bits += tie ? 1 : 0;
        break;
    case 2: /* cut off */
        bits &= 0xFFFF0000u;
        break;
    case 3: /* -0 stays */
        return x == 0 && signbit(x) ? -0x1p-54f : x;
    case 4: /* what is tiny stays */
        return tiny && x != 0 ? copysignf(0x1p-54f, x) : x;
    case 5: /* a large number does not become an infinity */
        return isfinite(x) && fabsf(x) > 0x1.fep127f ? copysignf(0x1.fep127f, x) : x;
    default: /* the least number that stays is lost */
        return fabsf(x) == 0x1p-54f ? 0.0f : x;
    }
    memcpy(&x, &bits, sizeof bits);
    return x;
}

static void other_samples(int64_t units, uint32_t lanes, const float *x, float *out, float *rows)
{
    float *other = random_block(units * LS_PANEL);
    for (int64_t i = 0; i < units * LS_PANEL; i++)
        other[i] = other_operand(x[i]);
    whole.bfloat16.samples(units, lanes, other, out, rows);
    free(other);
}

static void other_roundings_are_noticed(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        whole = *table;
        ls_kernels broken = whole;
        broken.bfloat16.samples = other_samples;
        check_noticed(&broken, "bfloat16.samples", 1, 6);
    }
}

/* Pairs in ascending order as plain chains take them: the inputs of each pair change places. */
static void ascending_forward(const float *x, int64_t x_stride, const float *w, int64_t w_stride, bool bias, bool relu,
                              int64_t inputs, int64_t first, int64_t last, int64_t panels, float *z, int64_t z_stride)
{
    const int64_t inner = ls_bfloat16_inner(whole.bfloat16.values, inputs);
    for (int64_t s = 0; s < panels; s++)
        for (int64_t o = first; o < last; o++)
            for (int lane = 0; lane < LS_PANEL; lane++) {
                const float *weights = w + o / LS_PANEL * w_stride + o % LS_PANEL;
                float sum = 0;
                for (int64_t i = 0; i < inner; i++) {
                    uint32_t a, b;
                    memcpy(&a, x + s * x_stride + LS_PANEL * i + lane, sizeof a);
                    memcpy(&b, weights + LS_PANEL * i, sizeof b);
                    for (int half = 2 - whole.bfloat16.values; half < 2; half++) {
                        const uint32_t pair[] = {half ? a & 0xFFFF0000u : a << 16, half ? b & 0xFFFF0000u : b << 16};
                        float factor[2];
                        memcpy(factor, pair, sizeof factor);
                        sum = fmaf(factor[0], factor[1], sum);
                    }
                }
                sum = bias ? sum + weights[LS_PANEL * inner] : sum;
                z[s * z_stride + LS_PANEL * o + lane] = relu && sum <= 0 ? 0.0f : sum;
            }
}

static void another_order_is_noticed(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        whole = *table;
        ls_kernels broken = whole;
        broken.bfloat16.forward = ascending_forward;
        check_noticed(&broken, "bfloat16.forward", 0, 0);
    }
}

/* A kernel without a check would be trusted blindly. All members of ls_kernels behind name and supported are kernels.
 */
static void no_kernel_is_missing_above(void **state)
{
    (void)state;
    const size_t kernels =
        (sizeof(ls_kernels) - offsetof(ls_kernels, forward) - sizeof(ls_bfloat16_kernels)) / sizeof(void (*)(void));
    assert_int_equal(kernels, 33 + LS_UPDATE_COUNT); /* those named in every_broken_kernel_is_noticed */
    const size_t of_bfloat16 =
        (sizeof(ls_bfloat16_kernels) - offsetof(ls_bfloat16_kernels, samples)) / sizeof(void (*)(void));
    assert_int_equal(of_bfloat16, 6);
}

static void the_choice_falls_back(void **state)
{
    (void)state;
    const ls_kernels *kernels;
    char failed[128];
    int best = 0, last = 0;
    while (!ls_kernels_at(best)->supported())
        best++;
    while (ls_kernels_at(last + 1))
        last++;
    const char *name = ls_kernels_at(best)->name;

    assert_int_equal(ls_selftest_choose("auto", &kernels, failed, sizeof failed), LS_OK);
    assert_ptr_equal(kernels, ls_kernels_at(best));
    assert_string_equal(failed, "");
    assert_int_equal(ls_selftest_choose("portable", &kernels, failed, sizeof failed), LS_OK);
    assert_ptr_equal(kernels, ls_kernels_at(last));
    assert_int_equal(ls_selftest_choose("unheard-of", &kernels, failed, sizeof failed), LS_OK);
    assert_null(kernels);

    for (int i = best; i < last; i++) { /* all but the portable one, one after the other */
        ls_kernels_table_judge(i, LS_REJECTED);
        assert_int_equal(ls_selftest_choose(i % 2 ? name : NULL, &kernels, failed, sizeof failed), LS_OK);
        assert_non_null(kernels);
        assert_ptr_not_equal(kernels, ls_kernels_at(i));
        assert_non_null(strstr(failed, name));
        assert_ptr_equal(ls_kernels_find(NULL), kernels);
    }
    assert_string_equal(kernels->name, "portable");
    for (int i = best; i < last; i++)
        ls_kernels_table_judge(i, LS_UNTESTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tables_pass),
        cmocka_unit_test(every_broken_kernel_is_noticed),
        cmocka_unit_test(every_broken_kernel_in_bfloat16_is_noticed),
        cmocka_unit_test(other_roundings_are_noticed),
        cmocka_unit_test(another_order_is_noticed),
        cmocka_unit_test(no_kernel_is_missing_above),
        cmocka_unit_test(the_choice_falls_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
