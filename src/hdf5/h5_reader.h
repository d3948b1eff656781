/* libhdf5's way to a file whose records are kept as pages: a file driver for reading. */
#ifndef LS_HDF5_H5_READER_H
#define LS_HDF5_H5_READER_H

#include "hdf5/h5_pages.h"

#include <hdf5.h>
#include <stdbool.h>

/* Local. Files that are opened with these properties, and those that they lead to, have their records in `pages`, which
 * outlast them. false: libhdf5 refuses, and reads as ever. The caller is inside a guard. */
bool ls_h5_set_reader(hid_t access, ls_h5_pages *pages);

#endif
