/* Trying in a process of its own what libhdf5 may not survive: 1.10 crashes or loops on some damaged files (it has a
 * list of known cases), and the end of that process becomes an error message of this one. */
#ifndef LS_HDF5_CHECK_H
#define LS_HDF5_CHECK_H

#include "base/status.h"

/* Local. Forks; the child calls work(user) with at most 2 GiB more of memory and `seconds` of processor time.
 * LS_ERR_DATA, naming `file`, when it crashes, needs more memory or does not come to an end. Whatever else `work`
 * returns is LS_OK here: this process is to do the same again, and finds the same. One rank is enough, before the
 * others open anything. Where a process cannot be had, nothing is tried. The child never returns and runs no exit
 * handlers. LS_STOPPED: a stop was asked for meanwhile (base/alive.h), and the child is no more. */
ls_status ls_check(const char *file, ls_status (*work)(void *user), void *user, double seconds);

/* Local. The same, but what `work` returns is returned, with its message: what the child has refused, this process need
 * not come near. */
ls_status ls_check_strictly(const char *file, ls_status (*work)(void *user), void *user, double seconds);

#endif
