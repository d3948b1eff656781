/* Labels as texts: datasets and fields of strings, and the names that the numbers of enumerations and categories have.
 */
#include "hdf5/h5_fields.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* A label is a word; what is longer is no label. */
#define TEXT_MOST  65536
#define NAMES_MOST 65536

/* ---- strings ---- */

typedef struct reading {
    ls_h5_file *file;
    const ls_h5_kept *dataset;
    hid_t text;   /* one string in memory */
    hid_t memory; /* the same, inside the compounds that it lies in */
} reading;

/* The type of a field of strings; *wanted (fields->count) is freed with ls_memory_free. */
static ls_status find_field(const reading *r, hid_t type, const char *field, ls_h5_fields *fields, bool **wanted)
{
    LS_TRY(ls_h5_fields_find(r->dataset->path, type, fields));
    LS_TRY(ls_memory_allocate(wanted, fields->count + 1, sizeof **wanted, "fields to be read"));
    for (int i = 0; i < fields->count; i++)
        if (fields->field[i].naming == LS_H5_NAMING_TEXT && strcmp(fields->field[i].name, field) == 0) {
            (*wanted)[i] = true;
            return LS_OK;
        }
    return ls_fail(LS_ERR_DATA, "%s: %s has no field %s of texts", r->file->path, r->dataset->path, field);
}

/* The type of a member that is named with dots; to be closed. */
static hid_t member_type(hid_t type, const char *name)
{
    const int members = H5Tget_nmembers(type);
    hid_t found = -1;
    for (int i = 0; i < members && found < 0; i++) {
        char *own = H5Tget_member_name(type, (unsigned)i);
        const size_t length = own == NULL ? 0 : strlen(own);
        hid_t member = H5Tget_member_type(type, (unsigned)i);
        const bool compound = member >= 0 && H5Tget_class(member) == H5T_COMPOUND;
        if (own != NULL && !compound && strcmp(own, name) == 0)
            found = H5Tcopy(member);
        else if (own != NULL && compound && strncmp(own, name, length) == 0 && name[length] == '.')
            found = member_type(member, name + length + 1);
        ls_h5_release_type(member);
        if (own != NULL)
            (void)H5free_memory(own);
    }
    return found;
}

static ls_status make_types(reading *r, const char *field)
{
    hid_t type = H5Dget_type(r->dataset->id);
    ls_h5_fields fields = {0};
    bool *wanted = NULL;
    ls_status status = LS_OK;
    if (type >= 0 && field != NULL) {
        LS_TRY_CLEANUP(find_field(r, type, field, &fields, &wanted));
        r->text = member_type(type, field);
        r->memory = r->text < 0 ? -1 : ls_h5_fields_memory(type, &fields, wanted, r->text);
    } else if (type >= 0) {
        r->text = H5Tcopy(type);
        r->memory = H5Tcopy(type);
    }
    if (r->text < 0 || r->memory < 0)
        status = ls_h5_fail(LS_ERR_DATA, r->file, "the type of %s cannot be read", r->dataset->path);
    else if (H5Tget_class(r->text) != H5T_STRING)
        status = ls_fail(LS_ERR_DATA, "%s: %s holds no texts", r->file->path, r->dataset->path);
    else if (H5Tis_variable_str(r->text) == 0 && H5Tget_size(r->text) > TEXT_MOST)
        status = ls_fail(LS_ERR_DATA, "%s: the texts of %s take %zu bytes each; labels have at most %d", r->file->path,
                         r->dataset->path, H5Tget_size(r->text), TEXT_MOST);
cleanup:
    ls_memory_free(wanted);
    ls_h5_fields_free(&fields);
    ls_h5_release_type(type);
    return status;
}

static bool is_row(const ls_h5_dataset *d)
{
    return d->rank == 2 && d->fields == 0 && d->shape[0] == 1 && d->shape[1] != 1;
}

