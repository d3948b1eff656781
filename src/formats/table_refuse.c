/* Refusing columns, and what to do about them. */
#include "formats/table_refuse.h"

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
    if (c->role != LS_ROLE_TARGET)
        ls_text_printf(j->text, "; or leave the column out with --ignore '%.80s'", c->name);
}

/* How numbers are to be read that are written otherwise. */
static void put_writings(const judge *j, const ls_gathered *g)
{
    const unsigned writings = g->writings & (g->real ? LS_WRITINGS_POINT : ~0u);
    if (g->sign[0] != '\0') {
        ls_text_printf(j->text, "are numbers with '%s'; write them without it", g->sign);
        return;
    }
    if (writings == 0) {
        ls_text_append(j->text, "are numbers that are written in different ways; write them all in one way");
        return;
    }
    const int first = __builtin_ctz(writings);
    ls_text_printf(j->text, "are numbers with %s; %s reads them", ls_almost_name(first), ls_almost_option(first));
    if (first == LS_WRITING_COMMA && (writings >> LS_WRITING_GROUPS & 1) != 0) /* "1,200" */
        ls_text_printf(j->text, ", or, if they have %s, %s", ls_almost_name(LS_WRITING_GROUPS),
                       ls_almost_option(LS_WRITING_GROUPS));
}

static void tell_almost(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    ls_text_printf(j->text, "is text, but '%s' on line %lld", g->sample, (long long)g->line);
    put_others(j, g->almost);
    ls_text_append(j->text, " ");
    put_writings(j, g);
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
    for (int k = 0; guesses != 0 && k < 2; k++, guesses &= guesses - 1)
        ls_text_printf(j->text, "%s--date-format '%.80s=%s'", k > 0 ? " or " : "", c->name,
                       ls_date_guess(__builtin_ctzll(guesses), format));
    ls_text_printf(j->text, " reads them; --categories '%.80s' takes them as categories", c->name);
    put_ignore(j, c);
}

static void put_word_cure(const judge *j, const ls_column *c, const ls_gathered *g)
{
    if (strcmp(g->other, c->name) == 0)
        ls_text_append(j->text, ": the header again, as joined files have it? Take such lines out of the file");
    else
        ls_text_printf(j->text, "; --missing-values '%s' takes %s", g->other,
                       g->same || g->texts == 1 ? "it as no value"
                                                : "it (and more, with commas between them) as no value");
    if (g->line == j->first_line && !j->encoding->header)
        ls_text_append(j->text, "; or does the first line name the columns? Then give --header on");
}

static void tell_odd(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    const int64_t values = g->numbers + g->dates + g->almost + g->alike, others = filled(g) - values;
    ls_text_printf(j->text, "has %lld %s and %lld text%s that %s none: '%s' on line %lld", (long long)values,
                   g->dates + g->alike > g->numbers + g->almost ? "dates" : "numbers", (long long)others,
                   others == 1 ? "" : "s", others == 1 ? "is" : "are", g->other, (long long)g->other_line);
    put_word_cure(j, c, g);
    if (c->categories.count > 0)
        ls_text_printf(j->text, "; --categories '%.80s' takes them all as categories", c->name);
    put_ignore(j, c);
}

static void tell_not_told(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    ls_text_printf(j->text, "has '%s' on line %lld", g->sample, (long long)g->line);
    put_others(j, g->texts);
    ls_text_printf(j->text,
                   ", which %s no date of the format '%s' (--date-format); --missing-values '%s' takes it as no value",
                   g->texts == 1 ? "is" : "are", g->format, g->sample);
    put_ignore(j, c);
}

static void tell_categories(judge *j, const ls_column *c, const ls_gathered *g)
{
    if (!tell(j, c))
        return;
    const int64_t most = ls_table_categories_most(j->wishes, c->role), count = c->categories.count;
    ls_text_printf(j->text, "has %s%lld different texts in %lld rows", g->full ? "more than " : "",
                   (long long)(g->full ? most : count), (long long)j->facts->rows);
    if (c->role == LS_ROLE_TARGET)
        ls_text_append(j->text, "; is it a class?");
    else
        ls_text_printf(
            j->text,
            ", each of which would become %s; --id '%.80s' keeps it beside the rows, --ignore '%.80s' leaves it "
            "out%s",
            j->wishes->codes ? "a code" : "a feature", c->name, c->name,
            g->full && !j->wishes->codes ? ", --categorical codes makes a number of it" : "");
    if (g->full)
        ls_text_append(j->text, "; --max-categories N takes up to N");
    else
        ls_text_printf(j->text, "; --max-categories %lld takes it as it is", (long long)count);
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

static void judge_text(judge *j, const ls_column *c, const ls_gathered *g)
{
    const int64_t all = filled(g), numbers = g->numbers + g->almost, dates = g->dates + g->alike;
    const bool allowed = (j->wishes->max_categories > 0 || g->named) && !g->full;
    if (!allowed && nearly_all(numbers, all)) {
        if (g->almost > 0)
            tell_almost(j, c, g);
        else
            tell_odd(j, c, g);
    } else if (!allowed && nearly_all(dates, all)) {
        if (g->alike > 0 && c->role == LS_ROLE_TARGET)
            tell_target_date(j, c, g);
        else if (g->alike > 0)
            tell_date_alike(j, c, g);
        else
            tell_odd(j, c, g);
    } else if (g->full || (!allowed && ls_table_too_many(c->categories.count, j->facts->rows))) {
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
