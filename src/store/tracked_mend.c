/* What others have done to a tracked file, and how it becomes whole again. */
#include "store/tracked_internal.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/reason.h"
#include "files/disk.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 65536, ASIDE = 1000 };

/* A regular file, and never through a link, nor one that waits for a reader. */
static int open_regular(const char *path, struct stat *info)
{
    if (lstat(path, info) != 0 || !S_ISREG(info->st_mode))
        return -1;
    const int fd = ls_descriptor_open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd >= 0 && (fstat(fd, info) != 0 || !S_ISREG(info->st_mode))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static const char *kind_of(const char *path)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return "is not there";
    return S_ISLNK(info.st_mode)    ? "is a symbolic link"
           : S_ISFIFO(info.st_mode) ? "is a named pipe"
           : S_ISDIR(info.st_mode)  ? "is a directory"
           : S_ISREG(info.st_mode)  ? "cannot be read and written"
                                    : "is no regular file";
}

/* The first `count` bytes of a file, hashed, and kept where `text` is given. */
static bool read_first(int fd, int64_t count, ls_sha256 *hash, ls_text *text)
{
    char bytes[PIECE];
    ls_sha256_start(hash);
    for (int64_t at = 0; at < count; at += PIECE) {
        const int64_t wanted = count - at < PIECE ? count - at : PIECE;
        if (ls_descriptor_read_at(fd, bytes, wanted, at) != wanted)
            return false;
        ls_sha256_update(hash, bytes, (size_t)wanted);
        if (text)
            ls_text_append_bytes(text, bytes, (size_t)wanted);
        ls_alive();
    }
    return !text || ls_text_status(text) == LS_OK;
}

static bool same_digest(const ls_sha256 *hash, const uint8_t expected[32])
{
    uint8_t digest[32];
    ls_sha256 copy = *hash;
    ls_sha256_finish(&copy, digest);
    return memcmp(digest, expected, sizeof digest) == 0;
}

/* ---- opening ---- */

/* Whether the first bytes are what the mark says; `hash` is theirs, and `text` has them if they are few. */
static bool is_marked(ls_tracked *f, int fd, int64_t size, const ls_logmark *mark, ls_sha256 *hash, ls_text *text)
{
    if (size < mark->length) {
        snprintf(f->why, sizeof f->why, "has %lld bytes, expected at least %lld", (long long)size,
                 (long long)mark->length);
        return false;
    }
    snprintf(f->why, sizeof f->why, "is not as it was written");
    if (!read_first(fd, mark->length, hash, mark->length <= LS_TRACKED_HELD ? text : NULL))
        return false;
    char last = '\0';
    if (mark->known)
        return same_digest(hash, mark->digest);
    return ls_descriptor_read_at(fd, &last, 1, mark->length - 1) == 1 && last == '\n'; /* at least a row ends there */
}

/* Bytes up to the end of the last whole row. */
static int64_t whole_rows(int fd, int64_t size)
{
    char bytes[PIECE];
    while (size > 0) {
        const int64_t first = size > PIECE ? size - PIECE : 0;
        const int64_t got = ls_descriptor_read_at(fd, bytes, size - first, first);
        for (int64_t i = got; i > 0; i--)
            if (bytes[i - 1] == '\n')
                return first + i;
        size = got == size - first ? first : 0;
    }
    return 0;
}

bool ls_tracked_has_header(const ls_tracked *f)
{
    struct stat info;
    ls_sha256 hash;
    ls_text text = {0};
    const int64_t length = (int64_t)strlen(f->header);
    const int fd = open_regular(f->path, &info);
    if (fd < 0)
        return false;
    const bool has = read_first(fd, length, &hash, &text) && memcmp(text.data, f->header, (size_t)length) == 0;
    (void)close(fd);
    ls_text_free(&text);
    return has;
}

bool ls_tracked_adopt(ls_tracked *f, const ls_logmark *mark)
{
    struct stat info;
    ls_sha256 hash;
    ls_text text = {0};
    const int fd = open_regular(f->path, &info);
    if (fd < 0) {
        snprintf(f->why, sizeof f->why, "%s", kind_of(f->path));
        return false;
    }
    const ls_logmark rows = {.length = whole_rows(fd, info.st_size)};
    if (!mark)
        mark = &rows;
    if (mark->length == 0)
        snprintf(f->why, sizeof f->why, "is no log of this run");
    bool good = mark->length > 0 && is_marked(f, fd, info.st_size, mark, &hash, &text);
    /* a file with two names is not written: the other may be somebody's copy of a run */
    if (good && info.st_nlink == 1 && (info.st_size == mark->length || ls_descriptor_truncate(fd, mark->length) == 0)) {
        ls_text_free(&f->text);
        f->text = text;
        f->hash = hash;
        f->fd = fd;
        f->written = mark->length;
        f->from = mark->length - (int64_t)text.length;
        ls_tracked_note_state(f);
        return true;
    }
    if (good && text.length == 0) /* long, so that it was not kept */
        good = read_first(fd, mark->length, &hash, &text);
    (void)close(fd);
    if (good) { /* to be made anew with the same bytes */
        ls_text_free(&f->text);
        f->text = text;
        return true;
    }
    ls_text_free(&text);
    return false;
}

bool ls_tracked_matches(const char *path, const ls_logmark *mark)
{
    struct stat info;
    ls_sha256 hash;
    const int fd = open_regular(path, &info);
    if (fd < 0)
        return false;
    const bool matches = info.st_size == (off_t)mark->length && read_first(fd, mark->length, &hash, NULL) &&
                         same_digest(&hash, mark->digest);
    (void)close(fd);
    return matches;
}

