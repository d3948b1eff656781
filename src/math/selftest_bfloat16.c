/* The self-test of the products in bfloat16. Tables lay operands out differently, so a table's results are not compared
 * with another table's but with loops over plain arrays, written from README.md. These add in float64: the operands are
 * such that a product plus a chain's sum is exact there, and rounds once, where it becomes float32. */
#include "math/selftest.h"

#include "base/memory.h"
#include "math/bfloat16.h"

#include <stddef.h>
#include <string.h>

/* A chain longer than two inner blocks of the products, also in pairs; a unit number that leaves a pair half empty. */
enum { LONG = 515, SHORT = 3 };
/* Sample or output panels: a pair and a single one, as the tables with 32 lanes take them. */
enum { PANELS = 3 };
/* Tiles may be this high. */
enum { HEIGHTS = 16 };
enum { ALL = (1 << LS_PANEL) - 1 };
enum { LONG_PANEL = (LONG + 1) * LS_PANEL, OPERANDS = PANELS * LONG_PANEL };
enum { RESULTS = PANELS * (HEIGHTS + 1) * LS_PANEL };

/* What a check works on: `given` numbers, the same `rounded`, what the table makes of them, and two results. */
typedef struct workspace {
    float x[OPERANDS], rounded_x[OPERANDS];
    float w[LONG_PANEL], rounded_w[LONG_PANEL];
    float samples[OPERANDS + LS_PANEL], rows[LONG_PANEL + LS_PANEL];
    float weights[LONG_PANEL + 2 * LS_PANEL], back[LONG_PANEL];
    float got[RESULTS], want[RESULTS];
} workspace;

/* ---- operands, and the rounding in other words than those of bfloat16.h ---- */

/* Upper half: to nearest, ties to even; +0 below 2^-54. */
static uint16_t rounded_half(float x)
{
    const uint32_t bits = ls_float_bits(x), upper = bits >> 16, lower = bits & 0xFFFFu;
    if (x != x)
        return 0x7FC0;
    if (ls_abs1(x) < 0x1p-54f)
        return 0;
    return (uint16_t)(lower > 0x8000u || (lower == 0x8000u && upper % 2 == 1) ? upper + 1 : upper);
}

static float widened(uint16_t half)
{
    return ls_float_from((uint32_t)half << 16);
}

/* Magnitudes from 2^-12 to 4: products are multiples of 2^-38, and sums of 515 of them stay below 2^14. Ties, zeros of
 * either sign and numbers that are rounded to 0 among them. The first come again and again. */
static void fill(int64_t count, float *given, float *rounded, uint32_t state)
{
    enum { PERIOD = 1999 };
    for (int i = 0; i < PERIOD; i++) {
        state = state * 747796405u + 2891336453u; /* O'Neill's PCG, its 32-bit form */
        uint32_t word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;
        word = word >> 22 ^ word;
        const uint32_t exponent = 127 - 12 + (word >> 23 & 0xFFu) % 14;
        const uint32_t mantissa = i % 5 == 0 ? (word & 0x7F0000u) | 0x8000u : word & 0x7FFFFFu;
        given[i] = ls_float_from((word & 0x80000000u) | exponent << 23 | mantissa);
        if (i % 23 == 7)
            given[i] *= i % 2 == 0 ? 0.0f : 0x1p-60f;
        rounded[i] = widened(rounded_half(given[i]));
    }
    for (int64_t i = PERIOD, n; i < count; i += n) {
        n = count - i < PERIOD ? count - i : PERIOD;
        memcpy(given + i, given, (size_t)n * sizeof *given);
        memcpy(rounded + i, rounded, (size_t)n * sizeof *rounded);
    }
}

/* Value k of lane l of an operand whose rows have `lanes` lanes. */
static uint16_t half_of(int values, const float *operand, int64_t lanes, int64_t k, int64_t l)
{
    const uint32_t bits = ls_float_bits(operand[k / values * lanes + l]);
    return (uint16_t)(values == 1 || k % 2 == 1 ? bits >> 16 : bits);
}

/* That of unit i and row r in a row operand, of which rows are the inner index. */
static uint16_t half_of_row(int values, const float *operand, int64_t i, int64_t r)
{
    return half_of(values, operand + i * LS_PANEL / values, 1, r, 0);
}

