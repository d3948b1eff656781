/* The communicator over MPI: nonblocking point-to-point messages and a polling wait that can give up. */
#include "comm/comm_mpi_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"

#include <limits.h>
#include <sched.h>
#include <string.h>
#include <time.h>

/* Between hosts, messages of up to EAGER_MOST bytes, as those that are under way together while a rank computes, go in
 * pieces that Open MPI sends over TCP at once (below its eager limit of 64 KiB, header included). A longer one waits
 * for two or three answers of the other side, each behind the data that is on its way: at 1 Gb/s that took longer than
 * the data. The longest messages are worth that handshake, and MPI should not have to store them when they come early.
 */
#define EAGER_PIECE ((int64_t)60 << 10)
#define EAGER_MOST  ((int64_t)512 << 10)

/* Polls before a passive wait begins to sleep, and the naps' bounds. A message between processes takes 1 to
 * 25 us, so most come before the first nap; the longest nap is what a rank may lose when its core is needed
 * by nobody. */
#define POLLS_BEFORE_NAP 300
#define SHORTEST_NAP     10000  /* ns */
#define LONGEST_NAP      500000 /* ns */
/* Polls between looks at the clock, each with a sched_yield for ranks that share a core after all. */
#define POLLS_PER_LOOK 64

/* A job that was suspended as a whole (SIGSTOP, a paused machine) must not time out when it goes on: between
 * two looks at the clock no more than this counts. */
#define LONGEST_LOOK 0.5 /* s */

/* ---- posting ------------------------------------------------------------------------------------ */

/* Both ends of a message find the same. */
static int64_t piece_of(const ls_comm *comm, const ls_message *message)
{
    const bool eager = message->bytes <= EAGER_MOST && comm->hosts[message->peer] != comm->hosts[comm->rank];
    return eager && EAGER_PIECE < comm->piece ? EAGER_PIECE : comm->piece;
}

static int64_t pieces_of(const ls_comm *comm, const ls_message *message)
{
    const int64_t piece = piece_of(comm, message);
    return (message->bytes + piece - 1) / piece;
}

static void release_requests(ls_mpi_comm *self)
{
    ls_memory_free(self->requests);
    ls_memory_free(self->peers);
    ls_memory_free(self->lengths);
    self->requests = NULL;
    self->peers = self->lengths = NULL;
    self->capacity = 0;
}

/* Room for `count` requests; those under way stay. */
static ls_status reserve_requests(ls_mpi_comm *self, int64_t count)
{
    MPI_Request *requests = NULL;
    int *peers = NULL, *lengths = NULL;
    ls_status status;
    const size_t held = (size_t)self->count;
    if (count <= self->capacity)
        return LS_OK;
    if (count > INT_MAX / 2)
        return ls_fail(LS_ERR_MEMORY, "%lld messages in one exchange are more than MPI can count", (long long)count);
    LS_TRY_CLEANUP(ls_memory_allocate(&requests, count, sizeof *requests, "requests of an exchange"));
    LS_TRY_CLEANUP(ls_memory_allocate(&peers, count, sizeof *peers, "requests of an exchange"));
    LS_TRY_CLEANUP(ls_memory_allocate(&lengths, count, sizeof *lengths, "requests of an exchange"));
    if (held > 0) {
        memcpy(requests, self->requests, held * sizeof *requests);
        memcpy(peers, self->peers, held * sizeof *peers);
        memcpy(lengths, self->lengths, held * sizeof *lengths);
    }
    release_requests(self);
    self->requests = requests;
    self->peers = peers;
    self->lengths = lengths;
    self->capacity = (int)count;
    return LS_OK;
cleanup:
    ls_memory_free(requests);
    ls_memory_free(peers);
    ls_memory_free(lengths);
    return status;
}

/* Starts one message in pieces that MPI's int can count; returns MPI's code. */
static int post(ls_mpi_comm *self, const ls_message *message, bool receive)
{
    const int64_t piece = piece_of(&self->comm, message);
    for (int64_t first = 0; first < message->bytes; first += piece) {
        int64_t left = message->bytes - first;
        int length = (int)(left < piece ? left : piece);
        char *data = (char *)message->data + first;
        MPI_Request *request = &self->requests[self->count];
        const int peer = self->comm.given[message->peer];
        *request = MPI_REQUEST_NULL;
        int code = receive ? MPI_Irecv(data, length, MPI_BYTE, peer, message->tag, self->communicator, request)
                           : MPI_Isend(data, length, MPI_BYTE, peer, message->tag, self->communicator, request);
        self->peers[self->count] = message->peer;
        self->lengths[self->count] = receive ? length : -1;
        self->count++;
        if (code != MPI_SUCCESS)
            return code;
    }
    return MPI_SUCCESS;
}

