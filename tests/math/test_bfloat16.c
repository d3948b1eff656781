/* Products in bfloat16: the rounding, each table's layouts of operands, and the three products of every table, bit by
 * bit against chains in scalars. The table of pairs in AVX-512 takes part on processors without its instruction, by the
 * formula of that. */
#include "math_test.h"

#include "bfloat16_reference.h"
#include "math/bfloat16.h"

#include <float.h>
#include <stdio.h>
#if defined(__x86_64__)
#include <immintrin.h>

extern const ls_kernels ls_kernels_avx512_pairs;
#endif

/* The tables of the library that this CPU runs, then that of pairs. */
static const ls_kernels *next_table(int *index)
{
    const ls_kernels *table = *index < 0 ? NULL : table_next(index);
    if (table || *index < 0)
        return table;
    *index = -1;
#if defined(__x86_64__)
    return ls_kernels_avx512_supported() ? &ls_kernels_avx512_pairs : NULL;
#else
    return NULL;
#endif
}
#define EACH_FORM(table)                                                                                               \
    for (int form_ = 0, twice_ = 1; twice_; twice_ = 0)                                                                \
        for (const ls_kernels *table; (table = next_table(&form_));)

/* ---- rounding ---- */

static uint32_t wanted_bits(float x)
{
    return isnan(x) ? 0x7FC00000u : ls_float_bits(reference_bfloat16(x));
}

static void check_rounding(uint32_t bits)
{
    const uint32_t got = ls_bfloat16_bits(ls_float_from(bits)), want = wanted_bits(ls_float_from(bits));
    if (got != want)
        fail_msg("%08x is rounded to %08x, expected %08x", bits, got, want);
}

static const uint32_t lowers[] = {0, 1, 0x1234, 0x7FFF, 0x8000, 0x8001, 0xFFFF};
enum { LOWERS = sizeof lowers / sizeof lowers[0] };

/* All upper halves, with each lower half that decides; and all lower halves at the places where something begins. */
static void rounds_to_nearest_even(void **state)
{
    static const uint32_t uppers[] = {0x0000, 0x007F, 0x247F, 0x2480, 0x2481, 0x3F7F, 0x3F80, 0x3F81,
                                      0x7F7E, 0x7F7F, 0x7F80, 0x7FFF, 0xA47F, 0xA480, 0xFF7F, 0xFF80};
    (void)state;
    for (uint32_t upper = 0; upper < 0x10000u; upper++)
        for (int i = 0; i < LOWERS; i++)
            check_rounding(upper << 16 | lowers[i]);
    for (size_t i = 0; i < sizeof uppers / sizeof uppers[0]; i++)
        for (uint32_t lower = 0; lower < 0x10000u; lower++)
            check_rounding(uppers[i] << 16 | lower);
}

/* ---- operands ---- */

/* Value k of the inner index, of an operand with `lanes` lanes for each of its (pairs of) values. */
static uint32_t value_of(int values, const float *operand, int64_t lanes, int64_t k, int64_t lane)
{
    const uint32_t bits = ls_float_bits(operand[k / values * lanes + lane]);
    return values == 1 ? bits : k % 2 == 1 ? bits & 0xFFFF0000u : bits << 16;
}

/* That of an operand [i][16 / values]. */
static uint32_t value_in_row(int values, const float *operand, int64_t i, int64_t k)
{
    return value_of(values, operand + i * LS_PANEL / values, 1, k, 0);
}

static void check_value(const ls_kernels *table, const char *what, int64_t n, int64_t i, int64_t k, uint32_t got,
                        uint32_t want)
{
    if (got != want)
        fail_msg("%s, %s of %lld: value %lld, %lld is %08x, expected %08x", table->name, what, (long long)n,
                 (long long)i, (long long)k, got, want);
}

