/* Losses: values against long double, gradients against finite differences of those, all tables the bits of scalar
 * references written from src/math/README.md, and the cases that make naive formulas overflow. */
#include "math_test.h"

#include "math/losses.h"

#include <stdio.h>

enum { MOST = 23 };
/* Those whose every operation is written out here; the others are in test_loss_formulas. */
enum { WRITTEN_OUT = LS_SPARSE_CATEGORICAL_CROSSENTROPY + 1 };

/* The activation behind which a loss is tested: the one it is fused with, else none. */
static ls_activation activation_of(ls_loss_kind kind)
{
    const ls_loss loss = ls_loss_plain(kind);
    return ls_loss_fused(&loss) ? ls_loss_last(&loss) : LS_LINEAR;
}

static const char *name_of(ls_loss_kind kind)
{
    const ls_loss loss = ls_loss_plain(kind);
    return ls_loss_name(&loss);
}

static void run(const ls_kernels *table, ls_loss_kind kind, int64_t outputs, int lanes, const float *z, const float *a,
                const ls_targets *targets, double *value, float *d)
{
    const ls_loss loss = ls_loss_plain(kind);
    table->loss(&loss.numbers, outputs, lanes, z, a, targets, value, d);
}

/* One panel of random rows, with targets that fit the loss. */
typedef struct panel {
    int64_t outputs;
    int lanes;
    float z[MOST * LS_PANEL];
    float a[MOST * LS_PANEL];
    float y[LS_PANEL][MOST];
    const float *rows[LS_PANEL];
    int32_t label[LS_PANEL];
    ls_targets targets;
} panel;

static void make_panel(ls_loss_kind loss, int64_t outputs, int lanes, panel *p)
{
    memset(p, 0, sizeof *p);
    p->outputs = outputs;
    p->lanes = lanes;
    for (int64_t i = 0; i < outputs * LS_PANEL; i++)
        p->a[i] = p->z[i] = random_float(4.0f);
    ls_kernels_find("portable")->activate(activation_of(loss), NULL, outputs, p->a);
    for (int l = 0; l < lanes; l++) {
        float sum = 0;
        for (int64_t j = 0; j < outputs; j++) {
            p->y[l][j] = loss <= LS_MEAN_ABSOLUTE_ERROR ? random_float(3.0f) : fabsf(random_float(1.0f));
            sum += p->y[l][j];
        }
        for (int64_t j = 0; j < outputs && loss == LS_CATEGORICAL_CROSSENTROPY; j++)
            p->y[l][j] /= sum;
        p->rows[l] = p->y[l];
        p->label[l] = (int32_t)random_below(outputs);
    }
    p->targets = (ls_targets){loss == LS_SPARSE_CATEGORICAL_CROSSENTROPY ? NULL : p->rows,
                              loss == LS_SPARSE_CATEGORICAL_CROSSENTROPY ? p->label : NULL};
}

/* The loss of one lane from z (the identity is the activation of the unfused losses), in long double. */
static long double exact_loss(ls_loss_kind loss, const panel *p, int lane, const long double *z)
{
    long double sum = 0, most = z[0], total = 0;
    for (int64_t j = 0; j < p->outputs; j++) {
        const long double y = (long double)p->y[lane][j];
        if (loss == LS_MEAN_SQUARED_ERROR)
            sum += (z[j] - y) * (z[j] - y);
        if (loss == LS_MEAN_ABSOLUTE_ERROR)
            sum += fabsl(z[j] - y);
        if (loss == LS_BINARY_CROSSENTROPY)
            sum += (z[j] > 0 ? z[j] : 0) - z[j] * y + log1pl(expl(-fabsl(z[j])));
        most = z[j] > most ? z[j] : most;
    }
    if (loss <= LS_BINARY_CROSSENTROPY)
        return sum / (long double)p->outputs;
    for (int64_t j = 0; j < p->outputs; j++)
        total += expl(z[j] - most);
    if (loss == LS_SPARSE_CATEGORICAL_CROSSENTROPY)
        return logl(total) - (z[p->label[lane]] - most);
    sum = 0;
    for (int64_t j = 0; j < p->outputs; j++)
        sum += (long double)p->y[lane][j] * (logl(total) - (z[j] - most));
    return sum;
}

