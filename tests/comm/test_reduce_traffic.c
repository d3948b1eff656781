/* What a step costs each of P ranks: the bytes and messages that leave, beside the least possible 2 * 4 n (P - 1) / P,
 * and the shards of the busiest. Ranks are threads. Prints the table that the limits are about. */
#include "comm/reduce_internal.h"
#include "comm_threads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 86544, WIDTH = 2, MOST_RANKS = 64 };

typedef struct traffic {
    int64_t shards;
    int per_host; /* ranks, which share memory; 0: each is on a host of its own */
    int64_t bytes[MOST_RANKS], messages[MOST_RANKS];
    ls_reduce_scheme scheme;
    bool failed[MOST_RANKS];
} traffic;

static void add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    (void)user;
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

static bool begin(void *user, const ls_reduce_header *total)
{
    (void)user;
    return total->bits == 0;
}

static void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    float *w = user;
    memcpy(w + first, sum, (size_t)n * sizeof *w);
}

static void step(ls_comm *comm, void *user)
{
    traffic *t = user;
    const int rank = ls_comm_rank(comm);
    float *partials[LS_TREE_MAX_NODES] = {NULL}, *memory = NULL;
    double sums[LS_TREE_MAX_NODES * WIDTH] = {0};
    ls_reduce_header header = {sums, 0, 0};
    const ls_tree_node *nodes;
    ls_reduce *reduce;
    for (int r = 0; r < comm->size; r++)
        comm->hosts[r] = (uint64_t)(t->per_host > 0 ? r / t->per_host : r);
    t->failed[rank] = ls_reduce_create(comm, N, NULL, t->shards, WIDTH, LS_REDUCE_AUTO, add, NULL, &reduce) != LS_OK;
    if (t->failed[rank])
        return;
    t->failed[rank] = ls_reduce_share(reduce) != LS_OK;
    const int count = ls_reduce_nodes(reduce, &nodes);
    memory = calloc((size_t)(count + 1) * N, sizeof *memory);
    float *w = memory + (int64_t)count * N;
    for (int k = 0; k < count; k++)
        partials[k] = memory + (int64_t)k * N;
    const ls_reduce_update update = {begin, apply, w, false};
    const int64_t bytes = ls_comm_bytes_sent(comm), messages = ls_comm_messages_sent(comm);
    t->failed[rank] |= ls_reduce_step(reduce, partials, &header, &update, w) != LS_OK;
    t->bytes[rank] = ls_comm_bytes_sent(comm) - bytes;
    t->messages[rank] = ls_comm_messages_sent(comm) - messages;
    if (rank == 0)
        t->scheme = ls_reduce_scheme_of(reduce);
    ls_reduce_destroy(reduce);
    free(memory);
}

static int ceiling_log2(int64_t value)
{
    int bits = 0;
    while (INT64_C(1) << bits < value)
        bits++;
    return bits;
}

/* The limits that comm's README and the design state. */
static void check(int ranks, int64_t shards)
{
    static const char *const names[] = {"", "halving", "doubling", "direct", "grouped"};
    traffic t = {.shards = shards};
    ls_division d;
    int64_t bytes = 0, messages = 0, sum = 0;
    assert_int_equal(ls_division_create(shards, ranks, &d), LS_OK);
    assert_true(comm_threads_run(ranks, 60, step, &t));
    for (int r = 0; r < ranks; r++) {
        assert_false(t.failed[r]);
        bytes = t.bytes[r] > bytes ? t.bytes[r] : bytes;
        messages = t.messages[r] > messages ? t.messages[r] : messages;
        sum += t.bytes[r];
    }
    const double least = 8.0 * N * (ranks - 1) / ranks, factor = (double)bytes / least;
    const double unevenness = ls_division_unevenness(&d);
    const int members = d.members, pieces = 1 + (N / members) / (int)LS_REDUCE_PIECE;
    printf("V %4lld P %2d %-8s subtrees %d, bytes worst %.2f mean %.2f, messages %3lld, work %.2f\n", (long long)shards,
           ranks, names[t.scheme], d.subtrees, factor, (double)sum / ranks / least, (long long)messages, unevenness);
    /* headers, 64 bytes and more to each, are what goes beyond */
    const double headers = 0.01 * ranks;
    const bool small = members <= 7;
    if (shards >= 8 * (int64_t)ranks) {
        assert_true(unevenness <= LS_DIVISION_UNEVEN);
        assert_true(factor <= (small ? 2.0 : 2.5) + headers);
    }
    assert_true(factor <= 3.0 + headers);
    assert_true(messages <= 4 * ceiling_log2(ranks) + (members - 1) * (d.subtrees + 2) * pieces);
    ls_division_free(&d);
}

static void limits(void **state)
{
    (void)state;
    for (int64_t shards = 8; shards <= 1024; shards *= shards < 64 ? 8 : 16)
        for (int ranks = 2; ranks <= MOST_RANKS && ranks <= shards; ranks += ranks < 16 ? 1 : ranks < 32 ? 8 : 16)
            check(ranks, shards);
}

