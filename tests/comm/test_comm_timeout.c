/* Ranks that hang: the others give up in time, all name the culprit and not one of its victims, and the
 * communicator is broken for good; and ranks that were only suspended with the whole job do not give up. */
#include "comm/agree.h"
#include "comm/comm_mpi.h"
#include "comm/reduce.h"
#include "mpi_test.h"

#include "base/clock.h"
#include "base/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Seconds of the timeouts below; and until a rank that gives up has listened to the others for 5 s, the most it does.
 */
enum { TIMEOUT = 4, LONGEST_TIMEOUT = 20 };

static int timeout; /* of the test under way */

/* What the ranks tell each other beside MPI, in memory they share. */
static struct {
    atomic_int arrived, given_up;
    double ended[64]; /* (size) when each gave up; 0: it did not */
} * shared;

static void share(void)
{
    MPI_Win window;
    MPI_Aint bytes = mpi_test_rank == 0 ? sizeof *shared : 0;
    int unit;
    MPI_Win_allocate_shared(bytes, 1, MPI_INFO_NULL, MPI_COMM_WORLD, (void *)&shared, &window);
    MPI_Win_shared_query(window, 0, &bytes, &unit, (void *)&shared);
    if (mpi_test_rank == 0) {
        atomic_init(&shared->arrived, 0);
        atomic_init(&shared->given_up, 0);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void wait_for(const atomic_int *count, int number)
{
    while (atomic_load(count) < number)
        usleep(1000);
}

/* All go on at the same time, nearly, however busy the machine is: ranks that have slept are woken at once, those that
 * have spun, as MPI_Barrier does, must let others go first. */
static void meet(void)
{
    static int meetings;
    MPI_Barrier(MPI_COMM_WORLD);
    atomic_fetch_add(&shared->arrived, 1);
    wait_for(&shared->arrived, ++meetings * mpi_test_size);
}

/* Whether the ranks that gave up, at the times `ended` (0: this one did not), were close enough to each other to hear
 * of one another: then the messages can be judged. On a busy machine one may have lost more time than they listen. */
static bool together(double ended)
{
    double first = 0, last = 0;
    shared->ended[mpi_test_rank] = ended;
    meet();
    for (int r = 0; r < mpi_test_size; r++) {
        const double end = shared->ended[r];
        first = end > 0 && (first == 0 || end < first) ? end : first;
        last = end > last ? end : last;
    }
    meet();
    return last - first < 0.5 * timeout / 4;
}

/* Until they gave up together, with more and more time; but not for ever. */
static void repeat(bool (*test)(int, ls_status (*)(ls_comm *), bool), int culprit, ls_status (*talk)(ls_comm *),
                   bool passive)
{
    enum { TRIES = 7 };
    bool judged = false;
    timeout = TIMEOUT;
    for (int tries = 0; !judged && tries < TRIES; tries++) {
        judged = test(culprit, talk, passive);
        timeout = 2 * timeout < LONGEST_TIMEOUT ? 2 * timeout : LONGEST_TIMEOUT;
    }
    CHECK_TRUE(judged);
}

/* The message of a rank that gave up says how long it waited. */
static void check_waited(const char *message)
{
    char text[64];
    snprintf(text, sizeof text, "waited %d s for rank ", timeout);
    CHECK_CONTAINS(message, text);
}

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
    ls_reduce_header header = {NULL, 0, 0};
    static float w[N];
    const ls_reduce_update update = {begin, apply, NULL, false};
    for (int j = 0; j < LS_TREE_MAX_NODES; j++)
        partials[j] = memory[j];
    LS_TRY(ls_reduce_create(comm, N, NULL, SHARDS, 0, LS_REDUCE_AUTO, add, NULL, &reduce));
    ls_status status = ls_reduce_step(reduce, partials, &header, &update, w);
    ls_reduce_destroy(reduce);
    return status;
}

/* What follows a step that held. */
static ls_status talk_by_spread(ls_comm *comm)
{
    enum { N = 300000, SHARDS = 8 };
    static float w[N];
    ls_reduce *reduce;
    LS_TRY(ls_reduce_create(comm, N, NULL, SHARDS, 0, LS_REDUCE_AUTO, add, NULL, &reduce));
    ls_status status = ls_reduce_spread(reduce, w);
    ls_reduce_destroy(reduce);
    return status;
}

/* `culprit` hangs until all others have given up, which it learns without MPI. */
static bool hang(int culprit, ls_status (*talk)(ls_comm *), bool passive)
{
    ls_comm *comm;
    char name[64], end[128], first[600] = "";
    double ended = 0;
    int quick = 1, all_quick; /* nobody has waited again; who does will in every try, who lost its time elsewhere not */
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, passive);
    snprintf(name, sizeof name, "rank %d", culprit);
    snprintf(end, sizeof end, "; rank %d on %s may hang", culprit, ls_comm_host(comm));
    CHECK_OK(talk(comm));
    ls_comm_set_timeout(comm, timeout);
    const int before = atomic_load(&shared->given_up);
    meet();
    const double start = ls_clock();
    if (mpi_test_rank == culprit) {
        wait_for(&shared->given_up, before + mpi_test_size - 1);
    } else {
        CHECK_INT(talk(comm), LS_ERR_PEER);
        ended = ls_clock();

        snprintf(first, sizeof first, "%s", ls_error_message());
        ls_fail(LS_ERR_USAGE, "something else");
        CHECK_INT(talk(comm), LS_ERR_PEER);
        CHECK_STRING(ls_error_message(), first);
        int value = 0;
        CHECK_INT(ls_comm_broadcast(comm, 0, &value, sizeof value), LS_ERR_PEER);
        CHECK_INT(ls_agree(comm, LS_ERR_DATA), LS_ERR_PEER);
        CHECK_STRING(ls_error_message(), first);
        ls_fail(LS_ERR_USAGE, "mine");
        CHECK_INT(ls_agree(comm, LS_ERR_PEER), LS_ERR_PEER);
        CHECK_STRING(ls_error_message(), "mine");
        quick = ls_clock() - ended < 0.9 * timeout;
        atomic_fetch_add(&shared->given_up, 1);
    }
    MPI_Allreduce(&quick, &all_quick, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    const bool judged = together(ended) && all_quick;
    if (judged && mpi_test_rank != culprit) {
        CHECK_TRUE(ended - start > 0.9 * timeout);
        check_waited(first);
        CHECK_CONTAINS(first, name);
        CHECK_CONTAINS(first, end);
        CHECK_TRUE(strstr(first, "is the host up") == NULL);
    }
    ls_comm_destroy(comm);
    MPI_Barrier(MPI_COMM_WORLD);
    return judged;
}

/* Ranks 0 and 1 wait for each other's message and nobody sends: not a hang, but a mistake in the program. */
static bool circle(int culprit, ls_status (*talk)(ls_comm *), bool passive)
{
    ls_comm *comm;
    int value = 0;
    ls_message receive = {1 - mpi_test_rank, 3, &value, sizeof value};
    (void)culprit, (void)talk;
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, passive);
    ls_comm_set_timeout(comm, timeout);
    meet();
    CHECK_INT(ls_comm_exchange(comm, 1, &receive, 0, NULL, "word"), LS_ERR_PEER);
    const bool judged = together(ls_clock());
    if (judged) {
        check_waited(ls_error_message());
        CHECK_CONTAINS(ls_error_message(), "in a circle");
    }
    ls_comm_destroy(comm);
    return judged;
}

