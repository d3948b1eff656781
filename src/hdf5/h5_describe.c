/* What an HDF5 file holds: types, shapes and layouts of its datasets, in numbers and in words. */
#include "hdf5/h5_internal.h"

#include <stdio.h>
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
