/* Reading model files. The attributes of /lockstep say what the network is, the weights come from Keras'
 * places; everything is checked against everything else before it is believed. */
#include "store/modelfile.h"

#include "base/memory.h"
#include "base/parse.h"
#include "hdf5/check.h"
#include "store/modelfile_layout.h"
#include "store/sealed.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* At which the checking process gets through a compressed file, at least. */
#define BYTES_A_SECOND 2e7

static ls_status not_ours(ls_h5_file *file)
{
    return ls_fail(
        LS_ERR_DATA,
        "%s: not a model file (there is no group /lockstep); expected a file that 'lockstep train' wrote, such "
        "as RUN/model.weights.h5, or a model of Keras' (.keras, .h5)",
        ls_h5_path(file));
}

/* A newer file may differ in everything but format and kind, so these come before anything else. */
static ls_status check_newer(ls_h5_file *file, bool *newer)
{
    int64_t format;
    char *kind;
    *newer = false;
    if (!ls_h5_exists(file, "/lockstep") || !ls_h5_has_attribute(file, "/lockstep", "format") ||
        !ls_h5_has_attribute(file, "/lockstep", "kind"))
        return LS_OK;
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "format", &format));
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "kind", &kind));
    const int64_t newest = ls_modelfile_newest(kind);
    *newer = format > newest;
    ls_status status = LS_OK;
    if (*newer)
        status = ls_fail(LS_ERR_OUTPUT,
                         "%s: a %.32s of format %lld, written by a newer Lockstep; this one (%s) reads formats up to "
                         "%lld; use the newer one",
                         ls_h5_path(file), kind, (long long)format, ls_version(), (long long)newest);
    ls_memory_free(kind);
    return status;
}

/* Everything that reading the file in any way comes to, but the bytes of contiguous values. What a newer Lockstep wrote
 * is not looked at: whoever opens it says so. What the layers are is for whoever reads them, too: an option that is not
 * known comes before a layer that is not. */
static ls_status try_to_read(void *user)
{
    ls_h5_file *file;
    ls_network *network = NULL;
    bool newer;
    LS_TRY(ls_h5_open(user, &file));
    ls_h5_trust(file, LS_H5_LINKS_NONE, false);
    ls_status status = check_newer(file, &newer);
    if (status == LS_OK) {
        if (ls_modelfile_read_network(file, &network) == LS_OK)
            ls_network_destroy(network);
        status = ls_h5_look_through(file);
    }
    ls_h5_close(file);
    return newer ? LS_OK : status;
}

/* Of processor time, for the child: compressed values may be many. */
static double seconds_for(const char *path)
{
    struct stat info;
    return 5 + (stat(path, &info) == 0 ? (double)info.st_size / BYTES_A_SECOND : 0);
}

/* A seal has no secret: who can write a file can seal it. So libhdf5 meets every file in another process first. */
static ls_status open_tried(const char *path, ls_h5_file **file, bool *newer)
{
    LS_TRY(ls_check_strictly(path, try_to_read, (void *)path, seconds_for(path)));
    LS_TRY(ls_h5_open(path, file));
    ls_h5_trust(*file, LS_H5_LINKS_NONE, false);
    const ls_status status = check_newer(*file, newer);
    if (status != LS_OK) {
        ls_h5_close(*file);
        *file = NULL;
    }
    return status;
}

ls_status ls_modelfile_open(const char *path, bool sealed, ls_h5_file **file, bool *newer)
{
    *file = NULL;
    *newer = ls_sealed_is_newer(path);
    if (!sealed && !ls_sealed_is(path))
        return open_tried(path, file, newer);
    LS_TRY(ls_sealed_verify(path));
    return ls_modelfile_damaged(open_tried(path, file, newer));
}

ls_status ls_modelfile_damaged(ls_status status)
{
    return status == LS_ERR_DATA ? LS_ERR_OUTPUT : status;
}