static void lane_values(const panel *p, int lane, long double *z)
{
    for (int64_t j = 0; j < p->outputs; j++)
        z[j] = (long double)p->z[j * LS_PANEL + lane];
}

static void test_values_and_gradients(void **state)
{
    (void)state;
    EACH_TABLE(table)
    {
        for (int loss = 0; loss < WRITTEN_OUT; loss++) {
            for (int64_t outputs = 1; outputs <= MOST; outputs += 11) {
                static panel p;
                double value[LS_PANEL];
                static float d[MOST * LS_PANEL];
                make_panel((ls_loss_kind)loss, outputs, 13, &p);
                run(table, (ls_loss_kind)loss, outputs, p.lanes, p.z, p.a, &p.targets, value, d);
                for (int l = 0; l < p.lanes; l++) {
                    long double z[MOST];
                    lane_values(&p, l, z);
                    check_near(table, name_of((ls_loss_kind)loss), value[l],
                               (double)exact_loss((ls_loss_kind)loss, &p, l, z), 1e-6);
                    for (int64_t j = 0; j < outputs; j++) {
                        const long double step = 1e-5L, kept = z[j];
                        z[j] = kept + step;
                        const long double above = exact_loss((ls_loss_kind)loss, &p, l, z);
                        z[j] = kept - step;
                        const long double below = exact_loss((ls_loss_kind)loss, &p, l, z);
                        z[j] = kept;
                        check_near(table, name_of((ls_loss_kind)loss), (double)d[j * LS_PANEL + l],
                                   (double)((above - below) / (2 * step)), 2e-6);
                    }
                }
                for (int64_t j = 0; j < outputs; j++) { /* lanes without a row */
                    for (int l = p.lanes; l < LS_PANEL; l++)
                        assert_true(d[j * LS_PANEL + l] == 0 && !signbit(d[j * LS_PANEL + l]));
                }
            }
        }
    }
}

/* ---- to the bit ---- */

/* One row in scalars, from src/math/README.md; z, a and d step by LS_PANEL. */
static double reference_mean_loss(ls_loss_kind loss, int64_t outputs, const float *z, const float *a, const float *y,
                                  float *d)
{
    const float n = (float)outputs;
    double sum = 0;
    for (int64_t j = 0; j < outputs; j++) {
        const int64_t i = j * LS_PANEL;
        const double error = (double)a[i] - (double)y[j];
        if (loss == LS_MEAN_SQUARED_ERROR) {
            sum = fma(error, error, sum);
            d[i] = 2.0f * (a[i] - y[j]) / n;
        } else if (loss == LS_MEAN_ABSOLUTE_ERROR) {
            sum = sum + fabs(error);
            d[i] = a[i] > y[j] ? 1.0f / n : a[i] < y[j] ? -(1.0f / n) : a[i] == y[j] ? 0.0f : NAN;
        } else {
            const double e = (double)reference_exp(-fabsf(z[i])), u = 1.0 + e;
            const double soft = reference_log(u) + (e - (u - 1.0));
            sum = sum + (fma(-(double)z[i], (double)y[j], z[i] > 0 ? (double)z[i] : 0.0) + soft);
            d[i] = (a[i] - y[j]) / n;
        }
    }
    return sum / (double)outputs;
}