#ifdef LS_FAULTS
/* A rank whose own exchange fails drops out; the others name it. */
static bool fault(int culprit, ls_status (*talk)(ls_comm *), bool passive)
{
    ls_comm *comm;
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    ls_comm_set_passive(comm, passive);
    ls_comm_set_timeout(comm, timeout);
    if (mpi_test_rank == culprit) { /* another text: the count of the next begins anew */
        setenv("LOCKSTEP_FAULT", "nowhere:*:error", 1);
        CHECK_INT(ls_fault("nowhere"), LS_ERR_DATA);
        unsetenv("LOCKSTEP_FAULT");
    }
    meet();
    setenv("LOCKSTEP_FAULT", "exchange:0:error", 1);
    CHECK_INT(talk(comm), LS_ERR_PEER);
    unsetenv("LOCKSTEP_FAULT");
    const bool judged = together(mpi_test_rank == culprit ? 0 : ls_clock());
    if (mpi_test_rank == culprit)
        CHECK_CONTAINS(ls_error_message(), "injected fault at exchange");
    else if (judged)
        CHECK_CONTAINS(ls_error_message(), "; rank 0 on ");
    MPI_Barrier(MPI_COMM_WORLD);
    ls_comm_destroy(comm);
    return judged;
}

/* All ranks of a host are silent: those of the other say which host it is. */
static bool lost_host(int culprit, ls_status (*talk)(ls_comm *), bool passive)
{
    ls_comm *comm;
    const bool lost = mpi_test_rank % 2 == culprit;
    setenv("LOCKSTEP_FAULT_HOSTS", "a,b,a,b", 1);
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    unsetenv("LOCKSTEP_FAULT_HOSTS");
    ls_comm_set_passive(comm, passive);
    ls_comm_set_timeout(comm, timeout);
    const int before = atomic_load(&shared->given_up);
    meet();
    if (lost)
        wait_for(&shared->given_up, before + mpi_test_size / 2);
    else
        CHECK_INT(talk(comm), LS_ERR_PEER);
    const double ended = lost ? 0 : ls_clock();
    atomic_fetch_add(&shared->given_up, !lost);
    const bool judged = together(ended);
    if (judged && !lost) {
        const char *message = ls_error_message();
        CHECK_TRUE(strstr(message, "; rank 1 on b may hang") || strstr(message, "; rank 3 on b may hang"));
        CHECK_CONTAINS(message, "allows; nor does any other of the 2 ranks on b answer: is the host up");
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ls_comm_destroy(comm);
    return judged;
}
#endif

/* Rank 0 stops rank 1 for longer than rank 1's timeout, lets it look at its clock again, then sends. On a busy machine
 * rank 1 may be stopped before it waits, which shows nothing, or look late; it has all its timeout for that. */
static void test_suspended(void)
{
    ls_comm *comm;
    int value = 0;
    int64_t pids[64], mine = getpid();
    CHECK_OK(ls_comm_create_mpi(MPI_COMM_WORLD, &comm));
    CHECK_OK(ls_comm_allgather(comm, &mine, sizeof mine, pids));
    ls_comm_set_timeout(comm, TIMEOUT);
    meet();
    if (mpi_test_rank == 0) {
        ls_message send = {1, 3, &value, sizeof value};
        usleep(200000);
        kill((pid_t)pids[1], SIGSTOP);
        usleep((TIMEOUT + 1) * 1000000);
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
        CHECK_CONTAINS(ls_error_message(), "rank 0 on ");
        CHECK_CONTAINS(ls_error_message(), " sent 4 bytes (length) where 8 were expected");
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
        CHECK_CONTAINS(ls_error_message(), "MPI failed with rank 0 on ");
        CHECK_CONTAINS(ls_error_message(), " (length): ");
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ls_comm_destroy(comm);
}

int main(int argc, char **argv)
{
    mpi_test_start(&argc, &argv);
    share();
    repeat(hang, mpi_test_size - 1, talk_by_agreement, true);
    repeat(hang, 0, talk_by_agreement, false);
    repeat(hang, mpi_test_size - 1, talk_by_reduction, true);
    repeat(hang, 0, talk_by_spread, true);
#ifdef LS_FAULTS
    repeat(fault, 0, talk_by_agreement, true);
    if (mpi_test_size == 4)
        repeat(lost_host, 1, talk_by_agreement, true);
#endif
    if (mpi_test_size == 2) { /* more would only look on */
        repeat(circle, 0, NULL, true);
        test_suspended();
        test_lengths();
    }
    return mpi_test_end(); /* what is under way when a communicator breaks is kept: MPI may write to it later */
}