/* Whether lanes [0, n) hold float32s and no more than their upper halves. */
static bool are_whole(int values, int64_t n, const float *operand)
{
    uint32_t lower = 0;
    for (int64_t i = 0; values == 1 && i < n; i++)
        lower |= ls_float_bits(operand[i]) & 0xFFFFu;
    return lower == 0;
}

/* ---- the operands' kernels: each value stands where it should ---- */

enum { EDGES = 17 };

/* Around every branch of the rounding. */
static void edges(float *x)
{
    static const uint32_t bits[2 * LS_PANEL] = {
        0x00000000, 0x80000000, 0x00000001, 0x807FFFFF, 0x247FFFFF, 0xA47FFFFF, 0x24800000, 0xA4800000,
        0x3F808000, 0x3F818000, 0x3F807FFF, 0x3F808001, 0xBF818000, 0xBF808000, 0x3FFFFFFF, 0x3F7F8000,
        0x7F7FFFFF, 0xFF7F8000, 0x7F7F7FFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345, 0x7F800001,
        0x24808000, 0x24818000, 0x247F8000, 0x3F800000, 0xBF800000, 0x33D5AAAA, 0xC2F6E979, 0x7FFFFFFF};
    for (int i = 0; i < EDGES * LS_PANEL; i++)
        x[i] = ls_float_from(bits[(i * 7 + i / (2 * LS_PANEL)) % (2 * LS_PANEL)]);
}

static bool are_samples(const ls_bfloat16_kernels *k, workspace *s, int64_t units, uint32_t lanes)
{
    const int values = k->values;
    const int64_t end = ls_bfloat16_samples(values, units), row_end = (units + 1) * LS_PANEL / values;
    bool right = true;
    s->samples[end] = s->rows[row_end] = 1.25f; /* are left alone */
    k->samples(units, lanes, s->x, s->samples, s->rows);
    const float *rows = values == 1 ? s->samples : s->rows;
    for (int64_t i = 0; i < units; i++)
        for (int64_t l = 0; l < LS_PANEL; l++) {
            const uint16_t want = lanes >> l & 1u ? rounded_half(s->x[i * LS_PANEL + l]) : 0;
            right = right && half_of(values, s->samples, LS_PANEL, i, l) == want;
            right = right && half_of_row(values, rows, i, l) == want;
        }
    for (int64_t l = 0; l < LS_PANEL; l++) {
        right = right && half_of_row(values, rows, units, l) == (lanes >> l & 1u ? 0x3F80 : 0);
        if (values == 2 && units % 2 == 1)
            right = right && half_of(values, s->samples, LS_PANEL, units, l) == 0;
    }
    return right && are_whole(values, end, s->samples) && s->samples[end] == 1.25f && s->rows[row_end] == 1.25f;
}

static bool samples_right(const ls_bfloat16_kernels *k, workspace *s)
{
    return are_samples(k, s, EDGES, ALL) && are_samples(k, s, EDGES - 1, 0x5FF3u) && are_samples(k, s, 1, 1u);
}

static bool are_weights(const ls_bfloat16_kernels *k, workspace *s, int64_t inputs, bool bias)
{
    const int values = k->values;
    const int64_t end = ls_bfloat16_weights(values, inputs, bias), back_end = inputs * LS_PANEL / values;
    bool right = true;
    s->weights[end] = s->back[back_end] = 1.25f;
    k->weights(inputs, bias, s->x, s->weights, s->back);
    const float *back = values == 1 ? s->weights : s->back;
    for (int64_t l = 0; l < LS_PANEL; l++) {
        for (int64_t i = 0; i < inputs; i++) {
            const uint16_t want = rounded_half(s->x[i * LS_PANEL + l]);
            right = right && half_of(values, s->weights, LS_PANEL, i, l) == want;
            right = right && half_of_row(values, back, i, l) == want;
        }
        if (inputs % 2 == 1)
            right = right && half_of(values, s->weights, LS_PANEL, inputs, l) == 0;
        if (bias) /* as it is */
            right =
                right && ls_float_bits(s->weights[end - LS_PANEL + l]) == ls_float_bits(s->x[inputs * LS_PANEL + l]);
    }
    return right && are_whole(values, end - bias * LS_PANEL, s->weights) && s->weights[end] == 1.25f &&
           s->back[back_end] == 1.25f;
}

static bool weights_right(const ls_bfloat16_kernels *k, workspace *s)
{
    return are_weights(k, s, EDGES - 2, false) && are_weights(k, s, EDGES - 2, true) &&
           are_weights(k, s, EDGES - 1, true);
}

