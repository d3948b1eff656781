/* The door to libhdf5: opening and closing files, the host's error state, and what is wrong with a file that
 * does not open. */
#include "hdf5/h5_driver.h"
#include "hdf5/h5_internal.h"
#include "hdf5/h5_reader.h"

#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the host's error state, and our messages ---- */

/* One thread at a time is inside libhdf5. Recursive, since a message about a failure may ask for the library's version.
 */
static pthread_mutex_t door;
static pthread_once_t door_once = PTHREAD_ONCE_INIT;

static void make_door(void)
{
    pthread_mutexattr_t attributes;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&door, &attributes);
    (void)pthread_mutexattr_destroy(&attributes);
}

void ls_h5_lock(void)
{
    (void)pthread_once(&door_once, make_door);
    (void)pthread_mutex_lock(&door);
}

void ls_h5_unlock(void)
{
    (void)pthread_mutex_unlock(&door);
}

static bool forked;

/* The child's only thread is not the one that has locked the mutex there. */
void ls_h5_unlock_child(void)
{
    forked = true;
    make_door();
}

void ls_h5_enter(ls_h5_guard *guard)
{
    ls_h5_lock();
    memset(guard, 0, sizeof *guard);
    guard->stack = H5Eget_current_stack(); /* also clears it */
    /* A file says which plugins it wants, and libhdf5 would load and run them. The host may want that; we do not. */
    guard->has_plugins = H5PLget_loading_state(&guard->plugins) >= 0 && H5PLset_loading_state(0) >= 0;
    guard->version2 = 1;
    (void)H5Eauto_is_v2(H5E_DEFAULT, &guard->version2);
    if (guard->version2) {
        (void)H5Eget_auto2(H5E_DEFAULT, &guard->function, &guard->data);
        (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    }
#ifndef H5_NO_DEPRECATED_SYMBOLS
    else {
        (void)H5Eget_auto1(&guard->function1, &guard->data1);
        (void)H5Eset_auto1(NULL, NULL);
    }
#endif
}

void ls_h5_leave(const ls_h5_guard *guard)
{
    if (guard->version2)
        (void)H5Eset_auto2(H5E_DEFAULT, guard->function, guard->data);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    else
        (void)H5Eset_auto1(guard->function1, guard->data1);
#endif
    if (guard->has_plugins)
        (void)H5PLset_loading_state(guard->plugins);
    if (guard->stack >= 0)
        (void)H5Eset_current_stack(guard->stack); /* also closes it */
    ls_h5_unlock();
}

/* Walking upward starts where the error was detected; that first text says most. */
static herr_t take_innermost(unsigned n, const H5E_error2_t *error, void *user)
{
    const char **text = user;
    if (n == 0 && error->desc != NULL)
        *text = error->desc;
    return 0;
}

static herr_t note_memory(unsigned n, const H5E_error2_t *error, void *user)
{
    (void)n;
    *(bool *)user = *(bool *)user || error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC;
    return 0;
}

ls_status ls_h5_fail(ls_status code, const ls_h5_file *file, const char *format, ...)
{
    char text[LS_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *why = NULL;
    bool no_memory = false;
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, &why);
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_memory, &no_memory);
    if (no_memory && ls_memory_limited()) /* else it is a size in a damaged file */
        return ls_fail(LS_ERR_MEMORY,
                       "%s: libhdf5 gets no memory, of which this process may have little (ulimit -v or -d): %s (%s)",
                       file->path, text, why != NULL ? why : "no reason is given");
    if (why != NULL && why[0] != '\0')
        return ls_fail(code, "%s: %s (libhdf5: %s)", file->path, text, why);
    return ls_fail(code, "%s: %s", file->path, text);
}

/* ---- small things ---- */

void ls_h5_release_space(hid_t space)
{
    if (space >= 0)
        (void)H5Sclose(space);
}

void ls_h5_release_plist(hid_t plist)
{
    if (plist >= 0)
        (void)H5Pclose(plist);
}

void ls_h5_release_type(hid_t type)
{
    if (type >= 0)
        (void)H5Tclose(type);
}

const char *ls_h5_library_version(void)
{
    static char version[48]; /* the same text whoever writes it */
    unsigned major = 0, minor = 0, release = 0;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    (void)H5get_libversion(&major, &minor, &release);
    (void)snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    ls_h5_leave(&guard);
    return version;
}

#define WORDS_(x) #x
#define WORDS(x)  WORDS_(x)

const char *ls_h5_compiled_version(void)
{
    return WORDS(H5_VERS_MAJOR) "." WORDS(H5_VERS_MINOR) "." WORDS(H5_VERS_RELEASE);
}

bool ls_h5_library_parallel(void)
{
#ifdef H5_HAVE_PARALLEL
    return true;
#else
    return false;
#endif
}

const char *ls_h5_path(const ls_h5_file *file)
{
    return file->path;
}

/* ---- opening ---- */

