/* Data files that every rank opens by the same name and that should be one file, or copies of it: what a node keeps of
 * its own may be stale. */
#ifndef LS_DATA_SAMEFILES_H
#define LS_DATA_SAMEFILES_H

#include "context/context.h"
#include "files/inputs.h"

/* Collective. Whether the files that rank 0 has opened (its `inputs`) are the same on all ranks: by their sizes and a
 * sample of their bytes, which is read once for each copy that a host has. The others note them in their own `inputs`,
 * so that a file that is replaced before they open it is found out. LS_ERR_DATA names rank and file. */
ls_status ls_samefiles_check(ls_context *context, ls_inputs *inputs);

#endif
