/* Sums over blocks: the same bits on any number of ranks, wherever their rows end, and whatever part of the columns
 * travels at a time. */
#include "mpi_test.h"

#include "data/blocks.h"
#include "data/statistics.h"

#include <lockstep_mpi.h>

#include <stdlib.h>

enum { WIDTH = 37 };

/* Numbers of very different size, so that another order of addition shows. */
static void add(void *user, int64_t block, double *value)
{
    (void)user;
    for (int c = 0; c < WIDTH; c++)
        value[c] = 1.0 / (double)(1 + c + block * block) * (double)(1 + (block * 7919 + c) % 1000003);
}

static void sum(ls_context *context, int64_t rows, int64_t most_bytes, double *result)
{
    const ls_blocks blocks = ls_blocks_of_rank(rows, ls_context_rank(context), ls_context_size(context));
    const ls_status status = most_bytes > 0
                                 ? ls_blocks_sum_within(context, &blocks, WIDTH, most_bytes, add, NULL, result)
                                 : ls_blocks_sum(context, &blocks, WIDTH, add, NULL, result);
    CHECK_OK(status);
}

static void test_slices(ls_context *alone, ls_context *together, int64_t rows)
{
    static const int64_t most_bytes[] = {0, 1, 100, 500, 1000, 5000, 100000};
    double expected[WIDTH], found[WIDTH];
    sum(alone, rows, 0, expected);
    for (size_t i = 0; i < sizeof most_bytes / sizeof most_bytes[0]; i++) {
        memset(found, 1, sizeof found);
        sum(together, rows, most_bytes[i], found);
        for (int c = 0; c < WIDTH; c++)
            CHECK_DOUBLE(found[c], expected[c]);
    }
}

static double number(int64_t row, int column)
{
    return 1.0 / (double)(1 + column + row) * (double)(1 + (row * 7919 + column) % 1000003);
}

static void add_rows(void *user, int64_t first, int64_t count, double *value)
{
    (void)user;
    for (int64_t r = first; r < first + count; r++)
        for (int c = 0; c < WIDTH; c++)
            value[c] += number(r, c);
}

static void add_block_rows(void *user, int64_t block, double *value)
{
    int64_t first, count;
    ls_blocks_rows(user, block, &first, &count);
    add_rows(NULL, first, count, value);
}

/* Runs that begin where `begin` says, against one rank with whole blocks. */
static void check_runs(ls_context *alone, ls_context *together, const int64_t *begin)
{
    const int rank = ls_context_rank(together), size = ls_context_size(together);
    ls_blocks blocks = ls_blocks_of_rank(begin[size], 0, 1);
    double expected[WIDTH], found[WIDTH];
    ls_block_runs runs;
    CHECK_OK(ls_blocks_sum(alone, &blocks, WIDTH, add_block_rows, &blocks, expected));
    CHECK_OK(ls_block_runs_create(begin, rank, size, &runs));
    memset(found, 1, sizeof found);
    CHECK_OK(ls_block_runs_sum(together, &runs, WIDTH, add_rows, NULL, found));
    for (int c = 0; c < WIDTH; c++)
        CHECK_DOUBLE(found[c], expected[c]);
    ls_block_runs_free(&runs);
}

static void test_runs(ls_context *alone, ls_context *together)
{
    static const int64_t rows[] = {1, 3, 1000, 1024, 1025, 1797, 4096, 5000, 40000};
    const int size = ls_context_size(together);
    int64_t begin[16] = {0};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int r = 0; r <= size; r++) /* even */
            begin[r] = rows[i] * r / size;
        check_runs(alone, together, begin);
        for (int r = 0; r < size; r++) /* all within the first block, but for the last rank's */
            begin[r] = r * 5 < rows[i] ? r * 5 : rows[i];
        check_runs(alone, together, begin);
        for (int r = 1; r < size; r++) /* ranks without rows between others */
            begin[r] = rows[i] * ((r + 1) / 2) / (size / 2 + 1);
        check_runs(alone, together, begin);
        for (int r = 1; r < size; r++) /* all of them the first's */
            begin[r] = rows[i];
        check_runs(alone, together, begin);
        for (int r = 1; r < size; r++) /* all of them the last's */
            begin[r] = 0;
        check_runs(alone, together, begin);
        ls_block_runs_whole(rows[i], size, begin);
        check_runs(alone, together, begin);
    }
}

/* More columns than have their ranges gathered at a time, and a block of rows for each rank. */
static void test_wide_statistics(ls_context *alone, ls_context *together)
{
    enum { COLUMNS = 2500, WIDE_ROWS = 3 * LS_BLOCK_ROWS };
    ls_statistics expected, found;
    ls_dataset *dataset;
    float *x = malloc(sizeof *x * COLUMNS * WIDE_ROWS);
    for (int64_t i = 0; i < (int64_t)COLUMNS * WIDE_ROWS; i++)
        x[i] = (float)(i * 2654435761 % 1000003);
    const ls_arrays arrays = {.rows = WIDE_ROWS, .features = COLUMNS, .x = x};
    CHECK_OK(ls_dataset_from_arrays(alone, &arrays, &dataset));
    CHECK_OK(ls_statistics_find(alone, dataset, NULL, false, &expected));
    CHECK_OK(ls_statistics_find(together, dataset, NULL, false, &found));
    CHECK_INT(memcmp(found.least, expected.least, COLUMNS * sizeof(double)), 0);
    CHECK_INT(memcmp(found.most, expected.most, COLUMNS * sizeof(double)), 0);
    CHECK_INT(memcmp(found.mean, expected.mean, COLUMNS * sizeof(double)), 0);
    CHECK_INT(memcmp(found.square, expected.square, COLUMNS * sizeof(double)), 0);
    ls_statistics_free(&expected);
    ls_statistics_free(&found);
    ls_dataset_destroy(dataset);
    free(x);
}

int main(int argc, char **argv)
{
    static const int64_t rows[] = {1, LS_BLOCK_ROWS, 3 * LS_BLOCK_ROWS + 1, 100 * LS_BLOCK_ROWS, 1000 * LS_BLOCK_ROWS};
    ls_context *alone, *together;
    mpi_test_start(&argc, &argv);
    CHECK_OK(ls_context_create(NULL, &alone));
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, NULL, &together));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        test_slices(alone, together, rows[i]);
    test_runs(alone, together);
    test_wide_statistics(alone, together);
    ls_context_destroy(alone);
    ls_context_destroy(together);
    return mpi_test_finish();
}
