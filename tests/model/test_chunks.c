/* Gradients in chunks: every element of a range once, and bit for bit the sums that a whole gradient has, however the
 * range is cut and however many threads share a chunk. */
#include "model/chunks.h"
#include "model_test.h"

enum { ROWS = 300, SHARDS = 8, SEED = 5 };

static const network_text networks[] = {
    {"170 relu, 40 tanh use_bias=off, 3", 33, LS_MEAN_SQUARED_ERROR, false, false},
    {"40 relu, dropout 0.4, 17 relu, 1", 250, LS_MEAN_SQUARED_ERROR, false, false},
    {"1", 1, LS_MEAN_SQUARED_ERROR, false, false},
    {"40, layer_normalization, relu, residual(layer_normalization scale=off, 40), layer_normalization center=off, 3",
     50, LS_MEAN_SQUARED_ERROR, false, false}, /* matrices of a vector alone */
};

/* A network, the batch that its pass took last, and that batch's whole gradient. */
typedef struct scene {
    ls_network *network;
    rows_held held;
    float *weights, *gradient;
    int64_t shard_rows[SHARDS + 1], node_shards[1];
    ls_batch_shards shards;
} scene;

static void make_scene(scene *s, const network_text *text)
{
    s->network = make_network(text);
    s->weights = make_weights(s->network);
    s->gradient = zeros(s->network->block, sizeof(float));
    s->held = make_rows(s->network, ROWS);
    for (int64_t j = 0; j <= SHARDS; j++) /* the second shard is empty */
        s->shard_rows[j] = j == 2 ? s->shard_rows[1] : ROWS * j / SHARDS;
    s->node_shards[0] = SHARDS;
    s->shards = (ls_batch_shards){SHARDS, s->shard_rows, 1, s->node_shards, NULL};
}

static void free_scene(scene *s)
{
    free_rows(&s->held);
    ls_memory_free(s->weights);
    ls_memory_free(s->gradient);
    ls_network_destroy(s->network);
}

/* What a chunk's segments and pieces are checked against. */
typedef struct watch {
    const scene *s;
    int64_t first, last, floats;
    const float *packed; /* the chunk's sums, or NULL */
    uint8_t *seen;       /* (block) */
    uint8_t *filled;     /* (floats) */
} watch;

static void see(watch *w, int64_t first, int64_t n, int64_t at, const float *values)
{
    assert_true(first >= w->first && first + n <= w->last && at >= 0 && at + n <= w->floats);
    for (int64_t i = 0; i < n; i++) {
        assert_false(w->seen[first + i]);
        assert_false(w->filled[at + i]);
        w->seen[first + i] = w->filled[at + i] = 1;
    }
    check_floats("a piece of a chunk", n, values, w->s->gradient + first);
}

static void segment(void *user, int64_t first, int64_t n, int64_t at)
{
    watch *w = user;
    see(w, first, n, at, w->packed + at);
}

static void apply(void *user, int64_t first, int64_t n, int lanes, float *gradient, int64_t at)
{
    assert_true(lanes >= 1 && lanes <= LS_PANEL && first % LS_PANEL == 0 && n % LS_PANEL == 0);
#pragma omp critical
    see(user, first, n, at, gradient);
}

static void all_seen(const uint8_t *seen, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        assert_true(seen[i]);
}

/* The chunks of a range, once left in a buffer and once handed over. */
static void check_range(ls_pass *pass, const scene *s, int64_t first, int64_t last, int64_t most)
{
    ls_chunks chunks;
    assert_int_equal(ls_chunks_create(s->network, first, last, most, &chunks), LS_OK);
    float *packed = zeros(most, sizeof *packed);
    watch w = {.s = s, .first = first, .last = last, .packed = packed};
    for (int way = 0; way < 2; way++) {
        w.seen = zeros(s->network->block, 1);
        for (int64_t k = 0; k < chunks.count; k++) {
            w.floats = ls_chunks_floats(&chunks, k);
            assert_true(w.floats > 0 && w.floats <= most);
            w.filled = zeros(w.floats, 1);
            ls_chunk_sink sink = {.out = way ? NULL : packed, .apply = apply, .user = &w};
            sink.ahead.arrays = way ? LS_AHEAD_MAX : 1; /* what has no place beside them is not asked for */
            for (int a = 0; a < sink.ahead.arrays; a++)
                sink.ahead.array[a] = s->weights;
            for (int c = 0; c < LS_CHUNK_ARRAYS; c++)
                sink.packed[c] = way ? packed : NULL;
            ls_chunks_sum(pass, &s->shards, &chunks, k, &sink);
            if (way == 0)
                ls_chunks_segments(s->network, &chunks, k, segment, &w);
            all_seen(w.filled, w.floats);
            ls_memory_free(w.filled);
        }
        all_seen(w.seen + first, last - first);
        ls_memory_free(w.seen);
    }
    ls_memory_free(packed);
    ls_chunks_free(&chunks);
    assert_null(chunks.block);
}

static void chunks_are_the_gradient(void **state)
{
    (void)state;
    static const int64_t sizes[] = {16, 32, 160, 6144, 1 << 16};
    static const int teams[] = {1, 2, 3, 7};
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        scene s;
        make_scene(&s, &networks[n]);
        const int64_t grains = s.network->block / LS_PANEL;
        for (int64_t t = 0; t < LENGTH(teams); t++) {
            double sums[64];
            ls_pass *pass = make_pass(s.network, ls_kernels_find(NULL), teams[t], ROWS, true);
            train_into(pass, SEED, s.weights, &s.held.batch, &s.shards, &s.gradient, sums);
            const ls_gradient_sink nothing = {0};
            ls_pass_train(pass, SEED, s.weights, &s.held.batch, &s.shards, &nothing, sums);
            for (int64_t i = 0; i < LENGTH(sizes); i++) {
                const int64_t cut = random_below(grains + 1) * LS_PANEL;
                check_range(pass, &s, 0, s.network->block, sizes[i]);
                check_range(pass, &s, 0, cut, sizes[i]);
                check_range(pass, &s, cut, s.network->block, sizes[i]);
            }
            ls_pass_destroy(pass);
        }
        free_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_the_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
