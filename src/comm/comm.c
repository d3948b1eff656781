/* The communicator's common part: what it is asked, how it breaks, the checked exchange; and the one without
 * MPI, a single rank. */
#include "comm/comm_internal.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* MPI counts bytes in an int; a power of two keeps the pieces aligned. */
#define PIECE ((int64_t)1 << 30)

ls_status ls_comm_start(ls_comm *comm, const ls_comm_operations *operations, int rank, int size)
{
    comm->operations = operations;
    comm->rank = rank;
    comm->size = size;
    comm->local_size = 1;
    comm->piece = PIECE;
    if (!ls_fault_host(rank, comm->host, sizeof comm->host) && gethostname(comm->host, sizeof comm->host - 1) != 0)
        memcpy(comm->host, "localhost", sizeof "localhost");
    LS_TRY(ls_memory_allocate(&comm->hosts, size, sizeof *comm->hosts, "communicator"));
    LS_TRY(ls_memory_allocate(&comm->names, size, sizeof *comm->names, "communicator"));
    LS_TRY(ls_memory_allocate(&comm->given, size, sizeof *comm->given, "communicator"));
    for (int r = 0; r < size; r++)
        comm->given[r] = r;
    snprintf(comm->names[rank], sizeof *comm->names, "%.*s", (int)sizeof *comm->names - 1, comm->host);
    LS_TRY(ls_memory_allocate(&comm->offers, size, sizeof *comm->offers, "communicator"));
    return ls_memory_allocate(&comm->words, size, sizeof *comm->words, "words of a communicator's ranks");
}

void ls_comm_finish(ls_comm *comm)
{
    ls_memory_free(comm->hosts);
    ls_memory_free(comm->names);
    ls_memory_free(comm->given);
    ls_memory_free(comm->offers);
    ls_memory_free(comm->words);
}

ls_status ls_comm_break(ls_comm *comm, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(comm->failure, sizeof comm->failure, format, arguments);
    va_end(arguments);
    comm->broken = true;
    return ls_comm_check(comm);
}

bool ls_comm_is_broken(const ls_comm *comm)
{
    return comm->broken;
}

ls_status ls_comm_check(const ls_comm *comm)
{
    return comm->broken ? ls_fail(LS_ERR_PEER, "%s", comm->failure) : LS_OK;
}

/* Those that a reduction has left on their way beside its caller's work: whatever else is sent comes behind them. */
static void settle_left(ls_comm *comm)
{
    if (!comm->finish)
        return;
    void (*finish)(void *user) = comm->finish;
    comm->finish = NULL;
    finish(comm->finish_user);
}

ls_status ls_comm_post(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                       const char *what)
{
    settle_left(comm);
    LS_TRY(ls_comm_check(comm));
    if (ls_fault("exchange") != LS_OK) {
        comm->operations->abandon(comm);
        return ls_comm_break(comm, "%s", ls_error_message());
    }
    assert(comm->under_way < LS_COMM_UNDER_WAY);
    for (int i = 0; i < receives; i++)
        assert(receive[i].peer >= 0 && receive[i].peer < comm->size && receive[i].peer != comm->rank);
    int64_t bytes = 0, messages = 0;
    for (int i = 0; i < sends; i++) {
        assert(send[i].peer >= 0 && send[i].peer < comm->size && send[i].peer != comm->rank);
        bytes += send[i].bytes;
        messages += send[i].bytes > 0;
    }
    atomic_thread_fence(memory_order_seq_cst); /* for what lies in shared memory */
    ls_status status = comm->operations->post(comm, receives, receive, sends, send, what);
    if (status == LS_OK) {
        comm->bytes_sent += bytes;
        comm->messages_sent += messages;
        comm->under_way++;
    }
    return status;
}

ls_status ls_comm_settle(ls_comm *comm)
{
    LS_TRY(ls_comm_check(comm));
    assert(comm->under_way > 0);
    double start = ls_clock();
    ls_status status = comm->operations->settle(comm);
    comm->wait_seconds += ls_clock() - start;
    comm->under_way--;
    atomic_thread_fence(memory_order_seq_cst);
    return status;
}

bool ls_comm_ready(ls_comm *comm)
{
    if (comm->broken)
        return true;
    assert(comm->under_way > 0);
    return comm->operations->ready(comm);
}

void ls_comm_poll(ls_comm *comm)
{
    if (comm->under_way > 0 && !comm->broken)
        comm->operations->poll(comm);
}

ls_status ls_comm_exchange(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                           const char *what)
{
    settle_left(comm);
    assert(comm->under_way == 0 || comm->broken);
    LS_TRY(ls_comm_post(comm, receives, receive, sends, send, what));
    return ls_comm_settle(comm);
}

/* ---- one rank ----------------------------------------------------------------------------------- */

/* A single rank has no peers, so there is nothing to exchange. */
static ls_status single_post(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                             const char *what)
{
    (void)comm, (void)receives, (void)receive, (void)sends, (void)send, (void)what;
    return LS_OK;
}

static ls_status single_settle(ls_comm *comm)
{
    (void)comm;
    return LS_OK;
}

static bool single_ready(ls_comm *comm)
{
    (void)comm;
    return true;
}

/* Nothing is ever under way. */
static void single_nothing(ls_comm *comm)
{
    (void)comm;
}

static void single_destroy(ls_comm *comm)
{
    ls_comm_finish(comm);
    ls_memory_free(comm);
}

static const ls_comm_operations single_operations = {single_post,    single_settle,  single_ready,
                                                     single_nothing, single_nothing, single_destroy};

ls_status ls_comm_create_single(ls_comm **comm)
{
    *comm = NULL;
    ls_comm *single = NULL;
    LS_TRY(ls_memory_allocate(&single, 1, sizeof *single, "communicator"));
    ls_status status = ls_comm_start(single, &single_operations, 0, 1);
    if (status != LS_OK) {
        single_destroy(single);
        return status;
    }
    *comm = single;
    return LS_OK;
}

/* ---- questions and settings --------------------------------------------------------------------- */

void ls_comm_destroy(ls_comm *comm)
{
    if (comm)
        comm->operations->destroy(comm);
}

int ls_comm_rank(const ls_comm *comm)
{
    return comm->rank;
}

int ls_comm_size(const ls_comm *comm)
{
    return comm->size;
}

const char *ls_comm_host(const ls_comm *comm)
{
    return comm->host;
}

int ls_comm_local_size(const ls_comm *comm)
{
    return comm->local_size;
}

int ls_comm_local_rank(const ls_comm *comm)
{
    return comm->local_rank;
}

void ls_comm_set_timeout(ls_comm *comm, double seconds)
{
    comm->timeout = seconds;
}

void ls_comm_set_passive(ls_comm *comm, bool passive)
{
    comm->passive = passive;
}

double ls_comm_wait_seconds(const ls_comm *comm)
{
    return comm->wait_seconds;
}

int64_t ls_comm_bytes_sent(const ls_comm *comm)
{
    return comm->bytes_sent;
}

int64_t ls_comm_messages_sent(const ls_comm *comm)
{
    return comm->messages_sent;
}
