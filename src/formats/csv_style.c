/* Finding out how a CSV file is taken apart: records are read in every way that comes into question, and the way in
 * which they agree on the number of their fields is taken. */
#include "formats/csv_style.h"

#include "base/decimal.h"
#include "files/path.h"
#include "formats/fields.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Records that are looked at, and lines with # in front of them. */
#define LOOK          20
#define COMMENTS_MOST 1000
#define NEVER         LOOK /* no number of a record */

/* What the first records are in one style; where they cannot be read they end. */
typedef struct look {
    int count;
    int64_t fields[LOOK], line[LOOK];
    bool bare[LOOK];    /* the last field is empty, and not in quotes */
    bool number;        /* the first record has a number */
    bool parts;         /* between tabs: a field is made of numbers with blanks between them */
    int64_t start;      /* byte of the first record, */
    int64_t start_line; /* and line */
    bool broken;
} look;

/* ---- looking ---- */

/* At least three numbers, or two with more than one blank between them, as columns of a fixed width have it. */
static bool is_numbers(const ls_csv_field *field)
{
    static const ls_fields usual = {0};
    const char *c = field->text, *const end = c + field->length;
    int64_t count = 0;
    bool wide = false;
    while (c < end) {
        const char *begin = c;
        while (c < end && *c != ' ')
            c++;
        if (ls_decimal_form_of(begin, c) == LS_DECIMAL_NONE && !ls_fields_is_missing(&usual, begin, c - begin))
            return false;
        count++;
        begin = c;
        while (c < end && *c == ' ')
            c++;
        wide = wide || c - begin > 1;
    }
    return count > 2 || (count == 2 && wide);
}

static void note_record(const ls_csv *csv, const ls_csv_style *style, look *l)
{
    const int64_t count = ls_csv_count(csv);
    const ls_csv_field *field = ls_csv_fields(csv), *last = &field[count - 1];
    for (int64_t i = 0; i < count; i++) {
        l->parts = l->parts || (style->delimiter == '\t' && !field[i].quoted && is_numbers(&field[i]));
        l->number = l->number || (l->count == 0 && ls_decimal_form_of(field[i].text, field[i].text + field[i].length) !=
                                                       LS_DECIMAL_NONE);
    }
    if (l->count == 0) {
        l->start = ls_csv_offset(csv);
        l->start_line = ls_csv_line(csv);
    }
    l->fields[l->count] = count;
    l->bare[l->count] = last->length == 0 && !last->quoted;
    l->line[l->count++] = ls_csv_line(csv);
}

/* What cannot be read is told by whoever reads it for good. */
static look look_at(const char *path, const ls_csv_style *style, int most)
{
    look l = {0};
    ls_csv *csv;
    if (ls_csv_open(path, style, &csv) != LS_OK)
        return (look){.broken = true};
    for (bool more = true; more && l.count < most && !l.broken;) {
        l.broken = ls_csv_next(csv, &more) != LS_OK;
        if (!l.broken && more)
            note_record(csv, style, &l);
    }
    ls_csv_close(csv);
    return l;
}

/* The first record from which on all have the same number of fields, and more than one; NEVER when there is none. It is
 * the first of all, or one follows at least. */
static int settles(const look *l)
{
    int k = l->count - 1;
    while (k > 0 && l->fields[k - 1] == l->fields[l->count - 1])
        k--;
    if (l->broken || l->count == 0 || l->fields[l->count - 1] < 2)
        return NEVER;
    return k == 0 || l->count - k > 1 ? k : NEVER;
}

/* Whether all records have as many fields; R leaves the name of the first column out. */
static bool is_regular(const look *l)
{
    const int k = settles(l);
    return l->count > 0 && (k == 0 || (k == 1 && l->count > 1 && l->fields[0] == l->fields[1] - 1));
}

/* ---- the delimiter ---- */

static const char candidates[] = ",;\t|";

/* Of the first line; *none when it has none but tabs. */
static char most_frequent(const char *text, int64_t length, bool *none)
{
    int64_t count[4] = {0};
    bool quoted = false;
    for (int64_t i = 0; i < length && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
        if (text[i] == '"')
            quoted = !quoted;
        const char *found = quoted || text[i] == '\0' ? NULL : strchr(candidates, text[i]);
        if (found != NULL)
            count[found - candidates]++;
    }
    int best = 0;
    for (int i = 1; i < 4; i++)
        best = count[i] > count[best] ? i : best;
    *none = count[0] + count[1] + count[3] == 0;
    return candidates[best];
}

