/* libsvm text, "LABEL [qid:QUERY] INDEX:VALUE INDEX:VALUE ... # comment", as dense rows to be stored. A line is read as
 * a record with blanks between its fields. Indices count from 1, or from 0 when a 0 is among them, where nobody says.
 */
#include "formats/import.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "formats/csv.h"

#include <math.h>
#include <string.h>

/* The last index that a dense row can be asked for. */
#define INDEX_MOST 100000000

typedef struct svm_state {
    ls_csv *csv;
    ls_svm_wishes wishes;
    int64_t rows, features;
    int64_t base;    /* the first index: 0 or 1 */
    bool zero;       /* index 0 was seen */
    int64_t last;    /* greatest index */
    int64_t queries; /* rows with a qid, while they are scanned: all or none */
    int64_t query;   /* of the present line */
    double least, most;
    bool real;    /* a label is not whole */
    bool grouped; /* the rows have queries */
    ls_element y;
} svm_state;

/* Against what --first-index and --features say. */
static ls_status check_index(const svm_state *s, int64_t index)
{
    const ls_svm_wishes *w = &s->wishes;
    if (index == 0 && w->first_index == 1)
        return ls_csv_fail(s->csv, "index 0, but --first-index says that they count from 1");
    const int64_t base = w->first_index >= 0 ? w->first_index : s->zero ? 0 : 1;
    if (w->features > 0 && index - base >= w->features)
        return ls_csv_fail(s->csv, "index %lld is beyond --features %lld, whose last is %lld, counted from %lld",
                           (long long)index, (long long)w->features, (long long)(w->features - 1 + base),
                           (long long)base);
    return LS_OK;
}

/* Whether a number, as it was parsed, is written as more than float32 has room for; "inf" is what it says. */
static bool is_beyond(const char *begin, const char *end, ls_decimal_form parsed, double value)
{
    if (parsed == LS_DECIMAL_NONE)
        return ls_decimal_form_of(begin, end) != LS_DECIMAL_NONE;
    return isfinite(value) && isinf((float)value);
}

static ls_status fail_beyond(const svm_state *s, const ls_csv_field *field)
{
    return ls_csv_fail(s->csv, "'%.*s' is beyond 3.4e38, more than float32 has room for",
                       field->length < 40 ? (int)field->length : 40, field->text);
}

/* A field "INDEX:VALUE". */
static ls_status take_pair(const svm_state *s, const ls_csv_field *field, int64_t *index, double *value)
{
    const char *colon = memchr(field->text, ':', (size_t)field->length), *end = field->text + field->length;
    double number;
    const bool indexed =
        colon != NULL && ls_decimal_parse(field->text, colon, &number) == LS_DECIMAL_INTEGER && number >= 0;
    const ls_decimal_form form = indexed ? ls_decimal_parse(colon + 1, end, value) : LS_DECIMAL_NONE;
    if (indexed && is_beyond(colon + 1, end, form, *value))
        return fail_beyond(s, field);
    if (form == LS_DECIMAL_NONE)
        return ls_csv_fail(s->csv, "'%.*s' is not INDEX:VALUE", field->length < 40 ? (int)field->length : 40,
                           field->text);
    if (number > INDEX_MOST)
        return ls_csv_fail(s->csv, "index %.0f is above %d; rows are written with all their features", number,
                           INDEX_MOST);
    *index = (int64_t)number;
    return check_index(s, *index);
}

static ls_status take_label(const svm_state *s, double *label)
{
    const ls_csv_field *field = ls_csv_fields(s->csv);
    const char *end = field->text + field->length;
    const ls_decimal_form form = ls_decimal_parse(field->text, end, label);
    if (is_beyond(field->text, end, form, *label))
        return fail_beyond(s, field);
    if (form == LS_DECIMAL_NONE && memchr(field->text, ',', (size_t)field->length) != NULL)
        return ls_csv_fail(s->csv,
                           "has the labels %.*s; of several labels a row convert makes nothing, one is expected",
                           field->length < 40 ? (int)field->length : 40, field->text);
    if (form == LS_DECIMAL_NONE)
        return ls_csv_fail(s->csv, "the label '%.*s' is no number", field->length < 40 ? (int)field->length : 40,
                           field->text);
    return LS_OK;
}

/* A field "qid:QUERY": which rows belong together. */
static ls_status take_query(svm_state *s, const ls_csv_field *field)
{
    double number;
    if (ls_decimal_parse(field->text + 4, field->text + field->length, &number) != LS_DECIMAL_INTEGER ||
        fabs(number) >= 0x1p53)
        return ls_csv_fail(s->csv, "'%.*s' is not qid:NUMBER", field->length < 40 ? (int)field->length : 40,
                           field->text);
    s->query = (int64_t)number;
    return LS_OK;
}

static bool is_query(const ls_csv_field *field)
{
    return field->length > 4 && memcmp(field->text, "qid:", 4) == 0;
}

/* Takes the present line; with x NULL what it holds is only noted. */
static ls_status take_line(svm_state *s, float *x, double *label)
{
    const ls_csv_field *field = ls_csv_fields(s->csv);
    int64_t before = -1;
    LS_TRY(take_label(s, label));
    for (int64_t i = 1; i < ls_csv_count(s->csv); i++) {
        int64_t index;
        double value;
        if (field[i].length == 0)
            continue;
        if (field[i].text[0] == '#')
            break;
        if (before < 0 && is_query(&field[i])) {
            s->queries++;
            LS_TRY(take_query(s, &field[i]));
            continue;
        }
        LS_TRY(take_pair(s, &field[i], &index, &value));
        if (index <= before)
            return ls_csv_fail(s->csv, "index %lld follows index %lld; indices must ascend", (long long)index,
                               (long long)before);
        before = index;
        s->zero = s->zero || index == 0;
        s->last = index > s->last ? index : s->last;
        if (x != NULL) {
            if (index < s->base || index - s->base >= s->features)
                return ls_csv_fail(s->csv, "the file changed while it was read");
            x[index - s->base] = (float)value;
        }
    }
    return LS_OK;
}

