/* Encodings in files and over ranks, and what options say about tables. */
#include "data/encoded.h"

#include "base/memory.h"
#include "comm/agree.h"
#include "files/path.h"
#include "formats/csv.h"

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

ls_status ls_encoded_copy(const char *text, char **copy)
{
    *copy = NULL;
    if (text == NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(copy, (int64_t)strlen(text) + 1, 1, "names of the columns"));
    strcpy(*copy, text);
    return LS_OK;
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

ls_status ls_encoded_delimiter(const char *option, const char *path, char *delimiter)
{
    static const struct {
        const char *name;
        char delimiter;
    } names[] = {{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"\\t", '\t'}, {"space", ' '}, {"bar", '|'}};
    if (option[0] == '\0' || strcmp(option, "auto") == 0)
        return ls_csv_guess_delimiter(path, delimiter);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(option, names[i].name) == 0) {
            *delimiter = names[i].delimiter;
            return LS_OK;
        }
    if (strlen(option) != 1 || option[0] == '"')
        return ls_fail(
            LS_ERR_USAGE,
            "option 'delimiter' is '%s'; expected one character, or comma, semicolon, tab, space, bar or auto", option);
    *delimiter = option[0];
    return LS_OK;
}

bool ls_encoded_is_table_name(const char *path)
{
    static const char *const suffixes[] = {".csv", ".tsv", ".tab", ".txt"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (ls_path_has_suffix(path, suffixes[i]))
            return true;
    return false;
}
