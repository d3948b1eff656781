/* Rows into a file that is looked at before each of them. */
#include "store/tracked_internal.h"

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/reason.h"
#include "files/disk.h"
#include "files/replace.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- what belongs into it ---- */

void ls_tracked_restart(ls_tracked *f)
{
    ls_sha256_start(&f->hash);
    f->written = f->from = 0;
}

/* The next `count` bytes of the text are in the file. */
void ls_tracked_wrote(ls_tracked *f, int64_t count)
{
    ls_sha256_update(&f->hash, f->text.data + (f->written - f->from), (size_t)count);
    f->written += count;
}

int64_t ls_tracked_length(const ls_tracked *file)
{
    return file->from + (int64_t)file->text.length;
}

ls_logmark ls_tracked_mark(const ls_tracked *file)
{
    ls_logmark mark = {.length = ls_tracked_length(file), .known = true};
    ls_sha256 hash = file->hash;
    if (mark.length > file->written)
        ls_sha256_update(&hash, file->text.data + (file->written - file->from), (size_t)(mark.length - file->written));
    ls_sha256_finish(&hash, mark.digest);
    if (file->from == 0 && mark.length <= LS_TRACKED_HELD)
        mark.text = file->text.data;
    return mark;
}

/* Memory is not for long files. */
static void let_go(ls_tracked *f)
{
    if (f->written <= LS_TRACKED_HELD || f->written < ls_tracked_length(f))
        return;
    ls_text_free(&f->text);
    f->from = f->written;
}

/* ---- writing ---- */

/* Rows come one by one, so each is a call of its own that a disk may draw out. */
static ls_status write_rows(const ls_tracked *f, const char *rows, int64_t count)
{
    for (int64_t done = 0; done < count;) {
        const ssize_t written = ls_disk_write(f->fd, rows + done, (size_t)(count - done), f->written + done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: %s", f->path,
                           written < 0 ? ls_reason(errno) : "nothing is accepted");
        done += written;
    }
    return LS_OK;
}

/* What is still to be written, behind what is there. Part of a row is worse than none. */
static ls_status write_rest(ls_tracked *f)
{
    const int64_t count = ls_tracked_length(f) - f->written;
    if (count == 0)
        return LS_OK;
    LS_TRY(ls_fault("log-write"));
    const ls_status status = write_rows(f, f->text.data + (f->written - f->from), count);
    if (status == LS_OK)
        ls_tracked_wrote(f, count);
    else
        (void)ls_descriptor_truncate(f->fd, f->written); /* else the next look finds it too long, and mends it */
    return status;
}

static ls_status flush(ls_tracked *f, bool thoroughly)
{
    if (f->fd >= 0)
        ls_tracked_look(f, thoroughly);
    const ls_status status = f->fd >= 0 ? write_rest(f) : ls_tracked_make(f);
    if (f->fd >= 0)
        ls_tracked_note_state(f);
    if (status == LS_OK)
        let_go(f);
    return status;
}

/* Rows that cannot be written wait, which is said once. */
static ls_status flush_or_wait(ls_tracked *f)
{
    const ls_status status = flush(f, false);
    if (status != LS_ERR_OUTPUT) {
        f->waits = f->waits && status != LS_OK;
        return status;
    }
    if (!f->waits)
        ls_text_printf(&f->notice, "%s; its rows wait in memory, and the next one tries again\n", ls_error_message());
    f->waits = true;
    return LS_OK;
}

ls_status ls_tracked_append(ls_tracked *file, const char *rows)
{
    ls_text_append(&file->text, rows);
    LS_TRY(ls_text_status(&file->text));
    return flush_or_wait(file);
}

ls_status ls_tracked_sync(ls_tracked *file)
{
    if (file->fd < 0)
        return LS_OK; /* they wait; who wants to save them has them in the mark */
    const ls_status status = ls_replace_sync(file->fd, file->path);
    if (status != LS_OK && file->from == 0) { /* the pages may be gone, and no later sync would tell of it */
        (void)close(file->fd);
        file->fd = -1;
        ls_tracked_restart(file);
    }
    return status;
}

ls_status ls_tracked_finish(ls_tracked *file)
{
    return flush(file, true);
}

const char *ls_tracked_notice(ls_tracked *file)
{
    ls_text_free(&file->told);
    file->told = file->notice;
    file->notice = (ls_text){0};
    return ls_text_string(&file->told);
}

/* ---- opening ---- */

static ls_status begin(ls_tracked *f)
{
    ls_tracked_restart(f);
    ls_text_clear(&f->text);
    ls_text_append(&f->text, f->header);
    return ls_text_status(&f->text);
}

/* Behind what is there, or from the mark's text, or from the beginning. */
static ls_status open_at(ls_tracked *f, const ls_logmark *mark)
{
    LS_TRY(begin(f));
    if (ls_tracked_adopt(f, mark))
        return LS_OK;
    if (mark && mark->length > 0 && mark->text) {
        ls_text_clear(&f->text);
        ls_text_append_bytes(&f->text, mark->text, (size_t)mark->length);
        LS_TRY(ls_text_status(&f->text));
    }
    if (mark && mark->length == 0 && ls_tracked_has_header(f)) /* of a start that has not come to a checkpoint */
        return LS_OK;
    ls_tracked_put_aside(f);
    if (mark && mark->length > 0)
        ls_text_printf(&f->notice, "%s: %s; %s\n", f->path, f->why,
                       mark->text ? "made again from what the checkpoint has of it"
                                  : "begun again, with the rows from the checkpoint on");
    return LS_OK;
}

/* A disk that is full now may have room at the next row. */
static bool may_wait(void)
{
    return errno == ENOSPC || errno == EDQUOT;
}

ls_status ls_tracked_open(const char *path, const ls_logmark *mark, const char *header, ls_tracked **file)
{
    ls_tracked *f;
    *file = NULL;
    if (strlen(path) >= sizeof f->path || strlen(path) + 16 >= LS_TEXT_MAX)
        return ls_fail(LS_ERR_OUTPUT, "%.64s...: the path is too long", path);
    LS_TRY(ls_memory_allocate(&f, 1, sizeof *f, "handle of a log"));
    f->fd = -1;
    memcpy(f->path, path, strlen(path) + 1);
    ls_status status = ls_memory_allocate(&f->header, (int64_t)strlen(header) + 1, 1, "header of a log");
    if (status == LS_OK) {
        strcpy(f->header, header);
        status = open_at(f, mark);
    }
    if (status == LS_OK) {
        errno = 0;
        status = flush(f, false);
        if (status == LS_ERR_OUTPUT && may_wait())
            status = flush_or_wait(f);
    }
    if (status != LS_OK) {
        ls_tracked_close(f);
        return status;
    }
    *file = f;
    return LS_OK;
}

void ls_tracked_close(ls_tracked *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    ls_text_free(&file->text);
    ls_text_free(&file->notice);
    ls_text_free(&file->told);
    ls_memory_free(file->header);
    ls_memory_free(file);
}
