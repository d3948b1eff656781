/* How far apart things are in a run, as options say it. */
#ifndef LS_CONTEXT_INTERVAL_H
#define LS_CONTEXT_INTERVAL_H

#include "base/status.h"

#include <stdbool.h>
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

/* Local. "10min", "30 s", "2h", "500 steps", "2 epochs", "never". LS_ERR_USAGE says what is expected
 * of the option. */
ls_status ls_interval_parse(const char *option, const char *text, ls_interval *interval);

/* Local. A limit in time: "auto" (*automatic), "off" (*seconds is 0), or a time as above. LS_ERR_USAGE. */
ls_status ls_interval_parse_limit(const char *option, const char *text, bool *automatic, double *seconds);

#endif
