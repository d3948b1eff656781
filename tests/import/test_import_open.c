/* Models of Keras' as they come out of the door: every layout gives the same network, weights, loss and optimizer; what
 * is not fit says why, and nothing stays open. */
#include "keras_written.h"

#include "files/zip_write.h"
#include "import/open.h"
#include "store/modelfile.h"

#include <math.h>

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != LS_OK)                                                                                           \
            fail_msg("%s", ls_error_message());                                                                        \
    } while (0)

/* A failure with its status, naming the file and saying `text`. */
static void refused(const char *path, const ls_import_hints *hints, ls_status expected, const char *text)
{
    ls_h5_file *file = NULL;
    bool newer;
    const ls_status status = ls_import_open(path, false, hints, &file, &newer);
    if (status != expected || strstr(ls_error_message(), text) == NULL)
        fail_msg("status %d (expected %d): %s\nexpected: %s", status, expected,
                 status == LS_OK ? "opened" : ls_error_message(), text);
    assert_null(file);
    assert_false(newer);
}

static void check_variable(const ls_network *network, const float *block, int index, const written_variable *v)
{
    float values[WRITTEN_MOST], read[WRITTEN_MOST];
    const int64_t count = written_values(v, values);
    ls_network_unpack(network, index, block, read);
    for (int64_t k = 0; k < count; k++)
        if (values[k] != read[k])
            fail_msg("%s[%lld] is %g, expected %g", v->weight, (long long)k, (double)read[k], (double)values[k]);
}

static void check_text(ls_h5_file *file, const char *name, const char *expected)
{
    char *text;
    if (!expected) {
        assert_false(ls_h5_has_attribute(file, "/lockstep", name));
        return;
    }
    OK(ls_h5_attribute_text(file, "/lockstep", name, &text));
    if (strstr(text, expected) != text)
        fail_msg("%s is '%s', expected '%s...'", name, text, expected);
    ls_memory_free(text);
}

/* Variables of the network are in another order: statistics behind what is trained. */
static void check_model(const char *path, const ls_import_hints *hints, const char *said, bool compiled)
{
    static const int order[WRITTEN] = {0, 1, 2, 3, 6, 7, 4, 5};
    ls_h5_file *file;
    ls_network *network;
    ls_text layers = {0};
    float *block;
    bool newer;
    OK(ls_import_open(path, false, hints, &file, &newer));
    assert_string_equal(ls_h5_path(file), path);
    OK(ls_modelfile_read(file, &network, &block));
    ls_layers_format(network->layers, network->count, &layers);
    assert_string_equal(ls_text_string(&layers), "4 relu, batch_normalization, 2");
    assert_int_equal(network->features, 3);
    for (int i = 0; i < WRITTEN; i++)
        check_variable(network, block, i, &written_variables[order[i]]);
    check_text(file, LS_IMPORT_KERAS, said);
    check_text(file, LS_IMPORT_OPTIMIZER, compiled ? "sgd learning_rate=0.5" : NULL);
    assert_int_equal(network->loss_open, !compiled);
    assert_string_equal(network->loss_fault, "");
    if (compiled)
        assert_string_equal(ls_loss_name(&network->loss), "mean_absolute_error");
    ls_text_free(&layers);
    ls_memory_free(block);
    ls_network_destroy(network);
    ls_h5_close(file);
}

