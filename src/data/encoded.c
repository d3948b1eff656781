/* Encodings in files and over ranks, and what options say about tables. */
#include "data/encoded.h"

#include "base/memory.h"
#include "base/parse.h"
#include "comm/agree.h"
#include "context/options.h"
#include "files/path.h"
#include "files/stream.h"
#include "formats/csv_style.h"
#include "store/modelfile.h"

#include <string.h>
#include <strings.h>

/* Columns that a description lists. */
#define DESCRIBED 24

ls_status ls_encoded_read(ls_h5_file *file, const char *object, char **text)
{
    return ls_names_attribute(file, object, text, NULL);
}

ls_status ls_encoded_write(ls_h5_file *file, const char *object, const char *text)
{
    return text == NULL ? LS_OK : ls_h5_set_text(file, object, LS_ENCODING_ATTRIBUTE, text);
}

ls_status ls_encoded_write_model(ls_h5_file *file, const char *text)
{
    ls_encoding encoding;
    if (text == NULL)
        return LS_OK;
    LS_TRY(ls_encoded_write(file, "/lockstep", text));
    LS_TRY(ls_encoding_read(text, "the names of the columns", &encoding));
    const bool newer = ls_encoding_format(&encoding) > 1;
    ls_encoding_free(&encoding);
    return newer ? ls_h5_set_int64(file, "/lockstep", "format", LS_MODELFILE_MODEL_FORMAT) : LS_OK;
}

/* Whether a column takes an offset; other features are small whole numbers, from which nothing is lost when it is taken
 * later. */
static bool takes(const ls_column *column, const double *offset)
{
    return column->role == LS_ROLE_FEATURE && ls_column_number(column) >= 0 && offset[ls_column_number(column)] != 0;
}

bool ls_encoded_take_offsets(ls_encoding *encoding, const double *offset)
{
    int64_t wanted = 0, taken = 0;
    for (int64_t f = 0; f < encoding->features; f++)
        wanted += offset[f] != 0;
    for (int64_t i = 0; i < encoding->count; i++)
        taken += takes(&encoding->column[i], offset);
    if (taken < wanted)
        return false;
    for (int64_t i = 0; i < encoding->count; i++)
        if (takes(&encoding->column[i], offset))
            encoding->column[i].offset += offset[ls_column_number(&encoding->column[i])];
    return true;
}

ls_status ls_encoded_copy(const char *text, char **copy)
{
    *copy = NULL;
    if (text == NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(copy, (int64_t)strlen(text) + 1, 1, "names of the columns"));
    strcpy(*copy, text);
    return LS_OK;
}

/* LS_ERR_DATA when the columns are there in another order. */
static ls_status check_order(const char *where, const ls_column_list *ours, const ls_column_list *wanted)
{
    const ls_column_sides sides = {.ours = where, .theirs = "the model", .like = "RUN", .alike = true};
    int64_t *order;
    LS_TRY(ls_memory_allocate(&order, wanted->count, sizeof *order, "columns"));
    ls_status status = ls_column_list_match(ours, wanted, &sides, order);
    for (int64_t f = 0; status == LS_OK && f < wanted->count; f++)
        if (order[f] != f)
            status =
                ls_fail(LS_ERR_DATA,
                        "%s has its columns in another order than the model ('%s' is column %lld, counted from 0); "
                        "open it with ls_dataset_open_for_model",
                        where, wanted->name.text[f], (long long)order[f]);
    ls_memory_free(order);
    return status;
}

ls_status ls_encoded_check(const char *where, const char *text, const char *model)
{
    ls_encoding ours = {0}, theirs = {0};
    ls_column_list list[2] = {{0}};
    ls_status status;
    if (text == NULL || model == NULL || strcmp(text, model) == 0)
        return LS_OK;
    LS_TRY_CLEANUP(ls_encoding_read(text, where, &ours));
    LS_TRY_CLEANUP(ls_encoding_read(model, "the model", &theirs));
    LS_TRY_CLEANUP(ls_column_list_make(&ours, LS_ROLE_FEATURE, false, &list[0]));
    LS_TRY_CLEANUP(ls_column_list_make(&theirs, LS_ROLE_FEATURE, false, &list[1]));
    if (list[0].count > 0 && list[1].count > 0)
        status = check_order(where, &list[0], &list[1]);
cleanup:
    ls_column_list_free(&list[0]);
    ls_column_list_free(&list[1]);
    ls_encoding_free(&ours);
    ls_encoding_free(&theirs);
    return status;
}

ls_status ls_encoded_share(ls_context *context, char **text)
{
    const bool root = ls_comm_rank(context->comm) == 0;
    int64_t bytes = root && *text != NULL ? (int64_t)strlen(*text) + 1 : 0;
    LS_TRY(ls_comm_broadcast(context->comm, 0, &bytes, sizeof bytes));
    if (bytes == 0)
        return LS_OK;
    LS_TRY(ls_agree(context->comm, root ? LS_OK : ls_memory_allocate(text, bytes, 1, "names of the columns")));
    return ls_comm_broadcast(context->comm, 0, *text, bytes);
}

static void put_columns(const ls_encoding *e, ls_column_role role, ls_text *out)
{
    int64_t count = 0;
    for (int64_t i = 0; i < e->count; i++) {
        const ls_column *c = &e->column[i];
        if (c->role != role || count++ >= DESCRIBED)
            continue;
        ls_text_printf(out, "%s%s", count > 1 ? ", " : "", c->name);
        if (c->offset != 0)
            ls_text_printf(out, " (less %.17g)", c->offset);
        if (c->kind >= LS_COLUMN_ONEHOT)
            ls_text_printf(out, " (%lld %s)", (long long)c->categories.count,
                           c->kind == LS_COLUMN_CLASSES ? "classes" : "categories");
    }
    if (count > DESCRIBED)
        ls_text_printf(out, " and %lld more", (long long)(count - DESCRIBED));
}

