/* Validation rows by the least random numbers: a histogram finds the bin in which the last number taken lies, and only
 * that bin's rows are held and sorted. Targets are read in blocks, three times, so memory is bounded. */
#include "source/split.h"

#include "base/memory.h"
#include "base/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 int128;

#define BLOCK_ROWS 8192
#define BINS_LOG   20 /* of all classes together, at most */

static uint64_t first_words(const uint32_t words[4])
{
    return (uint64_t)words[0] << 32 | words[1];
}

static uint64_t row_key(uint32_t seed, int64_t row)
{
    uint32_t words[4];
    ls_philox_unit(seed, LS_PURPOSE_VALIDATION, 0, 0, row, 0, words);
    return first_words(words);
}

static uint64_t group_key(uint32_t seed, double value)
{
    uint64_t bits;
    uint32_t words[4];
    memcpy(&bits, &value, sizeof bits);
    ls_philox_unit(seed, LS_PURPOSE_VALIDATION, 0, 1, (int64_t)(bits & UINT32_MAX), (uint32_t)(bits >> 32), words);
    return first_words(words);
}

ls_status ls_split_start(const ls_source *part, ls_selection **chosen)
{
    return ls_selection_create(part->kept ? ls_selection_rows(part->kept) : part->first + part->rows, false, chosen);
}

/* ---- rows and the numbers they are sorted into classes or groups by ---- */

typedef struct walk {
    const ls_source *part;
    ls_h5_file *file;
    ls_group_names *names;
    int64_t column; /* of the targets; -1: the largest of all; -2: the targets are not read, everything is 0 */
    double *values; /* (BLOCK_ROWS) */
    float *wide;    /* (BLOCK_ROWS, outputs) for the largest */
} walk;

enum { LARGEST = -1, NONE = -2 };

static ls_status start_walk(walk *w)
{
    LS_TRY(ls_memory_allocate(&w->values, BLOCK_ROWS, sizeof *w->values, "targets being read"));
    if (w->column == LARGEST)
        return ls_memory_allocate(&w->wide, BLOCK_ROWS * w->part->outputs, sizeof *w->wide, "targets being read");
    return LS_OK;
}

static void end_walk(walk *w)
{
    ls_memory_free(w->values);
    ls_memory_free(w->wide);
}

static ls_status read_values(const walk *w, int64_t first, int64_t count)
{
    const int64_t columns = w->part->outputs;
    if (w->column == NONE)
        return LS_OK;
    if (w->column >= 0)
        return ls_source_read_column(w->part, w->file, first, count, w->column, w->values);
    LS_TRY(ls_source_read_y(w->part, w->file, first, count, w->wide));
    for (int64_t r = 0; r < count; r++) {
        int64_t best = 0;
        for (int64_t c = 1; c < columns; c++)
            if (w->wide[r * columns + c] > w->wide[r * columns + best])
                best = c;
        w->values[r] = (double)best;
    }
    return LS_OK;
}

typedef ls_status (*visitor)(void *user, int64_t row, double value);

/* Calls visit for each row of the part, with its row of the dataset, in order. */
static ls_status for_each_row(const walk *w, visitor visit, void *user)
{
    const ls_source *part = w->part;
    int64_t row = part->rows > 0 ? ls_source_row(part, 0) : 0;
    for (int64_t done = 0; done < part->rows; done += BLOCK_ROWS) {
        const int64_t now = part->rows - done < BLOCK_ROWS ? part->rows - done : BLOCK_ROWS;
        LS_TRY(read_values(w, done, now));
        for (int64_t r = 0; r < now; r++) {
            LS_TRY(ls_group_names_number(w->names, row, &w->values[r]));
            LS_TRY(visit(user, row, w->values[r]));
            row = part->kept ? ls_selection_next(part->kept, row + 1) : row + 1;
        }
    }
    return LS_OK;
}

typedef struct tallying {
    const ls_source *part;
    ls_tally tally;
    int64_t seen; /* rows of the part */
} tallying;

static ls_status tally_row(void *user, int64_t row, double value)
{
    tallying *t = user;
    const int64_t place = t->seen++;
    if (isfinite(value))
        return ls_tally_add(&t->tally, value, 1, row);
    char name[5200];
    return ls_fail(LS_ERR_DATA, "%s is %s (rows count from 0); --missing drop leaves such rows out",
                   ls_source_place(t->part, true, place, -1, name, sizeof name), isnan(value) ? "nan" : "infinite");
}

/* ---- rows by their numbers ---- */

typedef struct candidate {
    int64_t class_;
    uint64_t key;
    int64_t row;
} candidate;