static void every_layout_is_the_same(void **state)
{
    (void)state;
    const char *weights = write_weights_h5(in_directory("layout.weights.h5")), *config = in_directory("config.json");
    const char *listed = in_directory("listed.h5");
    ls_h5_file *file;
    write_bytes(config, written_config, strlen(written_config));
    check_model(write_archive(in_directory("a.keras"), written_config, weights, false), NULL,
                "a Keras 3.15.1 model, 3 layers, not compiled", false);
    check_model(write_archive(in_directory("b.keras"), written_compiled_config, weights, false), NULL,
                "a Keras 3.15.1 model, 3 layers, compiled with sgd", true);
    check_model(write_model_h5(in_directory("a.h5"), NULL), NULL, "a Keras 2.15.0 model, 3 layers, not compiled",
                false);
    check_model(write_model_h5(in_directory("b.h5"), written_training), NULL,
                "a Keras 2.15.0 model, 3 layers, compiled with sgd", true);
    check_model(weights, &(ls_import_hints){.model = config}, "a Keras model, 3 layers, not compiled", false);
    check_model(weights, &(ls_import_hints){.layers = "4 relu, batch_normalization, 2"}, "a Keras model", false);
    OK(ls_h5_create(listed, 0, &file));
    write_listed(file, "");
    OK(ls_h5_finish(file));
    check_model(listed, &(ls_import_hints){.model = config}, "a Keras model", false);
    check_model(listed, &(ls_import_hints){.layers = "4 relu, batch_normalization, 2"}, "a Keras model", false);
#ifdef LS_HAVE_ZLIB
    check_model(write_archive(in_directory("c.keras"), written_compiled_config, weights, true), NULL,
                "a Keras 3.15.1 model", true);
#endif
}

/* A name says nothing. */
static void contents_tell(void **state)
{
    (void)state;
    const char *weights = write_weights_h5(in_directory("w.h5"));
    check_model(write_archive(in_directory("archive.h5"), written_config, weights, false), NULL, "a Keras 3.15.1 model",
                false);
    check_model(write_model_h5(in_directory("hdf5.keras"), NULL), NULL, "a Keras 2.15.0 model", false);
}

static void hints_are_told_apart(void **state)
{
    (void)state;
    const char *weights = write_weights_h5(in_directory("h.weights.h5")), *config = in_directory("h.json");
    const char *whole = write_model_h5(in_directory("h.h5"), NULL);
    const ls_import_hints both = {.model = config, .layers = "4 relu, batch_normalization, 2"};
    write_bytes(config, written_config, strlen(written_config));
    refused(weights, NULL, LS_ERR_USAGE, "holds variables and says nothing of layers");
    refused(weights, &both, LS_ERR_USAGE, "--model and --layers both say the layers");
    refused(whole, &(ls_import_hints){.model = config}, LS_ERR_USAGE, "says its layers itself; leave --model out");
    refused(whole, &(ls_import_hints){.layers = "4 relu"}, LS_ERR_USAGE, "says its layers itself; leave --layers out");
    refused(config, NULL, LS_ERR_DATA, "is JSON, which has no weights");
    refused(weights, &(ls_import_hints){.layers = "4 relu, 2"}, LS_ERR_DATA,
            "has variables that no layer takes, so the layers are another model's: /layers/batch_normalization/vars/0");
    refused(weights, &(ls_import_hints){.layers = "5 relu, batch_normalization, 2"}, LS_ERR_DATA,
            "layer 1 'dense' of --layers: its kernel, /layers/dense/vars/0, has shape (3, 4), expected (3, 5)");
    refused(weights, &(ls_import_hints){.layers = "4 relu, batch_normalization, 3, 2"}, LS_ERR_DATA, "'dense_2'");
    refused(weights, &(ls_import_hints){.layers = "4 what"}, LS_ERR_USAGE, "what");
}

/* ---- archives that are none, or lie ---- */

