/* Looking through a whole file, in a process that libhdf5 may crash (check.h): whatever a reader of models comes to,
 * this comes to as well. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* Far above what models have: a group for each layer, and in it one for its weights. */
#define DEPTH_MOST   64
#define OBJECTS_MOST 1000000
/* Attributes of more are not ours. */
#define ATTRIBUTE_MOST ((hsize_t)64 << 20)
/* Values of a piece. */
#define PIECE ((int64_t)1 << 18)

typedef struct walk {
    ls_h5_file *file;
    int64_t objects;
    ls_status status;
} walk;

/* Texts, and numbers, as attributes are read; what comes out does not matter. */
static void read_attribute(hid_t id, hid_t type, hid_t space)
{
    const H5T_class_t class_ = H5Tget_class(type);
    const hssize_t elements = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    char *values;
    if (elements <= 0 || size == 0 || (hsize_t)elements > ATTRIBUTE_MOST / size ||
        (class_ != H5T_STRING && class_ != H5T_INTEGER && class_ != H5T_FLOAT && class_ != H5T_ENUM))
        return;
    if (ls_memory_allocate(&values, elements, (int64_t)size, "attribute") != LS_OK)
        return;
    if (H5Aread(id, type, values) >= 0 && H5Tis_variable_str(type) > 0) {
        size_t bytes = 0; /* texts without an end are found here */
        for (hssize_t i = 0; i < elements; i++)
            bytes += ((char **)(void *)values)[i] ? strlen(((char **)(void *)values)[i]) : 0;
        if (bytes < SIZE_MAX) /* always, but so the lengths are looked at */
            ls_h5_reclaim_texts(type, space, values);
    }
    ls_memory_free(values);
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *user)
{
    (void)info, (void)user;
    const hid_t id = H5Aopen(object, name, H5P_DEFAULT);
    const hid_t type = id < 0 ? -1 : H5Aget_type(id), space = id < 0 ? -1 : H5Aget_space(id);
    if (type >= 0 && space >= 0)
        read_attribute(id, type, space);
    ls_h5_release_type(type);
    ls_h5_release_space(space);
    if (id >= 0)
        (void)H5Aclose(id);
    return 0;
}

/* Chunks have an index and filters, which may be damaged; contiguous values are only bytes. */
static void read_chunks(ls_h5_file *file, const char *path)
{
    ls_h5_dataset d;
    double *values;
    if (ls_h5_describe(file, path, &d) != LS_OK || d.chunk[0] == 0 || d.class_ == LS_H5_OTHER || d.fields > 0)
        return;
    int64_t width = 1;
    for (int i = 1; i < d.rank; i++)
        width *= d.shape[i];
    if (width < 1 || width > PIECE)
        return;
    const int64_t rows = PIECE / width;
    if (ls_memory_allocate(&values, rows * width, sizeof *values, "values") != LS_OK)
        return;
    for (int64_t first = 0; first < d.shape[0]; first += rows) {
        const int64_t count = d.shape[0] - first < rows ? d.shape[0] - first : rows;
        if (ls_h5_read_double(file, path, first, count, values) != LS_OK)
            break;
    }
    ls_memory_free(values);
}

static ls_status look_at(walk *w, hid_t group, const char *name, H5O_type_t type)
{
    char path[LS_H5_PATH_MAX];
    int depth = 0;
    for (const char *c = name; *c != '\0'; c++)
        depth += *c == '/';
    if (depth >= DEPTH_MOST)
        return ls_fail(LS_ERR_DATA,
                       "%s: groups lie in one another %d deep (%.40s...); expected a model with less than %d",
                       w->file->path, depth + 1, name, DEPTH_MOST);
    if (++w->objects > OBJECTS_MOST)
        return ls_fail(LS_ERR_DATA, "%s: holds more than %d groups and datasets; expected a model with less",
                       w->file->path, OBJECTS_MOST);
    const hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0)
        return LS_OK; /* for whoever needs it */
    (void)H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, NULL);
    (void)H5Oclose(object);
    const int length = snprintf(path, sizeof path, "/%s", name);
    if (type == H5O_TYPE_DATASET && length > 0 && length < (int)sizeof path)
        read_chunks(w->file, path);
    return LS_OK;
}

/* Its form changed with 1.10.3 and 1.12. */
#if H5_VERSION_GE(1, 12, 0)
static herr_t visit(hid_t group, const char *name, const H5O_info2_t *info, void *user)
{
    walk *w = user;
    w->status = look_at(w, group, name, info->type);
    return w->status == LS_OK ? 0 : -1;
}
#define VISIT(object, user) H5Ovisit3(object, H5_INDEX_NAME, H5_ITER_INC, visit, user, H5O_INFO_BASIC)
#else
static herr_t visit(hid_t group, const char *name, const H5O_info_t *info, void *user)
{
    walk *w = user;
    w->status = look_at(w, group, name, info->type);
    return w->status == LS_OK ? 0 : -1;
}
#if H5_VERSION_GE(1, 10, 3)
#define VISIT(object, user) H5Ovisit2(object, H5_INDEX_NAME, H5_ITER_INC, visit, user, H5O_INFO_BASIC)
#else
#define VISIT(object, user) H5Ovisit(object, H5_INDEX_NAME, H5_ITER_INC, visit, user)
#endif
#endif

ls_status ls_h5_look_through(ls_h5_file *file)
{
    walk w = {.file = file, .status = LS_OK};
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    if (VISIT(file->id, &w) < 0 && w.status == LS_OK)
        w.status = ls_h5_fail(LS_ERR_DATA, file, "its groups and datasets cannot be looked through; it is damaged");
    ls_h5_leave(&guard);
    return w.status;
}