/* ---- waiting ------------------------------------------------------------------------------------ */

static void nap(long nanoseconds)
{
    nanosleep(&(struct timespec){0, nanoseconds}, NULL);
}

/* Whether what came has the length that was expected: ranks that disagree on it run different programs or
 * inputs. */
static ls_status check_length(ls_mpi_comm *self, int i, const MPI_Status *status, const char *what)
{
    int length = 0;
    if (self->lengths[i] < 0)
        return LS_OK;
    MPI_Get_count(status, MPI_BYTE, &length);
    if (length == self->lengths[i])
        return LS_OK;
    char peer[LS_COMM_NAME];
    const int expected = self->lengths[i];
    ls_comm_name(&self->comm, self->peers[i], peer);
    ls_comm_mpi_abandon(self);
    return ls_comm_break(&self->comm,
                         "%s sent %d bytes (%s) where %d were expected: do all ranks run the same "
                         "program with the same options?",
                         peer, length, what, expected);
}

/* Looks at the first request of the oldest exchange that is not done. */
static ls_status test_next(ls_mpi_comm *self, bool *done)
{
    int flag = 0;
    MPI_Status status;
    const char *what = self->what[0];
    const int code = MPI_Test(&self->requests[self->done], &flag, &status);
    *done = flag;
    if (code != MPI_SUCCESS)
        return ls_comm_mpi_fail(self, code, self->peers[self->done], what);
    return flag ? check_length(self, self->done++, &status, what) : LS_OK;
}

/* Polls until all requests of the oldest exchange are done. One test drives all of them, so looking at the first that
 * is not done is enough, however many there are. Cannot hang with a timeout: every turn either ends or counts the time.
 */
static ls_status wait_all(ls_mpi_comm *self)
{
    const ls_comm *comm = &self->comm;
    double waited = 0, last_look = ls_clock();
    long nap_length = SHORTEST_NAP;
    int64_t next_look = POLLS_PER_LOOK;
    for (int64_t polls = 1; self->done < self->groups[0]; polls++) {
        bool done;
        LS_TRY(test_next(self, &done));
        if (done)
            continue;
        bool sleeping = comm->passive && polls > POLLS_BEFORE_NAP;
        if (sleeping) {
            nap(nap_length);
            nap_length = nap_length * 2 < LONGEST_NAP ? nap_length * 2 : LONGEST_NAP;
        } else if (comm->passive || polls % POLLS_PER_LOOK == 0) {
            sched_yield();
        }
        if (comm->timeout > 0 && (sleeping || polls >= next_look)) {
            const double now = ls_clock(), passed = now - last_look;
            waited += passed < LONGEST_LOOK ? passed : LONGEST_LOOK;
            last_look = now;
            /* polls that other programs draw out, each by its yield, must not count for less than they took */
            next_look = polls + (passed < 0.1 * LONGEST_LOOK ? POLLS_PER_LOOK : 1);
            if (waited > comm->timeout)
                return ls_comm_mpi_time_out(self);
        }
    }
    return LS_OK;
}

static ls_status mpi_post(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                          const char *what)
{
    ls_mpi_comm *self = (ls_mpi_comm *)comm;
    int64_t requests = self->count;
    for (int i = 0; i < receives; i++)
        requests += pieces_of(comm, &receive[i]);
    for (int i = 0; i < sends; i++)
        requests += pieces_of(comm, &send[i]);
    if (reserve_requests(self, requests) != LS_OK) {
        ls_comm_mpi_abandon(self);
        return ls_comm_break(comm, "%s", ls_error_message());
    }
    self->groups[comm->under_way] = (int)requests - self->count;
    self->what[comm->under_way] = what;
    for (int i = 0; i < receives + sends; i++) {
        const ls_message *message = i < receives ? &receive[i] : &send[i - receives];
        int code = post(self, message, i < receives);
        if (code != MPI_SUCCESS)
            return ls_comm_mpi_fail(self, code, message->peer, what);
    }
    return LS_OK;
}

static ls_status mpi_settle(ls_comm *comm)
{
    ls_mpi_comm *self = (ls_mpi_comm *)comm;
    LS_TRY(wait_all(self));
    const int done = self->groups[0];
    const size_t left = (size_t)(self->count - done);
    memmove(self->requests, self->requests + done, left * sizeof *self->requests);
    memmove(self->peers, self->peers + done, left * sizeof *self->peers);
    memmove(self->lengths, self->lengths + done, left * sizeof *self->lengths);
    self->count = (int)left;
    self->done = 0;
    for (int i = 1; i < comm->under_way; i++) {
        self->groups[i - 1] = self->groups[i];
        self->what[i - 1] = self->what[i];
    }
    return LS_OK;
}

