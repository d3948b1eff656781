/* Filters of chunks, backwards. */
#include "hdf5/filters.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#ifdef LS_HAVE_ZLIB
#include <zlib.h>
#endif

#define CHECKSUM_BYTES 4

/* What is between two filters. */
typedef struct undoing {
    const ls_filters *filters;
    uint32_t skipped;
    size_t chunk_bytes;
    ls_filters_space *space;
    int next; /* buffer that does not hold `bytes` */
    const unsigned char *bytes;
    size_t count;
    char *reason;
    size_t capacity;
    bool *memory;
} undoing;

size_t ls_filters_stored_most(size_t chunk_bytes)
{
    /* deflate adds 5 bytes to 16 KiB that it cannot pack, 5 bytes to as little as 128 bytes at its smallest memory, and
     * every checksum adds 4 */
    return chunk_bytes + chunk_bytes / 8 + 4096;
}

bool ls_filters_can(const ls_filters *filters)
{
    int packed = 0;
    for (int i = 0; i < filters->count; i++)
        packed += filters->filter[i] == LS_FILTER_DEFLATE;
#ifdef LS_HAVE_ZLIB
    return packed <= 1;
#else
    return packed == 0;
#endif
}

static bool applies(const undoing *u, int i)
{
    return (u->skipped >> i & 1u) == 0;
}

/* Makes room in the next buffer. */
static bool reserve(undoing *u, size_t bytes)
{
    ls_filters_space *s = u->space;
    if (bytes <= s->capacity[u->next])
        return true;
    ls_memory_free(s->bytes[u->next]);
    s->capacity[u->next] = 0;
    if (ls_memory_allocate(&s->bytes[u->next], (int64_t)bytes, 1, "a chunk being unpacked") != LS_OK) {
        *u->memory = true;
        return false;
    }
    s->capacity[u->next] = bytes;
    return true;
}

/* The next buffer holds the bytes now. */
static void take(undoing *u, size_t count)
{
    u->bytes = u->space->bytes[u->next];
    u->count = count;
    u->next = 1 - u->next;
}

/* ---- fletcher32 ---- */

uint32_t ls_filters_fletcher32(const unsigned char *bytes, size_t count)
{
    uint32_t sum1 = 0, sum2 = 0;
    size_t words = count / 2;
    while (words > 0) {
        size_t now = words < 360 ? words : 360; /* more could overflow sum2 */
        words -= now;
        for (; now > 0; now--, bytes += 2) {
            sum1 += (uint32_t)bytes[0] << 8 | bytes[1];
            sum2 += sum1;
        }
        sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
        sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
    }
    if (count % 2 != 0) {
        sum1 += (uint32_t)bytes[0] << 8;
        sum2 += sum1;
        sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
        sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
    }
    sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
    sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
    return sum2 << 16 | sum1;
}

static bool undo_fletcher32(undoing *u)
{
    if (u->count < CHECKSUM_BYTES) {
        (void)snprintf(u->reason, u->capacity, "it is too short for a checksum");
        return false;
    }
    u->count -= CHECKSUM_BYTES;
    const unsigned char *at = u->bytes + u->count;
    const uint32_t stored = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    const uint32_t sum = ls_filters_fletcher32(u->bytes, u->count);
    /* libhdf5 before 1.6.3 wrote the halves' bytes the other way round on little-endian machines */
    const uint32_t old = (sum & 0x00FF00FFu) << 8 | (sum >> 8 & 0x00FF00FFu);
    if (stored == sum || stored == old)
        return true;
    (void)snprintf(u->reason, u->capacity, "its checksum, fletcher32, is %08X, but %08X is stored with it", sum,
                   stored);
    return false;
}

/* ---- shuffle ---- */

/* A constant size, so that the compiler makes a loop for each. */
static inline void gather(size_t size, size_t elements, const unsigned char *restrict in, unsigned char *restrict out)
{
    for (size_t i = 0; i < elements; i++)
        for (size_t j = 0; j < size; j++)
            out[i * size + j] = in[j * elements + i];
}

static bool undo_shuffle(undoing *u, size_t size)
{
    const size_t elements = u->count / size, rest = u->count % size;
    if (size < 2 || elements < 2)
        return true;
    if (!reserve(u, u->count))
        return false;
    unsigned char *out = u->space->bytes[u->next];
    switch (size) {
    case 2:
        gather(2, elements, u->bytes, out);
        break;
    case 4:
        gather(4, elements, u->bytes, out);
        break;
    case 8:
        gather(8, elements, u->bytes, out);
        break;
    default:
        gather(size, elements, u->bytes, out);
        break;
    }
    memcpy(out + elements * size, u->bytes + elements * size, rest);
    take(u, u->count);
    return true;
}