ls_status ls_encoded_describe(const char *text, ls_text *out)
{
    ls_encoding e;
    if (text == NULL)
        return LS_OK;
    LS_TRY(ls_encoding_read(text, "the file", &e));
    put_columns(&e, LS_ROLE_FEATURE, out);
    if (e.targets > 0) {
        ls_text_append(out, e.targets == 1 ? "; target " : "; targets ");
        put_columns(&e, LS_ROLE_TARGET, out);
    }
    for (int64_t i = 0; i < e.fields.missing.count; i++)
        ls_text_printf(out, "%s%s", i == 0 ? "; no value: " : ", ", e.fields.missing.text[i]);
    ls_encoding_free(&e);
    return LS_OK;
}

/* A character, or the name of one. */
static ls_status take_character(const char *key, const char *option, const char *expected, char *character)
{
    static const struct {
        const char *name;
        char character;
    } names[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'},       {"space", ' '},
                 {"bar", '|'},   {"point", '.'},     {"dot", '.'},  {"apostrophe", '\''}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(option, names[i].name) == 0) {
            *character = names[i].character;
            return LS_OK;
        }
    if (strlen(option) != 1 || option[0] == '"')
        return ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected one character, or %s", key, option, expected);
    *character = option[0];
    return LS_OK;
}

ls_status ls_encoded_style(const ls_options *options, const char *path, ls_csv_style *style)
{
    ls_csv_wishes wishes = {.skip = options->skip_lines};
    if (options->delimiter[0] != '\0' && strcmp(options->delimiter, "auto") != 0)
        LS_TRY(take_character("delimiter", options->delimiter, "comma, semicolon, tab, space, bar or auto",
                              &wishes.delimiter));
    if (options->comment[0] != '\0')
        LS_TRY(take_character("comment", options->comment, "nothing", &wishes.comment));
    return ls_csv_find_style(path, &wishes, style);
}

/* A decimal alone ends groups of the same character, which a model's table had. */
static void take_decimal(const ls_options *options, ls_fields *fields)
{
    if (options->decimal[0] == '\0' || strcmp(options->decimal, "auto") == 0)
        return;
    fields->decimal = options->decimal[0] == ',' ? ',' : '\0';
    if (fields->thousands == options->decimal[0])
        fields->thousands = '\0';
}

static ls_status take_thousands(const ls_options *options, ls_fields *fields)
{
    const char decimal = fields->decimal == ',' ? ',' : '.';
    if (options->thousands[0] == '\0')
        return LS_OK;
    fields->thousands = '\0';
    if (strcasecmp(options->thousands, "none") == 0)
        return LS_OK;
    LS_TRY(
        take_character("thousands", options->thousands, "comma, point, space, apostrophe or none", &fields->thousands));
    if (fields->thousands == decimal)
        return ls_fail(LS_ERR_USAGE, "--thousands and --decimal are both '%c'; numbers like %s", decimal,
                       decimal == ',' ? "1,234.5 are read with --decimal . --thousands comma"
                                      : "1.234,5 are read with --decimal , --thousands point");
    if ((fields->thousands >= '0' && fields->thousands <= '9') || strchr("+-eEdD", fields->thousands) != NULL)
        return ls_fail(LS_ERR_USAGE, "--thousands %c: is part of a number", fields->thousands);
    return LS_OK;
}

ls_status ls_encoded_fields(const ls_options *options, ls_fields *fields)
{
    char word[LS_TEXT_MAX];
    take_decimal(options, fields);
    LS_TRY(take_thousands(options, fields));
    fields->usual_off = fields->usual_off || !options->keep_default_missing;
    for (const char *list = options->missing_values; ls_parse_listed(&list, word, sizeof word);)
        LS_TRY(ls_fields_add_missing(fields, word));
    return LS_OK;
}

/* HDF5 files and arrays have zeros near their beginning. */
static bool begins_with_text(const char *path)
{
    const ls_stream_range whole = {.length = -1, .packing = LS_PACKED_FOUND};
    ls_stream *stream;
    unsigned char bytes[1024];
    int64_t got = 0;
    if (ls_stream_open(path, path, &whole, &stream) != LS_OK)
        return false;
    bool text = ls_stream_read(stream, bytes, sizeof bytes, &got) == LS_OK && got > 0;
    ls_stream_close(stream);
    for (int64_t i = 0; i < got && text; i++)
        text = bytes[i] >= ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r');
    return text;
}

static bool has_suffix_of(const char *path, const char *const *suffixes)
{
    for (; *suffixes != NULL; suffixes++)
        if (ls_path_has_suffix(path, *suffixes))
            return true;
    return false;
}

bool ls_encoded_is_table(const char *path)
{
    static const char *const tables[] = {".csv", ".tsv", ".tab", ".txt", NULL};
    static const char *const others[] = {".h5",  ".hdf5", ".hdf",  ".he5",   ".nc",
                                         ".nc4", ".mat",  ".h5ad", ".keras", NULL}; /* what they hold is told by hdf5 */
    return has_suffix_of(path, tables) || (!has_suffix_of(path, others) && begins_with_text(path));
}
