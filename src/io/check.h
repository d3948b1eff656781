/* A first look at data files by a process of its own: libhdf5 crashes on some damaged files (1.10 has a list of known
 * cases), and a crash of that process becomes an error message of this one. */
#ifndef LS_IO_CHECK_H
#define LS_IO_CHECK_H

#include "io/h5.h"

/* Local. Forks; the child, with limits on memory and processor time, opens each file, lists and describes all datasets,
 * and reads rows of them for some milliseconds. Files without HDF5 signature never reach libhdf5. LS_ERR_DATA when the
 * child crashes, needs more than 2 GiB for it or does not come to an end; other errors are found again by whoever opens
 * the file next. What is read later is not covered. One rank is enough, before the others open anything. Where a
 * process cannot be had, nothing is checked. */
ls_status ls_check_files(char *const *paths, int count, ls_h5_links links, bool sizes);

#endif
