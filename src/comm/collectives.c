/* Collectives over ls_comm_exchange. None of them allocates, so no rank can drop out between two messages and
 * leave the others waiting; the number and length of the messages follow from arguments that all ranks share.
 */
#include "comm/comm_internal.h"

#include <string.h>

/* Where rank r's block begins; r = size gives the end. */
static int64_t block_offset(const int64_t *bytes, int64_t each, int r)
{
    if (!bytes)
        return each * r;
    int64_t offset = 0;
    for (int i = 0; i < r; i++)
        offset += bytes[i];
    return offset;
}

/* The blocks of `count` ranks from `first` on, past the last rank on from rank 0: at most two messages. */
static void ring_messages(const ls_comm *comm, const int64_t *bytes, int64_t each, char *all, int first, int count,
                          int peer, ls_message message[2])
{
    int end = first + count, wrapped = 0;
    if (end > comm->size) {
        wrapped = end - comm->size;
        end = comm->size;
    }
    int64_t from = block_offset(bytes, each, first), to = block_offset(bytes, each, end);
    message[0] = (ls_message){peer, LS_TAG_GATHER, all + from, to - from};
    message[1] = (ls_message){peer, LS_TAG_GATHER_WRAPPED, all, block_offset(bytes, each, wrapped)};
}

/* Bruck et al., "Efficient algorithms for all-to-all communications in multiport message-passing systems"
 * (1997), with every block at its final place from the start: before the step at `distance` a rank holds the
 * blocks of `distance` ranks from its own on; it hands them `distance` ranks down and gets as many more from
 * above. ceil(log2 size) steps, each byte sent once per receiver. */
ls_status ls_comm_gather_blocks(ls_comm *comm, const int64_t *bytes, int64_t each, void *all, const char *what)
{
    int size = comm->size, rank = comm->rank;
    for (int distance = 1; distance < size; distance *= 2) {
        int count = distance < size - distance ? distance : size - distance;
        int above = (rank + distance) % size, below = (rank - distance + size) % size;
        ls_message receive[2], send[2];
        ring_messages(comm, bytes, each, all, above, count, above, receive);
        ring_messages(comm, bytes, each, all, rank, count, below, send);
        LS_TRY(ls_comm_exchange(comm, 2, receive, 2, send, what));
    }
    return ls_comm_check(comm);
}

/* Puts the own block into its place, where it may be already. */
static void place(void *all, int64_t offset, const void *mine, int64_t bytes)
{
    char *target = (char *)all + offset;
    if (bytes > 0 && target != (const char *)mine)
        memcpy(target, mine, (size_t)bytes);
}

ls_status ls_comm_allgather(ls_comm *comm, const void *mine, int64_t bytes, void *all)
{
    place(all, bytes * comm->rank, mine, bytes);
    return ls_comm_gather_blocks(comm, NULL, bytes, all, "allgather");
}

ls_status ls_comm_allgatherv(ls_comm *comm, const void *mine, const int64_t *bytes, void *all)
{
    place(all, block_offset(bytes, 0, comm->rank), mine, bytes[comm->rank]);
    return ls_comm_gather_blocks(comm, bytes, 0, all, "allgather");
}

/* Binomial tree on the ranks counted from the root: a rank hears from the one without its lowest set bit and
 * passes on to those that set one lower bit, the one with the most ranks behind it first. Among ranks first .. first +
 * size - 1. */
static ls_status pass_down(ls_comm *comm, int first, int size, int root, void *data, int64_t bytes, const char *what)
{
    const int place_in_tree = (comm->rank - root + size) % size, from = root - first;
    int bit = 1;
    while (bit < size && !(place_in_tree & bit))
        bit *= 2;
    if (place_in_tree != 0) {
        ls_message receive = {first + (place_in_tree - bit + from) % size, LS_TAG_BROADCAST, data, bytes};
        LS_TRY(ls_comm_exchange(comm, 1, &receive, 0, NULL, what));
    }
    ls_message send[32];
    int sends = 0;
    for (bit /= 2; bit >= 1; bit /= 2)
        if (place_in_tree + bit < size)
            send[sends++] = (ls_message){first + (place_in_tree + bit + from) % size, LS_TAG_BROADCAST, data, bytes};
    return ls_comm_exchange(comm, 0, NULL, sends, send, what);
}

