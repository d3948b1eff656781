/* Pages of records: a table of (file, page), and their bytes. */
#include "hdf5/h5_pages.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "hdf5/h5.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { FILES = 256, SLOTS = 2 * LS_H5_PAGES_MOST };

typedef struct identity {
    uint64_t device, number;
    int64_t size, modified[2], changed[2]; /* seconds and nanoseconds */
} identity;

typedef struct page {
    int64_t file, number;
} page;

struct ls_h5_pages {
    int holders;
    int files, count, room;
    identity file[FILES];
    page page[LS_H5_PAGES_MOST]; /* (count) */
    int32_t slot[SLOTS];         /* 1 + the place of a page; 0: free. Probed in order. */
    unsigned char *bytes;        /* (room, LS_H5_PAGE), owned */
};

ls_status ls_h5_pages_create(ls_h5_pages **pages)
{
    LS_TRY(ls_memory_allocate(pages, 1, sizeof **pages, "pages of files"));
    (*pages)->holders = 1;
    return LS_OK;
}

void ls_h5_pages_hold(ls_h5_pages *pages)
{
    if (!pages)
        return;
    ls_h5_lock();
    pages->holders++;
    ls_h5_unlock();
}

void ls_h5_pages_release(ls_h5_pages *pages)
{
    if (!pages)
        return;
    ls_h5_lock();
    const int holders = --pages->holders;
    ls_h5_unlock();
    if (holders > 0)
        return;
    ls_memory_free(pages->bytes);
    ls_memory_free(pages);
}

/* ---- which file, which page ---- */

static int find_file(ls_h5_pages *p, const identity *wanted)
{
    for (int i = 0; i < p->files; i++)
        if (memcmp(&p->file[i], wanted, sizeof *wanted) == 0)
            return i;
    if (p->files == FILES)
        return -1;
    p->file[p->files] = *wanted;
    return p->files++;
}

int ls_h5_pages_file(ls_h5_pages *pages, const struct stat *info)
{
    const identity wanted = {.device = (uint64_t)info->st_dev,
                             .number = (uint64_t)info->st_ino,
                             .size = (int64_t)info->st_size,
                             .modified = {(int64_t)info->st_mtim.tv_sec, (int64_t)info->st_mtim.tv_nsec},
                             .changed = {(int64_t)info->st_ctim.tv_sec, (int64_t)info->st_ctim.tv_nsec}};
    return find_file(pages, &wanted);
}

/* Where a page is entered, or would be. */
static int32_t *slot_of(ls_h5_pages *p, int64_t file, int64_t number)
{
    uint64_t at = ((uint64_t)number * 256 + (uint64_t)file) * UINT64_C(0x9E3779B97F4A7C15) >> 40;
    for (;; at++) {
        int32_t *slot = &p->slot[at % SLOTS];
        if (*slot == 0 || (p->page[*slot - 1].file == file && p->page[*slot - 1].number == number))
            return slot;
    }
}

static unsigned char *bytes_of(ls_h5_pages *p, int32_t place)
{
    return p->bytes + (size_t)place * LS_H5_PAGE;
}

/* Room for one more page, whose place is `count`; false: there is none. */
static bool make_room(ls_h5_pages *p)
{
    unsigned char *larger;
    if (p->count < p->room)
        return true;
    if (p->count == LS_H5_PAGES_MOST)
        return false;
    const int room = p->room == 0 ? 16 : 2 * p->room;
    if (ls_memory_allocate(&larger, (int64_t)room * LS_H5_PAGE, 1, "pages of files") != LS_OK)
        return false;
    if (p->count > 0)
        memcpy(larger, p->bytes, (size_t)p->count * LS_H5_PAGE);
    ls_memory_free(p->bytes);
    p->bytes = larger;
    p->room = room;
    return true;
}

static void enter(ls_h5_pages *p, int64_t file, int64_t number)
{
    p->page[p->count] = (page){file, number};
    *slot_of(p, file, number) = ++p->count;
}

/* ---- reading ---- */