static bool are_deltas(const ls_bfloat16_kernels *k, workspace *s, int64_t first, int outputs)
{
    enum { STRIDE = 7 * LS_PANEL, TAKEN = 2 }; /* sample panels, one in the other, which does no harm */
    const int64_t end = TAKEN * LS_PANEL * LS_PANEL / k->values;
    bool right = true;
    s->samples[end] = 1.25f;
    k->deltas(s->x, STRIDE, first, outputs, TAKEN, s->samples);
    for (int64_t r = 0; r < TAKEN * LS_PANEL; r++)
        for (int64_t l = 0; l < LS_PANEL; l++) {
            const float *d = s->x + r / LS_PANEL * STRIDE + (first + l) * LS_PANEL + r % LS_PANEL;
            right = right && half_of(k->values, s->samples, LS_PANEL, r, l) == (l < outputs ? rounded_half(*d) : 0);
        }
    return right && are_whole(k->values, end, s->samples) && s->samples[end] == 1.25f;
}

static bool deltas_right(const ls_bfloat16_kernels *k, workspace *s)
{
    return are_deltas(k, s, 0, 5) && are_deltas(k, s, 1, LS_PANEL - 7) && are_deltas(k, s, 0, 10);
}

/* ---- the products ---- */

static const float no_row[LS_PANEL];

/* One link of 16 chains. */
static void link(const float *row, float factor, float *restrict chain)
{
#pragma omp simd
    for (int l = 0; l < LS_PANEL; l++)
        chain[l] = (float)((double)row[l] * (double)factor + (double)chain[l]);
}

static bool same(workspace *s)
{
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
    return memcmp(s->got, s->want, sizeof s->got) == 0;
}

static void forget(workspace *s)
{
    memset(s->got, 0x55, sizeof s->got); /* what a kernel must leave alone is compared too */
    memset(s->want, 0x55, sizeof s->want);
}

/* The chains of one sample panel and the output whose weights are 16 floats apart: pairs of inputs, the odd one first.
 */
static void forward_chain(const float *x, const float *w, int64_t inputs, float *chain)
{
    for (int l = 0; l < LS_PANEL; l++)
        chain[l] = 0.0f;
    for (int64_t pair = 0; pair < inputs; pair += 2)
        for (int64_t i = pair + 1; i >= pair; i--)
            link(i < inputs ? x + i * LS_PANEL : no_row, i < inputs ? w[i * LS_PANEL] : 0.0f, chain);
}

/* Where output 0 would be when `first` is at the beginning of what a kernel writes: in the workspace, in front of it.
 */
static float *results_from(workspace *s, int64_t first)
{
    return (float *)(void *)((char *)s + offsetof(workspace, got)) - first * LS_PANEL;
}

static bool is_forward(const ls_bfloat16_kernels *k, workspace *s, int64_t inputs, int64_t first, int64_t last,
                       bool bias, bool relu)
{
    const int64_t plain = (inputs + 1) * LS_PANEL, stride = (last - first + 1) * LS_PANEL;
    const int64_t samples = ls_bfloat16_samples(k->values, inputs),
                  weights = ls_bfloat16_weights(k->values, inputs, true);
    for (int64_t p = 0; p < PANELS; p++)
        k->samples(inputs, ALL, s->x + p * plain, s->samples + p * samples, s->rows);
    for (int64_t p = first / LS_PANEL; p * LS_PANEL < last; p++)
        k->weights(inputs, true, s->w + p * plain, s->weights + p * weights, NULL);
    forget(s);
    k->forward(s->samples, samples, s->weights, weights, bias, relu, inputs, first, last, PANELS,
               results_from(s, first), stride);
    for (int64_t p = 0; p < PANELS; p++)
        for (int64_t o = first; o < last; o++) {
            const int64_t w = o / LS_PANEL * plain + o % LS_PANEL;
            float *z = s->want + p * stride + (o - first) * LS_PANEL;
            forward_chain(s->rounded_x + p * plain, s->rounded_w + w, inputs, z);
            for (int l = 0; l < LS_PANEL; l++) {
                z[l] = bias ? z[l] + s->w[w + inputs * LS_PANEL] : z[l];
                z[l] = relu && !(z[l] > 0) ? 0.0f : z[l];
            }
        }
    return same(s);
}

