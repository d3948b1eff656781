/* Reading columns of a compound: libhdf5 converts the wanted fields to one type, packed, and they are put in order. */
#include "hdf5/h5_fields.h"

#include "base/halt.h"
#include "base/memory.h"

#include <string.h>

/* ---- types in memory ---- */

typedef struct making {
    const bool *wanted; /* of each field */
    const ls_h5_fields *fields;
    size_t bytes; /* more than any compound in it takes */
    hid_t leaf;
    int next; /* field */
} making;

/* A field's numbers, in an array of the shape that its own has. */
static hid_t leaf_type(const making *m, hid_t member, const ls_h5_field *field)
{
    hsize_t extent[H5S_MAX_RANK];
    if (!field->array)
        return H5Tcopy(m->leaf);
    const int rank = H5Tget_array_dims2(member, extent);
    return rank < 1 ? -1 : H5Tarray_create2(m->leaf, (unsigned)rank, extent);
}

static hid_t make_compound(making *m, hid_t type);

/* The member's type in memory; -1: nothing of it is wanted, *good stays; or libhdf5 refuses. */
static hid_t make_member(making *m, hid_t member, bool *good)
{
    const int before = m->next;
    if (H5Tget_class(member) == H5T_COMPOUND) {
        hid_t made = make_compound(m, member);
        bool any = false;
        for (int i = before; i < m->next; i++)
            any = any || m->wanted[i];
        if (made >= 0 && any)
            return made;
        *good = *good && !any;
        ls_h5_release_type(made);
        return -1;
    }
    const int field = m->next++;
    if (field >= m->fields->count || !m->wanted[field])
        return -1;
    hid_t made = leaf_type(m, member, &m->fields->field[field]);
    *good = *good && made >= 0;
    return made;
}

static hid_t make_compound(making *m, hid_t type)
{
    hid_t made = H5Tcreate(H5T_COMPOUND, m->bytes);
    unsigned *members;
    int count;
    bool good = ls_h5_members_in_order("", type, &members, &count) == LS_OK && made >= 0;
    size_t offset = 0;
    for (int i = 0; i < count && good; i++) {
        hid_t member = H5Tget_member_type(type, members[i]);
        char *name = H5Tget_member_name(type, members[i]);
        good = member >= 0 && name != NULL;
        hid_t inner = good ? make_member(m, member, &good) : -1;
        if (inner >= 0 && good) {
            good = H5Tinsert(made, name, offset, inner) >= 0;
            offset += H5Tget_size(inner);
        }
        ls_h5_release_type(inner);
        ls_h5_release_type(member);
        if (name != NULL)
            (void)H5free_memory(name);
    }
    ls_memory_free(members);
    if (good && (offset == 0 || H5Tset_size(made, offset) >= 0))
        return made;
    ls_h5_release_type(made);
    return -1;
}

hid_t ls_h5_fields_memory(hid_t type, const ls_h5_fields *fields, const bool *wanted, hid_t leaf)
{
    const size_t size = H5Tget_size(leaf);
    making m = {.wanted = wanted, .fields = fields, .leaf = leaf, .bytes = size};
    for (int i = 0; i < fields->count; i++)
        if (wanted[i])
            m.bytes += size * (size_t)(fields->field[i].columns > 0 ? fields->field[i].columns : 1);
    return make_compound(&m, type);
}

/* ---- columns ---- */

typedef struct reading {
    const ls_h5_file *file;
    const ls_h5_kept *dataset;
    ls_h5_fields fields;
    bool *wanted;     /* of each field */
    int64_t *place;   /* of each field among the values of an element in memory */
    int64_t values;   /* of an element in memory */
    int64_t *from;    /* (columns) where in a row in memory the chosen ones are */
    int64_t columns;  /* chosen */
    int64_t elements; /* of a row */
    size_t size;
    hid_t number, type; /* in memory: one value, an element */
    ls_h5_odd odd;
} reading;

static void want(reading *r, const ls_h5_range *ranges, int count)
{
    for (int i = 0; i < count; i++)
        for (int64_t c = ranges[i].first; c < ranges[i].first + ranges[i].count; c++)
            r->wanted[ls_h5_fields_at(&r->fields, c % r->fields.columns)] = true;
    for (int i = 0; i < r->fields.count; i++) {
        const ls_h5_field *f = &r->fields.field[i];
        r->place[i] = r->values;
        if (!r->wanted[i])
            continue;
        r->values += f->columns;
        r->odd.bits = r->odd.bits || f->bits;
        r->odd.narrow = r->odd.narrow || f->swapped;
    }
}

static void find_places(reading *r, const ls_h5_range *ranges, int count)
{
    int64_t at = 0;
    for (int i = 0; i < count; i++)
        for (int64_t c = ranges[i].first; c < ranges[i].first + ranges[i].count; c++) {
            const int64_t column = c % r->fields.columns;
            const int field = ls_h5_fields_at(&r->fields, column);
            r->from[at++] = c / r->fields.columns * r->values + r->place[field] + column - r->fields.field[field].first;
        }
}

