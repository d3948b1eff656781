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

/* A task of so many outputs. */
static ls_metric_task task_of(ls_loss_kind kind, int64_t outputs)
{
    static const ls_affine none;
    const ls_loss loss = ls_loss_plain(kind);
    ls_metric_task task = {.loss = ls_loss_name(&loss),
                           .outputs = outputs,
                           .classes = ls_loss_classes(&loss),
                           .labels = ls_loss_takes_labels(&loss),
                           .yes = ls_loss_threshold(&loss),
                           .target = &none};
    task.chances = ls_loss_chances(&loss, &task.link);
    return task;
}

static ls_metrics parse(const char *text, const ls_metric_task *task)
{
    ls_metrics metrics;
    if (ls_metrics_parse("--metrics", text, task, &metrics) != LS_OK)
        fail_msg("%s: %s", text, ls_error_message());
    return metrics;
}

static void names(void **state)
{
    /* Keras' names and class names, scikit-learn's, in any case */
    static const char *const spellings[][2] = {
        {"Accuracy", "accuracy"},
        {"acc", "accuracy"},
        {"BinaryAccuracy", "accuracy"},
        {"sparse_categorical_accuracy", "accuracy"},
        {"MeanAbsoluteError", "mae"},
        {"mean_squared_error", "mse"},
        {"RootMeanSquaredError", "rmse"},
        {"mean-absolute-percentage-error", "mape"},
        {"R2", "r2"},
        {"R2Score", "r2"},
        {"TopKCategoricalAccuracy", "top_k_categorical_accuracy"},
        {"sparse_top_k_categorical_accuracy", "top_k_categorical_accuracy"},
        {"Precision", "precision"},
        {"recall", "recall"},
        {"F1Score", "f1_score"},
        {"f1", "f1_score"},
        {"AUC", "auc"},
        {"roc_auc_score", "auc"},
        {"average_precision", "pr_auc"},
        {"logloss", "log_loss"},
        {"brier_score_loss", "brier"},
        {"confusion_matrix", "confusion_matrix"},
    };
    (void)state;
    for (int64_t i = 0; i < LENGTH(spellings); i++) {
        if (!ls_metric_find(spellings[i][0]))
            fail_msg("'%s' is not known", spellings[i][0]);
        assert_string_equal(ls_metric_find(spellings[i][0]), spellings[i][1]);
    }
    assert_null(ls_metric_find("ndcg"));
    assert_null(ls_metric_find(""));
}

/* Read, and written so that the same is read again. */
static void check_list(const char *text, const ls_metric_task *task, const char *want)
{
    ls_text out = {0};
    ls_metrics metrics = parse(text, task);
    ls_metrics_format(&metrics, &out);
    assert_string_equal(ls_text_string(&out), want);
    metrics = parse(want, task);
    ls_text_clear(&out);
    ls_metrics_format(&metrics, &out);
    assert_string_equal(ls_text_string(&out), want);
    ls_text_free(&out);
}

static void lists(void **state)
{
    const ls_metric_task softmax = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 10);
    const ls_metric_task sigmoid = task_of(LS_BINARY_CROSSENTROPY, 1);
    (void)state;
    check_list("accuracy, AUC, F1Score average=weighted, top_k_categorical_accuracy k=3", &softmax,
               "accuracy,auc,f1_score average=weighted,top_k_categorical_accuracy k=3");
    check_list("accuracy pr_auc", &softmax, "accuracy,pr_auc"); /* spaces will do, as ever */
    check_list(",,accuracy, ,accuracy", &softmax, "accuracy");
    check_list("top_k_categorical_accuracy(k=5), recall(average=macro)", &softmax,
               "top_k_categorical_accuracy,recall"); /* defaults are not said */
    check_list("f1_score (average = weighted) recall( average =micro ),accuracy", &softmax,
               "f1_score average=weighted,recall average=micro,accuracy");
    check_list("precision threshold=0.3, recall", &sigmoid, "precision threshold=0.3,recall");
    check_list("none", &softmax, "");
    const ls_metrics metrics = parse("precision threshold=0.25, recall", &sigmoid);
    assert_true(ls_metrics_task(&metrics, &sigmoid).yes == 0.25f); /* of all of them */
    ls_metric_task logits = sigmoid;
    logits.link = LS_SIGMOID;
    const ls_metrics half = parse("precision threshold=0.5", &logits);
    assert_true(ls_metrics_task(&half, &logits).yes == 0);
}

