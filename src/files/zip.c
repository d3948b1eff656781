/* The central directory of zip archives (APPNOTE.TXT of PKWARE, sections 4.3.7 to 4.3.16), zip64 included. */
#include "files/zip.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define END_BYTES      22
#define END64_BYTES    56
#define LOCATOR_BYTES  20
#define CENTRAL_BYTES  46
#define LOCAL_BYTES    30
#define COMMENT_MOST   65535
#define ENTRIES_MOST   65536
#define DIRECTORY_MOST ((int64_t)64 << 20)
#define DEFLATE_MOST   1032 /* bytes that one can become */

static uint64_t get(const unsigned char *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

typedef struct directory {
    uint64_t entries;
    uint64_t bytes;
    uint64_t offset;
} directory;

static ls_status damaged(const ls_stream *file, const char *what)
{
    return ls_fail(LS_ERR_DATA, "%s: is no whole zip archive: %s", ls_stream_name(file), what);
}

/* The record at the file's end, behind which a comment may stand. */
static ls_status find_end(ls_stream *file, unsigned char end[END_BYTES], int64_t *at)
{
    unsigned char *tail;
    const int64_t length = ls_stream_length(file);
    const int64_t bytes = length < END_BYTES + COMMENT_MOST ? length : END_BYTES + COMMENT_MOST;
    if (length < END_BYTES)
        return damaged(file, "it is too short");
    LS_TRY(ls_memory_allocate(&tail, bytes, 1, "end of a zip archive"));
    ls_status status = ls_stream_take_at(file, length - bytes, tail, bytes);
    int64_t i = bytes - END_BYTES;
    while (status == LS_OK && i >= 0 && memcmp(tail + i, "PK\5\6", 4) != 0)
        i--;
    if (status == LS_OK && i < 0)
        status = damaged(file, "the directory at its end is missing; was it cut short?");
    if (status == LS_OK)
        memcpy(end, tail + i, END_BYTES);
    *at = length - bytes + i;
    ls_memory_free(tail);
    return status;
}

static ls_status find_directory(ls_stream *file, directory *d)
{
    unsigned char end[END_BYTES], locator[LOCATOR_BYTES], end64[END64_BYTES];
    int64_t at = 0;
    LS_TRY(find_end(file, end, &at));
    *d = (directory){get(end + 10, 2), get(end + 12, 4), get(end + 16, 4)};
    if (d->entries == 0xFFFF || d->bytes == 0xFFFFFFFF || d->offset == 0xFFFFFFFF) {
        if (at < LOCATOR_BYTES)
            return damaged(file, "its zip64 directory is missing");
        LS_TRY(ls_stream_take_at(file, at - LOCATOR_BYTES, locator, LOCATOR_BYTES));
        const uint64_t place = get(locator + 8, 8);
        if (memcmp(locator, "PK\6\7", 4) != 0 || place > (uint64_t)at)
            return damaged(file, "its zip64 directory is missing");
        LS_TRY(ls_stream_take_at(file, (int64_t)place, end64, END64_BYTES));
        if (memcmp(end64, "PK\6\6", 4) != 0)
            return damaged(file, "its zip64 directory is missing");
        *d = (directory){get(end64 + 32, 8), get(end64 + 40, 8), get(end64 + 48, 8)};
    }
    const uint64_t length = (uint64_t)ls_stream_length(file);
    if (d->offset > length || d->bytes > length - d->offset || d->bytes > (uint64_t)DIRECTORY_MOST ||
        d->entries > ENTRIES_MOST)
        return damaged(file, "its directory does not lie in the file");
    return LS_OK;
}

/* Sizes and offset of 64 bits stand in an extra field, those only whose 32 bits are all ones. */
static bool take_zip64(const unsigned char *extra, uint64_t length, uint64_t *values[3])
{
    for (uint64_t at = 0; at + 4 <= length;) {
        const uint64_t size = get(extra + at + 2, 2);
        if (size > length - at - 4)
            return false;
        if (get(extra + at, 2) == 1) {
            uint64_t from = at + 4;
            for (int i = 0; i < 3; i++)
                if (*values[i] == 0xFFFFFFFF) {
                    if (from + 8 > at + 4 + size)
                        return false;
                    *values[i] = get(extra + from, 8);
                    from += 8;
                }
            return true;
        }
        at += 4 + size;
    }
    return true;
}

/* One record of the directory; *used is its length. */
static ls_status read_entry(ls_stream *file, const unsigned char *record, uint64_t left, ls_zip_entry *entry,
                            uint64_t *used)
{
    if (left < CENTRAL_BYTES || memcmp(record, "PK\1\2", 4) != 0)
        return damaged(file, "its directory is damaged");
    const uint64_t flags = get(record + 8, 2), method = get(record + 10, 2);
    const uint64_t name = get(record + 28, 2), extra = get(record + 30, 2);
    uint64_t packed = get(record + 20, 4), size = get(record + 24, 4), offset = get(record + 42, 4);
    *used = CENTRAL_BYTES + name + extra + get(record + 32, 2);
    if (*used > left || name >= sizeof entry->name ||
        !take_zip64(record + CENTRAL_BYTES + name, extra, (uint64_t *[3]){&size, &packed, &offset}))
        return damaged(file, "its directory is damaged");
    memcpy(entry->name, record + CENTRAL_BYTES, name);
    entry->name[name] = '\0';
    if ((flags & 1) != 0)
        return ls_fail(LS_ERR_DATA, "%s: %s is encrypted", ls_stream_name(file), entry->name);
    if (method != 0 && method != 8)
        return ls_fail(LS_ERR_DATA, "%s: %s is packed by method %llu; only stored and deflated entries can be read",
                       ls_stream_name(file), entry->name, (unsigned long long)method);
    const uint64_t length = (uint64_t)ls_stream_length(file);
    if (offset > length || packed > length || size > INT64_MAX || (method == 0 && packed != size))
        return damaged(file, "its directory is damaged");
    entry->size = (int64_t)size;
    entry->range = (ls_stream_range){.offset = (int64_t)offset,
                                     .length = (int64_t)packed,
                                     .packing = method == 8 ? LS_PACKED_DEFLATE : LS_PACKED_NOT,
                                     .has_crc = true,
                                     .crc = (uint32_t)get(record + 16, 4)};
    return LS_OK;
}

/* The data begins behind the entry's own header, whose name and extra fields may be longer than the directory's. */
static ls_status find_data(ls_stream *file, ls_zip_entry *entry)
{
    unsigned char local[LOCAL_BYTES];
    LS_TRY(ls_stream_take_at(file, entry->range.offset, local, LOCAL_BYTES));
    if (memcmp(local, "PK\3\4", 4) != 0)
        return damaged(file, "an entry is not where its directory says");
    entry->range.offset += LOCAL_BYTES + (int64_t)get(local + 26, 2) + (int64_t)get(local + 28, 2);
    const int64_t length = ls_stream_length(file);
    if (entry->range.offset > length || entry->range.length > length - entry->range.offset)
        return damaged(file, "an entry goes on behind its end; was it cut short?");
    return LS_OK;
}

static ls_status read_directory(ls_stream *file, const directory *d, const unsigned char *bytes, ls_zip_entry *entries)
{
    uint64_t at = 0, used = 0;
    for (uint64_t i = 0; i < d->entries; i++, at += used) {
        LS_TRY(read_entry(file, bytes + at, d->bytes - at, &entries[i], &used));
        LS_TRY(find_data(file, &entries[i]));
    }
    return LS_OK;
}

ls_status ls_zip_list(const char *path, ls_zip_entry **entries, int *count)
{
    const ls_stream_range whole = {.length = -1};
    ls_stream *file;
    directory d;
    unsigned char *bytes = NULL;
    ls_status status;
    *entries = NULL;
    *count = 0;
    LS_TRY(ls_stream_open(path, path, &whole, &file));
    LS_TRY_CLEANUP(find_directory(file, &d));
    LS_TRY_CLEANUP(ls_memory_allocate(&bytes, (int64_t)d.bytes, 1, "directory of a zip archive"));
    LS_TRY_CLEANUP(ls_memory_allocate(entries, (int64_t)d.entries, sizeof **entries, "entries of a zip archive"));
    LS_TRY_CLEANUP(ls_stream_take_at(file, (int64_t)d.offset, bytes, (int64_t)d.bytes));
    LS_TRY_CLEANUP(read_directory(file, &d, bytes, *entries));
    *count = (int)d.entries;
cleanup:
    if (status != LS_OK) {
        ls_memory_free(*entries);
        *entries = NULL;
    }
    ls_memory_free(bytes);
    ls_stream_close(file);
    return status;
}

/* ---- finding one ---- */

static int by_place(const void *a, const void *b)
{
    const ls_zip_entry *x = *(const ls_zip_entry *const *)a, *y = *(const ls_zip_entry *const *)b;
    return (x->range.offset > y->range.offset) - (x->range.offset < y->range.offset);
}

/* Each has a header in front of its data. Bytes in common are how small archives become large ones. */
static ls_status check_apart(const char *path, const ls_zip_entry *entries, int count)
{
    const ls_zip_entry **sorted;
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(&sorted, count, sizeof *sorted, "entries of a zip archive"));
    for (int i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_place);
    for (int i = 1; i < count && status == LS_OK; i++) {
        const ls_stream_range *before = &sorted[i - 1]->range;
        if (sorted[i]->range.offset - LOCAL_BYTES - (int64_t)strlen(sorted[i]->name) < before->offset + before->length)
            status = ls_fail(LS_ERR_DATA, "%s: is no whole zip archive: %s and %s lie over each other", path,
                             sorted[i - 1]->name, sorted[i]->name);
    }
    ls_memory_free(sorted);
    return status;
}

ls_status ls_zip_find(const char *path, const ls_zip_entry *entries, int count, const char *name,
                      const ls_zip_entry **entry)
{
    *entry = NULL;
    LS_TRY(check_apart(path, entries, count));
    for (int i = 0; i < count; i++) {
        if (strcmp(entries[i].name, name) != 0)
            continue;
        if (*entry)
            return ls_fail(LS_ERR_DATA, "%s: has two entries called %s", path, name);
        *entry = &entries[i];
    }
    if (*entry && (*entry)->size / DEFLATE_MOST > (*entry)->range.length)
        return ls_fail(LS_ERR_DATA, "%s: %s claims %lld bytes, and %lld packed ones cannot hold so many", path, name,
                       (long long)(*entry)->size, (long long)(*entry)->range.length);
    return LS_OK;
}
