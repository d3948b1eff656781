/* The communicator from inside: what the implementations (one rank, MPI, the tests' threads) share. An
 * implementation embeds ls_comm as its first member and brings the operations that move bytes; everything
 * else is built over it. */
#ifndef LS_COMM_COMM_INTERNAL_H
#define LS_COMM_COMM_INTERNAL_H

#include "comm/comm.h"

#define LS_COMM_HOST_MAX    256
#define LS_COMM_HOST_CUT    64 /* Linux has no longer ones */
#define LS_COMM_FAILURE_MAX 2048

typedef struct ls_comm_operations {
    /* As ls_comm_post and ls_comm_settle; end with ls_comm_break when they fail. */
    ls_status (*post)(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                      const char *what);
    ls_status (*settle)(ls_comm *comm);
    /* As ls_comm_ready. */
    bool (*ready)(ls_comm *comm);
    /* As ls_comm_poll. */
    void (*poll)(ls_comm *comm);
    /* Lets go of all exchanges under way; the communicator breaks. */
    void (*abandon)(ls_comm *comm);
    /* Releases what the implementation added and the block itself. */
    void (*destroy)(ls_comm *comm);
} ls_comm_operations;

struct ls_comm {
    const ls_comm_operations *operations;
    int rank, size;
    int local_rank, local_size;
    char host[LS_COMM_HOST_MAX]; /* zeros behind the name */
    double timeout;              /* seconds; 0: for ever */
    bool passive;
    double wait_seconds;
    int64_t bytes_sent, messages_sent;
    uint64_t *hosts;                 /* (size) equal for ranks of the same host, which are neighbours */
    char (*names)[LS_COMM_HOST_CUT]; /* (size) of the hosts, zeros behind them; before ls_comm_locate only its own */
    int *given;                      /* (size) each rank's number in the communicator that this one was made of */
    int64_t piece;                   /* longer messages are cut into pieces of this size; the same on all ranks */
    struct ls_comm_offer *offers;    /* (size), for ls_comm_share */
    int under_way;                   /* exchanges posted and not settled */
    /* What must be over before any other message: the way of weights that others wait for, say. Whoever set it posts
     * with it taken away. NULL: nothing. */
    void (*finish)(void *user);
    void *finish_user;
    bool broken;
    char failure[LS_COMM_FAILURE_MAX]; /* why it is broken */
    /* (size) one word per rank for small collectives, made once so that agreeing never has to allocate: a
     * rank that failed to would leave the others waiting. Nobody keeps anything in it between calls. */
    uint64_t *words;
};

/* The tags of this folder's messages. */
enum {
    LS_TAG_GATHER = 1,
    LS_TAG_GATHER_WRAPPED,
    LS_TAG_BROADCAST,
    LS_TAG_TO_ROOT,
    LS_TAG_SUM,
    LS_TAG_VECTOR,
    LS_TAG_HEADER,
    LS_TAG_PACKED,
    LS_TAG_SPREAD,
    LS_TAG_SHARE,
    LS_TAG_DISTRESS = 1001 /* above what callers may use; see comm_mpi.c */
};

/* Local. Fills the common part of a zeroed block; local_rank and local_size as if alone on the host. */
ls_status ls_comm_start(ls_comm *comm, const ls_comm_operations *operations, int rank, int size);
/* Local. The order in which ranks are counted: host by host as they appear first, those of one host as they were; so
 * the first stays the first. hosts (size) are equal for ranks of one host; order[i] is the rank that becomes i. */
void ls_hosts_order(int size, const uint64_t *hosts, int *order);
/* Collective. Finds hosts, local_rank and local_size by comparing host names. Ranks of one host become neighbours, as
 * partners in the reduction's first rounds, which move the most, are: `rank` may change here, and from here on messages
 * for rank r go to given[r]. */
ls_status ls_comm_locate(ls_comm *comm);
/* Local. Releases the common part. */
void ls_comm_finish(ls_comm *comm);

/* ---- memory that ranks of one host share ---- */

/* What a rank tells the others of memory it would share. */
typedef struct ls_comm_offer {
    uint64_t token;
    int64_t bytes;
    int32_t process, file; /* -1: none */
} ls_comm_offer;

/* Another rank of this host that this one exchanges with. */
typedef struct ls_shared_peer {
    int rank;
    int64_t begin;  /* bytes of this rank's block before what is for the peer; a multiple of 64 */
    int64_t theirs; /* bytes of the peer's block before what is for this rank */
    char *block;    /* the peer's, mapped; NULL: these two do not share */
    int64_t bytes;  /* of it */
} ls_shared_peer;

/* A block of this rank's that the peers map, as it maps theirs. What is written before a message is posted can be read
 * once the message is settled; whoever uses it must know when the other does. */
typedef struct ls_shared {
    int64_t bytes; /* of the block: first what is for all, then for each peer */
    char *own;     /* NULL: no peer has it */
    int count;
    ls_shared_peer *peer; /* (count) ascending */
} ls_shared;

/* Local. Room for `most` peers in a zeroed list. */
ls_status ls_shared_create(ls_shared *shared, int most);
/* Local. Another `bytes` of the block (a multiple of 64), for a rank that is a peer where it is on this host; otherwise
 * nothing happens. Each rank at most once, and either by both or by neither of two ranks. */
void ls_shared_add(ls_shared *shared, const ls_comm *comm, int rank, int64_t bytes);
/* Local. NULL: no memory is shared with `rank`. */
const ls_shared_peer *ls_shared_with(const ls_shared *shared, int rank);
/* Collective, once. Makes the block and maps the peers' where it can; no sharing is not an error. */
ls_status ls_comm_share(ls_comm *comm, ls_shared *shared);
/* Local. The peers stay. */
void ls_comm_unshare(ls_shared *shared);
/* Local. Back to {0}. */
void ls_shared_free(ls_shared *shared);

/* Local. Marks the communicator broken with this message and returns LS_ERR_PEER. */
ls_status ls_comm_break(ls_comm *comm, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Local. LS_OK, or LS_ERR_PEER with the message recorded when it broke. */
ls_status ls_comm_check(const ls_comm *comm);

/* Collective. The ranks' blocks lie one behind the other in `all`: bytes[r] of rank r, or `each` of every
 * rank when `bytes` is NULL. On entry each rank's own block is in place, afterwards all are. */
ls_status ls_comm_gather_blocks(ls_comm *comm, const int64_t *bytes, int64_t each, void *all, const char *what);
/* Collective. ls_comm_broadcast with a name for what is sent. */
ls_status ls_comm_broadcast_as(ls_comm *comm, int root, void *data, int64_t bytes, const char *what);

#endif
