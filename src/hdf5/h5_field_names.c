/* What the columns of a compound are called, and what some of them hold. */
#include "hdf5/h5_fields.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* The fields of a dataset; count 0 for one that is no compound with numbers. */
static ls_status fields_of(ls_h5_file *file, const char *path, const ls_h5_kept **dataset, ls_h5_fields *fields)
{
    memset(fields, 0, sizeof *fields);
    LS_TRY(ls_h5_dataset_open(file, path, 0, dataset));
    if ((*dataset)->description.fields == 0)
        return LS_OK;
    hid_t type = H5Dget_type((*dataset)->id);
    const ls_status status = type < 0 ? ls_h5_fail(LS_ERR_DATA, file, "the type of %s cannot be read", path)
                                      : ls_h5_fields_find(path, type, fields);
    ls_h5_release_type(type);
    return status;
}

/* Appended at *at, which moves behind it; with NULL only counted. */
static void put_name(const ls_h5_field *field, int64_t column, int64_t element, bool elements, char **text,
                     size_t *bytes)
{
    char end[64] = "";
    if (field->columns > 1)
        (void)snprintf(end, sizeof end, ".%lld", (long long)column);
    if (elements)
        (void)snprintf(end + strlen(end), sizeof end - strlen(end), ".%lld", (long long)element);
    const size_t length = strlen(field->name) + strlen(end) + 1;
    if (text != NULL) {
        (void)snprintf(*text, length, "%s%s", field->name, end);
        *text += length;
    }
    *bytes += length;
}

/* Names of all columns of a row; with NULL their bytes only. */
static size_t put_names(const ls_h5_fields *fields, int64_t elements, char **names, char *text)
{
    size_t bytes = 0;
    int64_t at = 0;
    for (int64_t e = 0; e < elements; e++)
        for (int i = 0; i < fields->count; i++)
            for (int64_t c = 0; c < fields->field[i].columns; c++) {
                if (names != NULL)
                    names[at++] = text;
                put_name(&fields->field[i], c, e, elements > 1, names != NULL ? &text : NULL, &bytes);
            }
    return bytes;
}

ls_status ls_h5_field_names(ls_h5_file *file, const char *path, char ***names, int *count)
{
    const ls_h5_kept *dataset;
    ls_h5_fields fields;
    ls_h5_guard guard;
    *names = NULL;
    *count = 0;
    ls_h5_enter(&guard);
    ls_status status = fields_of(file, path, &dataset, &fields);
    if (status == LS_OK && fields.count > 0) {
        int64_t elements = 1;
        for (int i = 1; i < dataset->description.rank - 1; i++)
            elements *= dataset->description.shape[i];
        const int64_t columns = elements * fields.columns;
        if (columns <= INT32_MAX) {
            const size_t head = (size_t)columns * sizeof **names;
            status = ls_memory_allocate(names, (int64_t)(head + put_names(&fields, elements, NULL, NULL)), 1,
                                        "names of columns");
            if (status == LS_OK) {
                (void)put_names(&fields, elements, *names, (char *)(*names + columns));
                *count = (int)columns;
            }
        }
    }
    ls_h5_fields_free(&fields);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_field_types(ls_h5_file *file, const char *path, const ls_h5_range *ranges, int count,
                            ls_h5_dataset *description)
{
    const ls_h5_kept *dataset;
    ls_h5_fields fields;
    ls_h5_guard guard;
    bool first = true;
    ls_h5_enter(&guard);
    const ls_status status = fields_of(file, path, &dataset, &fields);
    for (int i = 0; status == LS_OK && i < count && fields.columns > 0; i++)
        for (int64_t c = ranges[i].first; c < ranges[i].first + ranges[i].count; c++) {
            const ls_h5_field *f = &fields.field[ls_h5_fields_at(&fields, c % fields.columns)];
            const bool floats = f->class_ == LS_H5_FLOAT || (!first && description->class_ == LS_H5_FLOAT);
            description->class_ = floats ? LS_H5_FLOAT : first ? f->class_ : LS_H5_INTEGER;
            description->stored = first ? f->stored : ls_number_join(description->stored, f->stored);
            first = false;
        }
    ls_h5_fields_free(&fields);
    ls_h5_leave(&guard);
    return status;
}
