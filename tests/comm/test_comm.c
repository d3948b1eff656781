/* The communicator over MPI: who is where, exchanges, collectives of every rank and root, long messages in
 * pieces. */
#include "comm/comm_internal.h"
#include "comm/comm_mpi.h"
#include "mpi_test.h"

#include <stdlib.h>
#include <unistd.h>

/* What rank r puts at position i of a block. */
static unsigned char pattern(int r, int64_t i)
{
    return (unsigned char)(17 * r + 3 * i + 1);
}

static void fill(unsigned char *block, int r, int64_t bytes)
{
    for (int64_t i = 0; i < bytes; i++)
        block[i] = pattern(r, i);
}

static int64_t wrong(const unsigned char *block, int r, int64_t bytes)
{
    int64_t count = 0;
    for (int64_t i = 0; i < bytes; i++)
        count += block[i] != pattern(r, i);
    return count;
}

static void test_place(ls_comm *comm)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    CHECK_INT(ls_comm_rank(comm), mpi_test_rank);
    CHECK_INT(ls_comm_size(comm), mpi_test_size);
    CHECK_STRING(ls_comm_host(comm), host);
    CHECK_INT(ls_comm_local_size(comm), mpi_test_size); /* tests run on one machine */
    CHECK_INT(ls_comm_local_rank(comm), mpi_test_rank);
}

/* Everybody to everybody, two messages with the same tag to each, one of them in pieces. */
static void test_exchange(ls_comm *comm, int64_t length)
{
    int size = mpi_test_size, rank = mpi_test_rank, count = 0;
    unsigned char *mine = malloc((size_t)length), *theirs = calloc((size_t)size, (size_t)length);
    unsigned char *short_ones = calloc((size_t)size, 1), short_mine = (unsigned char)(rank + 100);
    ls_message *receive = calloc(2 * (size_t)size, sizeof *receive), *send = calloc(2 * (size_t)size, sizeof *send);
    fill(mine, rank, length);
    int64_t sent = ls_comm_bytes_sent(comm);
    for (int r = 0; r < size; r++) {
        if (r == rank)
            continue;
        receive[count] = (ls_message){r, 7, theirs + r * length, length};
        send[count++] = (ls_message){r, 7, mine, length};
        receive[count] = (ls_message){r, 7, short_ones + r, 1};
        send[count++] = (ls_message){r, 7, &short_mine, 1};
    }
    CHECK_OK(ls_comm_exchange(comm, count, receive, count, send, "test"));
    for (int r = 0; r < size; r++)
        if (r != rank) {
            CHECK_INT(wrong(theirs + r * length, r, length), 0);
            CHECK_INT(short_ones[r], r + 100);
        }
    CHECK_INT(ls_comm_bytes_sent(comm) - sent, (size - 1) * (length + 1));
    free(mine);
    free(theirs);
    free(short_ones);
    free(receive);
    free(send);
}

static void test_allgather(ls_comm *comm, int64_t bytes)
{
    unsigned char *mine = malloc((size_t)bytes + 1), *all = calloc((size_t)mpi_test_size, (size_t)bytes + 1);
    fill(mine, mpi_test_rank, bytes);
    int64_t sent = ls_comm_bytes_sent(comm);
    CHECK_OK(ls_comm_allgather(comm, mine, bytes, all));
    CHECK_INT(ls_comm_bytes_sent(comm) - sent, (mpi_test_size - 1) * bytes);
    for (int r = 0; r < mpi_test_size; r++)
        CHECK_INT(wrong(all + r * bytes, r, bytes), 0);
    free(mine);
    free(all);
}