static void check_samples(const ls_kernels *table, int64_t units, uint32_t lanes, const float *x)
{
    const ls_bfloat16_kernels *k = &table->bfloat16;
    const int64_t end = ls_bfloat16_samples(k->values, units), row_end = (units + 1) * LS_PANEL / k->values;
    float *out = random_block(end + 16), *rows = random_block(row_end + 16);
    float *before = copy_block(out, end + 16), *rows_before = copy_block(rows, row_end + 16);
    k->samples(units, lanes, x, out, rows);
    const float *by_row = k->values == 1 ? out : rows;
    for (int64_t l = 0; l < LS_PANEL; l++) {
        const bool kept = lanes >> l & 1u;
        for (int64_t i = 0; i < units; i++) {
            const uint32_t want = kept ? wanted_bits(x[LS_PANEL * i + l]) : 0;
            check_value(table, "samples", units, i, l, value_of(k->values, out, LS_PANEL, i, l), want);
            check_value(table, "row operand", units, i, l, value_in_row(k->values, by_row, i, l), want);
        }
        check_value(table, "ones", units, units, l, value_in_row(k->values, by_row, units, l), kept ? 0x3F800000u : 0);
        if (k->values == 2 && units % 2)
            check_value(table, "half pair", units, units, l, value_of(2, out, LS_PANEL, units, l), 0);
    }
    check_floats(table, "behind samples", 16, out + end, before + end);
    check_floats(table, "behind row operand", 16, rows + row_end, rows_before + row_end);
    memcpy(before, out, (size_t)end * sizeof *out);
    k->samples(units, lanes, x, out, NULL);
    assert_memory_equal(out, before, (size_t)end * sizeof *out); // NOLINT(bugprone-suspicious-memory-comparison)
    free(out);
    free(rows);
    free(before);
    free(rows_before);
}

static void samples_are_laid_out(void **state)
{
    (void)state;
    for (int64_t units = 1; units <= 70; units++) {
        float *x = random_block(units * LS_PANEL);
        const uint32_t lanes = units % 3 == 0 ? 0xFFFFu : (uint32_t)random_below(0x10000);
        x[random_below(units * LS_PANEL)] = units % 2 ? -INFINITY : NAN;
        EACH_FORM(table)
        check_samples(table, units, lanes, x);
        free(x);
    }
}

/* Loops over vectors may round otherwise than a scalar. */
static void every_upper_half_is_rounded_in_samples(void **state)
{
    (void)state;
    enum { UNITS = 0x10000 / LS_PANEL };
    float *x = random_block(UNITS * LS_PANEL);
    for (int i = 0; i < LOWERS; i++) {
        for (uint32_t upper = 0; upper < 0x10000u; upper++)
            x[upper] = ls_float_from(upper << 16 | lowers[i]);
        EACH_FORM(table)
        check_samples(table, UNITS, 0xFFFFu, x);
    }
    free(x);
}

static void check_weights(const ls_kernels *table, int64_t inputs, bool bias, const float *w)
{
    const ls_bfloat16_kernels *k = &table->bfloat16;
    const int64_t end = ls_bfloat16_weights(k->values, inputs, bias), back_end = inputs * LS_PANEL / k->values;
    float *out = random_block(end + 16), *back = random_block(back_end + 16);
    float *before = copy_block(out, end + 16), *back_before = copy_block(back, back_end + 16);
    k->weights(inputs, bias, w, out, back);
    const float *by_output = k->values == 1 ? out : back;
    for (int64_t l = 0; l < LS_PANEL; l++) {
        for (int64_t i = 0; i < inputs; i++) {
            const uint32_t want = wanted_bits(w[LS_PANEL * i + l]);
            check_value(table, "weights", inputs, i, l, value_of(k->values, out, LS_PANEL, i, l), want);
            check_value(table, "back operand", inputs, i, l, value_in_row(k->values, by_output, i, l), want);
        }
        if (inputs % 2)
            check_value(table, "half pair", inputs, inputs, l, value_of(k->values, out, LS_PANEL, inputs, l), 0);
    }
    if (bias)
        check_floats(table, "bias", LS_PANEL, out + end - LS_PANEL, w + inputs * LS_PANEL);
    check_floats(table, "behind weights", 16, out + end, before + end);
    check_floats(table, "behind back operand", 16, back + back_end, back_before + back_end);
    memcpy(before, out, (size_t)end * sizeof *out);
    k->weights(inputs, bias, w, out, NULL);
    assert_memory_equal(out, before, (size_t)end * sizeof *out); // NOLINT(bugprone-suspicious-memory-comparison)
    free(out);
    free(back);
    free(before);
    free(back_before);
}

static void weights_are_laid_out(void **state)
{
    (void)state;
    for (int64_t inputs = 1; inputs <= 70; inputs++) {
        float *w = random_block((inputs + 1) * LS_PANEL);
        EACH_FORM(table)
        {
            check_weights(table, inputs, true, w);
            check_weights(table, inputs, false, w);
        }
        free(w);
    }
}

