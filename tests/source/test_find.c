/* Finding parts by name: the layouts people use, and what is said when it is not clear. */
#include "io_test.h"

#include "source/find.h"

#include <hdf5.h>

#include <math.h>

/* A file with datasets of these paths (separated by blanks); names that mean targets get (8), others (8, 3).
 */
static ls_h5_file *file_with(const char *paths)
{
    static const int64_t shape[2] = {8, 3};
    static const float values[24];
    char copy[2000], *rest = NULL;
    ls_h5_file *file;
    (void)snprintf(copy, sizeof copy, "%s", paths);
    assert_ok(ls_h5_create(in_directory("find.h5"), 0, &file));
    for (char *path = strtok_r(copy, " ", &rest); path != NULL; path = strtok_r(NULL, " ", &rest)) {
        const char *leaf = strrchr(path, '/') + 1;
        bool target = strpbrk(leaf, "yYbl") != NULL; /* y, labels, b; others are wide, which is no matter */
        if (target)
            assert_ok(ls_h5_write_int32(file, path, 1, shape, (const int32_t *)values));
        else
            assert_ok(ls_h5_write_float(file, path, 2, shape, values));
    }
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("find.h5"), &file));
    return file;
}

typedef struct layout {
    const char *paths;
    const char *train_x, *train_y, *validation_x, *validation_y, *test_x, *test_y;
} layout;

/* By their paths alone, of datasets that are not there yet. */
static void check_pairs(const layout *l)
{
    const char *const expected[3][2] = {
        {l->train_x, l->train_y}, {l->validation_x, l->validation_y}, {l->test_x, l->test_y}};
    char copy[2000], *rest = NULL;
    static ls_h5_dataset list[32];
    ls_found_pair pair[3];
    int count = 0;
    memset(list, 0, sizeof list);
    (void)snprintf(copy, sizeof copy, "%s", l->paths);
    for (char *path = strtok_r(copy, " ", &rest); path != NULL; path = strtok_r(NULL, " ", &rest))
        (void)snprintf(list[count++].path, sizeof list[0].path, "%s", path);
    ls_find_pairs(list, count, pair);
    for (int part = 0; part < 3; part++) {
        assert_string_equal(pair[part].x < 0 ? "" : list[pair[part].x].path, expected[part][0]);
        assert_string_equal(pair[part].y < 0 ? "" : list[pair[part].y].path, expected[part][1]);
    }
}

static void check_layout(const layout *l, bool need_targets)
{
    if (need_targets)
        check_pairs(l);
    ls_found found;
    ls_h5_file *file = file_with(l->paths);
    assert_ok(ls_find_parts(file, need_targets, &found));
    assert_string_equal(found.train.x, l->train_x);
    assert_string_equal(found.train.y, l->train_y);
    assert_string_equal(found.validation.x, l->validation_x);
    assert_string_equal(found.validation.y, l->validation_y);
    assert_string_equal(found.test.x, l->test_x);
    assert_string_equal(found.test.y, l->test_y);
    ls_h5_close(file);
}

