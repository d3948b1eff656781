/* Fitting a table's offsets. Rows come as float32 only, so what is taken from a column decides what is seen of it:
 * first nothing, then a value from its midst, less which the differences are there. */
#include "jobs/convert_offsets.h"

#include "base/memory.h"
#include "base/offset.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* The first rows that are looked at, and values that are read at once. */
#define FIRST_ROWS  256
#define VALUES_MOST ((int64_t)1 << 20)

/* A column of one number a row. */
typedef struct number {
    ls_column *column;
    int64_t place;       /* among the features or the targets */
    ls_offset_sums sums; /* of values of float32, as far as they are known */
    double largest;      /* the one of the first rows that is furthest from 0 */
    bool asked;          /* may get an offset */
    bool rounding;       /* differs by rounding only */
    ls_offset_pairs pairs;
} number;

typedef struct fitting {
    ls_context *context;
    ls_import *import;
    const ls_convert_split *split;
    int64_t features, targets; /* targets 0: they are no float32 */
    int64_t at_once;
    float *x, *y;                   /* (at_once, features), (at_once, targets) */
    float *before;                  /* (at_once, features + targets): the first look's x, and behind them its y */
    void *beside[LS_IMPORT_BESIDE]; /* (at_once) each, read and not used */
    number *number;                 /* (count) */
    int64_t count;
} fitting;

static bool is_target(const number *n)
{
    return n->column->role == LS_ROLE_TARGET;
}

static float value_of(const fitting *f, const number *n, int64_t r)
{
    return is_target(n) ? f->y[r * f->targets + n->place] : f->x[r * f->features + n->place];
}

static float value_before(const fitting *f, const number *n, int64_t r)
{
    return is_target(n) ? f->before[f->at_once * f->features + r * f->targets + n->place]
                        : f->before[r * f->features + n->place];
}

static ls_status read_rows(const fitting *f, int64_t rows)
{
    if (f->context->stop)
        return ls_fail(LS_STOPPED, "stopped");
    return f->import->next(f->import->state, rows, f->x, f->targets > 0 ? f->y : NULL, f->beside);
}

/* ---- the first rows ---- */

static void look_first(fitting *f, int64_t rows)
{
    for (int64_t k = 0; k < f->count; k++) {
        number *n = &f->number[k];
        n->sums = ls_offset_start(0);
        for (int64_t r = 0; r < rows; r++) {
            const double value = (double)value_of(f, n, r);
            if (!isfinite(value))
                continue;
            if (n->sums.count == 0)
                n->sums.shift = value;
            ls_offset_add(&n->sums, value);
            n->largest = fabs(value) > fabs(n->largest) ? value : n->largest;
        }
    }
}

/* What is taken for the second look: from columns in question a value in their midst, from others the one next to which
 * float32 is coarsest. */
static bool ask(fitting *f, int64_t rows)
{
    bool any = false;
    for (int64_t k = 0; k < f->count; k++) {
        number *n = &f->number[k];
        n->asked = n->column->role == LS_ROLE_FEATURE && !ls_offset_is_excluded(&n->sums, rows);
        n->column->offset = n->asked && n->sums.count > 0 ? ls_offset_mean(&n->sums) : n->largest;
        any = any || n->asked;
    }
    return any;
}

/* Neighbours that were equal, and are not now. A column that an offset does not change has none. */
static void look_again(fitting *f, int64_t rows)
{
    for (int64_t k = 0; k < f->count; k++) {
        number *n = &f->number[k];
        bool taken = n->column->offset == 0;
        for (int64_t r = 0; r < rows; r++) {
            taken = taken || value_of(f, n, r) < value_before(f, n, r) || value_of(f, n, r) > value_before(f, n, r);
            if (r == 0)
                continue;
            const float a = value_of(f, n, r - 1), b = value_of(f, n, r);
            const float c = value_before(f, n, r - 1), d = value_before(f, n, r);
            n->pairs.differ += a < b || a > b || c < d || c > d;
            n->pairs.merged += (a < b || a > b) && c == d;
        }
        n->asked = n->asked && taken;
        if (!n->asked)
            n->column->offset = 0;
    }
}

/* ---- all rows ---- */

/* Whether columns are in question still, after so many of the rows that count. */
static bool are_asked(const fitting *f, int64_t rows)
{
    bool any = false;
    for (int64_t k = 0; k < f->count; k++)
        any = any || (f->number[k].asked && !ls_offset_is_excluded(&f->number[k].sums, rows));
    return any;
}

