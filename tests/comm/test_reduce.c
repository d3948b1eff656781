/* The reduction over MPI with numbers: every scheme equals the tree computed by one rank, and moves the bytes
 * it promises. The program's own MPI_Isend stands in front of MPI's and counts what really leaves, by tag. */
#include "comm/comm_internal.h"
#include "comm/comm_mpi.h"
#include "comm/reduce_internal.h"
#include "mpi_test.h"

#include <stdlib.h>

enum { SHARDS = 16, WIDTH = 2 };

/* ---- what leaves -------------------------------------------------------------------------------- */

static int64_t sent_bytes[LS_TAG_DISTRESS + 1], sent_messages[LS_TAG_DISTRESS + 1], largest_sent;

int MPI_Isend(const void *data, int count, MPI_Datatype type, int peer, int tag, MPI_Comm communicator,
              MPI_Request *request)
{
    int bytes = 0;
    MPI_Type_size(type, &bytes);
    sent_bytes[tag] += (int64_t)bytes * count;
    sent_messages[tag]++;
    largest_sent = count > largest_sent ? count : largest_sent;
    return PMPI_Isend(data, count, type, peer, tag, communicator, request);
}

static void forget_sent(void)
{
    memset(sent_bytes, 0, sizeof sent_bytes);
    memset(sent_messages, 0, sizeof sent_messages);
    largest_sent = 0;
}

static int64_t sent_in_all(const int64_t *by_tag)
{
    int64_t total = 0;
    for (int tag = 0; tag <= LS_TAG_DISTRESS; tag++)
        total += by_tag[tag];
    return total;
}

/* ---- numbers ------------------------------------------------------------------------------------ */

static void add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    (void)user;
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

/* Values whose float sums depend on the order. */
static float leaf(int64_t shard, int64_t i)
{
    uint32_t x = (uint32_t)(shard * 2654435761u + i * 40503u) * 2246822519u;
    x ^= x >> 13;
    return ((float)(x & 0xffff) - 32768.0f) * (float)(1u << (x >> 16) % 12) / 7.0f;
}

static float tree_element(int64_t first, int64_t count, int64_t i)
{
    if (count == 1)
        return leaf(first, i);
    return tree_element(first, count / 2, i) + tree_element(first + count / 2, count / 2, i);
}

static double tree_number(int64_t first, int64_t count, int column)
{
    if (count == 1)
        return (double)leaf(first, column) / 3;
    return tree_number(first, count / 2, column) + tree_number(first + count / 2, count / 2, column);
}

/* ---- tests -------------------------------------------------------------------------------------- */

/* What the owner of a slice sees and does. */
typedef struct owner {
    float *w;
    int64_t next; /* the element that must come next */
    int wrong, begun;
    uint32_t bits;
    bool wanted;
} owner;

static bool begin(void *user, const ls_reduce_header *total)
{
    owner *o = user;
    o->begun++;
    o->bits = total->bits;
    for (int c = 0; c < WIDTH; c++)
        o->wrong += total->sums[c] != tree_number(0, SHARDS, c);
    return o->wanted;
}

static void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    owner *o = user;
    o->wrong += o->begun != 1 || first != o->next;
    for (int64_t i = 0; i < n; i++) {
        o->wrong += sum[i] != tree_element(0, SHARDS, first + i);
        o->w[first + i] = sum[i] * 2;
    }
    o->next = first + n;
}

/* One step, its values checked; leaves in the counters what was sent. Not wanted: nothing may be updated. Held: nothing
 * may travel before the weights are spread. */