/* y: the targets, or NULL and the label. */
static double reference_class_loss(int64_t outputs, const float *z, const float *p, const float *y, int32_t label,
                                   float *d)
{
    float most = z[0];
    double sum = 0, value = 0, mass = 0;
    for (int64_t j = 1; j < outputs; j++)
        most = z[j * LS_PANEL] > most ? z[j * LS_PANEL] : most;
    for (int64_t j = 0; j < outputs; j++)
        sum = sum + (double)reference_exp(z[j * LS_PANEL] - most);
    const double log_sum = reference_log(sum);
    for (int64_t j = 0; j < outputs && y; j++) {
        value = fma((double)y[j], log_sum - ((double)z[j * LS_PANEL] - (double)most), value);
        mass = mass + (double)y[j];
    }
    for (int64_t j = 0; j < outputs; j++) {
        const int64_t i = j * LS_PANEL;
        d[i] = y ? fmaf(p[i], (float)mass, -y[j]) : j == label ? p[i] - 1.0f : p[i];
    }
    return y ? value : log_sum - ((double)z[label * LS_PANEL] - (double)most);
}

static void reference_loss(ls_loss_kind loss, const panel *p, double *value, float *d)
{
    memset(d, 0, sizeof(float) * MOST * LS_PANEL);
    for (int l = 0; l < p->lanes; l++) {
        const float *y = p->targets.y ? p->targets.y[l] : NULL;
        value[l] = loss <= LS_BINARY_CROSSENTROPY
                       ? reference_mean_loss(loss, p->outputs, p->z + l, p->a + l, y, d + l)
                       : reference_class_loss(p->outputs, p->z + l, p->a + l, y, p->label[l], d + l);
    }
    for (int64_t i = 0; i < p->outputs * LS_PANEL; i++)
        d[i] = fabsf(d[i]) < 0x1p-100f ? 0.0f : d[i];
}

/* Rows whose numbers went astray, and targets that are met exactly; lanes without a row hold anything. */
static void spoil(panel *p)
{
    p->z[0] = 80.0f; /* exp underflows beside it */
    p->z[1] = p->a[1] = NAN;
    p->z[2] = p->a[2] = INFINITY;
    p->z[3] = p->a[3] = -INFINITY;
    p->y[4][0] = p->a[4];
    p->a[5] = -0.0f; /* -0 - +0 is -0: the gradient must be +0 all the same */
    p->y[5][0] = 0.0f;
    for (int64_t j = 0; j < p->outputs; j++) {
        p->z[j * LS_PANEL + 6] = -50.0f; /* 1 + exp(z) is 1 */
        p->y[6][j] = 0.0f;
        p->a[j * LS_PANEL + 7] *= ldexpf(1.0f, -(int)random_below(30)); /* the error has more than 27 bits */
        for (int l = p->lanes; l < LS_PANEL; l++)
            p->z[j * LS_PANEL + l] = p->a[j * LS_PANEL + l] = l % 2 ? NAN : INFINITY;
    }
}

/* A gradient of 2^-100 stays, the number below it becomes +0, of either sign: rows predicted with certainty must not
 * send denormals down the layers. NaN stays. */
static void test_tiny_gradients_are_cut(void **state)
{
    (void)state;
    static const float tiny[] = {0x1p-100f, 0x1.fffffep-101f, 0x1p-149f, 0x1p-99f, NAN};
    enum { N = sizeof tiny / sizeof tiny[0] };
    float z[LS_PANEL] = {0}, a[LS_PANEL] = {0}, d[LS_PANEL], want[LS_PANEL] = {0}, zero = 0;
    const float *y[LS_PANEL];
    double value[LS_PANEL];
    for (int l = 0; l < LS_PANEL; l++) {
        y[l] = &zero;
        a[l] = l < 2 * N ? (l % 2 ? -tiny[l / 2] : tiny[l / 2]) : 0.0f;
        want[l] = fabsf(a[l]) < 0x1p-100f ? 0.0f : a[l];
    }
    const ls_targets targets = {y, NULL};
    EACH_TABLE(table)
    {
        run(table, LS_BINARY_CROSSENTROPY, 1, LS_PANEL, z, a, &targets, value, d);
        check_floats(table, "tiny gradients", LS_PANEL, d, want);
    }
}

/* The value does not depend on whether the gradient is wanted, and losses that are
 * not fused do not look at z. */
