/* Creating and finishing files.
 * A file is made in memory by libhdf5's core driver and written by us when it is finished. libhdf5 1.10 does
 * not survive a failed write: H5Fclose fails too, what it could not close stays, and the program crashes in
 * libhdf5's exit handler. And it never tells errno. In memory no write can fail, and our own writes report
 * what happened. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"
#include "files/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Memory grows by this much at a time. */
#define INCREMENT ((size_t)1 << 20)

/* earliest..v18 is what every library from 1.8 on reads, and gives the same bytes from 1.10 to 2.0; the upper bound has
 * a name since 1.10.2. */
bool ls_h5_set_bounds(hid_t access)
{
#if H5_VERSION_GE(1, 10, 2)
    const H5F_libver_t high = H5F_LIBVER_V18;
#else
    const H5F_libver_t high = H5F_LIBVER_LATEST;
#endif
    return H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, high) >= 0;
}

/* Properties of the file to be. Both are -1 or to be released by the caller. */
static bool creation_plists(int64_t user_block, hid_t *access, hid_t *creation)
{
    /* No time stamps in the root group: equal contents, equal bytes. */
    *access = H5Pcreate(H5P_FILE_ACCESS);
    *creation = H5Pcreate(H5P_FILE_CREATE);
    return *access >= 0 && *creation >= 0 && H5Pset_fapl_core(*access, INCREMENT, 0) >= 0 &&
           ls_h5_set_bounds(*access) && H5Pset_obj_track_times(*creation, 0) >= 0 &&
           H5Pset_userblock(*creation, (hsize_t)user_block) >= 0;
}

ls_status ls_h5_create(const char *path, int64_t user_block, ls_h5_file **file)
{
    LS_TRY(ls_h5_make_handle(path, true, file));
    ls_h5_file *made = *file;
    *file = NULL;
    made->user_block = user_block;
    made->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (made->fd < 0) {
        ls_memory_free(made);
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be created: %s", path, strerror(errno));
    }
    ls_status status = LS_OK;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    hid_t access, creation;
    /* The core driver looks for a file of this name on the disk, and libhdf5 tells its open files apart by
     * it: below a regular file there is none, and the address makes it unique. */
    char name[sizeof made->path + 32];
    (void)snprintf(name, sizeof name, "%s/%p", path, (void *)made);
    if (creation_plists(user_block, &access, &creation))
        made->id = H5Fcreate(name, H5F_ACC_TRUNC, creation, access);
    if (made->id < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, made, "cannot be created");
    ls_h5_release_plist(creation);
    ls_h5_release_plist(access);
    ls_h5_leave(&guard);
    if (status == LS_OK) {
        *file = made;
        return LS_OK;
    }
    (void)close(made->fd);
    ls_memory_free(made);
    return status;
}

/* The finished file in memory: its first byte and length. It belongs to libhdf5 and lasts until H5Fclose. */
static ls_status file_image(ls_h5_file *file, unsigned char **image, size_t *length)
{
    void *handle = NULL;
    hsize_t held = 0;
    if (H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0)
        return ls_h5_fail(LS_ERR_OUTPUT, file, "cannot be completed in memory");
    ssize_t size = H5Fget_file_image(file->id, NULL, 0); /* without the user block */
    if (size < 0 || H5Fget_filesize(file->id, &held) < 0 || H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 ||
        handle == NULL)
        return ls_h5_fail(LS_ERR_OUTPUT, file, "the finished file cannot be had from libhdf5");
    memcpy(image, handle, sizeof *image); /* the handle of the core driver is the address of its pointer */
    *length = (size_t)size + (size_t)file->user_block;
    /* The superblock of version 0 has flags at bytes 20 to 23, which libhdf5 sets while a file is open for
     * writing
     * ("File Consistency Flags", HDF5 File Format Specification). */
    unsigned char *superblock = *image + file->user_block;
    if (*length > held || size < 96 || memcmp(superblock, LS_H5_SIGNATURE, 8) != 0 || superblock[8] != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: libhdf5 %s made a file of unexpected form", file->path,
                       ls_h5_library_version());
    memset(superblock + 20, 0, 4);
    return LS_OK;
}

ls_status ls_h5_finish(ls_h5_file *file)
{
    unsigned char *image = NULL;
    size_t length = 0;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_h5_forget_kept(file);
    ls_status status = file_image(file, &image, &length);
    if (status == LS_OK)
        status = ls_replace_write(file->fd, file->path, image, length, 0);
    if (close(file->fd) != 0 && status == LS_OK) /* network file systems and quotas report here */
        status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be closed after writing: %s", file->path, strerror(errno));
    file->fd = -1;
    ls_h5_leave(&guard);
    ls_h5_close(file);
    return status;
}
