/* `lockstep convert`: what the input is, what is in it, and how it went. */
#include "train/convert.h"

#include "base/clock.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/csv.h"
#include "train/encoded.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Columns that the summary lists. */
#define LISTED 64

static bool stopping(void *user)
{
    return ((const ls_context *)user)->stop != 0;
}

/* ---- tables ---- */

static void put_categories(const ls_column *c, const char *what, ls_text *text)
{
    ls_text_printf(text, "%lld %s: ", (long long)c->categories.count, what);
    for (int64_t k = 0; k < c->categories.count && k < 8; k++)
        ls_text_printf(text, "%s%s", k > 0 ? ", " : "", c->categories.text[k]);
    if (c->categories.count > 8)
        ls_text_append(text, ", ...");
}

static void say_column(const ls_context *context, const ls_conversion *conversion, int64_t i)
{
    static const char *const kinds[] = {"number", "whole number", "one feature for each of ", "codes of ", "codes of "};
    const ls_column *c = &conversion->encoding.column[i];
    ls_text text = {0};
    ls_text_printf(&text, "  %lld %s: ", (long long)i + 1, c->name);
    if (c->role == LS_ROLE_IGNORED)
        ls_text_append(&text, "ignored");
    else
        ls_text_printf(&text, "%s%s", c->role == LS_ROLE_TARGET ? "target, " : "", kinds[c->kind]);
    if (c->role != LS_ROLE_IGNORED && c->kind >= LS_COLUMN_ONEHOT)
        put_categories(c, c->kind == LS_COLUMN_CLASSES ? "classes" : "categories", &text);
    if (conversion->facts.missing[i] > 0)
        ls_text_printf(&text, "; %lld missing, written as NaN", (long long)conversion->facts.missing[i]);
    for (size_t k = 0; k < text.length; k++) /* a line stays one line */
        if ((unsigned char)text.data[k] < ' ')
            text.data[k] = ' ';
    ls_log_line(&context->log, LS_LOG_INFO, "%s", ls_text_string(&text));
    ls_text_free(&text);
}

static void say_table(const ls_context *context, const ls_options *options, const ls_conversion *conversion,
                      char delimiter)
{
    char name[8];
    const ls_encoding *e = &conversion->encoding;
    ls_log_line(&context->log, LS_LOG_INFO, "%s: CSV, delimiter %s, %s; %lld rows, %lld columns, %lld features",
                options->data, ls_csv_delimiter_name(delimiter, name), e->header ? "with a header" : "without a header",
                (long long)conversion->facts.rows, (long long)e->count, (long long)e->features);
    for (int64_t i = 0; i < e->count && i < LISTED; i++)
        say_column(context, conversion, i);
    if (e->count > LISTED)
        ls_log_line(&context->log, LS_LOG_INFO, "  and %lld more columns", (long long)(e->count - LISTED));
}

static ls_status open_csv(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    ls_table_wishes wishes = {
        .header = strcmp(options->header, "auto") == 0 ? LS_HEADER_AUTO
                  : strcmp(options->header, "on") == 0 ? LS_HEADER_ON
                                                       : LS_HEADER_OFF,
        .target = options->target,
        .ignore = options->ignore,
        .codes = strcmp(options->categorical, "codes") == 0,
        .stop = stopping,
        .user = context,
    };
    LS_TRY(ls_delimiter_choose(options->delimiter, options->data, &wishes.delimiter));
    snprintf(conversion->format, sizeof conversion->format, "CSV");
    LS_TRY(ls_import_csv(options->data, &wishes, &conversion->encoding, &conversion->facts, &conversion->import[0]));
    conversion->count = 1;
    say_table(context, options, conversion, wishes.delimiter);
    return LS_OK;
}

/* ---- any input ---- */

ls_status ls_conversion_open(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    struct stat info;
    memset(conversion, 0, sizeof *conversion);
    if (stat(options->data, &info) == 0)
        conversion->bytes = info.st_size;
    return open_csv(context, options, conversion);
}

void ls_conversion_close(ls_conversion *conversion)
{
    for (int i = 0; i < conversion->count; i++)
        ls_import_close(&conversion->import[i]);
    ls_encoding_free(&conversion->encoding);
    ls_memory_free(conversion->facts.missing);
    memset(conversion, 0, sizeof *conversion);
}

static void say_end(const ls_context *context, const ls_options *options, const ls_conversion *conversion,
                    double seconds)
{
    char in[32], rate[32], duration[32];
    ls_log_line(&context->log, LS_LOG_INFO, "converted %s into %s in %s (%s/s)",
                ls_format_bytes((double)conversion->bytes, in), options->output, ls_format_duration(seconds, duration),
                ls_format_bytes((double)conversion->bytes / (seconds > 1e-9 ? seconds : 1e-9), rate));
}

static ls_status convert(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    const double start = ls_clock();
    LS_TRY(ls_conversion_open(context, options, conversion));
    LS_TRY(ls_conversion_write(context, options, conversion));
    say_end(context, options, conversion, ls_clock() - start);
    return LS_OK;
}

ls_status ls_run_convert(ls_context *context, const ls_options *options)
{
    ls_conversion *conversion;
    if (ls_comm_size(context->comm) > 1)
        return ls_fail(LS_ERR_USAGE, "convert is the work of one process; start it without %d ranks",
                       ls_comm_size(context->comm));
    if (options->data[0] == '\0' || options->output[0] == '\0')
        return ls_fail(LS_ERR_USAGE, "convert needs a file to read and one to write: lockstep convert IN OUT.h5");
    LS_TRY(ls_memory_allocate(&conversion, 1, sizeof *conversion, "conversion"));
    const ls_fpenv saved = ls_fpenv_enter();
    ls_status status = convert(context, options, conversion);
    ls_fpenv_leave(saved);
    ls_conversion_close(conversion);
    ls_memory_free(conversion);
    if (status == LS_STOPPED) {
        context->stop = 0;
        status = ls_fail(LS_STOPPED, "stopped on request before all rows were converted; nothing was written");
    }
    return status;
}
