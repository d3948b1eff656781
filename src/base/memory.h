/* Memory that reports its own failure: zeroed, aligned to 64 bytes, sizes checked for overflow. */
#ifndef LS_BASE_MEMORY_H
#define LS_BASE_MEMORY_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Allocates `count` zeroed elements of `size` bytes (count 0 gives a pointer that may be freed and not read) and
 * stores the address in *(void **)pointer. `what` names the thing in the message of LS_ERR_MEMORY ("features of 1438
 * rows"). The caller owns the block and gives it to ls_memory_free. */
ls_status ls_memory_allocate(void *pointer, int64_t count, size_t size, const char *what);

/* Room for `needed` elements in an array that grows: *(void **)pointer, which has *capacity elements (0: may be NULL),
 * becomes a block of at least twice as many when these are not enough. What it held stays, the rest is 0; on failure
 * nothing changes. `needed` is at least 1. */
ls_status ls_memory_grow(void *pointer, int64_t *capacity, int64_t needed, size_t size, const char *what);

/* NULL is accepted. */
void ls_memory_free(void *block);

/* Where the system limits this process's memory (ulimit -v, -d), libraries that run into the limit end the process or
 * crash, OpenMP and libhdf5 among them. So `bytes` are to stay free for them: LS_ERR_MEMORY when they are not, now or
 * after an allocation of 256 KiB or more. 0: nothing is kept. */
ls_status ls_memory_keep(int64_t bytes);
/* Whether there is such a limit. */
bool ls_memory_limited(void);

/* Bytes that this process has allocated here and not freed: what was asked for, without the allocator's own. */
int64_t ls_memory_used(void);

#endif