static void test_layouts(void **state)
{
    static const layout layouts[] = {
        {"/train/x /train/y", "/train/x", "/train/y", "", "", "", ""},
        {"/train/x /train/y /validation/x /validation/y /test/x /test/y", "/train/x", "/train/y", "/validation/x",
         "/validation/y", "/test/x", "/test/y"},
        {"/train/X /train/y /val/features /val/labels", "/train/X", "/train/y", "/val/features", "/val/labels", "", ""},
        {"/training/images /training/labels /valid/images /valid/labels", "/training/images", "/training/labels",
         "/valid/images", "/valid/labels", "", ""},
        {"/Train/Data /Train/Target /Test/Data /Test/Target", "/Train/Data", "/Train/Target", "", "", "/Test/Data",
         "/Test/Target"},
        {"/x /y", "/x", "/y", "", "", "", ""},
        {"/X /Y", "/X", "/Y", "", "", "", ""},
        {"/features /targets", "/features", "/targets", "", "", "", ""},
        {"/data /label", "/data", "/label", "", "", "", ""},
        {"/inputs /outputs /weight", "/inputs", "/outputs", "", "", "", ""},
        {"/X /labels", "/X", "/labels", "", "", "", ""},
        {"/x /label /other", "/x", "/label", "", "", "", ""},
        {"/images /y", "/images", "/y", "", "", "", ""},
        {"/data /class", "/data", "/class", "", "", "", ""},
        {"/Input /Output", "/Input", "/Output", "", "", "", ""},
        {"/x_train /labels_train /x_test /labels_test", "/x_train", "/labels_train", "", "", "/x_test", "/labels_test"},
        {"/train/X /train/label /test/X /test/label", "/train/X", "/train/label", "", "", "/test/X", "/test/label"},
        {"/train_set_x /train_set_y /test_set_x /test_set_y /list_classes", "/train_set_x", "/train_set_y", "", "",
         "/test_set_x", "/test_set_y"},
        /* names that belong together go before others */
        {"/x /y /labels", "/x", "/y", "", "", "", ""},
        {"/X /features /labels", "/features", "/labels", "", "", "", ""},
        {"/INPUTS /TARGETS", "/INPUTS", "/TARGETS", "", "", "", ""},
        {"/x_train /y_train /x_test /y_test", "/x_train", "/y_train", "", "", "/x_test", "/y_test"},
        {"/X_train /y_train /X_val /y_val", "/X_train", "/y_train", "/X_val", "/y_val", "", ""},
        {"/train_x /train_y /valid_x /valid_y /test_x /test_y", "/train_x", "/train_y", "/valid_x", "/valid_y",
         "/test_x", "/test_y"},
        {"/train_features /train_labels /features_validation /labels_validation", "/train_features", "/train_labels",
         "/features_validation", "/labels_validation", "", ""},
        {"/x /y /test/x /test/y", "/x", "/y", "", "", "/test/x", "/test/y"},
        {"/x /y /x_test /y_test", "/x", "/y", "", "", "/x_test", "/y_test"},
        /* a group goes before a name, an exact name before one that differs in case */
        {"/train/x /train/y /x /y /x_train /y_train", "/train/x", "/train/y", "", "", "", ""},
        {"/x /y /FEATURES /LABELS", "/x", "/y", "", "", "", ""},
        /* a part without targets is no part for training */
        {"/train/x /train/y /test/x", "/train/x", "/train/y", "", "", "", ""},
        /* others are left alone */
        {"/train/x /train/y /train/weight /train/group_sex /deep/train/x /deep/train/y", "/train/x", "/train/y", "", "",
         "", ""}};
    (void)state;
    for (int i = 0; i < ITEMS(layouts); i++)
        check_layout(&layouts[i], true);
}

static void test_layouts_without_targets(void **state)
{
    static const layout layouts[] = {{"/x", "/x", "", "", "", "", ""},
                                     {"/features /other", "/features", "", "", "", "", ""},
                                     {"/x /y", "/x", "/y", "", "", "", ""},
                                     {"/test/x", "", "", "", "", "/test/x", ""},
                                     {"/test/x /test/y", "", "", "", "", "/test/x", "/test/y"},
                                     {"/train/x /train/y /test/x", "/train/x", "/train/y", "", "", "/test/x", ""},
                                     {"/X /labels", "/X", "/labels", "", "", "", ""},
                                     {"/X_test", "", "", "", "", "/X_test", ""}};
    (void)state;
    for (int i = 0; i < ITEMS(layouts); i++)
        check_layout(&layouts[i], false);
}