static void add_row(fitting *f, int64_t r)
{
    for (int64_t k = 0; k < f->count; k++) {
        number *n = &f->number[k];
        const double value = n->asked ? (double)value_of(f, n, r) : NAN;
        if (isfinite(value))
            ls_offset_add(&n->sums, n->column->offset + value);
    }
}

/* The rows that do not go to the test part, until no column is in question. */
static ls_status sum_rows(fitting *f)
{
    const int64_t rows = f->import->rows, counted = rows - f->split->rows;
    int64_t test_left = f->split->rows;
    LS_TRY(f->import->restart(f->import->state));
    for (int64_t k = 0; k < f->count; k++)
        f->number[k].sums = ls_offset_start(f->number[k].column->offset);
    for (int64_t row = 0; row < rows && are_asked(f, counted);) {
        const int64_t now = rows - row < f->at_once ? rows - row : f->at_once;
        LS_TRY(read_rows(f, now));
        for (int64_t r = 0; r < now; r++, row++) {
            const bool tests = test_left > 0 && ls_convert_split_takes(f->split, row, rows - row, test_left);
            test_left -= tests;
            if (!tests)
                add_row(f, r);
        }
    }
    return LS_OK;
}

/* Whether the first rows were elsewhere than most of them: then their midst is taken. */
static bool move(fitting *f)
{
    bool far = false;
    for (int64_t k = 0; k < f->count; k++) {
        number *n = &f->number[k];
        if (!n->asked || !(n->sums.most > n->sums.least) || !ls_offset_is_far(&n->sums))
            continue;
        n->column->offset = ls_offset_mean(&n->sums);
        far = true;
    }
    return far;
}

static ls_status sum_all(fitting *f)
{
    LS_TRY(sum_rows(f));
    if (move(f))
        LS_TRY(sum_rows(f));
    for (int64_t k = 0; k < f->count; k++) {
        number *n = &f->number[k];
        if (!n->asked)
            continue;
        n->rounding = n->sums.most > n->sums.least && ls_offset_is_rounding(&n->sums);
        n->column->offset = ls_offset_of(&n->sums);
    }
    return LS_OK;
}

/* ---- what is said ---- */

static void say(const fitting *f)
{
    enum { NAMED = 8 };
    int64_t offsets = 0;
    for (int64_t k = 0; k < f->count; k++) {
        const number *n = &f->number[k];
        const char *name = n->column->name;
        if (n->column->offset != 0 && offsets++ < NAMED)
            ls_log_line(
                &f->context->log, LS_LOG_INFO,
                "  '%.200s' is stored less %.17g, taken in float64, as float32 would lose its differences; what "
                "reads tables with this model does the same",
                name, n->column->offset);
        if (n->rounding)
            ls_log_line(&f->context->log, LS_LOG_WARNING,
                        "column '%.200s' is constant: its values, %.17g to %.17g, differ by no more than rounding "
                        "leaves, and are stored as one",
                        name, n->sums.least, n->sums.most);
        else if (n->column->offset == 0 && ls_offset_merges(&n->pairs))
            ls_log_line(&f->context->log, LS_LOG_WARNING,
                        "column '%.200s': %lld of %lld neighbouring values that differ are the same number as float32, "
                        "which is what is stored; subtract a constant from the column, or scale it, before",
                        name, (long long)n->pairs.merged, (long long)n->pairs.differ);
    }
    if (offsets > NAMED)
        ls_log_line(&f->context->log, LS_LOG_INFO, "  and %lld more columns less a number each (lockstep info)",
                    (long long)(offsets - NAMED));
}

static void say_merges(const fitting *f)
{
    for (int64_t k = 0; k < f->count; k++)
        if (ls_offset_merges(&f->number[k].pairs))
            ls_log_line(&f->context->log, LS_LOG_WARNING,
                        "column '%.200s': %lld of %lld neighbouring values that differ are the same number as float32, "
                        "which is what is stored: the table of --like has other numbers",
                        f->number[k].column->name, (long long)f->number[k].pairs.merged,
                        (long long)f->number[k].pairs.differ);
}

/* ---- life ---- */

/* -1: it is none. */
static int64_t place_of(const ls_encoding *e, const ls_column *c)
{
    if (c->role == LS_ROLE_TARGET)
        return e->target_kind == LS_COLUMN_NUMBER ? c->first : -1;
    return c->role == LS_ROLE_FEATURE ? ls_column_number(c) : -1;
}

