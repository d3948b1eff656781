/* Norm blocks: where they are, and their sums to the bit against a recursion over elements and blocks, written from
 * src/math/README.md; the values themselves against long double. */
#include "model/norms.h"
#include "model_test.h"

static const network_text networks[] = {
    {"17 relu, dropout 0.5, 17 tanh use_bias=off, 3", 65, LS_MEAN_SQUARED_ERROR, false, false},
    {"1", 1, LS_MEAN_SQUARED_ERROR, false, false},
    {"layer_normalization, 17 relu, layer_normalization, 3", 65, LS_MEAN_SQUARED_ERROR, false, false},
    {"600 relu, 16", 130, LS_MEAN_SQUARED_ERROR, false, false}, /* enough for several threads */
};

/* ---- the reference ---- */

static double tree_of(const double *leaves, int64_t count)
{
    int64_t left = 1;
    if (count == 1)
        return leaves[0];
    while (left * 2 < count)
        left *= 2;
    return tree_of(leaves, left) + tree_of(leaves + left, count - left);
}

static double term(ls_norm_kind kind, float x)
{
    return kind == LS_NORM_SQUARES ? (double)x * (double)x : fabs((double)x);
}

/* One tensor's block sums, panel by panel: of its rows [64 k, 64 k + 64) and columns [16 p, 16 p + 16). */
typedef struct reference {
    int64_t count;
    double sums[256], lanes[256][LS_PANEL]; /* (count) */
    double *columns;                        /* (units) */
    long double exact;
} reference;

static void reference_tensor(const ls_network *n, int index, const float *block, ls_norm_kind kind, reference *r)
{
    const ls_tensor t = ls_network_tensor(n, index);
    float *values = zeros(t.rows * t.columns, sizeof *values);
    ls_network_unpack(n, index, block, values);
    *r = (reference){.columns = zeros(t.columns, sizeof(double))};
    for (int64_t p = 0; p < t.columns; p += LS_PANEL) {
        const int64_t first = r->count, used = t.columns - p < LS_PANEL ? t.columns - p : LS_PANEL;
        for (int64_t k = 0; k < t.rows; k += 64, r->count++) {
            for (int64_t c = 0; c < used; c++)
                for (int64_t i = k; i < k + 64 && i < t.rows; i++) {
                    r->lanes[r->count][c] += term(kind, values[i * t.columns + p + c]);
                    r->exact += (long double)term(kind, values[i * t.columns + p + c]);
                }
            r->sums[r->count] = tree_of(r->lanes[r->count], used);
        }
        for (int64_t c = 0; c < used; c++) {
            double leaves[64];
            for (int64_t k = first; k < r->count; k++)
                leaves[k - first] = r->lanes[k][c];
            r->columns[p + c] = tree_of(leaves, r->count - first);
        }
    }
    ls_memory_free(values);
}

static void same(const char *what, double got, double want)
{
    if (!same_double(got, want))
        fail_msg("%s: %a, expected %a", what, got, want);
}

/* ---- tests ---- */

static void check_kind(const ls_norms *norms, const ls_kernels *kernels, int threads, ls_norm_kind kind,
                       const float *block)
{
    const ls_network *n = norms->network;
    double *sums = zeros(norms->count, sizeof *sums), *lanes = zeros(norms->count * LS_PANEL, sizeof *lanes);
    double *columns = zeros(600, sizeof *columns);
    const int64_t some = norms->count / 3; /* in two parts, as two owners would */
    for (int part = 0; part < 2; part++) {
        const int64_t first = part ? some : 0, last = part ? norms->count : some;
        const float *values = block + norms->cuts[first];
        ls_norms_sums(norms, kernels, threads, kind, first, last, values, LS_NORM_SUM, sums + first);
        ls_norms_sums(norms, kernels, threads, kind, first, last, values, LS_NORM_LANES, lanes + first * LS_PANEL);
    }
    int64_t seen = 0;
    for (int t = 0; t < n->variables; t++) {
        static reference r;
        reference_tensor(n, t, block, kind, &r);
        int64_t mine = 0;
        for (int64_t k = 0; k < norms->count; k++) {
            if (norms->block[k].tensor != t)
                continue;
            same("a block", sums[k], r.sums[mine]);
            for (int l = 0; l < LS_PANEL; l++)
                same("a lane", lanes[k * LS_PANEL + l], r.lanes[mine][l]);
            mine++;
        }
        assert_int_equal(mine, r.count);
        seen += mine;
        same("a tensor", ls_norms_tensor(norms, t, sums), tree_of(r.sums, r.count));
        ls_norms_columns(norms, t, lanes, columns);
        for (int64_t c = 0; c < ls_network_tensor(n, t).columns; c++)
            same("a column", columns[c], r.columns[c]);
        assert_true(fabs((double)((long double)ls_norms_tensor(norms, t, sums) - r.exact)) <= 1e-14 * (double)r.exact);
        ls_memory_free(r.columns);
    }
    assert_int_equal(seen, norms->count);
    same("the network", ls_norms_total(norms, sums), tree_of(sums, norms->count));
    ls_memory_free(sums);
    ls_memory_free(lanes);
    ls_memory_free(columns);
}

