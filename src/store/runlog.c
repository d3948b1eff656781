/* The run's tables: log.csv holds results only, so equal recipes give equal bytes; what the clock says is in
 * timing.csv. */
#include "store/runlog.h"

#include "base/descriptor.h"
#include "base/fault.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static ls_status append(ls_tracked *file, ls_text *text)
{
    ls_status status = ls_text_status(text);
    if (status == LS_OK)
        status = ls_tracked_append(file, ls_text_string(text));
    ls_text_free(text);
    return status;
}

static void append_header(ls_text *text, const ls_scores *train, const ls_scores *validation)
{
    ls_text_append(text, "epoch,step");
    for (int k = 0; k < train->count; k++)
        ls_text_printf(text, ",%s", train->name[k]);
    for (int k = 0; k < validation->count; k++)
        ls_text_printf(text, ",val_%s", validation->name[k]);
    ls_text_append(text, ",learning_rate\n");
}

/* The rest of the line, as long as it is, with its end. */
static void read_line(FILE *file, ls_text *text)
{
    int c = 0;
    while (c != '\n' && (c = getc(file)) != EOF) {
        const char byte = (char)c;
        ls_text_append_bytes(text, &byte, 1);
    }
}

/* A log that is gone on with has the columns of this run; with validation data added or left out it would not. */
static ls_status check_header(FILE *file, const char *path, const char *expected)
{
    ls_text found = {0};
    read_line(file, &found);
    ls_status status = ls_text_status(&found);
    if (status == LS_OK && strcmp(ls_text_string(&found), expected) != 0)
        status = ls_fail(
            LS_ERR_USAGE, "%s has the columns %.*s, this run has %.*s; resume with the same validation data", path,
            (int)strcspn(ls_text_string(&found), "\n"), ls_text_string(&found), (int)strcspn(expected, "\n"), expected);
    ls_text_free(&found);
    return status;
}

/* Checkpoints that do not tell what is in the log do not tell of validation rows either. What is not there, too short,
 * or no file to be read, is not looked at. */
static ls_status check_log(const char *path, const ls_logmark *mark, const char *expected)
{
    struct stat info;
    if (mark->known || mark->length == 0 || lstat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        info.st_size < (off_t)mark->length)
        return LS_OK;
    FILE *file = ls_descriptor_read(path);
    if (!file)
        return LS_OK;
    const ls_status status = check_header(file, path, expected);
    (void)fclose(file);
    return status;
}

ls_status ls_runlog_open(const char *log, const char *timing, const ls_logmark *mark, const ls_scores *train,
                         const ls_scores *validation, ls_runlog *runlog)
{
    ls_text header = {0};
    *runlog = (ls_runlog){.train = *train, .validation = *validation};
    append_header(&header, train, validation);
    ls_status status = ls_text_status(&header);
    if (status == LS_OK)
        status = check_log(log, mark, ls_text_string(&header));
    if (status == LS_OK)
        status = ls_tracked_open(log, mark, ls_text_string(&header), &runlog->log);
    if (status == LS_OK)
        status = ls_tracked_open(timing, NULL, "epoch,step,seconds,samples_per_second,data,compute,communication\n",
                                 &runlog->timing);
    if (status != LS_OK)
        ls_runlog_close(runlog);
    ls_text_free(&header);
    return status;
}

void ls_runlog_close(ls_runlog *runlog)
{
    ls_tracked_close(runlog->log);
    ls_tracked_close(runlog->timing);
    memset(runlog, 0, sizeof *runlog);
}

/* The scores in their columns; one that is not among them is left empty. */
static void append_scores(ls_text *text, const ls_scores *columns, const ls_scores *scores)
{
    for (int c = 0; c < columns->count; c++) {
        ls_text_append(text, ",");
        for (int k = 0; k < scores->count; k++)
            if (strcmp(scores->name[k], columns->name[c]) == 0)
                ls_text_append_double(text, scores->value[k]);
    }
}

ls_status ls_runlog_epoch(ls_runlog *runlog, const ls_epoch *epoch)
{
    ls_text text = {0};
    LS_TRY(ls_fault("log"));
    ls_text_printf(&text, "%lld,%lld", (long long)epoch->epoch, (long long)epoch->step);
    append_scores(&text, &runlog->train, &epoch->train);
    append_scores(&text, &runlog->validation, &epoch->validation);
    ls_text_append(&text, ",");
    ls_text_append_double(&text, epoch->learning_rate);
    ls_text_append(&text, "\n");
    LS_TRY(append(runlog->log, &text));

    const double busy = epoch->seconds > 0 ? epoch->seconds : 1e-9;
    ls_text_printf(&text, "%lld,%lld,%.6f,%.0f,%.3f,%.3f,%.3f\n", (long long)epoch->epoch, (long long)epoch->step,
                   epoch->seconds, (double)epoch->train.rows / busy, epoch->seconds_data / busy,
                   epoch->seconds_compute / busy, epoch->seconds_communicate / busy);
    return append(runlog->timing, &text);
}

ls_status ls_runlog_step(ls_runlog *runlog, const ls_step *step, const ls_scores *running, double learning_rate)
{
    ls_text text = {0};
    ls_text_printf(&text, "%lld,%lld", (long long)step->epoch, (long long)step->step);
    static const ls_scores none;
    append_scores(&text, &runlog->train, running);
    append_scores(&text, &runlog->validation, &none);
    ls_text_append(&text, ",");
    ls_text_append_double(&text, learning_rate);
    ls_text_append(&text, "\n");
    return append(runlog->log, &text);
}

ls_status ls_runlog_sync(ls_runlog *runlog)
{
    return ls_tracked_sync(runlog->log);
}

ls_logmark ls_runlog_mark(const ls_runlog *runlog)
{
    return ls_tracked_mark(runlog->log);
}

ls_status ls_runlog_finish(ls_runlog *runlog)
{
    LS_TRY(ls_tracked_finish(runlog->timing));
    return ls_tracked_finish(runlog->log);
}

void ls_runlog_notice(ls_runlog *runlog, ls_text *lines)
{
    ls_text_append(lines, ls_tracked_notice(runlog->log));
    ls_text_append(lines, ls_tracked_notice(runlog->timing));
}