static void test_not_clear(void **state)
{
    static const struct {
        const char *paths, *says;
    } cases[] = {{"/x /X /y", "not clear which datasets are the features and targets: /x with /y, or /X with /y"},
                 {"/X /labels /target", "features and targets: /X with /labels, or /X with /target"},
                 {"/x /images /labels /data", "features and targets: /data with /labels, or /images with /labels"},
                 {"/train/x /train/y /train/features /train/labels", "the train part: /train/x with /train/y, or "},
                 {"/train/x /train/y /training/x /training/y", "the train part: "},
                 {"/train/x /train/y /val/x /val/y /valid/x /valid/y", "the validation part: "},
                 {"/x_train /y_train /train_x /train_y", "the train part: "}};
    (void)state;
    for (int i = 0; i < ITEMS(cases); i++) {
        ls_found found;
        ls_h5_file *file = file_with(cases[i].paths);
        assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, cases[i].says);
        assert_non_null(strstr(ls_error_message(), "name them: lockstep train "));
        ls_h5_close(file);
    }
}

static void test_nothing_found(void **state)
{
    (void)state;
    ls_found found;
    char says[800];
    ls_h5_file *file = file_with("/group/a /group/b");
    (void)snprintf(says, sizeof says,
                   "it has /group/a float32 (8, 3), /group/b int32 (8); name them: lockstep train %s --layers ... --x "
                   "/group/a --y /group/b",
                   in_directory("find.h5"));
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, says);
    assert_fails(ls_find_parts(file, false, &found), LS_ERR_DATA, "lockstep predict RUN ");
    ls_h5_close(file);
    file = file_with("/train/x /test/x /test/y"); /* no targets for training */
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, "found no features and targets to train on");
    ls_h5_close(file);
    file = file_with("/a");
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, "--x /a --y PATH");
    ls_h5_close(file);
    file = file_with("");
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, "it has no datasets at all");
    ls_h5_close(file);
    file = file_with("/a01 /a02 /a03 /a04 /a05 /a06 /a07 /a08 /a09 /a10 /a11 /a12 /a13 /a14 /a15 /a16 /a17 /a18");
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, "/a16 float32 (8, 3) and 2 more");
    ls_h5_close(file);
}

/* The command can be pasted into a shell. */
/* As netCDF marks the coordinates along an axis. */
static void mark_scale(const char *name)
{
    hid_t file = H5Fopen(in_directory("find.h5"), H5F_ACC_RDWR, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    (void)H5Tset_size(type, 16);
    hid_t attribute = H5Acreate2(dataset, "CLASS", type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, "DIMENSION_SCALE") >= 0);
    (void)H5Aclose(attribute);
    (void)H5Sclose(space);
    (void)H5Tclose(type);
    (void)H5Dclose(dataset);
    (void)H5Fclose(file);
}

/* Coordinates that are called x are no features; what lies along them may be. */
static void test_coordinates(void **state)
{
    (void)state;
    ls_found found;
    ls_h5_file *file = file_with("/x /y /features /labels");
    ls_h5_close(file);
    mark_scale("/x");
    mark_scale("/y");
    assert_ok(ls_h5_open(in_directory("find.h5"), &file));
    assert_ok(ls_find_parts(file, true, &found));
    assert_string_equal(found.train.x, "/features");
    assert_string_equal(found.train.y, "/labels");
    ls_h5_close(file);
}

