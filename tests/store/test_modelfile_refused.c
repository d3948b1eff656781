/* Model files that must be refused: foreign, newer, contradicting themselves, not finite; and what the error
 * says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "store/modelfile_examples.h"

#include <math.h>

/* The last error is "PATH: message"; a '*' at the end stands for any text. */
static void assert_message(const char *message)
{
    char expected[1024], found[1024];
    const size_t length = (size_t)snprintf(expected, sizeof expected, "%s: %s", in_folder("model.h5"), message);
    snprintf(found, sizeof found, "%s", ls_error_message());
    if (expected[length - 1] == '*' && strlen(found) >= length)
        snprintf(found + length - 1, 2, "*");
    assert_string_equal(found, expected);
}

static void assert_status(ls_status expected, const char *message)
{
    ls_network *network;
    float *block;
    ls_h5_file *file;
    must(ls_h5_open(in_folder("model.h5"), &file));
    const ls_status status = ls_modelfile_read(file, &network, &block);
    ls_h5_close(file);
    if (status != expected)
        fail_msg("status %d, expected %d with: %s", (int)status, (int)expected, message);
    assert_message(message);
    assert_null(network);
    assert_null(block);
}

static void assert_refused_file(const char *message)
{
    assert_status(LS_ERR_DATA, message);
}

/* Writes example 1 with one thing wrong, in the model or in the file, and expects reading to fail with this
 * message. */
typedef ls_status (*damage_function)(ls_h5_file *file);

static void write_changed(const char *kind, void (*change)(model *), damage_function damage)
{
    model made = make_model(&examples[1]);
    ls_h5_file *file;
    if (change)
        change(&made);
    must(ls_h5_create(in_folder("model.h5"), 0, &file));
    const ls_modelblock weights = {.values = made.block};
    must(ls_modelfile_write(file, kind, made.network, &weights, NULL));
    if (damage)
        must(damage(file));
    must(ls_h5_finish(file));
    free_model(&made);
}

static void assert_refused(void (*change)(model *), damage_function damage, const char *message)
{
    write_changed("model", change, damage);
    assert_refused_file(message);
}

static ls_status no_format(ls_h5_file *file)
{
    return ls_h5_set_int64(file, "/lockstep", "format", 0);
}

static ls_status no_features(ls_h5_file *file)
{
    return ls_h5_set_int64(file, "/lockstep", "features", 0);
}

static ls_status other_layers(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "layers", "18 tanh, 3");
}

static ls_status huge_layers(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "layers", "1000000000 tanh, 3");
}

static ls_status wrong_layers(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "layers", "17 tanh, dropout 2, 3");
}

static ls_status more_layers(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "layers", "17 tanh, dropout 0.5, 3");
}

static ls_status odd_quantiles(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "loss", "quantile tau=0.1,0.9");
}

static ls_status other_loss(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "loss", "tversky");
}

static ls_status other_metric(ls_h5_file *file)
{
    return ls_h5_set_text(file, "/lockstep", "metrics", "mae,ndcg");
}

static ls_status unfit_metric(ls_h5_file *file)
{
    LS_TRY(ls_h5_set_text(file, "/lockstep", "loss", "sparse_categorical_crossentropy"));
    return ls_h5_set_text(file, "/lockstep", "metrics", "accuracy,mse");
}

static void nan_weight(model *made)
{
    float values[17 * 3];
    ls_network_unpack(made->network, 2, made->block, values);
    values[4 * 3 + 1] = NAN;
    ls_network_pack(made->network, 2, values, made->block);
}

static void infinite_bias(model *made)
{
    float values[3] = {0, 0, -INFINITY};
    ls_network_pack(made->network, 3, values, made->block);
}

static void nan_mean(model *made)
{
    made->network->feature_map.mean[2] = NAN;
}

/* Example 1 has 3 linear outputs, which have no labels. */
static ls_status labels_of_values(ls_h5_file *file)
{
    const int64_t count = 2, labels[] = {-1, 1};
    return ls_h5_write_int64(file, "/lockstep/classes", 1, &count, labels);
}

static ls_status class_labels(ls_h5_file *file, int64_t count, const int64_t *labels)
{
    LS_TRY(ls_h5_set_text(file, "/lockstep", "loss", "sparse_categorical_crossentropy"));
    LS_TRY(ls_h5_set_text(file, "/lockstep", "metrics", "accuracy"));
    return ls_h5_write_int64(file, "/lockstep/classes", 1, &count, labels);
}

static ls_status too_few_labels(ls_h5_file *file)
{
    return class_labels(file, 2, (const int64_t[]){4, 5});
}

static ls_status labels_out_of_order(ls_h5_file *file)
{
    return class_labels(file, 3, (const int64_t[]){4, 9, 9});
}

static ls_status short_fill(ls_h5_file *file)
{
    const int64_t count = 2;
    const float fill[] = {1, 2};
    return ls_h5_write_float(file, "/lockstep/fill", 1, &count, fill);
}

