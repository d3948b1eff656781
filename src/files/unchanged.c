/* A file's size and time before and after it is read. */
#include "files/unchanged.h"

void ls_unchanged_note(const char *path, ls_unchanged *file)
{
    file->known = stat(path, &file->then) == 0;
}

ls_status ls_unchanged_check(const char *path, const ls_unchanged *file)
{
    struct stat now;
    const struct stat *then = &file->then;
    if (!file->known || stat(path, &now) != 0 || now.st_ino != then->st_ino || now.st_dev != then->st_dev)
        return LS_OK;
    if (now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == then->st_mtim.tv_nsec)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: has been written to while it was read; start again once it is whole", path);
}