static void sums_follow_the_contract(void **state)
{
    (void)state;
    for (int64_t i = 0; i < LENGTH(networks); i++) {
        ls_network *n = make_network(&networks[i]);
        float *block = zeros(n->block, sizeof *block);
        for (int t = 0; t < n->variables; t++) {
            const ls_tensor tensor = ls_network_tensor(n, t);
            float *values = zeros(tensor.rows * tensor.columns, sizeof *values);
            for (int64_t k = 0; k < tensor.rows * tensor.columns; k++)
                values[k] = random_operand();
            ls_network_pack(n, t, values, block);
            ls_memory_free(values);
        }
        ls_norms norms;
        assert_int_equal(ls_norms_create(n, &norms), LS_OK);
        const ls_kernels *kernels;
        for (int k = 0; (kernels = ls_kernels_at(k)); k++)
            for (int threads = 1; kernels->supported() && threads <= 3; threads += 2) {
                check_kind(&norms, kernels, threads, LS_NORM_SQUARES, block);
                check_kind(&norms, kernels, threads, LS_NORM_ABSOLUTES, block);
            }
        ls_norms_free(&norms);
        ls_memory_free(block);
        ls_network_destroy(n);
    }
}

/* What lies behind the last output may be anything (it is 0 in a network): it is left out. */
static void padding_is_left_out(void **state)
{
    (void)state;
    ls_network *n;
    ls_norms norms;
    assert_int_equal(ls_network_create("3", 1, &n), LS_OK);
    assert_int_equal(ls_norms_create(n, &norms), LS_OK);
    float block[2 * LS_PANEL];
    double sum, lanes[LS_PANEL];
    for (int i = 0; i < 2 * LS_PANEL; i++)
        block[i] = i % LS_PANEL < 3 ? 2.0f : NAN;
    ls_norms_sums(&norms, ls_kernels_find(NULL), 1, LS_NORM_SQUARES, 0, 1, block, LS_NORM_SUM, &sum);
    ls_norms_sums(&norms, ls_kernels_find(NULL), 1, LS_NORM_SQUARES, 1, 2, block + LS_PANEL, LS_NORM_LANES, lanes);
    same("three squares", sum, 12);
    same("the last in use", lanes[2], 4);
    same("padding", lanes[3], 0);
    ls_norms_free(&norms);
    ls_network_destroy(n);
}

static void blocks_cover_the_flat_block(void **state)
{
    (void)state;
    ls_network *n;
    ls_norms norms;
    assert_int_equal(ls_network_create("17 relu, dropout 0.1, 2 use_bias=off", 65, &n), LS_OK);
    assert_int_equal(ls_norms_create(n, &norms), LS_OK);
    static const int rows[] = {64, 1, 1, 64, 1, 1, 17}, lanes[] = {16, 16, 16, 1, 1, 1, 2};
    static const int tensors[] = {0, 0, 1, 0, 0, 1, 2}, lane[] = {0, 0, 0, 16, 16, 16, 0};
    assert_int_equal(norms.count, LENGTH(rows));
    for (int64_t k = 0; k < norms.count; k++) {
        const ls_norm_block *b = &norms.block[k];
        assert_int_equal(b->rows, rows[k]);
        assert_int_equal(b->lanes, lanes[k]);
        assert_int_equal(b->tensor, tensors[k]);
        assert_int_equal(b->lane, lane[k]);
        assert_int_equal(norms.cuts[k + 1] - norms.cuts[k], rows[k] * LS_PANEL);
        assert_int_equal(ls_norms_block_at(&norms, norms.cuts[k]), k);
    }
    assert_int_equal(norms.cuts[0], 0);
    assert_int_equal(norms.cuts[norms.count], n->block);
    assert_int_equal(ls_norms_block_at(&norms, n->block), norms.count);
    ls_norms_free(&norms);
    ls_network_destroy(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_follow_the_contract),
        cmocka_unit_test(padding_is_left_out),
        cmocka_unit_test(blocks_cover_the_flat_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
