/* How long a rank waits for another before it gives up: so many seconds, or by what this training's steps and pauses
 * have taken so far. */
#ifndef LS_CONTEXT_PATIENCE_H
#define LS_CONTEXT_PATIENCE_H

#include "base/status.h"

#include <stdbool.h>

#define LS_PATIENCE_LEAST 600.0 /* s, when automatic */

typedef struct ls_patience {
    bool automatic;
    double timeout;                     /* seconds; 0: for ever */
    double slowest_step, slowest_pause; /* seconds, as far as they count */
} ls_patience;

/* Local. "auto" (-1) or seconds. LS_ERR_USAGE. */
ls_status ls_patience_parse(const char *text, double *seconds);

/* Local. Seconds as above. */
ls_patience ls_patience_begin(double seconds);

/* Local. A step, or what was done between two (validation, a checkpoint), has taken so long on this rank. Steps end
 * together, so it is much the same on all. True when the timeout is longer now: the slowest step 50 times, the slowest
 * pause 5 times, or LS_PATIENCE_LEAST. */
bool ls_patience_step(ls_patience *patience, double seconds);
bool ls_patience_pause(ls_patience *patience, double seconds);

#endif
