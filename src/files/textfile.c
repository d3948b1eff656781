/* Text files that are replaced and read whole. */
#include "files/textfile.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