static void check_refused(const char *text, const ls_metric_task *task, const char *part)
{
    ls_metrics metrics;
    assert_int_equal(ls_metrics_parse("--metrics", text, task, &metrics), LS_ERR_USAGE);
    if (!strstr(ls_error_message(), part))
        fail_msg("'%s' is refused with \"%s\", which lacks \"%s\"", text, ls_error_message(), part);
}

static void refusals(void **state)
{
    const ls_metric_task softmax = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 10);
    const ls_metric_task sigmoid = task_of(LS_BINARY_CROSSENTROPY, 1);
    const ls_metric_task values = task_of(LS_MEAN_SQUARED_ERROR, 2);
    const ls_metric_task many = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 20000);
    const ls_metric_task wide = task_of(LS_MEAN_SQUARED_ERROR, 4097);
    (void)state;
    check_refused("acuracy", &softmax, "no metric is called 'acuracy' (did you mean 'accuracy'?); expected accuracy, ");
    check_refused("accuracy,mae", &softmax, "mae needs targets as numbers, not class labels");
    check_refused("auc", &values, "auc needs classes, and the loss mean_squared_error is of values");
    check_refused("top_k_categorical_accuracy", &sigmoid, "needs one class out of several");
    check_refused("accuracy k=3", &sigmoid, "no setting is called 'k'");
    check_refused("AUC(curve=\"PR\")", &sigmoid,
                  "here is 'curve=\"PR\"'; auc is exact, of the ROC curve, and pr_auc is of");
    check_refused("recall average=", &softmax, "expected one of macro|micro|weighted");
    check_refused("mae k=3", &values, "mae takes no settings");
    check_refused("f1_score average=most", &softmax, "expected one of macro|micro|weighted");
    check_refused("k=3", &softmax, "'k=3' has no metric in front of it");
    check_refused("precision threshold=0.3", &softmax, "is for outputs that say yes or no");
    check_refused("precision threshold=1.5", &sigmoid, "expected 0 to 1");
    check_refused("precision threshold=0.3, recall threshold=0.4", &sigmoid, "all metrics have the same");
    ls_metrics alone;
    ls_metrics_parse("--metrics", "auc, brier", &sigmoid, &alone);
    assert_int_equal(ls_metrics_set_threshold("--threshold", 0.3, &sigmoid, &alone), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "(accuracy, precision, recall, f1_score, confusion_matrix)"));
    check_refused("auc", &values, "--loss binary_crossentropy with sigmoid");
    check_refused("recall, recall average=micro", &softmax, "recall is there twice, with other settings");
    check_refused("confusion_matrix", &many, "needs tables of 11.9 GiB on each rank that trains");
    check_refused("r2", &wide, "r2 of 4097 outputs; at most 4096");
}

static void places_of_the_sums(void **state)
{
    const ls_metric_task values = task_of(LS_MEAN_SQUARED_ERROR, 3);
    (void)state;
    ls_metrics metrics = parse("mae, r2, mae, accuracy", &values);
    assert_int_equal(metrics.count, 3);
    assert_int_equal(metrics.metric[0].offset, 1);
    assert_int_equal(metrics.metric[1].offset, 2);
    assert_int_equal(metrics.metric[2].offset, 5);
    assert_int_equal(metrics.width, 6);
    assert_int_equal(metrics.cells, 0);
    ls_metrics_by_output(&values, &metrics); /* mae has one more for each output, r2 had them before */
    assert_int_equal(metrics.metric[1].offset, 5);
    assert_int_equal(metrics.width, 9);
    const ls_metric_task softmax = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 10);
    metrics = parse("accuracy, recall, auc", &softmax);
    assert_int_equal(metrics.width, 2);
    assert_int_equal(metrics.cells, 100);
    assert_int_equal(metrics.row_cells, 1);
    assert_true(metrics.areas);
    const ls_metric_task sigmoids = task_of(LS_BINARY_CROSSENTROPY, 7);
    metrics = parse("confusion_matrix", &sigmoids);
    assert_int_equal(metrics.cells, 28);
    assert_int_equal(metrics.row_cells, 7);
}