static ls_status check_format(ls_h5_file *file)
{
    int64_t format;
    char *kind;
    bool newer;
    if (!ls_h5_exists(file, "/lockstep"))
        return not_ours(file);
    LS_TRY(check_newer(file, &newer));
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "format", &format));
    if (format >= 1)
        return LS_OK;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "kind", &kind));
    const ls_status status = ls_fail(LS_ERR_DATA, "%s: /lockstep says format %lld of a %.32s, expected 1 to %lld",
                                     ls_h5_path(file), (long long)format, kind, (long long)ls_modelfile_newest(kind));
    ls_memory_free(kind);
    return status;
}

static ls_status read_layers(ls_h5_file *file, ls_network **network)
{
    int64_t features;
    char *layers;
    LS_TRY(ls_h5_attribute_int64(file, "/lockstep", "features", &features));
    if (features < 1)
        return ls_fail(LS_ERR_DATA, "%s: /lockstep says %lld features, expected at least 1", ls_h5_path(file),
                       (long long)features);
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "layers", &layers));
    ls_status status = ls_network_create(layers, features, network);
    ls_memory_free(layers);
    if (status == LS_ERR_USAGE) {
        /* the parser speaks of the option; here the text comes from the file */
        ls_fail_prefix(status, "%s: attribute layers of /lockstep: ", ls_h5_path(file));
        status = LS_ERR_DATA;
    }
    return status;
}

static ls_status read_loss(ls_h5_file *file, ls_network *network)
{
    char *text;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "loss", &text));
    ls_status status = ls_loss_parse("loss", text, &network->loss);
    if (status == LS_ERR_USAGE)
        status = ls_fail(LS_ERR_DATA, "%s: /lockstep names the loss '%.64s', which this Lockstep (%s) does not know",
                         ls_h5_path(file), text, ls_version());
    else if (status == LS_OK && network->outputs % ls_loss_spread(&network->loss) != 0)
        status =
            ls_fail(LS_ERR_DATA, "%s: the loss '%.64s' of /lockstep is of %lld outputs or a multiple, not of %lld",
                    ls_h5_path(file), text, (long long)ls_loss_spread(&network->loss), (long long)network->outputs);
    ls_memory_free(text);
    return status;
}

/* Whether that loss is only what outputs mean. */
static ls_status read_loss_open(ls_h5_file *file, ls_network *network)
{
    char *text;
    network->loss_open = ls_h5_has_attribute(file, "/lockstep", LS_MODELFILE_LOSS_OPEN);
    if (!network->loss_open)
        return LS_OK;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", LS_MODELFILE_LOSS_OPEN, &text));
    snprintf(network->loss_fault, sizeof network->loss_fault, "%s", text);
    ls_memory_free(text);
    return LS_OK;
}

static ls_status read_metrics(ls_h5_file *file, ls_network *network)
{
    char *names;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "metrics", &names));
    const ls_metric_task task = ls_network_task(network);
    ls_status status = ls_metrics_parse("metrics", names, &task, &network->metrics);
    if (status == LS_ERR_USAGE)
        status = ls_fail(LS_ERR_DATA,
                         "%s: /lockstep names the metrics '%s', of which this Lockstep (%s) does not know one, or not "
                         "with the loss %s",
                         ls_h5_path(file), names, ls_version(), ls_loss_name(&network->loss));
    ls_memory_free(names);
    return status;
}

/* "(64, 10)"; "()" for a scalar. */
static const char *shape_text(int rank, const int64_t *extent, char buffer[LS_MODELFILE_PATH])
{
    int length = snprintf(buffer, LS_MODELFILE_PATH, "(");
    for (int i = 0; i < rank; i++)
        length += snprintf(buffer + length, LS_MODELFILE_PATH - (size_t)length, "%s%lld", i > 0 ? ", " : "",
                           (long long)extent[i]);
    snprintf(buffer + length, LS_MODELFILE_PATH - (size_t)length, ")");
    return buffer;
}

