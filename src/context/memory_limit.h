/* How much of the data each rank may hold in memory. */
#ifndef LS_CONTEXT_MEMORY_LIMIT_H
#define LS_CONTEXT_MEMORY_LIMIT_H

#include "base/status.h"

#include <stdint.h>

#define LS_MEMORY_FROM 96

/* Local. A size as --memory has it; auto gives 0. LS_ERR_USAGE otherwise. */
ls_status ls_memory_limit_parse(const char *text, int64_t *bytes);

/* Where the machine's limits are told; for tests. */
typedef struct ls_memory_files {
    const char *cgroup;        /* "/proc/self/cgroup" */
    const char *cgroup_mounts; /* "/sys/fs/cgroup" */
    const char *meminfo;       /* "/proc/meminfo" */
} ls_memory_files;
extern const ls_memory_files ls_memory_files_here;

/* Local. The least of the cgroup's limit (version 1 or 2, the group's and those above it), Slurm's (environment
 * variables) and physical memory; 0: nothing is known. from[LS_MEMORY_FROM]: which. */
int64_t ls_memory_of_host(const ls_memory_files *files, char *from);

/* Local. Bytes by `text` as --memory has it; auto or NULL: half of the host's, shared by `ranks`. */
ls_status ls_memory_limit(const char *text, int ranks, int64_t *bytes, char *from);

#endif
