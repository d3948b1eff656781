/* Attributes: text and numbers on groups and datasets, read and written. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if H5_VERSION_GE(1, 12, 0)
#define RECLAIM H5Treclaim
#else
#define RECLAIM H5Dvlen_reclaim
#endif

/* ---- reading ---- */

static bool has_attribute(ls_h5_file *file, const char *object, const char *name)
{
    const htri_t has = H5Aexists_by_name(file->id, object, name, ls_h5_link_access(file));
    return ls_h5_answer(file, has, "attribute %s of %s", name, object);
}

bool ls_h5_has_attribute(ls_h5_file *file, const char *object, const char *name)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    const bool has = has_attribute(file, object, name);
    ls_h5_leave(&guard);
    return has;
}

/* An open attribute with its type and number of elements; whatever is >= 0 is released by attribute_close. */
typedef struct attribute {
    hid_t id;
    hid_t type;
    int64_t elements;
} attribute;

static void attribute_close(attribute *a)
{
    ls_h5_release_type(a->type);
    if (a->id >= 0)
        (void)H5Aclose(a->id);
}

/* `in`: the file's id, or that of one that a link leads to. */
static ls_status attribute_open(ls_h5_file *file, hid_t in, const char *object, const char *name, attribute *a)
{
    *a = (attribute){-1, -1, 0};
    LS_TRY(ls_h5_answered(file));
    hid_t links = ls_h5_link_access(file);
    const bool has = ls_h5_answer(file, H5Aexists_by_name(in, object, name, links), "attribute %s of %s", name, object);
    LS_TRY(ls_h5_answered(file));
    if (!has)
        return ls_fail(LS_ERR_DATA, "%s: %s has no attribute %s", file->path, object, name);
    /* Not by H5Aopen_by_name: behind an external link libhdf5 1.10.8 then looks up texts of variable length in the heap
     * of the file that has the link, and finds none, or others. */
    hid_t holder = H5Oopen(in, object, links);
    a->id = holder < 0 ? -1 : H5Aopen(holder, name, H5P_DEFAULT);
    hid_t space = a->id < 0 ? -1 : H5Aget_space(a->id);
    a->type = a->id < 0 ? -1 : H5Aget_type(a->id);
    a->elements = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    ls_status status = LS_OK;
    if (a->type < 0 || a->elements < 0)
        status = ls_h5_fail(LS_ERR_DATA, file, "attribute %s of %s cannot be opened", name, object);
    ls_h5_release_space(space);
    if (holder >= 0)
        (void)H5Oclose(holder);
    if (status != LS_OK)
        attribute_close(a);
    return status;
}

bool ls_h5_has_texts(ls_h5_file *file, const char *object, const char *name)
{
    attribute a;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    bool has = has_attribute(file, object, name);
    /* one that cannot be opened is for the reader to say */
    if (has && attribute_open(file, file->id, object, name, &a) == LS_OK) {
        has = H5Tget_class(a.type) == H5T_STRING && a.elements > 0;
        attribute_close(&a);
    }
    ls_h5_leave(&guard);
    return has;
}

ls_status ls_h5_pack_texts(char *const *from, const char *fixed, size_t fixed_size, int64_t count, char ***texts)
{
    size_t bytes = (size_t)count * sizeof(char *);
    for (int64_t i = 0; i < count; i++)
        bytes += 1 + (fixed ? strnlen(fixed + (size_t)i * fixed_size, fixed_size) : strlen(from[i] ? from[i] : ""));
    LS_TRY(ls_memory_allocate(texts, (int64_t)bytes, 1, "texts"));
    char *at = (char *)(*texts + count);
    for (int64_t i = 0; i < count; i++) {
        const char *text = fixed ? fixed + (size_t)i * fixed_size : from[i] ? from[i] : "";
        size_t length = fixed ? strnlen(text, fixed_size) : strlen(text);
        (*texts)[i] = at;
        memcpy(at, text, length);
        at += length + 1;
    }
    return LS_OK;
}

void ls_h5_strip_texts(hid_t type, int64_t count, char *bytes)
{
    const size_t size = H5Tget_size(type);
    if (H5Tget_strpad(type) != H5T_STR_SPACEPAD)
        return;
    for (int64_t i = 0; i < count; i++)
        for (size_t n = size; n > 0 && bytes[(size_t)i * size + n - 1] == ' '; n--)
            bytes[(size_t)i * size + n - 1] = '\0';
}

void ls_h5_reclaim_texts(hid_t type, hid_t space, void *values)
{
    (void)RECLAIM(type, space, H5P_DEFAULT, values);
}

