/* The configuration, and the archive around it and the weights. libhdf5 wants a file to itself, so the weights are made
 * in one without a name, and copied. */
#include "export/keras.h"

#include "base/descriptor.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/reason.h"
#include "export/facts.h"
#include "export/values.h"
#include "files/nameless.h"
#include "files/zip_write.h"
#include "hdf5/h5.h"
#include "store/keras_config.h"
#include "store/modelfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define KERAS_VERSION "3.0.0" /* the first that has this form */
#define WEIGHTS       "model.weights.h5"
#define COPIED        ((int64_t)1 << 20) /* bytes at once */

/* The network without what is not part of it; it borrows everything. */
static ls_network network_of(const ls_exported *model)
{
    ls_network network = *model->network;
    if (!model->maps) {
        network.feature_map = network.target_map = (ls_affine){0};
        network.offset = NULL;
        network.fill = NULL;
    }
    return network;
}

ls_status ls_export_keras_config(const ls_exported *model, FILE *out)
{
    const ls_network network = network_of(model);
    ls_text text = {0};
    ls_status status = ls_keras_saved_config(&network, &text);
    if (status == LS_OK)
        status = ls_values_write(out, text.data, (int64_t)text.length);
    if (status == LS_OK)
        status = ls_values_flush(out);
    ls_text_free(&text);
    return status;
}

/* ---- the archive ---- */

static void put_fact(void *user, const char *key, const char *value)
{
    ls_json_put_string(user, key, value);
}

/* Keras reads its own keys and passes over ours. */
static ls_status add_metadata(ls_zip_writer *zip, const ls_exported *model)
{
    ls_text text = {0};
    ls_json json = {.text = &text};
    ls_json_object_begin(&json);
    ls_json_put_string(&json, "keras_version", KERAS_VERSION);
    ls_status status = ls_facts_tell(model, put_fact, &json);
    ls_json_object_end(&json);
    if (status == LS_OK)
        status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_zip_writer_add(zip, "metadata.json", text.data, (int64_t)text.length);
    ls_text_free(&text);
    return status;
}

static ls_status add_config(ls_zip_writer *zip, const ls_network *network)
{
    ls_text text = {0};
    ls_status status = ls_keras_saved_config(network, &text);
    if (status == LS_OK)
        status = ls_zip_writer_add(zip, "config.json", text.data, (int64_t)text.length);
    ls_text_free(&text);
    return status;
}

static ls_status make_weights(int fd, const ls_network *network, const float *block)
{
    const ls_modelblock weights = {.values = block};
    const int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ls_h5_file *file;
    if (own < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be opened twice: %s", WEIGHTS, ls_reason(errno));
    LS_TRY(ls_h5_create_in(own, WEIGHTS, 0, &file));
    const ls_status status = ls_modelfile_write(file, "model", network, &weights, NULL);
    if (status == LS_OK)
        return ls_h5_finish(file);
    ls_h5_close(file);
    return status;
}

/* All of a file, to `out` unless that is NULL; adds up its sum. */
static ls_status pass_on(int fd, int64_t size, FILE *out, uint32_t *sum)
{
    unsigned char *bytes;
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(&bytes, COPIED, 1, "weights being copied"));
    for (int64_t at = 0; at < size && status == LS_OK; at += COPIED) {
        const int64_t count = size - at < COPIED ? size - at : COPIED;
        if (ls_descriptor_read_at(fd, bytes, count, at) != count)
            status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be read back: %s", WEIGHTS, ls_reason(errno));
        if (status == LS_OK && out)
            status = ls_values_write(out, bytes, count);
        *sum = ls_zip_sum(*sum, bytes, count);
    }
    ls_memory_free(bytes);
    return status;
}

static ls_status add_weights(ls_zip_writer *zip, const ls_network *network, const float *block)
{
    uint32_t sum = 0, again = 0;
    int fd;
    LS_TRY(ls_nameless_open("the weights of a .keras file are made apart, and", &fd));
    ls_status status = make_weights(fd, network, block);
    const int64_t size = (int64_t)lseek(fd, 0, SEEK_END);
    if (status == LS_OK)
        status = pass_on(fd, size, NULL, &sum);
    if (status == LS_OK)
        status = ls_zip_writer_begin(zip, WEIGHTS, size, sum);
    if (status == LS_OK)
        status = pass_on(fd, size, zip->out, &again);
    (void)ls_descriptor_close(fd);
    if (status == LS_OK && again != sum)
        status = ls_fail(LS_ERR_OUTPUT, "%s: came back from the disk in two ways", WEIGHTS);
    return status;
}

ls_status ls_export_keras(const ls_exported *model, FILE *out)
{
    const ls_network network = network_of(model);
    ls_zip_writer zip = {.out = out};
    ls_status status = add_metadata(&zip, model);
    if (status == LS_OK)
        status = add_config(&zip, &network);
    if (status == LS_OK)
        status = add_weights(&zip, &network, model->block);
    if (status == LS_OK)
        status = ls_zip_writer_finish(&zip);
    if (status == LS_OK)
        status = ls_values_flush(out);
    ls_zip_writer_free(&zip);
    return status;
}
