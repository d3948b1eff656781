/* What is refused before anything of a dataset is read or allocated, and what to do about it. */
#include "hdf5/h5_internal.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A dataset that claims more than this, and more than so many times what is stored, is taken for a mistake or an
 * attack. deflate itself reaches 1032. */
#define DECLARED_FREE  ((double)((int64_t)4 << 30))
#define DECLARED_TIMES 1000.0
/* libhdf5 holds whole chunks. */
#define CHUNK_MOST ((double)((int64_t)1 << 30))

static ls_status fail_filter(const char *file, const char *path, H5Z_filter_t filter)
{
    char name[64];
    ls_h5_filter_name(filter, name, sizeof name);
    if (filter == 32000) /* no plugin of libhdf5: it is inside h5py */
        return ls_fail(LS_ERR_DATA,
                       "%s: %s is stored with the filter lzf (32000), which only h5py has; write it again with gzip: "
                       "python3 -c \"import h5py; h5py.File('OUT.h5','a').create_dataset('%s', "
                       "data=h5py.File('%s')['%s'][()], compression='gzip', compression_opts=1)\"",
                       file, path, path, file, path);
    return ls_fail(LS_ERR_DATA,
                   "%s: %s is stored with the filter %s (%d), which this libhdf5 %s does not have (plugins are not "
                   "loaded); write it again with gzip where the filter is installed: HDF5_PLUGIN_PATH=$(python3 -c "
                   "'import hdf5plugin; print(hdf5plugin.PLUGIN_PATH)') h5repack -f %s:GZIP=1 %s OUT.h5",
                   file, path, name, (int)filter, ls_h5_library_version(), path, file);
}

static ls_status check_filters(const ls_h5_file *file, const char *name, const char *path, hid_t creation)
{
    const int filters = H5Pget_nfilters(creation);
    for (int i = 0; i < filters; i++) {
        unsigned flags, config;
        size_t values = 0;
        const H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        if (filter < 0)
            return ls_h5_fail(LS_ERR_DATA, file, "the filters of %s cannot be read", path);
        if (!ls_h5_filter_there(filter))
            return fail_filter(name, path, filter);
    }
    return LS_OK;
}

static double chunk_bytes(hid_t creation, double value_bytes)
{
    hsize_t chunk[H5S_MAX_RANK];
    double bytes = value_bytes;
    const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
    for (int i = 0; i < rank; i++)
        bytes *= (double)chunk[i];
    return bytes;
}

static ls_status check_sizes(const ls_h5_file *file, const char *path, hid_t dataset, hid_t creation)
{
    char claimed[32], stored[32];
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    hsize_t extents[H5S_MAX_RANK];
    double bytes = type < 0 ? -1 : (double)H5Tget_size(type);
    const double value = bytes;
    const int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, extents, NULL);
    for (int i = 0; i < rank; i++)
        bytes *= (double)extents[i];
    ls_h5_release_type(type);
    ls_h5_release_space(space);
    if (rank < 0 || value < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "the shape or type of %s cannot be read", path);
    if (H5Pget_layout(creation) == H5D_CHUNKED && chunk_bytes(creation, value) > CHUNK_MOST)
        return ls_fail(LS_ERR_DATA,
                       "%s: the chunks of %s take %s each, and are read whole; at most 1 GiB is accepted. Write it "
                       "again in smaller ones, for example with h5repack -l %s:CONTI %s OUT.h5, or allow it with "
                       "--trust-sizes",
                       file->path, path, ls_format_bytes(chunk_bytes(creation, value), claimed), path, file->path);
    if (H5Pget_layout(creation) == H5D_VIRTUAL || bytes <= DECLARED_FREE)
        return LS_OK; /* the sources are looked at one by one */
    const double storage = (double)H5Dget_storage_size(dataset);
    if (bytes > DECLARED_TIMES * storage)
        return ls_fail(LS_ERR_DATA,
                       "%s: %s claims to hold %s, but only %s are stored; it is damaged, was never filled, or is made "
                       "to exhaust memory. If the values are meant, allow it with --trust-sizes",
                       file->path, path, ls_format_bytes(bytes, claimed), ls_format_bytes(storage, stored));
    return LS_OK;
}

/* The dataset's own file, which is another one for a source of a virtual dataset. */
static const char *home_of(const ls_h5_file *file, hid_t dataset, int depth, char *home, size_t size)
{
    return depth > 0 && H5Fget_name(dataset, home, size) > 0 ? home : file->path;
}

ls_status ls_h5_admit(const ls_h5_file *file, const char *path, hid_t dataset, int depth)
{
    char home[4096];
    const char *name = home_of(file, dataset, depth, home, sizeof home);
    hid_t creation = H5Dget_create_plist(dataset);
    ls_status status = LS_OK;
    if (creation < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "the properties of %s cannot be read", path);
    if (H5Pget_external_count(creation) > 0) {
        /* libhdf5 reads zeros, without a word, behind the end of a raw file that is too short */
        status = ls_fail(LS_ERR_DATA,
                         "%s: %s keeps its values in external raw files, which are not read; copy them into the file "
                         "with h5repack -l %s:CONTI %s OUT.h5",
                         name, path, path, name);
    }
    if (status == LS_OK)
        status = check_filters(file, name, path, creation);
    if (status == LS_OK && !file->sizes)
        status = check_sizes(file, path, dataset, creation);
    if (status == LS_OK && H5Pget_layout(creation) == H5D_VIRTUAL)
        status = ls_h5_check_virtual(file, path, dataset, creation, depth);
    ls_h5_release_plist(creation);
    return status;
}
