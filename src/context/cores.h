/* How many cores this process may use. */
#ifndef LS_CONTEXT_CORES_H
#define LS_CONTEXT_CORES_H

#include <stdint.h>

typedef struct ls_cores {
    int mask;     /* cores in the affinity mask */
    int usable;   /* the same, capped by the cgroup's CPU quota; at least 1 */
    int online;   /* cores of the machine */
    uint64_t key; /* hash of the mask, to find the processes that share it */
} ls_cores;

/* Local. */
ls_cores ls_cores_find(void);

#endif
