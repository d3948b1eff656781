/* Making, syncing and listing directories. */
#include "files/directory.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/disk.h"
#include "files/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ls_status ls_directory_make(const char *path)
{
    char parent[LS_TEXT_MAX];
    if (mkdir(path, 0777) ==
        0) { /* else a crash of the machine could leave whole files in a directory that is not there */
        ls_path_parent(path, parent, sizeof parent);
        return ls_directory_sync(parent);
    }
    int error = errno;
    if (error == EEXIST && ls_path_is_directory(path))
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: the directory cannot be made: %s", path,
                   error == ENOENT ? "the directory above it is missing" : ls_reason(error));
}

ls_status ls_directory_sync(const char *path)
{
    int fd = ls_descriptor_open(path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 && errno == EACCES) /* written to, but not listed: nothing can be done for it */
        return LS_OK;
    if (fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: the directory cannot be opened: %s", path, ls_reason(errno));
    ls_status status = LS_OK;
    /* some network file systems do not know fsync of a directory, and say so */
    if (ls_disk_sync(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EBADF)
        status = ls_fail(LS_ERR_OUTPUT, "%s: the directory cannot be brought to the disk: fsync: %s", path,
                         ls_reason(errno));
    (void)close(fd);
    return status;
}

static bool matches(const char *name, const char *prefix, const char *suffix)
{
    size_t length = strlen(name), before = strlen(prefix), behind = strlen(suffix);
    return length >= before + behind && strncmp(name, prefix, before) == 0 &&
           strcmp(name + length - behind, suffix) == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names that match, NUL after NUL, growing as needed: a directory may change while it is read. */
typedef struct name_list {
    char *bytes;
    size_t length;
    int64_t capacity;
    int count;
} name_list;

static ls_status name_list_add(name_list *list, const char *name)
{
    size_t size = strlen(name) + 1;
    LS_TRY(ls_memory_grow(&list->bytes, &list->capacity, (int64_t)(list->length + size), 1, "names in a directory"));
    memcpy(list->bytes + list->length, name, size);
    list->length += size;
    list->count++;
    return LS_OK;
}

ls_status ls_directory_list(const char *path, const char *prefix, const char *suffix, char ***names, int *count)
{
    *names = NULL;
    *count = 0;
    name_list list = {NULL, 0, 0, 0};
    DIR *directory = ls_descriptor_list(path);
    if (directory == NULL && errno != ENOENT)
        return ls_fail(LS_ERR_OUTPUT, "%s: the directory cannot be listed: %s", path, ls_reason(errno));
    ls_status status = LS_OK;
    struct dirent *entry;
    errno = 0;
    while (status == LS_OK && directory != NULL && (entry = readdir(directory)) != NULL) {
        if (matches(entry->d_name, prefix, suffix))
            status = name_list_add(&list, entry->d_name);
        errno = 0;
    }
    if (status == LS_OK && directory != NULL && errno != 0)
        status = ls_fail(LS_ERR_OUTPUT, "%s: the directory cannot be listed: %s", path, ls_reason(errno));
    if (directory != NULL)
        (void)closedir(directory);
    size_t pointers = (size_t)list.count * sizeof(char *);
    if (status == LS_OK)
        status = ls_memory_allocate(names, (int64_t)(pointers + list.length), 1, "names in a directory");
    if (status == LS_OK && list.count > 0) {
        char *at = memcpy((char *)*names + pointers, list.bytes, list.length);
        for (int i = 0; i < list.count; i++, at += strlen(at) + 1)
            (*names)[i] = at;
        qsort(*names, (size_t)list.count, sizeof(char *), by_name);
    }
    if (status == LS_OK)
        *count = list.count;
    ls_memory_free(list.bytes);
    return status;
}
