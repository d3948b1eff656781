/* Refusing columns, and what to do about them. */
#include "formats/table_refuse.h"

#include "base/shell.h"
#include "base/visible.h"
#include "formats/almost.h"
#include "formats/dates.h"

#include <string.h>

#define TOLD 6 /* columns in a message */

typedef struct judge {
    const ls_table_wishes *wishes;
    const ls_encoding *encoding;
    const ls_table_facts *facts;
    int64_t first_line;
    int64_t refused;
    ls_text *text;
} judge;

int64_t ls_table_categories_most(const ls_table_wishes *wishes, ls_column_role role)
{
    if (wishes->max_categories > 0)
        return wishes->max_categories;
    return wishes->codes || role == LS_ROLE_TARGET ? LS_CODES_MOST : LS_ONEHOT_MOST;
}

/* ---- what a column is ---- */

/* 19 of 20. */
static bool nearly_all(int64_t part, int64_t whole)
{
    return part > 0 && part * 20 >= whole * 19;
}

static int64_t filled(const ls_gathered *g)
{
    return g->numbers + g->dates + g->texts;
}

/* A single text in front of nothing but numbers or dates. */
static bool is_heading(const judge *j, const ls_gathered *g)
{
    return g->texts == 1 && g->line == j->first_line && filled(g) > 2;
}

static bool is_taken(const ls_column *c)
{
    return c->role <= LS_ROLE_TARGET;
}

/* Whether the first row is no row: all columns are headed, or have nothing there. */
static bool has_second_header(const judge *j)
{
    int64_t headings = 0;
    for (int64_t i = 0; i < j->encoding->count; i++) {
        const ls_gathered *g = &j->facts->gathered[i];
        if (!is_taken(&j->encoding->column[i]))
            continue;
        const bool heading = is_heading(j, g);
        if (!heading && (g->texts > 0 || g->first_is_value))
            return false;
        headings += heading;
    }
    return headings > 0;
}

/* ---- telling ---- */

/* Whether there is room for another one; begins it. */
static bool tell(judge *j, const ls_column *c)
{
    if (j->refused++ >= TOLD)
        return false;
    ls_text_printf(j->text, "%s%s '%.80s' ", j->refused > 1 ? ". " : "",
                   c->role == LS_ROLE_TARGET ? "The target" : "Column", c->name);
    return true;
}

static void put_others(const judge *j, int64_t count)
{
    if (count > 1)
        ls_text_printf(j->text, " and %lld more", (long long)count - 1);
}

static void put_ignore(const judge *j, const ls_column *c)
{
    if (c->role == LS_ROLE_TARGET)
        return;
    ls_text_append(j->text, "; or leave the column out with --ignore ");
    ls_shell_put_item(j->text, "%s", c->name);
}

static void put_missing(const judge *j, const char *word)
{
    ls_text_append(j->text, "; --missing-values ");
    ls_shell_put_item(j->text, "%s", word);
}

/* How numbers are to be read that are written otherwise. */
static void put_writings(const judge *j, const ls_gathered *g)
{
    const ls_fields *fields = &j->encoding->fields;
    const int way = ls_almost_choose(g->writings, fields, g->real);
    if (g->sign[0] != '\0') {
        ls_text_printf(j->text, "are numbers with '%s'; write them without it", g->sign);
        return;
    }
    if (way < 0) {
        ls_text_append(j->text, "are numbers that are written in different ways; write them all in one way");
        return;
    }
    ls_text_printf(j->text, "are numbers with %s; ", ls_almost_name(way));
    ls_almost_put_options(way, fields, j->text);
    ls_text_append(j->text, " reads them");
    if (way == LS_WRITING_COMMA && (g->writings >> LS_WRITING_GROUPS & 1) != 0) { /* "1,200" */
        ls_text_printf(j->text, ", or, if they have %s, ", ls_almost_name(LS_WRITING_GROUPS));
        ls_almost_put_options(LS_WRITING_GROUPS, fields, j->text);
    }
}

/* The most frequent of the words. */
static const ls_gathered_word *main_word(const ls_gathered *g)
{
    const ls_gathered_word *most = &g->word[0];
    for (int i = 1; i < LS_GATHERED_WORDS; i++)
        most = g->word[i].count > most->count ? &g->word[i] : most;
    return most;
}

/* Numbers or dates in any way of writing, whichever are more. */
static int64_t values_of(const ls_gathered *g)
{
    return g->numbers + g->almost + g->dates + g->alike;
}