static void deltas_are_laid_out(void **state)
{
    (void)state;
    for (int outputs = 1; outputs <= LS_PANEL; outputs++) {
        const int64_t panels = outputs % 4, first = 16, stride = LS_PANEL * (first + outputs + outputs % 3);
        float *d = random_block(panels * stride);
        EACH_FORM(table)
        {
            const int values = table->bfloat16.values;
            const int64_t end = panels * LS_PANEL * LS_PANEL / values;
            float *out = random_block(end + 16), *before = copy_block(out, end + 16);
            table->bfloat16.deltas(d, stride, first, outputs, panels, out);
            for (int64_t r = 0; r < panels * LS_PANEL; r++)
                for (int64_t l = 0; l < LS_PANEL; l++) {
                    const float *from = d + r / LS_PANEL * stride + LS_PANEL * (first + l) + r % LS_PANEL;
                    check_value(table, "deltas", outputs, r, l, value_of(values, out, LS_PANEL, r, l),
                                l < outputs ? wanted_bits(*from) : 0);
                }
            check_floats(table, "behind deltas", 16, out + end, before + end);
            free(out);
            free(before);
        }
        free(d);
    }
}

/* ---- products ---- */

enum { ORDINARY, WIDE, CANCELLING, SMALL, SPECIAL, KINDS };

static float number(int kind)
{
    static const float cancelling[] = {1, 1.0078125f, 0.99609375f, 4096, 0x1p-12f, 0x1.02p12f, 1.5f, 0x1.fep-13f};
    static const float special[] = {INFINITY, -INFINITY, NAN, FLT_MAX, -FLT_MAX, 0x1p-149f, -0.0f, 0x1p-54f};
    const float ordinary = random_float(2);
    switch (kind) {
    case WIDE:
        return ldexpf(ordinary, (int)random_below(110) - 54);
    case CANCELLING:
        return copysignf(cancelling[random_below(8)], ordinary);
    case SMALL: /* products down to 2^-108, their sums' last bits to 2^-122 */
        return ldexpf(ordinary, -(int)random_below(4) - 51);
    case SPECIAL:
        return random_below(50) == 0 ? special[random_below(8)] : ordinary;
    default:
        return random_operand();
    }
}

static float *numbers(int64_t count, int kind)
{
    float *block = random_block(count);
    for (int64_t i = 0; i < count; i++)
        block[i] = number(kind);
    return block;
}

/* Sample operands of `panels` panels of x, `stride` apart, and row operands where rows is not NULL. */
static float *make_samples(const ls_kernels *table, int64_t units, int64_t panels, const uint16_t *lanes,
                           const float *x, int64_t stride, int64_t *out_stride, float **rows, int64_t *rows_stride)
{
    const int values = table->bfloat16.values;
    *out_stride = ls_bfloat16_samples(values, units) + 32;
    float *out = random_block(panels * *out_stride), *apart = NULL;
    if (rows) {
        *rows_stride = values == 1 ? *out_stride : (units + 1) * LS_PANEL / values + 16;
        apart = values == 1 ? NULL : random_block(panels * *rows_stride);
        *rows = values == 1 ? out : apart;
    }
    for (int64_t p = 0; p < panels; p++)
        table->bfloat16.samples(units, lanes ? lanes[p] : 0xFFFFu, x + p * stride, out + p * *out_stride,
                                apart ? apart + p * *rows_stride : NULL);
    return out;
}

static float *make_weights(const ls_kernels *table, int64_t inputs, bool bias, int64_t panels, const float *w,
                           int64_t stride, int64_t *out_stride, float **back, int64_t *back_stride)
{
    const int values = table->bfloat16.values;
    *out_stride = ls_bfloat16_weights(values, inputs, bias) + 16;
    float *out = random_block(panels * *out_stride), *apart = NULL;
    *back_stride = values == 1 ? *out_stride : inputs * LS_PANEL / values + 16;
    if (values == 2)
        apart = random_block(panels * *back_stride);
    *back = values == 1 ? out : apart;
    for (int64_t p = 0; p < panels; p++)
        table->bfloat16.weights(inputs, bias, w + p * stride, out + p * *out_stride,
                                apart ? apart + p * *back_stride : NULL);
    return out;
}