/* Example 1 has both maps. */
static void odd_factor(model *made)
{
    must(ls_affine_rescale(&made->network->feature_map, (const float[]){1, 0.5f, 3, 1}));
}

static void tiny_factor(model *made)
{
    must(ls_affine_rescale(&made->network->target_map, (const float[]){0x1p-127f, 1, 1}));
}

static ls_status factor_of_nothing(ls_h5_file *file)
{
    const int64_t count = 4;
    const float factor[] = {1, 0.5f, 4, 1};
    return ls_h5_write_float(file, "/lockstep/feature_factor", 1, &count, factor);
}

static ls_status nan_offset(ls_h5_file *file)
{
    const int64_t count = 4;
    const double offset[] = {0, 0, 1e9, NAN};
    return ls_h5_write_double(file, "/lockstep/offset", 1, &count, offset);
}

static void negative_variance(model *made)
{
    made->network->target_map.variance[2] = -1;
}

static void test_refused(void **state)
{
    (void)state;
    char message[512];
    assert_refused(NULL, no_format, "/lockstep says format 0 of a model, expected 1 to 2");
    assert_refused(NULL, no_features, "/lockstep says 0 features, expected at least 1");
    assert_refused(NULL, other_layers,
                   "/model_weights/dense/dense/kernel:0 has shape (4, 17), the layers in /lockstep need (4, 18)");
    assert_refused(NULL, huge_layers,
                   "/model_weights/dense/dense/kernel:0 has shape (4, 17), the layers in /lockstep need (4, "
                   "1000000000)");
    assert_refused(NULL, wrong_layers, "attribute layers of /lockstep: --layers: layer 2 *");
    assert_refused(NULL, more_layers, "/model_weights lists 4 layers, /lockstep 3 (and 2 normalisations)");
    snprintf(message, sizeof message, "/lockstep names the loss 'tversky', which this Lockstep (%s) does not know",
             ls_version());
    assert_refused(NULL, other_loss, message);
    assert_refused(NULL, odd_quantiles,
                   "the loss 'quantile tau=0.1,0.9' of /lockstep is of 2 outputs or a multiple, not of 3");
    snprintf(
        message, sizeof message,
        "/lockstep names the metrics 'mae,ndcg', of which this Lockstep (%s) does not know one, or not with the loss "
        "mean_squared_error",
        ls_version());
    assert_refused(NULL, other_metric, message);
    snprintf(message, sizeof message,
             "/lockstep names the metrics 'accuracy,mse', of which this Lockstep (%s) does not know one, or not with "
             "the loss "
             "sparse_categorical_crossentropy",
             ls_version());
    assert_refused(NULL, unfit_metric, message);
    assert_refused(NULL, labels_of_values,
                   "/lockstep/classes is there, but the loss mean_squared_error takes no labels");
    assert_refused(NULL, too_few_labels, "/lockstep/classes has shape (2), the layers in /lockstep need (3)");
    assert_refused(NULL, labels_out_of_order, "/lockstep/classes[2] is 9, expected more than the 9 before it");
    assert_refused(NULL, short_fill, "/lockstep/fill has shape (2), the layers in /lockstep need (4)");
    assert_refused(odd_factor, NULL, "/lockstep/feature_factor[2] is 3, expected a power of two from 2^-126 to 2^126");
    assert_refused(tiny_factor, NULL,
                   "/lockstep/target_factor[0] is 5.87747e-39, expected a power of two from 2^-126 to 2^126");
    assert_refused(NULL, factor_of_nothing, "/lockstep/feature_factor is there, but no normalisation that it is of");
    assert_refused(NULL, nan_offset, "/lockstep/offset[3] is nan, expected a finite number");
    assert_refused(nan_weight, NULL, "/model_weights/dense_1/dense_1/kernel:0[4, 1] is nan, expected a finite number");
    assert_refused(infinite_bias, NULL, "/model_weights/dense_1/dense_1/bias:0[2] is -inf, expected a finite number");
    assert_refused(nan_mean, NULL,
                   "/model_weights/normalization/normalization/mean:0[2] is nan, expected a finite number");
    assert_refused(negative_variance, NULL,
                   "/model_weights/normalization_1/normalization_1/variance:0[2] is -1, expected a finite "
                   "number from 0 up");
}

/* A newer file may hold anything else: its number is looked at first. */
static ls_status newer_format(ls_h5_file *file)
{
    LS_TRY(no_features(file));
    return ls_h5_set_int64(file, "/lockstep", "format", 3);
}

