/* Opening tables that are to be converted, and saying what their columns are. */
#include "jobs/convert_beside.h"

#include "base/memory.h"
#include "base/shell.h"
#include "base/text.h"
#include "context/options.h"
#include "context/options_refuse.h"
#include "data/encoded.h"
#include "files/path.h"
#include "formats/csv_style.h"
#include "formats/table_dates.h"
#include "store/modelfile_layout.h"
#include "store/sealed.h"
#include "train/model.h"

#include <string.h>

/* Columns that the summary lists, and that are warned of. */
#define LISTED 64
#define WARNED 4

static void put_categories(const ls_column *c, const char *what, ls_text *text)
{
    ls_text_printf(text, "%lld %s: ", (long long)c->categories.count, what);
    for (int64_t k = 0; k < c->categories.count && k < 8; k++)
        ls_text_printf(text, "%s%s", k > 0 ? ", " : "", c->categories.text[k]);
    if (c->categories.count > 8)
        ls_text_append(text, ", ...");
}

/* What a date becomes, and how it was read. */
static void put_parts(const ls_column *c, ls_text *text)
{
    if (c->date_format != NULL)
        ls_text_printf(text, " (%s)", c->date_format);
    if (c->date_parts == 0)
        ls_text_append(text, ls_date_is_time(c->date_format) ? ", part of the day" : ", days since 1970-01-01 UTC");
    else
        ls_text_append(text, ":");
    for (int i = 0, listed = 0; i < LS_DATE_PARTS; i++)
        if ((c->date_parts >> i & 1) != 0)
            ls_text_printf(text, "%s%s", listed++ > 0 ? ", " : " ", ls_date_part_name((ls_date_part)i));
}

/* What kept a column of text from being one of numbers. */
static void put_numbers(const ls_gathered *g, ls_text *text)
{
    const int64_t values = g->numbers + g->dates;
    if (values > 0 && g->texts > 0)
        ls_text_printf(text, "; %lld of its %lld values are %s, line %lld has '%s'", (long long)values,
                       (long long)(values + g->texts), g->dates > g->numbers ? "dates" : "numbers", (long long)g->line,
                       g->sample);
}

static void say_column(const ls_context *context, const ls_conversion *conversion, int64_t i)
{
    static const char *const kinds[] = {"number",    "whole number", "date", "one feature for each of ",
                                        "codes of ", "codes of "};
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
    if (c->role == LS_ROLE_FEATURE && c->kind == LS_COLUMN_DATE)
        put_parts(c, &text);
    if (c->role <= LS_ROLE_TARGET && c->kind >= LS_COLUMN_ONEHOT)
        put_numbers(&conversion->facts.gathered[i], &text);
    if (conversion->facts.missing[i] > 0)
        ls_text_printf(&text, "; %lld missing, written as NaN", (long long)conversion->facts.missing[i]);
    for (size_t k = 0; k < text.length; k++) /* a line stays one line */
        if ((unsigned char)text.data[k] < ' ')
            text.data[k] = ' ';
    ls_log_line(&context->log, LS_LOG_INFO, "%s", ls_text_string(&text));
    ls_text_free(&text);
}

/* What was guessed of the first lines, where it may be wrong. */
static void say_head(const ls_context *context, const ls_options *options, const ls_conversion *conversion,
                     const ls_csv_style *style)
{
    const ls_head head = conversion->facts.head;
    if (head == LS_HEAD_NUMBERS)
        ls_log_line(&context->log, LS_LOG_INFO,
                    "  line %lld was taken as the header, with numbers as names; --header off takes it as a row",
                    (long long)style->start_line);
    if (head == LS_HEAD_DOUBT)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s: the first line was taken as data; if its numbers are names of columns, give --header on",
                    options->data);
    if (style->trailing)
        ls_log_line(&context->log, LS_LOG_INFO, "  each line ends in a delimiter, behind which there is no column");
}

/* A class may be called like what stands for no value. */
static void warn_of_dropped(const ls_context *context, const ls_conversion *conversion)
{
    const ls_table_facts *f = &conversion->facts;
    if (f->dropped_word[0] == '\0' || conversion->encoding.target_kind != LS_COLUMN_CLASSES)
        return;
    ls_text word = {0};
    ls_shell_put_item(&word, "!%s", f->dropped_word);
    ls_log_line(&context->log, LS_LOG_WARNING,
                "the target of all dropped rows says '%s'; if that is a class, --missing-values %s keeps it",
                f->dropped_word, ls_text_string(&word));
    ls_text_free(&word);
}

