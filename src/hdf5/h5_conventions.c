/* What attributes say about a dataset by convention: coordinates of an axis, and netCDF's packed and missing values. */
#include "hdf5/h5_internal.h"

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

/* A fill value of NaN is what missing values are to us as well. */
static bool is_nan(hid_t dataset, const char *name)
{
    double value = 0;
    hid_t attribute = H5Aopen(dataset, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute), space = attribute < 0 ? -1 : H5Aget_space(attribute);
    const bool is = type >= 0 && H5Tget_class(type) == H5T_FLOAT && H5Sget_simple_extent_npoints(space) == 1 &&
                    H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0 && isnan(value);
    ls_h5_release_type(type);
    ls_h5_release_space(space);
    if (attribute >= 0)
        (void)H5Aclose(attribute);
    return is;
}

void ls_h5_describe_conventions(hid_t dataset, ls_h5_dataset *description)
{
    static const char *const names[] = {"scale_factor", "add_offset", "_FillValue", "missing_value"};
    description->scale = is_scale(dataset);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (H5Aexists(dataset, names[i]) <= 0 || is_nan(dataset, names[i]))
            continue;
        if (description->unapplied[0] != '\0')
            ls_h5_append(description->unapplied, sizeof description->unapplied, ", ");
        ls_h5_append(description->unapplied, sizeof description->unapplied, names[i]);
    }
}