/* The texts that are neither: how many, which one mostly, and what to do about it. */
static void put_words(const judge *j, const ls_column *c, const ls_gathered *g)
{
    const int64_t others = filled(g) - values_of(g);
    const ls_gathered_word *w = main_word(g);
    ls_text_printf(j->text, "%lld text%s that %s none: ", (long long)others, others == 1 ? "" : "s",
                   others == 1 ? "is" : "are");
    if (w->count == others || w->count == 1)
        ls_text_printf(j->text, "'%s' on line %lld", w->text, (long long)w->line);
    else
        ls_text_printf(j->text, "'%s' %lld times, first on line %lld", w->text, (long long)w->count,
                       (long long)w->line);
    if (strcmp(w->text, c->name) == 0) {
        ls_text_append(j->text, ": the header again, as joined files have it? Take such lines out of the file");
    } else {
        put_missing(j, w->text);
        ls_text_printf(j->text, " takes %s as no value",
                       w->count == others ? "it" : "it (and more, with commas between them)");
    }
    if (g->line == j->first_line && !j->encoding->header)
        ls_text_append(j->text, "; or does the first line name the columns? Then give --header on");
}

/* Behind what was said of numbers or dates in another way of writing. */
static void put_rest(const judge *j, const ls_column *c, const ls_gathered *g)
{
    if (filled(g) == values_of(g))
        return;
    ls_text_append(j->text, "; beside them the column has ");
    put_words(j, c, g);
}

static void tell_beyond(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    ls_text_printf(j->text, "has '%s' on line %lld", g->beyond_sample, (long long)g->beyond_line);
    put_others(j, g->beyond);
    ls_text_append(j->text, "; expected numbers of at most 3.4e38, as float32 has them");
    if (c->role != LS_ROLE_TARGET) {
        put_missing(j, g->beyond_sample);
        ls_text_printf(j->text, " takes %s as no value",
                       g->beyond == 1 ? "it" : "it (and more, with commas between them)");
    }
    put_ignore(j, c);
}

static void tell_almost(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    ls_text_append(j->text, "is text, but '");
    ls_visible_put(g->sample, strlen(g->sample), j->text);
    ls_text_printf(j->text, "' on line %lld", (long long)g->line);
    put_others(j, g->almost);
    ls_text_append(j->text, " ");
    put_writings(j, g);
    put_rest(j, c, g);
    put_ignore(j, c);
}

/* Of a column of dates, whether they have no days. */
static bool are_times(const ls_gathered *g)
{
    char format[32];
    return ls_date_is_time(g->dates > 0 || g->guesses == 0 ? g->format
                                                           : ls_date_guess(__builtin_ctzll(g->guesses), format));
}

static void tell_date_alike(judge *j, const ls_column *c, const ls_gathered *g)
{
    char format[32];
    if (!tell(j, c))
        return;
    ls_text_printf(j->text, "is text, but '%s' on line %lld", g->sample, (long long)g->line);
    put_others(j, g->alike);
    uint64_t guesses = g->guesses;
    ls_text_printf(j->text, " look%s like %s; ", g->alike == 1 ? "s" : "", are_times(g) ? "times of day" : "dates");
    for (int k = 0; guesses != 0 && k < 2; k++, guesses &= guesses - 1) {
        ls_text_printf(j->text, "%s--date-format ", k > 0 ? " or " : "");
        ls_shell_put_item(j->text, "%s=%s", c->name, ls_date_guess(__builtin_ctzll(guesses), format));
    }
    ls_text_append(j->text, " reads them; --categories ");
    ls_shell_put_item(j->text, "%s", c->name);
    ls_text_append(j->text, " takes them as categories");
    put_rest(j, c, g);
    put_ignore(j, c);
}

static void tell_odd(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    ls_text_printf(j->text, "has %lld %s and ", (long long)values_of(g),
                   g->dates + g->alike > g->numbers + g->almost ? "dates" : "numbers");
    put_words(j, c, g);
    if (c->categories.count > 0) {
        ls_text_append(j->text, "; --categories ");
        ls_shell_put_item(j->text, "%s", c->name);
        ls_text_append(j->text, " takes them all as categories");
    }
    put_ignore(j, c);
}

static void tell_not_told(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    ls_text_printf(j->text, "has '%s' on line %lld", g->sample, (long long)g->line);
    put_others(j, g->texts);
    ls_text_printf(j->text, ", which %s no date of the format '%s' (--date-format)", g->texts == 1 ? "is" : "are",
                   g->format);
    put_missing(j, g->sample);
    ls_text_append(j->text, " takes it as no value");
    put_ignore(j, c);
}