static void reduce_once_if(ls_comm *comm, ls_reduce *reduce, int64_t n, bool wanted, bool hold)
{
    const ls_tree_node *nodes;
    int count = ls_reduce_nodes(reduce, &nodes), wrong = 0;
    float *partials[LS_TREE_MAX_NODES], *memory = calloc((size_t)(count + 1) * (size_t)n + 1, sizeof *memory);
    float *w = memory + (int64_t)count * n;
    double sums[LS_TREE_MAX_NODES * WIDTH];
    ls_reduce_header header = {sums, 1u << ls_comm_rank(comm), 0x90000001u + (uint32_t)ls_comm_rank(comm)};
    for (int j = 0; j < count; j++) {
        partials[j] = memory + j * n;
        for (int64_t i = 0; i < n; i++)
            partials[j][i] = tree_element(nodes[j].first, nodes[j].size, i);
        for (int c = 0; c < WIDTH; c++)
            sums[j * WIDTH + c] = tree_number(nodes[j].first, nodes[j].size, c);
    }
    int64_t first, last;
    ls_reduce_slice(reduce, &first, &last);
    owner o = {.w = w, .next = first, .wanted = wanted};
    const ls_reduce_update update = {begin, apply, &o, hold};
    forget_sent();
    int64_t before = ls_comm_bytes_sent(comm);
    CHECK_OK(ls_reduce_step(reduce, partials, &header, &update, w));
    if (wanted && hold) {
        CHECK_INT(sent_bytes[LS_TAG_SPREAD], 0);
        CHECK_OK(ls_reduce_spread(reduce, w));
    }
    CHECK_INT(o.wrong, 0);
    CHECK_INT(o.begun, 1);
    CHECK_INT(o.next, wanted ? last : first);
    CHECK_INT(o.bits, (1u << ls_comm_size(comm)) - 1);
    CHECK_INT(header.bits, o.bits);
    const uint32_t ranks = (uint32_t)ls_comm_size(comm);
    CHECK_INT(header.tally, ranks * 0x90000001u + ranks * (ranks - 1) / 2);
    for (int64_t i = 0; i < n; i++)
        wrong += w[i] != (wanted ? tree_element(0, SHARDS, i) * 2 : 0);
    CHECK_INT(wrong, 0);
    if (wanted)
        CHECK_INT(sent_in_all(sent_bytes), ls_comm_bytes_sent(comm) - before);
    free(memory);
}

static void reduce_once(ls_comm *comm, ls_reduce *reduce, int64_t n)
{
    reduce_once_if(comm, reduce, n, true, false);
}

static int rounds_of(int size)
{
    int rounds = 0;
    while (1 << rounds < size)
        rounds++;
    return rounds;
}

static ls_reduce *create(ls_comm *comm, int64_t n, ls_reduce_scheme scheme, bool shared)
{
    ls_reduce *reduce = NULL;
    CHECK_OK(ls_reduce_create(comm, n, NULL, SHARDS, WIDTH, scheme, add, NULL, &reduce));
    if (shared)
        CHECK_OK(ls_reduce_share(reduce));
    return reduce;
}

/* Shared: a notice of 8 bytes in place of each message. */
static void test_halving(ls_comm *comm, bool shared)
{
    int64_t n = 16 * 16 * 40; /* slices of equal size for up to 16 ranks */
    int size = ls_comm_size(comm);
    ls_reduce *reduce = create(comm, n, LS_REDUCE_HALVING, shared);
    reduce_once(comm, reduce, n);
    const int64_t bytes = shared ? 8 * 2 * rounds_of(size) : 4 * (2 * n * (size - 1) / size);
    CHECK_INT(sent_in_all(sent_bytes) - sent_bytes[LS_TAG_HEADER], bytes);
    CHECK_INT(sent_bytes[LS_TAG_HEADER], rounds_of(size) * ls_reduce_header_bytes(reduce, 1));
    CHECK_INT(sent_in_all(sent_messages), 3 * rounds_of(size));
    ls_reduce_destroy(reduce);

    reduce = create(comm, 1003, LS_REDUCE_HALVING, shared);
    reduce_once(comm, reduce, 1003);
    ls_reduce_destroy(reduce);
}

/* Vectors that travel in many pieces, slices of unequal length; steps that end at their header, and one that holds. */
static void test_pieces(ls_comm *comm, ls_reduce_scheme scheme, bool shared)
{
    static const int64_t lengths[] = {2 * LS_REDUCE_PIECE + 16, 700003, 1, 5000};
    for (int i = 0; i < 4; i++) {
        ls_reduce *reduce = create(comm, lengths[i], scheme, shared);
        for (int turn = 0; turn < 4; turn++)
            reduce_once_if(comm, reduce, lengths[i], turn != 1, turn == 2);
        ls_reduce_destroy(reduce);
    }
}