/* Blocks of different lengths, one of them empty: `empty`. */
static void test_variable(ls_comm *comm, int empty)
{
    int64_t bytes[64], total = 0, own = 0;
    for (int r = 0; r < mpi_test_size; r++) {
        bytes[r] = r == empty ? 0 : 100 + 37 * r;
        if (r == mpi_test_rank)
            own = total;
        total += bytes[r];
    }
    unsigned char *all = calloc((size_t)total + 1, 1), *mine = malloc(10000);
    fill(mine, mpi_test_rank, bytes[mpi_test_rank]);
    CHECK_OK(ls_comm_allgatherv(comm, mine, bytes, all));
    int64_t offset = 0;
    for (int r = 0; r < mpi_test_size; offset += bytes[r++])
        CHECK_INT(wrong(all + offset, r, bytes[r]), 0);

    /* in place */
    memset(all, 0, (size_t)total);
    fill(all + own, mpi_test_rank, bytes[mpi_test_rank]);
    CHECK_OK(ls_comm_allgatherv(comm, all + own, bytes, all));
    offset = 0;
    for (int r = 0; r < mpi_test_size; offset += bytes[r++])
        CHECK_INT(wrong(all + offset, r, bytes[r]), 0);

    for (int root = 0; root < mpi_test_size; root++) {
        memset(all, 0, (size_t)total);
        CHECK_OK(ls_comm_gatherv(comm, root, mine, bytes, mpi_test_rank == root ? all : NULL));
        offset = 0;
        for (int r = 0; mpi_test_rank == root && r < mpi_test_size; offset += bytes[r++])
            CHECK_INT(wrong(all + offset, r, bytes[r]), 0);
    }
    free(all);
    free(mine);
}

/* In several pieces. */
static void test_sum(ls_comm *comm)
{
    enum { COUNT = 20000 };
    int64_t *values = malloc(COUNT * sizeof *values), wrong_ones = 0;
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = (INT64_C(1) << 40) * mpi_test_rank - i;
    CHECK_OK(ls_comm_sum_int64(comm, values, COUNT));
    const int64_t ranks = (int64_t)mpi_test_size * (mpi_test_size - 1) / 2;
    for (int64_t i = 0; i < COUNT; i++)
        wrong_ones += values[i] != (INT64_C(1) << 40) * ranks - i * mpi_test_size;
    CHECK_INT(wrong_ones, 0);
    CHECK_OK(ls_comm_sum_int64(comm, values, 0));
    free(values);
}

static void test_extremes(ls_comm *comm)
{
    enum { COUNT = 10000 };
    double *least = malloc(COUNT * sizeof *least), *most = malloc(COUNT * sizeof *most);
    int64_t wrong_ones = 0;
    for (int i = 0; i < COUNT; i++)
        least[i] = most[i] = (double)((mpi_test_rank + i) % mpi_test_size) + i / 16.0;
    CHECK_OK(ls_comm_least_double(comm, least, COUNT));
    CHECK_OK(ls_comm_most_double(comm, most, COUNT));
    for (int i = 0; i < COUNT; i++)
        wrong_ones += least[i] != i / 16.0 || most[i] != mpi_test_size - 1 + i / 16.0;
    CHECK_INT(wrong_ones, 0);
    free(least);
    free(most);
}

static void test_broadcast(ls_comm *comm)
{
    unsigned char data[5000];
    for (int root = 0; root < mpi_test_size; root++) {
        memset(data, 0, sizeof data);
        if (mpi_test_rank == root)
            fill(data, root, sizeof data);
        CHECK_OK(ls_comm_broadcast(comm, root, data, sizeof data));
        CHECK_INT(wrong(data, root, sizeof data), 0);
    }
}

/* A rank that comes late costs the others waiting time; with a timeout that is long enough nothing fails. */
static void test_waiting(ls_comm *comm)
{
    int value = 0;
    double before = ls_comm_wait_seconds(comm);
    MPI_Barrier(MPI_COMM_WORLD);
    if (mpi_test_rank == 0)
        usleep(1000000); /* so long that none of the others comes later, on a machine however busy */
    CHECK_OK(ls_comm_broadcast(comm, 0, &value, sizeof value));
    if (mpi_test_rank > 0)
        CHECK_TRUE(ls_comm_wait_seconds(comm) - before > 0.1);
}

#ifdef LS_FAULTS
/* Placed round robin on two hosts, as far as they know: they are counted host by host, and messages arrive all the
 * same.
 */
