/* Telling Keras' files apart, and opening them. */
#include "import/keras_file.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/nameless.h"
#include "files/replace.h"
#include "files/stream.h"
#include "files/textfile.h"
#include "files/zip.h"
#include "hdf5/check.h"
#include "import/keras_names.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define CONFIG   "config.json"
#define METADATA "metadata.json"
#define WEIGHTS  "model.weights.h5"
#define SHARDED  "model.weights.json"

#define TEXT_MOST ((int64_t)64 << 20) /* bytes of JSON; a layer takes some hundred */
#define COPIED    ((int64_t)1 << 20)  /* bytes at once */

/* ---- telling apart ---- */

/* The first bytes of a file; how many. */
static int64_t first_bytes(const char *path, char *bytes, int64_t most)
{
    const int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0); /* not blocking: it may be a named pipe */
    if (fd < 0)
        return 0;
    const int64_t count = ls_descriptor_read_at(fd, bytes, most, 0);
    (void)ls_descriptor_close(fd);
    return count < 0 ? 0 : count;
}

static bool is_zip(const char *path)
{
    char bytes[4];
    return first_bytes(path, bytes, sizeof bytes) == 4 && memcmp(bytes, "PK\3\4", 4) == 0;
}

/* Other archives, as NumPy's, are for others to tell. */
static bool is_archive(const char *path)
{
    const ls_zip_entry *config = NULL, *weights = NULL;
    ls_zip_entry *entries;
    int count;
    if (!is_zip(path))
        return false;
    const ls_status status = ls_zip_list(path, &entries, &count);
    for (int i = 0; status == LS_OK && i < count; i++) {
        config = strcmp(entries[i].name, CONFIG) == 0 ? &entries[i] : config;
        weights =
            strcmp(entries[i].name, WEIGHTS) == 0 || strcmp(entries[i].name, SHARDED) == 0 ? &entries[i] : weights;
    }
    const bool is = status != LS_OK || config || weights; /* what is damaged is told when it is opened */
    if (status == LS_OK)
        ls_memory_free(entries);
    return is;
}

/* What to_json gives: an object that says its class at once. */
static bool is_json(const char *path)
{
    char bytes[4097];
    const int64_t count = first_bytes(path, bytes, sizeof bytes - 1);
    bytes[count] = '\0';
    return bytes[strspn(bytes, " \t\r\n")] == '{' && strstr(bytes, "\"class_name\"") != NULL;
}

static ls_keras_kind kind_of(ls_h5_file *file)
{
    if (ls_h5_exists(file, "/lockstep"))
        return LS_KERAS_OWN;
    if (ls_h5_has_attribute(file, "/", "model_config"))
        return LS_KERAS_MODEL;
    const bool saved = ls_h5_exists(file, "/layers") || ls_h5_exists(file, "/_layer_checkpoint_dependencies");
    if (ls_keras_names_there(file, "/", "layer_names") || (saved && ls_h5_exists(file, "/vars")))
        return LS_KERAS_WEIGHTS;
    return LS_KERAS_OTHER;
}

typedef struct question {
    const char *path;
    ls_keras_kind *kind;
} question;

static ls_status ask(void *user)
{
    const question *q = user;
    ls_h5_file *file;
    LS_TRY(ls_h5_open(q->path, &file));
    ls_h5_trust(file, LS_H5_LINKS_NONE, false);
    *q->kind = kind_of(file);
    const ls_status status = ls_h5_answered(file);
    ls_h5_close(file);
    return status;
}

ls_status ls_keras_file_find(const char *path, ls_keras_kind *kind)
{
    question q = {path, kind};
    *kind = LS_KERAS_OTHER;
    if (is_archive(path) || is_json(path)) {
        *kind = is_zip(path) ? LS_KERAS_ARCHIVE : LS_KERAS_JSON;
        return LS_OK;
    }
    if (is_zip(path))
        return LS_OK;
    LS_TRY(ls_check_strictly(path, ask, &q, 5));
    return ask(&q);
}