static ls_status make_room(ls_conversion *conversion, fitting *f)
{
    ls_encoding *e = &conversion->encoding;
    const ls_import *import = f->import;
    const int64_t width = f->features + f->targets;
    f->at_once = VALUES_MOST / width < 1 ? 1 : VALUES_MOST / width < FIRST_ROWS ? VALUES_MOST / width : FIRST_ROWS;
    LS_TRY(ls_memory_allocate(&f->number, e->count, sizeof *f->number, "columns"));
    for (int64_t i = 0; i < e->count; i++)
        if (place_of(e, &e->column[i]) >= 0)
            f->number[f->count++] = (number){.column = &e->column[i], .place = place_of(e, &e->column[i])};
    LS_TRY(ls_memory_allocate(&f->x, f->at_once * f->features, sizeof *f->x, "rows being converted"));
    LS_TRY(ls_memory_allocate(&f->y, f->at_once * f->targets, sizeof *f->y, "rows being converted"));
    LS_TRY(ls_memory_allocate(&f->before, f->at_once * width, sizeof *f->before, "rows being converted"));
    for (int i = 0; i < import->besides; i++)
        LS_TRY(ls_memory_allocate(&f->beside[i], f->at_once, (size_t)import->beside[i].bytes, "rows being converted"));
    return LS_OK;
}

static ls_status fit(fitting *f)
{
    const int64_t rows = f->import->rows < f->at_once ? f->import->rows : f->at_once;
    LS_TRY(read_rows(f, rows));
    look_first(f, rows);
    memcpy(f->before, f->x, (size_t)(f->at_once * f->features) * sizeof *f->x);
    memcpy(f->before + f->at_once * f->features, f->y, (size_t)(f->at_once * f->targets) * sizeof *f->y);
    const bool asked = ask(f, f->import->rows - f->split->rows);
    LS_TRY(f->import->restart(f->import->state));
    LS_TRY(read_rows(f, rows));
    look_again(f, rows);
    if (asked)
        LS_TRY(sum_all(f));
    say(f);
    return f->import->restart(f->import->state);
}

/* Offsets stay what they are; what they are moved by is put back. */
static ls_status look(fitting *f)
{
    const int64_t rows = f->import->rows < f->at_once ? f->import->rows : f->at_once;
    double *kept;
    LS_TRY(ls_memory_allocate(&kept, f->count, sizeof *kept, "offsets"));
    for (int64_t k = 0; k < f->count; k++)
        kept[k] = f->number[k].column->offset;
    ls_status status = read_rows(f, rows);
    if (status == LS_OK) {
        look_first(f, rows);
        memcpy(f->before, f->x, (size_t)(f->at_once * f->features) * sizeof *f->x);
        memcpy(f->before + f->at_once * f->features, f->y, (size_t)(f->at_once * f->targets) * sizeof *f->y);
        (void)ask(f, rows);
        for (int64_t k = 0; k < f->count; k++)
            f->number[k].column->offset += kept[k];
        status = f->import->restart(f->import->state);
    }
    if (status == LS_OK)
        status = read_rows(f, rows);
    if (status == LS_OK)
        look_again(f, rows);
    for (int64_t k = 0; k < f->count; k++)
        f->number[k].column->offset = kept[k];
    ls_memory_free(kept);
    if (status == LS_OK)
        say_merges(f);
    return status == LS_OK ? f->import->restart(f->import->state) : status;
}

ls_status ls_convert_offsets_fit(ls_context *context, const ls_convert_split *split, bool given,
                                 ls_conversion *conversion)
{
    const ls_encoding *e = &conversion->encoding;
    fitting f = {.context = context,
                 .import = &conversion->import[0],
                 .split = split,
                 .features = e->features,
                 .targets = e->target_kind == LS_COLUMN_NUMBER ? e->targets : 0};
    if (e->count == 0 || f.import->restart == NULL)
        return LS_OK;
    ls_status status = make_room(conversion, &f);
    if (status == LS_OK && f.count > 0)
        status = given ? look(&f) : fit(&f);
    for (int i = 0; i < LS_IMPORT_BESIDE; i++)
        ls_memory_free(f.beside[i]);
    ls_memory_free(f.x);
    ls_memory_free(f.y);
    ls_memory_free(f.before);
    ls_memory_free(f.number);
    return status;
}
