/* Losses and their gradients: 10,000 points with zeros, denormals and large values against the exact formulas in long
 * double, and points recorded from Keras (losses_reference.py); every table the same bits. */
#include "math_test.h"

#include "math/activations.h"
#include "math/losses.h"

#include <stdio.h>

static ls_loss parsed(const char *text)
{
    ls_loss loss;
    if (ls_loss_parse("loss", text, &loss) != LS_OK)
        fail_msg("%s", ls_error_message());
    return loss;
}

/* ---- against the exact formulas ---- */

typedef long double real;

/* A value, and its slope by x. */
typedef struct exact {
    real value, slope;
} exact;

static real sigmoid(real x)
{
    return 1 / (1 + expl(-x));
}

static real softplus(real x)
{
    return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x)));
}

static real sign(real x)
{
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

static const real least = (real)1e-7f;

static exact exact_huber(const ls_loss_settings *s, real x, real y)
{
    const real e = x - y, delta = (real)(float)s->delta;
    return fabsl(e) <= delta ? (exact){e * e / 2, e} : (exact){delta * (fabsl(e) - delta / 2), delta * sign(e)};
}

static exact exact_log_cosh(const ls_loss_settings *s, real x, real y)
{
    (void)s;
    const real e = fabsl(x - y);
    return (exact){e + log1pl(expl(-2 * e)) - logl(2), tanhl(x - y)};
}

static exact exact_percentage(const ls_loss_settings *s, real x, real y)
{
    (void)s;
    const real of = 100 / fmaxl(fabsl(y), least);
    return (exact){of * fabsl(x - y), of * sign(x - y)};
}

static exact exact_logarithmic(const ls_loss_settings *s, real x, real y)
{
    (void)s;
    const real e = log1pl(fmaxl(x, least)) - log1pl(fmaxl(y, least));
    return (exact){e * e, x < least ? 0 : 2 * e / (1 + x)};
}

static exact exact_poisson(const ls_loss_settings *s, real x, real y)
{
    (void)s;
    return (exact){x - y * logl(x + least), 1 - y / (x + least)};
}

static exact exact_kl(const ls_loss_settings *s, real x, real y)
{
    (void)s;
    const real p = fminl(fmaxl(x, least), 1), q = fminl(fmaxl(y, least), 1);
    return (exact){q * logl(q / p), x < least || x > 1 ? 0 : -q / p};
}

static exact exact_hinge(const ls_loss_settings *s, real x, real y)
{
    (void)s;
    const real side = 2 * y - 1, missing = 1 - side * x;
    return missing > 0 ? (exact){missing, -side} : (exact){0, 0};
}

static exact exact_squared_hinge(const ls_loss_settings *s, real x, real y)
{
    const exact h = exact_hinge(s, x, y);
    return (exact){h.value * h.value, 2 * h.value * h.slope};
}

static exact exact_quantile(const ls_loss_settings *s, real x, real y)
{
    const real tau = (real)(float)s->tau.value[0], e = y - x;
    return e > 0 ? (exact){tau * e, -tau} : (exact){(tau - 1) * e, e < 0 ? 1 - tau : 0};
}

static real smoothed(const ls_loss_settings *s, real y)
{
    const real smoothing = (real)(float)s->label_smoothing;
    return y * (1 - smoothing) + smoothing / 2;
}

static exact exact_binary(const ls_loss_settings *s, real x, real y)
{
    y = smoothed(s, y);
    return (exact){softplus(x) - x * y, sigmoid(x) - y};
}

static exact exact_focal(const ls_loss_settings *s, real x, real y)
{
    y = smoothed(s, y);
    const real p = sigmoid(x), q = sigmoid(-x), gamma = (real)(float)s->gamma, alpha = (real)(float)s->alpha;
    const real entropy = softplus(x) - x * y, other = y * q + (1 - y) * p;
    const real weight = s->apply_class_balancing ? y * alpha + (1 - y) * (1 - alpha) : 1;
    const real power = gamma == 0 ? 1 : powl(other, gamma);
    const real turn = gamma == 0 ? 0 : gamma * powl(other, gamma - 1) * (1 - 2 * y) * p * q;
    return (exact){weight * power * entropy, weight * (turn * entropy + power * (p - y))};
}

/* Numbers that targets and outputs may be. */
typedef enum domain { ANY, FROM_ZERO, CHANCE, ANSWER } domain;

static const struct {
    const char *text;
    exact (*formula)(const ls_loss_settings *s, real x, real y);
    domain x, y;
} formulas[] = {
    {"huber", exact_huber, ANY, ANY},
    {"huber delta=0.3", exact_huber, ANY, ANY},
    {"log_cosh", exact_log_cosh, ANY, ANY},
    {"mean_absolute_percentage_error", exact_percentage, ANY, ANY},
    {"mean_squared_logarithmic_error", exact_logarithmic, ANY, FROM_ZERO},
    {"poisson", exact_poisson, FROM_ZERO, FROM_ZERO},
    {"kl_divergence", exact_kl, ANY, CHANCE},
    {"hinge", exact_hinge, ANY, ANSWER},
    {"squared_hinge", exact_squared_hinge, ANY, ANSWER},
    {"quantile", exact_quantile, ANY, ANY},
    {"quantile tau=0.9", exact_quantile, ANY, ANY},
    {"binary_crossentropy label_smoothing=0.1", exact_binary, ANY, CHANCE},
    {"binary_crossentropy from_logits=true", exact_binary, ANY, CHANCE},
    {"binary_focal_crossentropy", exact_focal, ANY, ANSWER},
    {"binary_focal_crossentropy gamma=0", exact_focal, ANY, CHANCE},
    {"binary_focal_crossentropy gamma=0.5 apply_class_balancing=true alpha=0.7", exact_focal, ANY, CHANCE},
    {"binary_focal_crossentropy from_logits=true label_smoothing=0.1", exact_focal, ANY, ANSWER},
};

static float random_point(domain of)
{
    static const float special[] = {0.0f,  -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-127f, 0x1p-100f, 1e-7f, -1e-7f, 1.0f,
                                    -1.0f, 88.0f, -88.0f,    104.0f,     -104.0f,   1e4f,      -1e4f, 0.5f,   -0.5f};
    const int64_t kind = random_below(4);
    if (of == ANSWER)
        return (float)random_below(2);
    float x = kind == 0 ? special[random_below((int64_t)(sizeof special / sizeof *special))] : random_float(4.0f);
    x = kind == 1 ? ldexpf(x, (int)random_below(40) - 28) : x;
    x = of == ANY ? x : fabsf(x);
    return of == CHANCE && x > 1 ? x / 16384 : x;
}

static double worst; /* of errors, in parts of what is allowed */

/* 1e-6 of the number, or of 1 where it is smaller; a gradient below 2^-100 may have become 0. */
static void check_number(const ls_kernels *table, const char *text, const char *what, float x, float y, double got,
                         real want)
{
    const real allowed = 1e-6L * fmaxl(1, fabsl(want)), error = fabsl((real)got - want);
    worst = fmax(worst, (double)(error / allowed));
    if (!(error <= allowed))
        fail_msg("%s, %s: %s at x = %a, y = %a is %.9g, expected %.9Lg", table->name, text, what, (double)x, (double)y,
                 got, want);
}

static void exact_formulas(void **state)
{
    (void)state;
    enum { POINTS = 10000 };
    for (size_t c = 0; c < sizeof formulas / sizeof *formulas; c++) {
        const ls_loss loss = parsed(formulas[c].text);
        for (int point = 0; point < POINTS; point += LS_PANEL) {
            float x[LS_PANEL], y[LS_PANEL], want_d[LS_PANEL];
            double want[LS_PANEL];
            const float *rows[LS_PANEL];
            for (int l = 0; l < LS_PANEL; l++) {
                x[l] = random_point(formulas[c].x);
                y[l] = random_point(formulas[c].y);
                rows[l] = &y[l];
            }
            bool first = true;
            EACH_TABLE(table)
            {
                float a[LS_PANEL], d[LS_PANEL];
                double value[LS_PANEL];
                const ls_targets targets = {rows, NULL};
                memcpy(a, x, sizeof a);
                if (ls_loss_fused(&loss) && ls_loss_last(&loss) != LS_LINEAR)
                    table->activate(ls_loss_last(&loss), NULL, 1, a);
                table->loss(&loss.numbers, 1, LS_PANEL, x, a, &targets, value, d);
                for (int l = 0; l < LS_PANEL; l++) {
                    const exact e = formulas[c].formula(&loss.settings, (real)x[l], (real)y[l]);
                    check_number(table, formulas[c].text, "value", x[l], y[l], value[l], e.value);
                    check_number(table, formulas[c].text, "gradient", x[l], y[l], (double)d[l], e.slope);
                }
                if (!first) {
                    check_doubles(table, formulas[c].text, LS_PANEL, value, want);
                    check_floats(table, formulas[c].text, LS_PANEL, d, want_d);
                }
                memcpy(want, value, sizeof want);
                memcpy(want_d, d, sizeof want_d);
                first = false;
            }
        }
    }
    print_message("largest error, in parts of what is allowed: %.2f\n", worst);
}

/* Outputs that are no numbers, and targets that are met exactly. */
static void strange_outputs(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof formulas / sizeof *formulas; c++) {
        const ls_loss loss = parsed(formulas[c].text);
        const float one = 1.0f, *rows[LS_PANEL] = {&one, &one};
        const float x[LS_PANEL] = {NAN, 1.0f};
        EACH_TABLE(table)
        {
            float d[LS_PANEL];
            double value[LS_PANEL];
            const ls_targets targets = {rows, NULL};
            table->loss(&loss.numbers, 1, 2, x, x, &targets, value, d);
            if (!isnan(value[0]) || isnan(value[1]) || isnan(d[1]))
                fail_msg("%s, %s: NaN gives %g, 1 gives %g and the gradient %g", table->name, formulas[c].text,
                         value[0], value[1], (double)d[1]);
            for (int l = 2; l < LS_PANEL; l++)
                assert_true(d[l] == 0 && !signbit(d[l]));
        }
    }
}

