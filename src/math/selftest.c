/* The self-test: every kernel on operands that reach each height of tile, both ends of a panel and the places where a
 * chain is stored and taken up again. A check runs with two tables on equal operands and equal results, which are then
 * compared as a whole, so that what a kernel must leave alone is compared too. */
#include "math/selftest.h"

#include "base/fault.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "math/losses.h"

#include <stdio.h>
#include <string.h>

/* A chain longer than an inner block of the products; more outputs than a panel has. */
enum { LONG = 277, WIDE = 17 };
/* Sample panels: a pair and a single one, as the tables with 32 lanes take them. */
enum { PANELS = 3 };
/* Tiles may be this high. */
enum { HEIGHTS = 16 };
enum { OPERANDS = PANELS * (LONG + 1) * LS_PANEL, RESULTS = 8352, DOUBLES = 3 * LS_LOSS_COUNT * LS_PANEL, KEPT = 512 };

typedef struct operands {
    float x[OPERANDS], w[OPERANDS];
} operands;

typedef struct results {
    float f[RESULTS];
    double d[DOUBLES];
    uint8_t keep[KEPT];
} results;

/* Mostly in [-4, 4), else a zero of either sign or a denormal; every run gets the same. */
static void fill(float *values, int count, uint32_t state)
{
    for (int i = 0; i < count; i++) {
        state = state * 747796405u + 2891336453u; /* O'Neill's PCG, its 32-bit form */
        uint32_t word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;
        word = word >> 22 ^ word;
        const float number = ((float)(word >> 9) * 0x1p-22f - 1.0f) * 4.0f;
        const uint32_t kind = word & 31;
        values[i] = kind == 0 ? 0.0f : kind == 1 ? -0.0f : number;
        if (i % 199 == 41) /* not more: a denormal costs some processors as much as 100 numbers */
            values[i] = number * 0x1p-130f;
    }
}

/* ---- one function a kernel: calls it and leaves all it writes in `r` ---- */

static void run_forward(const ls_kernels *t, const operands *o, results *r)
{
    float *z = r->f;
    for (int outputs = 1; outputs <= HEIGHTS; outputs++) {
        t->forward(o->x, 4 * LS_PANEL, o->w, 0, outputs % 3 != 0, outputs % 2 != 0, 3, 0, outputs, PANELS, z,
                   outputs * LS_PANEL);
        z += PANELS * outputs * LS_PANEL;
    }
    t->forward(o->x, (LONG + 1) * LS_PANEL, o->w, 0, true, false, LONG, 0, 1, PANELS, z, LS_PANEL);
    z += PANELS * LS_PANEL; /* the second weight panel only */
    t->forward(o->x, 4 * LS_PANEL, o->w, 4 * LS_PANEL, true, true, 3, LS_PANEL, WIDE, PANELS, z, WIDE * LS_PANEL);
}

static void run_input_gradient(const ls_kernels *t, const operands *o, results *r)
{
    float *dx = r->f;
    for (int height = 1; height <= HEIGHTS; height++) {
        const int64_t outputs = height == 5 ? WIDE : 3;
        const int64_t stride = (height + 1) * LS_PANEL;
        t->input_gradient(o->x, outputs * LS_PANEL, o->w, 20 * LS_PANEL, outputs, 1, 1 + height, PANELS,
                          height % 2 ? o->w + LS_PANEL : NULL, stride, dx, stride);
        dx += PANELS * stride;
    }
    t->input_gradient(o->x, LONG * LS_PANEL, o->w, LS_PANEL, LONG, 0, 1, PANELS, NULL, 0, dx, LS_PANEL);
}