static ls_status read_variable(ls_h5_file *file, const char *object, const char *name, const attribute *a,
                               char ***texts)
{
    char **strings = NULL;
    ls_status status = ls_memory_allocate(&strings, a->elements, sizeof *strings, "texts of an attribute");
    hid_t space = H5Aget_space(a->id);
    bool got = false;
    if (status == LS_OK) {
        got = H5Aread(a->id, a->type, strings) >= 0;
        status = got ? ls_h5_pack_texts(strings, NULL, 0, a->elements, texts)
                     : ls_h5_fail(LS_ERR_DATA, file, "attribute %s of %s cannot be read", name, object);
    }
    if (got)
        ls_h5_reclaim_texts(a->type, space, strings);
    ls_h5_release_space(space);
    ls_memory_free(strings);
    return status;
}

static ls_status read_fixed(ls_h5_file *file, const char *object, const char *name, const attribute *a, char ***texts)
{
    char *bytes = NULL;
    size_t size = H5Tget_size(a->type);
    ls_status status = LS_OK;
    LS_TRY_CLEANUP(ls_memory_allocate(&bytes, a->elements, size, "texts of an attribute"));
    if (H5Aread(a->id, a->type, bytes) < 0) {
        status = ls_h5_fail(LS_ERR_DATA, file, "attribute %s of %s cannot be read", name, object);
        goto cleanup;
    }
    ls_h5_strip_texts(a->type, a->elements, bytes);
    status = ls_h5_pack_texts(NULL, bytes, size, a->elements, texts);
cleanup:
    ls_memory_free(bytes);
    return status;
}

static ls_status read_texts(ls_h5_file *file, hid_t in, const char *object, const char *name, char ***texts,
                            int64_t *count)
{
    attribute a;
    LS_TRY(attribute_open(file, in, object, name, &a));
    ls_status status;
    if (H5Tget_class(a.type) != H5T_STRING)
        status = ls_fail(LS_ERR_DATA, "%s: attribute %s of %s is not text", file->path, name, object);
    else if (H5Tis_variable_str(a.type) > 0)
        status = read_variable(file, object, name, &a, texts);
    else
        status = read_fixed(file, object, name, &a, texts);
    *count = a.elements;
    attribute_close(&a);
    return status;
}

ls_status ls_h5_attribute_texts(ls_h5_file *file, const char *object, const char *name, char ***texts, int *count)
{
    *texts = NULL;
    *count = 0;
    int64_t elements = 0;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = read_texts(file, file->id, object, name, texts, &elements);
    ls_h5_leave(&guard);
    if (status == LS_OK)
        *count = (int)elements;
    return status;
}

/* Takes the only one of `count` texts, and frees them. */
static ls_status take_one(const ls_h5_file *file, const char *object, const char *name, char **texts, int64_t count,
                          char **text)
{
    ls_status status;
    if (count != 1)
        status = ls_fail(LS_ERR_DATA, "%s: attribute %s of %s holds %lld texts, expected 1", file->path, name, object,
                         (long long)count);
    else
        status = ls_memory_allocate(text, (int64_t)strlen(texts[0]) + 1, 1, "text of an attribute");
    if (status == LS_OK)
        memcpy(*text, texts[0], strlen(texts[0]) + 1);
    ls_memory_free(texts);
    return status;
}

ls_status ls_h5_attribute_text(ls_h5_file *file, const char *object, const char *name, char **text)
{
    *text = NULL;
    char **texts;
    int count;
    LS_TRY(ls_h5_attribute_texts(file, object, name, &texts, &count));
    return take_one(file, object, name, texts, count, text);
}

static ls_status read_home_text(ls_h5_file *file, hid_t object, const char *name, char **text)
{
    char **texts = NULL;
    int64_t count = 0;
    ls_status status = LS_OK;
    hid_t in = H5Iget_file_id(object);
    if (in < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "the file that has a dataset cannot be found");
    if (ls_h5_answer(file, H5Aexists_by_name(in, "/", name, H5P_DEFAULT), "attribute %s of /", name)) {
        status = read_texts(file, in, "/", name, &texts, &count);
        if (status == LS_OK)
            status = take_one(file, "/", name, texts, count, text);
    }
    (void)H5Fclose(in);
    return status == LS_OK ? ls_h5_answered(file) : status;
}

ls_status ls_h5_home_text(ls_h5_file *file, const char *object, const char *name, char home[LS_H5_PATH_MAX],
                          char **text)
{
    ls_h5_guard guard;
    *text = NULL;
    ls_h5_enter(&guard);
    hid_t id = H5Oopen(file->id, object, ls_h5_link_access(file));
    ls_status status;
    if (id < 0) {
        status = ls_h5_fail(LS_ERR_DATA, file, "%s cannot be opened", object);
    } else {
        if (H5Iget_name(id, home, LS_H5_PATH_MAX) <= 0) /* libhdf5 does not know it */
            (void)snprintf(home, LS_H5_PATH_MAX, "%s", object);
        status = read_home_text(file, id, name, text);
        (void)H5Oclose(id);
    }
    ls_h5_leave(&guard);
    return status;
}