static void test_two_hosts(void)
{
    ls_comm *comm;
    int found[64], value = -1;
    const int size = mpi_test_size, on_a = (size + 1) / 2;
    setenv("LOCKSTEP_FAULT_HOSTS", "a,b,a,b,a,b,a,b", 1);
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    unsetenv("LOCKSTEP_FAULT_HOSTS");
    const int rank = ls_comm_rank(comm), place = mpi_test_rank / 2;
    CHECK_INT(rank, mpi_test_rank % 2 == 0 ? place : on_a + place);
    CHECK_INT(ls_comm_given_rank(comm, rank), mpi_test_rank);
    CHECK_INT(ls_comm_local_rank(comm), place);
    CHECK_INT(ls_comm_local_size(comm), mpi_test_rank % 2 == 0 ? on_a : size - on_a);
    CHECK_INT(ls_comm_hosts(comm), size > 1 ? 2 : 1);
    CHECK_OK(ls_comm_allgather(comm, &mpi_test_rank, sizeof mpi_test_rank, found));
    for (int r = 0; r < size; r++) {
        char name[LS_COMM_NAME], expected[64];
        snprintf(expected, sizeof expected, "rank %d on %s", found[r], r < on_a ? "a" : "b");
        CHECK_STRING(ls_comm_name(comm, r, name), expected);
        CHECK_STRING(ls_comm_host_of(comm, r), r < on_a ? "a" : "b");
        CHECK_INT(ls_comm_host_size(comm, r), r < on_a ? on_a : size - on_a);
        value = rank == r ? mpi_test_rank : -1;
        CHECK_OK(ls_comm_broadcast(comm, r, &value, sizeof value));
        CHECK_INT(value, found[r]);
    }
    ls_comm_destroy(comm);
}
#endif

static void test_single(void)
{
    ls_comm *comm;
    int mine = 5, all = 0;
    int64_t bytes = sizeof mine;
    CHECK_OK(ls_comm_create_single(&comm));
    CHECK_INT(ls_comm_rank(comm), 0);
    CHECK_INT(ls_comm_size(comm), 1);
    CHECK_INT(ls_comm_local_size(comm), 1);
    CHECK_INT(ls_comm_local_rank(comm), 0);
    CHECK_INT(ls_comm_hosts(comm), 1);
    CHECK_STRING(ls_comm_host_of(comm, 0), ls_comm_host(comm));
    CHECK_OK(ls_comm_allgather(comm, &mine, sizeof mine, &all));
    CHECK_INT(all, 5);
    all = 0;
    CHECK_OK(ls_comm_gatherv(comm, 0, &mine, &bytes, &all));
    CHECK_INT(all, 5);
    CHECK_OK(ls_comm_broadcast(comm, 0, &mine, sizeof mine));
    CHECK_INT(ls_comm_bytes_sent(comm), 0);
    ls_comm_destroy(comm);
    ls_comm_destroy(NULL);
}

static void test_misuse(void)
{
    ls_comm *comm;
    CHECK_INT(ls_comm_create_mpi(MPI_COMM_NULL, &comm), LS_ERR_USAGE);
    CHECK_CONTAINS(ls_error_message(), "MPI_COMM_NULL");
    CHECK_TRUE(comm == NULL);
}

int main(int argc, char **argv)
{
    ls_comm *comm;
    bool before_init = ls_comm_create_mpi(MPI_COMM_WORLD, &comm) == LS_ERR_USAGE;
    mpi_test_start(&argc, &argv);
    CHECK_TRUE(before_init);
    test_single();
    test_misuse();
#ifdef LS_FAULTS
    test_two_hosts();
#endif
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    for (int passive = 0; passive < 2; passive++) {
        ls_comm_set_passive(comm, passive);
        ls_comm_set_timeout(comm, passive ? 0 : 30);
        test_place(comm);
        test_exchange(comm, 1000);
        test_exchange(comm, 3000000);
        test_allgather(comm, 0);
        test_allgather(comm, 4);
        test_allgather(comm, 100000);
        for (int empty = 0; empty <= mpi_test_size; empty++)
            test_variable(comm, empty);
        test_broadcast(comm);
        test_sum(comm);
        test_extremes(comm);
        test_waiting(comm);
    }
    for (int r = 0; r < mpi_test_size; r++)
        comm->hosts[r] = (uint64_t)r; /* as if each rank had its own */
    for (int64_t length = 61440 - 1; length < 600000; length += 61440)
        test_exchange(comm, length);
    test_allgather(comm, 500000);
    comm->piece = 64; /* instead of 2^30 */
    test_exchange(comm, 1000);
    test_exchange(comm, 64);
    test_exchange(comm, 10000); /* more requests than there were */
    test_allgather(comm, 129);
    test_broadcast(comm);
    test_sum(comm);
    test_extremes(comm);
    ls_comm_destroy(comm);
    return mpi_test_finish();
}