typedef struct choice {
    const ls_tally *classes; /* sorted; NULL: one class of all rows */
    uint32_t seed;
    int64_t count;  /* classes */
    int bits;       /* log2 of the bins of a class */
    int64_t *bins;  /* (count, 2^bits) rows by the leading bits of their keys */
    int64_t *quota; /* (count) rows to take */
    int64_t *edge;  /* (count) the bin of which some are taken: all of those below, none above */
    candidate *candidates;
    int64_t candidate_count;
    ls_selection *chosen;
} choice;

static int64_t class_of(const choice *c, double value)
{
    return c->classes ? ls_tally_find(c->classes, value) : 0;
}

static int64_t bin_of(const choice *c, uint64_t key)
{
    return (int64_t)(key >> (64 - c->bits));
}

static ls_status count_row(void *user, int64_t row, double value)
{
    choice *c = user;
    c->bins[(class_of(c, value) << c->bits) + bin_of(c, row_key(c->seed, row))]++;
    return LS_OK;
}

static ls_status mark_row(void *user, int64_t row, double value)
{
    choice *c = user;
    const uint64_t key = row_key(c->seed, row);
    const int64_t class_ = class_of(c, value), bin = bin_of(c, key);
    if (bin < c->edge[class_])
        ls_selection_set(c->chosen, row, true);
    else if (bin == c->edge[class_] && c->quota[class_] > 0)
        c->candidates[c->candidate_count++] = (candidate){class_, key, row};
    return LS_OK;
}

/* Where each class' last row taken lies; what is left of the quota is to come from that bin. Returns the rows of all
 * such bins. */
static int64_t find_edges(choice *c)
{
    const int64_t bins = (int64_t)1 << c->bits;
    int64_t rows = 0;
    for (int64_t k = 0; k < c->count; k++) {
        const int64_t *bin = c->bins + k * bins;
        int64_t b = 0;
        for (; b < bins && bin[b] <= c->quota[k]; b++)
            c->quota[k] -= bin[b];
        c->edge[k] = b;
        if (c->quota[k] > 0)
            rows += bin[b];
    }
    return rows;
}

static int compare_candidates(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->class_ != y->class_)
        return x->class_ < y->class_ ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void take_candidates(choice *c)
{
    qsort(c->candidates, (size_t)c->candidate_count, sizeof *c->candidates, compare_candidates);
    for (int64_t i = 0; i < c->candidate_count; i++)
        if (c->quota[c->candidates[i].class_]-- > 0)
            ls_selection_set(c->chosen, c->candidates[i].row, true);
}

/* Takes quota[k] rows of each class. */
static ls_status choose(choice *c, const walk *w)
{
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&c->bins, c->count << c->bits, sizeof *c->bins, "validation rows"));
    LS_TRY_CLEANUP(ls_memory_allocate(&c->edge, c->count, sizeof *c->edge, "validation rows"));
    LS_TRY_CLEANUP(for_each_row(w, count_row, c));
    LS_TRY_CLEANUP(ls_memory_allocate(&c->candidates, find_edges(c), sizeof *c->candidates, "validation rows"));
    LS_TRY_CLEANUP(for_each_row(w, mark_row, c));
    take_candidates(c);
    ls_selection_count_rows(c->chosen);
cleanup:
    ls_memory_free(c->bins);
    ls_memory_free(c->edge);
    ls_memory_free(c->candidates);
    return status;
}

ls_status ls_split_random(const ls_source *part, int64_t wanted, uint32_t seed, ls_selection *chosen)
{
    walk w = {.part = part, .column = NONE};
    choice c = {.seed = seed, .count = 1, .bits = 16, .quota = &wanted, .chosen = chosen};
    ls_status status = start_walk(&w);
    if (status == LS_OK)
        status = choose(&c, &w);
    end_walk(&w);
    return status;
}

/* ---- by class ---- */

typedef struct share {
    int64_t class_;
    int64_t rest;  /* of the division: the larger, the sooner one row more */
    bool last_row; /* one more would be the class' last */
} share;

static int compare_shares(const void *a, const void *b)
{
    const share *x = a, *y = b;
    if (x->last_row != y->last_row)
        return x->last_row ? 1 : -1;
    if (x->rest != y->rest)
        return x->rest > y->rest ? -1 : 1;
    return x->class_ < y->class_ ? -1 : x->class_ > y->class_;
}

/* quota (classes) with sum `wanted` of `rows`. */
static ls_status share_out(const ls_tally *classes, int64_t rows, int64_t wanted, int64_t *quota)
{
    share *shares;
    LS_TRY(ls_memory_allocate(&shares, classes->count, sizeof *shares, "classes"));
    int64_t left = wanted;
    for (int64_t k = 0; k < classes->count; k++) {
        const int128 product = (int128)classes->entry[k].count * wanted;
        quota[k] = (int64_t)(product / rows);
        left -= quota[k];
        shares[k] = (share){k, (int64_t)(product % rows), quota[k] + 1 >= classes->entry[k].count};
    }
    qsort(shares, (size_t)classes->count, sizeof *shares, compare_shares);
    for (int64_t i = 0; i < left; i++)
        quota[shares[i].class_]++;
    ls_memory_free(shares);
    return LS_OK;
}