/* Not damaged, and not data either: what a newer program wrote wants a newer program. */
static void test_newer(void **state)
{
    static const struct {
        const char *kind, *called;
    } kinds[] = {{"model", "a model"}, {"checkpoint", "a checkpoint"}};
    (void)state;
    char message[512];
    for (int i = 0; i < 2; i++) {
        snprintf(message, sizeof message,
                 "%s of format 3, written by a newer Lockstep; this one (%s) reads formats up to 2; use the newer one",
                 kinds[i].called, ls_version());
        write_changed(kinds[i].kind, NULL, newer_format);
        assert_status(LS_ERR_OUTPUT, message);
    }
}

static void test_other_files(void **state)
{
    (void)state;
    static const char elsewhere[] = "not a model file (there is no group /lockstep); expected a file that 'lockstep "
                                    "train' wrote, such as RUN/model.weights.h5, or a model of Keras' (.keras, .h5)";
    const float value = 1;
    ls_h5_file *file;
    must(ls_h5_create(in_folder("model.h5"), 0, &file));
    must(ls_h5_set_text(file, "/", "model_config", "{}"));
    must(ls_h5_finish(file));
    assert_refused_file(elsewhere);

    must(ls_h5_create(in_folder("model.h5"), 0, &file)); /* save_weights of Keras 3 */
    must(ls_h5_write_float(file, "/layers/dense/vars/0", 0, NULL, &value));
    must(ls_h5_make_group(file, "/vars"));
    must(ls_h5_finish(file));
    assert_refused_file(elsewhere);

    must(ls_h5_create(in_folder("model.h5"), 0, &file));
    must(ls_h5_write_float(file, "/train/x", 0, NULL, &value));
    must(ls_h5_finish(file));
    assert_refused_file(elsewhere);
}

static void assert_optimizer_refused(void (*change)(model *), const char *message)
{
    model made = make_model(&examples[1]);
    int64_t steps;
    ls_h5_file *file;
    change(&made);
    write_model(in_folder("model.h5"), "model", &made, true);
    must(ls_h5_open(in_folder("model.h5"), &file));
    assert_int_equal(read_optimizer(file, &made, &steps), LS_ERR_DATA);
    ls_h5_close(file);
    free_model(&made);
    assert_message(message);
}

static void negative_steps(model *made)
{
    made->adam.iterations = -3;
}

static void nan_m(model *made)
{
    float values[17] = {[16] = NAN};
    ls_network_pack(made->network, 1, values, made->m);
}

static void negative_v(model *made)
{
    float values[4 * 17] = {[2 * 17 + 5] = -0.5f};
    ls_network_pack(made->network, 0, values, made->v);
}

/* Slots of other layers: where the network has a bias, the file has the next kernel, of as many rows. */
static void test_other_slots(void **state)
{
    (void)state;
    const example without_bias = {
        .name = "slots", .layers = "17 tanh use_bias=off, 3", .features = 4, .learning_rate = 1};
    model written = make_model(&without_bias), made = make_model(&examples[1]);
    int64_t steps;
    ls_h5_file *file;
    write_model(in_folder("model.h5"), "model", &written, true);
    must(ls_h5_open(in_folder("model.h5"), &file));
    assert_int_equal(read_optimizer(file, &made, &steps), LS_ERR_DATA);
    ls_h5_close(file);
    assert_message("/optimizer/vars/4 has shape (17, 3), the layers in /lockstep need (17)");
    free_model(&written);
    free_model(&made);
}

/* The same of a block without names of its own, as observers have them. */
static void test_other_block(void **state)
{
    (void)state;
    const example without_bias = {
        .name = "block", .layers = "17 tanh use_bias=off, 3", .features = 4, .learning_rate = 1};
    model written = make_model(&without_bias), made = make_model(&examples[1]);
    const ls_modelblock weights = {.values = written.block};
    const ls_modelblock_place place = {.values = made.block};
    ls_h5_file *file;
    must(ls_h5_create(in_folder("model.h5"), 0, &file));
    must(ls_h5_make_group(file, "/block"));
    must(ls_modelblock_write(file, "/block", written.network, true, &weights));
    must(ls_h5_finish(file));
    must(ls_h5_open(in_folder("model.h5"), &file));
    assert_int_equal(ls_modelblock_read(file, "/block", made.network, true, &place), LS_ERR_DATA);
    ls_h5_close(file);
    assert_message("/block/1 has shape (17, 3), the layers in /lockstep need (17)");
    free_model(&written);
    free_model(&made);
}

static void test_optimizer_refused(void **state)
{
    (void)state;
    assert_optimizer_refused(negative_steps, "/optimizer/vars/0 is -3, expected the steps done, 0 or more");
    assert_optimizer_refused(nan_m, "/optimizer/vars/4[16] is nan, expected a finite number");
    assert_optimizer_refused(negative_v, "/optimizer/vars/3[2, 5] is -0.5, expected a finite number from 0 up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_newer),
        cmocka_unit_test(test_other_files), cmocka_unit_test(test_optimizer_refused),
        cmocka_unit_test(test_other_slots), cmocka_unit_test(test_other_block),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
