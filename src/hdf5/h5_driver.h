/* libhdf5's way to an image: the file driver. */
#ifndef LS_HDF5_H5_DRIVER_H
#define LS_HDF5_H5_DRIVER_H

#include "hdf5/h5_image.h"

#include <hdf5.h>
#include <stdbool.h>

/* Local. The file that is opened with these properties, the only one, lives in `image`, which outlasts it. */
bool ls_h5_set_driver(hid_t access, ls_h5_image *image);

#endif