static void test_tables_equal_the_reference(void **state)
{
    (void)state;
    for (int loss = 0; loss < WRITTEN_OUT; loss++) {
        for (int lanes = 0; lanes <= LS_PANEL; lanes++) {
            static panel p;
            static float want_d[MOST * LS_PANEL], d[MOST * LS_PANEL];
            double want[LS_PANEL + 1], got[LS_PANEL + 1];
            const char *name = name_of((ls_loss_kind)loss);
            const int64_t outputs = 1 + random_below(MOST);
            make_panel((ls_loss_kind)loss, outputs, lanes, &p);
            if (lanes % 2 == 0)
                spoil(&p);
            const float *z = activation_of((ls_loss_kind)loss) == LS_LINEAR ? NULL : p.z;
            reference_loss((ls_loss_kind)loss, &p, want, want_d);
            want[lanes] = got[lanes] = 7.0; /* nothing is written behind the last row */
            EACH_TABLE(table)
            {
                run(table, (ls_loss_kind)loss, outputs, lanes, z, p.a, &p.targets, got, d);
                check_doubles(table, name, lanes + 1, got, want);
                check_floats(table, name, outputs * LS_PANEL, d, want_d);
                memset(got, 0, (size_t)lanes * sizeof *got);
                run(table, (ls_loss_kind)loss, outputs, lanes, z, p.a, &p.targets, got, NULL);
                check_doubles(table, name, lanes + 1, got, want);
            }
        }
    }
}

/* Where exp overflows or log meets 0 in the textbook formulas. */
static void check_extreme_values(const ls_kernels *table)
{
    const float one = 1, zero = 0;
    const float *targets[LS_PANEL];
    int32_t label[LS_PANEL] = {0};
    double value[LS_PANEL];
    float z[2 * LS_PANEL] = {0}, a[2 * LS_PANEL] = {0};
    for (int l = 0; l < LS_PANEL; l++)
        targets[l] = l % 2 ? &one : &zero;
    for (int l = 0; l < LS_PANEL; l++)
        z[l] = l < 8 ? 1000.0f : -1000.0f;
    const ls_targets binary = {targets, NULL}, classes = {NULL, label};
    run(table, LS_BINARY_CROSSENTROPY, 1, LS_PANEL, z, a, &binary, value, NULL);
    for (int l = 0; l < LS_PANEL; l++) {
        const double expected = (l < 8) == (l % 2 == 1) ? 0 : 1000;
        if (value[l] != expected)
            fail_msg("%s: binary_crossentropy of lane %d is %g, expected %g", table->name, l, value[l], expected);
    }
    for (int l = 0; l < LS_PANEL; l++)
        z[LS_PANEL + l] = -z[l];
    run(table, LS_SPARSE_CATEGORICAL_CROSSENTROPY, 2, LS_PANEL, z, a, &classes, value, NULL);
    for (int l = 0; l < LS_PANEL; l++) {
        const double expected = l < 8 ? 0 : 2000;
        if (value[l] != expected)
            fail_msg("%s: sparse_categorical_crossentropy of lane %d is %g, expected %g", table->name, l, value[l],
                     expected);
    }
    z[0] = NAN; /* a model that has blown up must show */
    run(table, LS_SPARSE_CATEGORICAL_CROSSENTROPY, 2, LS_PANEL, z, a, &classes, value, NULL);
    assert_true(isnan(value[0]) && !isnan(value[1]));
}

static void test_extreme_values(void **state)
{
    (void)state;
    EACH_TABLE(table)
    check_extreme_values(table);
}

static ls_loss parsed(const char *text)
{
    ls_loss loss;
    if (ls_loss_parse("--loss", text, &loss) != LS_OK)
        fail_msg("%s", ls_error_message());
    return loss;
}

static void check_text(const char *text, const char *want)
{
    const ls_loss loss = parsed(text);
    ls_text got = {0};
    ls_loss_format(&loss, &got);
    assert_string_equal(ls_text_string(&got), want);
    ls_text_free(&got);
}