ls_status ls_modelfile_check_shape(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape)
{
    ls_h5_dataset found;
    char expected_text[LS_MODELFILE_PATH], found_text[LS_MODELFILE_PATH];
    LS_TRY(ls_h5_describe(file, path, &found));
    bool equal = found.rank == shape->rank;
    for (int i = 0; equal && i < shape->rank; i++)
        equal = found.shape[i] == shape->extent[i];
    if (equal)
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: %s has shape %s, the layers in /lockstep need %s", ls_h5_path(file), path,
                   shape_text(found.rank, found.shape, found_text),
                   shape_text(shape->rank, shape->extent, expected_text));
}

/* Of a tensor whose shape was checked; every value must be finite, and at least `least`. */
ls_status ls_modelfile_read_rows(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape, int64_t first,
                                 int64_t count, float least, float *values)
{
    const int64_t columns = shape->rank == 2 ? shape->extent[1] : 1;
    LS_TRY(ls_h5_read_float(file, path, first, count, values));
    for (int64_t i = 0; i < count * columns; i++) {
        char index[64];
        if (isfinite(values[i]) && values[i] >= least)
            continue;
        const int64_t row = first + i / columns;
        if (shape->rank == 2)
            snprintf(index, sizeof index, "%lld, %lld", (long long)row, (long long)(i % columns));
        else
            snprintf(index, sizeof index, "%lld", (long long)row);
        return ls_fail(LS_ERR_DATA, "%s: %s[%s] is %g, expected a finite number%s", ls_h5_path(file), path, index,
                       (double)values[i], isfinite(values[i]) ? " from 0 up" : "");
    }
    return LS_OK;
}

ls_status ls_modelfile_read_tensor(ls_h5_file *file, const char *path, const ls_modelfile_shape *shape, float least,
                                   float *values)
{
    return ls_modelfile_read_rows(file, path, shape, 0, shape->extent[0], least, values);
}

static ls_status read_map(ls_h5_file *file, const char *layer, int64_t count, ls_affine *map)
{
    const ls_modelfile_shape shape = {1, {count, 0}};
    char mean_path[LS_MODELFILE_PATH], variance_path[LS_MODELFILE_PATH];
    float *values = NULL;
    ls_status status;
    ls_modelfile_weight_path(layer, "mean", mean_path);
    ls_modelfile_weight_path(layer, "variance", variance_path);
    LS_TRY_CLEANUP(ls_modelfile_check_shape(file, mean_path, &shape));
    LS_TRY_CLEANUP(ls_modelfile_check_shape(file, variance_path, &shape));
    LS_TRY_CLEANUP(ls_memory_allocate(&values, 2 * count, sizeof *values, "normalisation"));
    LS_TRY_CLEANUP(ls_modelfile_read_tensor(file, mean_path, &shape, -INFINITY, values));
    LS_TRY_CLEANUP(ls_modelfile_read_tensor(file, variance_path, &shape, 0, values + count));
    status = ls_affine_set(map, count, values, values + count);
cleanup:
    ls_memory_free(values);
    return status;
}

/* Powers of two within the bounds of affine.h. */
static ls_status read_factor(ls_h5_file *file, const char *path, ls_affine *map)
{
    const ls_modelfile_shape shape = {1, {map->count, 0}};
    float *factor;
    LS_TRY(ls_modelfile_check_shape(file, path, &shape));
    LS_TRY(ls_memory_allocate(&factor, map->count, sizeof *factor, "normalisation"));
    ls_status status = ls_modelfile_read_tensor(file, path, &shape, 0, factor);
    for (int64_t j = 0; status == LS_OK && j < map->count; j++) {
        int exponent;
        if (frexpf(factor[j], &exponent) != 0.5f || exponent - 1 > LS_AFFINE_EXPONENT ||
            exponent - 1 < -LS_AFFINE_EXPONENT)
            status =
                ls_fail(LS_ERR_DATA, "%s: %s[%lld] is %g, expected a power of two from 2^-%d to 2^%d", ls_h5_path(file),
                        path, (long long)j, (double)factor[j], LS_AFFINE_EXPONENT, LS_AFFINE_EXPONENT);
    }
    if (status == LS_OK)
        status = ls_affine_rescale(map, factor);
    ls_memory_free(factor);
    return status;
}

