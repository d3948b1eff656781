/* A file that only takes room. */
#include "store/reserve.h"

#include "base/descriptor.h"
#include "base/reason.h"
#include "files/disk.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] =
    "lockstep keeps room for the model here while a run goes on; this file may be removed after it\n";

static bool is_ours(const char *path)
{
    struct stat info;
    char bytes[sizeof mark];
    const int fd = ls_descriptor_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return false;
    const bool ours = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                      ls_descriptor_read_at(fd, bytes, sizeof mark - 1, 0) == (int64_t)sizeof mark - 1 &&
                      memcmp(bytes, mark, sizeof mark - 1) == 0;
    (void)close(fd);
    return ours;
}

/* 0, or why not. Not posix_fallocate, which writes zeros where room cannot be kept. */
static int keep(int fd, const char *path, int64_t bytes)
{
#ifdef FALLOC_FL_KEEP_SIZE
    int result;
    errno = 0;
    if (ls_replace_write(fd, path, mark, sizeof mark - 1, 0) != LS_OK)
        return errno != 0 ? errno : EIO;
    do
        result = fallocate(fd, 0, 0, (off_t)bytes);
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
#else
    (void)fd, (void)path, (void)bytes;
    return ENOTSUP;
#endif
}

/* It gets its name when it says what it is: without the words nobody could tell what a killed run has left there, and
 * no later run would have room for its model. */
ls_status ls_reserve_make(ls_reserve *reserve, const char *directory, int64_t bytes)
{
    char temporary[LS_TEXT_MAX + 64];
    struct stat info;
    int fd;
    reserve->fd = -1;
    snprintf(reserve->path, sizeof reserve->path, "%s/.reserve", directory);
    if (is_ours(reserve->path))
        (void)ls_disk_remove(reserve->path);
    if (lstat(reserve->path, &info) == 0 || ls_replace_open(reserve->path, temporary, sizeof temporary, &fd) != LS_OK)
        return LS_OK;
    const int error = keep(fd, reserve->path, bytes);
    if (error == 0 && ls_disk_rename(temporary, reserve->path) == 0) {
        reserve->fd = fd;
        return LS_OK;
    }
    ls_replace_discard(fd, temporary);
    if (error != ENOSPC && error != EDQUOT)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: there is no room for the model, which takes some %lld bytes: %s", directory,
                   (long long)bytes, ls_reason(error));
}

void ls_reserve_release(ls_reserve *reserve)
{
    if (reserve->fd < 0)
        return;
    if (ls_descriptor_is_at(reserve->fd, reserve->path) == 1)
        (void)ls_disk_remove(reserve->path);
    (void)close(reserve->fd);
    reserve->fd = -1;
}