/* ---- texts ---- */

static ls_status read_document(const ls_keras_file *file, const char *what, const char *text,
                               ls_json_document *document)
{
    const ls_status status = ls_json_read(text, document);
    return status == LS_OK ? LS_OK : ls_fail_prefix(status, "%s: %s: ", file->path, what);
}

static void take_version(ls_keras_file *file, const char *version)
{
    size_t length = 0;
    while (version && length < sizeof file->version - 1 && strchr("0123456789.", version[length]) && version[length])
        length++;
    if (length > 0)
        snprintf(file->version, sizeof file->version, "%.*s", (int)length, version);
}

/* null is what an uncompiled model has. */
static const ls_json_value *object_or_none(const ls_json_value *value)
{
    return value && value->kind == LS_JSON_OBJECT ? value : NULL;
}

/* ---- archives ---- */

static ls_status read_member(const ls_keras_file *file, const ls_zip_entry *entry, char **text)
{
    char name[LS_TEXT_MAX + 256];
    ls_stream *stream;
    int64_t got;
    char more;
    *text = NULL;
    snprintf(name, sizeof name, "%s: %s", file->path, entry->name);
    if (entry->size > TEXT_MOST)
        return ls_fail(LS_ERR_DATA, "%s has %lld bytes, and at most %lld are read", name, (long long)entry->size,
                       (long long)TEXT_MOST);
    LS_TRY(ls_stream_open(file->path, name, &entry->range, &stream));
    ls_status status = ls_memory_allocate(text, entry->size + 1, 1, "text in an archive");
    if (status == LS_OK)
        status = ls_stream_take(stream, *text, entry->size);
    if (status == LS_OK)
        status = ls_stream_read(stream, &more, 1, &got);
    if (status == LS_OK && (got != 0 || strlen(*text) != (size_t)entry->size))
        status = ls_fail(LS_ERR_DATA, "%s: is no text of the %lld bytes that the archive says", name,
                         (long long)entry->size);
    ls_stream_close(stream);
    if (status != LS_OK) {
        ls_memory_free(*text);
        *text = NULL;
    }
    return status;
}

static ls_status read_json(const ls_keras_file *file, const ls_zip_entry *entry, ls_json_document *document)
{
    char *text;
    LS_TRY(read_member(file, entry, &text));
    const ls_status status = read_document(file, entry->name, text, document);
    ls_memory_free(text);
    return status;
}

static ls_status no_archive(const ls_keras_file *file, bool sharded)
{
    if (sharded)
        return ls_fail(LS_ERR_DATA,
                       "%s: its weights are in several files (%s); save the model again without max_shard_size",
                       file->path, SHARDED);
    return ls_fail(LS_ERR_DATA, "%s: is a zip archive, but no model of Keras': that has %s and %s in it", file->path,
                   CONFIG, WEIGHTS);
}

static ls_status read_entries(const ls_zip_entry *entries, int count, ls_keras_file *file)
{
    const ls_zip_entry *config, *metadata, *weights, *sharded;
    LS_TRY(ls_zip_find(file->path, entries, count, CONFIG, &config));
    LS_TRY(ls_zip_find(file->path, entries, count, METADATA, &metadata));
    LS_TRY(ls_zip_find(file->path, entries, count, WEIGHTS, &weights));
    LS_TRY(ls_zip_find(file->path, entries, count, SHARDED, &sharded));
    if (!config || !weights)
        return no_archive(file, config && sharded);
    LS_TRY(read_json(file, config, &file->config));
    if (metadata) {
        ls_json_document facts = {0};
        LS_TRY(read_json(file, metadata, &facts));
        take_version(file, ls_json_member_text(&facts, &facts.value[0], "keras_version"));
        ls_json_document_free(&facts);
    }
    file->compiled = object_or_none(ls_json_member(&file->config, &file->config.value[0], "compile_config"));
    file->offset = weights->range.offset;
    file->packed = weights->range.length;
    file->size = weights->size;
    file->deflated = weights->range.packing == LS_PACKED_DEFLATE;
    file->sum = weights->range.crc;
    return LS_OK;
}