static ls_status prepare(reading *r, const ls_h5_range *ranges, int count, ls_h5_number number)
{
    const ls_h5_dataset *d = &r->dataset->description;
    hid_t type = H5Dget_type(r->dataset->id);
    if (type < 0)
        return ls_h5_fail(LS_ERR_DATA, r->file, "the type of %s cannot be read", d->path);
    ls_status status = ls_h5_fields_find(d->path, type, &r->fields);
    for (int i = 0; i < count; i++)
        r->columns += ranges[i].count;
    r->elements = 1;
    for (int i = 1; i < d->rank - 1; i++)
        r->elements *= d->shape[i];
    LS_TRY_CLEANUP(status);
    if (r->fields.columns != d->fields)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s: the fields of %s have changed", r->file->path, d->path));
    LS_TRY_CLEANUP(ls_memory_allocate(&r->wanted, r->fields.count, sizeof *r->wanted, "fields to be read"));
    LS_TRY_CLEANUP(ls_memory_allocate(&r->place, r->fields.count, sizeof *r->place, "fields to be read"));
    LS_TRY_CLEANUP(ls_memory_allocate(&r->from, r->columns, sizeof *r->from, "columns to be read"));
    want(r, ranges, count);
    find_places(r, ranges, count);
    r->number = number == LS_H5_NUMBER_FLOAT16 ? ls_h5_half_type() : H5Tcopy(ls_h5_memory_type(number));
    r->odd.narrow = r->odd.narrow && number == LS_H5_NUMBER_FLOAT;
    r->type = r->number < 0 ? -1 : ls_h5_fields_memory(type, &r->fields, r->wanted, r->number);
    if (r->type < 0)
        status = ls_h5_fail(LS_ERR_DATA, r->file, "no type in memory for %s", d->path);
cleanup:
    ls_h5_release_type(type);
    return status;
}

static ls_status read_block(const reading *r, int64_t first, int64_t count, void *block)
{
    const ls_h5_dataset *d = &r->dataset->description;
    hsize_t start[LS_H5_MAX_RANK] = {0}, extent[LS_H5_MAX_RANK];
    for (int i = 0; i < d->rank - 1; i++)
        extent[i] = (hsize_t)d->shape[i];
    start[0] = (hsize_t)first;
    extent[0] = (hsize_t)count;
    hid_t file_space = H5Dget_space(r->dataset->id), memory_space = H5Screate_simple(d->rank - 1, extent, NULL);
    ls_status status = LS_OK;
    if (file_space < 0 || memory_space < 0 ||
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, extent, NULL) < 0)
        status = ls_h5_fail(LS_ERR_DATA, r->file, "rows of %s cannot be selected", d->path);
    else if (ls_h5_read_odd(r->dataset->id, r->odd, r->number, r->type, memory_space, file_space, block) < 0)
        status = ls_h5_fail(LS_ERR_DATA, r->file,
                            "rows %lld to %lld of %s (%s, %s) cannot be read; the file is damaged there",
                            (long long)first, (long long)(first + count - 1), d->path, d->type, d->layout);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    return status;
}

#define PUT(type)                                                                                                      \
    for (int64_t i = 0; i < count; i++) {                                                                              \
        const type *row = (const type *)block + i * r->elements * r->values;                                           \
        type *to = (type *)values + i * stride;                                                                        \
        for (int64_t c = 0; c < r->columns; c++)                                                                       \
            to[c] = row[r->from[c]];                                                                                   \
    }

static void put_columns(const reading *r, int64_t count, const void *block, int64_t stride, void *values)
{
    switch (r->size) {
    case 1:
        PUT(uint8_t)
        break;
    case 2:
        PUT(uint16_t)
        break;
    case 4:
        PUT(uint32_t)
        break;
    default:
        PUT(uint64_t)
        break;
    }
}

static ls_status read_rows(const reading *r, int64_t first, int64_t count, int64_t stride, char *values)
{
    const int64_t row = r->elements * r->values * (int64_t)r->size;
    const int64_t fitting = row > LS_H5_TABLE_MEMORY ? 1 : LS_H5_TABLE_MEMORY / row;
    const int64_t most = fitting < count ? fitting : count;
    void *block;
    LS_TRY(ls_memory_allocate(&block, most, (size_t)row, "rows of a table"));
    ls_status status = LS_OK;
    for (int64_t done = 0, now; done < count && status == LS_OK; done += now) {
        now = most < count - done ? most : count - done;
        status = ls_halt();
        if (status == LS_OK)
            status = read_block(r, first + done, now, block);
        if (status == LS_OK)
            put_columns(r, now, block, stride, values + (size_t)(done * stride) * r->size);
    }
    ls_memory_free(block);
    return status;
}

ls_status ls_h5_fields_read(const ls_h5_file *file, const ls_h5_kept *dataset, const ls_h5_range *ranges,
                            int range_count, int64_t first, int64_t count, ls_h5_number number, int64_t stride,
                            void *values)
{
    reading r = {.file = file, .dataset = dataset, .size = ls_number_size(number), .number = -1, .type = -1};
    ls_status status = prepare(&r, ranges, range_count, number);
    if (status == LS_OK)
        status = read_rows(&r, first, count, stride, values);
    ls_h5_release_type(r.type);
    ls_h5_release_type(r.number);
    ls_memory_free(r.wanted);
    ls_memory_free(r.place);
    ls_memory_free(r.from);
    ls_h5_fields_free(&r.fields);
    return status;
}
