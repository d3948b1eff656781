/* Model files: what is written is read back, it lies where Keras looks for it, and the bytes depend on
 * nothing but the contents. `test_modelfile DIRECTORY` writes the examples there instead, for tests/keras. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "store/keras_config.h"
#include "store/modelfile_examples.h"

/* ---- there and back ---- */

static void assert_bits_equal(const float *a, const float *b, int64_t count, const char *what)
{
    for (int64_t i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof a[i]) != 0)
            fail_msg("%s[%lld]: %a, expected %a", what, (long long)i, (double)a[i], (double)b[i]);
    }
}

static void assert_maps_equal(const ls_affine *a, const ls_affine *b, const char *what)
{
    assert_int_equal(a->count, b->count);
    assert_bits_equal(a->mean, b->mean, a->count, what);
    assert_bits_equal(a->variance, b->variance, a->count, what);
    assert_bits_equal(a->scale, b->scale, a->count, what);
    assert_int_equal(a->factor != NULL, b->factor != NULL);
    if (a->factor)
        assert_bits_equal(a->factor, b->factor, a->count, what);
}

static void assert_networks_equal(const ls_network *a, const ls_network *b)
{
    ls_text layers_a = {0}, layers_b = {0};
    ls_layers_format(a->layers, a->count, &layers_a);
    ls_layers_format(b->layers, b->count, &layers_b);
    assert_string_equal(ls_text_string(&layers_a), ls_text_string(&layers_b));
    ls_text_free(&layers_a);
    ls_text_free(&layers_b);
    assert_int_equal(a->features, b->features);
    assert_int_equal(a->block, b->block);
    ls_text a_loss = {0}, b_loss = {0};
    ls_loss_format(&a->loss, &a_loss);
    ls_loss_format(&b->loss, &b_loss);
    assert_string_equal(ls_text_string(&a_loss), ls_text_string(&b_loss));
    ls_text_free(&a_loss);
    ls_text_free(&b_loss);
    assert_memory_equal(&a->metrics, &b->metrics, sizeof a->metrics);
    assert_maps_equal(&a->feature_map, &b->feature_map, "feature map");
    assert_maps_equal(&a->target_map, &b->target_map, "target map");
}

/* Statistics that do not follow the weights, and a tensor of several pieces. */
static void test_apart(void **state)
{
    (void)state;
    const example large = {
        .name = "apart", .layers = "500 relu, batch_normalization, 3", .features = 1100, .learning_rate = 1};
    model made = make_model(&large);
    const ls_network *network = made.network;
    const int64_t weights = network->trainable, behind = ls_network_statistics(network);
    float *values, *statistics, *read, *read_behind;
    ls_h5_file *file;
    must(ls_memory_allocate(&values, network->block, sizeof *values, "test"));
    must(ls_memory_allocate(&statistics, behind, sizeof *statistics, "test"));
    must(ls_memory_allocate(&read, network->block, sizeof *read, "test"));
    must(ls_memory_allocate(&read_behind, behind, sizeof *read_behind, "test"));
    memcpy(values, made.block, (size_t)weights * sizeof *values);
    memcpy(statistics, made.block + weights, (size_t)behind * sizeof *statistics);
    assert_true(behind > 0 && ls_modelblock_piece_rows(network, 0) < 1100);
    const ls_modelblock block = {.values = values, .statistics = statistics};
    must(ls_h5_create(in_folder("model.h5"), 0, &file));
    must(ls_h5_make_group(file, "/block"));
    must(ls_modelblock_write(file, "/block", network, true, &block));
    must(ls_h5_finish(file));
    must(ls_h5_open(in_folder("model.h5"), &file));
    const ls_modelblock_place place = {.values = read, .statistics = read_behind};
    must(ls_modelblock_read(file, "/block", network, true, &place));
    ls_h5_close(file);
    assert_bits_equal(read, made.block, weights, "weights");
    assert_bits_equal(read_behind, statistics, behind, "statistics");
    ls_memory_free(values);
    ls_memory_free(statistics);
    ls_memory_free(read);
    ls_memory_free(read_behind);
    free_model(&made);
}

