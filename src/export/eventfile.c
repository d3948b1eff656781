/* Names, writing, and what others do to the file. */
#include "export/eventfile.h"

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/reason.h"
#include "export/events.h"
#include "files/directory.h"
#include "files/disk.h"
#include "files/path.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double ls_eventfile_time(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return (double)time(NULL);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- names ---- */

/* The newest name's seconds; 0: there is none. */
static ls_status newest(const char *folder, long long *seconds)
{
    char **names;
    int count;
    *seconds = 0;
    LS_TRY(ls_directory_list(folder, LS_EVENTS_PREFIX, "", &names, &count));
    if (count > 0)
        *seconds = strtoll(names[count - 1] + strlen(LS_EVENTS_PREFIX), NULL, 10);
    ls_memory_free(names);
    return LS_OK;
}

/* Readers never go back to a name in front of the one they are at. So a host whose clock is behind, or a second that
 * has a file already, takes the next second. Ten digits compare like numbers. */
static ls_status choose_seconds(const char *folder, long long *seconds)
{
    long long last;
    *seconds = (long long)time(NULL);
    LS_TRY(newest(folder, &last));
    if (last >= *seconds && last < 9999999999)
        *seconds = last + 1;
    return LS_OK;
}

/* Of a host's name what can stand in a file's. */
static void name_host(char host[64])
{
    if (gethostname(host, 63) != 0 || host[0] == '\0')
        strcpy(host, "localhost");
    host[63] = '\0';
    for (char *c = host; *c != '\0'; c++)
        if (*c == '/')
            *c = '_';
}

static ls_status make(ls_eventfile *f)
{
    char host[64] = "", name[160];
    long long seconds;
    LS_TRY(choose_seconds(f->folder, &seconds));
    name_host(host);
    for (int number = 0; f->fd < 0 && number < 1000; number++) {
        (void)snprintf(name, sizeof name, LS_EVENTS_PREFIX "%010lld.%s.%ld.%d.v2", seconds, host, (long)getpid(),
                       number);
        LS_TRY(ls_path_join(f->path, sizeof f->path, f->folder, name));
        f->fd = ls_disk_make(f->path, O_CREAT | O_EXCL | O_WRONLY);
        if (f->fd < 0 && errno != EEXIST)
            break;
    }
    if (f->fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be made: %s", f->path, ls_reason(errno));
    f->written = 0;
    return LS_OK;
}

ls_status ls_eventfile_open(const char *folder, ls_eventfile *file)
{
    memset(file, 0, sizeof *file);
    file->fd = -1;
    if (strlen(folder) >= sizeof file->folder)
        return ls_fail(LS_ERR_OUTPUT, "%.64s...: the path is too long", folder);
    strcpy(file->folder, folder);
    return make(file);
}

/* ---- writing ---- */

/* Whether it is still where it was made, with nothing in it but what was written here: behind anything else readers
 * would find no record. */
static bool is_own(const ls_eventfile *f)
{
    struct stat info;
    return ls_descriptor_is_at(f->fd, f->path) != 0 && fstat(f->fd, &info) == 0 && (int64_t)info.st_size == f->written;
}

static void let_go(ls_eventfile *f)
{
    if (f->fd >= 0)
        (void)ls_disk_close(f->fd);
    f->fd = -1;
}

static ls_status put(ls_eventfile *f, const ls_text *records)
{
    int64_t done = 0;
    const int64_t count = (int64_t)records->length;
    while (done < count) {
        const ssize_t written = ls_disk_write(f->fd, records->data + done, (size_t)(count - done), f->written + done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            const ls_status status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: %s", f->path,
                                             written < 0 ? ls_reason(errno) : "nothing is accepted");
            (void)ls_descriptor_truncate(f->fd, f->written); /* part of a record is worse than none */
            return status;
        }
        done += written;
    }
    f->written += count;
    return LS_OK;
}

static ls_status begin(ls_eventfile *f)
{
    ls_text version = {0};
    ls_events_version(&version, floor(ls_eventfile_time())); /* as TensorFlow does: not behind what waits */
    ls_status status = ls_text_status(&version);
    if (status == LS_OK)
        status = put(f, &version);
    ls_text_free(&version);
    return status;
}

static ls_status write_all(ls_eventfile *f)
{
    LS_TRY(ls_text_status(&f->waiting));
    LS_TRY(ls_fault("events"));
    if (f->fd >= 0 && !is_own(f)) {
        ls_text_printf(&f->notice, "%s: removed or changed by others; its events go on in another file\n", f->path);
        let_go(f);
    }
    if (f->fd < 0)
        LS_TRY(make(f));
    if (f->written == 0)
        LS_TRY(begin(f));
    return put(f, &f->waiting);
}

ls_status ls_eventfile_flush(ls_eventfile *file)
{
    const ls_status status = write_all(file);
    if (status == LS_OK)
        ls_text_clear(&file->waiting);
    else if (status == LS_ERR_OUTPUT && !file->late)
        ls_text_printf(&file->notice, "%s; its events wait in memory, and the next epoch tries again\n",
                       ls_error_message());
    file->late = status == LS_ERR_OUTPUT;
    return file->late ? LS_OK : status;
}

ls_status ls_eventfile_close(ls_eventfile *file)
{
    ls_status status = LS_OK;
    if (file->waiting.length > 0)
        status = write_all(file);
    if (status == LS_ERR_OUTPUT)
        ls_text_printf(&file->notice, "%s; its last events are lost\n", ls_error_message());
    if (file->fd >= 0 && file->written == 0)
        (void)ls_disk_remove(file->path);
    let_go(file);
    ls_text_free(&file->waiting);
    return status == LS_ERR_OUTPUT ? LS_OK : status;
}