static bool forward_right(const ls_bfloat16_kernels *k, workspace *s)
{
    bool right = is_forward(k, s, LONG, 0, 1, true, false) && is_forward(k, s, SHORT + 1, 0, 2, true, true) &&
                 is_forward(k, s, SHORT, LS_PANEL, LS_PANEL + 1, true, true); /* the second weight panel only */
    for (int64_t outputs = 1; right && outputs <= HEIGHTS; outputs++)
        right = is_forward(k, s, SHORT, 0, outputs, outputs % 3 != 0, outputs % 2 != 0);
    return right;
}

/* Inputs [1, 1 + height) of `outputs`; some by what relu left. */
static bool is_input_gradient(const ls_bfloat16_kernels *k, workspace *s, int64_t outputs, int64_t height)
{
    const int64_t plain = outputs * LS_PANEL, inputs = 1 + height, w_plain = inputs * LS_PANEL;
    const int64_t stride = inputs * LS_PANEL, samples = ls_bfloat16_samples(k->values, outputs);
    const int64_t panels = (outputs + LS_PANEL - 1) / LS_PANEL;
    const int64_t weights = ls_bfloat16_weights(k->values, inputs, false);
    const int64_t back = k->values == 1 ? weights : inputs * LS_PANEL / k->values;
    const float *relu = height % 2 ? s->x + LS_PANEL : NULL;
    for (int64_t p = 0; p < PANELS; p++)
        k->samples(outputs, ALL, s->x + p * plain, s->samples + p * samples, s->rows);
    for (int64_t p = 0; p < panels; p++) { /* lanes behind the last output are 0 in a model */
        float *w = s->got;
        for (int64_t i = 0; i < inputs * LS_PANEL; i++)
            w[i] = p * LS_PANEL + i % LS_PANEL < outputs ? s->w[p * w_plain + i] : 0.0f;
        k->weights(inputs, false, w, s->weights + p * weights, s->back + p * back);
    }
    forget(s);
    k->input_gradient(s->samples, samples, k->values == 1 ? s->weights : s->back, back, outputs, 1, inputs, PANELS,
                      relu, stride, s->got, stride);
    for (int64_t p = 0; p < PANELS; p++)
        for (int64_t i = 1; i < inputs; i++) {
            float *dx = s->want + p * stride + i * LS_PANEL;
            memcpy(dx, no_row, sizeof no_row);
            for (int64_t pair = 0; pair < outputs; pair += 2)
                for (int64_t o = pair + 1; o >= pair; o--)
                    link(o < outputs ? s->rounded_x + p * plain + o * LS_PANEL : no_row,
                         o < outputs ? s->rounded_w[o / LS_PANEL * w_plain + i * LS_PANEL + o % LS_PANEL] : 0.0f, dx);
            for (int l = 0; relu && l < LS_PANEL; l++)
                dx[l] = relu[p * stride + i * LS_PANEL + l] > 0 ? dx[l] : 0.0f;
        }
    return same(s);
}

static bool input_gradient_right(const ls_bfloat16_kernels *k, workspace *s)
{
    bool right = is_input_gradient(k, s, LONG, 1);
    for (int64_t height = 1; right && height <= HEIGHTS; height++)
        right = is_input_gradient(k, s, height == 5 ? LS_PANEL + 1 : SHORT, height);
    return right;
}

/* Input i, as a row of ones is behind the others, and 16 outputs: shards from shard_rows[0] on, and their tree. */
static void weight_tree(const workspace *s, int64_t units, int64_t i, const float *d, const int64_t *shard_rows,
                        int64_t shards, float *sum)
{
    memcpy(sum, no_row, sizeof no_row);
    if (shards > 1) {
        float upper[LS_PANEL];
        weight_tree(s, units, i, d, shard_rows, shards / 2, sum);
        weight_tree(s, units, i, d, shard_rows + shards / 2, shards / 2, upper);
        for (int l = 0; l < LS_PANEL; l++)
            sum[l] = sum[l] + upper[l];
        return;
    }
    for (int64_t pair = shard_rows[0]; pair < shard_rows[1]; pair += 2)
        for (int64_t r = pair + 1; r >= pair; r--)
            link(d + r * LS_PANEL,
                 i == units ? 1.0f : s->rounded_x[(r / LS_PANEL * (units + 1) + i) * LS_PANEL + r % LS_PANEL], sum);
}