static void run_weight_gradient(const ls_kernels *t, const operands *o, results *r)
{
    /* a first shard that does not begin at row 0, an empty one, and one across the end of a sample panel; and shards
     * that are too long to be summed two or four at a time */
    static const int64_t shard_rows[] = {10, 12, 12, 20, 21, 22, 23, 24, 25}, long_ones[] = {3, 41, 78, 115, 150};
    /* tiles that sum so many shards at a time are at most so high; the highest have one panel */
    static const struct {
        int64_t shards, first, last, panels;
    } cases[] = {{1, 1, 12, PANELS}, {2, 1, 6, PANELS}, {4, 1, 3, PANELS}, {8, 3, 4, PANELS}, {2, 13, HEIGHTS, 1}};
    float *gradient = r->f;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int64_t height = cases[c].first; height <= cases[c].last; height++) {
            const int64_t stride = (height + 1) * LS_PANEL;
            const ls_ahead ahead = {.arrays = 3, .array = {o->w, o->w, o->w}, .stride = {stride, stride, stride}};
            t->weight_gradient(o->x, 20 * LS_PANEL, o->w, 25 * LS_PANEL, shard_rows, cases[c].shards,
                               cases[c].panels * LS_PANEL, 1, 1 + height, gradient, stride,
                               height % 4 == 2 ? &ahead : NULL);
            gradient += cases[c].panels * stride;
        }
    t->weight_gradient(o->x, 20 * LS_PANEL, o->w, 25 * LS_PANEL, long_ones, 4, PANELS * LS_PANEL, 0, 12, gradient,
                       12 * LS_PANEL, NULL);
    gradient += PANELS * 12 * LS_PANEL;
    /* a single output, whose panel goes another way */
    t->weight_gradient(o->x, 20 * LS_PANEL, o->w, 0, shard_rows, 8, 1, 0, 19, gradient, 0, NULL);
}

static void run_gather(const ls_kernels *t, const operands *o, results *r)
{
    const int64_t features = 37;
    const float *rows[LS_PANEL];
    float scale[37], *out = r->f;
    for (int64_t l = 0; l < LS_PANEL; l++)
        rows[l] = o->x + l * 41; /* not aligned */
    for (int i = 0; i < 37; i++)
        scale[i] = 0.5f + o->w[i] * o->w[i];
    for (int lanes = 1; lanes <= LS_PANEL; lanes += 5)
        for (int mapped = 0; mapped < 2; mapped++, out += features * LS_PANEL)
            t->gather(rows, lanes, features, mapped ? o->w : NULL, mapped ? scale : NULL, out);
}

static void run_transpose(const ls_kernels *t, const operands *o, results *r)
{
    float *out = r->f;
    for (int outputs = 1; outputs <= LS_PANEL; outputs++, out += LS_PANEL * LS_PANEL)
        t->transpose(o->x, 20 * LS_PANEL, 3, outputs, 1, out);
    t->transpose(o->x, 20 * LS_PANEL, 3, LS_PANEL, PANELS, out);
}

/* Activations with settings. */
static const struct {
    ls_activation activation;
    float numbers[LS_ACTIVATION_NUMBERS];
} with_settings[] = {
    {LS_RELU, {2.5f, 0.1f, 1.25f}}, {LS_RELU, {2.5f, 0.0f, 1.25f}}, {LS_LEAKY_RELU, {0.3f}}, {LS_ELU, {0.7f}}};
enum { WITH_SETTINGS = sizeof with_settings / sizeof with_settings[0] };

static void run_activate(const ls_kernels *t, const operands *o, results *r)
{
    float *a = r->f;
    for (int k = 0; k < LS_ACTIVATION_COUNT + WITH_SETTINGS; k++, a += WIDE * LS_PANEL) {
        const int with = k - LS_ACTIVATION_COUNT;
        memcpy(a, o->x, sizeof *a * WIDE * LS_PANEL);
        if (with < 0)
            t->activate((ls_activation)k, NULL, WIDE, a);
        else
            t->activate(with_settings[with].activation, with_settings[with].numbers, WIDE, a);
    }
}

static void run_activate_backward(const ls_kernels *t, const operands *o, results *r)
{
    float *d = r->f;
    for (int k = 0; k < LS_ACTIVATION_COUNT + WITH_SETTINGS; k++, d += WIDE * LS_PANEL) {
        const int with = k - LS_ACTIVATION_COUNT;
        memcpy(d, o->w, sizeof *d * WIDE * LS_PANEL);
        if (with < 0)
            t->activate_backward((ls_activation)k, NULL, WIDE, o->x + WIDE * LS_PANEL, o->x, d);
        else
            t->activate_backward(with_settings[with].activation, with_settings[with].numbers, WIDE, NULL, o->x, d);
    }
}

static void run_dropout(const ls_kernels *t, const operands *o, results *r)
{
    int64_t rows[LS_PANEL];
    for (int64_t l = 0; l < LS_PANEL; l++)
        rows[l] = l % 2 == 0 ? l : (l << 32) + 7 * l;
    t->dropout(5, 2, 9, rows, 0x60000000u, 1.6f, WIDE, o->x, r->f, r->keep);
}

