/* Joining paths, and looking at what they lead to. */
#include "files/path.h"

#include "base/reason.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

bool ls_path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

ls_status ls_path_find(const char *path, bool *there)
{
    struct stat info;
    *there = stat(path, &info) == 0;
    if (*there || errno == ENOENT || errno == ENOTDIR)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: cannot be examined: %s", path, ls_reason(errno));
}

bool ls_path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool ls_path_has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path);
    const size_t wanted = strlen(suffix);
    if (length > 3 && strcasecmp(path + length - 3, ".gz") == 0)
        length -= 3;
    return length >= wanted && strncasecmp(path + length - wanted, suffix, wanted) == 0;
}

ls_status ls_path_join(char *path, int capacity, const char *directory, const char *name)
{
    size_t length = strlen(directory);
    const char *slash = length == 0 || directory[length - 1] == '/' ? "" : "/";
    int joined = snprintf(path, (size_t)capacity, "%s%s%s", directory, slash, name);
    if (joined < 0 || joined >= capacity)
        return ls_fail(LS_ERR_USAGE, "%.64s...: a path of %d bytes is too long, at most %d are possible", directory,
                       joined, capacity - 1);
    return LS_OK;
}

void ls_path_parent(const char *path, char *directory, size_t capacity)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const size_t named = length;
    while (length > 0 && path[length - 1] != '/')
        length--;
    const bool none = length == 0;
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (none || named == 0)
        (void)snprintf(directory, capacity, ".");
    else
        (void)snprintf(directory, capacity, "%.*s", (int)length, path);
}
