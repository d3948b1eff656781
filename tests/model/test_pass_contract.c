/* The arithmetic contract inside a process: gradients and sums of a training pass are bit for bit those of the scalar
 * pass, for every number of threads, every kernel table this CPU has, batches of any size, and shards cut into any
 * subtrees. */
#include "pass_cases.h"

#include <omp.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define SEED 0x12345678u

/* ---- a kernel table that also says how many threads work, and whether lanes behind the last row are 0 ---- */

static const ls_kernels *watched;
static int64_t watched_rows, watched_features; /* of the batch; rows < 0: lanes are not looked at */
static int team_seen;
static bool stale_lane_seen;

static void look_at_lanes(const float *x, int64_t x_stride, const float *d)
{
    for (int64_t r = watched_rows; r >= 0 && r % LS_PANEL != 0; r++) {
        bool stale = false;
        for (int64_t o = 0; o < LS_PANEL; o++)
            stale = stale || d[r * LS_PANEL + o] != 0;
        /* the input: later layers' lanes hold what the biases make of zeros */
        for (int64_t i = 0; x_stride == (watched_features + 1) * LS_PANEL && i < watched_features; i++)
            stale = stale || x[r / LS_PANEL * x_stride + i * LS_PANEL + r % LS_PANEL] != 0;
        if (stale) {
#pragma omp atomic write
            stale_lane_seen = true;
        }
    }
}

static void watching_weight_gradient(const float *x, int64_t x_stride, const float *d, int64_t d_stride,
                                     const int64_t *shard_rows, int64_t shards, int64_t outputs, int64_t first,
                                     int64_t last, float *gradient, int64_t gradient_stride, const ls_ahead *ahead)
{
#pragma omp atomic write
    team_seen = omp_get_num_threads();
    for (int64_t p = 0; LS_PANEL * p < outputs; p++)
        look_at_lanes(x, x_stride, d + d_stride * p);
    watched->weight_gradient(x, x_stride, d, d_stride, shard_rows, shards, outputs, first, last, gradient,
                             gradient_stride, ahead);
}

static ls_kernels watch(const ls_kernels *kernels)
{
    ls_kernels copy = *kernels;
    watched = kernels;
    watched_rows = -1;
    copy.weight_gradient = watching_weight_gradient;
    return copy;
}

/* ---- comparison ---- */

/* One network and batch, cut in all ways. `parallel`: the work is enough for all threads, and they must have been used.
 */