static void archives_are_not_believed(void **state)
{
    (void)state;
    const char *weights = write_weights_h5(in_directory("z.weights.h5"));
    size_t length;
    unsigned char *bytes = read_bytes(weights, &length);
    const uint32_t n = (uint32_t)length, c = (uint32_t)strlen(written_config);
    const written_member config = {.name = "config.json",
                                   .bytes = written_config,
                                   .packed = c,
                                   .size = c,
                                   .there = c,
                                   .sum = ls_zip_sum(0, written_config, c),
                                   .at = -1};
    const written_member good = {.name = "model.weights.h5",
                                 .bytes = bytes,
                                 .packed = n,
                                 .size = n,
                                 .there = n,
                                 .sum = ls_zip_sum(0, bytes, n),
                                 .at = -1};
    written_member m[3] = {config, good, good};
    refused(write_archive(in_directory("no.keras"), written_config, NULL, false), NULL, LS_ERR_DATA,
            "no model of Keras'");
    refused(write_archive(in_directory("no.keras"), NULL, weights, false), NULL, LS_ERR_DATA, "no model of Keras'");
    m[2].name = "model.weights.json";
    refused(write_members(in_directory("shards.keras"), (written_member[]){m[0], m[2]}, 2), NULL, LS_ERR_DATA,
            "its weights are in several files");
    m[2].name = "model.weights.h5";
    refused(write_members(in_directory("two.keras"), m, 3), NULL, LS_ERR_DATA, "two entries called model.weights.h5");
    m[2].name = "other";
    m[2].at = 30 + (int64_t)strlen("config.json") + c; /* the one before it */
    refused(write_members(in_directory("over.keras"), m, 3), NULL, LS_ERR_DATA, "lie over each other");
    m[1].size = m[1].packed = 0xfffffff0;
    refused(write_members(in_directory("large.keras"), m, 2), NULL, LS_ERR_DATA, "is no whole zip archive");
    m[1].packed = m[1].size = n + 200; /* up to the directory and beyond */
    refused(write_members(in_directory("long.keras"), m, 2), NULL, LS_ERR_DATA, "an entry goes on behind its end");
    m[1] = good;
    m[1].method = 8;
    m[1].size = 0xffffff00; /* more than deflate can make of so few */
    refused(write_members(in_directory("bomb.keras"), m, 2), NULL, LS_ERR_DATA, "packed ones cannot hold so many");
    m[1].size = n * 1000;
    m[1].packed = n;
    refused(write_members(in_directory("claim.keras"), m, 2), NULL, LS_ERR_DATA, "model.weights.h5");
    m[1].method = 12;
    refused(write_members(in_directory("method.keras"), m, 2), NULL, LS_ERR_DATA, "packed by method 12");
    write_bytes(in_directory("cut.keras"), "PK\3\4cut short", 13);
    refused(in_directory("cut.keras"), NULL, LS_ERR_DATA, "is no whole zip archive");
    free(bytes);
}

#ifdef LS_HAVE_ZLIB
/* A bit that flips anywhere in a member is noticed. */
static void sums_are_compared(void **state)
{
    (void)state;
    const char *weights = write_weights_h5(in_directory("s.weights.h5"));
    for (int deflated = 0; deflated < 2; deflated++) {
        size_t length;
        const char *path = write_archive(in_directory("s.keras"), written_config, weights, deflated);
        unsigned char *bytes = read_bytes(path, &length);
        bytes[length / 2] ^= 1; /* in the weights, which are the most of it */
        write_bytes(path, bytes, length);
        refused(path, NULL, LS_ERR_DATA, "model.weights.h5");
        free(bytes);
    }
}

#endif

/* What unpacks to more than the layers can take is not unpacked. */
static void bombs_are_bounded(void **state)
{
    (void)state;
    const uint32_t c = (uint32_t)strlen(written_config), n = 1 << 20;
    unsigned char *bytes = calloc(1, n);
    assert_non_null(bytes);
    const written_member m[2] = {
        {.name = "config.json",
         .bytes = written_config,
         .packed = c,
         .size = c,
         .there = c,
         .sum = ls_zip_sum(0, written_config, c),
         .at = -1},
        {.name = "model.weights.h5", .bytes = bytes, .packed = n, .size = n * 1000, .there = n, .method = 8, .at = -1}};
    refused(write_members(in_directory("b.keras"), m, 2), NULL, LS_ERR_DATA,
            "model.weights.h5 claims 1048576000 bytes, and the layers with any optimizer's state are at most");
    free(bytes);
}

/* ---- variables that are not fit ---- */

typedef struct change {
    int variable;       /* that is left out; -1: none */
    const char *extra;  /* a further dataset */
    float value;        /* of the first kernel's first number */
    bool whole_numbers; /* the first bias */
    const char *dtype;  /* attribute of the first kernel */
    const char *text;   /* what is said; NULL: the file is good */
} change;