/* Inputs [1, 1 + height) of HEIGHTS, and the row of ones where that is the last. */
static bool is_weight_gradient(const ls_bfloat16_kernels *k, workspace *s, int64_t outputs, int64_t height,
                               int64_t shards)
{
    /* a first shard that does not begin at row 0, an empty one, and one across the end of a sample panel */
    static const int64_t shard_rows[] = {2, 8, 8, 18, 22, 24, 26, 30, 32};
    enum { UNITS = HEIGHTS, TAKEN = 2, PLAIN = (UNITS + 1) * LS_PANEL, TURNED = TAKEN * LS_PANEL * LS_PANEL };
    const int values = k->values;
    const int64_t samples = ls_bfloat16_samples(values, UNITS), stride = (UNITS + 1) * LS_PANEL;
    const int64_t rows = values == 1 ? samples : (UNITS + 1) * LS_PANEL / values,
                  panels = (outputs + LS_PANEL - 1) / LS_PANEL;
    const ls_ahead ahead = {.arrays = 2, .array = {s->w, s->w}, .stride = {stride, stride}};
    float *turned = s->back, *deltas = s->weights;
    for (int64_t p = 0; p < TAKEN; p++)
        k->samples(UNITS, ALL, s->x + p * PLAIN, s->samples + p * samples, s->rows + p * rows);
    for (int64_t p = 0; p < panels; p++) { /* 16 outputs of every sample panel are together in w */
        const int live = (int)(outputs - p * LS_PANEL < LS_PANEL ? outputs - p * LS_PANEL : LS_PANEL);
        k->deltas(s->w + p * TURNED, LS_PANEL * LS_PANEL, 0, live, TAKEN, deltas + p * TURNED / values);
        for (int64_t r = 0; r < TAKEN * LS_PANEL; r++)
            for (int64_t o = 0; o < LS_PANEL; o++)
                turned[p * TURNED + r * LS_PANEL + o] =
                    o < live ? s->rounded_w[p * TURNED + (r / LS_PANEL * LS_PANEL + o) * LS_PANEL + r % LS_PANEL]
                             : 0.0f;
    }
    forget(s);
    k->weight_gradient(values == 1 ? s->samples : s->rows, rows, deltas, TURNED / values, shard_rows, shards, outputs,
                       1, 1 + height, s->got, stride, height % 4 == 2 ? &ahead : NULL);
    for (int64_t p = 0; p < panels; p++)
        for (int64_t i = 1; i < 1 + height; i++)
            weight_tree(s, UNITS, i, turned + p * TURNED, shard_rows, shards, s->want + p * stride + i * LS_PANEL);
    return same(s);
}

static bool weight_gradient_right(const ls_bfloat16_kernels *k, workspace *s)
{
    /* tiles that sum so many shards at a time are at most so high; the highest have one panel */
    static const struct {
        int64_t shards, first, last, panels;
    } cases[] = {{1, 1, 12, PANELS}, {2, 1, 6, PANELS}, {4, 1, 3, PANELS}, {8, 3, 4, PANELS}, {2, 13, HEIGHTS, 1}};
    bool right = is_weight_gradient(k, s, 1, HEIGHTS, 8); /* a single output, whose panel may go another way */
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int64_t height = cases[c].first; right && height <= cases[c].last; height++)
            right = is_weight_gradient(k, s, cases[c].panels * LS_PANEL - height % 2, height, cases[c].shards);
    return right;
}

/* ---- all of them ---- */

ls_status ls_selftest_bfloat16(const ls_bfloat16_kernels *kernels, const char **wrong)
{
    static const struct {
        const char *kernel;
        bool (*right)(const ls_bfloat16_kernels *k, workspace *s);
        bool edges; /* of the rounding, in x; else what products are exact with */
    } checks[] = {
        {"bfloat16.samples", samples_right, true},
        {"bfloat16.weights", weights_right, true},
        {"bfloat16.deltas", deltas_right, true},
        {"bfloat16.forward", forward_right, false},
        {"bfloat16.input_gradient", input_gradient_right, false},
        {"bfloat16.weight_gradient", weight_gradient_right, false},
    };
    workspace *s;
    *wrong = NULL;
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "self-test of the kernels"));
    edges(s->x);
    for (size_t i = 0; !*wrong && i < sizeof checks / sizeof checks[0]; i++) {
        if (i > 0 && checks[i - 1].edges && !checks[i].edges) {
            fill(OPERANDS, s->x, s->rounded_x, 1);
            fill(LONG_PANEL, s->w, s->rounded_w, 2);
        }
        if (!checks[i].right(kernels, s))
            *wrong = checks[i].kernel;
    }
    ls_memory_free(s);
    return LS_OK;
}
