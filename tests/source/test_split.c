/* Validation rows: exact counts, shares of classes, whole groups, the same choice every time, and another with another
 * seed; out of all rows and out of some. */
#include "io_test.h"

#include "source/split.h"

enum { ROWS = 20000, WIDTH = 3 };

static float x[ROWS], wide[ROWS * WIDTH];
static int32_t labels[ROWS];

static int32_t class_at(int64_t row)
{
    return row % 97 == 0 ? 2 : row % 5 == 0 ? 1 : row == 12346 ? -8 : 0;
}

static ls_source part_of(int64_t first, int64_t rows, ls_selection *kept)
{
    for (int64_t r = 0; r < ROWS; r++) {
        labels[r] = class_at(r);
        for (int c = 0; c < WIDTH; c++)
            wide[r * WIDTH + c] = c == labels[r] || (labels[r] < 0 && c == 0);
    }
    return (ls_source){.x_path = "x",
                       .y_path = "labels",
                       .first = first,
                       .rows = rows,
                       .kept = kept,
                       .features = 1,
                       .target = LS_TARGET_LABELS,
                       .integer_target = true,
                       .outputs = 1,
                       .x = x,
                       .labels = labels};
}

/* Every third row is dropped. */
static ls_selection *two_thirds(void)
{
    ls_selection *kept;
    assert_ok(ls_selection_create(ROWS, true, &kept));
    for (int64_t r = 0; r < ROWS; r += 3)
        ls_selection_set(kept, r, false);
    ls_selection_count_rows(kept);
    return kept;
}

static bool is_part(const ls_source *part, int64_t row)
{
    int64_t k = row;
    if (part->kept) {
        if (!ls_selection_has(part->kept, row))
            return false;
        k = ls_selection_rank(part->kept, row);
    }
    return k >= part->first && k < part->first + part->rows;
}

static void check_inside(const ls_source *part, const ls_selection *chosen, int64_t wanted)
{
    assert_int_equal(ls_selection_count(chosen), wanted);
    for (int64_t r = ls_selection_next(chosen, 0); r < ls_selection_rows(chosen); r = ls_selection_next(chosen, r + 1))
        assert_true(is_part(part, r));
}

static int64_t in_common(const ls_selection *a, const ls_selection *b)
{
    int64_t count = 0;
    for (int64_t r = 0; r < ls_selection_rows(a); r++)
        count += ls_selection_has(a, r) && ls_selection_has(b, r);
    return count;
}

static void test_random(void **state)
{
    (void)state;
    ls_selection *some = two_thirds();
    const ls_source parts[] = {part_of(0, ROWS, NULL), part_of(1000, 5000, NULL),
                               part_of(0, ls_selection_count(some), some), part_of(77, 1001, some),
                               part_of(5, 2, NULL)};
    for (int i = 0; i < ITEMS(parts); i++) {
        for (int64_t wanted = 1; wanted < parts[i].rows; wanted = wanted * 3 + 1) {
            ls_selection *a, *b, *c;
            assert_ok(ls_split_start(&parts[i], &a));
            assert_ok(ls_split_start(&parts[i], &b));
            assert_ok(ls_split_start(&parts[i], &c));
            assert_ok(ls_split_random(&parts[i], wanted, 4, a));
            assert_ok(ls_split_random(&parts[i], wanted, 4, b));
            assert_ok(ls_split_random(&parts[i], wanted, 5, c));
            check_inside(&parts[i], a, wanted);
            assert_int_equal(in_common(a, b), wanted);
            if (wanted > 100 && wanted < parts[i].rows / 2) { /* what another seed takes is independent */
                const double expected = (double)wanted * (double)wanted / (double)parts[i].rows;
                assert_near((double)in_common(a, c), expected, 6 * __builtin_sqrt(expected) + 1);
            }
            ls_selection_destroy(a);
            ls_selection_destroy(b);
            ls_selection_destroy(c);
        }
    }
    ls_selection_destroy(some);
}