/* ---- values ---- */

/* One metric over rows of at most one panel; a (rows, outputs) row-major. NaN marks what must be left alone. */
static double value_of(const char *name, ls_loss_kind kind, const ls_affine *target, int64_t outputs, int rows,
                       const float *a, const float *y, const int32_t *label, const double *total)
{
    ls_metric_task task = task_of(kind, outputs);
    task.target = target ? target : task.target;
    const ls_metrics metrics = parse(name, &task);
    task = ls_metrics_task(&metrics, &task);
    float *panel = zeros(outputs * LS_PANEL, sizeof *panel);
    const float *y_rows[LS_PANEL] = {0};
    for (int r = 0; r < rows; r++) {
        y_rows[r] = y ? y + r * outputs : NULL;
        for (int64_t j = 0; j < outputs; j++)
            panel[j * LS_PANEL + r] = a[r * outputs + j];
    }
    double sums[LS_PANEL * 8], total_sums[8] = {0};
    int32_t cells[LS_PANEL * 8];
    int64_t counts[64] = {0};
    ls_class_counts classes[8];
    for (int64_t i = 0; i < LENGTH(sums); i++)
        sums[i] = NAN;
    const ls_targets targets = {y ? y_rows : NULL, label};
    ls_metrics_panel(&metrics, &task, rows, panel, panel, &targets, sums);
    for (int r = 0; r < LS_PANEL; r++) {
        for (int i = 0; i < metrics.width; i++) {
            assert_int_equal(isnan(sums[r * metrics.width + i]), i == 0 || r >= rows);
            if (r < rows && i > 0)
                total_sums[i] += sums[r * metrics.width + i];
        }
    }
    if (metrics.cells > 0)
        ls_metrics_panel_cells(&metrics, &task, rows, panel, &targets, cells);
    for (int64_t i = 0; i < rows * metrics.row_cells; i++) {
        assert_in_range(cells[i], 0, metrics.cells - 1);
        counts[cells[i]]++;
    }
    ls_memory_free(panel);
    if (metrics.cells > 0)
        ls_metric_count_classes(&task, counts, classes);
    const ls_metric_facts facts = {
        .rows = rows, .sums = total_sums, .total = total, .counts = counts, .classes = classes};
    return ls_metric_value(&metrics.metric[0], &task, &facts);
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
    CHECK(value_of("accuracy", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 4, a, NULL, right, NULL), 1);
    CHECK(value_of("accuracy", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 4, a, NULL, upper_of_ties, NULL), 0.5);
    CHECK(value_of("accuracy", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 4, a, NULL, wrong, NULL), 0);
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
    CHECK(value_of("accuracy", LS_CATEGORICAL_CROSSENTROPY, NULL, 3, 3, a, y, NULL, NULL), 1.0 / 3);
    CHECK(value_of("accuracy", LS_MEAN_SQUARED_ERROR, NULL, 3, 3, a, y, NULL, NULL), 1.0 / 3);
}

static void accuracy_of_sigmoid_outputs(void **state)
{
    /* every output counts; exactly 0.5 is class 0, as in Keras */
    static const float a[] = {0.9f, 0.2f, 0.5f, 0.500001f, 0.7f, 0.1f}, y[] = {1, 1, 0, 1, 0, 0};
    (void)state;
    CHECK(value_of("accuracy", LS_BINARY_CROSSENTROPY, NULL, 3, 2, a, y, NULL, NULL), 4.0 / 6);
    CHECK(value_of("accuracy", LS_BINARY_CROSSENTROPY, NULL, 1, 6, a, y, NULL, NULL), 4.0 / 6);
    CHECK(value_of("accuracy", LS_MEAN_SQUARED_ERROR, NULL, 1, 6, a, y, NULL, NULL), 4.0 / 6);
}