static bool is_comment(const svm_state *s)
{
    const ls_csv_field *field = ls_csv_fields(s->csv);
    return field->length > 0 && field->text[0] == '#';
}

/* What the greatest index and the wishes come to. */
static ls_status set_features(svm_state *s)
{
    const ls_svm_wishes *w = &s->wishes;
    s->base = w->first_index >= 0 ? w->first_index : s->zero ? 0 : 1;
    s->features = w->features > 0 ? w->features : s->last - s->base + 1;
    if (s->last - s->base >= s->features) /* its lines were read before the first 0 told that they count from it */
        return ls_fail(LS_ERR_DATA,
                       "%s: index %lld is beyond --features %lld; the indices count from %lld, so the last is %lld",
                       ls_csv_path(s->csv), (long long)s->last, (long long)s->features, (long long)s->base,
                       (long long)(s->features - 1 + s->base));
    return LS_OK;
}

static ls_status scan(svm_state *s)
{
    const ls_svm_wishes *wishes = &s->wishes;
    bool more;
    s->least = INFINITY;
    s->most = -INFINITY;
    s->last = -1;
    for (;;) {
        double label;
        LS_TRY(ls_csv_next(s->csv, &more));
        if (!more)
            break;
        if (is_comment(s))
            continue;
        const int64_t before = s->queries;
        LS_TRY(take_line(s, NULL, &label));
        const bool has = s->queries > before;
        if (s->rows > 0 && has != (before > 0))
            return ls_csv_fail(s->csv, "has %s qid, but the lines before have %s; all need one, or none",
                               has ? "a" : "no", has ? "none" : "one");
        s->real = s->real || label != floor(label) || fabs(label) >= 0x1p53;
        s->least = label < s->least ? label : s->least;
        s->most = label > s->most ? label : s->most;
        if (s->rows++ % 4096 == 0 && wishes->stop != NULL && wishes->stop(wishes->user))
            return ls_fail(LS_STOPPED, "stopped");
    }
    if (s->rows == 0 || (s->last < 0 && wishes->features == 0))
        return ls_fail(LS_ERR_DATA, "%s: has no %s", ls_csv_path(s->csv), s->rows == 0 ? "rows" : "features");
    LS_TRY(set_features(s));
    return ls_csv_seek(s->csv, 0, 1);
}

static ls_status next(void *state, int64_t count, void *x, void *y, void *const *beside)
{
    svm_state *s = state;
    if (x != NULL)
        memset(x, 0, (size_t)(count * s->features) * sizeof(float));
    for (int64_t i = 0; i < count;) {
        bool more;
        double label;
        LS_TRY(ls_csv_next(s->csv, &more));
        if (!more)
            return ls_fail(LS_ERR_DATA, "%s: became shorter while it was read", ls_csv_path(s->csv));
        if (is_comment(s))
            continue;
        LS_TRY(take_line(s, x != NULL ? (float *)x + i * s->features : NULL, &label));
        if (y != NULL && s->y == LS_ELEMENT_FLOAT32)
            ((float *)y)[i] = (float)label;
        else if (y != NULL && s->y == LS_ELEMENT_INT32)
            ((int32_t *)y)[i] = (int32_t)label;
        else if (y != NULL)
            ((int64_t *)y)[i] = (int64_t)label;
        if (s->grouped)
            ((int64_t *)beside[0])[i] = s->query;
        i++;
    }
    return LS_OK;
}

static ls_status restart(void *state)
{
    return ls_csv_seek(((svm_state *)state)->csv, 0, 1);
}

static void close_state(void *state)
{
    svm_state *s = state;
    ls_csv_close(s->csv);
    ls_memory_free(s);
}

ls_status ls_import_svm(const char *path, const ls_svm_wishes *wishes, ls_svm_facts *facts, ls_import *import)
{
    static const ls_csv_style style = {.delimiter = ' '};
    svm_state *s;
    *import = (ls_import){.next = next, .restart = restart, .close = close_state};
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "libsvm file"));
    import->state = s;
    s->wishes = *wishes;
    ls_status status = ls_csv_open(path, &style, &s->csv);
    if (status == LS_OK)
        status = scan(s);
    s->grouped = s->queries > 0;
    *facts = (ls_svm_facts){.first_index = s->base, .grouped = s->grouped};
    if (s->grouped)
        import->beside[import->besides++] =
            (ls_import_beside){.name = "group", .element = LS_ELEMENT_INT64, .bytes = sizeof(int64_t)};
    if (status == LS_OK) {
        s->y = s->real                                         ? LS_ELEMENT_FLOAT32
               : s->least >= INT32_MIN && s->most <= INT32_MAX ? LS_ELEMENT_INT32
                                                               : LS_ELEMENT_INT64;
        import->rows = s->rows;
        import->x = (ls_import_row){.element = LS_ELEMENT_FLOAT32, .rank = 1, .shape = { s->features }};
        import->y = (ls_import_row){.element = s->y};
        status = ls_import_row_set(&import->x, path);
    }
    if (status == LS_OK && wishes->targets)
        status = ls_import_row_set(&import->y, path);
    if (status != LS_OK)
        ls_import_close(import);
    return status;
}