static void check_forward(int kind, int64_t inputs, int64_t first, int64_t last, int64_t panels, bool bias, bool relu)
{
    const int64_t x_stride = LS_PANEL * (inputs + 1), weight_panels = (last + 15) / 16,
                  z_stride = LS_PANEL * (last + 3);
    float *x = numbers(panels * x_stride, kind), *w = numbers(weight_panels * x_stride, kind);
    float *before = random_block(panels * z_stride), *want = copy_block(before, panels * z_stride);
    for (int64_t s = 0; s < panels; s++)
        for (int64_t o = first; o < last; o++)
            for (int lane = 0; lane < LS_PANEL; lane++) {
                const float *weights = w + o / 16 * x_stride + o % 16;
                float sum = reference_pairs(inputs, x + s * x_stride + lane, 16, weights, 16);
                sum = bias ? sum + weights[16 * inputs] : sum;
                want[s * z_stride + 16 * o + lane] = relu && sum <= 0 ? 0.0f : sum;
            }
    EACH_FORM(table)
    {
        char what[128];
        int64_t samples_stride, weights_stride, back_stride;
        float *back, *samples = make_samples(table, inputs, panels, NULL, x, x_stride, &samples_stride, NULL, NULL);
        float *weights =
            make_weights(table, inputs, bias, weight_panels, w, x_stride, &weights_stride, &back, &back_stride);
        float *z = copy_block(before, panels * z_stride);
        snprintf(what, sizeof what, "forward %lld -> %lld..%lld, %lld panels, bias %d, relu %d, numbers %d",
                 (long long)inputs, (long long)first, (long long)last, (long long)panels, bias, relu, kind);
        table->bfloat16.forward(samples, samples_stride, weights, weights_stride, bias, relu, inputs, first, last,
                                panels, z, z_stride);
        check_floats(table, what, panels * z_stride, z, want);
        if (back != weights)
            free(back);
        free(samples);
        free(weights);
        free(z);
    }
    free(x);
    free(w);
    free(before);
    free(want);
}

static void forward_is_one_chain_of_pairs(void **state)
{
    (void)state;
    for (int64_t inputs = 1; inputs <= 70; inputs++)
        for (int kind = 0; kind < KINDS; kind++) {
            const int64_t first = 16 * random_below(2);
            check_forward(kind, inputs, first, first + 1 + random_below(40), (inputs + kind) % 4, random_below(2),
                          random_below(2));
        }
    for (int outputs = 1; outputs <= 16; outputs++) /* each height of tile, with a pair of panels and a single one */
        check_forward(outputs % KINDS, 7 + outputs % 2, 0, outputs, 3, true, outputs % 2);
    check_forward(WIDE, 515, 0, 19, 3, true, false); /* inner blocks: two in pairs, three in values */
    check_forward(ORDINARY, 1030, 16, 33, 2, false, true);
    check_forward(CANCELLING, 40, 0, 600, 1, true, false);
}

static void check_input_gradient(int kind, int64_t outputs, int64_t first, int64_t last, int64_t panels, bool masked)
{
    const int64_t d_stride = LS_PANEL * outputs, inputs = last + 2, w_stride = LS_PANEL * (inputs + 1);
    const int64_t weight_panels = (outputs + 15) / 16, dx_stride = LS_PANEL * (inputs + 1);
    float *d = numbers(panels * d_stride, kind), *w = numbers(weight_panels * w_stride, kind);
    float *before = random_block(panels * dx_stride), *want = copy_block(before, panels * dx_stride);
    float *relu = numbers(panels * dx_stride, SPECIAL);
    for (int64_t o = outputs; o < 16 * weight_panels; o++) /* lanes behind the last output */
        for (int64_t i = 0; i <= inputs; i++)
            w[o / 16 * w_stride + 16 * i + o % 16] = 0;
    float *plain = random_block(outputs);
    for (int64_t i = first; i < last; i++) {
        for (int64_t o = 0; o < outputs; o++)
            plain[o] = w[o / 16 * w_stride + 16 * i + o % 16];
        for (int64_t s = 0; s < panels; s++)
            for (int lane = 0; lane < LS_PANEL; lane++) {
                const int64_t at = s * dx_stride + 16 * i + lane;
                want[at] = reference_pairs(outputs, d + s * d_stride + lane, 16, plain, 1);
                want[at] = masked && !(relu[at] > 0) ? 0.0f : want[at];
            }
    }
    EACH_FORM(table)
    {
        char what[128];
        int64_t samples_stride, weights_stride, back_stride;
        float *back, *samples = make_samples(table, outputs, panels, NULL, d, d_stride, &samples_stride, NULL, NULL);
        float *weights =
            make_weights(table, inputs, kind % 2, weight_panels, w, w_stride, &weights_stride, &back, &back_stride);
        float *dx = copy_block(before, panels * dx_stride);
        snprintf(what, sizeof what, "input gradient of %lld outputs, inputs %lld..%lld, %lld panels, numbers %d",
                 (long long)outputs, (long long)first, (long long)last, (long long)panels, kind);
        table->bfloat16.input_gradient(samples, samples_stride, back, back_stride, outputs, first, last, panels,
                                       masked ? relu : NULL, dx_stride, dx, dx_stride);
        check_floats(table, what, panels * dx_stride, dx, want);
        if (back != weights)
            free(back);
        free(samples);
        free(weights);
        free(dx);
    }
    free(plain);
    free(relu);
    free(d);
    free(w);
    free(before);
    free(want);
}

