/* Kept rows as a bitmap, with a count in front of every 4,096 rows: 1.6 % on top of one bit a row. */
#include "source/selection.h"

#include "base/memory.h"

#include <string.h>

#define WORD_ROWS   64
#define BLOCK_WORDS 64

/* Rows that are read together though some between them are not wanted: at most this much through the buffer, and no
 * gap of more than this. */
#define BUFFER_BYTES (1 << 20)
#define GAP_BYTES    (1 << 16)

struct ls_selection {
    int owners;
    int64_t rows;
    int64_t words;
    int64_t count;
    uint64_t *bits;  /* (words) */
    int64_t *before; /* (blocks + 1) kept rows in front of each block of BLOCK_WORDS words */
};

static int64_t blocks_of(const ls_selection *s)
{
    return (s->words + BLOCK_WORDS - 1) / BLOCK_WORDS;
}

ls_status ls_selection_create(int64_t rows, bool kept, ls_selection **selection)
{
    ls_selection *s;
    ls_status status;
    *selection = NULL;
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "selection of rows"));
    s->owners = 1;
    s->rows = rows;
    s->words = (rows + WORD_ROWS - 1) / WORD_ROWS;
    LS_TRY_CLEANUP(ls_memory_allocate(&s->bits, s->words, sizeof *s->bits, "selection of rows"));
    LS_TRY_CLEANUP(ls_memory_allocate(&s->before, blocks_of(s) + 1, sizeof *s->before, "selection of rows"));
    if (kept)
        memset(s->bits, 0xFF, (size_t)s->words * sizeof *s->bits);
    ls_selection_count_rows(s);
    *selection = s;
    return LS_OK;
cleanup:
    ls_selection_destroy(s);
    return status;
}

ls_selection *ls_selection_share(ls_selection *selection)
{
    if (selection)
        selection->owners++;
    return selection;
}

void ls_selection_destroy(ls_selection *selection)
{
    if (!selection || --selection->owners > 0)
        return;
    ls_memory_free(selection->bits);
    ls_memory_free(selection->before);
    ls_memory_free(selection);
}

void ls_selection_set(ls_selection *selection, int64_t row, bool kept)
{
    const uint64_t bit = UINT64_C(1) << row % WORD_ROWS;
    uint64_t *word = &selection->bits[row / WORD_ROWS];
    *word = kept ? *word | bit : *word & ~bit;
}

uint64_t *ls_selection_words(ls_selection *selection)
{
    return selection->bits;
}

int64_t ls_selection_word_count(const ls_selection *selection)
{
    return selection->words;
}

void ls_selection_count_rows(ls_selection *s)
{
    if (s->rows % WORD_ROWS != 0)
        s->bits[s->words - 1] &= (UINT64_C(1) << s->rows % WORD_ROWS) - 1;
    s->count = 0;
    for (int64_t w = 0; w < s->words; w++) {
        if (w % BLOCK_WORDS == 0)
            s->before[w / BLOCK_WORDS] = s->count;
        s->count += __builtin_popcountll(s->bits[w]);
    }
    s->before[blocks_of(s)] = s->count;
}

int64_t ls_selection_rows(const ls_selection *selection)
{
    return selection->rows;
}

int64_t ls_selection_count(const ls_selection *selection)
{
    return selection->count;
}

bool ls_selection_has(const ls_selection *selection, int64_t row)
{
    return selection->bits[row / WORD_ROWS] >> row % WORD_ROWS & 1;
}

int64_t ls_selection_row(const ls_selection *s, int64_t k)
{
    int64_t low = 0, high = blocks_of(s); /* before[low] <= k < before[high] */
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (s->before[middle] <= k)
            low = middle;
        else
            high = middle;
    }
    int64_t word = low * BLOCK_WORDS, left = k - s->before[low];
    for (int bits; left >= (bits = __builtin_popcountll(s->bits[word])); word++)
        left -= bits;
    uint64_t rest = s->bits[word];
    while (left-- > 0)
        rest &= rest - 1; /* takes the lowest bit away */
    return word * WORD_ROWS + __builtin_ctzll(rest);
}