static void run_dropout_backward(const ls_kernels *t, const operands *o, results *r)
{
    uint8_t keep[WIDE * LS_PANEL];
    for (int i = 0; i < WIDE * LS_PANEL; i++)
        keep[i] = o->w[i] > 0;
    memcpy(r->f, o->x, sizeof *r->f * WIDE * LS_PANEL);
    t->dropout_backward(1.6f, WIDE, keep, r->f);
}

static void run_gaussian_noise(const ls_kernels *t, const operands *o, results *r)
{
    int64_t rows[LS_PANEL];
    for (int64_t l = 0; l < LS_PANEL; l++)
        rows[l] = (l << 32) + 3 * l;
    t->gaussian_noise(5, 2, 9, rows, 0.7f, WIDE, o->x, r->f);
}

/* With scale and offset, and without; backward from the statistics found. */
static void run_normalize(const ls_kernels *t, const operands *o, results *r)
{
    enum { N = WIDE * LS_PANEL, STATISTICS = 2 * LS_PANEL };
    float *out = r->f;
    for (int k = 0; k < 2; k++, out += 3 * N + STATISTICS) {
        const float *scale = k ? o->w : NULL, *offset = k ? o->w + WIDE : NULL;
        float *statistics = out + 3 * N, *d = out + 2 * N;
        t->normalize(WIDE, 1e-3, o->x, scale, offset, statistics, out);
        t->normalize_scale(WIDE, o->x, statistics, o->w, out + N);
        memcpy(d, o->w, sizeof *d * N);
        t->normalize_backward(WIDE, o->x, statistics, scale, d);
    }
}

static void run_add(const ls_kernels *t, const operands *o, results *r)
{
    float *sum = r->f;
    for (int n = 1; n <= 37; sum += n, n += 4)
        t->add(n, o->x, o->w, sum);
}

/* Every update with all its switches off and on, and both ways of dividing by the rows. */
static void run_update(const ls_kernels *t, const operands *o, results *r)
{
    enum { N = 53, HALF = 26, ROOM = 64 };
    float *w = r->f;
    for (int k = 0; k < 2 * LS_UPDATE_COUNT; k++, w += (1 + LS_UPDATE_SLOTS) * ROOM) {
        const bool on = k % 2;
        ls_update_step step = {7.0f, 0.001f, 1e-7f, on ? 0.9f : 0.0f, 0.1f, 0.001f, 1.5f, 0.25f, 3.0f, on, on, on};
        float *slot[LS_UPDATE_SLOTS], *behind[LS_UPDATE_SLOTS];
        memcpy(w, o->w, sizeof *w * N);
        for (int s = 0; s < LS_UPDATE_SLOTS; s++) {
            slot[s] = w + (1 + s) * ROOM;
            behind[s] = slot[s] + HALF;
            for (int i = 0; i < N; i++) /* squares: roots are taken of some */
                slot[s][i] = o->w[N + i] * o->w[N + i];
        }
        ls_seen tally = {0};
        t->update[k / 2](&step, HALF, o->x, w, slot, &tally);
        step.rows = 128.0f; /* a power of two goes another way */
        t->update[k / 2](&step, N - HALF, o->x + HALF, w + HALF, behind, &tally);
        memcpy(w + N, &tally, sizeof tally); /* there is room behind the weights */
    }
}

static void run_patterns(const ls_kernels *t, const operands *o, results *r)
{
    for (int n = 1; n < 60; n++) {
        const uint32_t sum = t->patterns(n, o->x);
        memcpy(r->f + n, &sum, sizeof sum);
    }
}

/* What is done to gradients and weights around the update. */
static void run_around(const ls_kernels *t, const operands *o, results *r)
{
    enum { N = 53, ROOM = 64 };
    float *out = r->f, *weights = out + 5 * ROOM;
    for (int k = 0; k < 4; k++, out += ROOM) {
        const ls_mean_step step = {k % 2 ? 128.0f : 7.0f, k / 2 ? 0.02f : 0.0f, k / 2 ? 0.003f : 0.0f};
        t->mean(&step, N, o->x, o->w, out);
    }
    memcpy(out, o->x, sizeof *out * N);
    t->mean_of(3.0f, N, o->w, out);
    t->clip(1.5f, N, out);
    t->scale(0.3f, N, out);
    memcpy(weights, o->w, sizeof *weights * N);
    memcpy(weights + ROOM, o->x, sizeof *weights * N);
    t->decay(1e-5f, N, weights);
    t->average(0.99f, 0.01f, N, weights, weights + ROOM);
    t->non_negative(N, weights);
    t->scale_lanes(o->x, 3, weights);
}

