/* What an HDF5 file holds: types, shapes and layouts of its datasets, in numbers and in words. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shape and layout ---- */

static void describe_shape(hid_t space, ls_h5_dataset *d)
{
    hsize_t extents[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_dims(space, NULL, NULL);
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
        /* a read would succeed and leave the buffer as it was */
        d->class_ = LS_H5_OTHER;
        (void)snprintf(d->type, sizeof d->type, "nothing (null dataspace)");
        return;
    }
    if (rank < 0 || rank > LS_H5_MAX_RANK || H5Sget_simple_extent_dims(space, extents, NULL) < 0) {
        d->class_ = LS_H5_OTHER;
        (void)snprintf(d->type, sizeof d->type, "array of %d dimensions", rank);
        return;
    }
    d->rank = rank;
    int64_t elements = 1;
    for (int i = 0; i < rank; i++) {
        d->shape[i] = (int64_t)extents[i];
        /* later products of extents and element sizes must fit */
        if (extents[i] > (hsize_t)INT64_MAX || __builtin_mul_overflow(elements, d->shape[i], &elements) ||
            elements > INT64_MAX / 64) {
            d->class_ = LS_H5_OTHER;
            (void)snprintf(d->type, sizeof d->type, "array too large for any machine");
            return;
        }
    }
}

void ls_h5_append(char *text, size_t capacity, const char *more)
{
    size_t length = strlen(text);
    if (length + 1 < capacity)
        (void)snprintf(text + length, capacity - length, "%s", more);
}

void ls_h5_filter_name(H5Z_filter_t filter, char *name, size_t capacity)
{
    static const struct {
        H5Z_filter_t filter;
        const char *name;
    } known[] = {{H5Z_FILTER_DEFLATE, "gzip"},
                 {H5Z_FILTER_SHUFFLE, "shuffle"},
                 {H5Z_FILTER_FLETCHER32, "fletcher32"},
                 {H5Z_FILTER_SZIP, "szip"},
                 {H5Z_FILTER_NBIT, "nbit"},
                 {H5Z_FILTER_SCALEOFFSET, "scale-offset"},
                 {307, "bzip2"},
                 {32000, "lzf"},
                 {32001, "blosc"},
                 {32004, "lz4"},
                 {32008, "bitshuffle"},
                 {32013, "zfp"},
                 {32015, "zstd"},
                 {32026, "blosc2"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].filter == filter) {
            (void)snprintf(name, capacity, "%s", known[i].name);
            return;
        }
    (void)snprintf(name, capacity, "filter %d", (int)filter);
}

bool ls_h5_filter_there(H5Z_filter_t filter)
{
    unsigned config = 0;
    return H5Zfilter_avail(filter) > 0 && H5Zget_filter_info(filter, &config) >= 0 &&
           (config & H5Z_FILTER_CONFIG_DECODE_ENABLED) != 0;
}

static void describe_layout(hid_t dataset, ls_h5_dataset *d)
{
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0)
        return;
    char word[64];
    hsize_t chunk[H5S_MAX_RANK];
    int filters = 0, rank;
    switch (H5Pget_layout(creation)) {
    case H5D_CONTIGUOUS:
        (void)snprintf(d->layout, sizeof d->layout, "%s",
                       H5Pget_external_count(creation) > 0 ? "external raw files" : "contiguous");
        break;
    case H5D_COMPACT:
        (void)snprintf(d->layout, sizeof d->layout, "compact");
        break;
    case H5D_VIRTUAL:
        (void)snprintf(d->layout, sizeof d->layout, "virtual");
        break;
    case H5D_CHUNKED:
        (void)snprintf(d->layout, sizeof d->layout, "chunks ");
        rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
        for (int i = 0; i < rank; i++) {
            if (i < LS_H5_MAX_RANK)
                d->chunk[i] = (int64_t)chunk[i];
            (void)snprintf(word, sizeof word, "%s%llu", i == 0 ? "" : "x", (unsigned long long)chunk[i]);
            ls_h5_append(d->layout, sizeof d->layout, word);
        }
        filters = H5Pget_nfilters(creation);
        break;
    default:
        break;
    }
    for (int i = 0; i < filters; i++) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        ls_h5_filter_name(filter, word, sizeof word);
        ls_h5_append(d->layout, sizeof d->layout, ", ");
        ls_h5_append(d->layout, sizeof d->layout, word);
        if (!ls_h5_filter_there(filter))
            ls_h5_append(d->layout, sizeof d->layout, " (not available)");
    }
    (void)H5Pclose(creation);
}

void ls_h5_describe_open(hid_t dataset, const char *path, ls_h5_dataset *description)
{
    memset(description, 0, sizeof *description);
    (void)snprintf(description->path, sizeof description->path, "%s", path);
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    description->class_ = LS_H5_OTHER;
    (void)snprintf(description->type, sizeof description->type, "unreadable type");
    if (type >= 0)
        ls_h5_describe_type(type, description);
    if (space >= 0)
        describe_shape(space, description);
    else
        description->class_ = LS_H5_OTHER;
    describe_layout(dataset, description);
    if (type >= 0 && space >= 0)
        ls_h5_describe_fields(type, description);
    ls_h5_describe_conventions(dataset, description);
    description->storage = (int64_t)H5Dget_storage_size(dataset);
    ls_h5_release_type(type);
    ls_h5_release_space(space);
}

