/* Which chunks we unpack ourselves, and the band of them that is kept. */
#include "hdf5/h5_chunks_internal.h"

#include "base/memory.h"

/* Larger ones are libhdf5's business: zlib counts to 4 GiB. */
#define CHUNK_MOST ((int64_t)1 << 30)
/* Chunks of a band that are kept. */
#define KEPT_MOST 100000

/* ---- which datasets ---- */

#if LS_H5_RAW_CHUNKS

/* Whether all filters are known here. */
static bool take_filters(hid_t creation, ls_filters *filters)
{
    const int count = H5Pget_nfilters(creation);
    if (count < 1 || count > LS_FILTERS_MOST)
        return false;
    filters->count = count;
    for (int i = 0; i < count; i++) {
        unsigned flags, values[4] = {0}, config;
        size_t value_count = sizeof values / sizeof values[0];
        switch (H5Pget_filter2(creation, (unsigned)i, &flags, &value_count, values, 0, NULL, &config)) {
        case H5Z_FILTER_SHUFFLE:
            filters->filter[i] = LS_FILTER_SHUFFLE;
            filters->size[i] = values[0];
            if (value_count != 1 || values[0] == 0)
                return false;
            break;
        case H5Z_FILTER_DEFLATE:
            filters->filter[i] = LS_FILTER_DEFLATE;
            break;
        case H5Z_FILTER_FLETCHER32:
            filters->filter[i] = LS_FILTER_FLETCHER32;
            break;
        default:
            return false;
        }
    }
    return ls_filters_can(filters);
}

static bool take_type(hid_t dataset, hid_t creation, ls_h5_chunks *c)
{
    H5D_fill_value_t defined = H5D_FILL_VALUE_UNDEFINED;
    bool big_endian = false;
    hid_t type = H5Dget_type(dataset);
    bool good = type >= 0 && ls_h5_element(type, &c->type.element, &big_endian) &&
                H5Pfill_value_defined(creation, &defined) >= 0;
    if (good && defined != H5D_FILL_VALUE_UNDEFINED) /* else zeros; libhdf5 leaves what was in memory */
        good = H5Pget_fill_value(creation, type, &c->fill) >= 0;
    ls_h5_release_type(type);
    c->type.swapped = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    return good;
}

static bool take_shape(const ls_h5_dataset *d, int axis, ls_h5_chunks *c)
{
    c->rank = d->rank;
    c->axis = axis < d->rank ? axis : d->rank - 1;
    c->bytes = ls_element_bytes(c->type.element);
    for (int i = 0; i < d->rank; i++) {
        c->shape[i] = d->shape[i];
        c->chunk[i] = d->chunk[i];
        if (c->chunk[i] < 1 || c->shape[i] < 1 || __builtin_mul_overflow(c->bytes, c->chunk[i], &c->bytes) ||
            c->bytes > CHUNK_MOST)
            return false;
        c->across[i] = (c->shape[i] - 1) / c->chunk[i] + 1;
    }
    return d->rank > 0;
}

/* A damaged file may give chunks other axes than the dataset, and libhdf5 1.10 opens it. */
static bool has_same_rank(const ls_h5_dataset *d, hid_t creation)
{
    return H5Pget_chunk(creation, 0, NULL) == d->rank;
}

/* How much of a file there is bounds what one of its chunks can take. The file may be another one, by a link. */
static bool take_file(hid_t dataset, ls_h5_chunks *c)
{
    hsize_t bytes = 0;
    hid_t file = H5Iget_file_id(dataset);
    const bool good = file >= 0 && H5Fget_filesize(file, &bytes) >= 0 && bytes <= (hsize_t)INT64_MAX;
    if (file >= 0)
        (void)H5Fclose(file);
    c->file_bytes = (int64_t)bytes;
    return good;
}

static bool take_all(const ls_h5_kept *kept, hid_t creation, ls_h5_chunks *c)
{
    if (H5Pget_layout(creation) != H5D_CHUNKED || !take_filters(creation, &c->filters) ||
        !take_type(kept->id, creation, c) || !has_same_rank(&kept->description, creation) ||
        !take_shape(&kept->description, kept->rows_at, c) || !take_file(kept->id, c))
        return false;
#if H5_VERSION_GE(1, 10, 0)
    unsigned options = 0;
    if (H5Pget_chunk_opts(creation, &options) < 0)
        return false;
    c->plain_edges = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
#endif
    return true;
}

ls_status ls_h5_chunks_open(const ls_h5_file *file, ls_h5_kept *kept)
{
    ls_h5_chunks *c;
    ls_status status = LS_OK;
    bool cached;
    kept->chunks = NULL;
    if (kept->description.class_ == LS_H5_OTHER || kept->description.chunk[0] == 0)
        return LS_OK;
    hid_t creation = H5Dget_create_plist(kept->id);
    if (creation < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "the properties of %s cannot be read", kept->path);
    LS_TRY_CLEANUP(ls_memory_allocate(&c, 1, sizeof *c, "reader of chunks"));
    kept->chunks = c;
    c->band = -1;
    if (!take_all(kept, creation, c)) {
        ls_h5_chunks_close(c);
        kept->chunks = NULL;
        goto cleanup;
    }
    (void)ls_h5_band(&kept->description, (size_t)ls_element_bytes(c->type.element), c->axis, &cached);
    if (cached) {
        int64_t slots = 1;
        for (int i = 0; i < c->rank; i++)
            slots *= i == c->axis ? 1 : c->across[i]; /* at most the band's bytes */
        c->slots = slots <= KEPT_MOST ? slots : 0;
    }
cleanup:
    ls_h5_release_plist(creation);
    return status;
}

#else

ls_status ls_h5_chunks_open(const ls_h5_file *file, ls_h5_kept *kept)
{
    (void)file;
    kept->chunks = NULL;
    return LS_OK;
}

#endif

/* ---- the band that is kept ---- */

void ls_h5_slots_free(const ls_h5_chunks *c, unsigned char **slot)
{
    for (int64_t i = 0; slot != NULL && i < c->slots; i++)
        ls_memory_free(slot[i]);
    ls_memory_free(slot);
}

void ls_h5_chunks_close(ls_h5_chunks *c)
{
    if (c == NULL)
        return;
    ls_h5_slots_free(c, c->slot);
    ls_memory_free(c);
}

bool ls_h5_chunks_can(const ls_h5_kept *kept, ls_h5_number number)
{
    return kept->chunks != NULL && ls_recast_can(kept->chunks->type.element, number);
}

ls_h5_box ls_h5_box_of(const ls_h5_dataset *dataset, int axis, int64_t first, int64_t count, void *values)
{
    ls_h5_box box = {.values = values};
    int64_t step = 1;
    for (int i = dataset->rank - 1; i >= 0; i--) {
        box.start[i] = i == axis ? first : 0;
        box.extent[i] = i == axis ? count : dataset->shape[i];
        box.step[i] = step;
        if (i > 0) /* beyond the first axis it could be too large, and nobody asks */
            step *= box.extent[i];
    }
    return box;
}
