/* A first look at data, in a process of its own (hdf5/check.h). */
#ifndef LS_DATA_FIRSTLOOK_H
#define LS_DATA_FIRSTLOOK_H

#include "data/datafiles.h"

/* Local. Reads rows of a source, features and targets, from the first on, for at most `milliseconds`; what they are
 * does not matter. */
ls_status ls_firstlook_read(ls_datafiles *files, const ls_source *source, int milliseconds);

#endif