static void tell_categories(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    const int64_t most = ls_table_categories_most(j->wishes, c->role), count = c->categories.count;
    ls_text_printf(j->text, "has %s%lld different texts in %lld rows",
                   g->full   ? "more than "
                   : g->late ? "at least "
                             : "",
                   (long long)(g->full ? most : count), (long long)j->facts->rows);
    if (values_of(g) > 0)
        ls_text_printf(j->text, " (%lld are %s, line %lld has '%s')", (long long)values_of(g),
                       g->dates + g->alike > g->numbers + g->almost ? "dates" : "numbers",
                       (long long)main_word(g)->line, main_word(g)->text);
    if (c->role == LS_ROLE_TARGET) {
        ls_text_append(j->text, "; is it a class?");
    } else {
        ls_text_printf(j->text, ", each of which would become %s; --id ", j->wishes->codes ? "a code" : "a feature");
        ls_shell_put_item(j->text, "%s", c->name);
        ls_text_append(j->text, " keeps it beside the rows, --ignore ");
        ls_shell_put_item(j->text, "%s", c->name);
        ls_text_printf(j->text, " leaves it out%s",
                       g->full && !j->wishes->codes ? ", --categorical codes makes a number of it" : "");
    }
    if (g->full)
        ls_text_append(j->text, "; --max-categories N takes up to N");
    else
        ls_text_printf(j->text, "; --max-categories %lld takes it as it is", (long long)(g->late ? filled(g) : count));
}

static void tell_target_date(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (tell(j, c))
        ls_text_printf(j->text,
                       "is a %s, which cannot be predicted; write it as a number, such as the %s, or take its texts as "
                       "classes with --categories '%.80s'",
                       are_times(g) ? "time of day" : "date",
                       are_times(g) ? "minutes since midnight" : "days since some day", c->name);
}

/* ---- judging ---- */

/* More than half, and a word or two instead of the others: no value, most likely. Numbers of tickets, some with
 * letters, have many. */
static bool hides(int64_t values, const ls_gathered *g)
{
    return values * 2 > filled(g) && main_word(g)->count * 2 >= filled(g) - values_of(g);
}

/* What is nearly all numbers or dates is refused even where its texts could be categories; where there are too many of
 * these, what hides numbers or dates is told as one of them. */
static void judge_text(judge *j, const ls_column *c, const ls_gathered *g)
{
    const int64_t all = filled(g), numbers = g->numbers + g->almost, dates = g->dates + g->alike;
    const bool allowed = (j->wishes->max_categories > 0 || g->named) && !g->full;
    const bool many = g->full || (!allowed && ls_table_too_many(c->categories.count, j->facts->rows));
    if ((!allowed && nearly_all(numbers, all)) || (many && hides(numbers, g))) {
        if (g->beyond > 0)
            tell_beyond(j, c, g);
        else if (g->almost > 0)
            tell_almost(j, c, g);
        else
            tell_odd(j, c, g);
    } else if ((!allowed && nearly_all(dates, all)) || (many && hides(dates, g))) {
        if (g->alike > 0 && c->role == LS_ROLE_TARGET)
            tell_target_date(j, c, g);
        else if (g->alike > 0)
            tell_date_alike(j, c, g);
        else
            tell_odd(j, c, g);
    } else if (many) {
        tell_categories(j, c, g);
    }
}

static void judge_column(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!is_taken(c))
        return;
    if (g->told && g->texts > 0)
        tell_not_told(j, c, g);
    else if (g->state == LS_GATHERED_DATES && c->role == LS_ROLE_TARGET)
        tell_target_date(j, c, g);
    else if (g->state == LS_GATHERED_TEXTS && !g->told)
        judge_text(j, c, g);
}

static ls_status refuse_second_header(const judge *j, const char *path)
{
    ls_text names = {0};
    int64_t listed = 0;
    for (int64_t i = 0; i < j->encoding->count && listed < 4; i++)
        if (j->facts->gathered[i].texts > 0)
            ls_text_printf(&names, "%s'%s'", listed++ > 0 ? ", " : "", j->facts->gathered[i].sample);
    const ls_status status =
        j->encoding->header
            ? ls_fail(
                  LS_ERR_DATA,
                  "%s line %lld: is all text (%s), and behind it stand numbers: a second header, or units? Take the "
                  "line out of the file, or let it be the header with --skip-lines %lld",
                  path, (long long)j->first_line, ls_text_string(&names), (long long)j->first_line - 1)
            : ls_fail(
                  LS_ERR_DATA,
                  "%s line %lld: is all text (%s), and behind it stand numbers; if it names the columns, give --header "
                  "on",
                  path, (long long)j->first_line, ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

ls_status ls_table_refuse(const char *path, const ls_table_wishes *wishes, const ls_encoding *encoding,
                          const ls_table_facts *facts, int64_t first_line)
{
    ls_text text = {0};
    judge j = {.wishes = wishes, .encoding = encoding, .facts = facts, .first_line = first_line, .text = &text};
    if (has_second_header(&j))
        return refuse_second_header(&j, path);
    for (int64_t i = 0; i < encoding->count; i++)
        judge_column(&j, &encoding->column[i], &facts->gathered[i]);
    if (j.refused > TOLD)
        ls_text_printf(&text, ". %lld more columns are like that", (long long)(j.refused - TOLD));
    const ls_status status = j.refused > 0 ? ls_fail(LS_ERR_DATA, "%s: %s", path, ls_text_string(&text)) : LS_OK;
    ls_text_free(&text);
    return status;
}
