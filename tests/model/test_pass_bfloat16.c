/* A training pass in bfloat16: gradients and sums are bit for bit those of the scalar pass whose products take rounded
 * numbers in pairs, for every number of threads, every kernel table this CPU has, and shards of any number of rows,
 * each of which has places in even numbers. */
#include "even_batch.h"
#include "pass_cases.h"

#include "model/chunks.h"

#define SEED 0x12345678u

/* ---- whole gradients ---- */

static bool filled_seen, full_seen; /* batches with and without places that have no row */

static void check_pass(const ls_network *network, const float *block, const even_batch *e, const ls_kernels *kernels,
                       int threads, const char *what, const outcome *want)
{
    outcome got = make_outcome(network);
    ls_pass *pass =
        make_pass_for(LS_PASS_TRAIN_BFLOAT16, network, kernels, threads, e->batch.rows + 16 * (threads % 2));
    for (int again = 0; again < 2; again++) /* what the first time leaves in the buffers does no harm */
        train_into(pass, SEED, block, &e->batch, &e->shards, got.gradient, got.sums);
    check_outcome(what, network, &got, want);
    ls_pass_destroy(pass);
    free_outcome(&got);
}

/* `weight` of each row, or NULL. */
static void check_weighted(const network_text *text, int64_t rows, const float *weight)
{
    ls_network *network = make_network(text);
    float *block = make_weights(network);
    rows_held held = make_rows(network, rows);
    held.batch.weight = weight;
    scalar_pass scalar = scalar_run_for(LS_PASS_TRAIN_BFLOAT16, network, block, &held.batch, SEED);
    for (int c = 0; c < LENGTH(runs); c++) {
        cut shards;
        even_batch e;
        cut_rows(&shards, c, rows, (int)((c + rows) % 3));
        make_even(&e, &held.batch, &shards.shards);
        *(e.filled ? &filled_seen : &full_seen) = true;
        outcome want = scalar_outcome(&scalar, &shards.shards);
        EACH_TABLE(kernels)
        for (int t = 0; t < LENGTH(teams); t++) {
            char what[200];
            snprintf(what, sizeof what, "'%s', %lld rows in %lld places, shards %lld..%lld, %s, %d threads",
                     text->layers, (long long)rows, (long long)e.batch.rows, (long long)runs[c].first,
                     (long long)runs[c].last, kernels->name, teams[t]);
            check_pass(network, block, &e, kernels, teams[t], what, &want);
        }
        free_outcome(&want);
        free_even(&e);
    }
    scalar_free(&scalar);
    free_rows(&held);
    ls_memory_free(block);
    ls_network_destroy(network);
}

static void check_batch(const network_text *text, int64_t rows)
{
    check_weighted(text, rows, NULL);
}

static void one_panel_shared_by_all(void **state)
{
    (void)state;
    check_batch(&for_1_row, 1);
    check_batch(&for_16_rows, 15);
    check_batch(&for_16_rows, 16);
    check_batch(&softmax_of_squares, 16);
}

static void panels_shared_by_unequal_groups(void **state)
{
    (void)state;
    check_batch(&for_16_rows, 17);
    check_batch(&for_40_rows, 40);
    check_batch(&one_layer, 40);
}

static void branches_and_normalisations(void **state)
{
    (void)state;
    check_batch(&branches, 16);
    check_batch(&from_the_features, 15);
    check_batch(&from_the_features, 40);
    check_batch(&noise_first, 70);
    check_batch(&with_settings, 40);
}

static void panels_of_their_own(void **state)
{
    (void)state;
    check_batch(&for_100_rows, 100);
    check_batch(&for_100_rows, 333); /* more than are summed at once */
}

static void little_work(void **state)
{
    static const int64_t rows[] = {0, 1, 2, 15, 16, 17, 31, 40, 99};
    (void)state;
    for (int i = 0; i < LENGTH(rows); i++)
        check_batch(&tiny, rows[i]);
    check_batch(&for_40_rows, 0);
    check_batch(&for_40_rows, 1);
    assert_true(filled_seen && full_seen);
}

/* Weights stay with their rows, wherever a shard's places begin. */
static void rows_have_weights(void **state)
{
    float weight[40];
    (void)state;
    for (int r = 0; r < LENGTH(weight); r++)
        weight[r] = (float)(r % 7) * 0.37f;
    check_weighted(&for_16_rows, 15, weight);
    check_weighted(&for_40_rows, 40, weight);
    check_weighted(&softmax_of_squares, 17, weight);
}