static void check_batch(const network_text *text, int64_t rows, bool parallel)
{
    ls_network *network = make_network(text);
    float *block = make_weights(network);
    rows_held held = make_rows(network, rows);
    scalar_pass scalar = scalar_run(network, block, &held.batch, true, SEED);
    for (int c = 0; c < LENGTH(runs); c++) {
        cut shards;
        cut_rows(&shards, c, rows, (int)((c + rows) % 3));
        outcome want = scalar_outcome(&scalar, &shards.shards);
        EACH_TABLE(kernels)
        {
            const ls_kernels table = watch(kernels);
            for (int t = 0; t < LENGTH(teams); t++) {
                char what[200];
                snprintf(what, sizeof what, "'%s', %lld rows, shards %lld..%lld, %s, %d threads", text->layers,
                         (long long)rows, (long long)runs[c].first, (long long)runs[c].last, kernels->name, teams[t]);
                outcome got = make_outcome(network);
                /* room for more rows than come: the stride of the deltas is not the batch's */
                ls_pass *pass = make_pass(network, &table, teams[t], rows + 16 * (t % 2), true);
                train_into(pass, SEED, block, &held.batch, &shards.shards, got.gradient, got.sums);
                check_outcome(what, network, &got, &want);
                if (team_seen != teams[t] && parallel)
                    fail_msg("%s: a team of %d", what, team_seen);
                ls_pass_destroy(pass);
                free_outcome(&got);
            }
        }
        free_outcome(&want);
    }
    scalar_free(&scalar);
    free_rows(&held);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* ---- the batches ---- */

static void one_panel_shared_by_all(void **state)
{
    (void)state;
    check_batch(&for_1_row, 1, true);
    check_batch(&for_16_rows, 15, true);
    check_batch(&for_16_rows, 16, true);
    check_batch(&softmax_of_squares, 16, true);
}

static void panels_shared_by_unequal_groups(void **state)
{
    (void)state;
    check_batch(&for_16_rows, 17, true);
    check_batch(&for_40_rows, 40, true);
    check_batch(&one_layer, 40, true);
}

static void branches_and_normalisations(void **state)
{
    (void)state;
    check_batch(&branches, 16, true);
    check_batch(&from_the_features, 15, true);
    check_batch(&from_the_features, 40, true);
    check_batch(&noise_first, 70, false);
    check_batch(&with_settings, 40, true);
}

static void panels_of_their_own(void **state)
{
    (void)state;
    check_batch(&for_100_rows, 100, true);
}

static void little_work(void **state)
{
    static const int64_t rows[] = {0, 1, 15, 16, 17, 40, 100};
    (void)state;
    for (int i = 0; i < LENGTH(rows); i++)
        check_batch(&tiny, rows[i], false);
    assert_int_equal(team_seen, 1); /* of the last, and largest, team allowed */
    check_batch(&for_40_rows, 17, false);
    assert_in_range(team_seen, 2, 6);
    check_batch(&for_40_rows, 0, false);
    check_batch(&for_40_rows, 1, false);
}

/* ---- gradients handed over piece by piece ---- */

typedef struct receiver {
    float *gradient;
    int64_t *times; /* that each parameter was handed over */
    const double *sums, *want_sums;
    int64_t width;
    bool wanted;
} receiver;

static bool begin_receiving(void *user)
{
    const receiver *r = user;
    check_doubles("sums at the beginning", r->width, r->sums, r->want_sums);
    return r->wanted;
}

static void receive(void *user, int64_t first, int64_t n, int lanes, const float *gradient)
{
    const receiver *r = user;
    assert_true(first % LS_PANEL == 0 && n % LS_PANEL == 0 && lanes >= 1 && lanes <= LS_PANEL);
    for (int64_t i = 0; i < n; i++) {
        r->gradient[first + i] = gradient[i];
        if (i % LS_PANEL >= lanes)
            assert_true(gradient[i] == 0);
        r->times[first + i]++;
    }
}

/* Every parameter once, with the bits that are otherwise stored; none when `begin` does not want them. */
static void check_handed_over(const network_text *text, int64_t rows)
{
    ls_network *network = make_network(text);
    float *block = make_weights(network);
    rows_held held = make_rows(network, rows);
    scalar_pass scalar = scalar_run(network, block, &held.batch, true, SEED);
    for (int c = 0; c < 4; c++) { /* those of one subtree */
        cut shards;
        cut_rows(&shards, c, rows, c % 2);
        outcome want = scalar_outcome(&scalar, &shards.shards);
        EACH_TABLE(kernels)
        {
            for (int t = 0; t < LENGTH(teams); t++) {
                outcome got = make_outcome(network);
                receiver r = {got.gradient[0],
                              zeros(network->block, sizeof *r.times),
                              got.sums,
                              want.sums,
                              network->metrics.width,
                              t != 1};
                const ls_gradient_sink sink = {
                    .begin = begin_receiving, .apply = receive, .user = &r, .ahead = {1, {block}, {0}}};
                ls_pass *pass = make_pass(network, kernels, teams[t], rows, true);
                ls_pass_train(pass, SEED, block, &held.batch, &shards.shards, &sink, got.sums);
                for (int64_t i = 0; i < network->block; i++)
                    assert_int_equal(r.times[i], r.wanted);
                if (r.wanted)
                    check_outcome(text->layers, network, &got, &want);
                ls_pass_destroy(pass);
                ls_memory_free(r.times);
                free_outcome(&got);
            }
        }
        free_outcome(&want);
    }
    scalar_free(&scalar);
    free_rows(&held);
    ls_memory_free(block);
    ls_network_destroy(network);
}

static void handed_over(void **state)
{
    (void)state;
    check_handed_over(&for_16_rows, 16);
    check_handed_over(&for_100_rows, 100);
    check_handed_over(&softmax_of_squares, 40);
    check_handed_over(&tiny, 17);
    check_handed_over(&from_the_features, 40);
}

/* A network, an evenly cut batch, and what the scalar pass makes of them. */
typedef struct scene {
    ls_network *network;
    float *block;
    rows_held held;
    cut shards;
    outcome want;
} scene;

/* In place, since the cut points into itself. */
static void make_scene(scene *s, const network_text *text, int64_t rows, int run)
{
    s->network = make_network(text);
    s->block = make_weights(s->network);
    s->held = make_rows(s->network, rows);
    cut_rows(&s->shards, run, rows, 0);
    scalar_pass scalar = scalar_run(s->network, s->block, &s->held.batch, true, SEED);
    s->want = scalar_outcome(&scalar, &s->shards.shards);
    scalar_free(&scalar);
}

static void free_scene(scene *s)
{
    free_outcome(&s->want);
    free_rows(&s->held);
    ls_memory_free(s->block);
    ls_network_destroy(s->network);
}

/* A host may train several nets side by side, each on a thread of its own region: a pass of one thread must not take
 * part in that region's barriers, which the other threads do not reach as often. */
static void inside_a_region_of_the_host(void **state)
{
    (void)state;
    scene s;
    make_scene(&s, &tiny, 17, 3);
    outcome got = make_outcome(s.network);
    ls_pass *pass = make_pass(s.network, ls_kernels_find(NULL), 1, 17, true);
#pragma omp parallel num_threads(3)
    if (omp_get_thread_num() == 1)
        for (int i = 0; i < 5; i++)
            train_into(pass, SEED, s.block, &s.held.batch, &s.shards.shards, got.gradient, got.sums);
    check_outcome("inside a region", s.network, &got, &s.want);
    ls_pass_destroy(pass);
    free_outcome(&got);
    free_scene(&s);
}

/* More samples than are summed at once (gradient.c SAMPLES_IN_L1): parts of the tree, in blocks. */
static void many_samples(void **state)
{
    (void)state;
    check_batch(&for_100_rows, 700, true);
    check_handed_over(&for_100_rows, 700);
    check_handed_over(&for_16_rows, 1500);
}

/* A rank without shards: nothing to do, nothing touched. */
static void no_shards(void **state)
{
    (void)state;
    ls_network *network = make_network(&tiny);
    float *block = make_weights(network);
    rows_held held = make_rows(network, 0);
    const int64_t shard_rows[] = {0};
    const ls_batch_shards none = {0, shard_rows, 0, NULL, NULL};
    outcome got = make_outcome(network), want = make_outcome(network);
    ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 3, 0, true);
    train_into(pass, SEED, block, &held.batch, &none, got.gradient, got.sums);
    check_outcome("no shards", network, &got, &want);
    ls_pass_destroy(pass);
    free_outcome(&got);
    free_outcome(&want);
    free_rows(&held);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* A unit is kept when its word >= floor(rate * 2^32), to the last bit. With one weight the gradient is 2 (w s - y) s
 * for a kept row with feature 1, s being the scale, and 0 for a dropped one. */
static void dropout_threshold(void **state)
{
    static const float feature = 1, target = 4;
    static const float *const x = &feature, *const y = &target;
    static const int64_t shard_rows[] = {0, 1}, node_shards[] = {1};
    static const ls_batch_shards shards = {1, shard_rows, 1, node_shards, NULL};
    (void)state;
    int tried = 0;
    for (int64_t row = 0; tried < 20; row++) {
        const uint32_t word = philox_word(SEED, 2, 0, 0, row, 5);
        if (word > UINT32_MAX / 2) /* leave room for the rates above it */
            continue;
        tried++;
        for (int above = 0; above < 3; above++) { /* rate * 2^32 is the word, less than 1 more, 1 more */
            char layers[64], what[96];
            snprintf(layers, sizeof layers, "dropout %.17g, 1 use_bias=off", ((double)word + 0.5 * above) * 0x1p-32);
            snprintf(what, sizeof what, "'%s', word %u", layers, word);
            ls_network *network = make_network(&(network_text){layers, 1, LS_MEAN_SQUARED_ERROR, false, false});
            float *block = zeros(network->block, sizeof *block), *gradient = zeros(network->block, sizeof *gradient);
            double *sums = zeros(network->metrics.width, sizeof *sums);
            block[0] = 1;
            ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 1, 1, true);
            const ls_batch batch = {.rows = 1, .row = &row, .x = &x, .y = &y, .epoch = 5};
            train_into(pass, SEED, block, &batch, &shards, &gradient, sums);
            const float scale = (float)(1 / (1 - network->layers[0].rate));
            const float want = above < 2 ? fmaf(scale, 2 * (scale - 4), 0.0f) : 0.0f;
            check_floats(what, 1, gradient, &want);
            ls_pass_destroy(pass);
            ls_memory_free(sums);
            ls_memory_free(block);
            ls_memory_free(gradient);
            ls_network_destroy(network);
        }
    }
}