hid_t ls_h5_access_plist(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0)
        return access;
    if (H5Pset_fapl_sec2(access) < 0) {
        (void)H5Pclose(access);
        return -1;
    }
    /* Locks fail on many cluster file systems, and readers of a finished file need none. The call exists
     * since 1.10.7 and 1.12.1; older libraries keep their default, since the environment variable would
     * change the host. */
#if H5_VERSION_GE(1, 12, 1) || (H5_VERS_MAJOR == 1 && H5_VERS_MINOR == 10 && H5_VERS_RELEASE >= 7)
    if (H5Pset_file_locking(access, 0, 1) < 0) {
        (void)H5Pclose(access);
        return -1;
    }
#endif
    return access;
}

/* The plain driver opens without O_CLOEXEC, takes the lowest number there is, and does not open again when a signal
 * interrupts it. What libhdf5 opens behind links by itself is not reached here. */
static hid_t opened_above(const char *path, hid_t access, hid_t creation)
{
    ls_descriptor_hold hold;
    void *handle = NULL;
    ls_descriptor_take(&hold);
    hid_t id;
    do {
        errno = 0;
        id = creation >= 0 ? H5Fcreate(path, H5F_ACC_TRUNC, creation, access) : H5Fopen(path, H5F_ACC_RDONLY, access);
    } while (id < 0 && errno == EINTR);
    ls_descriptor_release(&hold);
    if (id >= 0 && H5Fget_vfd_handle(id, H5P_DEFAULT, &handle) >= 0 && handle != NULL)
        (void)fcntl(*(const int *)handle, F_SETFD, FD_CLOEXEC);
    return id;
}

hid_t ls_h5_open_plain(const char *path, hid_t access)
{
    return opened_above(path, access, -1);
}

hid_t ls_h5_create_plain(const char *path, hid_t creation, hid_t access)
{
    return opened_above(path, access, creation);
}

/* The format's signature may stand at 0, 512, 1024, 2048, ... (HDF5 File Format Specification, "superblock").
 */
static bool has_signature(int fd, off_t size)
{
    unsigned char bytes[8];
    for (off_t at = 0; at <= size - 8; at = at == 0 ? 512 : 2 * at)
        if (ls_descriptor_read_at(fd, bytes, sizeof bytes, at) == (int64_t)sizeof bytes &&
            memcmp(bytes, LS_H5_SIGNATURE, sizeof bytes) == 0)
            return true;
    return false;
}

/* Anything but a file is kept from libhdf5: a named pipe would hang it. One look at the directory; no open, of which a
 * thousand ranks make a storm. */
static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Why libhdf5 cannot open it, as far as that can be seen from outside. */
static ls_status check_file(const char *path)
{
    /* not blocking, or a named pipe would hang us */
    int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0 && errno == ENOENT)
        return ls_fail(LS_ERR_DATA, "%s: there is no such file; check the path", path);
    if (fd < 0)
        return ls_fail(LS_ERR_DATA, "%s: cannot be opened for reading: %s", path, ls_reason(errno));
    ls_status status = LS_OK;
    struct stat info;
    unsigned char bytes[512];
    if (fstat(fd, &info) != 0)
        status = ls_fail(LS_ERR_DATA, "%s: cannot be examined: %s", path, ls_reason(errno));
    else if (S_ISDIR(info.st_mode))
        status = ls_fail(LS_ERR_DATA, "%s: is a directory, expected an HDF5 file", path);
    else if (!S_ISREG(info.st_mode))
        status = ls_fail(LS_ERR_DATA, "%s: is not a regular file, expected an HDF5 file", path);
    else if (info.st_size == 0)
        status = ls_fail(LS_ERR_DATA, "%s: the file is empty (0 bytes), expected an HDF5 file", path);
    else if (!has_signature(fd, info.st_size)) {
        const int64_t count = ls_descriptor_read_at(fd, bytes, sizeof bytes, 0);
        if (count < 0)
            status = ls_fail(LS_ERR_DATA, "%s: cannot be read: %s", path, ls_reason(errno));
        else
            status = ls_fail(LS_ERR_DATA, "%s: is not an HDF5 file; %s", path, ls_h5_instead(bytes, (size_t)count));
    }
    (void)close(fd);
    return status;
}

ls_status ls_h5_make_handle(const char *path, bool writing, ls_h5_file **file)
{
    *file = NULL;
    if (strlen(path) >= sizeof(*file)->path)
        return ls_fail(writing ? LS_ERR_OUTPUT : LS_ERR_DATA, "%.64s...: the path is longer than %zu bytes", path,
                       sizeof(*file)->path - 1);
    LS_TRY(ls_memory_allocate(file, 1, sizeof **file, "handle of an HDF5 file"));
    (*file)->id = -1;
    (*file)->fd = -1;
    (*file)->access = -1;
    (*file)->driver = -1;
    (*file)->writing = writing;
    memcpy((*file)->path, path, strlen(path) + 1);
    for (int i = 0; i < LS_H5_KEPT; i++)
        (*file)->kept[i].id = -1;
    return LS_OK;
}