static ls_status open_archive(ls_keras_file *file)
{
    ls_zip_entry *entries;
    int count;
    LS_TRY(ls_zip_list(file->path, &entries, &count));
    const ls_status status = read_entries(entries, count, file);
    ls_memory_free(entries);
    return status;
}

/* All of the variables' bytes, to `fd` unless that is -1; their sum is compared at the end. */
static ls_status pass_on(const ls_keras_file *file, ls_stream *stream, const char *name, int fd)
{
    char *bytes;
    int64_t got = 1, at = 0;
    LS_TRY(ls_memory_allocate(&bytes, COPIED, 1, "weights being unpacked"));
    ls_status status = LS_OK;
    for (; got > 0 && status == LS_OK; at += got) {
        status = ls_stream_read(stream, bytes, COPIED, &got);
        if (status == LS_OK && at + got > file->size)
            status = ls_fail(LS_ERR_DATA, "%s: has more than the %lld bytes that the archive says", name,
                             (long long)file->size);
        if (status == LS_OK && fd >= 0)
            status = ls_replace_write(fd, name, bytes, (size_t)got, (size_t)at);
    }
    ls_memory_free(bytes);
    if (status == LS_OK && at != file->size)
        status = ls_fail(LS_ERR_DATA, "%s: has %lld bytes, the archive says %lld", name, (long long)at,
                         (long long)file->size);
    return status;
}

static ls_status open_member(const ls_keras_file *file, int *fd)
{
    char name[LS_TEXT_MAX + 256];
    ls_stream *stream;
    const ls_stream_range range = {.offset = file->offset,
                                   .length = file->packed,
                                   .packing = file->deflated ? LS_PACKED_DEFLATE : LS_PACKED_NOT,
                                   .has_crc = true,
                                   .crc = file->sum};
    snprintf(name, sizeof name, "%s: %s", file->path, WEIGHTS);
    *fd = -1;
    LS_TRY(ls_stream_open(file->path, name, &range, &stream));
    ls_status status = LS_OK;
    if (file->deflated)
        status = ls_nameless_in_memory("an unpacked model", fd);
    if (status == LS_OK)
        status = pass_on(file, stream, name, *fd);
    if (status == LS_OK && !file->deflated)
        *fd = ls_descriptor_open(file->path, O_RDONLY, 0);
    if (status == LS_OK && *fd < 0)
        status = ls_fail(LS_ERR_DATA, "%s: cannot be opened for reading: %s", file->path, ls_reason(errno));
    ls_stream_close(stream);
    if (status != LS_OK && *fd >= 0)
        (void)ls_descriptor_close(*fd);
    return status;
}

ls_status ls_keras_file_open_variables(ls_keras_file *file, int64_t most)
{
    int fd;
    if (file->kind != LS_KERAS_ARCHIVE || file->variables)
        return LS_OK;
    if (file->size > most)
        return ls_fail(
            LS_ERR_DATA,
            "%s: %s claims %lld bytes, and the layers with any optimizer's state are at most %lld; the file is "
            "damaged, or made to exhaust memory",
            file->path, WEIGHTS, (long long)file->size, (long long)most);
    LS_TRY(open_member(file, &fd));
    LS_TRY(ls_h5_open_window(fd, file->deflated ? 0 : file->offset, file->size, file->path, &file->variables));
    ls_h5_trust(file->variables, LS_H5_LINKS_NONE, false);
    return LS_OK;
}

/* ---- HDF5 ---- */

