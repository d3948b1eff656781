/* What the trainer needs from the options beyond the public functions: the recipe as text, and intervals. */
#ifndef LS_CONTEXT_OPTIONS_H
#define LS_CONTEXT_OPTIONS_H

#include "base/status.h"
#include "base/text.h"

#include <stdint.h>

typedef enum ls_interval_kind {
    LS_INTERVAL_NEVER = 0,
    LS_INTERVAL_SECONDS, /* of wall time */
    LS_INTERVAL_STEPS,
    LS_INTERVAL_EPOCHS
} ls_interval_kind;

typedef struct ls_interval {
    ls_interval_kind kind;
    double seconds; /* > 0 when the kind is seconds */
    int64_t count;  /* >= 1 when the kind is steps or epochs */
} ls_interval;

/* Local. Appends "key = value" lines of the recipe rows, in table order, reals as shortest decimals: equal
 * recipes give equal bytes. LS_ERR_MEMORY. */
ls_status ls_options_recipe(const ls_options *options, ls_text *out);

/* Local. "10min", "30 s", "2h", "500 steps", "2 epochs", "never". LS_ERR_USAGE says what is expected. */
ls_status ls_options_checkpoint_interval(const char *text, ls_interval *interval);

#endif
