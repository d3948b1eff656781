/* Pages in memory, and everything else in the file. */
#include "hdf5/h5_image.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/replace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { GROUP = 1024 }; /* pages, whose addresses are together */

/* The caller passes on what was recorded last. */
void ls_h5_image_fail(ls_h5_image *image, ls_status status)
{
    if (status == LS_OK || image->status != LS_OK)
        return;
    image->status = status;
    (void)snprintf(image->message, LS_TEXT_MAX, "%s", ls_error_message());
}

ls_status ls_h5_image_status(const ls_h5_image *image)
{
    return image->status == LS_OK ? LS_OK : ls_fail(image->status, "%s", image->message);
}

ls_status ls_h5_image_begin(ls_h5_image *image, int fd, const char *path)
{
    *image = (ls_h5_image){.fd = fd, .path = path};
    return ls_memory_allocate(&image->message, LS_TEXT_MAX, 1, "message");
}

void ls_h5_image_free(ls_h5_image *image)
{
    for (int64_t g = 0; g < image->groups; g++) {
        for (int i = 0; image->pages[g] && i < GROUP; i++)
            ls_memory_free(image->pages[g][i]);
        ls_memory_free(image->pages[g]);
    }
    ls_memory_free(image->pages);
    ls_memory_free(image->message);
    *image = (ls_h5_image){.fd = -1};
}

/* ---- pages ---- */

static unsigned char *page_at(const ls_h5_image *image, int64_t page)
{
    const int64_t group = page / GROUP;
    return group < image->groups && image->pages[group] ? image->pages[group][page % GROUP] : NULL;
}

/* What the file has of a range; zeros behind its end. */
static ls_status read_file(const ls_h5_image *image, int64_t at, unsigned char *bytes, size_t count)
{
    const int64_t got = ls_descriptor_read_at(image->fd, bytes, (int64_t)count, at);
    const size_t there = got > 0 ? (size_t)got : 0;
    memset(bytes + there, 0, count - there);
    return got >= 0 ? LS_OK : ls_fail(LS_ERR_OUTPUT, "%s: cannot be read back: %s", image->path, ls_reason(errno));
}

/* A page to be written to, with what the file has of it. */
static ls_status make_page(ls_h5_image *image, int64_t page, unsigned char **made)
{
    const int64_t group = page / GROUP;
    *made = page_at(image, page);
    if (*made)
        return LS_OK;
    LS_TRY(ls_memory_grow(&image->pages, &image->groups, group + 1, sizeof *image->pages, "pages of a file"));
    if (!image->pages[group])
        LS_TRY(ls_memory_allocate(&image->pages[group], GROUP, sizeof *image->pages[group], "pages of a file"));
    LS_TRY(ls_memory_allocate(made, LS_H5_PAGE, 1, "page of a file"));
    const ls_status status =
        page * LS_H5_PAGE < image->written ? read_file(image, page * LS_H5_PAGE, *made, LS_H5_PAGE) : LS_OK;
    if (status != LS_OK) {
        ls_memory_free(*made);
        return status;
    }
    image->pages[group][page % GROUP] = *made;
    return LS_OK;
}

/* ---- reading and writing ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes from a page's beginning on, of whole pages that are not in memory. */
static size_t whole_pages(const ls_h5_image *image, int64_t at, size_t count)
{
    size_t whole = 0;
    while (count - whole >= LS_H5_PAGE && !page_at(image, (at + (int64_t)whole) / LS_H5_PAGE))
        whole += LS_H5_PAGE;
    return whole;
}

static ls_status write_piece(ls_h5_image *image, bool data, int64_t at, const unsigned char *bytes, size_t count,
                             size_t *done)
{
    const size_t inside = (size_t)(at % LS_H5_PAGE);
    *done = data && inside == 0 ? whole_pages(image, at, count) : 0;
    if (*done > 0) {
        const int64_t end = at + (int64_t)*done;
        image->written = end > image->written ? end : image->written;
        return image->status == LS_OK ? ls_replace_write(image->fd, image->path, bytes, *done, (size_t)at) : LS_OK;
    }
    unsigned char *page;
    *done = least(count, LS_H5_PAGE - inside);
    LS_TRY(make_page(image, at / LS_H5_PAGE, &page));
    memcpy(page + inside, bytes, *done);
    return LS_OK;
}

/* Pages are kept up after a failure: libhdf5 reads its records again. */
void ls_h5_image_write(ls_h5_image *image, bool data, int64_t at, const void *bytes, size_t count)
{
    const unsigned char *from = bytes;
    size_t done;
    if (at + (int64_t)count > image->end)
        image->end = at + (int64_t)count;
    for (; count > 0; from += done, at += (int64_t)done, count -= done)
        ls_h5_image_fail(image, write_piece(image, data, at, from, count, &done));
}

void ls_h5_image_read(ls_h5_image *image, int64_t at, void *bytes, size_t count)
{
    unsigned char *to = bytes;
    while (count > 0) {
        const size_t inside = (size_t)(at % LS_H5_PAGE), piece = least(count, LS_H5_PAGE - inside);
        const unsigned char *page = page_at(image, at / LS_H5_PAGE);
        if (page)
            memcpy(to, page + inside, piece);
        else if (at < image->written)
            ls_h5_image_fail(image, read_file(image, at, to, piece));
        else
            memset(to, 0, piece);
        to += piece;
        at += (int64_t)piece;
        count -= piece;
    }
}

ls_status ls_h5_image_finish(ls_h5_image *image)
{
    LS_TRY(ls_h5_image_status(image));
    for (int64_t page = 0; page * LS_H5_PAGE < image->length; page++) {
        const int64_t at = page * LS_H5_PAGE, left = image->length - at;
        const unsigned char *bytes = page_at(image, page);
        if (bytes)
            LS_TRY(ls_replace_write(image->fd, image->path, bytes, least(LS_H5_PAGE, (size_t)left), (size_t)at));
    }
    if (ls_descriptor_truncate(image->fd, image->length) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: %s", image->path, ls_reason(errno));
    return LS_OK;
}