static void round_trip(const example *e)
{
    model made = make_model(e), found = {0};
    int64_t steps = -1;
    ls_h5_file *file;
    write_model(in_folder("model.h5"), "checkpoint", &made, true);
    must(ls_h5_open(in_folder("model.h5"), &file));
    must(ls_modelfile_read(file, &found.network, &found.block));
    assert_networks_equal(found.network, made.network);
    assert_bits_equal(found.block, made.block, made.network->block, "block");
    must(ls_memory_allocate(&found.m, made.network->block, sizeof *found.m, "m"));
    must(ls_memory_allocate(&found.v, made.network->block, sizeof *found.v, "v"));
    assert_true(ls_modelfile_has_optimizer(file));
    found.adam = made.adam; /* which optimizer it is comes from elsewhere */
    must(read_optimizer(file, &found, &steps));
    assert_int_equal(steps, 41);
    assert_bits_equal(found.m, made.m, made.network->block, "m");
    assert_bits_equal(found.v, made.v, made.network->block, "v");
    char *kind;
    must(ls_h5_attribute_text(file, "/lockstep", "kind", &kind));
    assert_string_equal(kind, "checkpoint");
    ls_memory_free(kind);
    ls_h5_close(file);
    free_model(&made);
    free_model(&found);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++)
        round_trip(&examples[i]);
}

/* Tensors that are written and read in several pieces. */
static void test_pieces(void **state)
{
    (void)state;
    const example wide = {.name = "wide",
                          .layers = "1003 relu, layer_normalization, 601 relu, 1",
                          .features = 7,
                          .feature_map = true,
                          .learning_rate = 1};
    round_trip(&wide);
}

/* The target map alone has the name that the feature map has otherwise; equal widths tell nothing either. */
static void test_single_map(void **state)
{
    (void)state;
    const example only_features = {
        .name = "features", .layers = "2 relu, 4", .features = 4, .feature_map = true, .learning_rate = 1};
    const example only_targets = {
        .name = "targets", .layers = "2 relu, 4", .features = 4, .target_map = true, .learning_rate = 1};
    round_trip(&only_features);
    round_trip(&only_targets);
}

/* Labels of classes, what stands for missing values and offsets, which plain models do not have. */
static void test_labels_and_fill(void **state)
{
    (void)state;
    const int64_t labels[] = {-5000000000, 2, 77};
    const example classifier = {.name = "labels",
                                .layers = "5 relu, 3 softmax",
                                .features = 4,
                                .loss = LS_SPARSE_CATEGORICAL_CROSSENTROPY,
                                .metrics = "accuracy"};
    model made = make_model(&classifier), found = {0};
    ls_h5_file *file;
    must(ls_memory_allocate(&made.network->classes, 3, sizeof(int64_t), "labels"));
    memcpy(made.network->classes, labels, sizeof labels);
    made.network->class_count = 3;
    must(ls_memory_allocate(&made.network->fill, 4, sizeof(float), "fill"));
    made.network->fill[2] = -2.5f;
    must(ls_memory_allocate(&made.network->offset, 4, sizeof(double), "offsets"));
    made.network->offset[1] = 1700000096.25;
    write_model(in_folder("model.h5"), "model", &made, false);
    must(ls_h5_open(in_folder("model.h5"), &file));
    must(ls_modelfile_read(file, &found.network, &found.block));
    assert_int_equal(found.network->class_count, 3);
    assert_memory_equal(found.network->classes, labels, sizeof labels);
    assert_memory_equal(found.network->fill, made.network->fill, 4 * sizeof(float));
    assert_memory_equal(found.network->offset, made.network->offset, 4 * sizeof(double));
    ls_h5_close(file);
    free_model(&made);
    free_model(&found);
}

/* A number that older programs refuse, where they would misread the file; else theirs. */
static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++)
        for (int offset = 0; offset <= 1; offset++) {
            model made = make_model(&examples[i]);
            ls_h5_file *file;
            int64_t format;
            if (offset)
                must(ls_memory_allocate(&made.network->offset, examples[i].features, sizeof(double), "offsets"));
            write_model(in_folder("model.h5"), i % 2 ? "checkpoint" : "model", &made, true);
            must(ls_h5_open(in_folder("model.h5"), &file));
            must(ls_h5_attribute_int64(file, "/lockstep", "format", &format));
            assert_int_equal(format, examples[i].factors || offset ? 2 : 1);
            ls_h5_close(file);
            free_model(&made);
        }
}

static void test_without_optimizer(void **state)
{
    (void)state;
    model made = make_model(&examples[0]);
    ls_h5_file *file;
    write_model(in_folder("model.h5"), "model", &made, false);
    must(ls_h5_open(in_folder("model.h5"), &file));
    assert_false(ls_modelfile_has_optimizer(file));
    int64_t steps;
    assert_int_equal(read_optimizer(file, &made, &steps), LS_ERR_DATA);
    ls_h5_close(file);
    free_model(&made);
}

