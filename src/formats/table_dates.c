/* Options about dates: lists of formats and of parts. */
#include "formats/table_dates.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/shell.h"
#include "formats/table_roles.h"

#include <string.h>

/* A copy that *dates owns. */
static ls_status keep(ls_table_dates *dates, const char *format)
{
    char **larger;
    LS_TRY(ls_memory_allocate(&larger, dates->texts + 1, sizeof *larger, "formats of dates"));
    if (dates->texts > 0)
        memcpy(larger, dates->text, (size_t)dates->texts * sizeof *larger);
    ls_memory_free(dates->text);
    dates->text = larger;
    LS_TRY(ls_memory_allocate(&larger[dates->texts], (int64_t)strlen(format) + 1, 1, "formats of dates"));
    strcpy(larger[dates->texts++], format);
    return LS_OK;
}

static bool is_of(const ls_table_dates *dates, const ls_encoding *encoding, const ls_gathered *gathered, int64_t k)
{
    for (int64_t i = 0; i < encoding->count; i++)
        if (gathered[i].told && gathered[i].format == dates->text[k])
            return true;
    return false;
}

/* The texts that are not of a column. */
static ls_status list_others(ls_table_dates *dates, const ls_encoding *encoding, const ls_gathered *gathered)
{
    const char **others;
    LS_TRY(ls_memory_allocate(&others, dates->texts, sizeof *others, "formats of dates"));
    dates->any.format = others;
    for (int64_t k = 0; k < dates->texts; k++)
        if (!is_of(dates, encoding, gathered, k))
            others[dates->any.count++] = dates->text[k];
    return LS_OK;
}

static ls_status take_item(const char *path, const char *item, const ls_encoding *encoding, ls_gathered *gathered,
                           ls_table_dates *dates)
{
    char name[LS_TEXT_MAX];
    const char *percent = strchr(item, '%'), *equals = strchr(item, '=');
    if (equals == NULL || (percent != NULL && percent < equals)) {
        LS_TRY(ls_date_check_format(item));
        return keep(dates, item);
    }
    int64_t column;
    memcpy(name, item, (size_t)(equals - item));
    name[equals - item] = '\0';
    LS_TRY(ls_table_find_column(path, encoding, "date-format", name, &column));
    LS_TRY(ls_date_check_format(equals + 1));
    LS_TRY(keep(dates, equals + 1));
    gathered[column].told = true;
    gathered[column].format = dates->text[dates->texts - 1];
    gathered[column].state = LS_GATHERED_DATES;
    return LS_OK;
}

ls_status ls_table_dates_take(const char *path, const char *list, const ls_encoding *encoding, ls_gathered *gathered,
                              ls_table_dates *dates)
{
    char item[LS_TEXT_MAX];
    *dates = (ls_table_dates){0};
    while (list != NULL && ls_parse_listed(&list, item, sizeof item))
        LS_TRY(take_item(path, item, encoding, gathered, dates));
    return dates->texts > 0 ? list_others(dates, encoding, gathered) : LS_OK;
}

void ls_table_dates_free(ls_table_dates *dates)
{
    for (int64_t i = 0; i < dates->texts; i++)
        ls_memory_free(dates->text[i]);
    ls_memory_free(dates->text);
    ls_memory_free((void *)dates->any.format);
    *dates = (ls_table_dates){0};
}

/* Numbers stay numbers unless their column is named: four digits are a year in many columns that mean none. */
static ls_status fail_unused(const char *path, const char *format, const ls_encoding *encoding,
                             const ls_gathered *gathered)
{
    ls_text cure = {0};
    for (int64_t i = 0; i < encoding->count && cure.length == 0; i++)
        if (gathered[i].digits == format && gathered[i].state == LS_GATHERED_NUMBERS) {
            ls_text_printf(&cure, ", and numbers are none unless their column is named: --date-format ");
            ls_shell_put_item(&cure, "%s=%s", encoding->column[i].name, format);
        }
    if (cure.length == 0) {
        ls_text_append(&cure, "; name the column to see why: --date-format ");
        ls_shell_put_item(&cure, "COLUMN=%s", format);
    }
    const ls_status status = ls_fail(LS_ERR_USAGE, "--date-format %s: no column of %s begins with a date like that%s",
                                     format, path, ls_text_string(&cure));
    ls_text_free(&cure);
    return status;
}

ls_status ls_table_dates_check(const char *path, const ls_table_dates *dates, const ls_encoding *encoding,
                               const ls_gathered *gathered)
{
    for (int64_t k = 0; k < dates->any.count; k++) {
        bool used = false;
        for (int64_t i = 0; i < encoding->count && !used; i++)
            used = gathered[i].dates > 0 && gathered[i].format == dates->any.format[k];
        if (!used)
            return fail_unused(path, dates->any.format[k], encoding, gathered);
    }
    return LS_OK;
}

ls_status ls_table_date_parts(const char *list, unsigned *parts)
{
    char word[64];
    *parts = 0;
    while (ls_parse_listed(&list, word, sizeof word)) {
        const int part = ls_date_find_part(word);
        if (part < 0)
            return ls_fail(LS_ERR_USAGE,
                           "--date-parts: '%s' is no part of a date; they are days, year, month, day, weekday, hour, "
                           "minute and second",
                           word);
        *parts |= 1u << part;
    }
    return LS_OK;
}