/* A larger share takes what a smaller one does, and more; so does dropping rows not change the others' numbers. */
static void test_random_is_by_row(void **state)
{
    (void)state;
    ls_source all = part_of(0, ROWS, NULL);
    ls_selection *few, *many;
    assert_ok(ls_split_start(&all, &few));
    assert_ok(ls_split_start(&all, &many));
    assert_ok(ls_split_random(&all, 700, 1, few));
    assert_ok(ls_split_random(&all, 9000, 1, many));
    assert_int_equal(in_common(few, many), 700);
    /* spread over the rows: no tenth of them has far more than its share */
    for (int64_t tenth = 0; tenth < 10; tenth++) {
        const int64_t there =
            ls_selection_rank(many, (tenth + 1) * ROWS / 10) - ls_selection_rank(many, tenth * ROWS / 10);
        assert_in_range(there, 900 - 150, 900 + 150);
    }
    ls_selection_destroy(few);
    ls_selection_destroy(many);
}

static void count_classes(const ls_source *part, const ls_selection *chosen, int64_t counts[4])
{
    memset(counts, 0, 4 * sizeof *counts);
    for (int64_t r = 0; r < ls_selection_rows(chosen); r++)
        if (chosen ? ls_selection_has(chosen, r) : is_part(part, r))
            counts[class_at(r) < 0 ? 3 : class_at(r)]++;
}

static void check_strata(const ls_source *part, int64_t wanted)
{
    ls_selection *chosen, *again, *all;
    int64_t there[4], taken[4];
    assert_ok(ls_split_start(part, &chosen));
    assert_ok(ls_split_start(part, &again));
    assert_ok(ls_split_start(part, &all));
    for (int64_t r = 0; r < ls_selection_rows(all); r++)
        ls_selection_set(all, r, is_part(part, r));
    ls_selection_count_rows(all);
    assert_ok(ls_split_stratified(part, NULL, wanted, 9, chosen));
    assert_ok(ls_split_stratified(part, NULL, wanted, 9, again));
    check_inside(part, chosen, wanted);
    assert_int_equal(in_common(chosen, again), wanted);
    count_classes(part, all, there);
    count_classes(part, chosen, taken);
    for (int k = 0; k < 4; k++) {
        const double exact = (double)there[k] * (double)wanted / (double)part->rows;
        assert_near((double)taken[k], exact, 1); /* the largest remainder moves a count by less than one row */
        assert_true(there[k] == 0 || taken[k] < there[k]);
    }
    ls_selection_destroy(chosen);
    ls_selection_destroy(again);
    ls_selection_destroy(all);
}

static void test_stratified(void **state)
{
    (void)state;
    ls_selection *some = two_thirds();
    const int64_t wanted[] = {1, 2, 33, 1000, 1500};
    for (int i = 0; i < ITEMS(wanted); i++) {
        const ls_source all = part_of(0, ROWS, NULL), middle = part_of(5000, 8000, NULL),
                        kept = part_of(100, 2000, some);
        check_strata(&all, wanted[i] * 5);
        check_strata(&middle, wanted[i]);
        check_strata(&kept, wanted[i]);
    }
    ls_selection_destroy(some);
}

/* Eight rows of a class and one of each of two others: half of them is five of the eight, though the others' remainders
 * are larger. */
static void test_last_rows_stay(void **state)
{
    (void)state;
    const ls_source part = part_of(0, 10, NULL);
    ls_selection *chosen;
    for (int r = 0; r < 10; r++)
        labels[r] = r == 3 ? 1 : r == 8 ? 2 : 0;
    assert_ok(ls_split_start(&part, &chosen));
    assert_ok(ls_split_stratified(&part, NULL, 5, 1, chosen));
    assert_int_equal(ls_selection_count(chosen), 5);
    assert_false(ls_selection_has(chosen, 3));
    assert_false(ls_selection_has(chosen, 8));
    ls_selection_destroy(chosen);
}

