/* Agreement: whichever rank fails, all ranks have its status and its text. */
#include "comm/agree.h"
#include "comm/comm_mpi.h"
#include "mpi_test.h"

#include <stdlib.h>

/* The text as every rank should have it. */
static void expected_message(const ls_comm *comm, int rank, const char *text, char *out, size_t size)
{
    if (rank == 0)
        snprintf(out, size, "%s", text);
    else
        snprintf(out, size, "rank %d (%s): %s", rank, ls_comm_host(comm), text);
}

static void test_one_fails(ls_comm *comm, int failing, ls_status status)
{
    char expected[600];
    ls_status mine = LS_OK;
    ls_fail(LS_ERR_USAGE, "stale");
    if (mpi_test_rank == failing)
        mine = ls_fail(status, "row %d is bad", failing);
    CHECK_INT(ls_agree(comm, mine), status);
    char text[64];
    snprintf(text, sizeof text, "row %d is bad", failing);
    expected_message(comm, failing, text, expected, sizeof expected);
    CHECK_STRING(ls_error_message(), expected);
    CHECK_OK(ls_agree(comm, LS_OK)); /* life goes on */
}

/* The lowest failing rank speaks for all. */
static void test_several_fail(ls_comm *comm, int lowest)
{
    char expected[600];
    ls_status mine = LS_OK;
    if (mpi_test_rank >= lowest)
        mine = ls_fail(mpi_test_rank == lowest ? LS_ERR_OUTPUT : LS_ERR_DATA, "failure %d", mpi_test_rank);
    CHECK_INT(ls_agree(comm, mine), LS_ERR_OUTPUT);
    char text[64];
    snprintf(text, sizeof text, "failure %d", lowest);
    expected_message(comm, lowest, text, expected, sizeof expected);
    CHECK_STRING(ls_error_message(), expected);
}

static void test_long_message(ls_comm *comm)
{
    char text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ls_status mine = mpi_test_rank == mpi_test_size - 1 ? ls_fail(LS_ERR_DATA, "%s", text) : LS_OK;
    CHECK_INT(ls_agree(comm, mine), LS_ERR_DATA);
    CHECK_INT(strlen(ls_error_message()), 2047);
}

static void test_lines(ls_comm *comm)
{
    char prefix[500];
    const char *text = "epochs = 20\nseed = 0\nlayers = 64 relu, 10 softmax\n";
    CHECK_OK(ls_agree_lines(comm, text, "options"));
    /* Of two ranks none is the usual one, and rank 0 is what the other is compared with. */
    for (int other = mpi_test_size < 3; other < mpi_test_size; other++) {
        const bool mine = mpi_test_rank == other;
        CHECK_INT(ls_agree_lines(comm, mine ? "epochs = 20\nseed = 10\nlayers = 10 softmax\n" : text, "options"),
                  LS_ERR_USAGE);
        snprintf(prefix, sizeof prefix,
                 "rank %d (%s): options differ between ranks: 'seed = 10' here, 'seed = 0' on rank %d; start", other,
                 ls_comm_host(comm), other == 0);
        CHECK_CONTAINS(ls_error_message(), prefix);
        CHECK_INT(ls_agree_lines(comm, mine ? "epochs = 20\n" : text, "options"), LS_ERR_USAGE);
        CHECK_CONTAINS(ls_error_message(), "'' here, 'seed = 0' on rank ");
        CHECK_INT(ls_agree_lines(comm, mine ? "" : text, "options"), LS_ERR_USAGE);
        CHECK_CONTAINS(ls_error_message(), "'' here, 'epochs = 20' on rank ");
    }
}

static void test_hash(ls_comm *comm)
{
    CHECK_OK(ls_agree_hash(comm, 0x123456789abcdef0u, "weights"));
    if (mpi_test_size < 3)
        return; /* two ranks have no majority: below */
    for (int other = 0; other < mpi_test_size; other++) {
        char prefix[300];
        snprintf(prefix, sizeof prefix,
                 "rank %d (%s): weights differ from those of other ranks (hash 0000000000000008, elsewhere "
                 "0000000000000007)",
                 other, ls_comm_host(comm));
        CHECK_INT(ls_agree_hash(comm, mpi_test_rank == other ? 8 : 7, "weights"), LS_ERR_NUMERIC);
        CHECK_CONTAINS(ls_error_message(), prefix);
    }
}

static void test_hash_of_two(ls_comm *comm)
{
    if (mpi_test_size != 2)
        return;
    CHECK_INT(ls_agree_hash(comm, (uint64_t)mpi_test_rank, "weights"), LS_ERR_NUMERIC);
    CHECK_CONTAINS(ls_error_message(),
                   "weights of the two ranks differ (hashes 0000000000000000 and 0000000000000001), and nothing tells");
}

int main(int argc, char **argv)
{
    ls_comm *comm;
    mpi_test_start(&argc, &argv);
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, true);
    ls_comm_set_timeout(comm, 30);
    CHECK_OK(ls_agree(comm, LS_OK));
    for (int failing = 0; failing < mpi_test_size; failing++) {
        test_one_fails(comm, failing, LS_ERR_DATA);
        test_one_fails(comm, failing, LS_STOPPED);
        test_several_fail(comm, failing);
    }
    test_long_message(comm);
    test_lines(comm);
    test_hash(comm);
    test_hash_of_two(comm);
    ls_comm_destroy(comm);
    return mpi_test_finish();
}
