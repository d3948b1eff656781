/* The public API with rows of files whose columns have names, on one rank without MPI: opened for a model, for none,
 * and for a model that a training begins with. */
#include "io_test.h"

#include "hdf5/h5.h"
#include "train/model.h"

#define ROWS 200

static ls_context *context;

/* Columns a and b by themselves, and the class of a. */
static void put(const char *name, bool turned, const char *second)
{
    float x[ROWS][2];
    int32_t y[ROWS];
    const int64_t shape[] = {ROWS, 2};
    const char *names[2] = {turned ? second : "a", turned ? "a" : second};
    ls_h5_file *file;
    for (int r = 0; r < ROWS; r++) {
        x[r][turned] = (float)(r * 37 % 100) / 50 - 1;
        x[r][!turned] = (float)(r * 53 % 89) / 40 - 1;
        y[r] = x[r][turned] > 0;
    }
    assert_ok(ls_h5_create(in_directory(name), 0, &file));
    assert_ok(ls_h5_write_float(file, "/x", 2, shape, &x[0][0]));
    assert_ok(ls_h5_write_int32(file, "/y", 1, shape, y));
    assert_ok(ls_h5_set_texts(file, "/x", "column_names", names, 2));
    assert_ok(ls_h5_finish(file));
}

static ls_options *options_for(const char *name)
{
    ls_options *options;
    assert_ok(ls_options_create(&options));
    assert_ok(ls_options_set(options, "data", in_directory(name)));
    assert_ok(ls_options_set(options, "layers", "4 tanh, 1 sigmoid"));
    assert_ok(ls_options_set(options, "check-data", "off"));
    return options;
}

static ls_status take_none(void *user, int64_t first, int64_t rows, const float *prediction)
{
    (void)user, (void)first, (void)rows, (void)prediction;
    return LS_OK;
}

static void test_rows_for_a_model(void **state)
{
    (void)state;
    put("ab.h5", false, "b");
    put("ba.h5", true, "b");
    put("ac.h5", false, "c");
    ls_options *ab = options_for("ab.h5"), *ba = options_for("ba.h5"), *ac = options_for("ac.h5");
    ls_datasets sets;
    ls_model *model, *further;
    ls_dataset *rows;
    ls_scores scores, other;
    assert_ok(ls_datasets_open(context, ab, &sets));
    assert_ok(ls_model_create(context, ab, sets.train, &model));
    assert_ok(ls_evaluate(context, model, sets.train, &scores));
    ls_datasets_close(&sets);

    assert_ok(ls_dataset_open_for_model(context, ba, model, &rows));
    assert_ok(ls_evaluate(context, model, rows, &other));
    assert_memory_equal(&scores.value[0], &other.value[0], sizeof(double));
    ls_dataset_destroy(rows);
    assert_fails(ls_dataset_open_for_model(context, ac, model, &rows), LS_ERR_DATA,
                 "has no column 'b', which the model");

    assert_ok(ls_dataset_open(context, ba, &rows)); /* in its own order */
    assert_fails(ls_evaluate(context, model, rows, &other), LS_ERR_DATA, "in another order than the model");
    assert_fails(ls_predict(context, model, rows, take_none, NULL), LS_ERR_DATA, "ls_dataset_open_for_model");
    ls_dataset_destroy(rows);
    assert_ok(ls_dataset_open(context, ab, &rows));
    assert_ok(ls_evaluate(context, model, rows, &other));
    ls_dataset_destroy(rows);

    assert_ok(ls_model_save(context, model, in_directory("model.h5")));
    assert_ok(ls_options_set(ba, "init", in_directory("model.h5")));
    assert_ok(ls_datasets_open(context, ba, &sets));
    assert_ok(ls_model_create(context, ba, sets.train, &further));
    assert_ok(ls_evaluate(context, further, sets.train, &other));
    assert_memory_equal(&scores.value[0], &other.value[0], sizeof(double));
    ls_datasets_close(&sets);
    ls_model_destroy(further);
    ls_model_destroy(model);
    ls_options_destroy(ab);
    ls_options_destroy(ba);
    ls_options_destroy(ac);
}

static int set_up(void **state)
{
    return directory_setup(state) != 0 || ls_context_create(NULL, &context) != LS_OK;
}

static int tear_down(void **state)
{
    ls_context_destroy(context);
    return directory_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows_for_a_model)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