/* mean 0.5 and scale 0.25 or 4: an output of 0 stands for 0.5, and 0.5 for 0.625 or 2.5. */
static void accuracy_in_original_units(void **state)
{
    static const float mean[] = {0.5f, 0.5f}, variance[] = {0.0625f, 16};
    (void)state;
    ls_affine map = {0};
    assert_int_equal(ls_affine_set(&map, 2, mean, variance), LS_OK);
    static const float one[] = {0.1f, 0.4f, -0.1f}, y[] = {1, 1, 0};
    CHECK(value_of("accuracy", LS_MEAN_SQUARED_ERROR, &map, 1, 3, one, y, NULL, NULL), 1);
    /* 0.4 and 0.3 stand for 0.6 and 1.7, so the second is the larger */
    static const float two[] = {0.4f, 0.3f}, second[] = {0, 1};
    CHECK(value_of("accuracy", LS_MEAN_SQUARED_ERROR, &map, 2, 1, two, second, NULL, NULL), 1);
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
    CHECK(value_of("mae", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, NULL), 8.0 / 6);
    CHECK(value_of("mse", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, NULL), 18.0 / 6);
    /* sums of squared residuals 5 and 13 */
    const double total[] = {10, 8};
    CHECK(value_of("r2", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, total),
          (0.5 + (1 - 13.0 / 8)) / 2);
}

static void constant_targets_score_zero(void **state)
{
    (void)state;
    const double second_constant[] = {10, 0}, both_constant[] = {0, 0};
    CHECK(value_of("r2", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, second_constant), 0.25);
    CHECK(value_of("r2", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_a, values_y, NULL, both_constant), 0);
    CHECK(value_of("r2", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, values_y, values_y, NULL, both_constant), 0);
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
    CHECK(value_of("mae", LS_MEAN_SQUARED_ERROR, &map, 2, 3, right, y, NULL, NULL), 0);
    CHECK(value_of("mse", LS_MEAN_SQUARED_ERROR, &map, 2, 3, right, y, NULL, NULL), 0);
    CHECK(value_of("r2", LS_MEAN_SQUARED_ERROR, &map, 2, 3, right, y, NULL, total), 1);
    const float shifted[] = {3, -3, 0, -1, 1, 0};
    CHECK(value_of("mae", LS_MEAN_SQUARED_ERROR, &map, 2, 3, shifted, y, NULL, NULL), 7.5 / 6);
    CHECK(value_of("mse", LS_MEAN_SQUARED_ERROR, &map, 2, 3, shifted, y, NULL, NULL), 12.75 / 6);
    CHECK(value_of("r2", LS_MEAN_SQUARED_ERROR, &map, 2, 3, shifted, y, NULL, total),
          (1 - 12.0 / 20 + 1 - 0.75 / 2) / 2);
    ls_affine_free(&map);
}

static void directions(void **state)
{
    const ls_metric_task values = task_of(LS_MEAN_SQUARED_ERROR, 1), sigmoid = task_of(LS_BINARY_CROSSENTROPY, 1);
    const ls_metrics falling[] = {parse("mae, mse, rmse, mape", &values), parse("log_loss, brier", &sigmoid)};
    const ls_metrics rising[] = {parse("r2", &values),
                                 parse("accuracy, precision, recall, f1_score, auc, pr_auc", &sigmoid)};
    (void)state;
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < falling[i].count; k++)
            assert_false(ls_metric_rises(&falling[i].metric[k]));
        for (int k = 0; k < rising[i].count; k++)
            assert_true(ls_metric_rises(&rising[i].metric[k]));
    }
}

static void errors_of_other_kinds(void **state)
{
    static const float a[] = {1, 4, 2, 0, 3, 1}, y[] = {2, 2, 1, -4, 3, 4}; /* residuals -1, 2, 1, 4, 0, -3 */
    (void)state;
    CHECK(value_of("rmse", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, a, y, NULL, NULL), sqrt(31.0 / 6));
    CHECK(value_of("mape", LS_MEAN_SQUARED_ERROR, NULL, 2, 3, a, y, NULL, NULL),
          100 * ((0.5 + 1 + 1 + 1 + 0 + 0.75) / 6));
    static const float next[] = {1e-7f}, zero[] = {0}; /* a target of 0 counts as 1e-7 */
    check_near("mape", value_of("mape", LS_MEAN_SQUARED_ERROR, NULL, 1, 1, next, zero, NULL, NULL), 100, 1e-5);
}

