/* Text files that are appended to, cut back, replaced and read whole. */
#include "files/textfile.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/disk.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ls_textfile {
    int fd;
    int64_t length;
    char path[LS_TEXT_MAX];
};

/* Opens the descriptor; a file that is to be `length` > 0 bytes long must be there already. */
static ls_status open_at(ls_textfile *file, int64_t length)
{
    struct stat info;
    file->fd = ls_descriptor_open(file->path, O_WRONLY | O_APPEND | (length <= 0 ? O_CREAT : 0), 0666);
    if (file->fd < 0 && errno == ENOENT && length > 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: is not there, expected a file of at least %lld bytes", file->path,
                       (long long)length);
    if (file->fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be opened for writing: %s", file->path, ls_reason(errno));
    if (fstat(file->fd, &info) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be examined: %s", file->path, ls_reason(errno));
    if (length < 0)
        length = info.st_size;
    if (info.st_size < length)
        return ls_fail(LS_ERR_OUTPUT, "%s: has %lld bytes, expected at least %lld; it was cut short or replaced",
                       file->path, (long long)info.st_size, (long long)length);
    if (info.st_size > length && ftruncate(file->fd, length) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be cut back to %lld bytes: %s", file->path, (long long)length,
                       ls_reason(errno));
    file->length = length;
    return LS_OK;
}

ls_status ls_textfile_open(const char *path, int64_t length, ls_textfile **file)
{
    *file = NULL;
    if (strlen(path) >= sizeof(*file)->path)
        return ls_fail(LS_ERR_OUTPUT, "%.64s...: the path is too long", path);
    LS_TRY(ls_memory_allocate(file, 1, sizeof **file, "handle of a text file"));
    memcpy((*file)->path, path, strlen(path) + 1);
    ls_status status = open_at(*file, length);
    if (status != LS_OK) {
        ls_textfile_close(*file);
        *file = NULL;
    }
    return status;
}

ls_status ls_textfile_append(ls_textfile *file, const char *text)
{
    size_t count = strlen(text), done = 0;
    while (done < count) {
        ssize_t written = ls_disk_append(file->fd, text + done, count - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            ls_status status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: %s", file->path,
                                       written < 0 ? ls_reason(errno) : "nothing is accepted");
            /* part of a row is worse than none; that the cut fails too (a device) changes nothing */
            if (done > 0 && ftruncate(file->fd, file->length) != 0)
                file->length += (int64_t)done;
            return status;
        }
        done += (size_t)written;
    }
    file->length += (int64_t)count;
    return LS_OK;
}

int64_t ls_textfile_length(const ls_textfile *file)
{
    return file->length;
}

ls_status ls_textfile_sync(ls_textfile *file)
{
    return ls_replace_sync(file->fd, file->path);
}

void ls_textfile_close(ls_textfile *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    ls_memory_free(file);
}

ls_status ls_textfile_replace(const char *path, const char *text)
{
    char temporary[LS_TEXT_MAX];
    int fd;
    ls_status status = ls_replace_open(path, temporary, sizeof temporary, &fd);
    if (status == LS_OK)
        status = ls_replace_write(fd, path, text, strlen(text), 0);
    if (status == LS_OK)
        status = ls_replace_sync(fd, path);
    if (status == LS_OK)
        status = ls_replace_rename(fd, temporary, path);
    else
        ls_replace_discard(fd, temporary);
    return status;
}

static ls_status read_open(int fd, const char *path, int64_t limit, char **text)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be examined: %s", path, ls_reason(errno));
    if (!S_ISREG(info.st_mode))
        return ls_fail(LS_ERR_DATA, "%s: is not a regular file", path);
    if (info.st_size > limit)
        return ls_fail(LS_ERR_DATA, "%s: has %lld bytes, expected a text of at most %lld", path,
                       (long long)info.st_size, (long long)limit);
    LS_TRY(ls_memory_allocate(text, (int64_t)info.st_size + 1, 1, "text of a file"));
    ssize_t count = 0, got = 1;
    while (count < info.st_size && got > 0) {
        got = read(fd, *text + count, (size_t)(info.st_size - count));
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            count += got;
    }
    if (got < 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be read: %s", path, ls_reason(errno));
    if (memchr(*text, '\0', (size_t)count) != NULL)
        return ls_fail(LS_ERR_DATA, "%s: is not text: it has a zero byte", path);
    return LS_OK;
}

ls_status ls_textfile_read(const char *path, int64_t limit, char **text)
{
    *text = NULL;
    int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0); /* not blocking, or a named pipe would hang us */
    if (fd < 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be opened for reading: %s", path, ls_reason(errno));
    ls_status status = read_open(fd, path, limit, text);
    (void)close(fd);
    if (status != LS_OK) {
        ls_memory_free(*text);
        *text = NULL;
    }
    return status;
}
