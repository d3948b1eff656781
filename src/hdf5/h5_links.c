/* Links that lead out of a file: followed only where the user, or the file's own directory, allows it. A data file from
 * elsewhere could otherwise make the trainer read any file that its user can read. */
#include "hdf5/h5_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether `path` (resolved) lies in the directory of `file`, or below. */
static bool is_below(const char *path, const char *file)
{
    const char *slash = strrchr(file, '/');
    const size_t length = slash == NULL ? 0 : (size_t)(slash - file) + 1;
    return length > 0 && strncmp(path, file, length) == 0;
}

/* The directory part of a path, resolved, with a name behind it: for is_below. */
static bool resolve_directory(const char *path, char resolved[PATH_MAX + 4])
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(directory, sizeof directory, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    if (realpath(directory, resolved) == NULL)
        return false;
    const size_t length = strlen(resolved);
    if (resolved[length - 1] != '/') /* the root is one already */
        memcpy(resolved + length, "/", 2);
    return true;
}

static bool is_allowed(const ls_h5_file *file, const char *target)
{
    char there[PATH_MAX], here[PATH_MAX + 4], whole[PATH_MAX];
    if (file->links == LS_H5_LINKS_ANY)
        return true;
    if (file->links == LS_H5_LINKS_NONE || realpath(target, there) == NULL)
        return false;
    /* the directory by which the file was named, and the one where it lies */
    return (resolve_directory(file->path, here) && is_below(there, here)) ||
           (realpath(file->path, whole) != NULL && is_below(there, whole));
}

bool ls_h5_may_follow(const ls_h5_file *file, const char *target)
{
    const bool may = is_allowed(file, target);
    if (may && file->note != NULL)
        (void)ls_inputs_add(file->note, target);
    return may;
}

/* libhdf5 asks before it opens the file of an external link. It looks for a relative name beside the file with the
 * link first, as we do here. */
static herr_t ask_about_link(const char *parent_file, const char *parent_group, const char *child_file,
                             const char *child_object, unsigned *flags, hid_t access, void *user)
{
    ls_h5_file *file = user;
    char target[2 * PATH_MAX];
    const char *slash = strrchr(parent_file, '/');
    (void)flags;
    (void)access;
    if (child_file[0] == '/' || slash == NULL)
        (void)snprintf(target, sizeof target, "%s", child_file);
    else
        (void)snprintf(target, sizeof target, "%.*s/%s", (int)(slash - parent_file), parent_file, child_file);
    if (ls_h5_may_follow(file, target))
        return 0;
    if (file->links == LS_H5_LINKS_NONE)
        (void)snprintf(file->refused, sizeof file->refused,
                       "a link in group %.200s leads to %.200s in another file, %.400s; that is not followed in models",
                       parent_group, child_object, child_file);
    else
        (void)snprintf(file->refused, sizeof file->refused,
                       "a link in group %.200s leads to %.200s in another file, %.400s, which is not there or lies "
                       "outside this file's directory; if that file may be read, --follow-links allows it",
                       parent_group, child_object, child_file);
    return -1;
}

hid_t ls_h5_link_access(ls_h5_file *file)
{
    file->refused[0] = '\0';
    if (file->access >= 0 || file->writing)
        return file->writing ? H5P_DEFAULT : file->access;
    /* The linked file is opened as this one was. (Not by H5Pset_elink_fapl: libhdf5 1.10.8 forgets a reference to these
     * properties when a dataset cannot be opened, and crashes at the program's end if they have others inside.) */
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access >= 0 && H5Pset_elink_cb(access, ask_about_link, file) >= 0)
        file->access = access;
    else
        ls_h5_release_plist(access);
    return file->access;
}
