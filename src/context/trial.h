/* Whether threads can be started. */
#ifndef LS_CONTEXT_TRIAL_H
#define LS_CONTEXT_TRIAL_H

#include "base/status.h"

#include <stdint.h>

typedef struct ls_trial ls_trial;

/* Local. OpenMP ends the process when it cannot start a thread. So as many as a team of `threads` needs besides the one
 * that calls are started here, with stacks as OpenMP's; they do nothing, and are there until the trial ends.
 * LS_ERR_MEMORY names the limits that may be the reason, and how many there can be. To be ended in either case. */
ls_status ls_trial_begin(int threads, ls_trial **trial);
/* Local. Bytes of address space that their stacks take. NULL is accepted. */
int64_t ls_trial_bytes(const ls_trial *trial);
/* Local. They are gone when this returns. NULL is accepted. */
void ls_trial_end(ls_trial *trial);

#endif
