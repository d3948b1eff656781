/* Selections of rows against a plain array of flags: counts, the k-th kept row, ranks, and reading with gaps of every
 * size. */
#include "io_test.h"

#include "source/selection.h"

#define ROWS_MAX 20000

static bool flags[ROWS_MAX];
static int64_t kept_rows[ROWS_MAX];

static uint32_t random_word(void)
{
    static uint32_t x = 1;
    x ^= x << 13;
    x ^= x >> 17;
    return x ^= x << 5;
}

/* Runs of rows kept and dropped, of lengths up to these (0: none of that kind); returns how many are kept. */
static int64_t fill_flags(int64_t rows, uint32_t kept_run, uint32_t dropped_run)
{
    int64_t count = 0;
    bool kept = random_word() % 2;
    for (int64_t r = 0; r < rows; kept = !kept) {
        const uint32_t most = kept ? kept_run : dropped_run;
        for (uint32_t left = most ? 1 + random_word() % most : 0; left > 0 && r < rows; left--, r++) {
            flags[r] = kept;
            if (kept)
                kept_rows[count++] = r;
        }
    }
    return count;
}

static ls_selection *made(int64_t rows)
{
    ls_selection *s;
    assert_ok(ls_selection_create(rows, random_word() % 2, &s));
    for (int64_t r = 0; r < rows; r++)
        ls_selection_set(s, r, flags[r]);
    ls_selection_count_rows(s);
    return s;
}

static const struct {
    int64_t rows;
    uint32_t kept_run, dropped_run;
} shapes[] = {{0, 1, 1},        {1, 1, 0},        {1, 0, 1},        {63, 3, 3},         {64, 5, 1},
              {65, 1, 5},       {4096, 64, 64},   {4097, 4096, 1},  {ROWS_MAX, 1, 300}, {ROWS_MAX, 300, 1},
              {ROWS_MAX, 2, 2}, {ROWS_MAX, 1, 0}, {ROWS_MAX, 0, 1}, {12345, 1000, 5000}};

static void test_questions(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS(shapes); i++) {
        const int64_t rows = shapes[i].rows, count = fill_flags(rows, shapes[i].kept_run, shapes[i].dropped_run);
        ls_selection *s = made(rows);
        assert_int_equal(ls_selection_rows(s), rows);
        assert_int_equal(ls_selection_count(s), count);
        int64_t before = 0, next = 0;
        for (int64_t r = 0; r < rows; r++) {
            assert_int_equal(ls_selection_has(s, r), flags[r]);
            assert_int_equal(ls_selection_rank(s, r), before);
            while (next < count && kept_rows[next] < r)
                next++;
            assert_int_equal(ls_selection_next(s, r), next < count ? kept_rows[next] : rows);
            before += flags[r];
        }
        assert_int_equal(ls_selection_rank(s, rows), count);
        for (int64_t k = 0; k < count; k++)
            assert_int_equal(ls_selection_row(s, k), kept_rows[k]);
        for (int k = 0; k < 200 && count > 0; k++) {
            const int64_t first = random_word() % count, n = 1 + random_word() % (count - first);
            assert_int_equal(ls_selection_contiguous(s, first, n),
                             kept_rows[first + n - 1] - kept_rows[first] == n - 1);
        }
        ls_selection_destroy(s);
    }
}

/* What a reader was asked for. */
typedef struct asked {
    int64_t columns;
    int64_t calls, rows;
    int64_t fails_at; /* dataset row; -1: never */
} asked;

static ls_status read_numbers(void *user, int64_t row, int64_t count, void *values)
{
    asked *a = user;
    float *to = values;
    a->calls++;
    a->rows += count;
    if (a->fails_at >= row && a->fails_at < row + count)
        return ls_fail(LS_ERR_DATA, "row %d cannot be read", (int)a->fails_at);
    for (int64_t i = 0; i < count * a->columns; i++)
        to[i] = (float)(row * a->columns + i);
    return LS_OK;
}

static void check_read(const ls_selection *s, int64_t first, int64_t count, int64_t columns)
{
    asked a = {.columns = columns, .fails_at = -1};
    float *values = calloc((size_t)(count * columns + 1), sizeof *values);
    values[count * columns] = -7; /* nobody may write here */
    assert_ok(ls_selection_read(s, first, count, (size_t)columns * sizeof *values, read_numbers, &a, values));
    for (int64_t k = 0; k < count; k++)
        for (int64_t c = 0; c < columns; c++)
            assert_near(values[k * columns + c], (float)(kept_rows[first + k] * columns + c), 0);
    assert_near(values[count * columns], -7, 0);
    free(values);
}

static void test_reading(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS(shapes); i++) {
        const int64_t rows = shapes[i].rows, count = fill_flags(rows, shapes[i].kept_run, shapes[i].dropped_run);
        ls_selection *s = made(rows);
        check_read(s, 0, count, 1);
        check_read(s, 0, 0, 3);
        check_read(s, count / 3, count - count / 3, 7);
        if (count > 2)
            check_read(s, count / 2, 1, 300000 / 4); /* rows of more bytes than the buffer has */
        if (count > 200)
            check_read(s, 100, 100, 17000); /* rows of more bytes than a gap may have */
        ls_selection_destroy(s);
    }
}

/* Short gaps are read over, long ones are not. */
static void test_reads_are_few(void **state)
{
    (void)state;
    asked a = {.columns = 1, .fails_at = -1};
    static float values[ROWS_MAX];
    for (int64_t r = 0; r < ROWS_MAX; r++)
        flags[r] = r % 3 == 0;
    ls_selection *s = made(ROWS_MAX);
    assert_ok(ls_selection_read(s, 0, ls_selection_count(s), sizeof(float), read_numbers, &a, values));
    assert_int_equal(a.calls, 1);
    ls_selection_destroy(s);
    for (int64_t r = 0; r < ROWS_MAX; r++)
        flags[r] = r < 5 || r >= ROWS_MAX - 5;
    s = made(ROWS_MAX);
    a = (asked){.columns = 100, .fails_at = -1};
    static float wide[1000];
    assert_ok(ls_selection_read(s, 0, 10, 100 * sizeof(float), read_numbers, &a, wide));
    assert_int_equal(a.calls, 2);
    assert_int_equal(a.rows, 10);
    a.fails_at = ROWS_MAX - 1;
    assert_fails(ls_selection_read(s, 0, 10, 100 * sizeof(float), read_numbers, &a, wide), LS_ERR_DATA,
                 "row 19999 cannot be read");
    ls_selection_destroy(s);
}

static void test_owners(void **state)
{
    (void)state;
    ls_selection *s;
    assert_ok(ls_selection_create(70, true, &s));
    assert_int_equal(ls_selection_count(s), 70);
    assert_int_equal(ls_selection_word_count(s), 2);
    ls_selection_words(s)[1] = ~UINT64_C(0); /* bits beyond the rows */
    ls_selection_count_rows(s);
    assert_int_equal(ls_selection_count(s), 70);
    assert_ptr_equal(ls_selection_share(s), s);
    ls_selection_destroy(s);
    assert_int_equal(ls_selection_row(s, 69), 69);
    ls_selection_destroy(s);
    ls_selection_destroy(NULL);
    assert_null(ls_selection_share(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_questions), cmocka_unit_test(test_reading),
                                       cmocka_unit_test(test_reads_are_few), cmocka_unit_test(test_owners)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