static void put_number(const char *dataset, const char *name, double value)
{
    hid_t file = H5Fopen(in_directory("find.h5"), H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    hid_t attribute =
        H5Acreate_by_name(file, dataset, name, H5T_IEEE_F32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    (void)H5Aclose(attribute);
    (void)H5Sclose(space);
    (void)H5Fclose(file);
}

/* netCDF's attributes that change what values mean are noted; a fill value of NaN changes nothing. */
static void test_unapplied_attributes(void **state)
{
    (void)state;
    ls_h5_dataset d;
    ls_h5_file *file = file_with("/packed /gaps /plain");
    ls_h5_close(file);
    put_number("/packed", "scale_factor", 0.5);
    put_number("/packed", "_FillValue", -999);
    put_number("/gaps", "_FillValue", NAN);
    assert_ok(ls_h5_open(in_directory("find.h5"), &file));
    assert_ok(ls_h5_describe(file, "/packed", &d));
    assert_string_equal(d.unapplied, "scale_factor");
    assert_int_equal(d.code_count, 1);
    assert_true(d.codes[0] == -999);
    assert_ok(ls_h5_describe(file, "/gaps", &d));
    assert_string_equal(d.unapplied, "");
    assert_ok(ls_h5_describe(file, "/plain", &d));
    assert_string_equal(d.unapplied, "");
    ls_h5_close(file);
}

/* MATLAB's order of axes: the advice says so when no dataset has as many rows on the first. */
static void test_last_axis(void **state)
{
    static const int64_t x_shape[2] = {3, 8}, y_shape[2] = {1, 8};
    static const float values[24];
    (void)state;
    ls_found found;
    ls_h5_file *file;
    assert_ok(ls_h5_create(in_directory("find.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/a", 2, x_shape, values));
    assert_ok(ls_h5_write_float(file, "/b", 2, y_shape, values));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("find.h5"), &file));
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, "--x /a --y /b --samples-axis last");
    ls_h5_close(file);
}

static void test_quoting(void **state)
{
    (void)state;
    static const int64_t shape[2] = {8, 3};
    static const float values[24];
    ls_found found;
    ls_h5_file *file;
    assert_ok(ls_h5_create(in_directory("my data.h5"), 0, &file));
    assert_ok(ls_h5_write_float(file, "/it's", 2, shape, values));
    assert_ok(ls_h5_finish(file));
    assert_ok(ls_h5_open(in_directory("my data.h5"), &file));
    assert_fails(ls_find_parts(file, true, &found), LS_ERR_DATA, "/my data.h5' --layers ... --x '/it'\\''s' --y PATH");
    ls_h5_close(file);
}

static void test_in_group(void **state)
{
    (void)state;
    ls_found_part part;
    ls_h5_file *file = file_with("/holdout/x /holdout/y /holdout/deeper/features /holdout/deeper/labels /only/x /x /y");
    assert_ok(ls_find_in_group(file, "/holdout", true, &part));
    assert_string_equal(part.x, "/holdout/x");
    assert_string_equal(part.y, "/holdout/y");
    assert_ok(ls_find_in_group(file, "holdout/deeper/", true, &part));
    assert_string_equal(part.x, "/holdout/deeper/features");
    assert_ok(ls_find_in_group(file, "/", true, &part));
    assert_string_equal(part.x, "/x");
    assert_ok(ls_find_in_group(file, "/only", false, &part));
    assert_string_equal(part.x, "/only/x");
    assert_string_equal(part.y, "");
    assert_fails(ls_find_in_group(file, "/only", true, &part), LS_ERR_DATA,
                 "in group /only; it has /only/x float32 (8, 3)");
    assert_fails(ls_find_in_group(file, "/nothing", true, &part), LS_ERR_DATA, "has no group /nothing");
    ls_h5_close(file);
}

static void test_real_files(void **state)
{
    static const char *const names[] = {"digits.h5", "concrete.h5", "census_income.h5"};
    (void)state;
    for (int i = 0; i < ITEMS(names); i++) {
        char path[600];
        ls_h5_file *file;
        ls_found found;
        (void)snprintf(path, sizeof path, "%s/%s", LS_TEST_DATA, names[i]);
        assert_ok(ls_h5_open(path, &file));
        assert_ok(ls_find_parts(file, true, &found));
        assert_string_equal(found.train.x, "/train/x");
        assert_string_equal(found.train.y, "/train/y");
        assert_string_equal(found.validation.x, "");
        assert_string_equal(found.test.x, "/test/x");
        assert_string_equal(found.test.y, "/test/y");
        ls_h5_close(file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts),     cmocka_unit_test(test_layouts_without_targets),
        cmocka_unit_test(test_not_clear),   cmocka_unit_test(test_nothing_found),
        cmocka_unit_test(test_coordinates), cmocka_unit_test(test_unapplied_attributes),
        cmocka_unit_test(test_last_axis),   cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_in_group),    cmocka_unit_test(test_real_files)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