/* ---- against Keras ---- */

enum { WIDEST = 5, RECORDED = 128 };

typedef struct recorded_row {
    float x[WIDEST], y[WIDEST];
    double value;
    double d[WIDEST];
} recorded_row;

/* Loss and gradient of one row by x, through the last layer's activation. */
static void run_row(const ls_kernels *table, const ls_loss *loss, ls_activation activation, int outputs,
                    const recorded_row *row, double *value, float *d)
{
    float z[WIDEST * LS_PANEL] = {0}, a[WIDEST * LS_PANEL], gradient[WIDEST * LS_PANEL];
    int32_t label = 0;
    const float *y = row->y;
    for (int j = 0; j < outputs; j++) {
        z[j * LS_PANEL] = row->x[j];
        label = row->y[j] > row->y[label] ? (int32_t)j : label;
    }
    memcpy(a, z, sizeof a);
    table->activate(activation, NULL, outputs, a);
    const ls_targets targets = {&y, &label};
    double values[LS_PANEL];
    table->loss(&loss->numbers, outputs, 1, z, a, &targets, values, gradient);
    if (!ls_loss_fused(loss))
        table->activate_backward(activation, NULL, outputs, z, a, gradient);
    *value = values[0];
    for (int j = 0; j < outputs; j++)
        d[j] = gradient[j * LS_PANEL];
}