static ls_status read_attribute(ls_keras_file *file, const char *name, ls_json_document *document)
{
    char *text;
    LS_TRY(ls_h5_attribute_text(file->variables, "/", name, &text));
    ls_status status;
    if (strlen(text) > (size_t)TEXT_MOST)
        status = ls_fail(LS_ERR_DATA, "%s: attribute %s has %zu bytes, and at most %lld are read", file->path, name,
                         strlen(text), (long long)TEXT_MOST);
    else
        status = read_document(file, name, text, document);
    ls_memory_free(text);
    return status;
}

static ls_status read_texts(ls_keras_file *file)
{
    char *version;
    if (ls_h5_has_texts(file->variables, "/", "keras_version")) {
        LS_TRY(ls_h5_attribute_text(file->variables, "/", "keras_version", &version));
        take_version(file, version);
        ls_memory_free(version);
    }
    if (!ls_h5_has_texts(file->variables, "/", "model_config") && file->kind != LS_KERAS_MODEL)
        return LS_OK;
    LS_TRY(read_attribute(file, "model_config", &file->config));
    if (ls_h5_has_texts(file->variables, "/", "training_config")) {
        LS_TRY(read_attribute(file, "training_config", &file->training));
        file->compiled = object_or_none(&file->training.value[0]);
    }
    if (!ls_h5_exists(file->variables, "/model_weights"))
        return ls_fail(LS_ERR_DATA, "%s: has a configuration (model_config) and no group /model_weights", file->path);
    return LS_OK;
}

static ls_status open_hdf5(ls_keras_file *file)
{
    LS_TRY(ls_h5_open(file->path, &file->variables));
    ls_h5_trust(file->variables, LS_H5_LINKS_NONE, false);
    file->kind = kind_of(file->variables);
    if (file->kind == LS_KERAS_OTHER)
        return ls_fail(
            LS_ERR_DATA,
            "%s: not a model file: neither Lockstep's (a group /lockstep) nor Keras' (an attribute "
            "model_config, or groups /layers and /vars); expected a file that 'lockstep train' wrote, such as "
            "RUN/model.weights.h5, or a model of Keras'",
            file->path);
    file->legacy = file->kind == LS_KERAS_MODEL || ls_keras_names_there(file->variables, "/", "layer_names");
    file->root = file->kind == LS_KERAS_MODEL ? "/model_weights" : "/";
    return read_texts(file);
}

static ls_status open_json(ls_keras_file *file)
{
    char *text;
    LS_TRY(ls_textfile_read(file->path, TEXT_MOST, &text));
    ls_status status = ls_json_read(text, &file->config);
    if (status != LS_OK)
        status = ls_fail_prefix(status, "%s: ", file->path);
    ls_memory_free(text);
    if (status != LS_OK)
        return status;
    take_version(file, ls_json_member_text(&file->config, &file->config.value[0], "keras_version"));
    file->compiled = object_or_none(ls_json_member(&file->config, &file->config.value[0], "compile_config"));
    return LS_OK;
}

ls_status ls_keras_file_open(const char *path, ls_keras_file *file)
{
    *file = (ls_keras_file){.kind = LS_KERAS_OTHER};
    if (snprintf(file->path, sizeof file->path, "%s", path) >= (int)sizeof file->path)
        return ls_fail(LS_ERR_DATA, "%.64s...: the path is longer than %zu bytes", path, sizeof file->path - 1);
    ls_status status;
    if (is_zip(path)) {
        file->kind = LS_KERAS_ARCHIVE;
        status = open_archive(file);
    } else if (is_json(path)) {
        file->kind = LS_KERAS_JSON;
        status = open_json(file);
    } else {
        status = open_hdf5(file);
    }
    if (status != LS_OK)
        ls_keras_file_close(file);
    return status;
}

void ls_keras_file_close(ls_keras_file *file)
{
    ls_json_document_free(&file->config);
    ls_json_document_free(&file->training);
    ls_h5_close(file->variables);
    *file = (ls_keras_file){.kind = LS_KERAS_OTHER};
}
