/* Lists of words, of which some are numbers. */
#include "data/codes.h"

#include "base/parse.h"
#include "context/options.h"

#include <string.h>

typedef ls_status (*use_word)(void *user, const char *word, size_t length);

static ls_status for_each_word(const char *text, use_word use, void *user)
{
    for (const char *at = text; *at != '\0';) {
        at += strspn(at, " ");
        const size_t length = strcspn(at, ",");
        size_t kept = length;
        while (kept > 0 && at[kept - 1] == ' ')
            kept--;
        if (kept > 0)
            LS_TRY(use(user, at, kept));
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return LS_OK;
}

static ls_status add_number(void *user, const char *word, size_t length)
{
    ls_codes *codes = user;
    char text[64];
    double number;
    if (length >= sizeof text)
        return LS_OK;
    memcpy(text, word, length);
    text[length] = '\0';
    if (!ls_parse_double(text, &number))
        return LS_OK;
    if (codes->count == LS_H5_CODES)
        return ls_fail(LS_ERR_USAGE, "--missing-values lists more than %d numbers; datasets take no more", LS_H5_CODES);
    codes->number[codes->count++] = number;
    return LS_OK;
}

ls_status ls_codes_find(const ls_options *options, const char *encoding, ls_codes *codes)
{
    ls_encoding e;
    memset(codes, 0, sizeof *codes);
    if (options->missing_values[0])
        return for_each_word(options->missing_values, add_number, codes);
    if (encoding == NULL)
        return LS_OK;
    LS_TRY(ls_encoding_read(encoding, "the model", &e));
    ls_status status = LS_OK;
    for (int64_t i = 0; i < e.fields.missing.count && status == LS_OK && codes->count < LS_H5_CODES; i++)
        status = add_number(codes, e.fields.missing.text[i], strlen(e.fields.missing.text[i]));
    ls_encoding_free(&e);
    return status;
}

static ls_status add_word(void *user, const char *word, size_t length)
{
    int64_t number;
    return ls_dictionary_add(user, word, (int64_t)length, &number);
}

ls_status ls_codes_note(const ls_options *options, ls_encoding *encoding)
{
    return for_each_word(options->missing_values, add_word, &encoding->fields.missing);
}

/* The table's own codes; *found: it has some. */
static ls_status tell_table(ls_h5_file *main, const char *path_of_file, const char *path, ls_text *warnings,
                            bool *found)
{
    ls_h5_file *file;
    ls_h5_dataset d;
    LS_TRY(ls_h5_beside(main, path_of_file, &file));
    LS_TRY(ls_h5_describe(file, path, &d));
    *found = d.code_count > 0;
    if (!*found)
        return LS_OK;
    ls_text_printf(warnings,
                   "%s:%s says which numbers stand for no value, and the model does not keep them: rows to be "
                   "evaluated or predicted must say so too, or be given with --missing-values=",
                   path_of_file, path);
    for (int i = 0; i < d.code_count; i++)
        ls_text_printf(warnings, "%s%.15g", i > 0 ? "," : "", d.codes[i]);
    ls_text_append(warnings, "\n");
    return ls_text_status(warnings);
}

ls_status ls_codes_warn(const ls_options *options, const ls_source *train, ls_h5_file *main, ls_text *warnings)
{
    bool found = false;
    if (train->rows == 0 || !train->x_coded || train->code_count > 0 || options->missing_values[0] != '\0' ||
        strcmp(options->missing, "error") == 0)
        return LS_OK;
    if (train->layout == NULL)
        return tell_table(main, train->file, train->x_path, warnings, &found);
    for (int t = 0; t < ls_layout_tables(train->layout, false) && !found; t++) {
        const ls_layout_table table = ls_layout_table_at(train->layout, false, t);
        LS_TRY(tell_table(main, table.file, table.path, warnings, &found));
    }
    return LS_OK;
}
