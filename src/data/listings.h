/* Patterns that stand for data files ("part-*.h5"): what fits one is rank 0's to say, and may be more or less where
 * another rank looks. */
#ifndef LS_DATA_LISTINGS_H
#define LS_DATA_LISTINGS_H

#include "context/context.h"
#include "context/options.h"

/* Collective. Whether --data and --validation-data stand for the same files on all ranks, by their names. LS_ERR_DATA
 * names the lowest rank on which they do not. */
ls_status ls_listings_check(ls_context *context, const ls_options *options);

#endif
