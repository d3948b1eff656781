/* Long work that asks between its pieces whether it is still wanted: reading, above all. Whoever begins such work says
 * whom to ask; the work itself does not know who that is. Each thread has its own. */
#ifndef LS_BASE_HALT_H
#define LS_BASE_HALT_H

#include "base/status.h"

#include <signal.h>
#include <stdbool.h>

typedef bool (*ls_halt_function)(void *user);

/* Who is asked from here on; NULL: nobody. */
void ls_halt_set(ls_halt_function function, void *user);
/* The same for a while: a flag of a context's is asked until it is put back with what this returns. NULL: the same as
 * before. */
typedef struct ls_halt_before {
    ls_halt_function function;
    void *user;
} ls_halt_before;
ls_halt_before ls_halt_set_flag(const volatile sig_atomic_t *stop);

/* Local. LS_STOPPED when the work is to end, else LS_OK. What has been read so far is to be given up. */
ls_status ls_halt(void);

#endif
