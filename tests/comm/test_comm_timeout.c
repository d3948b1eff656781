/* Ranks that hang: the others give up in time, all name the culprit and not one of its victims, and the
 * communicator is broken for good; and ranks that were only suspended with the whole job do not give up. */
#include "comm/agree.h"
#include "comm/comm_mpi.h"
#include "comm/reduce.h"
#include "mpi_test.h"

#include "base/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void add(void *user, int64_t n, const float *a, const float *b, float *sum)
{
    (void)user;
    for (int64_t i = 0; i < n; i++)
        sum[i] = a[i] + b[i];
}

static ls_status talk_by_agreement(ls_comm *comm)
{
    return ls_agree(comm, LS_OK);
}

static bool begin(void *user, const ls_reduce_header *total)
{
    (void)user, (void)total;
    return true;
}

static void apply(void *user, int64_t first, int64_t n, const float *sum)
{
    (void)user, (void)first, (void)n, (void)sum;
}

static ls_status talk_by_reduction(ls_comm *comm)
{
    enum { N = 300000, SHARDS = 8 }; /* several pieces */
    static float memory[LS_TREE_MAX_NODES][N];
    float *partials[LS_TREE_MAX_NODES];
    ls_reduce *reduce;
    ls_reduce_header header = {NULL, 0};
    static float w[N];
    const ls_reduce_update update = {begin, apply, NULL};
    for (int j = 0; j < LS_TREE_MAX_NODES; j++)
        partials[j] = memory[j];
    LS_TRY(ls_reduce_create(comm, N, SHARDS, 0, LS_REDUCE_AUTO, add, NULL, &reduce));
    ls_status status = ls_reduce_step(reduce, partials, &header, &update, w);
    ls_reduce_destroy(reduce);
    return status;
}

/* `culprit` sleeps through the others' timeout and grace. */
static void test_hang(int culprit, ls_status (*talk)(ls_comm *), bool passive)
{
    ls_comm *comm;
    char name[64], end[64];
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, passive);
    snprintf(name, sizeof name, "rank %d", culprit);
    snprintf(end, sizeof end, "; rank %d may hang", culprit);
    CHECK_OK(talk(comm));
    ls_comm_set_timeout(comm, 1);
    MPI_Barrier(MPI_COMM_WORLD); /* all begin to wait at the same time, however busy the machine is */
    if (mpi_test_rank == culprit) {
        sleep(3);
    } else {
        double start = ls_clock();
        CHECK_INT(talk(comm), LS_ERR_PEER);
        double waited = ls_clock() - start;
        CHECK_TRUE(waited > 0.9);
        CHECK_TRUE(waited < 2.5);
        CHECK_CONTAINS(ls_error_message(), "waited 1 s for rank ");
        CHECK_CONTAINS(ls_error_message(), name);
        CHECK_CONTAINS(ls_error_message(), end);

        char first[600];
        snprintf(first, sizeof first, "%s", ls_error_message());
        ls_fail(LS_ERR_USAGE, "something else");
        start = ls_clock();
        CHECK_INT(talk(comm), LS_ERR_PEER);
        CHECK_STRING(ls_error_message(), first);
        int value = 0;
        CHECK_INT(ls_comm_broadcast(comm, 0, &value, sizeof value), LS_ERR_PEER);
        CHECK_INT(ls_agree(comm, LS_ERR_DATA), LS_ERR_PEER);
        CHECK_STRING(ls_error_message(), first);
        ls_fail(LS_ERR_USAGE, "mine");
        CHECK_INT(ls_agree(comm, LS_ERR_PEER), LS_ERR_PEER);
        CHECK_STRING(ls_error_message(), "mine");
        CHECK_TRUE(ls_clock() - start < 0.5);
    }
    ls_comm_destroy(comm);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Ranks 0 and 1 wait for each other's message and nobody sends: not a hang, but a mistake in the program. */