/* Targets of many digits may be names. */
static void warn_of_far(const ls_context *context, const ls_options *options, const ls_conversion *conversion)
{
    if (conversion->facts.far_line > 0)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s line %lld: the target is 2^53 or beyond, where whole numbers that differ become one; where "
                    "targets are classes or identifiers, write them as texts, with a letter in front",
                    options->data, (long long)conversion->facts.far_line);
}

/* Postal codes and the like: what is lost when they are read as numbers. */
static void warn_of_padding(const ls_context *context, const ls_options *options, const ls_conversion *conversion)
{
    int64_t columns = 0;
    for (int64_t i = 0; i < conversion->encoding.count; i++) {
        const ls_column *c = &conversion->encoding.column[i];
        const ls_gathered *g = &conversion->facts.gathered[i];
        if (g->padded == 0 || c->role > LS_ROLE_TARGET || c->kind >= LS_COLUMN_ONEHOT || columns++ >= WARNED)
            continue;
        const bool target = c->role == LS_ROLE_TARGET;
        const char *number = g->padded_sample + strspn(g->padded_sample, "0");
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "%s: %s '%s' is read as numbers, but %lld of its values have zeros in front, the first '%s' on line "
            "%lld, which becomes %s; if these are codes, --categories '%s' takes them as they are written%s",
            options->data, target ? "the target" : "column", c->name, (long long)g->padded, g->padded_sample,
            (long long)g->padded_line, number[0] == '\0' ? "0" : number, c->name,
            target ? "" : ", --id keeps them beside the rows, --ignore leaves them out");
    }
    if (columns > WARNED)
        ls_log_line(&context->log, LS_LOG_WARNING, "%s: %lld more columns have such numbers", options->data,
                    (long long)(columns - WARNED));
}

static void say_table(const ls_context *context, const ls_options *options, const ls_conversion *conversion,
                      const ls_csv_style *style)
{
    char name[8];
    const ls_encoding *e = &conversion->encoding;
    ls_log_line(&context->log, LS_LOG_INFO, "%s: CSV, delimiter %s, %s; %lld rows, %lld columns, %lld features",
                options->data, ls_csv_delimiter_name(style->delimiter, name),
                e->header ? "with a header" : "without a header", (long long)conversion->facts.rows,
                (long long)e->count, (long long)e->features);
    say_head(context, options, conversion, style);
    if (conversion->facts.dropped > 0)
        ls_log_line(&context->log, LS_LOG_INFO, "  %lld of %lld rows lack a target and are dropped",
                    (long long)conversion->facts.dropped,
                    (long long)(conversion->facts.dropped + conversion->facts.rows));
    warn_of_dropped(context, conversion);
    warn_of_far(context, options, conversion);
    warn_of_padding(context, options, conversion);
    for (int64_t i = 0; i < e->count && i < LISTED; i++)
        say_column(context, conversion, i);
    if (e->count > LISTED)
        ls_log_line(&context->log, LS_LOG_INFO, "  and %lld more columns", (long long)(e->count - LISTED));
}

/* What --like says already. */
static ls_status check_like(const ls_options *options)
{
    static const char *const keys[] = {"ignore",     "id",     "weights",     "group",      "categorical",
                                       "categories", "header", "date-format", "date-parts", "max-categories",
                                       NULL};
    static const char *const unknown[] = {"unknown", NULL};
    if (options->like[0] == '\0')
        return ls_options_refuse(options, unknown, "is for --like, whose categories are known");
    if (options->target[0] != '\0' && strcmp(options->target, "none") != 0)
        return ls_fail(LS_ERR_USAGE,
                       "--target %s: --like %s says which columns are the targets; give none to leave them "
                       "out, or nothing",
                       options->target, options->like);
    return ls_options_refuse(options, keys, "is given with --like %s, which says it already; leave it out",
                             options->like);
}

/* A model of data that is no table keeps beside its encoding what is taken from the numbers. */
static ls_status take_offsets(ls_h5_file *file, ls_encoding *encoding)
{
    double *offset;
    if (!ls_h5_exists(file, LS_MODELFILE_OFFSET))
        return ls_h5_answered(file);
    const ls_modelfile_shape shape = {1, {encoding->features, 0}};
    LS_TRY(ls_modelfile_check_shape(file, LS_MODELFILE_OFFSET, &shape));
    LS_TRY(ls_memory_allocate(&offset, encoding->features, sizeof *offset, "offsets"));
    const ls_status status = ls_h5_read_double(file, LS_MODELFILE_OFFSET, 0, encoding->features, offset);
    if (status == LS_OK)
        (void)ls_encoded_take_offsets(encoding, offset); /* of others the conversion finds its own */
    ls_memory_free(offset);
    return status;
}