/* One label a row: of (1, n) they stand along the second axis. */
static ls_status select_labels(ls_h5_file *file, const ls_h5_kept *dataset, int64_t first, int64_t count,
                               hid_t *file_space, hid_t *memory_space)
{
    const ls_h5_dataset *d = &dataset->description;
    if (!is_row(d))
        return ls_h5_select_rows(file, dataset, LS_ERR_DATA, first, count, file_space, memory_space);
    const hsize_t start[2] = {0, (hsize_t)first}, extents[2] = {1, (hsize_t)count};
    *file_space = H5Dget_space(dataset->id);
    *memory_space = H5Screate_simple(2, extents, NULL);
    return *memory_space >= 0 && H5Sselect_hyperslab(*file_space, H5S_SELECT_SET, start, NULL, extents, NULL) >= 0
               ? LS_OK
               : ls_h5_fail(LS_ERR_DATA, file, "labels of %s cannot be selected", dataset->path);
}

/* A damaged file may claim lengths beyond all reason. */
static ls_status check_lengths(const reading *r, char *const *texts, int64_t first, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        if (texts[i] != NULL && strnlen(texts[i], TEXT_MOST + 1) > TEXT_MOST)
            return ls_fail(LS_ERR_DATA,
                           "%s: %s row %lld (counted from 0) is longer than %d bytes; labels have at most so many",
                           r->file->path, r->dataset->path, (long long)(first + i), TEXT_MOST);
    return LS_OK;
}

static ls_status read_selected(const reading *r, int64_t first, int64_t count, hid_t memory_space, hid_t file_space,
                               char ***texts)
{
    const bool variable = H5Tis_variable_str(r->text) > 0;
    const size_t size = variable ? sizeof(char *) : H5Tget_size(r->text);
    char *bytes;
    LS_TRY(ls_memory_allocate(&bytes, count, size, "texts"));
    ls_status status = LS_OK;
    const bool got = H5Dread(r->dataset->id, r->memory, memory_space, file_space, H5P_DEFAULT, bytes) >= 0;
    if (!got)
        status = ls_h5_fail(LS_ERR_DATA, r->file,
                            "rows %lld to %lld of %s (texts) cannot be read; the file is damaged there",
                            (long long)first, (long long)(first + count - 1), r->dataset->path);
    else if (variable) {
        status = check_lengths(r, (char **)(void *)bytes, first, count);
        if (status == LS_OK)
            status = ls_h5_pack_texts((char **)(void *)bytes, NULL, 0, count, texts);
    } else {
        ls_h5_strip_texts(r->text, count, bytes);
        status = ls_h5_pack_texts(NULL, bytes, size, count, texts);
    }
    if (got && variable)
        ls_h5_reclaim_texts(r->memory, memory_space, bytes);
    ls_memory_free(bytes);
    return status;
}

static ls_status read_strings(ls_h5_file *file, const ls_h5_kept *dataset, const char *field, int64_t first,
                              int64_t count, char ***texts)
{
    reading r = {.file = file, .dataset = dataset, .text = -1, .memory = -1};
    hid_t file_space = -1, memory_space = -1;
    ls_status status = make_types(&r, field);
    if (status == LS_OK)
        status = select_labels(file, dataset, first, count, &file_space, &memory_space);
    if (status == LS_OK && H5Sget_select_npoints(file_space) != (hssize_t)count)
        status = ls_fail(LS_ERR_DATA, "%s: %s has several texts a row, expected one label", file->path, dataset->path);
    if (status == LS_OK)
        status = read_selected(&r, first, count, memory_space, file_space, texts);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    ls_h5_release_type(r.text);
    ls_h5_release_type(r.memory);
    return status;
}

/* ---- names of numbers ---- */

/* Of a field, or with NULL of the dataset itself; *column: the field's first. */
static ls_status find_naming(const ls_h5_kept *dataset, const char *field, ls_h5_naming *naming, int64_t *column)
{
    ls_h5_fields fields = {0};
    *naming = field == NULL ? dataset->description.naming : LS_H5_NAMING_NONE;
    *column = 0;
    if (field == NULL || strcmp(dataset->description.type, "compound") != 0)
        return LS_OK;
    hid_t type = H5Dget_type(dataset->id);
    const ls_status status = type < 0 ? LS_OK : ls_h5_fields_find(dataset->path, type, &fields);
    for (int i = 0; i < fields.count; i++)
        if (strcmp(fields.field[i].name, field) == 0) {
            *naming = fields.field[i].naming;
            *column = fields.field[i].first;
        }
    ls_h5_release_type(type);
    ls_h5_fields_free(&fields);
    return status;
}