static void run(int ranks, int64_t shards, int per_host, traffic *t)
{
    *t = (traffic){.shards = shards, .per_host = per_host};
    assert_true(comm_threads_run(ranks, 60, step, t));
    for (int r = 0; r < ranks; r++)
        assert_false(t->failed[r]);
}

/* Ranks of one host send notices and headers only; ranks of several what goes to other hosts beside them. */
static void in_a_host(void **state)
{
    (void)state;
    static const int counts[] = {2, 3, 4, 5, 6, 7, 8, 12, 16, 31, 64};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        static traffic apart, together, mixed;
        const int ranks = counts[i];
        run(ranks, 64, 0, &apart);
        run(ranks, 64, ranks, &together);
        run(ranks, 64, (ranks + 1) / 2, &mixed);
        int64_t bytes[3] = {0};
        for (int r = 0; r < ranks; r++) {
            bytes[0] += apart.bytes[r];
            bytes[1] += together.bytes[r];
            bytes[2] += mixed.bytes[r];
            assert_true(together.bytes[r] <= (8 + 8 + 128) * together.messages[r]);
            assert_true(mixed.bytes[r] <= apart.bytes[r] + 16 * mixed.messages[r]);
        }
        printf("P %2d: %9lld bytes on hosts of their own, %9lld on two, %6lld on one\n", ranks, (long long)bytes[0],
               (long long)bytes[2], (long long)bytes[1]);
        if (ranks > 2) /* those of one host are spared on two as well */
            assert_true(bytes[2] < bytes[0] * 3 / 4);
    }
}

/* ---- memory ---- */

typedef struct room {
    int64_t n;
    bool failed[MOST_RANKS];
    int64_t taken[MOST_RANKS]; /* bytes */
} room;

/* Halving with messages in the last round only. */
static void take_room(ls_comm *comm, void *user)
{
    enum { PLACES = 2 * LS_REDUCE_PLACES };
    room *r = user;
    ls_reduce *reduce;
    const int rank = ls_comm_rank(comm);
    for (int other = 0; other < comm->size; other++)
        comm->hosts[other] = (uint64_t)(other / (comm->size / 2));
    r->failed[rank] =
        ls_reduce_create(comm, r->n, NULL, MOST_RANKS, WIDTH, LS_REDUCE_HALVING, add, NULL, &reduce) != LS_OK;
    if (r->failed[rank])
        return;
    r->failed[rank] = ls_reduce_share(reduce) != LS_OK;
    const ls_reduce_range half = ls_reduce_half(reduce, reduce->ranges[0], true);
    int64_t floats = 2 * PLACES * reduce->piece + (reduce->rounds > 1 ? half.last - half.first : 0);
    for (int j = 0; j < reduce->rounds; j++)
        floats += reduce->passage[j].shared ? PLACES * reduce->passage[j].room : 0;
    r->taken[rank] = floats * (int64_t)sizeof(float) + 2 * ls_reduce_header_bytes(reduce, 1);
    ls_reduce_destroy(reduce);
}

/* What is said is enough, and not much more. */
static void room_of_halving(void **state)
{
    static const int64_t lengths[] = {160, 1000, N, 4 * N};
    (void)state;
    for (int ranks = 2; ranks <= 16; ranks *= 2)
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            room r = {.n = lengths[i]};
            ls_reduce_size size;
            assert_int_equal(ls_reduce_size_of(ranks, r.n, MOST_RANKS, WIDTH, LS_REDUCE_HALVING, &size), LS_OK);
            assert_true(comm_threads_run(ranks, 60, take_room, &r));
            for (int k = 0; k < ranks; k++) {
                assert_false(r.failed[k]);
                assert_in_range(size.bytes, r.taken[k], r.taken[k] + r.taken[k] / 20 + 8192);
            }
        }
}

/* Where everybody gathers everything. */
static void take_all(ls_comm *comm, void *user)
{
    room *r = user;
    ls_reduce *reduce;
    const int rank = ls_comm_rank(comm);
    r->failed[rank] =
        ls_reduce_create(comm, r->n, NULL, MOST_RANKS, WIDTH, LS_REDUCE_DIRECT, add, NULL, &reduce) != LS_OK;
    if (r->failed[rank])
        return;
    r->failed[rank] = !ls_reduce_replicated(reduce);
    r->taken[rank] = reduce->total_nodes * WIDTH * (int64_t)sizeof(double);
    for (int other = 0; other < comm->size; other++)
        r->taken[rank] += reduce->block_bytes[other];
    ls_reduce_destroy(reduce);
}

static void room_of_all(void **state)
{
    (void)state;
    for (int ranks = 2; ranks <= 7; ranks++) {
        room r = {.n = 1000};
        ls_reduce_size size;
        assert_int_equal(ls_reduce_size_of(ranks, r.n, MOST_RANKS, WIDTH, LS_REDUCE_DIRECT, &size), LS_OK);
        assert_true(comm_threads_run(ranks, 60, take_all, &r));
        for (int k = 0; k < ranks; k++) {
            assert_false(r.failed[k]);
            assert_in_range(size.bytes, r.taken[k] - r.taken[k] / 20, r.taken[k] + r.taken[k] / 20);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits), cmocka_unit_test(in_a_host),
                                       cmocka_unit_test(room_of_halving), cmocka_unit_test(room_of_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
