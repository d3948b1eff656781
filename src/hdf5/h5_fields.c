/* What the members of a compound type are: names, numbers, and their places among the columns. */
#include "hdf5/h5_fields.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MOST ((int64_t)1 << 20)
#define FIELDS_MOST  65536
#define DEPTH_MOST   8
#define NAME_MOST    512

void ls_h5_fields_free(ls_h5_fields *fields)
{
    for (int i = 0; i < fields->count; i++)
        ls_memory_free(fields->field[i].name);
    ls_memory_free(fields->field);
    memset(fields, 0, sizeof *fields);
}

/* The fields while they grow. */
typedef struct finding {
    const char *place;
    ls_h5_fields *fields;
    int64_t capacity;
} finding;

static ls_status make_room(finding *f)
{
    return ls_memory_grow(&f->fields->field, &f->capacity, f->fields->count + 1, sizeof *f->fields->field,
                          "fields of a table");
}

static ls_status too_large(const finding *f, const char *name)
{
    return ls_fail(LS_ERR_DATA,
                   "%s: the compound type of a dataset has more than %d fields, %lld columns or %d levels, at field "
                   "%.64s; write the values as arrays of numbers",
                   f->place, FIELDS_MOST, (long long)COLUMNS_MOST, DEPTH_MOST, name);
}

/* How many numbers an array type has in one element; its elements' type in *base, to be closed. 0: too many. */
static int64_t array_elements(hid_t type, hid_t *base)
{
    hsize_t extent[H5S_MAX_RANK];
    const int rank = H5Tget_array_ndims(type);
    int64_t elements = 1;
    *base = H5Tget_super(type);
    if (*base < 0 || rank < 1 || rank > H5S_MAX_RANK || H5Tget_array_dims2(type, extent) < 0)
        return 0;
    for (int i = 0; i < rank; i++) {
        if (extent[i] > (hsize_t)COLUMNS_MOST)
            return 0;
        elements *= (int64_t)extent[i];
        if (elements > COLUMNS_MOST)
            return 0;
    }
    return elements;
}

static ls_status add_leaf(finding *f, hid_t type, const char *name)
{
    ls_h5_dataset d = {0};
    ls_h5_fields *all = f->fields;
    hid_t base = -1;
    int64_t elements = 1;
    if (all->count == FIELDS_MOST)
        return too_large(f, name);
    LS_TRY(make_room(f));
    const bool array = H5Tget_class(type) == H5T_ARRAY;
    if (array)
        elements = array_elements(type, &base);
    if (!array || base >= 0)
        ls_h5_describe_type(array ? base : type, &d);
    else
        d.class_ = LS_H5_OTHER;
    ls_h5_release_type(base);
    ls_h5_field *field = &all->field[all->count];
    *field = (ls_h5_field){.naming = array ? LS_H5_NAMING_NONE : d.naming,
                           .array = array,
                           .bits = d.bitfield,
                           .swapped = d.swapped_double,
                           .class_ = elements > 0 ? d.class_ : LS_H5_OTHER,
                           .stored = d.stored,
                           .first = all->columns};
    if (field->class_ != LS_H5_OTHER)
        field->columns = elements;
    if (all->columns + field->columns > COLUMNS_MOST)
        return too_large(f, name);
    all->columns += field->columns;
    LS_TRY(ls_memory_allocate(&field->name, (int64_t)strlen(name) + 1, 1, "name of a field"));
    memcpy(field->name, name, strlen(name) + 1);
    all->count++;
    return LS_OK;
}

/* A member while they are sorted. */
typedef struct placed {
    size_t offset;
    unsigned number;
} placed;

static int by_offset(const void *a, const void *b)
{
    const placed *one = a, *other = b;
    return one->offset < other->offset ? -1 : one->offset > other->offset;
}

