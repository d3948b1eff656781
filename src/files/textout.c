/* Writing text in order. zlib is optional: without it packed text is refused. */
#include "files/textout.h"

#include "base/memory.h"
#include "base/reason.h"
#include "files/replace.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#ifdef LS_HAVE_ZLIB
#include <zlib.h>
#endif

#define PACKED_BYTES 65536

static ls_status write_pipe(ls_textout *out, const char *bytes, size_t count)
{
    while (count > 0 && !out->closed) {
        const ssize_t done = write(STDOUT_FILENO, bytes, count);
        if (done < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (done < 0 && errno == EPIPE) {
            out->closed = true;
            return LS_OK;
        }
        if (done < 0)
            return ls_fail(LS_ERR_OUTPUT, "standard output cannot be written: %s",
                           errno == EBADF ? "it is closed" : ls_reason(errno));
        bytes += done;
        count -= (size_t)done;
    }
    return LS_OK;
}

static ls_status put(ls_textout *out, const void *bytes, size_t count)
{
    if (out->fd < 0)
        return write_pipe(out, bytes, count);
    LS_TRY(ls_replace_write(out->fd, out->path, bytes, count, (size_t)out->length));
    out->length += (int64_t)count;
    return LS_OK;
}

#ifdef LS_HAVE_ZLIB

struct ls_textout_packer {
    z_stream z;
    unsigned char packed[PACKED_BYTES];
};

ls_status ls_textout_open(ls_textout *out, int fd, const char *path, bool packed)
{
    *out = (ls_textout){.fd = fd, .path = path};
    if (!packed)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&out->packer, 1, sizeof *out->packer, "packer of a file"));
    if (deflateInit2(&out->packer->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK)
        return LS_OK; /* 16: a gzip header, without name and time */
    ls_memory_free(out->packer);
    out->packer = NULL;
    return ls_fail(LS_ERR_MEMORY, "%s: zlib cannot be started", path);
}

/* Gives zlib `count` bytes, and writes what comes out. */
static ls_status pack(ls_textout *out, const void *bytes, size_t count, int flush)
{
    z_stream *z = &out->packer->z;
    int code = Z_OK;
    z->next_in = (Bytef *)(uintptr_t)bytes; /* which zlib does not change */
    z->avail_in = (uInt)count;
    do {
        z->next_out = out->packer->packed;
        z->avail_out = PACKED_BYTES;
        code = deflate(z, flush);
        LS_TRY(put(out, out->packer->packed, PACKED_BYTES - z->avail_out));
    } while (z->avail_out == 0 || (flush == Z_FINISH && code == Z_OK));
    return LS_OK;
}

static ls_status write_packed(ls_textout *out, const char *bytes, size_t count)
{
    while (count > 0) {
        const size_t now = count < INT_MAX ? count : INT_MAX;
        LS_TRY(pack(out, bytes, now, Z_NO_FLUSH));
        bytes += now;
        count -= now;
    }
    return LS_OK;
}

ls_status ls_textout_finish(ls_textout *out)
{
    return out->packer != NULL ? pack(out, "", 0, Z_FINISH) : LS_OK;
}

void ls_textout_free(ls_textout *out)
{
    if (out->packer != NULL)
        (void)deflateEnd(&out->packer->z);
    ls_memory_free(out->packer);
    out->packer = NULL;
}

#else

ls_status ls_textout_open(ls_textout *out, int fd, const char *path, bool packed)
{
    *out = (ls_textout){.fd = fd, .path = path};
    if (!packed)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: cannot be packed, since this Lockstep was built without zlib; leave .gz out",
                   path);
}

static ls_status write_packed(ls_textout *out, const char *bytes, size_t count)
{
    return put(out, bytes, count);
}

ls_status ls_textout_finish(ls_textout *out)
{
    (void)out;
    return LS_OK;
}

void ls_textout_free(ls_textout *out)
{
    (void)out;
}

#endif

ls_status ls_textout_write(ls_textout *out, const void *bytes, size_t count)
{
    return out->packer != NULL ? write_packed(out, bytes, count) : put(out, bytes, count);
}