static void run_sum_squares(const ls_kernels *t, const operands *o, results *r)
{
    for (int rows = 1; rows <= 10; rows++)
        t->sum_squares(rows, o->x, r->d + (rows - 1) * LS_PANEL);
}

static void run_sum_absolutes(const ls_kernels *t, const operands *o, results *r)
{
    for (int rows = 1; rows <= 10; rows++)
        t->sum_absolutes(rows, o->x, r->d + (rows - 1) * LS_PANEL);
}

/* Shards that begin within a panel, are empty, and reach over its end. */
static void run_batch_sums(const ls_kernels *t, const operands *o, results *r)
{
    static const int64_t shard_rows[] = {3, 5, 5, 20, 33};
    const double shift[LS_PANEL] = {0.25, -3};
    for (int units = 1; units <= LS_PANEL; units += 5)
        t->batch_sums(o->x, WIDE * LS_PANEL, units % 2 ? o->x : o->w, WIDE * LS_PANEL, units % 3 ? shift : NULL, units,
                      shard_rows, 4, r->d + (units - 1) / 5 * 2 * LS_PANEL);
}

static void run_batch_normalize(const ls_kernels *t, const operands *o, results *r)
{
    enum { N = WIDE * LS_PANEL };
    double number[4][WIDE];
    for (int k = 0; k < 4; k++)
        for (int u = 0; u < WIDE; u++)
            number[k][u] = (double)o->w[WIDE * k + u] / 3;
    t->batch_normalize(WIDE, number[0], number[1], o->w, o->w + WIDE, o->x, r->f);
    t->batch_normalize(WIDE, number[0], number[1], NULL, NULL, o->x, r->f + N);
    t->batch_scale_delta(WIDE, number[0], number[1], o->x, o->w, r->f + 2 * N);
    memcpy(r->f + 3 * N, o->w, sizeof *r->f * N);
    t->batch_normalize_backward(WIDE, 13, number[0], number[1], number[2], number[3], o->x, r->f + 3 * N);
}

static void run_exp(const ls_kernels *t, const operands *o, results *r)
{
    const int n = 101;
    float wide[101]; /* into underflow and overflow */
    for (int i = 0; i < n; i++)
        wide[i] = o->x[i] * (i % 3 == 0 ? 30.0f : 1.0f);
    t->exp(n, wide, r->f);
}

static void run_tanh(const ls_kernels *t, const operands *o, results *r)
{
    t->tanh(101, o->x, r->f);
}

static void run_sigmoid(const ls_kernels *t, const operands *o, results *r)
{
    t->sigmoid(101, o->x, r->f);
}

/* Every loss with its defaults, and with all of its settings on. Outputs are from 0 up, as poisson wants them. */
static void run_loss(const ls_kernels *t, const operands *o, results *r)
{
    const float *y[LS_PANEL];
    int32_t label[LS_PANEL];
    float targets[LS_PANEL * WIDE], a[LS_PANEL * WIDE];
    for (int i = 0; i < LS_PANEL * WIDE; i++) {
        targets[i] = o->w[i] > 0;
        a[i] = o->w[i] < 0 ? -o->w[i] : o->w[i];
    }
    for (int l = 0; l < LS_PANEL; l++) {
        y[l] = targets + l * WIDE;
        label[l] = l * 5 % WIDE;
    }
    double *value = r->d;
    float *d = r->f;
    const ls_targets of = {y, label};
    for (int kind = 0; kind < LS_LOSS_COUNT; kind++, value += 3 * LS_PANEL, d += WIDE * LS_PANEL) {
        const ls_loss plain = ls_loss_plain((ls_loss_kind)kind);
        ls_loss_numbers n = plain.numbers;
        t->loss(&n, WIDE, 11, o->x, a, &of, value, d);
        t->loss(&n, WIDE, LS_PANEL, o->x, a, &of, value + LS_PANEL, NULL);
        n.link = ls_loss_fused_with(&plain);
        n.keep = 0.75f;
        n.smoothing = 0.25f;
        n.balanced = true;
        n.gamma = 1.5f;
        t->loss(&n, 3, 5, o->x, a, &of, value + 2 * LS_PANEL, d + 14 * LS_PANEL);
    }
}

