/* Reading a range of a file in order. zlib is optional: without it packed data is refused. */
#include "files/stream.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/spool.h"
#include "files/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef LS_HAVE_ZLIB
#include <zlib.h>
#endif

#define INPUT_BYTES 65536

struct ls_stream {
    char name[LS_TEXT_MAX + 256];
    int fd;
    ls_stream_range range;
    int64_t at; /* bytes of the range that were read */
    off_t size; /* of the file, and its time, when it was opened */
    ls_file_state state;
#ifdef LS_HAVE_ZLIB
    z_stream z;
    int64_t given; /* unpacked bytes */
    bool started;  /* z is to be ended */
    bool between;  /* behind a gzip member: another, zeros, or nothing */
    bool ended;    /* the packed data is over */
    uLong crc;
    unsigned char input[INPUT_BYTES];
#endif
};

static ls_status open_file(const char *path, ls_stream *s)
{
    struct stat info;
    s->fd = ls_spool_open(path);
    if (s->fd < 0)
        s->fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0); /* not blocking, or a named pipe would hang us */
    if (s->fd < 0 && errno == ENOENT)
        return ls_fail(LS_ERR_DATA, "%s: there is no such file; check the path", path);
    if (s->fd < 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be opened for reading: %s", path, ls_reason(errno));
    if (fstat(s->fd, &info) != 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be examined: %s", path, ls_reason(errno));
    if (!S_ISREG(info.st_mode))
        return ls_fail(LS_ERR_DATA,
                       "%s: is not a regular file; it may be read more than once, so write it to one first", path);
    s->size = info.st_size;
    s->state = ls_file_state_of(&info);
    if (s->range.length < 0)
        s->range.length = info.st_size - s->range.offset;
    if (s->range.offset < 0 || s->range.length < 0 || s->range.offset > info.st_size ||
        s->range.length > info.st_size - s->range.offset)
        return ls_fail(LS_ERR_DATA, "%s: is cut short: bytes %lld to %lld of it are said to be there, it has %lld",
                       s->name, (long long)s->range.offset, (long long)(s->range.offset + s->range.length),
                       (long long)info.st_size);
    return LS_OK;
}

/* Parts of two files are not a third one. What was read may be of both, so it is looked at behind each piece. */
static ls_status check_same(const ls_stream *s)
{
    struct stat now;
    if (fstat(s->fd, &now) != 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be examined: %s", s->name, ls_reason(errno));
    if (ls_file_state_is_now(&s->state, &now))
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s: has been written to since reading began; data must stay as they are while they are read",
                   s->name);
}

/* Bytes of the file behind those that were read; *got is 0 at the range's end. */
static ls_status read_file(ls_stream *s, void *to, int64_t bytes, int64_t *got)
{
    const int64_t left = s->range.length - s->at;
    *got = 0;
    if (bytes > left)
        bytes = left;
    while (*got < bytes) {
        const ssize_t now =
            pread(s->fd, (char *)to + *got, (size_t)(bytes - *got), (off_t)(s->range.offset + s->at + *got));
        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return ls_fail(LS_ERR_DATA, "%s: cannot be read: %s", s->name, ls_reason(errno));
        if (now == 0)
            return ls_fail(LS_ERR_DATA, "%s: became shorter while it was read", s->name);
        *got += now;
    }
    s->at += *got;
    return check_same(s);
}

/* gzip says so itself (RFC 1952, 2.3.1). */
static ls_status find_packing(ls_stream *s)
{
    unsigned char magic[2];
    int64_t got;
    if (s->range.packing != LS_PACKED_FOUND)
        return LS_OK;
    LS_TRY(read_file(s, magic, sizeof magic, &got));
    s->at = 0;
    s->range.packing = got == 2 && magic[0] == 0x1F && magic[1] == 0x8B ? LS_PACKED_GZIP : LS_PACKED_NOT;
    return LS_OK;
}

static ls_status start_unpacking(ls_stream *s)
{
    if (s->range.packing == LS_PACKED_NOT)
        return LS_OK;
#ifdef LS_HAVE_ZLIB
    const int window = s->range.packing == LS_PACKED_GZIP ? 15 + 16 : -15;
    if (inflateInit2(&s->z, window) != Z_OK)
        return ls_fail(LS_ERR_MEMORY, "%s: zlib cannot be started", s->name);
    s->started = true;
    return LS_OK;
#else
    return ls_fail(LS_ERR_DATA, "%s: is compressed, and this Lockstep was built without zlib; unpack it first",
                   s->name);
#endif
}

ls_status ls_stream_open(const char *path, const char *name, const ls_stream_range *range, ls_stream **stream)
{
    ls_stream *s;
    *stream = NULL;
    if (strlen(name) >= sizeof s->name)
        return ls_fail(LS_ERR_DATA, "%.64s...: the path is too long", name);
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "reader of a file"));
    strcpy(s->name, name);
    s->fd = -1;
    s->range = *range;
    ls_status status = open_file(path, s);
    if (status == LS_OK)
        status = find_packing(s);
    if (status == LS_OK)
        status = start_unpacking(s);
    if (status != LS_OK) {
        ls_stream_close(s);
        return status;
    }
    *stream = s;
    return LS_OK;
}