static look look_with(const char *path, const ls_csv_style *style, char delimiter)
{
    ls_csv_style other = *style;
    other.delimiter = delimiter;
    return look_at(path, &other, LOOK);
}

/* Among the other delimiters, one with which the records agree sooner than at `settled`; else `delimiter`. */
static char sooner(const char *path, const ls_csv_style *style, char delimiter, int settled)
{
    for (const char *c = candidates; *c != '\0'; c++) {
        const look l = *c == delimiter ? (look){0} : look_with(path, style, *c);
        const int k = settles(&l);
        if (k < settled) {
            settled = k;
            delimiter = *c;
        }
    }
    return delimiter;
}

/* `style` has everything else; `text` begins where its first record does. */
static char find_delimiter(const char *path, const ls_csv_style *style, const char *text, int64_t length)
{
    if (ls_path_has_suffix(path, ".tsv") || ls_path_has_suffix(path, ".tab"))
        return '\t';
    bool none;
    const char first = most_frequent(text, length, &none);
    const look l = look_with(path, style, first);
    if (settles(&l) == 0 && !(first == '\t' && l.parts))
        return first;
    const look blanks = none ? look_with(path, style, ' ') : (look){0};
    const bool parted = is_regular(&blanks) && blanks.fields[0] > 1;
    if (settles(&l) == 0)
        return parted && blanks.fields[0] > l.fields[0] ? ' ' : first;
    const char other = sooner(path, style, first, settles(&l));
    const look found = other == first ? l : look_with(path, style, other);
    if (is_regular(&l) && settles(&found) > 0)
        return first;
    return parted && settles(&found) > 0 ? ' ' : other;
}

/* ---- in front of the first record ---- */

/* Excel's first line, "sep=;". Returns its delimiter, or 0. */
static char separator_line(const char *text, int64_t length)
{
    const char *c = text, *const end = text + length;
    c += c < end && *c == '"';
    if (end - c < 5 || strncasecmp(c, "sep=", 4) != 0)
        return '\0';
    const char delimiter = c[4];
    c += 5;
    c += c < end && *c == '"';
    while (c < end && *c == ' ')
        c++;
    return delimiter != '\n' && delimiter != '\r' && (c == end || *c == '\n' || *c == '\r') ? delimiter : '\0';
}

/* The lines with # that begin at the style's start. */
typedef struct comments {
    int count;
    int64_t start[COMMENTS_MOST], line[COMMENTS_MOST];
    bool bare[COMMENTS_MOST]; /* no blank follows the # */
} comments;

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Goes behind them, and behind empty lines and those that begin with `comment`. */
static ls_status pass_comments(ls_csv *csv, char comment, comments *found)
{
    bool more = true;
    found->count = 0;
    while (more) {
        int64_t length, offset, line;
        const char *text = ls_csv_ahead(csv, &length, &offset, &line);
        if (length == 0 || (text[0] != '#' && text[0] != comment && !is_line_end(text[0])) ||
            found->count == COMMENTS_MOST)
            break;
        if (text[0] == '#' && comment != '#') {
            found->start[found->count] = offset;
            found->line[found->count] = line;
            found->bare[found->count++] = length > 1 && text[1] != ' ' && text[1] != '\t' && !is_line_end(text[1]);
        }
        LS_TRY(ls_csv_skip_line(csv, &more));
    }
    return LS_OK;
}

/* A line with # that is a record all the same: the header, or the first row; where nothing else is there, all are. */
static void find_first_record(const char *path, ls_csv_style *style, const comments *found)
{
    const look behind = look_at(path, style, 1);
    for (int i = 0; i < found->count; i++) {
        ls_csv_style other = *style;
        other.start = found->start[i];
        other.start_line = found->line[i];
        const look l = look_at(path, &other, 1);
        const bool last = i + 1 == found->count && behind.number;
        if (behind.count == 0 ||
            (l.count == 1 && l.fields[0] > 1 && l.fields[0] == behind.fields[0] && (found->bare[i] || last))) {
            *style = other;
            return;
        }
    }
}

/* ---- what the records look like ---- */

/* The first record with as many fields as most have, when the first of all has fewer, and none in front of it looks
 * like a row; else 0. */
