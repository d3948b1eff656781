/* The communicator over MPI from inside: comm_mpi.c moves messages, comm_mpi_failure.c says why they did not
 * come. */
#ifndef LS_COMM_COMM_MPI_INTERNAL_H
#define LS_COMM_COMM_MPI_INTERNAL_H

#include "comm/comm_internal.h"
#include "comm/comm_mpi.h"

typedef struct ls_mpi_comm {
    ls_comm comm;
    MPI_Comm communicator; /* the duplicate, owned */
    MPI_Request *requests; /* (capacity) */
    int *peers;            /* (capacity) of each request */
    int *lengths;          /* (capacity) bytes of each receive, -1 for a send */
    int capacity;
    int count;                     /* requests of the exchanges under way, the oldest's first */
    int groups[LS_COMM_UNDER_WAY]; /* how many are of each */
    const char *what[LS_COMM_UNDER_WAY];
    int done; /* requests of the oldest that are */
    /* distress */
    int awaited;             /* what this rank's own message says */
    int *waits_for;          /* (size) what the others' say; -1: silent */
    MPI_Request *distress;   /* (size) */
    bool messages_abandoned; /* MPI may still read buffers of ours */
} ls_mpi_comm;

/* Local. Lets go of the requests of all exchanges under way. Receives are cancelled; a send cannot be taken back, so
 * its buffer stays MPI's. */
void ls_comm_mpi_abandon(ls_mpi_comm *self);

/* Local. Abandons the exchanges and breaks the communicator, because MPI returned `code` for a message of
 * `peer`. */
ls_status ls_comm_mpi_fail(ls_mpi_comm *self, int code, int peer, const char *what);

/* Local. The same, because the timeout of the oldest exchange is over; names the ranks awaited and, after hearing the
 * others for a moment, the one that seems to hang. LS_OK when the last message has come just now. */
ls_status ls_comm_mpi_time_out(ls_mpi_comm *self);

#endif