static ls_status enum_names(const ls_h5_file *file, const ls_h5_kept *dataset, const char *field, char ***names,
                            int *count)
{
    hid_t whole = H5Dget_type(dataset->id), type = whole < 0 || field == NULL ? whole : member_type(whole, field);
    hid_t base = type < 0 ? -1 : H5Tget_super(type);
    const int members = type < 0 ? -1 : H5Tget_nmembers(type);
    char **text = NULL;
    ls_status status = ls_h5_fail(LS_ERR_DATA, file, "the enumeration of %s cannot be read", dataset->path);
    if (base < 0 || members < 1 || members > NAMES_MOST)
        goto cleanup;
    LS_TRY_CLEANUP(ls_memory_allocate(&text, members, sizeof *text, "names of an enumeration"));
    for (int i = 0; i < members; i++) {
        int64_t value[2] = {-1, 0};
        if (H5Tget_size(base) <= sizeof value[0] && H5Tget_member_value(type, (unsigned)i, value) >= 0 &&
            H5Tconvert(base, H5T_NATIVE_INT64, 1, value, NULL, H5P_DEFAULT) >= 0 && value[0] >= 0 &&
            value[0] < members && text[value[0]] == NULL)
            text[value[0]] = H5Tget_member_name(type, (unsigned)i);
    }
    status = ls_h5_pack_texts(text, NULL, 0, members, names);
    *count = members;
cleanup:
    for (int i = 0; text != NULL && i < members; i++)
        if (text[i] != NULL)
            (void)H5free_memory(text[i]);
    ls_memory_free(text);
    ls_h5_release_type(base);
    ls_h5_release_type(type);
    if (type != whole)
        ls_h5_release_type(whole);
    return status;
}

/* Those of `categories` in the same group. */
static ls_status category_names(ls_h5_file *file, const ls_h5_kept *dataset, char ***names, int *count)
{
    char path[sizeof dataset->path + 16];
    const ls_h5_kept *categories;
    const char *slash = strrchr(dataset->path, '/');
    (void)snprintf(path, sizeof path, "%.*scategories", slash == NULL ? 0 : (int)(slash - dataset->path) + 1,
                   dataset->path);
    LS_TRY(ls_h5_dataset_open(file, path, 0, &categories));
    const ls_h5_dataset *d = &categories->description;
    if (d->naming != LS_H5_NAMING_TEXT || d->rank != 1 || d->shape[0] < 1 || d->shape[0] > NAMES_MOST)
        return ls_fail(LS_ERR_DATA, "%s: %s holds no names of categories", file->path, path);
    *count = (int)d->shape[0];
    return read_strings(file, categories, NULL, 0, d->shape[0], names);
}

static ls_status names_inside(ls_h5_file *file, const char *path, const char *field, const ls_h5_kept **dataset,
                              char ***names, int *count)
{
    ls_h5_kept copy;
    ls_h5_naming naming;
    int64_t column;
    LS_TRY(ls_h5_dataset_open(file, path, 0, dataset));
    LS_TRY(find_naming(*dataset, field, &naming, &column));
    if (naming == LS_H5_NAMING_ENUM)
        return enum_names(file, *dataset, field, names, count);
    if (naming != LS_H5_NAMING_CATEGORIES)
        return ls_fail(LS_ERR_DATA, "%s: the values of %s have no names", file->path, path);
    copy = **dataset; /* opening another may close it */
    LS_TRY(category_names(file, &copy, names, count));
    return ls_h5_dataset_open(file, path, 0, dataset);
}

static ls_status read_numbers(ls_h5_file *file, const ls_h5_kept *dataset, int64_t first, int64_t count,
                              int64_t *numbers)
{
    hid_t file_space = -1, memory_space = -1;
    ls_status status = select_labels(file, dataset, first, count, &file_space, &memory_space);
    if (status == LS_OK && (H5Sget_select_npoints(file_space) != (hssize_t)count ||
                            ls_h5_read_numbers(dataset, H5T_NATIVE_INT64, memory_space, file_space, numbers) < 0))
        status = ls_h5_fail(LS_ERR_DATA, file, "rows %lld to %lld of %s cannot be read as labels", (long long)first,
                            (long long)(first + count - 1), dataset->path);
    ls_h5_release_space(file_space);
    ls_h5_release_space(memory_space);
    return status;
}