static void check_refused(const char *text, const char *says)
{
    ls_loss loss = ls_loss_plain(LS_BINARY_CROSSENTROPY);
    assert_int_equal(ls_loss_parse("--loss", text, &loss), LS_ERR_USAGE);
    if (!strstr(ls_error_message(), says))
        fail_msg("'%s': '%s' does not say '%s'", text, ls_error_message(), says);
    assert_int_equal(loss.numbers.kind, LS_BINARY_CROSSENTROPY);
}

static void test_names(void **state)
{
    (void)state;
    check_text("mse", "mean_squared_error");
    check_text("mean_absolute_error", "mean_absolute_error");
    check_text("MeanAbsoluteError", "mean_absolute_error");
    check_text(" SparseCategoricalCrossentropy ", "sparse_categorical_crossentropy");
    for (int kind = 0; kind < LS_LOSS_COUNT; kind++)
        assert_int_equal(parsed(name_of((ls_loss_kind)kind)).numbers.kind, kind);
    check_text("Huber delta=1", "huber");
    check_text("huber delta=0.50", "huber delta=0.5");
    check_text("logcosh", "log_cosh");
    check_text("KLDivergence", "kl_divergence");
    check_text("Huber(delta=2)", "huber delta=2");
    check_text(" huber ( delta=2, ) ", "huber delta=2");
    check_text("mse()", "mean_squared_error");
    check_text("quantile(tau=[0.1,0.5])", "quantile tau=0.1,0.5");
    check_text("quantile(tau=0.1,0.5)", "quantile tau=0.1,0.5");
    check_text("BinaryCrossentropy(from_logits=true,label_smoothing=0.1)",
               "binary_crossentropy from_logits=true label_smoothing=0.1");
    check_text("pinball tau=[0.1,0.50,0.9]", "quantile tau=0.1,0.5,0.9");
    check_text("BinaryFocalCrossentropy gamma=2 label_smoothing=0.1 alpha=0.5 apply_class_balancing=true",
               "binary_focal_crossentropy apply_class_balancing=true alpha=0.5 label_smoothing=0.1");
    check_text("sparse_categorical_crossentropy from_logits=true", "sparse_categorical_crossentropy from_logits=true");
    check_refused("mse delta=1", "--loss mean_squared_error: takes no settings; leave 'delta=1' out");
    check_refused("huber delta=0", "delta=0; expected a number from 1e-30");
    check_refused("huber dleta=2", "(did you mean 'delta'?)");
    check_refused("huber(delta=2", "'(delta=2' has no ')' at its end; write key=value, or (key=value)");
    check_refused("huber(delta=2) x", "has no ')' at its end");
    check_refused("mse(delta=1)", "takes no settings; leave 'delta=1' out");
    check_refused("quantile tau=1", "--loss quantile: tau=");
    check_refused("", "no loss is called ''; expected mean_squared_error (mse), ");
    check_refused("mean_square_error", "(did you mean 'mean_squared_error'?)");
}

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool labels;
        ls_loss_class classes;
        ls_activation last;
        bool fused;
    } rows[] = {
        {"mse", false, LS_CLASSES_NONE, LS_ACTIVATION_COUNT, false},
        {"mae", false, LS_CLASSES_NONE, LS_ACTIVATION_COUNT, false},
        {"binary_crossentropy", false, LS_CLASSES_EACH, LS_SIGMOID, true},
        {"categorical_crossentropy", false, LS_CLASSES_ONE, LS_SOFTMAX, true},
        {"sparse_categorical_crossentropy", true, LS_CLASSES_ONE, LS_SOFTMAX, true},
        {"sparse_categorical_crossentropy from_logits=true", true, LS_CLASSES_ONE, LS_LINEAR, true},
        {"binary_crossentropy from_logits=true", false, LS_CLASSES_EACH, LS_LINEAR, true},
        {"binary_focal_crossentropy", false, LS_CLASSES_EACH, LS_SIGMOID, true},
        {"huber", false, LS_CLASSES_NONE, LS_ACTIVATION_COUNT, false},
        {"kl_divergence", false, LS_CLASSES_ONE, LS_ACTIVATION_COUNT, false},
        {"hinge", false, LS_CLASSES_EACH, LS_ACTIVATION_COUNT, false},
        {"quantile tau=0.1,0.9", false, LS_CLASSES_NONE, LS_ACTIVATION_COUNT, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ls_loss loss = parsed(rows[i].text);
        assert_int_equal(ls_loss_takes_labels(&loss), rows[i].labels);
        assert_int_equal(ls_loss_classes(&loss), rows[i].classes);
        assert_int_equal(ls_loss_last(&loss), rows[i].last);
        assert_int_equal(ls_loss_fused(&loss), rows[i].fused);
    }
}

