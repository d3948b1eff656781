/* Opening tables that are to be converted, and saying what their columns are. */
#include "jobs/convert_beside.h"

#include "base/text.h"
#include "context/options.h"
#include "data/encoded.h"
#include "formats/csv.h"

#include <string.h>

/* Columns that the summary lists. */
#define LISTED 64

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
    else if (c->role > LS_ROLE_IGNORED)
        ls_convert_beside_put(conversion, i, &text);
    else
        ls_text_printf(&text, "%s%s", c->role == LS_ROLE_TARGET ? "target, " : "", kinds[c->kind]);
    if (c->role <= LS_ROLE_TARGET && c->kind >= LS_COLUMN_ONEHOT)
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
    if (conversion->facts.dropped > 0)
        ls_log_line(&context->log, LS_LOG_INFO, "  %lld of %lld rows lack a target and are dropped",
                    (long long)conversion->facts.dropped,
                    (long long)(conversion->facts.dropped + conversion->facts.rows));
    for (int64_t i = 0; i < e->count && i < LISTED; i++)
        say_column(context, conversion, i);
    if (e->count > LISTED)
        ls_log_line(&context->log, LS_LOG_INFO, "  and %lld more columns", (long long)(e->count - LISTED));
}

ls_status ls_conversion_open_table(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    ls_table_wishes wishes = {
        .header = strcmp(options->header, "auto") == 0 ? LS_HEADER_AUTO
                  : strcmp(options->header, "on") == 0 ? LS_HEADER_ON
                                                       : LS_HEADER_OFF,
        .target = options->target,
        .ignore = options->ignore,
        .weight = options->weights,
        .group = options->group,
        .id = options->id,
        .drop = strcmp(options->missing, "drop") == 0,
        .codes = strcmp(options->categorical, "codes") == 0,
        .stop = ls_conversion_stopping,
        .user = context,
    };
    if (!wishes.drop && strcmp(options->missing, "error") != 0)
        return ls_fail(LS_ERR_USAGE,
                       "--missing %s: convert knows error and drop, about rows without a target; missing features "
                       "become NaN, and train fills them with --missing %s",
                       options->missing, options->missing);
    LS_TRY(ls_encoded_delimiter(options->delimiter, options->data, &wishes.delimiter));
    LS_TRY(ls_import_csv(options->data, &wishes, &conversion->encoding, &conversion->facts, &conversion->import[0]));
    conversion->count = 1;
    say_table(context, options, conversion, wishes.delimiter);
    ls_convert_beside_warn(context, options, conversion);
    return LS_OK;
}