/* One column a class: the class is the largest. */
static void test_stratified_one_hot(void **state)
{
    (void)state;
    ls_source by_label = part_of(0, 12000, NULL), one_hot = by_label; /* before the odd class */
    one_hot.labels = NULL;
    one_hot.target = LS_TARGET_VALUES;
    one_hot.y = wide;
    one_hot.outputs = WIDTH;
    ls_selection *a, *b;
    assert_ok(ls_split_start(&by_label, &a));
    assert_ok(ls_split_start(&one_hot, &b));
    assert_ok(ls_split_stratified(&by_label, NULL, 3000, 1, a));
    assert_ok(ls_split_stratified(&one_hot, NULL, 3000, 1, b));
    assert_int_equal(in_common(a, b), 3000);
    ls_selection_destroy(a);
    ls_selection_destroy(b);
}

static void test_groups(void **state)
{
    (void)state;
    ls_selection *some = two_thirds();
    for (int kept = 0; kept < 2; kept++) {
        for (int64_t size = 1; size < 4000; size *= 5) {
            ls_source groups = part_of(0, kept ? ls_selection_count(some) : ROWS, kept ? some : NULL);
            for (int64_t r = 0; r < ROWS; r++)
                labels[r] = (int32_t)(r / size * 31 % 1000003 - 500); /* neighbours, negative numbers too */
            ls_selection *chosen, *again;
            int64_t count, taken, wanted = groups.rows / 5;
            assert_ok(ls_split_start(&groups, &chosen));
            assert_ok(ls_split_start(&groups, &again));
            assert_ok(ls_split_groups(&groups, NULL, 0, NULL, wanted, 3, chosen, &count, &taken));
            assert_ok(ls_split_groups(&groups, NULL, 0, NULL, wanted, 3, again, &count, &taken));
            assert_int_equal(in_common(chosen, again), ls_selection_count(chosen));
            assert_true(taken > 0 && taken < count);
            assert_near((double)ls_selection_count(chosen), (double)wanted, (double)size / 2 + 1);
            int64_t seen = -1;
            bool in = false;
            for (int64_t r = 0; r < ROWS; r++) {
                if (!is_part(&groups, r)) {
                    assert_false(ls_selection_has(chosen, r));
                    continue;
                }
                if (r / size == seen)
                    assert_int_equal(ls_selection_has(chosen, r), in); /* never cut */
                seen = r / size;
                in = ls_selection_has(chosen, r);
            }
            ls_selection_destroy(chosen);
            ls_selection_destroy(again);
        }
    }
    ls_selection_destroy(some);
}

static void test_refused(void **state)
{
    (void)state;
    static float many[ROWS * 4 + 1];
    ls_source part = part_of(0, ROWS, NULL);
    ls_selection *chosen;
    part.labels = NULL;
    part.y = many;
    part.target = LS_TARGET_VALUES;
    assert_ok(ls_split_start(&part, &chosen));
    many[17] = __builtin_nanf("");
    assert_fails(ls_split_stratified(&part, NULL, 100, 1, chosen), LS_ERR_DATA, "row 17 is nan");
    ls_selection_destroy(chosen);
    for (int i = 0; i < ITEMS(many); i++)
        many[i] = (float)i / 8;
    static float many_x[ROWS * 4];
    part.x = many_x;
    part.rows = 70000;
    assert_ok(ls_split_start(&part, &chosen));
    assert_fails(ls_split_stratified(&part, NULL, 100, 1, chosen), LS_ERR_DATA, "more than 65536 different values");
    ls_selection_destroy(chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_random_is_by_row),
                                       cmocka_unit_test(test_stratified),
                                       cmocka_unit_test(test_last_rows_stay),
                                       cmocka_unit_test(test_stratified_one_hot),
                                       cmocka_unit_test(test_groups),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
