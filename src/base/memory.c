/* Zeroed, aligned memory that reports its own failure. Made with calloc, so that the pages of a large block
 * stay untouched: the thread that first writes a page decides on which memory node it lies. */
#include "base/memory.h"

#include "base/fault.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define ALIGNMENT 64 /* a cache line, and the widest vector */

/* In front of every block. */
typedef struct origin {
    unsigned char *base; /* what calloc gave */
    size_t bytes;
} origin;

static atomic_llong used, kept_free;

/* Allocations that are looked at when something is to stay free; smaller ones do not matter beside it. */
#define LOOKED_AT ((size_t)256 << 10)

_Static_assert(sizeof(origin) <= 16, "fits in front of the block");

/* Weights, slots and activations of this size and more are asked to lie in large pages: a 4096-wide layer has sixteen
 * thousand small ones, and looking their addresses up took a sixth of its time. */
#define LARGE     ((size_t)4 << 20)
#define HUGE_PAGE ((size_t)2 << 20)

/* Only a hint. The whole large pages within the block, which calloc has not touched yet. */
static void ask_for_large_pages(unsigned char *base, size_t bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t first = ((uintptr_t)base + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    const uintptr_t last = ((uintptr_t)base + bytes) / HUGE_PAGE * HUGE_PAGE;
    if (bytes >= LARGE && last > first)
        (void)madvise((void *)first, last - first, MADV_HUGEPAGE); // NOLINT(performance-no-int-to-ptr)
#else
    (void)base, (void)bytes;
#endif
}

/* The least of the limits on address space and on data; RLIM_INFINITY: there is none. */
static rlim_t limit(void)
{
    struct rlimit space, data;
    if (getrlimit(RLIMIT_AS, &space) != 0)
        space.rlim_cur = RLIM_INFINITY;
    if (getrlimit(RLIMIT_DATA, &data) != 0)
        data.rlim_cur = RLIM_INFINITY;
    return space.rlim_cur < data.rlim_cur ? space.rlim_cur : data.rlim_cur; /* RLIM_INFINITY is the largest number */
}

bool ls_memory_limited(void)
{
    return limit() != RLIM_INFINITY;
}

/* Whether so many bytes could be had. None of them is touched. */
static bool is_free(size_t bytes)
{
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED)
        return false;
    (void)munmap(block, bytes);
    return true;
}

static ls_status fail_limited(const char *what, int64_t bytes)
{
    char most[32], spare[32];
    return ls_fail(
        LS_ERR_MEMORY,
        "not enough address space: this process may have %s (ulimit -v or -d), which leaves less than the %s "
        "that threads and libraries need%s%s; raise the limit, or use fewer --threads or more nodes",
        ls_format_bytes((double)limit(), most), ls_format_bytes((double)bytes, spare), what ? " beside " : "",
        what ? what : "");
}

ls_status ls_memory_keep(int64_t bytes)
{
    if (bytes > 0 && !ls_memory_limited())
        bytes = 0;
    if (bytes > 0 && !is_free((size_t)bytes))
        return fail_limited(NULL, bytes);
    atomic_store(&kept_free, bytes);
    return LS_OK;
}

ls_status ls_memory_allocate(void *pointer, int64_t count, size_t size, const char *what)
{
    void *block = NULL;
    memcpy(pointer, &block, sizeof block); /* a float ** must not be written as a void ** */
    if (count < 0 || (size > 0 && (uint64_t)count > ((uint64_t)PTRDIFF_MAX - ALIGNMENT) / size))
        return ls_fail(LS_ERR_MEMORY,
                       "out of memory: %s would take %" PRId64
                       " elements of %zu bytes, more than a process can address",
                       what, count, size);
    LS_TRY(ls_fault("memory"));
    size_t bytes = (size_t)count * size;
    unsigned char *base = calloc(1, (bytes > 0 ? bytes : 1) + ALIGNMENT); /* an empty block's address is within it, or
                                                                            leak detectors take it for another's */
    if (base == NULL) {
        char text[32];
        return ls_fail(LS_ERR_MEMORY,
                       "out of memory: %s takes %s, which this process cannot get; use more nodes, fewer ranks "
                       "per node or a smaller problem",
                       what, ls_format_bytes((double)bytes, text));
    }
    const long long keep = atomic_load_explicit(&kept_free, memory_order_relaxed);
    if (keep > 0 && bytes >= LOOKED_AT && !is_free((size_t)keep)) {
        free(base);
        return fail_limited(what, keep);
    }
    ask_for_large_pages(base, bytes + ALIGNMENT);
    /* calloc aligns to 16 at least, so there is always room for the origin in front of the block */
    size_t offset = ALIGNMENT - (uintptr_t)base % ALIGNMENT;
    const origin from = {base, bytes};
    block = base + offset;
    memcpy(base + offset - sizeof from, &from, sizeof from);
    atomic_fetch_add_explicit(&used, (long long)bytes, memory_order_relaxed);
    memcpy(pointer, &block, sizeof block);
    return LS_OK;
}

ls_status ls_memory_grow(void *pointer, int64_t *capacity, int64_t needed, size_t size, const char *what)
{
    enum { FIRST = 16 };
    void *held, *larger;
    if (needed <= *capacity)
        return LS_OK;
    int64_t count = *capacity > INT64_MAX / 2 ? needed : 2 * *capacity;
    count = count < FIRST ? FIRST : count;
    count = count < needed ? needed : count;
    LS_TRY(ls_memory_allocate(&larger, count, size, what));
    memcpy(&held, pointer, sizeof held);
    if (held)
        memcpy(larger, held, (size_t)*capacity * size);
    ls_memory_free(held);
    memcpy(pointer, &larger, sizeof larger);
    *capacity = count;
    return LS_OK;
}

void ls_memory_free(void *block)
{
    origin from;
    if (block == NULL)
        return;
    memcpy(&from, (unsigned char *)block - sizeof from, sizeof from);
    atomic_fetch_sub_explicit(&used, (long long)from.bytes, memory_order_relaxed);
    free(from.base);
}

int64_t ls_memory_used(void)
{
    return atomic_load_explicit(&used, memory_order_relaxed);
}