static void test_circle(void)
{
    ls_comm *comm;
    int value = 0;
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_timeout(comm, 0.5);
    if (mpi_test_rank < 2) {
        ls_message receive = {1 - mpi_test_rank, 3, &value, sizeof value};
        CHECK_INT(ls_comm_exchange(comm, 1, &receive, 0, NULL, "word"), LS_ERR_PEER);
        CHECK_CONTAINS(ls_error_message(), "waited 0.5 s for rank ");
        CHECK_CONTAINS(ls_error_message(), "in a circle");
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

#ifdef LS_FAULTS
/* A rank whose own exchange fails drops out; the others name it. */
static void test_fault(void)
{
    ls_comm *comm;
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_timeout(comm, 1);
    setenv("LOCKSTEP_FAULT", "exchange:0:error", 1);
    CHECK_INT(talk_by_agreement(comm), LS_ERR_PEER);
    CHECK_CONTAINS(ls_error_message(), mpi_test_rank == 0 ? "injected fault at exchange" : "; rank 0 may hang");
    unsetenv("LOCKSTEP_FAULT");
    MPI_Barrier(MPI_COMM_WORLD);
}
#endif

/* Rank 0 stops rank 1 for longer than rank 1's timeout, lets it look at its clock again, then sends. */
static void test_suspended(void)
{
    ls_comm *comm;
    int value = 0;
    int64_t pids[64], mine = getpid();
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    CHECK_OK(ls_comm_allgather(comm, &mine, sizeof mine, pids));
    ls_comm_set_timeout(comm, 2);
    if (mpi_test_rank == 0) {
        ls_message send = {1, 3, &value, sizeof value};
        usleep(200000);
        kill((pid_t)pids[1], SIGSTOP);
        usleep(2500000);
        kill((pid_t)pids[1], SIGCONT);
        usleep(300000);
        value = 42;
        CHECK_OK(ls_comm_exchange(comm, 0, NULL, 1, &send, "late word"));
    } else if (mpi_test_rank == 1) {
        ls_message receive = {0, 3, &value, sizeof value};
        CHECK_OK(ls_comm_exchange(comm, 1, &receive, 0, NULL, "late word"));
        CHECK_INT(value, 42);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ls_comm_destroy(comm);
}

/* A rank that sends another length than its peer expects is told apart from a hang. */
static void test_lengths(void)
{
    ls_comm *comm;
    char data[8] = "";
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    if (mpi_test_rank == 0) {
        ls_message send[2] = {{1, 3, data, 4}, {1, 4, data, 8}};
        CHECK_OK(ls_comm_exchange(comm, 0, NULL, 2, send, "length"));
    } else if (mpi_test_rank == 1) {
        ls_message receive = {0, 3, data, 8};
        CHECK_INT(ls_comm_exchange(comm, 1, &receive, 0, NULL, "length"), LS_ERR_PEER);
        CHECK_CONTAINS(ls_error_message(), "rank 0 sent 4 bytes (length) where 8 were expected");
        receive = (ls_message){0, 4, data, 4};
        CHECK_INT(ls_comm_exchange(comm, 1, &receive, 0, NULL, "length"), LS_ERR_PEER);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ls_comm_destroy(comm);
    /* MPICH gives errors of MPI_Test to the handlers of these two, which are the program's to set. */
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    if (mpi_test_rank == 0) {
        ls_message send = {1, 3, data, 8};
        CHECK_OK(ls_comm_exchange(comm, 0, NULL, 1, &send, "length"));
    } else if (mpi_test_rank == 1) {
        ls_message receive = {0, 3, data, 4};
        CHECK_INT(ls_comm_exchange(comm, 1, &receive, 0, NULL, "length"), LS_ERR_PEER);
        CHECK_CONTAINS(ls_error_message(), "MPI failed with rank 0 (length)");
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    test_hang(mpi_test_size - 1, talk_by_agreement, true);
    test_hang(0, talk_by_agreement, false);
    test_hang(mpi_test_size - 1, talk_by_reduction, true);
    test_suspended();
    test_circle();
#ifdef LS_FAULTS
    test_fault();
#endif
    test_lengths();
    return mpi_test_finish();
}