static const struct {
    const char *kernel;
    void (*run)(const ls_kernels *t, const operands *o, results *r);
} checks[] = {
    {"forward", run_forward},
    {"input_gradient", run_input_gradient},
    {"weight_gradient", run_weight_gradient},
    {"gather", run_gather},
    {"transpose", run_transpose},
    {"activate", run_activate},
    {"activate_backward", run_activate_backward},
    {"dropout", run_dropout},
    {"dropout_backward", run_dropout_backward},
    {"gaussian_noise", run_gaussian_noise},
    {"normalize", run_normalize},
    {"add", run_add},
    {"update", run_update},
    {"patterns", run_patterns},
    {"around", run_around},
    {"sum_squares", run_sum_squares},
    {"sum_absolutes", run_sum_absolutes},
    {"batch_sums", run_batch_sums},
    {"batch_normalize", run_batch_normalize},
    {"exp", run_exp},
    {"tanh", run_tanh},
    {"sigmoid", run_sigmoid},
    {"loss", run_loss},
};

/* ---- comparing and choosing ---- */

typedef struct workspace {
    operands in;
    results got, want;
} workspace;

/* Bit by bit, which is the point: the operands give no NaN, whose payload would be free. */
static bool same(const results *a, const results *b)
{
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
    return memcmp(a->f, b->f, sizeof a->f) == 0 && memcmp(a->d, b->d, sizeof a->d) == 0 &&
           memcmp(a->keep, b->keep, sizeof a->keep) == 0;
}

ls_status ls_selftest_compare(const ls_kernels *table, const ls_kernels *reference, const char **wrong)
{
    workspace *s;
    *wrong = NULL;
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "self-test of the kernels"));
    const ls_fpenv saved = ls_fpenv_enter();
    fill(s->in.x, OPERANDS, 1);
    fill(s->in.w, OPERANDS, 2);
    memset(&s->got, 0x55, sizeof s->got); /* equal before each check: what it must leave alone is compared too */
    memset(&s->want, 0x55, sizeof s->want);
    for (size_t i = 0; !*wrong && i < sizeof checks / sizeof checks[0]; i++) {
        checks[i].run(table, &s->in, &s->got);
        checks[i].run(reference, &s->in, &s->want);
        if (!same(&s->got, &s->want))
            *wrong = checks[i].kernel;
    }
    const ls_status status = *wrong ? LS_OK : ls_selftest_bfloat16(&table->bfloat16, wrong);
    ls_fpenv_leave(saved);
    ls_memory_free(s);
    return status;
}

/* *wrong is NULL when the table may be used. Two threads that test one table at the same time find the same. */
static ls_status test(int index, const char **wrong)
{
    *wrong = NULL;
    if (ls_kernels_table_verdict(index) == LS_PASSED || !ls_kernels_at(index + 1))
        return LS_OK;
    if (ls_kernels_table_verdict(index) == LS_REJECTED) {
        *wrong = "rejected before";
        return LS_OK;
    }
    LS_TRY(ls_selftest_compare(ls_kernels_at(index), &ls_kernels_portable, wrong));
    if (ls_fault("selftest") != LS_OK)
        *wrong = "injected fault at selftest";
    ls_kernels_table_judge(index, *wrong ? LS_REJECTED : LS_PASSED);
    return LS_OK;
}

ls_status ls_selftest_choose(const char *name, const ls_kernels **kernels, char *failed, size_t capacity)
{
    const ls_kernels *table;
    bool found = !name || strcmp(name, "auto") == 0;
    size_t length = 0;
    *kernels = NULL;
    failed[0] = '\0';
    for (int i = 0; (table = ls_kernels_at(i)); i++) {
        const char *wrong;
        if (!table->supported())
            continue;
        found = found || strcmp(name, table->name) == 0;
        if (!found)
            continue;
        LS_TRY(test(i, &wrong));
        if (!wrong) {
            *kernels = table;
            return LS_OK;
        }
        if (length < capacity)
            length += (size_t)snprintf(failed + length, capacity - length, "%s%s (%s)", length > 0 ? ", " : "",
                                       table->name, wrong);
    }
    return LS_OK;
}