void ls_stream_close(ls_stream *stream)
{
    if (stream == NULL)
        return;
#ifdef LS_HAVE_ZLIB
    if (stream->started)
        (void)inflateEnd(&stream->z);
#endif
    if (stream->fd >= 0)
        (void)close(stream->fd);
    ls_memory_free(stream);
}

#ifdef LS_HAVE_ZLIB

static ls_status check_crc(const ls_stream *s)
{
    if (s->range.has_crc && (uint32_t)s->crc != s->range.crc)
        return ls_fail(LS_ERR_DATA, "%s: is damaged: its check sum is not the one that was stored with it", s->name);
    return LS_OK;
}

/* The next byte to unpack, of the file. */
static int64_t packed_at(const ls_stream *s)
{
    return s->range.offset + s->at - (int64_t)s->z.avail_in;
}

static ls_status fill_input(ls_stream *s)
{
    int64_t read;
    if (s->z.avail_in > 0)
        return LS_OK;
    LS_TRY(read_file(s, s->input, INPUT_BYTES, &read));
    s->z.next_in = s->input;
    s->z.avail_in = (uInt)read;
    return LS_OK;
}

/* Behind the end of one gzip member another may follow, or zeros that fill a block. */
static ls_status next_member(ls_stream *s)
{
    LS_TRY(fill_input(s));
    if (s->z.avail_in == 0) {
        s->ended = true;
        return LS_OK;
    }
    if (*s->z.next_in == 0) {
        s->z.next_in++;
        s->z.avail_in--;
        return LS_OK;
    }
    if (*s->z.next_in != 0x1F)
        return ls_fail(LS_ERR_DATA,
                       "%s: is damaged: behind its compressed data, from byte %lld of the file on, stands something "
                       "that is not gzip",
                       s->name, (long long)packed_at(s));
    if (inflateReset(&s->z) != Z_OK)
        return ls_fail(LS_ERR_DATA, "%s: cannot be unpacked", s->name);
    s->between = false;
    return LS_OK;
}

static ls_status fail_unpacking(const ls_stream *s)
{
    return ls_fail(LS_ERR_DATA,
                   "%s: is damaged: it cannot be unpacked near byte %lld of the file, after %lld unpacked bytes (zlib: "
                   "%s); get it again, or make it anew",
                   s->name, (long long)packed_at(s), (long long)s->given,
                   s->z.msg != NULL ? s->z.msg : "no reason given");
}

static ls_status unpack_some(ls_stream *s, void *to, uInt room, int64_t *got)
{
    LS_TRY(fill_input(s));
    const bool dry = s->z.avail_in == 0;
    s->z.next_out = to;
    s->z.avail_out = room;
    const int code = inflate(&s->z, Z_NO_FLUSH); /* without input too: it may hold back what there was no room for */
    *got = room - s->z.avail_out;
    if (dry && code == Z_BUF_ERROR)
        return ls_fail(LS_ERR_DATA,
                       "%s: is cut short: the compressed data ends too early, at byte %lld of the file, after %lld "
                       "unpacked bytes; get it again, or make it anew",
                       s->name, (long long)packed_at(s), (long long)s->given);
    s->given += *got;
    if (code == Z_STREAM_END)
        *(s->range.packing == LS_PACKED_GZIP ? &s->between : &s->ended) = true;
    return code == Z_OK || code == Z_STREAM_END ? LS_OK : fail_unpacking(s);
}

