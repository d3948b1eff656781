/* Areas under curves over ranks: what scikit-learn makes of the same scores (areas_reference.py), and the same bits
 * wherever the rows are. */
#include "base/keys.h"
#include "comm/comm_mpi.h"
#include "mpi_test.h"
#include "train/areas.h"

#include <lockstep.h>

#include <math.h>
#include <stdlib.h>

/* The reference's rows. */

static uint32_t mix(uint32_t x)
{
    static const uint32_t multiplier[] = {0x7FEB352D, 0x846CA68B};
    for (int i = 0; i < 2; i++) {
        x ^= x >> 16;
        x *= multiplier[i];
    }
    return x ^ x >> 15;
}

static bool is_yes(uint32_t row, uint32_t rate)
{
    return mix(row * 2 + 1) % 1000 < rate;
}

static float score(uint32_t row, bool yes, int levels)
{
    const double whole = (mix(row * 2) >> 8) * 0x1p-24;
    const float value = levels ? (float)floor(whole * levels) / (float)levels : (float)whole;
    const float shifted = value + (yes ? 0.25f : 0.0f);
    return levels == 3 && mix(row + 7) % 2 == 1 ? -shifted : shifted;
}

typedef struct reference {
    char name[32];
    int rows, levels, rate;
    double auc, pr_auc;
} reference;

/* The areas of the rows that `mine` says, over the communicator. */
static ls_area find(ls_comm *comm, const reference *c, bool (*mine)(int row, int rows))
{
    uint32_t *keys = malloc((size_t)c->rows * sizeof *keys);
    int64_t yes = 0, no = 0;
    ls_areas *areas;
    ls_area area = {0};
    for (int kind = 1; kind >= 0; kind--)
        for (int r = 0; r < c->rows; r++)
            if (mine(r, c->rows) && is_yes((uint32_t)r, (uint32_t)c->rate) == (kind == 1)) {
                keys[yes + no] = ls_key_of(score((uint32_t)r, kind == 1, c->levels));
                yes += kind;
                no += !kind;
            }
    CHECK_OK(ls_areas_create(comm, yes + no, &areas));
    CHECK_OK(ls_areas_find(areas, keys, yes, no, &area));
    ls_areas_destroy(areas);
    free(keys);
    return area;
}

static bool every(int row, int rows)
{
    (void)row, (void)rows;
    return true;
}

static bool in_turn(int row, int rows)
{
    (void)rows;
    return row % mpi_test_size == mpi_test_rank;
}

/* The last rank has most of them, and the first none. */
static bool lopsided(int row, int rows)
{
    const int owner = mpi_test_size == 1 ? 0 : row < rows / 10 ? 1 + row % (mpi_test_size - 1) : mpi_test_size - 1;
    return owner == mpi_test_rank;
}

static void check_near(const char *name, double value, double expected)
{
    const bool good = isnan(expected) ? isnan(value) : fabs(value - expected) <= 1e-12;
    CHECK_TRUE(good);
    if (!good)
        fprintf(stderr, "%s: %.17g, expected %.17g\n", name, value, expected);
}

static void check_same(const ls_area *area, const ls_area *alone)
{
    CHECK_INT(area->yes, alone->yes);
    CHECK_INT(area->no, alone->no);
    CHECK_INT(memcmp(&area->auc, &alone->auc, sizeof area->auc), 0);
    CHECK_INT(memcmp(&area->pr_auc, &alone->pr_auc, sizeof area->pr_auc), 0);
}

static void check_case(ls_comm *comm, ls_comm *single, const reference *c)
{
    const ls_area alone = find(single, c, every), turns = find(comm, c, in_turn), uneven = find(comm, c, lopsided);
    CHECK_INT(alone.yes + alone.no, c->rows);
    check_near(c->name, alone.auc, c->auc);
    check_near(c->name, alone.pr_auc, c->pr_auc);
    check_same(&turns, &alone);
    check_same(&uneven, &alone);
}

/* ---- by hand ---- */

static void check_keys(void)
{
    static const float ascending[] = {-INFINITY, -2, -1, -0x1p-149f, 0, 0x1p-149f, 1, 2, INFINITY};
    for (size_t i = 1; i < sizeof ascending / sizeof *ascending; i++)
        CHECK_TRUE(ls_key_of(ascending[i - 1]) < ls_key_of(ascending[i]));
    CHECK_INT(ls_key_of(-0.0f), ls_key_of(0));
}

/* No rows at all, and a single pair. */
static void check_few(ls_comm *comm)
{
    uint32_t keys[2] = {ls_key_of(1), ls_key_of(1)};
    ls_areas *areas;
    ls_area area;
    CHECK_OK(ls_areas_create(comm, 2, &areas));
    CHECK_OK(ls_areas_find(areas, keys, 0, 0, &area));
    CHECK_TRUE(isnan(area.auc) && isnan(area.pr_auc));
    const int64_t mine = mpi_test_rank == 0 ? 1 : 0;
    CHECK_OK(ls_areas_find(areas, keys, mine, mine, &area));
    CHECK_DOUBLE(area.auc, 0.5);
    CHECK_DOUBLE(area.pr_auc, 0.5);
    ls_areas_destroy(areas);
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    ls_comm *comm = NULL, *single = NULL;
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    CHECK_OK(ls_comm_create_single(&single));
    check_keys();
    check_few(comm);
    FILE *file = fopen(argc > 1 ? argv[1] : LS_TEST_AREAS, "r");
    reference c;
    int cases = 0;
    while (file &&
           fscanf(file, "case %31s %d %d %d %lf %lf\n", c.name, &c.rows, &c.levels, &c.rate, &c.auc, &c.pr_auc) == 6) {
        check_case(comm, single, &c);
        cases++;
    }
    CHECK_INT(cases, 7);
    if (file)
        fclose(file);
    ls_comm_destroy(single);
    ls_comm_destroy(comm);
    return mpi_test_finish();
}
