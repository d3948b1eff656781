/* Metrics and the affine maps under them, against values worked out by hand. */
#include "model_test.h"

/* ---- maps ---- */

static void maps_follow_keras(void **state)
{
    static const float mean[] = {1.5f, -2, 0, 3}, variance[] = {4, 2, 0, 1e-20f};
    (void)state;
    ls_affine map = {0};
    assert_int_equal(ls_affine_set(&map, 4, mean, variance), LS_OK);
    const float scale[] = {2, 0x1.6a09e6p+0f, 1e-7f, 1e-7f}; /* sqrt(2) to the nearest; constant columns: the floor */
    check_floats("mean", 4, map.mean, mean);
    check_floats("variance", 4, map.variance, variance);
    check_floats("scale", 4, map.scale, scale);
    assert_true(ls_affine_forward(&map, 0, 7) == 2.75f);
    assert_true(ls_affine_inverse(&map, 0, 2.75f) == 7);
    /* divided, not multiplied by a reciprocal; the product rounded before the sum */
    assert_true(ls_affine_forward(&map, 1, 1) == 3 / 0x1.6a09e6p+0f);
    const float product = 1.1f * 0x1.6a09e6p+0f;
    assert_true(ls_affine_inverse(&map, 1, 1.1f) == -2 + product);
    assert_true(ls_affine_inverse(&map, 1, 1.1f) != fmaf(1.1f, 0x1.6a09e6p+0f, -2));

    const float other[] = {9};
    assert_int_equal(ls_affine_set(&map, 1, other, other), LS_OK); /* replaces */
    assert_int_equal(map.count, 1);
    assert_true(map.scale[0] == 3);
    ls_affine_free(&map);
    assert_int_equal(map.count, 0);
    assert_null(map.mean);
}

/* ---- the list ---- */

static void names(void **state)
{
    static const struct {
        const char *name, *alias;
    } want[LS_METRIC_COUNT] = {
        {"accuracy", "acc"}, {"mae", "mean_absolute_error"}, {"mse", "mean_squared_error"}, {"r2", "r2_score"}};
    (void)state;
    ls_metric metric;
    for (int i = 0; i < LS_METRIC_COUNT; i++) {
        assert_string_equal(ls_metric_name((ls_metric)i), want[i].name);
        assert_true(ls_metric_find(want[i].name, &metric));
        assert_int_equal(metric, i);
        assert_true(ls_metric_find(want[i].alias, &metric));
        assert_int_equal(metric, i);
    }
    assert_true(ls_metric_find("R2", &metric));
    assert_false(ls_metric_find("precision", &metric));
    assert_false(ls_metric_find("", &metric));
}

static void places_of_the_sums(void **state)
{
    (void)state;
    ls_metrics metrics = {.width = 1};
    assert_true(ls_metrics_add(&metrics, LS_MAE, 3));
    assert_true(ls_metrics_add(&metrics, LS_R2, 3));
    assert_true(ls_metrics_add(&metrics, LS_MAE, 3)); /* again: nothing new */
    assert_true(ls_metrics_add(&metrics, LS_ACCURACY, 3));
    assert_int_equal(metrics.count, 3);
    assert_int_equal(metrics.offset[0], 1);
    assert_int_equal(metrics.offset[1], 2);
    assert_int_equal(metrics.offset[2], 5);
    assert_int_equal(metrics.width, 6);
}

/* ---- values ---- */

/* One metric over rows of at most one panel; a (rows, outputs) row-major. NaN marks what must be left alone. */
static double value_of(ls_metric metric, ls_loss_kind kind, const ls_affine *target, int64_t outputs, int rows,
                       const float *a, const float *y, const int32_t *label, const double *total)
{
    const ls_loss loss = ls_loss_plain(kind);
    ls_metrics metrics = {.width = 1};
    assert_true(ls_metrics_add(&metrics, metric, outputs));
    float *panel = zeros(outputs * LS_PANEL, sizeof *panel);
    const float *y_rows[LS_PANEL] = {0};
    for (int r = 0; r < rows; r++) {
        y_rows[r] = y ? y + r * outputs : NULL;
        for (int64_t j = 0; j < outputs; j++)
            panel[j * LS_PANEL + r] = a[r * outputs + j];
    }
    double sums[LS_PANEL * 8], total_sums[8] = {0};
    for (int64_t i = 0; i < LENGTH(sums); i++)
        sums[i] = NAN;
    const ls_affine none = {0};
    const ls_targets targets = {y ? y_rows : NULL, label};
    ls_metrics_panel(&metrics, &loss, target ? target : &none, outputs, rows, panel, &targets, sums);
    for (int r = 0; r < LS_PANEL; r++) {
        for (int i = 0; i < metrics.width; i++) {
            assert_int_equal(isnan(sums[r * metrics.width + i]), i == 0 || r >= rows);
            if (r < rows && i > 0)
                total_sums[i] += sums[r * metrics.width + i];
        }
    }
    ls_memory_free(panel);
    return ls_metrics_value(&metrics, 0, outputs, &loss, rows, total_sums, total);
}