static void one_of_the_best(void **state)
{
    /* the second row has a tie with a lower place, which comes first */
    static const float a[] = {0.4f, 0.3f, 0.2f, 0.1f, 0.3f, 0.2f, 0.3f, 0.2f};
    static const int32_t label[] = {2, 3};
    (void)state;
    CHECK(value_of("top_k_categorical_accuracy k=1", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 4, 2, a, NULL, label,
                   NULL),
          0);
    CHECK(value_of("top_k_categorical_accuracy k=3", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 4, 2, a, NULL, label,
                   NULL),
          0.5);
    CHECK(value_of("top_k_categorical_accuracy", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 4, 2, a, NULL, label, NULL),
          1);
}

static void chances(void **state)
{
    static const float one[] = {0.75f, 0.5f, 0, 1}, y[] = {1, 0, 1, 1};
    static const float three[] = {0.5f, 0.25f, 0.25f, 0, 0.5f, 0.5f};
    static const int32_t label[] = {0, 2};
    (void)state;
    check_near("log_loss", value_of("log_loss", LS_BINARY_CROSSENTROPY, NULL, 1, 4, one, y, NULL, NULL),
               (-log(0.75) - log(0.5) + 52 * log(2) - log(1 - 0x1p-52)) / 4, 1e-15);
    CHECK(value_of("brier", LS_BINARY_CROSSENTROPY, NULL, 1, 4, one, y, NULL, NULL), (0.0625 + 0.25 + 1 + 0) / 4);
    check_near("log_loss",
               value_of("log_loss", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 2, three, NULL, label, NULL), log(2),
               1e-15);
    CHECK(value_of("brier", LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 3, 2, three, NULL, label, NULL),
          (0.375 + 0.5) / 2);
}

/* Classes 0 0 1 2 2, of which 0 1 1 1 2 are given: of class 0 one of 2 is right and nothing else is given it, of 1 one
 * of 3 is right, of 2 one of 2; nobody has class 3. */
static void classes_by_hand(void **state)
{
    static const float a[] = {
        1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0,
    };
    static const int32_t label[] = {0, 0, 1, 2, 2};
    static const struct {
        const char *name;
        double want;
    } cases[] = {
        {"precision", (1 + 1.0 / 3 + 1 + 0) / 4},
        {"precision average=weighted", (2 * 1 + 1.0 / 3 + 2 * 1) / 5},
        {"precision average=micro", 3.0 / 5},
        {"recall", (0.5 + 1 + 0.5 + 0) / 4},
        {"recall average=weighted", (2 * 0.5 + 1 + 2 * 0.5) / 5},
        {"f1_score", (2.0 / 3 + 0.5 + 2.0 / 3 + 0) / 4},
        {"f1_score average=micro", 3.0 / 5},
    };
    (void)state;
    for (int64_t i = 0; i < LENGTH(cases); i++)
        check_near(cases[i].name,
                   value_of(cases[i].name, LS_SPARSE_CATEGORICAL_CROSSENTROPY, NULL, 4, 5, a, NULL, label, NULL),
                   cases[i].want, 1e-15);
}

/* Rows and columns of a table that is not symmetrical; four cells an output. */
static void counts_by_class(void **state)
{
    static const int64_t table[] = {5, 1, 2, 3, 7, 0, 4, 6, 9}, answers[] = {10, 2, 3, 4, 20, 0, 1, 8};
    static const ls_class_counts of_table[] = {{5, 7, 3}, {7, 7, 3}, {9, 2, 10}}, of_answers[] = {{4, 2, 3}, {8, 0, 1}};
    const ls_metric_task softmax = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 3);
    const ls_metric_task sigmoids = task_of(LS_BINARY_CROSSENTROPY, 2);
    ls_class_counts found[3];
    (void)state;
    memset(found, 1, sizeof found);
    ls_metric_count_classes(&softmax, table, found);
    assert_memory_equal(found, of_table, sizeof of_table);
    ls_metric_count_classes(&sigmoids, answers, found);
    assert_memory_equal(found, of_answers, sizeof of_answers);
}

