/* How ranks and threads lie on hosts, in words. */
#ifndef LS_CONTEXT_PLACEMENT_H
#define LS_CONTEXT_PLACEMENT_H

#include "comm/comm.h"

#define LS_PLACEMENT_MAX 256

/* Local. "8 ranks x 2 threads" on one host; "2 hosts x 4 ranks x 8 threads", "3 hosts with 4, 4, 2 ranks (uneven) x 8
 * threads", "40 hosts with 2 to 4 ranks (uneven) x 4 to 8 threads". Into text (LS_PLACEMENT_MAX). */
void ls_placement_put(const ls_comm *comm, int fewest_threads, int most_threads, char *text);

#endif
