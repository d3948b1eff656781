/* The communicator: ranks that exchange bytes, or one rank without MPI. Every wait polls, so it can give up
 * after the hang timeout and can sleep between polls when ranks are stacked on cores. A failed or timed-out
 * exchange is LS_ERR_PEER; after it the communicator is broken and every later call fails the same way.
 * Counts are checked where MPI's int is narrower. */
#ifndef LS_COMM_COMM_H
#define LS_COMM_COMM_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ls_comm ls_comm;

/* Local. One rank, no MPI. */
ls_status ls_comm_create_single(ls_comm **comm);
/* Collective over a communicator of MPI (comm_mpi.h), whose duplicate it frees; local, and so without a hang,
 * when the communicator is broken. NULL is accepted. */
void ls_comm_destroy(ls_comm *comm);

int ls_comm_rank(const ls_comm *comm);
int ls_comm_size(const ls_comm *comm);
/* Host name of this rank, and how many of this communicator's ranks run on this host (and this one's place
 * among them). */
const char *ls_comm_host(const ls_comm *comm);
int ls_comm_local_size(const ls_comm *comm);
int ls_comm_local_rank(const ls_comm *comm);
/* The name of another rank's host, cut to 63 bytes. Lives as long as the communicator. */
const char *ls_comm_host_of(const ls_comm *comm, int rank);
/* Ranks are counted host by host, whatever order the communicator that this one was made of has; the first is the same.
 * What that one calls a rank, and people who see the launcher's numbers: messages name ranks so. */
int ls_comm_given_rank(const ls_comm *comm, int rank);
/* How many hosts there are, and how many ranks are on the host of one: it, and its neighbours. */
int ls_comm_hosts(const ls_comm *comm);
int ls_comm_host_size(const ls_comm *comm, int rank);
/* "rank 3 on node17", by the number above. Returns text. */
#define LS_COMM_NAME 96
const char *ls_comm_name(const ls_comm *comm, int rank, char text[LS_COMM_NAME]);
/* Seconds to wait for another rank before LS_ERR_PEER; 0: for ever (the default). */
void ls_comm_set_timeout(ls_comm *comm, double seconds);
/* Local. Whether an exchange has failed, so that every call does, and MPI may still have buffers in its hands. */
bool ls_comm_is_broken(const ls_comm *comm);
/* Whether waits sleep instead of spinning. */
void ls_comm_set_passive(ls_comm *comm, bool passive);
/* Seconds this rank has spent waiting for its exchanges to be done, since creation. */
double ls_comm_wait_seconds(const ls_comm *comm);
/* Bytes this rank has sent since creation with ls_comm_exchange and the collectives below (payload). */
int64_t ls_comm_bytes_sent(const ls_comm *comm);
/* Messages they were in, before an implementation cuts long ones into pieces. */
int64_t ls_comm_messages_sent(const ls_comm *comm);

/* One message of an exchange: `bytes` to or from `peer`, another rank. Zero bytes are not sent. Both sides
 * give the same length. Between two ranks, messages with the same tag arrive in the order in which they are
 * listed. */
typedef struct ls_message {
    int peer;
    int tag; /* 0 .. 1000 */
    void *data;
    int64_t bytes;
} ls_message;

/* Collective between the peers named. Posts all receives, then all sends, and waits for all of them. `what`
 * says what the messages are for ("gradient"), for the message of a time-out, which names the ranks still
 * awaited. After a failure MPI may still hold the buffers of this exchange: keep them until the program ends.
 */
ls_status ls_comm_exchange(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                           const char *what);

/* Exchanges that may be under way at a time. */
#define LS_COMM_UNDER_WAY 32

/* The same in two parts, so that work can go on while messages travel. Collective between the peers named, who start
 * and settle their exchanges in the same order. ls_comm_post starts one; its data belong to it until it is settled, and
 * `what` must stay. ls_comm_settle waits for the oldest. Nothing else may be exchanged while one is under way. */
ls_status ls_comm_post(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                       const char *what);
ls_status ls_comm_settle(ls_comm *comm);
/* Local. Whether ls_comm_settle would return at once; lets messages under way move on. True as well where it would
 * fail. */
bool ls_comm_ready(ls_comm *comm);
/* Local. Lets messages under way move on; for long work between a post and its settle. */
void ls_comm_poll(ls_comm *comm);

/* Collective. `bytes` from each rank, in rank order into all (size * bytes). Here and below `mine` may
 * already lie in its place in `all`. */
ls_status ls_comm_allgather(ls_comm *comm, const void *mine, int64_t bytes, void *all);
/* Collective. bytes[r] bytes from rank r, all of them on every rank, in rank order in `all`. */
ls_status ls_comm_allgatherv(ls_comm *comm, const void *mine, const int64_t *bytes, void *all);
/* Collective. `bytes` from `root` to all. */
ls_status ls_comm_broadcast(ls_comm *comm, int root, void *data, int64_t bytes);
/* Collective among the ranks of a host. `bytes` from the first of them to the others. */
ls_status ls_comm_broadcast_on_host(ls_comm *comm, void *data, int64_t bytes);
/* Collective. bytes[r] bytes from rank r to `root`, in rank order in `all` (root only). */
ls_status ls_comm_gatherv(ls_comm *comm, int root, const void *mine, const int64_t *bytes, void *all);
/* Collective. values (count) become their sums over the ranks, on all of them. Whole numbers, which have no order. */
ls_status ls_comm_sum_int64(ls_comm *comm, int64_t *values, int64_t count);
/* Collective. The same with the least, or the greatest, of all ranks' values; none is NaN. */
ls_status ls_comm_least_double(ls_comm *comm, double *values, int64_t count);
ls_status ls_comm_most_double(ls_comm *comm, double *values, int64_t count);

#endif