static bool mpi_ready(ls_comm *comm)
{
    ls_mpi_comm *self = (ls_mpi_comm *)comm;
    bool done = true;
    while (done && self->done < self->groups[0])
        if (test_next(self, &done) != LS_OK)
            return true;
    return done;
}

/* Any call into MPI moves everything on; this one asks for a message that only a rank in distress sends. */
static void mpi_poll(ls_comm *comm)
{
    ls_mpi_comm *self = (ls_mpi_comm *)comm;
    int found;
    MPI_Iprobe(MPI_ANY_SOURCE, LS_TAG_DISTRESS, self->communicator, &found, MPI_STATUS_IGNORE);
}

static void mpi_abandon(ls_comm *comm)
{
    ls_comm_mpi_abandon((ls_mpi_comm *)comm);
}

/* ---- life --------------------------------------------------------------------------------------- */

/* MPI_Comm_free is collective, so a broken communicator is left to the end of the process, together with the
 * small buffers that MPI may still read. */
static void mpi_destroy(ls_comm *comm)
{
    ls_mpi_comm *self = (ls_mpi_comm *)comm;
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (!comm->broken && !finalized && self->communicator != MPI_COMM_NULL)
        MPI_Comm_free(&self->communicator);
    bool keep = self->messages_abandoned && !finalized;
    release_requests(self);
    ls_memory_free(self->waits_for);
    ls_memory_free(self->distress);
    ls_comm_finish(comm);
    if (!keep)
        ls_memory_free(self);
}

static const ls_comm_operations mpi_operations = {mpi_post, mpi_settle, mpi_ready, mpi_poll, mpi_abandon, mpi_destroy};

static ls_status allocate(ls_mpi_comm **self, int rank, int size)
{
    LS_TRY(ls_memory_allocate(self, 1, sizeof **self, "communicator"));
    (*self)->communicator = MPI_COMM_NULL;
    LS_TRY(ls_comm_start(&(*self)->comm, &mpi_operations, rank, size));
    LS_TRY(ls_memory_allocate(&(*self)->waits_for, size, sizeof(int), "communicator"));
    LS_TRY(ls_memory_allocate(&(*self)->distress, size, sizeof(MPI_Request), "communicator"));
    for (int r = 0; r < size; r++)
        (*self)->distress[r] = MPI_REQUEST_NULL;
    return reserve_requests(*self, 64);
}

ls_status ls_comm_create_mpi(MPI_Comm communicator, ls_comm **comm)
{
    *comm = NULL;
    int initialized = 0, finalized = 0, between_groups = 0, rank = 0, size = 1;
    MPI_Initialized(&initialized);
    MPI_Finalized(&finalized);
    if (!initialized || finalized)
        return ls_fail(LS_ERR_USAGE,
                       "MPI is not running: call MPI_Init before making a context over a communicator, and "
                       "destroy the context before MPI_Finalize");
    if (communicator == MPI_COMM_NULL)
        return ls_fail(LS_ERR_USAGE, "the communicator is MPI_COMM_NULL: only its members may make a context over it");
    MPI_Comm_test_inter(communicator, &between_groups);
    if (between_groups)
        return ls_fail(LS_ERR_USAGE, "the communicator joins two groups: merge them with MPI_Intercomm_merge first");
    MPI_Comm_rank(communicator, &rank);
    MPI_Comm_size(communicator, &size);
    ls_fault_set_rank(rank);

    ls_mpi_comm *self = NULL;
    MPI_Comm duplicate = MPI_COMM_NULL;
    ls_status status = allocate(&self, rank, size);
    /* A rank without memory takes part in the next two calls all the same, or the others would wait for it.
     */
    if (MPI_Comm_dup(communicator, &duplicate) != MPI_SUCCESS) {
        status = ls_fail(LS_ERR_PEER, "MPI could not duplicate the communicator");
        goto cleanup;
    }
    MPI_Comm_set_errhandler(duplicate, MPI_ERRORS_RETURN);
    int mine = status != LS_OK, any = 1;
    if (MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, duplicate) != MPI_SUCCESS || any) {
        if (status == LS_OK)
            status = ls_fail(LS_ERR_MEMORY, "another rank has no memory for its communicator");
        MPI_Comm_free(&duplicate);
        goto cleanup;
    }
    self->communicator = duplicate;
    LS_TRY_CLEANUP(ls_comm_locate(&self->comm));
    *comm = &self->comm;
    return LS_OK;

cleanup:
    if (self)
        mpi_destroy(&self->comm);
    return status;
}