/* Chunks are small enough for MPI to send them over TCP without asking first (65,536 bytes with its header). */
static void test_between_hosts(ls_comm *comm)
{
    const int64_t n = 8 * LS_REDUCE_PIECE;
    ls_reduce *reduce;
    CHECK_OK(ls_reduce_create(comm, n, NULL, SHARDS, WIDTH, LS_REDUCE_AUTO, add, NULL, &reduce));
    reduce_once(comm, reduce, n);
    if (mpi_test_size > 1)
        CHECK_TRUE(largest_sent > 65000);
    for (int r = 0; r < mpi_test_size; r++)
        comm->hosts[r] = (uint64_t)r;
    reduce_once(comm, reduce, n);
    if (mpi_test_size == 2) /* with more, what goes at once at the end may be larger */
        CHECK_TRUE(largest_sent > 0 && largest_sent < 65000);
    ls_reduce_destroy(reduce);
    test_pieces(comm, LS_REDUCE_AUTO, true); /* no two are on one host */
}

static void test_doubling(ls_comm *comm)
{
    int64_t n = 1003;
    ls_reduce *reduce;
    CHECK_OK(ls_reduce_create(comm, n, NULL, SHARDS, WIDTH, LS_REDUCE_DOUBLING, add, NULL, &reduce));
    reduce_once(comm, reduce, n);
    int rounds = rounds_of(ls_comm_size(comm));
    CHECK_INT(sent_in_all(sent_messages), rounds);
    CHECK_INT(sent_in_all(sent_bytes), rounds * (4 * n + ls_reduce_header_bytes(reduce, 1)));
    ls_reduce_destroy(reduce);
}

static void test_direct(ls_comm *comm)
{
    int64_t n = 16 * 5 * 9 * 7 * 8, first, last; /* slices of equal size for up to 10 ranks */
    int size = ls_comm_size(comm);
    const ls_tree_node *nodes;
    ls_reduce *reduce;
    CHECK_OK(ls_reduce_create(comm, n, NULL, SHARDS, WIDTH, LS_REDUCE_DIRECT, add, NULL, &reduce));
    int count = ls_reduce_nodes(reduce, &nodes);
    ls_reduce_slice(reduce, &first, &last);
    reduce_once(comm, reduce, n);
    if (size > 1) {
        CHECK_INT(sent_bytes[LS_TAG_VECTOR], 4 * count * (n - (last - first)));
        CHECK_INT(sent_bytes[LS_TAG_SPREAD], 4 * (size - 1) * (last - first));
        CHECK_INT(sent_messages[LS_TAG_HEADER], size - 1);
        CHECK_INT(sent_in_all(sent_messages), (size - 1) * (count + 2));
    }
    ls_reduce_destroy(reduce);

    n = 1003; /* everybody gets everything */
    CHECK_OK(ls_reduce_create(comm, n, NULL, SHARDS, WIDTH, LS_REDUCE_DIRECT, add, NULL, &reduce));
    CHECK_TRUE(ls_reduce_replicated(reduce));
    reduce_once(comm, reduce, n);
    CHECK_TRUE(sent_in_all(sent_messages) <= 2 * rounds_of(size));
    ls_reduce_destroy(reduce);
}

int main(int argc, char **argv)
{
    ls_comm *comm;
    mpi_test_start(&argc, &argv);
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, true);
    ls_comm_set_timeout(comm, 60);
    if ((mpi_test_size & (mpi_test_size - 1)) == 0) {
        for (int shared = 0; shared < 2; shared++) {
            test_halving(comm, shared);
            test_pieces(comm, LS_REDUCE_HALVING, shared);
        }
        test_doubling(comm);
    }
    test_direct(comm);
    for (int shared = 0; shared < 2; shared++)
        test_pieces(comm, LS_REDUCE_AUTO, shared);
    test_between_hosts(comm);
    ls_comm_destroy(comm);
    return mpi_test_finish();
}