static void input_gradient_is_one_chain_of_pairs(void **state)
{
    (void)state;
    for (int64_t outputs = 1; outputs <= 70; outputs++)
        for (int kind = 0; kind < KINDS; kind++) {
            const int64_t first = random_below(5);
            check_input_gradient(kind, outputs, first, first + 1 + random_below(30), (outputs + kind) % 4,
                                 random_below(2));
        }
    for (int height = 1; height <= 16; height++)
        check_input_gradient(height % KINDS, 9 - height % 2, 1, 1 + height, 3, height % 2);
    check_input_gradient(WIDE, 515, 0, 19, 3, false);
    check_input_gradient(ORDINARY, 1030, 2, 9, 2, true);
    check_input_gradient(CANCELLING, 40, 0, 600, 1, true);
}

/* Rows of a batch whose shards have places in even numbers; behind an odd shard a place without a row. */
typedef struct places {
    int64_t shard_rows[33];
    int64_t count;
    uint16_t lanes[64];
} places;

/* Shards of `least` to `most` rows; from 0 on, every third has none. */
static places cut(int64_t shards, int64_t least, int64_t most)
{
    places p = {.count = 2 * random_below(9)}; /* a first shard that does not begin at 0 */
    p.shard_rows[0] = p.count;
    for (int64_t j = 0; j < shards; j++) {
        const int64_t rows = least == 0 && random_below(3) == 0 ? 0 : least + random_below(most - least + 1);
        for (int64_t r = p.count; r < p.count + rows; r++)
            p.lanes[r / 16] |= (uint16_t)(1u << r % 16);
        p.count += (rows + 1) / 2 * 2;
        p.shard_rows[j + 1] = p.count;
    }
    return p;
}

/* Input i (at `inputs` there are ones) and output o: the tree over shards [first, first + count). */
static float tree(const places *p, int64_t inputs, const float *x, const float *d, int64_t d_stride, int64_t i,
                  int64_t o, int64_t first, int64_t count)
{
    if (count > 1)
        return tree(p, inputs, x, d, d_stride, i, o, first, count / 2) +
               tree(p, inputs, x, d, d_stride, i, o, first + count / 2, count / 2);
    float a[128], b[128];
    int64_t n = 0;
    for (int64_t r = p->shard_rows[first]; r < p->shard_rows[first + 1]; r++) {
        if (!(p->lanes[r / 16] >> r % 16 & 1u))
            continue;
        a[n] = i == inputs ? 1.0f : x[r / 16 * 16 * inputs + 16 * i + r % 16];
        b[n++] = d[r / 16 * d_stride + 16 * o + r % 16];
    }
    return reference_pairs(n, a, 1, b, 1);
}