static ls_status read_number(ls_h5_file *file, const char *object, const char *name, ls_h5_number number, void *value)
{
    attribute a;
    LS_TRY(attribute_open(file, file->id, object, name, &a));
    ls_status status = LS_OK;
    H5T_class_t class_ = H5Tget_class(a.type);
    bool integer = class_ == H5T_INTEGER || class_ == H5T_ENUM;
    if (!integer && !(class_ == H5T_FLOAT && number == LS_H5_NUMBER_DOUBLE))
        status = ls_fail(LS_ERR_DATA, "%s: attribute %s of %s is not %s", file->path, name, object,
                         number == LS_H5_NUMBER_DOUBLE ? "a number" : "an integer");
    else if (a.elements != 1)
        status = ls_fail(LS_ERR_DATA, "%s: attribute %s of %s holds %lld numbers, expected 1", file->path, name, object,
                         (long long)a.elements);
    else if (H5Aread(a.id, ls_h5_memory_type(number), value) < 0)
        status = ls_h5_fail(LS_ERR_DATA, file, "attribute %s of %s cannot be read", name, object);
    attribute_close(&a);
    return status;
}

ls_status ls_h5_attribute_int64(ls_h5_file *file, const char *object, const char *name, int64_t *value)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = read_number(file, object, name, LS_H5_NUMBER_INT64, value);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_attribute_double(ls_h5_file *file, const char *object, const char *name, double *value)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_status status = read_number(file, object, name, LS_H5_NUMBER_DOUBLE, value);
    ls_h5_leave(&guard);
    return status;
}

/* ---- writing ---- */

/* Makes the attribute anew, whatever it was, and writes it. Takes both types over as they are; closes
 * nothing. */
static ls_status write_attribute(ls_h5_file *file, const char *object, const char *name, hid_t file_type,
                                 hid_t memory_type, hid_t space, const void *value)
{
    if (H5Aexists_by_name(file->id, object, name, H5P_DEFAULT) > 0 &&
        H5Adelete_by_name(file->id, object, name, H5P_DEFAULT) < 0)
        return ls_h5_fail(LS_ERR_OUTPUT, file, "attribute %s of %s cannot be replaced", name, object);
    hid_t id = H5Acreate_by_name(file->id, object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0)
        return ls_h5_fail(LS_ERR_OUTPUT, file, "attribute %s of %s cannot be made", name, object);
    ls_status status = LS_OK;
    if (H5Awrite(id, memory_type, value) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "attribute %s of %s cannot be written", name, object);
    if (H5Aclose(id) < 0 && status == LS_OK)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "attribute %s of %s cannot be closed", name, object);
    return status;
}

/* Variable-length UTF-8: any length, since the characters live in the global heap and not in the object's
 * header, which holds 64 KiB at most. count < 0: a scalar. */
static ls_status write_texts(ls_h5_file *file, const char *object, const char *name, const char *const *values,
                             int count)
{
    hsize_t extent = count < 0 ? 1 : (hsize_t)count;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    hid_t type = H5Tcopy(H5T_C_S1);
    hid_t space = count < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
    ls_status status;
    if (type < 0 || space < 0 || H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "no type for attribute %s of %s", name, object);
    else
        status = write_attribute(file, object, name, type, type, space, values);
    ls_h5_release_space(space);
    ls_h5_release_type(type);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_set_text(ls_h5_file *file, const char *object, const char *name, const char *value)
{
    return write_texts(file, object, name, &value, -1);
}

ls_status ls_h5_set_texts(ls_h5_file *file, const char *object, const char *name, const char *const *values, int count)
{
    return write_texts(file, object, name, values, count);
}

static ls_status write_number(ls_h5_file *file, const char *object, const char *name, ls_h5_number number,
                              const void *value)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    hid_t space = H5Screate(H5S_SCALAR);
    ls_status status;
    if (space < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "no space for attribute %s of %s", name, object);
    else
        status = write_attribute(file, object, name, ls_h5_file_type(number), ls_h5_memory_type(number), space, value);
    ls_h5_release_space(space);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_set_int64(ls_h5_file *file, const char *object, const char *name, int64_t value)
{
    return write_number(file, object, name, LS_H5_NUMBER_INT64, &value);
}

ls_status ls_h5_set_double(ls_h5_file *file, const char *object, const char *name, double value)
{
    return write_number(file, object, name, LS_H5_NUMBER_DOUBLE, &value);
}