ls_status ls_h5_members_in_order(const char *place, hid_t type, unsigned **members, int *count)
{
    placed *sorted = NULL;
    *members = NULL;
    *count = H5Tget_nmembers(type);
    if (*count < 1 || *count > FIELDS_MOST)
        return ls_fail(LS_ERR_DATA, "%s: a compound type has %d members; 1 to %d can be read", place, *count,
                       FIELDS_MOST);
    LS_TRY(ls_memory_allocate(&sorted, *count, sizeof *sorted, "fields of a table"));
    const ls_status status = ls_memory_allocate(members, *count, sizeof **members, "fields of a table");
    for (int i = 0; i < *count; i++)
        sorted[i] = (placed){H5Tget_member_offset(type, (unsigned)i), (unsigned)i};
    qsort(sorted, (size_t)*count, sizeof *sorted, by_offset);
    for (int i = 0; i < *count && status == LS_OK; i++)
        (*members)[i] = sorted[i].number;
    ls_memory_free(sorted);
    return status;
}

/* `name` (NAME_MOST) is that of the compound, "" for the outermost, and comes back unchanged. */
static ls_status walk(finding *f, hid_t type, char *name, int depth)
{
    const size_t length = strlen(name);
    unsigned *members;
    int count;
    if (depth > DEPTH_MOST)
        return too_large(f, name);
    ls_status status = ls_h5_members_in_order(f->place, type, &members, &count);
    for (int i = 0; i < count && status == LS_OK; i++) {
        hid_t member = H5Tget_member_type(type, members[i]);
        char *own = H5Tget_member_name(type, members[i]);
        const int written = snprintf(name + length, NAME_MOST - length, "%s%s", length == 0 ? "" : ".", own ? own : "");
        if (member < 0 || own == NULL)
            status = ls_fail(LS_ERR_DATA, "%s: a field of a compound type cannot be read", f->place);
        else if (written < 0 || (size_t)written >= NAME_MOST - length)
            status = too_large(f, name);
        else if (H5Tget_class(member) == H5T_COMPOUND)
            status = walk(f, member, name, depth + 1);
        else
            status = add_leaf(f, member, name);
        name[length] = '\0';
        if (own != NULL)
            (void)H5free_memory(own);
        ls_h5_release_type(member);
    }
    ls_memory_free(members);
    return status;
}

ls_status ls_h5_fields_find(const char *place, hid_t type, ls_h5_fields *fields)
{
    char name[NAME_MOST] = "";
    memset(fields, 0, sizeof *fields);
    finding f = {.place = place, .fields = fields};
    const ls_status status = walk(&f, type, name, 0);
    if (status != LS_OK)
        ls_h5_fields_free(fields);
    return status;
}

int ls_h5_fields_at(const ls_h5_fields *fields, int64_t column)
{
    int low = 0, high = fields->count;
    while (low + 1 < high) { /* the last that begins there or before: those without columns come before it */
        const int middle = low + (high - low) / 2;
        if (fields->field[middle].first <= column)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* What the columns together are, and which fields are none. */
static void join_fields(const ls_h5_fields *fields, ls_h5_dataset *d)
{
    bool first = true;
    for (int i = 0; i < fields->count; i++) {
        const ls_h5_field *f = &fields->field[i];
        if (f->columns == 0) {
            ls_h5_append(d->no_numbers, sizeof d->no_numbers, d->no_numbers[0] == '\0' ? "" : ", ");
            ls_h5_append(d->no_numbers, sizeof d->no_numbers, f->name);
            continue;
        }
        d->class_ = first                                                  ? f->class_
                    : f->class_ == LS_H5_FLOAT || d->class_ == LS_H5_FLOAT ? LS_H5_FLOAT
                                                                           : LS_H5_INTEGER;
        d->stored = first ? f->stored : ls_number_join(d->stored, f->stored);
        first = false;
    }
}

void ls_h5_describe_fields(hid_t type, ls_h5_dataset *d)
{
    ls_h5_fields fields;
    int64_t elements = 1;
    if (H5Tget_class(type) != H5T_COMPOUND || strcmp(d->type, "compound") != 0 ||
        ls_h5_fields_find(d->path, type, &fields) != LS_OK)
        return;
    for (int i = 0; i < d->rank; i++)
        elements *= d->shape[i];
    if (d->rank > 0 && d->rank < LS_H5_MAX_RANK && fields.columns > 0 &&
        !__builtin_mul_overflow(elements, fields.columns, &elements) && elements <= INT64_MAX / 64) {
        join_fields(&fields, d);
        d->fields = fields.columns;
        if (d->chunk[0] > 0)
            d->chunk[d->rank] = fields.columns;
        d->shape[d->rank++] = fields.columns;
    }
    ls_h5_fields_free(&fields);
}
