/* libhdf5's way to an image: the file driver. */
#ifndef LS_HDF5_H5_DRIVER_H
#define LS_HDF5_H5_DRIVER_H

#include "hdf5/h5_image.h"

#include <hdf5.h>
#include <stdbool.h>

/* Local. The file that is opened with these properties, the only one, lives in `image`, which outlasts it. The driver,
 * or -1; to be released when the file has been closed: closing it, libhdf5 1.10 gives up its own hold on the driver
 * before it calls it for the last time. */
hid_t ls_h5_set_driver(hid_t access, ls_h5_image *image);
void ls_h5_release_driver(hid_t id);

#endif