ls_status ls_split_stratified(const ls_source *part, ls_h5_file *file, int64_t wanted, uint32_t seed,
                              ls_selection *chosen)
{
    char name[5200];
    walk w = {.part = part, .file = file, .column = part->outputs > 1 ? LARGEST : 0};
    tallying t = {.part = part, .tally = {.limit = LS_SPLIT_CLASSES_MAX}};
    choice c = {.classes = &t.tally, .seed = seed, .bits = 16, .chosen = chosen};
    ls_status status;
    LS_TRY_CLEANUP(start_walk(&w));
    LS_TRY_CLEANUP(for_each_row(&w, tally_row, &t));
    if (t.tally.beyond)
        LS_TRY_CLEANUP(
            ls_fail(LS_ERR_DATA,
                    "%s holds more than %d different values; stratified validation rows need classes, so use "
                    "--validation-method random",
                    ls_source_target_name(part, name, sizeof name), LS_SPLIT_CLASSES_MAX));
    ls_tally_sort(&t.tally);
    c.count = t.tally.count;
    while (c.count << c.bits > (int64_t)1 << BINS_LOG)
        c.bits--;
    LS_TRY_CLEANUP(ls_memory_allocate(&c.quota, c.count, sizeof *c.quota, "classes"));
    LS_TRY_CLEANUP(share_out(&t.tally, part->rows, wanted, c.quota));
    status = choose(&c, &w);
cleanup:
    ls_memory_free(c.quota);
    ls_tally_free(&t.tally);
    end_walk(&w);
    return status;
}

/* ---- by group ---- */

typedef struct group {
    uint64_t key;
    double value;
    int64_t place; /* in the tally */
    int64_t rows;
} group;

static int compare_groups(const void *a, const void *b)
{
    const group *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

/* Marks the groups taken by a negative count in the tally; returns how many. */
static ls_status take_groups(ls_tally *tally, uint32_t seed, int64_t wanted, int64_t *taken)
{
    group *groups;
    int64_t rows = 0;
    *taken = 0;
    LS_TRY(ls_memory_allocate(&groups, tally->count, sizeof *groups, "groups"));
    for (int64_t i = 0; i < tally->count; i++) {
        const ls_tally_entry *e = &tally->entry[i];
        groups[i] = (group){group_key(seed, e->value), e->value, i, e->count};
    }
    qsort(groups, (size_t)tally->count, sizeof *groups, compare_groups);
    for (int64_t i = 0; i < tally->count && rows < wanted; i++) {
        if (rows + groups[i].rows - wanted >= wanted - rows)
            continue; /* further above than we are below */
        rows += groups[i].rows;
        tally->entry[groups[i].place].count *= -1;
        ++*taken;
    }
    ls_memory_free(groups);
    return LS_OK;
}

typedef struct marking {
    const ls_tally *tally;
    ls_selection *chosen;
} marking;

static ls_status mark_group_row(void *user, int64_t row, double value)
{
    const marking *m = user;
    ls_selection_set(m->chosen, row, m->tally->entry[ls_tally_find(m->tally, value)].count < 0);
    return LS_OK;
}

ls_status ls_split_groups(const ls_source *groups, ls_h5_file *file, int64_t column, ls_group_names *names,
                          int64_t wanted, uint32_t seed, ls_selection *chosen, int64_t *group_count,
                          int64_t *chosen_count)
{
    char name[5200];
    walk w = {.part = groups, .file = file, .column = column, .names = names};
    tallying t = {.part = groups, .tally = {.limit = LS_SPLIT_GROUPS_MAX}};
    marking m = {&t.tally, chosen};
    ls_status status;
    LS_TRY_CLEANUP(start_walk(&w));
    LS_TRY_CLEANUP(for_each_row(&w, tally_row, &t));
    if (t.tally.beyond)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s holds more than %d different groups",
                               ls_source_target_name(groups, name, sizeof name), LS_SPLIT_GROUPS_MAX));
    LS_TRY_CLEANUP(take_groups(&t.tally, seed, wanted, chosen_count));
    *group_count = t.tally.count;
    LS_TRY_CLEANUP(for_each_row(&w, mark_group_row, &m));
    ls_selection_count_rows(chosen);
cleanup:
    ls_tally_free(&t.tally);
    end_walk(&w);
    return status;
}