static void answers_by_hand(void **state)
{
    static const float a[] = {0.9f, 0.4f, 0.6f, 0.2f, 0.5f}, y[] = {1, 1, 0, 0, 1}; /* 0.5 says no */
    (void)state;
    CHECK(value_of("precision", LS_BINARY_CROSSENTROPY, NULL, 1, 5, a, y, NULL, NULL), 0.5);
    CHECK(value_of("recall", LS_BINARY_CROSSENTROPY, NULL, 1, 5, a, y, NULL, NULL), 1.0 / 3);
    CHECK(value_of("f1_score", LS_BINARY_CROSSENTROPY, NULL, 1, 5, a, y, NULL, NULL), 0.4);
    CHECK(value_of("recall threshold=0.3", LS_BINARY_CROSSENTROPY, NULL, 1, 5, a, y, NULL, NULL), 1);
    CHECK(value_of("accuracy threshold=0.3", LS_BINARY_CROSSENTROPY, NULL, 1, 5, a, y, NULL, NULL), 0.8);
    CHECK(value_of("precision threshold=0.95", LS_BINARY_CROSSENTROPY, NULL, 1, 5, a, y, NULL, NULL), 0);
    /* two outputs: the means of theirs */
    static const float two[] = {0.9f, 0.9f, 0.1f, 0.9f}, both[] = {1, 0, 0, 1};
    CHECK(value_of("precision", LS_BINARY_CROSSENTROPY, NULL, 2, 2, two, both, NULL, NULL), (1 + 0.5) / 2);
}

/* The i-th metric's class in a Keras file; "" where Keras has none that means the same. */
static const char *keras_class(const char *text, const ls_metric_task *task, int i)
{
    const ls_metrics metrics = parse(text, task);
    const ls_metric_task own = ls_metrics_task(&metrics, task);
    ls_metric_keras keras;
    if (!ls_metric_to_keras(&metrics.metric[i], &own, &keras))
        return "";
    return keras.word ? keras.word : keras.class_name;
}

/* Outputs that say yes or no, each alone: two rows of two, whose terms are few. */
static void answers_by_output(void **state)
{
    static const double want[][2] = {{1, 0.5}, {0, 0}, {0.0625, 0.3125}}; /* accuracy, none, brier */
    static const float y[2][2] = {{1, 0}, {0, 1}};
    const float *const rows[LS_PANEL] = {y[0], y[1]};
    const ls_targets targets = {rows, NULL};
    const ls_metric_task task = task_of(LS_BINARY_CROSSENTROPY, 2);
    float a[2 * LS_PANEL] = {0.75f, 0.25f, [LS_PANEL] = 0.75f, 0.75f};
    double sums[2 * 16] = {0}, value;
    (void)state;
    ls_metrics metrics = parse("accuracy, log_loss, brier", &task);
    ls_metrics_by_output(&task, &metrics);
    ls_metrics_panel(&metrics, &task, 2, a, a, &targets, sums);
    for (int i = 0; i < metrics.width; i++)
        sums[i] += sums[metrics.width + i];
    const ls_metric_facts facts = {.rows = 2, .sums = sums};
    for (int j = 0; j < 2; j++) {
        assert_true(ls_metric_value_of_output(&metrics.metric[0], &task, &facts, j, &value));
        assert_true(value == want[0][j]);
        assert_true(ls_metric_value_of_output(&metrics.metric[2], &task, &facts, j, &value));
        assert_true(value == want[2][j]);
        assert_true(ls_metric_value_of_output(&metrics.metric[1], &task, &facts, j, &value));
        check_near("log_loss", value, j == 0 ? -log(0.75) : -(log(0.25) + log(0.75)) / 2, 1e-15);
    }
    const ls_metric_task softmax = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 3); /* one answer a row */
    metrics = parse("accuracy", &softmax);
    assert_false(ls_metric_tells_outputs(&metrics.metric[0], &softmax));
}