/* What metrics and predictions ask. */
static void test_questions(void **state)
{
    (void)state;
    ls_activation link;
    ls_loss loss = parsed("binary_crossentropy");
    assert_true(ls_loss_threshold(&loss) == 0.5f && ls_loss_chances(&loss, &link) && link == LS_LINEAR);
    loss = parsed("binary_focal_crossentropy from_logits=true");
    assert_true(ls_loss_threshold(&loss) == 0 && ls_loss_chances(&loss, &link) && link == LS_SIGMOID);
    loss = parsed("categorical_crossentropy from_logits=true");
    assert_true(ls_loss_chances(&loss, &link) && link == LS_SOFTMAX);
    loss = parsed("hinge");
    assert_true(ls_loss_threshold(&loss) == 0 && !ls_loss_chances(&loss, &link));
    assert_null(ls_loss_refuses(&loss, 1));
    assert_string_equal(ls_loss_refuses(&loss, -1), "takes two labels, or 0 and 1, as targets");
    loss = parsed("quantile tau=0.1,0.9");
    assert_int_equal(ls_loss_spread(&loss), 2);
    ls_text share = {0};
    ls_loss_put_share(&loss, 3, &share);
    assert_string_equal(ls_text_string(&share), "tau0.9");
    ls_text_free(&share);
    assert_null(ls_loss_keras_class(&loss));
    assert_true(ls_loss_scales(&loss));
    loss = parsed("sparse_categorical_crossentropy label_smoothing=0.1");
    assert_int_equal(ls_loss_spread(&loss), 1);
    assert_null(ls_loss_keras_class(&loss));
    loss = parsed("sparse_categorical_crossentropy from_logits=true");
    assert_string_equal(ls_loss_keras_class(&loss), "SparseCategoricalCrossentropy");
    loss = parsed("poisson");
    assert_null(ls_loss_refuses(&loss, 0));
    assert_non_null(ls_loss_refuses(&loss, -0.5f));
    assert_non_null(ls_loss_refuses(&loss, NAN));
    assert_false(ls_loss_scales(&loss));
}

static bool no_memory;

void *__real_realloc(void *block, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

void *__wrap_realloc(void *block, size_t bytes)
{
    return no_memory ? NULL : __real_realloc(block, bytes);
}

/* How a loss stands in a model's file does not hang on whether there is memory for a text. */
static void test_no_memory(void **state)
{
    (void)state;
    const ls_loss plain = parsed("huber"), other = parsed("huber delta=0.5"), none = parsed("quantile tau=0.1");
    no_memory = true;
    const bool is_plain = ls_loss_plainly(&plain), is_other = ls_loss_plainly(&other);
    const char *class = ls_loss_keras_class(&plain), *no_class = ls_loss_keras_class(&none);
    no_memory = false;
    assert_true(is_plain);
    assert_false(is_other);
    assert_non_null(class);
    assert_null(no_class);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_gradients),
        cmocka_unit_test(test_tiny_gradients_are_cut),
        cmocka_unit_test(test_tables_equal_the_reference),
        cmocka_unit_test(test_extreme_values),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
