/* Files of Keras', in both layouts and in archives: what is taken is a model whose numbers are finite, opened twice the
 * same, and what it is goes on as a model of Lockstep's.
 *
 * The first byte is the kind. 'Z': all that follows is a .keras file as it stands. Else, of the bits: 1 variables by
 * names, 2 in an archive, 4 apart from the configuration, 8 the layers as --layers says them. Up to 8 changes follow,
 * each a variable's number, what is done to it and a byte for that, ended by a number that no variable has; then a line
 * with what Keras' version is, and the configuration, of which an empty one is a good one. */
#include "fuzz.h"

#include "base/memory.h"
#include "files/zip_write.h"
#include "hdf5/h5.h"
#include "import/open.h"
#include "store/modelfile.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VARIABLES = 8, CHANGES = 8, NUMBERS = 64 };

static const char *const saved[VARIABLES] = {"/layers/dense/vars/0",
                                             "/layers/dense/vars/1",
                                             "/layers/batch_normalization/vars/0",
                                             "/layers/batch_normalization/vars/1",
                                             "/layers/batch_normalization/vars/2",
                                             "/layers/batch_normalization/vars/3",
                                             "/layers/dense_1/vars/0",
                                             "/layers/dense_1/vars/1"};
static const char *const listed[VARIABLES] = {"first/kernel", "first/bias",    "norm/gamma",  "norm/beta",
                                              "norm/mean",    "norm/variance", "last/kernel", "last/bias"};
static const int64_t shapes[VARIABLES][2] = {{3, 4}, {4, 0}, {4, 0}, {4, 0}, {4, 0}, {4, 0}, {4, 2}, {2, 0}};

