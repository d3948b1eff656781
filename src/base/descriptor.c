/* Descriptors above those of standard input, output and error, and calls that are done again when they are interrupted.
 */
#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAST = STDERR_FILENO + 1 };

static void close_quietly(int fd)
{
    const int error = errno;
    (void)close(fd);
    errno = error;
}

int ls_descriptor_raise(int fd)
{
    if (fd < 0 || fd >= LEAST) {
        if (fd >= 0)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        return fd;
    }
    const int raised = fcntl(fd, F_DUPFD_CLOEXEC, LEAST);
    close_quietly(fd);
    return raised;
}

int ls_descriptor_open(const char *path, int flags, unsigned mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd >= 0 && fd < LEAST ? ls_descriptor_raise(fd) : fd;
}

FILE *ls_descriptor_read(const char *path)
{
    const int fd = ls_descriptor_open(path, O_RDONLY, 0);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file == NULL && fd >= 0)
        close_quietly(fd);
    return file;
}

void ls_descriptor_take(ls_descriptor_hold *hold)
{
    hold->count = 0;
    while (hold->count < LEAST) {
        const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return;
        if (fd >= LEAST) {
            (void)close(fd);
            return;
        }
        hold->fd[hold->count++] = fd;
    }
}

void ls_descriptor_release(ls_descriptor_hold *hold)
{
    while (hold->count > 0)
        close_quietly(hold->fd[--hold->count]);
}

DIR *ls_descriptor_list(const char *path)
{
    const int fd = ls_descriptor_open(path, O_RDONLY | O_DIRECTORY, 0);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL && fd >= 0)
        close_quietly(fd);
    return directory;
}

int64_t ls_descriptor_read_at(int fd, void *bytes, int64_t count, int64_t at)
{
    int64_t done = 0;
    while (done < count) {
        const ssize_t got = pread(fd, (char *)bytes + done, (size_t)(count - done), (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += got;
    }
    return done;
}

int ls_descriptor_is_at(int fd, const char *path)
{
    struct stat ours, there;
    if (fstat(fd, &ours) != 0)
        return -1;
    if (lstat(path, &there) != 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    return ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

int ls_descriptor_sync(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (result != 0 && errno == EINTR);
    return result;
}

int ls_descriptor_truncate(int fd, int64_t length)
{
    int result;
    do
        result = ftruncate(fd, (off_t)length);
    while (result != 0 && errno == EINTR);
    return result;
}

int ls_descriptor_lock(int fd, int operation)
{
    int result;
    do
        result = flock(fd, operation);
    while (result != 0 && errno == EINTR);
    return result;
}

int ls_descriptor_close(int fd)
{
    return close(fd) != 0 && errno != EINTR ? -1 : 0;
}