/* Each tensor once, under both names; nothing where Keras would stumble over it. */
static void test_layout(void **state)
{
    (void)state;
    model made = make_model(&examples[1]);
    ls_h5_file *file;
    ls_h5_dataset *list;
    int count;
    write_model(in_folder("model.h5"), "model", &made, true);
    must(ls_h5_open(in_folder("model.h5"), &file));
    must(ls_h5_list(file, "/", &list, &count));
    assert_int_equal(count, 4 + 2 * 3 + 2 + 2 * 4); /* weights, two maps, iteration and rate, slots */
    ls_memory_free(list);
    must(ls_h5_list(file, "/layers", &list, &count));
    assert_int_equal(count, 4 + 2 * 3);
    ls_memory_free(list);
    assert_true(ls_h5_exists(file, "/model_weights/dense_1/dense_1/kernel:0"));
    assert_true(ls_h5_exists(file, "/layers/dense_1/vars/1"));
    assert_true(ls_h5_exists(file, "/layers/normalization_1/vars/2"));
    assert_true(ls_h5_exists(file, "/vars"));
    assert_false(ls_h5_exists(file, "/optimizer_weights"));
    ls_h5_close(file);
    free_model(&made);
}

static char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void test_equal_bytes(void **state)
{
    (void)state;
    size_t size, size_again;
    for (size_t i = 0; i < EXAMPLES; i++) {
        model made = make_model(&examples[i]);
        write_model(in_folder("model.h5"), "model", &made, true);
        free_model(&made);
        sleep(i == 0); /* a time stamp would show */
        made = make_model(&examples[i]);
        write_model(in_folder("again.h5"), "model", &made, true);
        free_model(&made);
        char *bytes = slurp(in_folder("model.h5"), &size), *again = slurp(in_folder("again.h5"), &size_again);
        assert_int_equal(size_again, size);
        assert_memory_equal(again, bytes, size);
        free(bytes);
        free(again);
    }
}

/* ---- configuration ---- */

static void test_model_config(void **state)
{
    (void)state;
    model made = make_model(&examples[2]);
    ls_text text = {0};
    must(ls_keras_model_config(made.network, &text));
    assert_string_equal(ls_text_string(&text),
                        "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"sequential\",\"layers\":["
                        "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"input\",\"batch_input_shape\":"
                        "[null,4],\"dtype\":\"float32\"}},"
                        "{\"class_name\":\"Dense\",\"config\":{\"name\":\"dense\",\"units\":9,\"activation\":"
                        "\"relu\",\"use_bias\":true}},"
                        "{\"class_name\":\"Dense\",\"config\":{\"name\":\"dense_1\",\"units\":1,"
                        "\"activation\":\"linear\",\"use_bias\":true}},"
                        "{\"class_name\":\"Normalization\",\"config\":{\"name\":\"normalization\",\"axis\":[-"
                        "1],\"invert\":true}}]}}");
    ls_text_free(&text);
    free_model(&made);
}

static void assert_training_config(const example *e, bool with_adam, const char *expected)
{
    model made = make_model(e);
    ls_text text = {0};
    must(ls_keras_training_config(made.network, with_adam ? &made.adam : NULL, e->learning_rate, NULL, &text));
    assert_string_equal(ls_text_string(&text), expected);
    ls_text_free(&text);
    free_model(&made);
}

static void test_training_config(void **state)
{
    (void)state;
    assert_training_config(
        &examples[1], true, /* learning rate 1 must not become an int */
        "{\"loss\":\"mean_squared_error\",\"loss_weights\":null,\"metrics\":[\"mean_absolute_error\","
        "{\"class_name\":\"R2Score\",\"config\":{\"name\":\"r2_score\"}},\"mean_squared_error\"],"
        "\"optimizer_config\":{\"class_name\":\"Adam\",\"config\":{\"name\":\"adam\",\"learning_rate\":1.0,"
        "\"beta_1\":0.85,\"beta_2\":0.995,\"epsilon\":1e-6}}}");
    assert_training_config(&examples[3], false,
                           "{\"loss\":\"binary_crossentropy\",\"loss_weights\":null,\"metrics\":[{\"class_name\":"
                           "\"BinaryAccuracy\",\"config\":{\"name\":\"accuracy\"}}],"
                           "\"optimizer_config\":{\"class_name\":\"Adam\",\"config\":{\"name\":\"adam\"}}}");
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        write_examples(argv[1]);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apart),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_single_map),
        cmocka_unit_test(test_labels_and_fill),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_without_optimizer),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_model_config),
        cmocka_unit_test(test_training_config),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