static const char good[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"m\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"batch_shape\":[null,3],\"name\":\"i\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"first\",\"units\":4,\"activation\":\"relu\"}},"
    "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"norm\"}},"
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"last\",\"units\":2,\"activation\":\"linear\"}}]},"
    "\"compile_config\":{\"optimizer\":{\"class_name\":\"SGD\",\"config\":{\"learning_rate\":0.5}},"
    "\"loss\":\"mean_squared_error\",\"metrics\":[\"mae\"]}}";

/* What the input makes of a variable. */
typedef struct variable {
    char path[200];
    bool missing, twice;
    int type, rank; /* 0 float32, 1 float64, 2 int32, 3 uint8 */
    int64_t shape[3];
    double value;
} variable;

typedef struct description {
    variable variable[VARIABLES];
    const char *dtype; /* attribute of the first */
    const char *name;  /* in place of the first layer's */
    const char *root;  /* of what goes by names */
    bool by_name, split;
} description;

static void change(description *d, int index, uint8_t what, uint8_t value)
{
    static const double odd[] = {0, -1, 1e30, -1e300, 1e-40};
    variable *v = &d->variable[index];
    switch (what % 12) {
    case 0:
        v->missing = true;
        break;
    case 1:
        v->rank = value % 4;
        v->shape[2] = v->rank == 3 ? 1 : 0;
        v->shape[1] = v->shape[1] == 0 ? 1 : v->shape[1];
        break;
    case 2:
        v->shape[value % 2] = value % 8;
        break;
    case 3:
        v->type = value % 4;
        break;
    case 4:
        v->value = odd[value % (sizeof odd / sizeof *odd)];
        break;
    case 5:
        v->value = value % 2 ? NAN : INFINITY;
        break;
    case 6:
        v->path[strlen(v->path) - 1] = (char)(value % 95 + 32);
        break;
    case 7:
        d->dtype = value % 2 ? "bfloat16" : "float16";
        break;
    case 8:
        v->twice = true;
        break;
    case 9:
        d->split = true;
        break;
    default:
        d->name = value % 2 ? "norm" : "";
        break;
    }
}

static void describe(uint8_t kind, fuzz_input *in, description *d)
{
    *d = (description){.by_name = kind & 1, .root = kind & 12 ? "" : "/model_weights"};
    for (int i = 0; i < VARIABLES; i++) {
        variable *v = &d->variable[i];
        v->shape[0] = shapes[i][0];
        v->shape[1] = shapes[i][1];
        v->rank = shapes[i][1] > 0 ? 2 : 1;
        v->value = 0.5;
        if (d->by_name)
            snprintf(v->path, sizeof v->path, "%s/%.*s/%s", d->root, (int)strcspn(listed[i], "/"), listed[i],
                     listed[i]);
        else
            snprintf(v->path, sizeof v->path, "%s", saved[i]);
    }
    for (int k = 0; k < CHANGES; k++) {
        const uint8_t index = fuzz_byte(in);
        if (index >= VARIABLES)
            return;
        const uint8_t what = fuzz_byte(in);
        change(d, index, what, fuzz_byte(in));
    }
}

/* Names that the input has made may be those of what is there: what cannot be written is left out. */
static void write_variable(ls_h5_file *file, const variable *v)
{
    double doubles[NUMBERS];
    float floats[NUMBERS];
    int32_t whole[NUMBERS];
    uint8_t bytes[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) {
        doubles[i] = v->value;
        floats[i] = (float)v->value;
        whole[i] = i;
        bytes[i] = (uint8_t)i;
    }
    if (v->type == 1)
        (void)ls_h5_write_double(file, v->path, v->rank, v->shape, doubles);
    else if (v->type == 2)
        (void)ls_h5_write_int32(file, v->path, v->rank, v->shape, whole);
    else if (v->type == 3)
        (void)ls_h5_write_uint8(file, v->path, v->rank, v->shape, bytes);
    else
        (void)ls_h5_write_float(file, v->path, v->rank, v->shape, floats);
}

static void write_names(ls_h5_file *file, const description *d)
{
    const char *layers[] = {d->name ? d->name : "first", "norm", "last"};
    static const char *const groups[] = {"first", "norm", "last"};
    char group[64];
    static const int counts[] = {2, 4, 2};
    for (int l = 0, first = 0; l < 3; first += counts[l++]) {
        const char *names[2 * VARIABLES];
        int count = 0;
        for (int i = first; i < first + counts[l]; i++)
            for (int k = 0; k <= d->variable[i].twice; k++)
                names[count++] = listed[i];
        snprintf(group, sizeof group, "%s/%s", d->root, groups[l]);
        (void)ls_h5_make_group(file, group);
        (void)ls_h5_set_texts(file, group, d->split ? "weight_names0" : "weight_names", names, count);
    }
    (void)ls_h5_set_texts(file, d->root[0] ? d->root : "/", d->split ? "layer_names0" : "layer_names", layers, 3);
}

/* The variables, and where they are by names in a whole file the configuration. */
static const char *write_variables(const description *d, const char *config)
{
    const char *path = fuzz_named_file(0, "", 0);
    ls_h5_file *file;
    fuzz_hold(ls_h5_create(path, 0, &file) == LS_OK, "a file is made");
    (void)ls_h5_make_group(file, "/vars");
    for (int i = 0; i < VARIABLES; i++)
        if (!d->variable[i].missing)
            write_variable(file, &d->variable[i]);
    if (d->dtype)
        (void)ls_h5_set_text(file, d->variable[0].path, "dtype", d->dtype);
    if (d->by_name)
        write_names(file, d);
    if (config)
        (void)ls_h5_set_text(file, "/", "model_config", config);
    fuzz_hold(ls_h5_finish(file) == LS_OK, "a file is whole");
    return path;
}

static const char *write_archive(const char *weights, const char *version, const char *config)
{
    unsigned char *bytes = NULL;
    char *made = NULL;
    size_t count = 0, length = 0;
    FILE *in = fopen(weights, "rb"), *out = open_memstream(&made, &length);
    fuzz_hold(in != NULL && out != NULL, "files are open");
    fuzz_hold(fseek(in, 0, SEEK_END) == 0, "a file has an end");
    count = (size_t)ftell(in);
    rewind(in);
    bytes = malloc(count);
    fuzz_hold(bytes != NULL && fread(bytes, 1, count, in) == count, "a file is read");
    ls_zip_writer zip = {.out = out};
    fuzz_hold(ls_zip_writer_add(&zip, "metadata.json", version, (int64_t)strlen(version)) == LS_OK &&
                  ls_zip_writer_add(&zip, "config.json", config, (int64_t)strlen(config)) == LS_OK &&
                  ls_zip_writer_add(&zip, "model.weights.h5", bytes, (int64_t)count) == LS_OK &&
                  ls_zip_writer_finish(&zip) == LS_OK,
              "an archive is made");
    ls_zip_writer_free(&zip);
    (void)fclose(in);
    (void)fclose(out);
    const char *path = fuzz_file(1, made, length);
    free(bytes);
    free(made);
    return path;
}

/* ---- what is taken ---- */

static void read_model(ls_h5_file *file, ls_text *all)
{
    ls_network *network;
    float *block;
    if (ls_modelfile_read(file, &network, &block) != LS_OK)
        fuzz_same(ls_error_message(), "", "what is translated is a model");
    ls_layers_format(network->layers, network->count, all);
    for (int64_t i = 0; i < network->block; i++) {
        fuzz_hold(isfinite(block[i]), "weights are finite");
        ls_text_printf(all, " %a", (double)block[i]);
    }
    for (int64_t j = 0; j < network->feature_map.count; j++)
        fuzz_hold(network->feature_map.scale[j] > 0, "scales are above 0");
    if (ls_modelfile_has_optimizer(file)) {
        int64_t steps;
        fuzz_hold(ls_modelfile_read_iteration(file, &steps) == LS_OK && steps >= 0, "steps are counted");
    }
    ls_network_destroy(network);
    ls_memory_free(block);
}

static void check(const char *path, const ls_import_hints *hints)
{
    ls_text first = {0}, second = {0}, remarks = {0};
    ls_text *const texts[] = {&first, &second};
    for (int k = 0; k < 2; k++) {
        ls_h5_file *file;
        bool newer;
        const ls_status status = ls_import_open(path, false, hints, &file, &newer);
        fuzz_hold(k == 0 || status == LS_OK, "what is taken once is taken again");
        if (!fuzz_taken(status))
            break;
        if (ls_h5_has_attribute(file, "/lockstep", LS_IMPORT_KERAS)) /* else it was nothing of Keras', as others find */
            read_model(file, texts[k]);
        ls_h5_close(file);
        if (k == 1)
            fuzz_same(ls_text_string(&first), ls_text_string(&second), "it is the same again");
    }
    ls_text_clear(&first);
    (void)fuzz_taken(ls_import_layers(path, &first, &remarks));
    ls_text_free(&first);
    ls_text_free(&second);
    ls_text_free(&remarks);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const uint8_t kind = fuzz_byte(&in);
    if (kind == 'Z') {
        check(fuzz_file(1, in.at, in.left), NULL);
        return 0;
    }
    description d;
    describe(kind, &in, &d);
    char *version = fuzz_line(&in), *rest = fuzz_rest(&in);
    const char *config = rest[0] ? rest : good;
    const bool archive = kind & 2, apart = kind & 4;
    const char *path = write_variables(&d, !archive && !apart && d.by_name ? config : NULL);
    if (archive)
        path = write_archive(path, version, config);
    const ls_import_hints hints = {.model = apart ? fuzz_file(2, config, strlen(config)) : NULL,
                                   .layers = kind & 8 ? "4 relu, batch_normalization, 2" : NULL};
    check(path, &hints);
    free(version);
    free(rest);
    return 0;
}
