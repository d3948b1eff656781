/* Replacing a file atomically: temporary name, sync, rename. */
#include "files/replace.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/reason.h"
#include "files/directory.h"
#include "files/disk.h"
#include "files/path.h"
#include "files/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

ls_status ls_replace_open(const char *path, char *temporary, size_t capacity, int *fd)
{
    *fd = -1;
    temporary[0] = '\0';
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    if (name[0] == '\0')
        return ls_fail(LS_ERR_OUTPUT, "\"%s\" names no file to write", path);
    if (ls_path_is_directory(path))
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: it is a directory", path);
    LS_TRY(ls_temporary_name(path, temporary, capacity));
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    *fd = ls_disk_make(temporary, flags);
    if (*fd < 0 && errno == EEXIST) { /* of a killed process that had our number */
        ls_temporary_remove(temporary);
        *fd = ls_disk_make(temporary, flags);
    }
    if (*fd >= 0) {
        (void)ls_descriptor_lock(*fd, LOCK_EX | LOCK_NB); /* for ls_replace_clean; without locks nothing is cleaned */
        return LS_OK;
    }
    ls_status status =
        ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: no new file in its directory: %s", path, ls_reason(errno));
    temporary[0] = '\0'; /* whatever stands there is not ours to remove */
    return status;
}

void ls_replace_clean(const char *path)
{
    char directory[LS_TEXT_MAX];
    const char *slash = strrchr(path, '/');
    ls_path_parent(path, directory, sizeof directory);
    (void)ls_temporary_clean(directory, slash ? slash + 1 : path);
}

/* Bytes that are waited for at a time. */
#define SYNC_BYTES ((off_t)16 << 20)

/* Where it can be done, data goes to the disk piece by piece, so that whoever waits hears of each; fsync has little
 * left to do then. An error that is told here fsync would not tell again. */
static ls_status sync_pieces(int fd, const char *path)
{
#ifdef SYNC_FILE_RANGE_WRITE
    const unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return LS_OK;
    for (off_t at = 0; at < info.st_size; at += SYNC_BYTES) {
        /* the next piece is on its way while this one is waited for */
        const bool done = sync_file_range(fd, at, 2 * SYNC_BYTES, SYNC_FILE_RANGE_WRITE) == 0 &&
                          sync_file_range(fd, at, SYNC_BYTES, all) == 0;
        if (!done && errno != EIO && errno != ENOSPC && errno != EDQUOT) /* not every file system has it */
            return LS_OK;
        if (!done)
            return ls_fail(LS_ERR_OUTPUT, "%s: cannot be brought to the disk: %s", path, ls_reason(errno));
        ls_alive();
    }
#else
    (void)fd, (void)path;
#endif
    return LS_OK;
}

ls_status ls_replace_sync(int fd, const char *path)
{
    LS_TRY(sync_pieces(fd, path));
    /* EINVAL: a file system without fsync, as on special files */
    if (ls_disk_sync(fd) != 0 && errno != EINVAL)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be brought to the disk: fsync: %s", path, ls_reason(errno));
    ls_alive();
    return LS_OK;
}

/* Another process with our number, on another machine, may have replaced the file behind the name. A disk that fails is
 * told from that. */
static ls_status check_ours(int fd, const char *temporary, const char *path)
{
    const int is = ls_descriptor_is_at(fd, temporary);
    if (is < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: its temporary file %s cannot be examined: %s", path, temporary,
                       ls_reason(errno));
    if (is == 0)
        return ls_fail(LS_ERR_OUTPUT,
                       "%s: its temporary file %s was removed or replaced meanwhile; is another run writing here?",
                       path, temporary);
    return LS_OK;
}

ls_status ls_replace_rename(int fd, const char *temporary, const char *path)
{
    ls_status status = check_ours(fd, temporary, path);
    if (status != LS_OK) {
        ls_replace_discard(fd, temporary);
        return status;
    }
    if (ls_disk_close(fd) != 0) /* network file systems and quotas report here */
        status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be closed after writing: %s", path, ls_reason(errno));
    else if (ls_disk_rename(temporary, path) != 0)
        status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be replaced: rename: %s", path, ls_reason(errno));
    if (status != LS_OK) {
        (void)ls_disk_remove(temporary);
        return status;
    }
    char directory[LS_TEXT_MAX];
    ls_path_parent(path, directory, sizeof directory);
    return ls_directory_sync(directory);
}

void ls_replace_discard(int fd, const char *temporary)
{
    if (fd < 0)
        return;
    if (temporary[0] != '\0' && ls_descriptor_is_at(fd, temporary) == 1)
        (void)ls_disk_remove(temporary);
    (void)close(fd);
}

ls_status ls_replace_write(int fd, const char *path, const void *bytes, size_t count, size_t offset)
{
    const char *at = bytes;
    while (count > 0) {
        ssize_t written = pwrite(fd, at, count, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: %s", path,
                           written < 0 ? ls_reason(errno) : "nothing is accepted");
        at += written;
        offset += (size_t)written;
        count -= (size_t)written;
        ls_alive();
    }
    return LS_OK;
}