static void check_shards(int kind, int64_t inputs, int64_t outputs, int64_t shards, int64_t least, int64_t most)
{
    const places p = cut(shards, least, most);
    const int64_t sample_panels = p.count / 16 + 1, panels = (outputs + 15) / 16, g_stride = LS_PANEL * (inputs + 3);
    const int64_t d_stride = LS_PANEL * outputs, first = random_below(inputs + 1);
    const int64_t last = first + 1 + random_below(inputs + 1 - first);
    float *x = numbers(sample_panels * LS_PANEL * inputs, kind), *d = numbers(sample_panels * d_stride, kind);
    float *before = random_block(panels * g_stride), *want = copy_block(before, panels * g_stride);
    for (int64_t r = 0; r < 16 * sample_panels; r++) /* as a pass clears them */
        for (int64_t o = 0; o < outputs && !(p.lanes[r / 16] >> r % 16 & 1u); o++)
            d[r / 16 * d_stride + 16 * o + r % 16] = 0;
    for (int64_t o = 0; o < 16 * panels; o++)
        for (int64_t i = first; i < last; i++)
            want[o / 16 * g_stride + 16 * i + o % 16] =
                o < outputs ? tree(&p, inputs, x, d, d_stride, i, o, 0, shards) : 0.0f;
    const ls_ahead ahead = {2, {before, want}, {g_stride, g_stride}};
    EACH_FORM(table)
    {
        char what[128];
        const int64_t delta_stride = sample_panels * 256 / table->bfloat16.values + 16;
        int64_t samples_stride, rows_stride;
        float *rows, *samples = make_samples(table, inputs, sample_panels, p.lanes, x, 16 * inputs, &samples_stride,
                                             &rows, &rows_stride);
        float *deltas = random_block(panels * delta_stride), *gradient = copy_block(before, panels * g_stride);
        for (int64_t q = 0; q < panels; q++)
            table->bfloat16.deltas(d, d_stride, 16 * q, (int)(outputs - 16 * q < 16 ? outputs - 16 * q : 16),
                                   sample_panels, deltas + q * delta_stride);
        snprintf(what, sizeof what,
                 "weight gradient, rows %lld..%lld of %lld inputs, %lld outputs, %lld shards, numbers %d",
                 (long long)first, (long long)last, (long long)inputs, (long long)outputs, (long long)shards, kind);
        table->bfloat16.weight_gradient(rows, rows_stride, deltas, delta_stride, p.shard_rows, shards, outputs, first,
                                        last, gradient, g_stride, shards % 2 ? &ahead : NULL);
        for (int64_t o = outputs; o < 16 * panels && kind == SPECIAL; o++) /* an infinity times 0 */
            for (int64_t i = first; i < last; i++)
                gradient[o / 16 * g_stride + 16 * i + o % 16] = 0;
        check_floats(table, what, panels * g_stride, gradient, want);
        if (rows != samples)
            free(rows);
        free(samples);
        free(deltas);
        free(gradient);
    }
    free(x);
    free(d);
    free(before);
    free(want);
}

static void check_weight_gradient(int kind, int64_t inputs, int64_t outputs, int64_t shards, int64_t most)
{
    check_shards(kind, inputs, outputs, shards, 0, most);
}

static void weight_gradient_is_chains_of_pairs_and_a_tree(void **state)
{
    (void)state;
    for (int64_t most = 0; most <= 33; most++) /* rows of a shard */
        for (int kind = 0; kind < KINDS; kind++)
            check_weight_gradient(kind, 1 + random_below(70), 1 + random_below(40), (int64_t)1 << random_below(5),
                                  most);
    for (int trial = 0; trial < 30; trial++) { /* as long as those that are summed together, or longer */
        const int64_t least = trial % 3 == 0 ? 32 : trial % 3 == 1 ? 34 : 60;
        check_shards(trial % KINDS, 1 + random_below(40), 17 + random_below(30), (int64_t)2 << trial % 3, least,
                     trial % 3 == 2 ? 100 : least);
    }
    for (int trial = 0; trial < 20; trial++) { /* a single output has a way of its own, in the last panel */
        check_weight_gradient(trial % KINDS, 1 + random_below(100), 1, (int64_t)1 << trial % 5, 12);
        check_weight_gradient(trial % KINDS, 1 + random_below(100), 33, (int64_t)1 << trial % 5, 12);
    }
}

/* Nothing that a chain comes to is a denormal, so it does not matter whether a processor takes them for 0, as VDPBF16PS
 * does. */