/* The encoding of --like: of a converted file, a run or a model. */
static ls_status read_like(const char *path, ls_encoding *encoding)
{
    ls_h5_file *file;
    char *text = NULL;
    const bool model = ls_path_is_directory(path) || ls_sealed_is(path);
    LS_TRY(model ? ls_model_open(path, NULL, &file) : ls_h5_open(path, &file));
    ls_status status = ls_encoded_read(file, model ? "/lockstep" : "/", &text);
    if (status == LS_OK && text == NULL)
        status = ls_fail(LS_ERR_DATA, "--like %s: %s", path,
                         model ? "the model was trained on data without names of columns"
                               : "was not made by lockstep convert of a table");
    if (status == LS_OK)
        status = ls_encoding_read(text, path, encoding);
    if (status == LS_OK && model)
        status = take_offsets(file, encoding);
    ls_memory_free(text);
    ls_h5_close(file);
    return status;
}

/* Makes the table's columns those of --like. */
static ls_status wish_like(const ls_options *options, ls_encoding *encoding, ls_table_like *like, ls_fields *fields,
                           ls_table_wishes *wishes)
{
    LS_TRY(read_like(options->like, encoding));
    like->of = encoding;
    like->unknown.ignored = strcmp(options->unknown, "ignore") == 0;
    wishes->like = like;
    wishes->header = encoding->header ? LS_HEADER_ON : LS_HEADER_OFF;
    ls_fields_free(fields);
    LS_TRY(ls_fields_copy(&encoding->fields, fields));
    return ls_encoded_fields(options, fields);
}

static void say_unknown(const ls_context *context, const ls_options *options, const ls_unknown *unknown)
{
    ls_text text = {0};
    if (unknown->rows == 0)
        return;
    ls_unknown_list(unknown, &text);
    ls_log_line(&context->log, LS_LOG_WARNING, "%s: in %lld rows are categories that %s has not: %s", options->data,
                (long long)unknown->rows, options->like, ls_text_string(&text));
    ls_text_free(&text);
}

ls_status ls_conversion_open_table(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    ls_fields fields = {0};
    ls_table_wishes wishes = {
        .fields = &fields,
        .header = strcmp(options->header, "auto") == 0 ? LS_HEADER_AUTO
                  : strcmp(options->header, "on") == 0 ? LS_HEADER_ON
                                                       : LS_HEADER_OFF,
        .target = options->target,
        .ignore = options->ignore,
        .weight = options->weights,
        .group = options->group,
        .id = options->id,
        .categories = options->categories,
        .drop = strcmp(options->missing, "drop") == 0,
        .max_categories = options->max_categories,
        .date_format = options->date_format,
        .codes = strcmp(options->categorical, "codes") == 0,
        .stop = ls_conversion_stopping,
        .user = context,
    };
    if (!wishes.drop && strcmp(options->missing, "error") != 0)
        return ls_fail(LS_ERR_USAGE,
                       "--missing %s: convert knows error and drop, about rows without a target; missing features "
                       "become NaN, and train fills them with --missing %s",
                       options->missing, options->missing);
    LS_TRY(check_like(options));
    LS_TRY(ls_table_date_parts(options->date_parts, &wishes.date_parts));
    LS_TRY(ls_encoded_style(options, options->data, &wishes.style));
    ls_encoding encoding = {0};
    ls_table_like like = {0};
    ls_status status = ls_encoded_fields(options, &fields);
    if (status == LS_OK && options->like[0] != '\0')
        status = wish_like(options, &encoding, &like, &fields, &wishes);
    if (status == LS_OK)
        status =
            ls_import_csv(options->data, &wishes, &conversion->encoding, &conversion->facts, &conversion->import[0]);
    if (status == LS_OK)
        say_unknown(context, options, &like.unknown);
    ls_table_like_free(&like);
    ls_encoding_free(&encoding);
    ls_fields_free(&fields);
    LS_TRY(status);
    conversion->count = 1;
    say_table(context, options, conversion, &wishes.style);
    ls_convert_beside_warn(context, options, conversion);
    return LS_OK;
}