static void told_to_keras(void **state)
{
    const ls_metric_task softmax = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 10);
    const ls_metric_task onehot = task_of(LS_CATEGORICAL_CROSSENTROPY, 10);
    const ls_metric_task sigmoid = task_of(LS_BINARY_CROSSENTROPY, 1), sigmoids = task_of(LS_BINARY_CROSSENTROPY, 3);
    ls_metric_task logits = sigmoid;
    logits.link = LS_SIGMOID;
    (void)state;
    assert_string_equal(keras_class("accuracy", &softmax, 0), "accuracy");
    assert_string_equal(keras_class("accuracy", &sigmoid, 0), "BinaryAccuracy");
    assert_string_equal(keras_class("top_k_categorical_accuracy", &softmax, 0), "SparseTopKCategoricalAccuracy");
    assert_string_equal(keras_class("top_k_categorical_accuracy", &onehot, 0), "TopKCategoricalAccuracy");
    assert_string_equal(keras_class("precision", &sigmoid, 0), "Precision");
    assert_string_equal(keras_class("precision", &sigmoids, 0), ""); /* of all outputs together there */
    assert_string_equal(keras_class("precision", &softmax, 0), "");
    assert_string_equal(keras_class("f1_score", &softmax, 0), "");
    assert_string_equal(keras_class("f1_score", &onehot, 0), "F1Score");
    assert_string_equal(keras_class("auc", &sigmoid, 0), ""); /* approximate there */
    /* thresholds of z that Keras does not take */
    assert_string_equal(keras_class("precision threshold=0.5", &logits, 0), "Precision");
    assert_string_equal(keras_class("precision threshold=0.3", &logits, 0), "");
    assert_string_equal(keras_class("f1_score threshold=0.5", &logits, 0), "");
}

/* A class without an area is left out; without any there is none. */
static void means_of_areas(void **state)
{
    const ls_metric_task task = task_of(LS_SPARSE_CATEGORICAL_CROSSENTROPY, 3);
    const ls_metrics metrics = parse("auc, pr_auc", &task);
    ls_area areas[] = {{.auc = 0.5, .pr_auc = 0.25}, {.auc = NAN, .pr_auc = NAN}, {.auc = 1, .pr_auc = 0.75}};
    const ls_metric_facts facts = {.rows = 3, .areas = areas};
    (void)state;
    CHECK(ls_metric_value(&metrics.metric[0], &task, &facts), 0.75);
    CHECK(ls_metric_value(&metrics.metric[1], &task, &facts), 0.5);
    areas[0].auc = areas[2].auc = NAN;
    assert_true(isnan(ls_metric_value(&metrics.metric[0], &task, &facts)));
}

/* Residuals are float64: 1e8 - 1e-3 would be lost in float32. */
static void residuals_are_double(void **state)
{
    static const float a[] = {1e8f}, y[] = {0.0009765625f};
    (void)state;
    CHECK(value_of("mae", LS_MEAN_SQUARED_ERROR, NULL, 1, 1, a, y, NULL, NULL), 1e8 - 0.0009765625);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_follow_keras),
        cmocka_unit_test(names),
        cmocka_unit_test(places_of_the_sums),
        cmocka_unit_test(accuracy_of_class_numbers),
        cmocka_unit_test(accuracy_of_one_hot_targets),
        cmocka_unit_test(accuracy_of_sigmoid_outputs),
        cmocka_unit_test(accuracy_in_original_units),
        cmocka_unit_test(errors_by_hand),
        cmocka_unit_test(constant_targets_score_zero),
        cmocka_unit_test(errors_in_original_units),
        cmocka_unit_test(residuals_are_double),
        cmocka_unit_test(directions),
        cmocka_unit_test(lists),
        cmocka_unit_test(refusals),
        cmocka_unit_test(errors_of_other_kinds),
        cmocka_unit_test(one_of_the_best),
        cmocka_unit_test(chances),
        cmocka_unit_test(classes_by_hand),
        cmocka_unit_test(counts_by_class),
        cmocka_unit_test(answers_by_hand),
        cmocka_unit_test(means_of_areas),
        cmocka_unit_test(answers_by_output),
        cmocka_unit_test(told_to_keras),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
