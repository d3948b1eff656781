/* Why messages over MPI did not come.
 *
 * A rank that waits too long often waits for another victim, not for the culprit: in a tree of messages, rank
 * 0 waits for rank 1 which waits for rank 3 which hangs. So a rank that gives up first tells all others whom
 * it waits for (a *distress* message), listens for a moment to theirs, and follows the chain to a rank that
 * says nothing. */
#include "comm/comm_mpi_internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void ls_comm_mpi_abandon(ls_mpi_comm *self)
{
    for (int i = 0; i < self->count; i++) {
        if (self->requests[i] == MPI_REQUEST_NULL)
            continue;
        if (self->lengths[i] >= 0)
            MPI_Cancel(&self->requests[i]);
        MPI_Request_free(&self->requests[i]);
        self->messages_abandoned = true;
    }
    self->count = 0;
}

ls_status ls_comm_mpi_fail(ls_mpi_comm *self, int code, int peer, const char *what)
{
    char text[MPI_MAX_ERROR_STRING] = "unknown error", name[LS_COMM_NAME];
    int length = 0;
    MPI_Error_string(code, text, &length);
    ls_comm_mpi_abandon(self);
    return ls_comm_break(&self->comm, "MPI failed with %s (%s): %s", ls_comm_name(&self->comm, peer, name), what, text);
}

/* The rank that MPI calls so. */
static int rank_of(const ls_comm *comm, int given)
{
    int rank = 0;
    while (comm->given[rank] != given)
        rank++;
    return rank;
}

/* Sends our distress message to all others and collects theirs for a moment. */
static void exchange_distress(ls_mpi_comm *self, int awaited)
{
    int size = self->comm.size, rank = self->comm.rank;
    self->awaited = awaited;
    for (int r = 0; r < size; r++) {
        self->waits_for[r] = -1;
        self->distress[r] = MPI_REQUEST_NULL;
        if (r != rank)
            MPI_Isend(&self->awaited, 1, MPI_INT, self->comm.given[r], LS_TAG_DISTRESS, self->communicator,
                      &self->distress[r]);
    }
    /* Victims of one hang began to wait within a step of each other; a quarter of the timeout covers that. A rank that
     * lacks a core may sleep through all of it, so it looks for what has come meanwhile at its end: twice, since a look
     * in vain may be what makes MPI go on. */
    double grace = self->comm.timeout / 4 < 5 ? self->comm.timeout / 4 : 5, start = ls_clock();
    for (int late = 0; late < 2;) {
        const bool over = ls_clock() - start >= grace;
        int found = 0;
        MPI_Status status;
        if (MPI_Iprobe(MPI_ANY_SOURCE, LS_TAG_DISTRESS, self->communicator, &found, &status) != MPI_SUCCESS)
            break;
        if (found)
            MPI_Recv(&self->waits_for[rank_of(&self->comm, status.MPI_SOURCE)], 1, MPI_INT, status.MPI_SOURCE,
                     LS_TAG_DISTRESS, self->communicator, MPI_STATUS_IGNORE);
        else if (over)
            late++;
        else
            nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    for (int r = 0; r < size; r++) {
        if (self->distress[r] == MPI_REQUEST_NULL)
            continue;
        int done = 0;
        if (MPI_Test(&self->distress[r], &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || !done)
            self->messages_abandoned = true;
    }
}

/* Appends to a text of fixed size. */
static void append(char *text, size_t size, const char *format, int number)
{
    size_t used = strlen(text);
    snprintf(text + used, size - used, format, number);
}

/* Where all of several ranks of another host are silent, a rank is not to blame. */
static void say_of_host(const ls_mpi_comm *self, int silent, char *text, size_t size)
{
    const ls_comm *comm = &self->comm;
    int ranks = 0;
    for (int r = 0; r < comm->size; r++) {
        if (comm->hosts[r] != comm->hosts[silent])
            continue;
        if (r == comm->rank || self->waits_for[r] >= 0)
            return;
        ranks++;
    }
    if (ranks > 1)
        snprintf(text, size, "; nor does any other of the %d ranks on %s answer: is the host up, and its network?",
                 ranks, comm->names[silent]);
}

ls_status ls_comm_mpi_time_out(ls_mpi_comm *self)
{
    const char *what = self->what[0];
    enum { NAMED = 8 };
    int awaited = -1, named = 0, more = 0, last = -1;
    char ranks[256] = "";
    for (int i = 0; i < self->groups[0]; i++) {
        int done = 0, peer = self->peers[i];
        if (self->requests[i] != MPI_REQUEST_NULL)
            MPI_Test(&self->requests[i], &done, MPI_STATUS_IGNORE);
        else
            done = 1;
        if (done || peer == last)
            continue;
        last = peer;
        if (awaited < 0)
            awaited = peer;
        if (named < NAMED)
            append(ranks, sizeof ranks, named++ ? ", %d" : "%d", self->comm.given[peer]);
        else
            more++;
    }
    if (awaited < 0)
        return LS_OK; /* the last message came while we looked */
    if (more > 0)
        append(ranks, sizeof ranks, " and %d more messages", more);

    exchange_distress(self, awaited);
    int end = awaited;
    for (int links = 0; links < self->comm.size && self->waits_for[end] >= 0; links++)
        end = self->waits_for[end];
    ls_comm_mpi_abandon(self);

    char chain[128] = "", seconds[32], name[LS_COMM_NAME], host[192] = "";
    ls_comm_name(&self->comm, end, name);
    ls_format_double(self->comm.timeout, seconds);
    if (end == self->comm.rank || self->waits_for[end] >= 0)
        return ls_comm_break(&self->comm,
                             "waited %s s for rank %s (%s), while ranks wait for each other in a circle: they do not "
                             "make the same collective calls in the same order",
                             seconds, ranks, what);
    if (end != awaited)
        snprintf(chain, sizeof chain, ", which waits for %s", name);
    say_of_host(self, end, host, sizeof host);
    return ls_comm_break(&self->comm,
                         "waited %s s for rank %s (%s)%s; %s may hang, have died, or be slower than the hang timeout "
                         "allows%s",
                         seconds, ranks, what, chain, name, host);
}
