/* What to do where features and targets are not found by their names. */
#ifndef LS_SOURCE_FIND_ADVICE_H
#define LS_SOURCE_FIND_ADVICE_H

#include "base/text.h"
#include "hdf5/h5.h"

/* Local. Appends "; it has ...", what of it is known to be something else, and the command that names what is likeliest
 * meant: "; name them: lockstep train FILE ...". PATH and FIELD stand in it for what is not clear. */
ls_status ls_find_advise(ls_h5_file *file, const ls_h5_dataset *list, int count, bool need_targets, ls_text *text);

#endif