char *ls_h5_shape_text(const ls_h5_dataset *description, char *buffer, int capacity)
{
    char word[32];
    (void)snprintf(buffer, (size_t)capacity, "(");
    for (int i = 0; i < description->rank; i++) {
        (void)snprintf(word, sizeof word, "%s%lld", i == 0 ? "" : ", ", (long long)description->shape[i]);
        ls_h5_append(buffer, (size_t)capacity, word);
    }
    ls_h5_append(buffer, (size_t)capacity, ")");
    return buffer;
}

/* ---- the list ---- */

/* More are refused: each costs more than a kilobyte. */
#define LISTED_MOST 50000

typedef struct listing {
    const ls_h5_file *file;
    const char *group; /* without trailing slash: "" for the root */
    ls_h5_dataset *list;
    int count;
    int capacity;
    ls_status status;
} listing;

static ls_status listing_grow(listing *l)
{
    if (l->count < l->capacity)
        return LS_OK;
    ls_h5_dataset *larger;
    int capacity = l->capacity == 0 ? 16 : 2 * l->capacity;
    LS_TRY(ls_memory_allocate(&larger, capacity, sizeof *larger, "list of datasets"));
    if (l->count > 0)
        memcpy(larger, l->list, (size_t)l->count * sizeof *larger);
    ls_memory_free(l->list);
    l->list = larger;
    l->capacity = capacity;
    return LS_OK;
}

static herr_t list_one(hid_t group, const char *name, const void *info, void *user)
{
    listing *l = user;
    (void)info;
    char path[sizeof l->list->path];
    bool itself = strcmp(name, ".") == 0;
    int length = snprintf(path, sizeof path, "%s%s%s", l->group, itself ? "" : "/", itself ? "" : name);
    if (length < 0 || length >= (int)sizeof path)
        return 0; /* cannot be named on a command line either */
    l->status = l->count < LISTED_MOST
                    ? listing_grow(l)
                    : ls_fail(LS_ERR_DATA,
                              "%s: holds more than %d datasets, which are too many to look through; name the ones to "
                              "use with --x and --y, or put the values into one dataset with a row per example",
                              l->file->path, LISTED_MOST);
    if (l->status != LS_OK)
        return -1;
    ls_h5_dataset *d = &l->list[l->count++];
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    if (dataset >= 0) {
        ls_h5_describe_open(dataset, path, d);
        (void)H5Dclose(dataset);
        return 0;
    }
    memset(d, 0, sizeof *d); /* a newer format or damage: listed all the same, so that the user learns of it */
    memcpy(d->path, path, (size_t)length + 1);
    d->class_ = LS_H5_OTHER;
    (void)snprintf(d->type, sizeof d->type, "unreadable");
    return 0;
}

/* H5Ovisit follows hard links only and comes to each object once; its form changed with 1.10.3 and 1.12. */
#if H5_VERSION_GE(1, 12, 0)
static herr_t visit_one(hid_t group, const char *name, const H5O_info2_t *info, void *user)
{
    return info->type == H5O_TYPE_DATASET ? list_one(group, name, info, user) : 0;
}
#define VISIT(object, user) H5Ovisit3(object, H5_INDEX_NAME, H5_ITER_INC, visit_one, user, H5O_INFO_BASIC)
#else
static herr_t visit_one(hid_t group, const char *name, const H5O_info_t *info, void *user)
{
    return info->type == H5O_TYPE_DATASET ? list_one(group, name, info, user) : 0;
}
#if H5_VERSION_GE(1, 10, 3)
#define VISIT(object, user) H5Ovisit2(object, H5_INDEX_NAME, H5_ITER_INC, visit_one, user, H5O_INFO_BASIC)
#else
#define VISIT(object, user) H5Ovisit(object, H5_INDEX_NAME, H5_ITER_INC, visit_one, user)
#endif
#endif

static int by_path(const void *a, const void *b)
{
    return strcmp(((const ls_h5_dataset *)a)->path, ((const ls_h5_dataset *)b)->path);
}

ls_status ls_h5_list_inside(ls_h5_file *file, const char *group, ls_h5_dataset **list, int *count)
{
    char prefix[sizeof(*list)->path];
    int length = snprintf(prefix, sizeof prefix, "%s%s", group[0] == '/' ? "" : "/", group);
    if (length < 0 || length >= (int)sizeof prefix)
        return ls_fail(LS_ERR_DATA, "%s: the group's path %.64s... is too long", file->path, group);
    while (length > 0 && prefix[length - 1] == '/')
        prefix[--length] = '\0';
    listing l = {.file = file, .group = prefix, .status = LS_OK};
    hid_t object = H5Oopen(file->id, length == 0 ? "/" : prefix, ls_h5_link_access(file));
    if (object < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "has no group %s", prefix);
    ls_status status = listing_grow(&l); /* so that an empty list is a pointer too */
    if (status == LS_OK && VISIT(object, &l) < 0)
        status = l.status != LS_OK ? l.status
                                   : ls_h5_fail(LS_ERR_DATA, file, "the objects below %s cannot be listed", group);
    (void)H5Oclose(object);
    if (status != LS_OK) {
        ls_memory_free(l.list);
        return status;
    }
    qsort(l.list, (size_t)l.count, sizeof *l.list, by_path);
    *list = l.list;
    *count = l.count;
    return LS_OK;
}

ls_status ls_h5_list(ls_h5_file *file, const char *group, ls_h5_dataset **list, int *count)
{
    ls_h5_guard guard;
    *list = NULL;
    *count = 0;
    ls_h5_enter(&guard);
    ls_status status = ls_h5_list_inside(file, group, list, count);
    ls_h5_leave(&guard);
    return status;
}