static const char *write_changed(const change *c, bool listed)
{
    const char *path = in_directory("changed.h5");
    static const char *const layers[] = {"first", "norm", "last"};
    ls_h5_file *file;
    char where[128];
    OK(ls_h5_create(path, 0, &file));
    OK(ls_h5_make_group(file, "/vars"));
    for (int i = 0; i < WRITTEN; i++) {
        const written_variable *v = &written_variables[i];
        float values[WRITTEN_MOST];
        const int32_t whole[4] = {1, 2, 3, 4};
        (void)snprintf(where, sizeof where, "%s%s%s%s", listed ? "/" : v->saved, listed ? v->layer : "",
                       listed ? "/" : "", listed ? v->weight : "");
        written_values(v, values);
        if (i == 0 && c->value != 0)
            values[0] = c->value;
        if (i == c->variable)
            continue;
        if (i == 1 && c->whole_numbers)
            OK(ls_h5_write_int32(file, where, 1, v->shape, whole));
        else
            OK(ls_h5_write_float(file, where, v->rank, v->shape, values));
        if (i == 0 && c->dtype)
            OK(ls_h5_set_text(file, where, "dtype", c->dtype));
    }
    if (c->extra)
        OK(ls_h5_write_float(file, c->extra, 0, NULL, &c->value));
    for (int l = 0; listed && l < 3; l++) {
        const char *weights[WRITTEN];
        int count = 0;
        for (int i = 0; i < WRITTEN; i++)
            if (strcmp(written_variables[i].layer, layers[l]) == 0)
                weights[count++] = written_variables[i].weight;
        (void)snprintf(where, sizeof where, "/%s", layers[l]);
        OK(ls_h5_set_texts(file, where, "weight_names", weights, count));
    }
    if (listed)
        OK(ls_h5_set_texts(file, "/", "layer_names", layers, 3));
    OK(ls_h5_finish(file));
    return path;
}

static void variables_must_fit(void **state)
{
    (void)state;
    const char *config = in_directory("fit.json");
    const ls_import_hints hints = {.model = config};
    const change saved[] = {
        {7, NULL, 0, false, NULL, "layer 3 'last' (Dense) has 2 variables, and /layers/dense_1/vars/1 is not there"},
        {-1, "/layers/dense_1/vars/2", 0, false, NULL, "/layers/dense_1/vars/2 is there"},
        {-1, "/layers/dense_2/vars/0", 0, false, NULL, "has variables that no layer takes"},
        {-1, "/layers/dropout/seed_generator/vars/0", 0, false, NULL, NULL},
        {-1, "/optimizer/vars/0", 0, false, NULL, NULL},
        {-1, NULL, NAN, false, NULL, "(Dense): its kernel, /layers/dense/vars/0[0, 0], is nan, expected a finite"},
        {-1, NULL, INFINITY, false, NULL, "is inf"},
        {-1, NULL, 0, true, NULL, "/layers/dense/vars/1 is stored as int32; float16, float32 and float64 are read"},
        {-1, NULL, 0, false, "bfloat16", "/layers/dense/vars/0 is stored as bfloat16"},
    };
    write_bytes(config, written_config, strlen(written_config));
    for (int i = 0; i < ITEMS(saved); i++) {
        const char *path = write_changed(&saved[i], false);
        if (saved[i].text)
            refused(path, &hints, LS_ERR_DATA, saved[i].text);
        else
            check_model(path, &hints, "a Keras model", false);
    }
    const change listed = {7, NULL, 0, false, NULL, "weight_names has last/bias, and /last/last/bias is not there"};
    refused(write_changed(&listed, true), &hints, LS_ERR_DATA, listed.text);
}