static int behind_title(const look *l)
{
    for (int k = 1; k < l->count; k++) {
        int alike = 0;
        for (int i = k; i < l->count; i++)
            alike += l->fields[i] == l->fields[k];
        if (l->fields[k - 1] > 1 && k > 1 && l->fields[k - 1] == l->fields[k - 2])
            return 0;
        if (l->fields[k] > l->fields[0] && alike > 1 && alike * 2 > l->count)
            return k;
    }
    return 0;
}

static ls_status fail_title(const char *path, const ls_csv_style *style, const look *l, int k)
{
    ls_csv *csv;
    bool more;
    LS_TRY(ls_csv_open(path, style, &csv));
    ls_status status = ls_csv_next(csv, &more);
    if (status == LS_OK) {
        const ls_csv_field *first = ls_csv_fields(csv);
        const bool mark = first->length > 0 && strchr("%!;*/$", first->text[0]) != NULL;
        status = ls_csv_fail(csv,
                             "has %lld field%s, and line %lld and most behind it have %lld; does a title stand in "
                             "front of the table? --skip-lines %lld begins with line %lld%s%.1s%s",
                             (long long)l->fields[0], l->fields[0] == 1 ? "" : "s", (long long)l->line[k],
                             (long long)l->fields[k], (long long)l->line[k] - 1, (long long)l->line[k],
                             mark ? ", and --comment '" : "", mark ? first->text : "",
                             mark ? "' passes over lines like this, wherever they stand" : "");
    }
    ls_csv_close(csv);
    return status;
}

/* Whether a delimiter stands at the end of all records, or of all but the first. */
static bool find_trailing(const look *l)
{
    for (int i = 1; i < l->count; i++)
        if (!l->bare[i] || l->fields[i] != l->fields[1])
            return false;
    if (l->count < 2 || l->fields[1] < 2)
        return false;
    return l->bare[0] ? l->fields[0] == l->fields[1] : l->fields[0] == l->fields[1] - 1;
}

static ls_status judge(const char *path, ls_csv_style *style)
{
    const look l = look_at(path, style, LOOK);
    if (l.count == 0)
        return LS_OK;
    style->start = l.start;
    style->start_line = l.start_line;
    style->trailing = style->delimiter != ' ' && !l.broken && find_trailing(&l);
    const int k = is_regular(&l) || style->trailing ? 0 : behind_title(&l);
    return k == 0 ? LS_OK : fail_title(path, style, &l, k); /* a row that lacks fields is told as one */
}

/* ---- all of it ---- */

static ls_status find_start(ls_csv *csv, const char *path, const ls_csv_wishes *wishes, ls_csv_style *style)
{
    comments found;
    int64_t length, line;
    bool more = true;
    for (int64_t i = 0; i < wishes->skip && more; i++)
        LS_TRY(ls_csv_skip_line(csv, &more));
    if (!more)
        return ls_fail(LS_ERR_DATA, "%s: --skip-lines %lld leaves nothing of it", path, (long long)wishes->skip);
    const char *text = ls_csv_ahead(csv, &length, &style->start, &line);
    const char named = separator_line(text, length);
    if (named != '\0')
        LS_TRY(ls_csv_skip_line(csv, &more));
    LS_TRY(pass_comments(csv, wishes->comment, &found));
    text = ls_csv_ahead(csv, &length, &style->start, &style->start_line);
    style->delimiter = wishes->delimiter != '\0' ? wishes->delimiter
                       : named != '\0'           ? named
                                                 : find_delimiter(path, style, text, length);
    if (found.count > 0)
        find_first_record(path, style, &found);
    return LS_OK;
}

ls_status ls_csv_find_style(const char *path, const ls_csv_wishes *wishes, ls_csv_style *style)
{
    const ls_csv_style any = {.delimiter = ','};
    ls_csv *csv;
    *style = (ls_csv_style){.delimiter = wishes->delimiter, .comment = wishes->comment};
    LS_TRY(ls_csv_open(path, &any, &csv));
    const ls_status status = find_start(csv, path, wishes, style);
    ls_csv_close(csv);
    return status == LS_OK ? judge(path, style) : status;
}

const char *ls_csv_delimiter_name(char delimiter, char *buffer)
{
    if (delimiter == '\t')
        return "tab";
    if (delimiter == ' ')
        return "blanks";
    (void)snprintf(buffer, 8, "'%c'", delimiter);
    return buffer;
}
