/* libhdf5's way to a file that is some bytes of another one: a member of an archive, or a file without a name. */
#ifndef LS_HDF5_H5_WINDOW_H
#define LS_HDF5_H5_WINDOW_H

#include <hdf5.h>
#include <stdint.h>

/* Bytes [offset, offset + length) of an open file. */
typedef struct ls_h5_window {
    int fd; /* borrowed */
    int64_t offset, length;
} ls_h5_window;

/* Local. What is opened with these properties is the window, whatever its name. The driver's id, which is released
 * (h5_driver.h) behind the file; negative when libhdf5 refuses. The caller is inside a guard. */
hid_t ls_h5_window_set(hid_t access, const ls_h5_window *window);

#endif