/* The buffers of an earlier, larger batch leave no trace, not even in lanes that have no row (kernels.h). */
static void a_pass_is_used_again(void **state)
{
    static const int64_t rows[] = {100, 17, 0, 40, 1, 100};
    (void)state;
    ls_network *network = make_network(&for_16_rows);
    float *block = make_weights(network);
    const ls_kernels table = watch(ls_kernels_find(NULL));
    ls_pass *pass = make_pass(network, &table, 3, 100, true);
    watched_features = network->features;
    for (int i = 0; i < LENGTH(rows); i++) {
        rows_held held = make_rows(network, rows[i]);
        cut shards;
        cut_rows(&shards, 5, rows[i], 1);
        scalar_pass scalar = scalar_run(network, block, &held.batch, true, SEED);
        outcome want = scalar_outcome(&scalar, &shards.shards), got = make_outcome(network);
        watched_rows = rows[i];
        train_into(pass, SEED, block, &held.batch, &shards.shards, got.gradient, got.sums);
        check_outcome("the same pass", network, &got, &want);
        assert_false(stale_lane_seen);
        assert_true(ls_pass_gather_seconds(pass) >= 0);
        free_outcome(&got);
        free_outcome(&want);
        scalar_free(&scalar);
        free_rows(&held);
    }
    ls_pass_destroy(pass);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* The host may flush denormals and round upwards: no bit changes, and it finds its mode as it left it. */
static void floating_point_mode_of_the_host(void **state)
{
    (void)state;
#if defined(__x86_64__)
    scene s;
    make_scene(&s, &for_16_rows, 40, 5);
    for (int threads = 1; threads <= 3; threads++) {
        outcome got = make_outcome(s.network);
        ls_pass *pass = make_pass(s.network, ls_kernels_find(NULL), threads, 40, true);
        unsigned after[3] = {0};
        const unsigned contract = _mm_getcsr(), host = 0x1F80 | 0x8040 | 0x4000; /* flush, denormals are 0, upwards */
        _mm_setcsr(host); /* this thread outside of a region: libomp puts its mode back behind one */
#pragma omp parallel num_threads(threads)
        _mm_setcsr(host);
        train_into(pass, SEED, s.block, &s.held.batch, &s.shards.shards, got.gradient, got.sums);
#pragma omp parallel num_threads(threads)
        {
            after[omp_get_thread_num()] = _mm_getcsr();
            _mm_setcsr(contract);
        }
        _mm_setcsr(contract);
        check_outcome("in the host's mode", s.network, &got, &s.want);
        for (int t = 0; t < threads; t++)
            assert_int_equal(after[t] & 0xFFC0, host & 0xFFC0);
        ls_pass_destroy(pass);
        free_outcome(&got);
    }
    free_scene(&s);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_panel_shared_by_all),
        cmocka_unit_test(panels_shared_by_unequal_groups),
        cmocka_unit_test(panels_of_their_own),
        cmocka_unit_test(branches_and_normalisations),
        cmocka_unit_test(little_work),
        cmocka_unit_test(handed_over),
        cmocka_unit_test(many_samples),
        cmocka_unit_test(inside_a_region_of_the_host),
        cmocka_unit_test(no_shards),
        cmocka_unit_test(dropout_threshold),
        cmocka_unit_test(a_pass_is_used_again),
        cmocka_unit_test(floating_point_mode_of_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