#define CHECK(got, want) check_near(#got, got, want, 0)

static void accuracy_of_class_numbers(void **state)
{
    static const float a[] = {
        0.1f, 0.7f, 0.2f, /* 1 */
        0.4f, 0.2f, 0.4f, /* a tie: the lower index, 0 */
        0.2f, 0.4f, 0.4f, /* 1 */
        0.3f, 0.3f, 0.4f, /* 2 */
    };
    (void)state;
    static const int32_t right[] = {1, 0, 1, 2}, upper_of_ties[] = {1, 2, 2, 2}, wrong[] = {0, 1, 0, 1};
    CHECK(value_of(LS_ACCURACY, LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 4, a, NULL, right, NULL), 1);
    CHECK(value_of(LS_ACCURACY, LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 4, a, NULL, upper_of_ties, NULL), 0.5);
    CHECK(value_of(LS_ACCURACY, LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 4, a, NULL, wrong, NULL), 0);
}

static void accuracy_of_one_hot_targets(void **state)
{
    static const float a[] = {
        0.1f, 0.7f, 0.2f, /* 1 */
        0.4f, 0.2f, 0.4f, /* 0 */
        0.2f, 0.3f, 0.5f, /* 2 */
    };
    static const float y[] = {
        0, 1, 0, /* right */
        0, 0, 1, /* wrong: the tie went to 0 */
        0, 1, 1, /* wrong: two classes, of which the lower counts */
    };
    (void)state;
    CHECK(value_of(LS_ACCURACY, LS_CATEGORICAL_CROSSENTROPY, NULL, 3, 3, a, y, NULL, NULL), 1.0 / 3);
    CHECK(value_of(LS_ACCURACY, LS_MEAN_SQUARED_ERROR, NULL, 3, 3, a, y, NULL, NULL), 1.0 / 3);
}

static void accuracy_of_sigmoid_outputs(void **state)
{
    /* every output counts; exactly 0.5 is class 0, as in Keras */
    static const float a[] = {0.9f, 0.2f, 0.5f, 0.500001f, 0.7f, 0.1f}, y[] = {1, 1, 0, 1, 0, 0};
    (void)state;
    CHECK(value_of(LS_ACCURACY, LS_BINARY_CROSSENTROPY, NULL, 3, 2, a, y, NULL, NULL), 4.0 / 6);
    CHECK(value_of(LS_ACCURACY, LS_BINARY_CROSSENTROPY, NULL, 1, 6, a, y, NULL, NULL), 4.0 / 6);
    CHECK(value_of(LS_ACCURACY, LS_MEAN_SQUARED_ERROR, NULL, 1, 6, a, y, NULL, NULL), 4.0 / 6);
}

/* mean 0.5 and scale 0.25 or 4: an output of 0 stands for 0.5, and 0.5 for 0.625 or 2.5. */
static void accuracy_in_original_units(void **state)
{
    static const float mean[] = {0.5f, 0.5f}, variance[] = {0.0625f, 16};
    (void)state;
    ls_affine map = {0};
    assert_int_equal(ls_affine_set(&map, 2, mean, variance), LS_OK);
    static const float one[] = {0.1f, 0.4f, -0.1f}, y[] = {1, 1, 0};
    CHECK(value_of(LS_ACCURACY, LS_MEAN_SQUARED_ERROR, &map, 1, 3, one, y, NULL, NULL), 1);
    /* 0.4 and 0.3 stand for 0.6 and 1.7, so the second is the larger */
    static const float two[] = {0.4f, 0.3f}, second[] = {0, 1};
    CHECK(value_of(LS_ACCURACY, LS_MEAN_SQUARED_ERROR, &map, 2, 1, two, second, NULL, NULL), 1);
    ls_affine_free(&map);
}