/* Numbers that have no name are missing: -1 of categories, and what a damaged file holds. */
static ls_status read_named(ls_h5_file *file, const char *path, const char *field, int64_t first, int64_t count,
                            char ***texts)
{
    const ls_h5_kept *dataset;
    char **names = NULL, **chosen = NULL;
    int64_t *numbers = NULL;
    ls_h5_range range = {0, 1};
    ls_h5_naming naming;
    int name_count = 0;
    ls_status status;
    LS_TRY_CLEANUP(names_inside(file, path, field, &dataset, &names, &name_count));
    LS_TRY_CLEANUP(find_naming(dataset, field, &naming, &range.first));
    LS_TRY_CLEANUP(ls_memory_allocate(&numbers, count, sizeof *numbers, "labels"));
    LS_TRY_CLEANUP(ls_memory_allocate(&chosen, count, sizeof *chosen, "labels"));
    LS_TRY_CLEANUP(field == NULL
                       ? read_numbers(file, dataset, first, count, numbers)
                       : ls_h5_fields_read(file, dataset, &range, 1, first, count, LS_H5_NUMBER_INT64, 1, numbers));
    for (int64_t i = 0; i < count; i++)
        chosen[i] = numbers[i] >= 0 && numbers[i] < name_count ? names[numbers[i]] : NULL;
    status = ls_h5_pack_texts(chosen, NULL, 0, count, texts);
cleanup:
    ls_memory_free(names);
    ls_memory_free(chosen);
    ls_memory_free(numbers);
    return status;
}

/* ---- what others call ---- */

static ls_status check_labels(const ls_h5_file *file, const ls_h5_kept *dataset, int64_t first, int64_t count)
{
    const ls_h5_dataset *d = &dataset->description;
    if (!is_row(d))
        return ls_h5_check_rows(file, dataset, LS_ERR_DATA, first, count);
    if (first < 0 || count < 0 || first > d->shape[1] || count > d->shape[1] - first)
        return ls_fail(LS_ERR_DATA, "%s: %s has %lld labels; %lld from %lld on were asked for", file->path, d->path,
                       (long long)d->shape[1], (long long)count, (long long)first);
    return LS_OK;
}

ls_status ls_h5_read_texts(ls_h5_file *file, const char *path, const char *field, int64_t first, int64_t count,
                           char ***texts)
{
    const ls_h5_kept *dataset;
    ls_h5_naming naming = LS_H5_NAMING_NONE;
    int64_t column;
    ls_h5_guard guard;
    *texts = NULL;
    ls_h5_enter(&guard);
    ls_status status = ls_h5_dataset_open(file, path, 0, &dataset);
    if (status == LS_OK)
        status = check_labels(file, dataset, first, count);
    if (status == LS_OK)
        status = find_naming(dataset, field, &naming, &column);
    if (status == LS_OK)
        status = naming == LS_H5_NAMING_TEXT ? read_strings(file, dataset, field, first, count, texts)
                                             : read_named(file, path, field, first, count, texts);
    ls_h5_leave(&guard);
    for (int64_t i = 0; status == LS_OK && i < count; i++)
        if ((*texts)[i][0] == '\0')
            (*texts)[i] = NULL;
    return status;
}

ls_status ls_h5_label_names(ls_h5_file *file, const char *path, const char *field, char ***names, int *count)
{
    const ls_h5_kept *dataset;
    ls_h5_guard guard;
    *names = NULL;
    *count = 0;
    ls_h5_enter(&guard);
    const ls_status status = names_inside(file, path, field, &dataset, names, count);
    ls_h5_leave(&guard);
    return status;
}

ls_h5_naming ls_h5_field_naming(ls_h5_file *file, const char *path, const char *field)
{
    const ls_h5_kept *dataset;
    ls_h5_naming naming = LS_H5_NAMING_NONE;
    int64_t column;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    if (ls_h5_dataset_open(file, path, 0, &dataset) == LS_OK)
        (void)find_naming(dataset, field, &naming, &column);
    ls_h5_leave(&guard);
    return naming;
}