/* ---- making it ---- */

/* Whether a file at the path has nothing that the text does not have. */
static bool is_part_of_text(const ls_tracked *f)
{
    char bytes[PIECE];
    struct stat info;
    const int fd = open_regular(f->path, &info);
    if (fd < 0)
        return false;
    bool part = info.st_size <= (off_t)f->text.length;
    for (int64_t at = 0; part && at < info.st_size;) {
        const int64_t got = ls_descriptor_read_at(fd, bytes, sizeof bytes, at);
        part = got > 0 && at + got <= (int64_t)f->text.length && memcmp(bytes, f->text.data + at, (size_t)got) == 0;
        at += got;
    }
    (void)close(fd);
    return part;
}

void ls_tracked_put_aside(ls_tracked *f)
{
    char aside[LS_TEXT_MAX + 32];
    struct stat info;
    if (lstat(f->path, &info) != 0 || (f->from == 0 && is_part_of_text(f)))
        return;
    for (int number = 1; number < ASIDE; number++) {
        snprintf(aside, sizeof aside, number > 1 ? "%s.damaged-%d" : "%s.damaged", f->path, number);
        if (lstat(aside, &info) == 0)
            continue;
        if (ls_disk_rename(f->path, aside) == 0)
            ls_text_printf(&f->notice, "%s: %s; what was there is now %s\n", f->path, f->why, aside);
        return;
    }
}

ls_status ls_tracked_make(ls_tracked *f)
{
    char temporary[LS_TEXT_MAX + 64];
    int fd;
    ls_tracked_restart(f);
    LS_TRY(ls_replace_open(f->path, temporary, sizeof temporary, &fd));
    ls_status status = ls_replace_write(fd, f->path, f->text.data, f->text.length, 0);
    if (status != LS_OK) {
        const int error = errno;
        ls_replace_discard(fd, temporary);
        errno = error;
        return status;
    }
    LS_TRY(ls_replace_rename(fd, temporary, f->path));
    struct stat info;
    f->fd = open_regular(f->path, &info);
    if (f->fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be opened for writing: %s", f->path, ls_reason(errno));
    ls_tracked_wrote(f, (int64_t)f->text.length);
    return LS_OK;
}

/* ---- looking ---- */

void ls_tracked_note_state(ls_tracked *f)
{
    if (fstat(f->fd, &f->state) != 0)
        memset(&f->state, 0, sizeof f->state);
}

/* What somebody did to the file since; NULL: nothing that is seen without reading it. */
static const char *what_happened(const ls_tracked *f, const struct stat *now)
{
    struct stat there;
    if (lstat(f->path, &there) != 0)
        return "was removed";
    if (there.st_ino != now->st_ino || there.st_dev != now->st_dev)
        return S_ISREG(there.st_mode) ? "was replaced" : kind_of(f->path);
    if (now->st_size != (off_t)f->written)
        return now->st_size < (off_t)f->written ? "was cut short" : "has more in it than was written";
    return now->st_nlink > 1 ? "has another name too" : NULL;
}

static bool is_touched(const ls_tracked *f, const struct stat *now)
{
    return now->st_ctim.tv_sec != f->state.st_ctim.tv_sec || now->st_ctim.tv_nsec != f->state.st_ctim.tv_nsec;
}

static bool has_right_bytes(const ls_tracked *f, ls_text *text)
{
    uint8_t expected[32];
    ls_sha256 hash, ours = f->hash;
    ls_sha256_finish(&ours, expected);
    return read_first(f->fd, f->written, &hash, text) && same_digest(&hash, expected);
}

/* All that belongs into the file, in the text: it is there, or the open file still has it, or it is lost. */
static void gather(ls_tracked *f)
{
    ls_text whole = {0};
    if (f->from == 0)
        return;
    if (!has_right_bytes(f, &whole)) {
        ls_text_clear(&whole);
        ls_text_append(&whole, f->header);
        ls_text_printf(&f->notice, "%s: the rows before are lost, and it is begun again\n", f->path);
    }
    const int64_t waiting = ls_tracked_length(f) - f->written;
    if (waiting > 0)
        ls_text_append_bytes(&whole, f->text.data + (f->written - f->from), (size_t)waiting);
    ls_text_free(&f->text);
    f->text = whole;
    f->from = 0;
}

void ls_tracked_look(ls_tracked *f, bool thoroughly)
{
    struct stat now = {0};
    const char *happened = fstat(f->fd, &now) == 0 ? what_happened(f, &now) : "cannot be examined";
    /* a time that differs may be a network file system's; of long files it is not worth a reading at each row */
    const bool read = thoroughly || (is_touched(f, &now) && f->written <= LS_TRACKED_HELD);
    if (!happened && read && !has_right_bytes(f, NULL))
        happened = "was changed";
    if (!happened)
        return;
    const bool copied = now.st_nlink > 1 && now.st_size == (off_t)f->written && has_right_bytes(f, NULL);
    gather(f);
    snprintf(f->why, sizeof f->why, "%s meanwhile", happened);
    if (!copied) {
        ls_tracked_put_aside(f);
        ls_text_printf(&f->notice, "%s: %s; it is made again\n", f->path, f->why);
    }
    (void)close(f->fd);
    f->fd = -1;
    ls_tracked_restart(f);
}