/* ---- deflate ---- */

#ifdef LS_HAVE_ZLIB
static z_stream *fail_zlib(void)
{
    (void)ls_fail(LS_ERR_MEMORY, "zlib cannot be started");
    return NULL;
}

static z_stream *ready_stream(undoing *u)
{
    z_stream *z = u->space->inflate;
    if (z != NULL)
        return inflateReset(z) == Z_OK ? z : fail_zlib();
    if (ls_memory_allocate(&z, 1, sizeof *z, "unpacking of chunks") != LS_OK)
        return NULL;
    if (inflateInit(z) != Z_OK) {
        ls_memory_free(z);
        return fail_zlib();
    }
    u->space->inflate = z;
    return z;
}

/* Into exactly as many bytes as there must be. A stream that has more of them is not followed. */
static bool undo_deflate(undoing *u, size_t bytes)
{
    z_stream *z = ready_stream(u);
    if (z == NULL || !reserve(u, bytes)) {
        *u->memory = true;
        return false;
    }
    z->next_in = (z_const Bytef *)u->bytes; /* zlib does not write there */
    z->avail_in = (uInt)u->count;           /* chunks have less than 4 GiB */
    z->next_out = u->space->bytes[u->next];
    z->avail_out = (uInt)bytes;
    const int result = inflate(z, Z_FINISH);
    const size_t made = bytes - z->avail_out;
    if (result == Z_STREAM_END && made == bytes) {
        take(u, bytes);
        return true;
    }
    if (result == Z_STREAM_END)
        (void)snprintf(u->reason, u->capacity, "unpacked it has %zu bytes, expected %zu", made, bytes);
    else if (result == Z_BUF_ERROR && z->avail_out == 0)
        (void)snprintf(u->reason, u->capacity, "unpacked it has more than the %zu bytes of a chunk", bytes);
    else if (result == Z_BUF_ERROR)
        (void)snprintf(u->reason, u->capacity, "its packed bytes end after %zu of %zu unpacked ones", made, bytes);
    else
        (void)snprintf(u->reason, u->capacity, "zlib says: %s", z->msg != NULL ? z->msg : "it is no deflate stream");
    return false;
}
#else
static bool undo_deflate(undoing *u, size_t bytes)
{
    (void)snprintf(u->reason, u->capacity, "there is no zlib to unpack its %zu bytes", bytes);
    return false;
}
#endif

/* Bytes that filter i was given when the chunk was written: the chunk, and the checksums before it. */
static size_t bytes_before(const undoing *u, int i)
{
    size_t bytes = u->chunk_bytes;
    for (int j = 0; j < i; j++)
        if (applies(u, j) && u->filters->filter[j] == LS_FILTER_FLETCHER32)
            bytes += CHECKSUM_BYTES;
    return bytes;
}

static bool undo_one(undoing *u, int i)
{
    switch (u->filters->filter[i]) {
    case LS_FILTER_SHUFFLE:
        return undo_shuffle(u, u->filters->size[i]);
    case LS_FILTER_DEFLATE:
        return undo_deflate(u, bytes_before(u, i));
    case LS_FILTER_FLETCHER32:
        return undo_fletcher32(u);
    }
    return false;
}

bool ls_filters_undo(const ls_filters *filters, uint32_t skipped, const unsigned char *stored, size_t stored_bytes,
                     size_t chunk_bytes, ls_filters_space *space, const unsigned char **result, char *reason,
                     size_t capacity, bool *memory)
{
    undoing u = {.filters = filters,
                 .skipped = skipped,
                 .chunk_bytes = chunk_bytes,
                 .space = space,
                 .bytes = stored,
                 .count = stored_bytes,
                 .reason = reason,
                 .capacity = capacity,
                 .memory = memory};
    *memory = false;
    for (int i = filters->count - 1; i >= 0; i--)
        if (applies(&u, i) && !undo_one(&u, i))
            return false;
    if (u.count != chunk_bytes) {
        (void)snprintf(reason, capacity, "it has %zu bytes, expected %zu", u.count, chunk_bytes);
        return false;
    }
    *result = u.bytes;
    return true;
}

void ls_filters_free(ls_filters_space *space)
{
#ifdef LS_HAVE_ZLIB
    if (space->inflate != NULL)
        (void)inflateEnd(space->inflate);
#endif
    ls_memory_free(space->inflate);
    ls_memory_free(space->bytes[0]);
    ls_memory_free(space->bytes[1]);
    memset(space, 0, sizeof *space);
}
