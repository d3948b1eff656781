/* What attributes and neighbours say about a dataset by convention: coordinates of an axis, packed values, numbers that
 * stand for no value. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"
#include "base/parse.h"

#include <math.h>
#include <string.h>

/* HDF5 Dimension Scale Specification: a fixed text CLASS. */
static bool is_scale(hid_t dataset)
{
    static const char expected[] = "DIMENSION_SCALE";
    char text[64] = "";
    if (H5Aexists(dataset, "CLASS") <= 0)
        return false;
    hid_t attribute = H5Aopen(dataset, "CLASS", H5P_DEFAULT);
    hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute), space = attribute < 0 ? -1 : H5Aget_space(attribute);
    const bool is = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
                    H5Tget_size(type) < sizeof text && H5Sget_simple_extent_npoints(space) == 1 &&
                    H5Aread(attribute, type, text) >= 0 && strncmp(text, expected, sizeof expected - 1) == 0;
    ls_h5_release_type(type);
    ls_h5_release_space(space);
    if (attribute >= 0)
        (void)H5Aclose(attribute);
    return is;
}

/* Numbers written as texts; 0 where one is another word. */
static int parse_texts(hid_t attribute, hid_t type, hid_t space, int count, double values[LS_H5_CODES])
{
    char *strings[LS_H5_CODES] = {NULL}, *bytes = NULL, **texts = NULL;
    const bool variable = H5Tis_variable_str(type) > 0;
    const size_t size = H5Tget_size(type);
    int found = 0;
    ls_status status = variable ? LS_OK : ls_memory_allocate(&bytes, count, size, "texts of an attribute");
    const bool read = status == LS_OK && H5Aread(attribute, type, variable ? (void *)strings : bytes) >= 0;
    if (read && !variable)
        ls_h5_strip_texts(type, count, bytes);
    if (read && ls_h5_pack_texts(strings, bytes, size, count, &texts) == LS_OK)
        while (found < count && ls_parse_double(texts[found], &values[found]))
            found++;
    if (read && variable)
        ls_h5_reclaim_texts(type, space, strings);
    ls_memory_free(texts);
    ls_memory_free(bytes);
    return found == count ? count : 0;
}

/* The numbers of an attribute, (LS_H5_CODES) at most; how many. */
static int numbers_of(hid_t dataset, const char *name, double values[LS_H5_CODES])
{
    hid_t attribute = H5Aexists(dataset, name) > 0 ? H5Aopen(dataset, name, H5P_DEFAULT) : -1;
    hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute), space = attribute < 0 ? -1 : H5Aget_space(attribute);
    const H5T_class_t class_ = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    const hssize_t count = space < 0 ? 0 : H5Sget_simple_extent_npoints(space);
    const bool few = count > 0 && count <= LS_H5_CODES;
    int found = 0;
    if (few && class_ == H5T_STRING)
        found = parse_texts(attribute, type, space, (int)count, values);
    else if (few && (class_ == H5T_FLOAT || class_ == H5T_INTEGER))
        found = H5Aread(attribute, H5T_NATIVE_DOUBLE, values) < 0 ? 0 : (int)count;
    ls_h5_release_type(type);
    ls_h5_release_space(space);
    if (attribute >= 0)
        (void)H5Aclose(attribute);
    return found;
}

/* nan is missing without being told. */
static void add_code(ls_h5_dataset *d, double code)
{
    for (int i = 0; i < d->code_count; i++)
        if (d->codes[i] == code)
            return;
    if (!isnan(code) && d->code_count < LS_H5_CODES)
        d->codes[d->code_count++] = code;
}

/* netCDF's attributes (NetCDF Users Guide, "Attribute Conventions"). */
static void find_fill_values(hid_t dataset, ls_h5_dataset *d)
{
    static const char *const names[] = {"_FillValue", "missing_value"};
    double values[LS_H5_CODES];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const int count = numbers_of(dataset, names[i], values);
        for (int k = 0; k < count; k++)
            add_code(d, values[k]);
    }
}

/* rhdf5 marks what it wrote of R's vectors: NA of its integers is the smallest there is. */
static void find_r_missing(hid_t dataset, ls_h5_dataset *d)
{
    if (d->class_ == LS_H5_INTEGER && (d->bits == 32 || d->bits == 64) && H5Aexists(dataset, "rhdf5-NA.OK") > 0)
        add_code(d, d->bits == 32 ? -0x1p31 : -0x1p63);
}

/* AnnData's and zarr's "categorical": a group of `codes` and `categories`, -1 for none. */
static void find_categories(hid_t dataset, ls_h5_dataset *d)
{
    static const char end[] = "/codes", other[] = "/categories";
    char path[sizeof d->path + sizeof other];
    hid_t file = -1, categories = -1, type = -1;
    const ssize_t length = H5Iget_name(dataset, path, sizeof d->path); /* in its own file, that a link may lead to */
    const size_t stem = length < (ssize_t)sizeof end ? 0 : (size_t)length - (sizeof end - 1);
    if (d->class_ != LS_H5_INTEGER || d->rank != 1 || stem == 0 || length >= (ssize_t)sizeof d->path ||
        strcmp(path + stem, end) != 0)
        return;
    memcpy(path + stem, other, sizeof other);
    file = H5Iget_file_id(dataset);
    if (file >= 0 && H5Lexists(file, path, H5P_DEFAULT) > 0)
        categories = H5Dopen2(file, path, H5P_DEFAULT);
    if (categories >= 0) {
        type = H5Dget_type(categories);
        d->naming = type >= 0 && H5Tget_class(type) == H5T_STRING ? LS_H5_NAMING_CATEGORIES : LS_H5_NAMING_NONE;
        add_code(d, -1);
        (void)H5Dclose(categories);
    }
    ls_h5_release_type(type);
    if (file >= 0)
        (void)H5Fclose(file);
}

void ls_h5_describe_conventions(hid_t dataset, ls_h5_dataset *description)
{
    static const char *const names[] = {"scale_factor", "add_offset"};
    description->scale = is_scale(dataset);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (H5Aexists(dataset, names[i]) <= 0)
            continue;
        if (description->unapplied[0] != '\0')
            ls_h5_append(description->unapplied, sizeof description->unapplied, ", ");
        ls_h5_append(description->unapplied, sizeof description->unapplied, names[i]);
    }
    if (description->class_ == LS_H5_OTHER)
        return;
    find_fill_values(dataset, description);
    find_r_missing(dataset, description);
    find_categories(dataset, description);
    if (description->code_count > 0)
        description->stored = LS_H5_NUMBER_FLOAT;
}
