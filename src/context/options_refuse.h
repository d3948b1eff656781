/* Options that would be ignored are refused: whoever gives them expects something of them. */
#ifndef LS_CONTEXT_OPTIONS_REFUSE_H
#define LS_CONTEXT_OPTIONS_REFUSE_H

#include "base/status.h"

#include <lockstep.h>

/* Local. LS_ERR_USAGE for the first of the options `keys` (the last is NULL) that is not at its default:
 * "--KEY " and the reason. */
ls_status ls_options_refuse(const ls_options *options, const char *const *keys, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
