/* Writing predictions into HDF5 datasets. */
#include "train/predict_h5.h"

#include "base/memory.h"
#include "base/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An attribute holds 64 KiB, 16 bytes for each of its texts. */
#define NAMED_MOST 2048

/* The names of the labels, which /class counts from 0. */
static ls_status write_class_names(const ls_predict_h5 *h)
{
    const ls_dictionary *names = h->names->classes_of.names;
    return names == NULL || !h->names->classes
               ? LS_OK
               : ls_h5_write_texts(h->file, "/class_names", (const char *const *)names->text, names->count);
}

static ls_status write_column_names(const ls_predict_h5 *h)
{
    const int64_t count = h->names->outputs;
    ls_text *text = NULL;
    const char **names = NULL;
    ls_status status = LS_OK;
    if (count > NAMED_MOST)
        return LS_OK;
    LS_TRY_CLEANUP(ls_memory_allocate(&text, count, sizeof *text, "names of outputs"));
    LS_TRY_CLEANUP(ls_memory_allocate(&names, count, sizeof *names, "names of outputs"));
    for (int64_t i = 0; i < count; i++) {
        names[i] = ls_predict_names_output(h->names, i, &text[i]);
        LS_TRY_CLEANUP(ls_text_status(&text[i]));
    }
    status = ls_h5_set_texts(h->file, "/prediction", "column_names", names, (int)count);
cleanup:
    for (int64_t i = 0; text != NULL && i < count; i++)
        ls_text_free(&text[i]);
    ls_memory_free(text);
    ls_memory_free(names);
    return status;
}

/* "/id", or "/id_NAME" of several; a slash would be a group. */
static const char *identity_path(const ls_predict_h5 *h, int i, char path[300])
{
    const bool several = ls_identities_count(h->identities) > 1;
    (void)snprintf(path, 300, "/id%s%s", several ? "_" : "", several ? ls_identities_name(h->identities, i) : "");
    for (char *at = path + 1; *at != '\0'; at++)
        if (*at == '/')
            *at = '_';
    return path;
}

static ls_status make_identities(const ls_predict_h5 *h, int64_t rows)
{
    for (int i = 0; i < ls_identities_count(h->identities); i++) {
        char path[300];
        ls_identity_kind kind;
        const char *name = ls_identities_name(h->identities, i);
        LS_TRY(ls_identities_kind(h->identities, i, &kind));
        identity_path(h, i, path);
        LS_TRY(kind == LS_IDENTITY_WHOLE     ? ls_h5_make_int64(h->file, path, 1, &rows)
               : kind == LS_IDENTITY_NATURAL ? ls_h5_make_uint64(h->file, path, 1, &rows)
                                             : ls_h5_make_texts(h->file, path, rows));
        LS_TRY(ls_h5_set_texts(h->file, path, "column_names", &name, 1));
    }
    return LS_OK;
}

static bool labels_are_classes(const ls_predict_h5 *h)
{
    return h->names->classes_of.network->classes == NULL;
}

ls_status ls_predict_h5_begin(ls_predict_h5 *h, const char *path, int64_t rows)
{
    const int64_t shape[] = {rows, h->names->outputs};
    LS_TRY(ls_h5_create(path, 0, &h->file));
    LS_TRY(write_class_names(h));
    LS_TRY(ls_h5_make_float(h->file, "/prediction", 2, shape));
    LS_TRY(write_column_names(h));
    LS_TRY(ls_h5_make_int64(h->file, "/row", 1, shape));
    LS_TRY(make_identities(h, rows));
    if (!h->names->classes)
        return LS_OK;
    return labels_are_classes(h) ? ls_h5_make_int32(h->file, "/class", 1, shape)
                                 : ls_h5_make_int64(h->file, "/class", 1, shape);
}

static ls_status make_room(ls_predict_h5 *h, int64_t rows)
{
    if (rows <= h->capacity)
        return LS_OK;
    ls_memory_free(h->number);
    ls_memory_free(h->class_);
    h->number = NULL;
    h->class_ = NULL;
    h->capacity = 0;
    LS_TRY(ls_memory_allocate(&h->number, rows, sizeof *h->number, "identifiers of rows"));
    LS_TRY(ls_memory_allocate(&h->class_, rows, sizeof *h->class_, "classes"));
    h->capacity = rows;
    return LS_OK;
}

/* As they were read: a number without a sign in the memory of one that has it. */
static bool parse(const char *text, ls_identity_kind kind, int64_t *number)
{
    if (kind == LS_IDENTITY_WHOLE)
        return ls_parse_int64(text, number);
    char *end;
    const uint64_t natural = strtoull(text, &end, 10);
    memcpy(number, &natural, sizeof natural);
    return end != text && *end == '\0';
}

static ls_status write_column(const ls_predict_h5 *h, const char *path, int64_t first, int64_t rows,
                              ls_identity_kind kind, const char *const *texts)
{
    if (kind == LS_IDENTITY_WHOLE)
        return ls_h5_write_int64_rows(h->file, path, first, rows, h->number);
    if (kind == LS_IDENTITY_NATURAL)
        return ls_h5_write_uint64_rows(h->file, path, first, rows, (const uint64_t *)h->number);
    return ls_h5_write_text_rows(h->file, path, first, rows, texts);
}

static ls_status write_identities(const ls_predict_h5 *h, int64_t first, int64_t rows)
{
    for (int i = 0; i < ls_identities_count(h->identities); i++) {
        char path[300];
        ls_identity_kind kind;
        const char *const *texts = ls_identities_texts(h->identities, i);
        LS_TRY(ls_identities_kind(h->identities, i, &kind));
        identity_path(h, i, path);
        for (int64_t r = 0; kind != LS_IDENTITY_TEXT && r < rows; r++)
            if (!parse(texts[r], kind, &h->number[r]))
                return ls_fail(LS_ERR_DATA, "the identifiers '%s' changed while they were read",
                               ls_identities_name(h->identities, i));
        LS_TRY(write_column(h, path, first, rows, kind, texts));
    }
    return LS_OK;
}

ls_status ls_predict_h5_rows(ls_predict_h5 *h, int64_t first, int64_t rows, const float *prediction, const int64_t *row,
                             const int64_t *label)
{
    LS_TRY(make_room(h, rows));
    LS_TRY(ls_h5_write_float_rows(h->file, "/prediction", first, rows, prediction));
    LS_TRY(ls_h5_write_int64_rows(h->file, "/row", first, rows, row));
    LS_TRY(write_identities(h, first, rows));
    if (label == NULL)
        return LS_OK;
    if (!labels_are_classes(h))
        return ls_h5_write_int64_rows(h->file, "/class", first, rows, label);
    for (int64_t r = 0; r < rows; r++)
        h->class_[r] = (int32_t)label[r];
    return ls_h5_write_int32_rows(h->file, "/class", first, rows, h->class_);
}

ls_status ls_predict_h5_finish(ls_predict_h5 *h)
{
    const ls_status status = ls_h5_finish(h->file);
    h->file = NULL;
    return status;
}

void ls_predict_h5_free(ls_predict_h5 *h)
{
    ls_h5_close(h->file);
    ls_memory_free(h->number);
    ls_memory_free(h->class_);
    *h = (ls_predict_h5){0};
}