static void flushing_changes_no_product(void **state)
{
    (void)state;
#if defined(__x86_64__)
    const unsigned mode = _mm_getcsr();
    for (int64_t inputs = 1; inputs <= 33; inputs++) {
        const int64_t stride = LS_PANEL * (inputs + 1);
        float *x = numbers(stride, SMALL), *w = numbers(stride, SMALL);
        for (int64_t i = 0; i < stride; i++) /* sums come close to 0 */
            if (i >= LS_PANEL && random_below(2))
                w[i] = x[i - LS_PANEL], x[i] = -w[i - LS_PANEL];
        EACH_FORM(table)
        {
            int64_t samples_stride, weights_stride, back_stride;
            float *back, *samples = make_samples(table, inputs, 1, NULL, x, stride, &samples_stride, NULL, NULL);
            float *weights = make_weights(table, inputs, false, 1, w, stride, &weights_stride, &back, &back_stride);
            float kept[256] = {0}, flushed[256] = {0};
            table->bfloat16.forward(samples, 0, weights, 0, false, false, inputs, 0, 16, 1, kept, 0);
            _mm_setcsr(mode | 0x8040);
            table->bfloat16.forward(samples, 0, weights, 0, false, false, inputs, 0, 16, 1, flushed, 0);
            _mm_setcsr(mode);
            check_floats(table, "forward of small numbers, denormals taken for 0", 256, flushed, kept);
            for (int i = 0; i < 256; i++)
                assert_true(kept[i] == 0 || fabsf(kept[i]) >= 0x1p-122f);
            if (back != weights)
                free(back);
            free(samples);
            free(weights);
        }
        free(x);
        free(w);
    }
#else
    skip();
#endif
}

/* Nor does a mode of the processor change how numbers are rounded and laid out. */
static void modes_change_no_rounding(void **state)
{
    (void)state;
#if defined(__x86_64__)
    static const unsigned modes[] = {0x8040, 0x2000, 0x4000, 0x6000}; /* denormals taken for 0; down, up, cut */
    static const float edges[] = {0x1p-149f, -0x1p-127f, 0x1p-54f, 0x1.fffffep-55f, 0x1.01p0f, -0x1.03p0f, 0x1.00ffp3f,
                                  FLT_MAX,   -FLT_MAX,   INFINITY, -INFINITY,       NAN,       -NAN,       -0.0f};
    enum { UNITS = 33, OUT = (UNITS + 3) * LS_PANEL };
    const unsigned usual = _mm_getcsr();
    float *x = numbers(UNITS * LS_PANEL, WIDE);
    for (int64_t i = 0; i < UNITS * LS_PANEL; i += 3)
        x[i] = edges[i / 3 % (int64_t)(sizeof edges / sizeof *edges)];
    EACH_FORM(table)
    {
        float *want = random_block(5 * OUT), *got = copy_block(want, 5 * OUT);
        for (size_t m = 0; m <= sizeof modes / sizeof *modes; m++) {
            float *out = m == 0 ? want : got;
            _mm_setcsr(m == 0 ? usual : usual | modes[m - 1]);
            table->bfloat16.samples(UNITS, 0xFFFFu, x, out, out + OUT);
            table->bfloat16.weights(UNITS, false, x, out + 2 * OUT, out + 3 * OUT);
            table->bfloat16.deltas(x, UNITS * LS_PANEL, 16, 15, 1, out + 4 * OUT);
            _mm_setcsr(usual);
            if (m > 0)
                check_floats(table, "operands in another mode", 5 * OUT, got, want);
        }
        for (int64_t r = 0; r < LS_PANEL; r++) /* and the usual one is right, for deltas too */
            for (int64_t l = 0; l < LS_PANEL - 1; l++)
                check_value(table, "deltas", 15, r, l, value_of(table->bfloat16.values, want + 4 * OUT, LS_PANEL, r, l),
                            wanted_bits(x[LS_PANEL * (16 + l) + r]));
        free(want);
        free(got);
    }
    free(x);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_to_nearest_even),
        cmocka_unit_test(samples_are_laid_out),
        cmocka_unit_test(every_upper_half_is_rounded_in_samples),
        cmocka_unit_test(weights_are_laid_out),
        cmocka_unit_test(deltas_are_laid_out),
        cmocka_unit_test(forward_is_one_chain_of_pairs),
        cmocka_unit_test(input_gradient_is_one_chain_of_pairs),
        cmocka_unit_test(weight_gradient_is_chains_of_pairs_and_a_tree),
        cmocka_unit_test(flushing_changes_no_product),
        cmocka_unit_test(modes_change_no_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