int64_t ls_selection_rank(const ls_selection *s, int64_t row)
{
    const int64_t word = row / WORD_ROWS;
    int64_t rank = s->before[word / BLOCK_WORDS];
    for (int64_t w = word / BLOCK_WORDS * BLOCK_WORDS; w < word; w++)
        rank += __builtin_popcountll(s->bits[w]);
    if (row % WORD_ROWS != 0)
        rank += __builtin_popcountll(s->bits[word] & ((UINT64_C(1) << row % WORD_ROWS) - 1));
    return rank;
}

/* The first row from `row` on whose bit, xor'ed with `flip`, is set; `rows` when there is none. */
static int64_t find_bit(const ls_selection *s, int64_t row, uint64_t flip)
{
    if (row >= s->rows)
        return s->rows;
    int64_t word = row / WORD_ROWS;
    uint64_t bits = (s->bits[word] ^ flip) & ~UINT64_C(0) << row % WORD_ROWS;
    while (bits == 0) {
        if (++word == s->words)
            return s->rows;
        bits = s->bits[word] ^ flip;
    }
    const int64_t found = word * WORD_ROWS + __builtin_ctzll(bits);
    return found < s->rows ? found : s->rows;
}

int64_t ls_selection_next(const ls_selection *selection, int64_t row)
{
    return find_bit(selection, row, 0);
}

/* The first row from `row` on that is not kept. */
static int64_t next_dropped(const ls_selection *s, int64_t row)
{
    return find_bit(s, row, ~UINT64_C(0));
}

bool ls_selection_contiguous(const ls_selection *selection, int64_t first, int64_t count)
{
    if (count < 2)
        return true;
    return ls_selection_row(selection, first + count - 1) - ls_selection_row(selection, first) == count - 1;
}

/* ---- reading ---- */

typedef struct gather {
    const ls_selection *selection;
    size_t row_bytes;
    int64_t buffer_rows, gap_rows;
    char *buffer; /* (buffer_rows, row_bytes), made when it is first needed */
} gather;

/* How many kept rows, of `left` at most, lie in [row, *end) when rows with short gaps are taken together; `row` is
 * kept. */
static int64_t plan_span(const gather *g, int64_t row, int64_t left, int64_t *end)
{
    int64_t kept = 0;
    *end = row;
    for (int64_t at = row; kept < left;) {
        int64_t stop = next_dropped(g->selection, at);
        stop = stop - at < left - kept ? stop : at + left - kept;
        const bool fits = stop - row <= g->buffer_rows;
        if (!fits && kept > 0)
            break; /* the next span begins with this run */
        kept += stop - at;
        *end = stop;
        at = ls_selection_next(g->selection, stop);
        if (!fits || at - stop > g->gap_rows)
            break;
    }
    return kept;
}

/* Moves the kept rows of [row, end), which lie in the buffer, together. */
static void compact(const gather *g, int64_t row, int64_t end, char *values)
{
    for (int64_t at = row; at < end;) {
        int64_t stop = next_dropped(g->selection, at);
        stop = stop < end ? stop : end;
        const size_t bytes = (size_t)(stop - at) * g->row_bytes;
        memcpy(values, g->buffer + (size_t)(at - row) * g->row_bytes, bytes);
        values += bytes;
        at = ls_selection_next(g->selection, stop);
    }
}

ls_status ls_selection_read(const ls_selection *selection, int64_t first, int64_t count, size_t row_bytes,
                            ls_selection_reader read, void *user, void *values)
{
    gather g = {selection, row_bytes, BUFFER_BYTES / (int64_t)row_bytes, GAP_BYTES / (int64_t)row_bytes, NULL};
    ls_status status = LS_OK;
    char *to = values;
    int64_t row = count > 0 ? ls_selection_row(selection, first) : 0;
    while (count > 0) {
        int64_t end;
        const int64_t kept = plan_span(&g, row, count, &end);
        if (kept == end - row) {
            LS_TRY_CLEANUP(read(user, row, kept, to));
        } else {
            if (!g.buffer)
                LS_TRY_CLEANUP(ls_memory_allocate(&g.buffer, g.buffer_rows, row_bytes, "rows being selected"));
            LS_TRY_CLEANUP(read(user, row, end - row, g.buffer));
            compact(&g, row, end, to);
        }
        to += (size_t)kept * row_bytes;
        count -= kept;
        row = ls_selection_next(selection, end);
    }
cleanup:
    ls_memory_free(g.buffer);
    return status;
}