/* ---- what the rounding is about ---- */

/* float32 gives other bits: else the tests above would say nothing. */
static void it_is_not_float32(void **state)
{
    (void)state;
    ls_network *network = make_network(&tiny);
    float *block = make_weights(network);
    rows_held held = make_rows(network, 40);
    cut shards;
    cut_rows(&shards, 3, 40, 0);
    scalar_pass rounded = scalar_run_for(LS_PASS_TRAIN_BFLOAT16, network, block, &held.batch, SEED);
    scalar_pass exact = scalar_run(network, block, &held.batch, true, SEED);
    outcome a = scalar_outcome(&rounded, &shards.shards), b = scalar_outcome(&exact, &shards.shards);
    int differ = 0;
    for (int64_t i = 0; i < network->block; i++)
        differ += !same_float(a.gradient[0][i], b.gradient[0][i]);
    assert_true(differ > 5);
    free_outcome(&a);
    free_outcome(&b);
    scalar_free(&rounded);
    scalar_free(&exact);
    free_rows(&held);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* ---- the gradient in pieces ---- */

typedef struct pieces {
    float *gradient;
    int64_t *times;
} pieces;

static void take_chunk(void *user, int64_t first, int64_t n, int lanes, float *gradient, int64_t at)
{
    const pieces *p = user;
    (void)lanes;
    (void)at;
    for (int64_t i = 0; i < n; i++) {
        p->gradient[first + i] = gradient[i];
        p->times[first + i]++;
    }
}

/* What ranks exchange is summed after the pass, from the operands that it leaves. */
static void chunks_are_the_gradient(void **state)
{
    static const network_text *const texts[] = {&for_16_rows, &from_the_features, &tiny};
    static const int64_t rows[] = {15, 40, 17};
    (void)state;
    for (int n = 0; n < LENGTH(texts); n++) {
        ls_network *network = make_network(texts[n]);
        float *block = make_weights(network);
        rows_held held = make_rows(network, rows[n]);
        cut shards;
        even_batch e;
        ls_chunks chunks;
        cut_rows(&shards, 3, rows[n], 1);
        make_even(&e, &held.batch, &shards.shards);
        scalar_pass scalar = scalar_run_for(LS_PASS_TRAIN_BFLOAT16, network, block, &held.batch, SEED);
        outcome want = scalar_outcome(&scalar, &shards.shards);
        assert_int_equal(ls_chunks_create(network, 0, network->block, 6144, &chunks), LS_OK);
        EACH_TABLE(kernels)
        for (int t = 0; t < LENGTH(teams); t++) {
            outcome got = make_outcome(network);
            pieces p = {got.gradient[0], zeros(network->block, sizeof *p.times)};
            const ls_gradient_sink nothing = {0};
            const ls_chunk_sink sink = {.apply = take_chunk, .user = &p};
            ls_pass *pass = make_pass_for(LS_PASS_TRAIN_BFLOAT16, network, kernels, teams[t], e.batch.rows);
            ls_pass_train(pass, SEED, block, &e.batch, &e.shards, &nothing, got.sums);
            for (int64_t k = 0; k < chunks.count; k++)
                ls_chunks_sum(pass, &e.shards, &chunks, k, &sink);
            for (int64_t i = 0; i < network->block; i++)
                assert_int_equal(p.times[i], 1);
            check_outcome(texts[n]->layers, network, &got, &want);
            ls_pass_destroy(pass);
            ls_memory_free(p.times);
            free_outcome(&got);
        }
        ls_chunks_free(&chunks);
        free_outcome(&want);
        scalar_free(&scalar);
        free_even(&e);
        free_rows(&held);
        ls_memory_free(block);
        ls_network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_panel_shared_by_all),
        cmocka_unit_test(panels_shared_by_unequal_groups),
        cmocka_unit_test(panels_of_their_own),
        cmocka_unit_test(branches_and_normalisations),
        cmocka_unit_test(little_work),
        cmocka_unit_test(rows_have_weights),
        cmocka_unit_test(it_is_not_float32),
        cmocka_unit_test(chunks_are_the_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
