/* A file that only takes room. Its name tells that it is ours: after a power failure its bytes may not. */
#include "store/reserve.h"

#include "base/reason.h"
#include "files/path.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char mark[] =
    "lockstep keeps room for the model here while a run goes on; this file may be removed after it\n";

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

ls_status ls_reserve_make(ls_reserve *reserve, const char *directory, int64_t bytes)
{
    char path[LS_TEXT_MAX];
    reserve->fd = -1;
    if (ls_path_join(path, sizeof path, directory, "reserve") != LS_OK ||
        ls_replace_open(path, reserve->path, sizeof reserve->path, &reserve->fd) != LS_OK)
        return LS_OK;
    const int error = keep(reserve->fd, reserve->path, bytes);
    if (error == 0)
        return LS_OK;
    ls_reserve_release(reserve);
    if (error != ENOSPC && error != EDQUOT)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: there is no room for the model, which takes some %lld bytes: %s", directory,
                   (long long)bytes, ls_reason(error));
}

void ls_reserve_release(ls_reserve *reserve)
{
    ls_replace_discard(reserve->fd, reserve->path);
    reserve->fd = -1;
}