/* Zeros behind the file's end. */
static bool read_all(int fd, int64_t at, size_t count, unsigned char *bytes)
{
    const int64_t got = ls_descriptor_read_at(fd, bytes, (int64_t)count, at);
    if (got >= 0)
        memset(bytes + got, 0, count - (size_t)got);
    return got >= 0;
}

/* Whether all of the pages first .. last are there, read where they are not; those of a gap with one reading. */
static bool need(ls_h5_pages *p, int file, int fd, int64_t first, int64_t last)
{
    for (int64_t number = first; number <= last;) {
        int64_t gap = 0;
        const int begin = p->count;
        while (number + gap <= last && *slot_of(p, file, number + gap) == 0 && make_room(p)) {
            enter(p, file, number + gap);
            gap++;
        }
        if (gap == 0 && *slot_of(p, file, number) == 0)
            return false;
        if (gap > 0 && !read_all(fd, number * LS_H5_PAGE, (size_t)gap * LS_H5_PAGE, bytes_of(p, begin))) {
            /* They were entered last, so nothing is found behind them. */
            while (p->count > begin) {
                *slot_of(p, file, p->page[p->count - 1].number) = 0;
                p->count--;
            }
            return false;
        }
        number += gap > 0 ? gap : 1;
    }
    return true;
}

bool ls_h5_pages_read(ls_h5_pages *pages, int file, int fd, int64_t at, size_t count, void *bytes)
{
    unsigned char *to = bytes;
    const int64_t first = at / LS_H5_PAGE, last = (at + (int64_t)count - 1) / LS_H5_PAGE;
    if (count == 0)
        return true;
    if (file < 0 || last - first >= LS_H5_PAGES_MOST || !need(pages, file, fd, first, last))
        return read_all(fd, at, count, bytes);
    for (int64_t number = first; number <= last; number++) {
        const int64_t from = number == first ? at % LS_H5_PAGE : 0;
        const int64_t end = number == last ? (at + (int64_t)count - 1) % LS_H5_PAGE + 1 : LS_H5_PAGE;
        memcpy(to, bytes_of(pages, *slot_of(pages, file, number) - 1) + from, (size_t)(end - from));
        to += end - from;
    }
    return true;
}

/* ---- as one block ---- */

typedef struct head {
    int64_t files, pages;
} head;

int64_t ls_h5_pages_bytes(const ls_h5_pages *p)
{
    return (int64_t)(sizeof(head) + (size_t)p->files * sizeof(identity) +
                     (size_t)p->count * (sizeof(page) + LS_H5_PAGE));
}

static char *put(char *to, const void *from, size_t bytes)
{
    if (bytes > 0)
        memcpy(to, from, bytes);
    return to + bytes;
}

void ls_h5_pages_pack(const ls_h5_pages *p, void *block)
{
    const head h = {p->files, p->count};
    char *at = put(block, &h, sizeof h);
    at = put(at, p->file, (size_t)p->files * sizeof *p->file);
    at = put(at, p->page, (size_t)p->count * sizeof *p->page);
    (void)put(at, p->bytes, (size_t)p->count * LS_H5_PAGE);
}

void ls_h5_pages_unpack(ls_h5_pages *p, const void *block)
{
    head h;
    memcpy(&h, block, sizeof h);
    const char *files = (const char *)block + sizeof h, *list = files + (size_t)h.files * sizeof(identity);
    const char *from = list + (size_t)h.pages * sizeof(page);
    for (int64_t i = 0; i < h.pages; i++, from += LS_H5_PAGE) {
        page there;
        identity theirs;
        memcpy(&there, list + (size_t)i * sizeof there, sizeof there);
        memcpy(&theirs, files + (size_t)there.file * sizeof theirs, sizeof theirs);
        const int file = find_file(p, &theirs);
        if (file < 0 || *slot_of(p, file, there.number) != 0 || !make_room(p))
            continue;
        enter(p, file, there.number);
        memcpy(bytes_of(p, p->count - 1), from, LS_H5_PAGE);
    }
}