/* A variance is a square. */
static void variances_are_not_negative(void **state)
{
    (void)state;
    const char *config = in_directory("v.json"), *path = in_directory("v.h5");
    ls_h5_file *file;
    write_bytes(config, written_config, strlen(written_config));
    OK(ls_h5_create(path, 0, &file));
    OK(ls_h5_make_group(file, "/vars"));
    for (int i = 0; i < WRITTEN; i++) {
        float values[WRITTEN_MOST];
        written_values(&written_variables[i], values);
        values[2] = i == 5 ? -1 : values[2];
        OK(ls_h5_write_float(file, written_variables[i].saved, written_variables[i].rank, written_variables[i].shape,
                             values));
    }
    OK(ls_h5_finish(file));
    refused(path, &(ls_import_hints){.model = config}, LS_ERR_DATA,
            "its moving_variance, /layers/batch_normalization/vars/3[2], is -1, expected a finite number from 0 up");
}

/* ---- float64 and links ---- */

static void doubles_are_rounded(void **state)
{
    (void)state;
    const char *config = in_directory("d.json"), *path = in_directory("d.h5");
    ls_h5_file *file;
    write_bytes(config, written_config, strlen(written_config));
    for (int large = 0; large < 2; large++) {
        OK(ls_h5_create(path, 0, &file));
        OK(ls_h5_make_group(file, "/vars"));
        for (int i = 0; i < WRITTEN; i++) {
            float values[WRITTEN_MOST];
            double doubles[WRITTEN_MOST];
            const int64_t count = written_values(&written_variables[i], values);
            for (int64_t k = 0; k < count; k++)
                doubles[k] = large && i == 6 && k == 3 ? 1e300 : (double)values[k];
            OK(ls_h5_write_double(file, written_variables[i].saved, written_variables[i].rank,
                                  written_variables[i].shape, doubles));
        }
        OK(ls_h5_finish(file));
        if (large)
            refused(path, &(ls_import_hints){.model = config}, LS_ERR_DATA, "[1, 1], is inf");
        else
            check_model(path, &(ls_import_hints){.model = config}, "a Keras model", false);
    }
}

static void layers_of_other_names_go_by_order(void **state)
{
    (void)state;
    const char *listed = in_directory("order.h5"), *config = in_directory("order.json");
    char *renamed = strdup(written_config);
    ls_h5_file *file;
    assert_non_null(renamed);
    memcpy(strstr(renamed, "\"first\""), "\"other\"", 7);
    write_bytes(config, renamed, strlen(renamed));
    free(renamed);
    OK(ls_h5_create(listed, 0, &file));
    write_listed(file, "");
    OK(ls_h5_finish(file));
    check_model(listed, &(ls_import_hints){.model = config}, "a Keras model", false);
}

/* ---- the architecture alone ---- */

static void architectures_are_read(void **state)
{
    (void)state;
    const char *weights = write_weights_h5(in_directory("l.weights.h5")), *config = in_directory("l.json");
    const char *paths[] = {config, write_archive(in_directory("l.keras"), written_config, weights, false),
                           write_model_h5(in_directory("l.h5"), NULL)};
    ls_text layers = {0}, remarks = {0};
    write_bytes(config, written_config, strlen(written_config));
    for (int i = 0; i < ITEMS(paths); i++) {
        ls_text_clear(&layers);
        OK(ls_import_layers(paths[i], &layers, &remarks));
        assert_string_equal(ls_text_string(&layers), "4 relu, batch_normalization momentum=0.99 epsilon=0.001, 2");
        assert_int_equal(remarks.length, 0);
    }
    assert_int_equal(ls_import_layers(weights, &layers, &remarks), LS_ERR_DATA);
    assert_non_null(strstr(ls_error_message(), "has no configuration"));
    ls_text_free(&layers);
    ls_text_free(&remarks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_is_the_same),
        cmocka_unit_test(contents_tell),
        cmocka_unit_test(hints_are_told_apart),
        cmocka_unit_test(archives_are_not_believed),
#ifdef LS_HAVE_ZLIB
        cmocka_unit_test(sums_are_compared),
#endif
        cmocka_unit_test(bombs_are_bounded),
        cmocka_unit_test(variables_must_fit),
        cmocka_unit_test(variances_are_not_negative),
        cmocka_unit_test(doubles_are_rounded),
        cmocka_unit_test(layers_of_other_names_go_by_order),
        cmocka_unit_test(architectures_are_read),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