/* Both maps may be called "normalization"; which one it is, the order of the layers says, as it does to
 * Keras. Factors have a layer each, on the outer side. */
static ls_status read_maps(ls_h5_file *file, ls_network *network)
{
    static const char prefix[] = "normalization";
    char **names;
    int count;
    LS_TRY(ls_h5_attribute_texts(file, "/model_weights", "layer_names", &names, &count));
    const bool factors = ls_h5_exists(file, LS_MODELFILE_FEATURE_FACTOR);
    const bool undone = ls_h5_exists(file, LS_MODELFILE_TARGET_FACTOR);
    const int first = factors, last = count - 1 - undone;
    const bool before = first <= last && strncmp(names[first], prefix, strlen(prefix)) == 0;
    const bool behind = first < last && strncmp(names[last], prefix, strlen(prefix)) == 0;
    ls_status status = LS_OK;
    if (last + 1 - first != network->count + before + behind)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s: /model_weights lists %d layers, /lockstep %d (and %d normalisations)",
                               ls_h5_path(file), count, network->count, before + behind));
    if (before)
        LS_TRY_CLEANUP(read_map(file, names[first], network->features, &network->feature_map));
    if (behind)
        LS_TRY_CLEANUP(read_map(file, names[last], network->outputs, &network->target_map));
    if ((factors && !before) || (undone && !behind))
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s: %s is there, but no normalisation that it is of", ls_h5_path(file),
                               factors && !before ? LS_MODELFILE_FEATURE_FACTOR : LS_MODELFILE_TARGET_FACTOR));
    if (factors)
        LS_TRY_CLEANUP(read_factor(file, LS_MODELFILE_FEATURE_FACTOR, &network->feature_map));
    if (undone)
        LS_TRY_CLEANUP(read_factor(file, LS_MODELFILE_TARGET_FACTOR, &network->target_map));
cleanup:
    ls_memory_free(names);
    return status;
}

static ls_status read_fill(ls_h5_file *file, ls_network *network)
{
    const ls_modelfile_shape shape = {1, {network->features, 0}};
    if (!ls_h5_exists(file, LS_MODELFILE_FILL))
        return LS_OK;
    LS_TRY(ls_modelfile_check_shape(file, LS_MODELFILE_FILL, &shape));
    LS_TRY(ls_memory_allocate(&network->fill, network->features, sizeof *network->fill, "missing values"));
    return ls_modelfile_read_tensor(file, LS_MODELFILE_FILL, &shape, -INFINITY, network->fill);
}

static ls_status read_offset(ls_h5_file *file, ls_network *network)
{
    const ls_modelfile_shape shape = {1, {network->features, 0}};
    if (!ls_h5_exists(file, LS_MODELFILE_OFFSET))
        return LS_OK;
    LS_TRY(ls_modelfile_check_shape(file, LS_MODELFILE_OFFSET, &shape));
    LS_TRY(ls_memory_allocate(&network->offset, network->features, sizeof *network->offset, "offsets"));
    LS_TRY(ls_h5_read_double(file, LS_MODELFILE_OFFSET, 0, network->features, network->offset));
    for (int64_t c = 0; c < network->features; c++)
        if (!isfinite(network->offset[c]))
            return ls_fail(LS_ERR_DATA, "%s: %s[%lld] is %g, expected a finite number", ls_h5_path(file),
                           LS_MODELFILE_OFFSET, (long long)c, network->offset[c]);
    return LS_OK;
}

static ls_status read_preparation(ls_h5_file *file, ls_network *network)
{
    char *text;
    if (!ls_h5_has_attribute(file, "/lockstep", "data"))
        return LS_OK;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", "data", &text));
    snprintf(network->prepared, sizeof network->prepared, "%s", text);
    ls_memory_free(text);
    return LS_OK;
}

