/* Creating and finishing files.
 * libhdf5 1.10 does not survive a failed write: H5Fclose fails too, what it could not close stays, and the program
 * crashes in libhdf5's exit handler. And it never tells errno. So it writes to an image of ours (h5_image.h), whose
 * writes never fail for libhdf5, and report to us what happened. */
#include "hdf5/h5_driver.h"
#include "hdf5/h5_internal.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

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
static bool creation_plists(ls_h5_file *file, hid_t *access, hid_t *creation)
{
    /* No time stamps in the root group: equal contents, equal bytes. */
    *access = H5Pcreate(H5P_FILE_ACCESS);
    *creation = H5Pcreate(H5P_FILE_CREATE);
    if (*access >= 0)
        file->driver = ls_h5_set_driver(*access, &file->image);
    return *creation >= 0 && file->driver >= 0 && ls_h5_set_bounds(*access) &&
           H5Pset_obj_track_times(*creation, 0) >= 0 && H5Pset_userblock(*creation, (hsize_t)file->user_block) >= 0;
}

static ls_status create_inside(ls_h5_file *file)
{
    ls_status status = LS_OK;
    hid_t access, creation;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    if (creation_plists(file, &access, &creation))
        file->id = H5Fcreate(file->path, H5F_ACC_TRUNC, creation, access);
    if (file->id < 0)
        status = ls_h5_written(file, ls_h5_fail(LS_ERR_OUTPUT, file, "cannot be created"));
    ls_h5_release_plist(creation);
    ls_h5_release_plist(access);
    if (status != LS_OK)
        ls_h5_release_driver(file->driver);
    ls_h5_leave(&guard);
    return status;
}

ls_status ls_h5_create_in(int fd, const char *path, int64_t user_block, ls_h5_file **file)
{
    ls_h5_file *made;
    *file = NULL;
    ls_status status = ls_h5_make_handle(path, true, &made);
    if (status != LS_OK) {
        (void)close(fd);
        return status;
    }
    made->user_block = user_block;
    made->fd = fd;
    status = ls_h5_image_begin(&made->image, made->fd, made->path);
    if (status == LS_OK)
        status = create_inside(made);
    if (status == LS_OK) {
        *file = made;
        return LS_OK;
    }
    ls_h5_image_free(&made->image);
    (void)close(made->fd);
    ls_memory_free(made);
    return status;
}

ls_status ls_h5_create(const char *path, int64_t user_block, ls_h5_file **file)
{
    const int fd = ls_descriptor_open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
    *file = NULL;
    if (fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be created: %s", path, ls_reason(errno));
    return ls_h5_create_in(fd, path, user_block, file);
}

ls_status ls_h5_written(const ls_h5_file *file, ls_status status)
{
    return file->image.status != LS_OK ? ls_h5_image_status(&file->image) : status;
}

/* What libhdf5 has still to write goes into the image. It would take back more when it closes the file, which therefore
 * comes later. */
static ls_status complete(ls_h5_file *file)
{
    unsigned char superblock[96];
    ls_status status = LS_OK;
    if (H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0)
        status = ls_h5_fail(LS_ERR_OUTPUT, file, "cannot be completed");
    LS_TRY(ls_h5_written(file, status));
    /* The superblock of version 0 has flags at bytes 20 to 23, which libhdf5 sets while a file is open for writing
     * ("File Consistency Flags", HDF5 File Format Specification). */
    ls_h5_image_read(&file->image, file->user_block, superblock, sizeof superblock);
    LS_TRY(ls_h5_written(file, LS_OK));
    if (memcmp(superblock, LS_H5_SIGNATURE, 8) != 0 || superblock[8] != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: libhdf5 %s made a file of unexpected form", file->path,
                       ls_h5_library_version());
    ls_h5_image_write(&file->image, false, file->user_block + 20, "\0\0\0", 4);
    return ls_h5_image_finish(&file->image);
}

ls_status ls_h5_finish(ls_h5_file *file)
{
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_h5_forget_kept(file);
    ls_status status = complete(file);
    (void)H5Fclose(file->id);
    file->id = -1;
    if (ls_descriptor_close(file->fd) != 0 && status == LS_OK) /* network file systems and quotas report here */
        status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be closed after writing: %s", file->path, ls_reason(errno));
    file->fd = -1;
    ls_h5_leave(&guard);
    ls_h5_close(file);
    return status;
}