static double worst_recorded;

/* Within 1e-6 of the largest of the case's rows with ordinary outputs, or of the number itself. */
static void check_recorded(const char *text, const char *what, int row, double got, double want, double largest)
{
    const double allowed = 1e-6 * fmax(largest, fabs(want));
    worst_recorded = fmax(worst_recorded, fabs(got - want) / allowed);
    if (!(fabs(got - want) <= allowed))
        fail_msg("%s, row %d: %s is %.9g, Keras has %.9g", text, row, what, got, want);
}

static void check_case(const char *text, const char *activation_name, int outputs, const recorded_row *rows, int count)
{
    const ls_loss loss = parsed(text);
    ls_activation activation;
    double value_scale = 0, slope_scale = 0;
    assert_true(ls_activation_find(activation_name, &activation));
    for (int r = 0; r < count; r++) {
        bool ordinary = true;
        for (int j = 0; j < outputs; j++)
            ordinary = ordinary && fabsf(rows[r].x[j]) < 10;
        value_scale = ordinary ? fmax(value_scale, fabs(rows[r].value)) : value_scale;
        for (int j = 0; j < outputs && ordinary; j++)
            slope_scale = fmax(slope_scale, fabs(rows[r].d[j]));
    }
    for (int r = 0; r < count; r++) {
        EACH_TABLE(table)
        {
            double value;
            float d[WIDEST];
            run_row(table, &loss, activation, outputs, &rows[r], &value, d);
            check_recorded(text, "the value", r, value, rows[r].value, value_scale);
            for (int j = 0; j < outputs; j++)
                check_recorded(text, "the gradient", r, (double)d[j], rows[r].d[j], slope_scale);
        }
    }
}

static bool read_row(FILE *file, int outputs, recorded_row *row)
{
    int got = 0;
    for (int j = 0; j < outputs; j++)
        got += fscanf(file, "%f", &row->x[j]);
    for (int j = 0; j < outputs && got > 0; j++)
        got += fscanf(file, "%f", &row->y[j]);
    got += got > 0 ? fscanf(file, "%lf", &row->value) : 0;
    for (int j = 0; j < outputs && got > 0; j++)
        got += fscanf(file, "%lf", &row->d[j]);
    return got == 3 * outputs + 1;
}

static void losses_of_keras(void **state)
{
    (void)state;
    static recorded_row rows[RECORDED];
    char text[128], activation[32];
    int outputs, cases = 0;
    FILE *file = fopen(LS_TEST_LOSSES, "r");
    assert_non_null(file);
    while (fscanf(file, " case %127[^|]| %31s | %d", text, activation, &outputs) == 3) {
        int count = 0;
        assert_true(outputs <= WIDEST);
        while (count < RECORDED && read_row(file, outputs, &rows[count]))
            count++;
        assert_true(count > 10 && count < RECORDED);
        check_case(text, activation, outputs, rows, count);
        cases++;
    }
    (void)fclose(file);
    assert_int_equal(cases, 24);
    print_message("largest error, in parts of what is allowed: %.2f\n", worst_recorded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_formulas),
        cmocka_unit_test(strange_outputs),
        cmocka_unit_test(losses_of_keras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