static herr_t note_lock(unsigned n, const H5E_error2_t *error, void *user)
{
    (void)n;
    *(bool *)user = *(bool *)user || error->min_num == H5E_CANTLOCKFILE;
    return 0;
}

/* Whether the errors on libhdf5's stack come from a lock: older libraries cannot do without. */
static bool failed_by_lock(void)
{
    bool lock = false;
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_lock, &lock);
    return lock;
}

/* The reason is on libhdf5's stack, or is seen from outside. */
static ls_status fail_open(const ls_h5_file *file)
{
    if (failed_by_lock())
        return ls_h5_fail(LS_ERR_DATA, file,
                          "cannot be opened since its file system or another program refuses the lock on it; "
                          "nothing here needs one, so start again with HDF5_USE_FILE_LOCKING=FALSE in the "
                          "environment (mpirun -x HDF5_USE_FILE_LOCKING=FALSE ...)");
    LS_TRY(check_file(file->path));
    return ls_h5_fail(LS_ERR_DATA, file,
                      "has the HDF5 signature but cannot be opened; it is damaged or cut short, still being "
                      "written, or newer than this libhdf5");
}

ls_status ls_h5_open(const char *path, ls_h5_file **file)
{
    return ls_h5_open_paged(path, NULL, file);
}

ls_status ls_h5_open_paged(const char *path, ls_h5_pages *pages, ls_h5_file **file)
{
    *file = NULL;
    if (!is_file(path))
        LS_TRY(check_file(path));
    LS_TRY(ls_h5_make_handle(path, false, file));
    ls_status status = LS_OK;
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    hid_t access = ls_h5_access_plist();
    if (access >= 0 && pages != NULL && ls_h5_set_reader(access, pages)) {
        (*file)->pages = pages;
        ls_h5_pages_hold(pages);
    }
    if (access >= 0)
        (*file)->id = ls_h5_open_plain(path, access);
    if ((*file)->id < 0)
        status = fail_open(*file);
    ls_h5_release_plist(access);
    ls_h5_leave(&guard);
    if (status != LS_OK) {
        ls_h5_pages_release((*file)->pages);
        ls_memory_free(*file);
        *file = NULL;
    }
    return status;
}

void ls_h5_forget_kept(ls_h5_file *file)
{
    for (int i = 0; i < LS_H5_KEPT; i++)
        ls_h5_dataset_close(&file->kept[i]);
}

void ls_h5_close(ls_h5_file *file)
{
    if (file == NULL)
        return;
    for (int i = 0; i < LS_H5_BESIDE; i++)
        ls_h5_close(file->beside[i]);
    ls_h5_guard guard;
    ls_h5_enter(&guard);
    ls_h5_forget_kept(file);
    ls_h5_release_plist(file->access);
    if (file->id >= 0)
        (void)H5Fclose(file->id);
    ls_h5_release_driver(file->driver);
    ls_h5_pages_release(file->pages);
    ls_h5_leave(&guard);
    ls_h5_image_free(&file->image);
    if (file->fd >= 0)
        (void)close(file->fd);
    ls_memory_free(file);
}

void ls_h5_trust(ls_h5_file *file, ls_h5_links links, bool sizes)
{
    file->links = links;
    file->sizes = sizes;
}

void ls_h5_set_threads(ls_h5_file *file, int threads)
{
    file->threads = threads;
    for (int i = 0; i < LS_H5_BESIDE; i++)
        if (file->beside[i] != NULL)
            ls_h5_set_threads(file->beside[i], threads);
}

int ls_h5_threads(const ls_h5_file *file)
{
    return forked || file->threads < 1 ? 1 : file->threads;
}

void ls_h5_note(ls_h5_file *file, ls_inputs *note)
{
    file->note = note;
    if (note != NULL)
        (void)ls_inputs_add(note, file->path); /* without memory there is no output either */
}

void ls_h5_trusted(const ls_h5_file *file, ls_h5_links *links, bool *sizes)
{
    *links = file->links;
    *sizes = file->sizes;
}

ls_status ls_h5_beside(ls_h5_file *file, const char *path, ls_h5_file **other)
{
    *other = file;
    if (strcmp(file->path, path) == 0)
        return LS_OK;
    for (int i = 0; i < LS_H5_BESIDE; i++)
        if (file->beside[i] != NULL && strcmp(file->beside[i]->path, path) == 0) {
            *other = file->beside[i];
            return LS_OK;
        }
    ls_h5_file **place = &file->beside[file->next_beside];
    ls_h5_close(*place);
    *place = NULL;
    LS_TRY(ls_h5_open_paged(path, file->pages, place));
    (*place)->main = file;
    ls_h5_trust(*place, file->links, file->sizes);
    ls_h5_note(*place, file->note);
    ls_h5_set_threads(*place, file->threads);
    file->next_beside = (file->next_beside + 1) % LS_H5_BESIDE;
    *other = *place;
    return LS_OK;
}