ls_status ls_comm_broadcast_as(ls_comm *comm, int root, void *data, int64_t bytes, const char *what)
{
    return pass_down(comm, 0, comm->size, root, data, bytes, what);
}

/* Ranks are counted host by host. */
ls_status ls_comm_broadcast_on_host(ls_comm *comm, void *data, int64_t bytes)
{
    const int first = comm->rank - comm->local_rank;
    return pass_down(comm, first, comm->local_size, first, data, bytes, "broadcast on a host");
}

ls_status ls_comm_broadcast(ls_comm *comm, int root, void *data, int64_t bytes)
{
    return ls_comm_broadcast_as(comm, root, data, bytes, "broadcast");
}

/* One rank after the other, so that the root needs no list of messages and is not flooded by all ranks at
 * once: the next rank's data waits at the sender (large messages) until the root asks for it. */
ls_status ls_comm_gatherv(ls_comm *comm, int root, const void *mine, const int64_t *bytes, void *all)
{
    if (comm->rank != root) {
        ls_message send = {root, LS_TAG_TO_ROOT, (void *)mine, bytes[comm->rank]};
        return ls_comm_exchange(comm, 0, NULL, 1, &send, "gather");
    }
    char *block = all;
    for (int r = 0; r < comm->size; r++) {
        ls_message receive = {r, LS_TAG_TO_ROOT, block, bytes[r]};
        if (r == root)
            place(block, 0, mine, bytes[r]);
        else
            LS_TRY(ls_comm_exchange(comm, 1, &receive, 0, NULL, "gather"));
        block += bytes[r];
    }
    return ls_comm_check(comm);
}

/* values become what they and theirs make together. */
typedef void (*join_function)(void *values, const void *theirs, int64_t count);

/* Values of 8 bytes at a time. */
enum { FOLDED = 8192 };

/* Up the binomial tree on the ranks, one piece of the values: those that have the bit of a round set give theirs to the
 * rank without it, and are done. */
static ls_status fold_to_root(ls_comm *comm, void *values, void *theirs, int64_t count, join_function join,
                              const char *what)
{
    for (int bit = 1; bit < comm->size; bit *= 2) {
        ls_message message = {comm->rank ^ bit, LS_TAG_SUM, values, 8 * count};
        if (comm->rank & bit)
            return ls_comm_exchange(comm, 0, NULL, 1, &message, what);
        if (message.peer >= comm->size)
            continue;
        message.data = theirs;
        LS_TRY(ls_comm_exchange(comm, 1, &message, 0, NULL, what));
        join(values, theirs, count);
    }
    return ls_comm_check(comm);
}

static ls_status fold(ls_comm *comm, void *values, int64_t count, join_function join, const char *what)
{
    uint64_t theirs[FOLDED];
    for (int64_t first = 0; first < count; first += FOLDED) {
        const int64_t now = count - first < FOLDED ? count - first : FOLDED;
        char *piece = (char *)values + 8 * first;
        LS_TRY(fold_to_root(comm, piece, theirs, now, join, what));
        LS_TRY(ls_comm_broadcast_as(comm, 0, piece, 8 * now, what));
    }
    return ls_comm_check(comm);
}

static void add_integers(void *values, const void *theirs, int64_t count)
{
    int64_t *to = values;
    const int64_t *from = theirs;
    for (int64_t i = 0; i < count; i++)
        to[i] += from[i];
}

ls_status ls_comm_sum_int64(ls_comm *comm, int64_t *values, int64_t count)
{
    return fold(comm, values, count, add_integers, "sum");
}

static void take_least(void *values, const void *theirs, int64_t count)
{
    double *to = values;
    const double *from = theirs;
    for (int64_t i = 0; i < count; i++)
        to[i] = from[i] < to[i] ? from[i] : to[i];
}

ls_status ls_comm_least_double(ls_comm *comm, double *values, int64_t count)
{
    return fold(comm, values, count, take_least, "least values");
}

static void take_most(void *values, const void *theirs, int64_t count)
{
    double *to = values;
    const double *from = theirs;
    for (int64_t i = 0; i < count; i++)
        to[i] = from[i] > to[i] ? from[i] : to[i];
}

ls_status ls_comm_most_double(ls_comm *comm, double *values, int64_t count)
{
    return fold(comm, values, count, take_most, "greatest values");
}