static ls_status unpack(ls_stream *s, void *to, int64_t bytes, int64_t *got)
{
    *got = 0;
    while (*got < bytes && !s->ended) {
        int64_t now = 0;
        if (s->between)
            LS_TRY(next_member(s));
        else
            LS_TRY(
                unpack_some(s, (char *)to + *got, bytes - *got < INT32_MAX ? (uInt)(bytes - *got) : INT32_MAX, &now));
        *got += now;
    }
    return LS_OK;
}

/* To the start when the place lies behind, and on from there. */
static ls_status seek_packed(ls_stream *s, int64_t offset)
{
    unsigned char passed[16384];
    if (offset < s->given) {
        if (inflateReset(&s->z) != Z_OK)
            return ls_fail(LS_ERR_DATA, "%s: cannot be unpacked", s->name);
        s->at = s->given = 0;
        s->z.avail_in = 0;
        s->between = s->ended = false;
    }
    while (s->given < offset) {
        const int64_t left = offset - s->given, most = (int64_t)sizeof passed;
        int64_t got;
        LS_TRY(unpack(s, passed, left < most ? left : most, &got));
        if (got == 0)
            return ls_fail(LS_ERR_DATA, "%s: became shorter while it was read", s->name);
    }
    return LS_OK;
}

#endif

ls_status ls_stream_read(ls_stream *stream, void *to, int64_t bytes, int64_t *got)
{
#ifdef LS_HAVE_ZLIB
    if (stream->range.packing == LS_PACKED_NOT)
        LS_TRY(read_file(stream, to, bytes, got));
    else
        LS_TRY(unpack(stream, to, bytes, got));
    if (stream->range.has_crc) {
        for (int64_t done = 0; done < *got;) {
            const int64_t now = *got - done < INT32_MAX ? *got - done : INT32_MAX;
            stream->crc = crc32(stream->crc, (const Bytef *)to + done, (uInt)now);
            done += now;
        }
        if (*got < bytes)
            LS_TRY(check_crc(stream));
    }
    return LS_OK;
#else
    return read_file(stream, to, bytes, got);
#endif
}

ls_status ls_stream_take(ls_stream *stream, void *to, int64_t bytes)
{
    int64_t got;
    LS_TRY(ls_stream_read(stream, to, bytes, &got));
    return got == bytes ? LS_OK
                        : ls_fail(LS_ERR_DATA, "%s: is cut short: %lld more bytes were expected at its end",
                                  stream->name, (long long)(bytes - got));
}

ls_status ls_stream_take_at(ls_stream *stream, int64_t offset, void *to, int64_t bytes)
{
    const int64_t at = stream->at;
    int64_t got = 0;
    stream->at = offset;
    const ls_status status = read_file(stream, to, bytes, &got);
    stream->at = at;
    LS_TRY(status);
    return got == bytes ? LS_OK : ls_fail(LS_ERR_DATA, "%s: is cut short", stream->name);
}

ls_status ls_stream_seek(ls_stream *stream, int64_t offset)
{
#ifdef LS_HAVE_ZLIB
    if (stream->range.packing != LS_PACKED_NOT)
        return seek_packed(stream, offset);
#endif
    if (offset > stream->range.length)
        return ls_fail(LS_ERR_DATA, "%s: became shorter while it was read", stream->name);
    stream->at = offset;
    return LS_OK;
}

ls_status ls_stream_restart(ls_stream *stream)
{
#ifdef LS_HAVE_ZLIB
    stream->crc = 0;
#endif
    return ls_stream_seek(stream, 0);
}

ls_packing ls_stream_packing(const ls_stream *stream)
{
    return stream->range.packing;
}

int64_t ls_stream_length(const ls_stream *stream)
{
    return stream->range.packing == LS_PACKED_NOT ? stream->range.length : -1;
}

const char *ls_stream_name(const ls_stream *stream)
{
    return stream->name;
}
