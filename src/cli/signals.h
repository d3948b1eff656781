/* Signals that ask a run to stop. */
#ifndef LOCKSTEP_CLI_SIGNALS_H
#define LOCKSTEP_CLI_SIGNALS_H

#include <lockstep.h>

/* Local. From now on SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 ask the context to stop what it does; a second
 * SIGINT ends the process at once with 130. SIGPIPE is ignored: a closed pager must not end a run. */
void signals_start(ls_context *context);
/* Local. Must be called before the context is destroyed: the same signals are ignored from then on, while the
 * program ends by itself. */
void signals_end(void);

#endif
