/* How far the event files of a folder have come. */
#ifndef LS_EXPORT_EVENTSTEPS_H
#define LS_EXPORT_EVENTSTEPS_H

#include "base/status.h"

#include <stdint.h>

/* Local. The highest step of a record with values in any event file of the folder; -1: there is none. What is damaged
 * ends a file, as it does for TensorBoard; what is no file, or cannot be opened, is passed over. */
ls_status ls_eventsteps_last(const char *folder, int64_t *last);

#endif