static ls_status read_classes(ls_h5_file *file, ls_network *network)
{
    if (!ls_h5_exists(file, LS_MODELFILE_CLASSES))
        return LS_OK;
    const bool sparse = ls_loss_takes_labels(&network->loss);
    const int64_t count = sparse ? network->outputs : 2;
    if (!sparse && ls_loss_classes(&network->loss) != LS_CLASSES_EACH)
        return ls_fail(LS_ERR_DATA, "%s: %s is there, but the loss %s takes no labels", ls_h5_path(file),
                       LS_MODELFILE_CLASSES, ls_loss_name(&network->loss));
    const ls_modelfile_shape shape = {1, {count, 0}};
    LS_TRY(ls_modelfile_check_shape(file, LS_MODELFILE_CLASSES, &shape));
    LS_TRY(ls_memory_allocate(&network->classes, count, sizeof *network->classes, "labels"));
    LS_TRY(ls_h5_read_int64(file, LS_MODELFILE_CLASSES, 0, count, network->classes));
    network->class_count = count;
    for (int64_t k = 1; k < count; k++)
        if (network->classes[k] <= network->classes[k - 1])
            return ls_fail(LS_ERR_DATA, "%s: %s[%lld] is %lld, expected more than the %lld before it", ls_h5_path(file),
                           LS_MODELFILE_CLASSES, (long long)k, (long long)network->classes[k],
                           (long long)network->classes[k - 1]);
    return LS_OK;
}

/* All shapes first: a file whose layers claim more than it holds is refused before memory is asked for. */
static ls_status check_shapes(ls_h5_file *file, const ls_network *network)
{
    char path[LS_MODELFILE_PATH];
    for (int i = 0; i < network->variables; i++) {
        const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, i);
        ls_modelfile_tensor_path(network, i, path);
        LS_TRY(ls_modelfile_check_shape(file, path, &shape));
    }
    return LS_OK;
}

ls_status ls_modelfile_read_weights(ls_h5_file *file, const ls_network *network, const ls_modelblock_place *place)
{
    char path[LS_MODELFILE_PATH];
    float *room;
    LS_TRY(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    ls_status status = LS_OK;
    for (int i = 0; status == LS_OK && i < network->variables; i++) {
        const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, i);
        ls_modelfile_tensor_path(network, i, path);
        status = ls_modelfile_check_shape(file, path, &shape);
        const float least = network->tensor[i].role == LS_VARIANCE ? 0 : -INFINITY; /* roots are taken of it */
        if (status == LS_OK)
            status = ls_modelblock_read_tensor(file, path, network, i, least, place, room);
    }
    ls_memory_free(room);
    return status;
}

ls_status ls_modelfile_read_network(ls_h5_file *file, ls_network **network)
{
    ls_network *made = NULL;
    ls_status status;
    *network = NULL;
    LS_TRY_CLEANUP(check_format(file));
    LS_TRY_CLEANUP(read_layers(file, &made));
    LS_TRY_CLEANUP(read_loss(file, made));
    LS_TRY_CLEANUP(read_loss_open(file, made));
    LS_TRY_CLEANUP(read_metrics(file, made));
    LS_TRY_CLEANUP(check_shapes(file, made));
    LS_TRY_CLEANUP(read_maps(file, made));
    LS_TRY_CLEANUP(read_offset(file, made));
    LS_TRY_CLEANUP(read_fill(file, made));
    LS_TRY_CLEANUP(read_classes(file, made));
    LS_TRY_CLEANUP(read_preparation(file, made));
    LS_TRY_CLEANUP(ls_h5_answered(file));
    *network = made;
    return LS_OK;
cleanup:
    ls_network_destroy(made);
    return status;
}

ls_status ls_modelfile_read(ls_h5_file *file, ls_network **network, float **block)
{
    ls_network *made = NULL;
    float *weights = NULL;
    ls_status status;
    *network = NULL;
    *block = NULL;
    LS_TRY_CLEANUP(ls_modelfile_read_network(file, &made));
    LS_TRY_CLEANUP(ls_memory_allocate(&weights, made->block, sizeof *weights, "weights"));
    LS_TRY_CLEANUP(ls_modelfile_read_weights(file, made, &(ls_modelblock_place){.values = weights}));
    *network = made;
    *block = weights;
    return LS_OK;
cleanup:
    ls_network_destroy(made);
    ls_memory_free(weights);
    return status;
}