static const float values_a[] = {
    1, 4, /* residuals with y: -1, 2 */
    2, 0, /*                    2, 0 */
    3, 1, /*                    0, -3 */
};
static const float values_y[] = {2, 2, 0, 0, 3, 4};

static void errors_by_hand(void **state)
{
    (void)state;
    CHECK(value_of(LS_MAE, LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, NULL), 8.0 / 6);
    CHECK(value_of(LS_MSE, LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, NULL), 18.0 / 6);
    /* sums of squared residuals 5 and 13 */
    const double total[] = {10, 8};
    CHECK(value_of(LS_R2, LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, total),
          (0.5 + (1 - 13.0 / 8)) / 2);
}

static void constant_targets_score_zero(void **state)
{
    (void)state;
    const double second_constant[] = {10, 0}, both_constant[] = {0, 0};
    CHECK(value_of(LS_R2, LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, second_constant), 0.25);
    CHECK(value_of(LS_R2, LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, both_constant), 0);
    CHECK(value_of(LS_R2, LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_y, values_y, NULL, both_constant), 0);
}

/* Outputs (y - mean) / scale predict perfectly; shifting them by 1 is wrong by the scale. */
static void errors_in_original_units(void **state)
{
    static const float mean[] = {10, -5}, variance[] = {4, 0.25f}, y[] = {14, -6, 8, -5, 10, -4.5f};
    (void)state;
    ls_affine map = {0};
    assert_int_equal(ls_affine_set(&map, 2, mean, variance), LS_OK);
    const float right[] = {2, -2, -1, 0, 0, 1};
    const double total[] = {20, 2};
    CHECK(value_of(LS_MAE, LS_MEAN_SQUARED_ERROR, &map, 2, 3, right, y, NULL, NULL), 0);
    CHECK(value_of(LS_MSE, LS_MEAN_SQUARED_ERROR, &map, 2, 3, right, y, NULL, NULL), 0);
    CHECK(value_of(LS_R2, LS_MEAN_SQUARED_ERROR, &map, 2, 3, right, y, NULL, total), 1);
    const float shifted[] = {3, -3, 0, -1, 1, 0};
    CHECK(value_of(LS_MAE, LS_MEAN_SQUARED_ERROR, &map, 2, 3, shifted, y, NULL, NULL), 7.5 / 6);
    CHECK(value_of(LS_MSE, LS_MEAN_SQUARED_ERROR, &map, 2, 3, shifted, y, NULL, NULL), 12.75 / 6);
    CHECK(value_of(LS_R2, LS_MEAN_SQUARED_ERROR, &map, 2, 3, shifted, y, NULL, total),
          (1 - 12.0 / 20 + 1 - 0.75 / 2) / 2);
    ls_affine_free(&map);
}

static void directions(void **state)
{
    (void)state;
    assert_true(ls_metric_rises(LS_ACCURACY));
    assert_true(ls_metric_rises(LS_R2));
    assert_false(ls_metric_rises(LS_MAE));
    assert_false(ls_metric_rises(LS_MSE));
}

/* Residuals are float64: 1e8 - 1e-3 would be lost in float32. */
static void residuals_are_double(void **state)
{
    static const float a[] = {1e8f}, y[] = {0.0009765625f};
    (void)state;
    CHECK(value_of(LS_MAE, LS_MEAN_SQUARED_ERROR, NULL, 1, 1, a, y, NULL, NULL), 1e8 - 0.0009765625);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_follow_keras),           cmocka_unit_test(names),
        cmocka_unit_test(places_of_the_sums),          cmocka_unit_test(accuracy_of_class_numbers),
        cmocka_unit_test(accuracy_of_one_hot_targets), cmocka_unit_test(accuracy_of_sigmoid_outputs),
        cmocka_unit_test(accuracy_in_original_units),  cmocka_unit_test(errors_by_hand),
        cmocka_unit_test(constant_targets_score_zero), cmocka_unit_test(errors_in_original_units),
        cmocka_unit_test(residuals_are_double),        cmocka_unit_test(directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
