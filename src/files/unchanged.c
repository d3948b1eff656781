/* A file's size and time before and after it is read. */
#include "files/unchanged.h"

void ls_unchanged_note(const char *path, ls_unchanged *file)
{
    struct stat info;
    file->known = stat(path, &info) == 0;
    if (file->known)
        file->then = ls_file_state_of(&info);
}

ls_status ls_unchanged_check(const char *path, const ls_unchanged *file)
{
    struct stat now;
    if (!file->known || stat(path, &now) != 0 || !ls_file_state_is_of(&file->then, &now) ||
        ls_file_state_is_now(&file->then, &now))
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: has been written to while it was read; start again once it is whole", path);
}
