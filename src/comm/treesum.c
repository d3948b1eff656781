/* Sums over the tree: by doubling where every rank has one subtree of the same size; else every rank gets all subtrees'
 * sums and adds them itself, or, where these are many, they climb the tree from owner to owner, and the total comes
 * down. */
#include "comm/treesum.h"

#include "base/memory.h"
#include "comm/comm_internal.h"

#include <string.h>

struct ls_treesum {
    ls_comm *comm;
    const char *what;
    const ls_division *division;
    int rounds;     /* of doubling */
    double *theirs; /* (width) another rank's; NULL: all subtrees are gathered */

    /* Every rank knows everybody's subtrees, since who owns which leaf is arithmetic. */
    int own;             /* subtrees of this rank */
    ls_tree_node *nodes; /* (own), or (count) those of all ranks from left to right */
    /* gathered */
    int count;        /* of all ranks */
    int before;       /* of the ranks before this one */
    int *of_rank;     /* (size) how many of them */
    int64_t *bytes;   /* (size) */
    double *partials; /* (count, width) */
};

/* ---- life ---- */

static int64_t all_subtrees(const ls_division *d)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    int64_t count = 0;
    for (int r = 0; r < d->owners; r++)
        count += ls_division_nodes(d, r, nodes);
    return count;
}

static int64_t gathered_bytes(const ls_division *d, int64_t width)
{
    return all_subtrees(d) * width * (int64_t)sizeof(double);
}

int64_t ls_treesum_bytes(const ls_division *division, int64_t width, int64_t most_bytes)
{
    const int64_t gathered = gathered_bytes(division, width);
    return ls_division_by_pairs(division) || gathered > most_bytes ? width * (int64_t)sizeof(double) : gathered;
}

static ls_status prepare_gathering(ls_treesum *s, int64_t width)
{
    const int size = s->comm->size;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    LS_TRY(ls_memory_allocate(&s->of_rank, size, sizeof *s->of_rank, "sums of the ranks"));
    for (int r = 0; r < size; r++) {
        s->of_rank[r] = ls_division_nodes(s->division, r, nodes);
        s->before += r < s->comm->rank ? s->of_rank[r] : 0;
        s->count += s->of_rank[r];
    }
    LS_TRY(ls_memory_allocate(&s->nodes, s->count, sizeof *s->nodes, "sums of the ranks"));
    LS_TRY(ls_memory_allocate(&s->bytes, size, sizeof *s->bytes, "sums of the ranks"));
    LS_TRY(ls_memory_allocate(&s->partials, s->count * width, sizeof *s->partials, "sums of the ranks"));
    for (int r = 0, at = 0; r < size; at += s->of_rank[r++]) {
        (void)ls_division_nodes(s->division, r, nodes);
        memcpy(s->nodes + at, nodes, (size_t)s->of_rank[r] * sizeof *nodes);
    }
    return LS_OK;
}

static ls_status prepare_climbing(ls_treesum *s, int64_t width)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    s->own = ls_division_nodes(s->division, s->comm->rank, nodes);
    LS_TRY(ls_memory_allocate(&s->nodes, s->own, sizeof *s->nodes, "sums of the ranks"));
    memcpy(s->nodes, nodes, (size_t)s->own * sizeof *nodes);
    return ls_memory_allocate(&s->theirs, width, sizeof *s->theirs, "sums of the ranks");
}

ls_status ls_treesum_create(ls_comm *comm, const ls_division *division, int64_t width, int64_t most_bytes,
                            const char *what, ls_treesum **sum)
{
    ls_treesum *s;
    ls_status status;
    *sum = NULL;
    LS_TRY(ls_memory_allocate(&s, 1, sizeof *s, "sums of the ranks"));
    s->comm = comm;
    s->what = what;
    s->division = division;
    if (ls_division_by_pairs(division)) {
        while (1 << s->rounds < comm->size)
            s->rounds++;
        status = ls_memory_allocate(&s->theirs, width, sizeof *s->theirs, "sums of the ranks");
    } else if (gathered_bytes(division, width) <= most_bytes) {
        status = prepare_gathering(s, width);
    } else {
        status = prepare_climbing(s, width);
    }
    if (status != LS_OK) {
        ls_treesum_destroy(s);
        return status;
    }
    *sum = s;
    return LS_OK;
}

void ls_treesum_destroy(ls_treesum *sum)
{
    if (!sum)
        return;
    ls_memory_free(sum->theirs);
    ls_memory_free(sum->nodes);
    ls_memory_free(sum->of_rank);
    ls_memory_free(sum->bytes);
    ls_memory_free(sum->partials);
    ls_memory_free(sum);
}

/* ---- sums ---- */

/* Before round j a rank has the sum of an aligned subtree of 2^j ranks' leaves, whose sibling is the partner's. */
static ls_status run_doubling(ls_treesum *s, int64_t width, double *mine)
{
    for (int j = 0; j < s->rounds; j++) {
        const int partner = s->comm->rank ^ (1 << j);
        const int64_t bytes = width * (int64_t)sizeof *mine;
        const ls_message receive = {partner, LS_TAG_VECTOR, s->theirs, bytes};
        const ls_message send = {partner, LS_TAG_VECTOR, mine, bytes};
        LS_TRY(ls_comm_exchange(s->comm, 1, &receive, 1, &send, s->what));
        for (int64_t i = 0; i < width; i++)
            mine[i] = s->comm->rank < partner ? mine[i] + s->theirs[i] : s->theirs[i] + mine[i];
    }
    return ls_comm_check(s->comm);
}

static ls_status run_gathering(ls_treesum *s, int64_t width, const double *mine, double *total)
{
    double *own = s->partials + s->before * width;
    for (int r = 0; r < s->comm->size; r++)
        s->bytes[r] = s->of_rank[r] * width * (int64_t)sizeof *own;
    memcpy(own, mine, (size_t)s->bytes[s->comm->rank]);
    LS_TRY(ls_comm_gather_blocks(s->comm, s->bytes, 0, s->partials, s->what));
    ls_tree_sum(s->nodes, s->count, width, s->partials, total);
    return ls_comm_check(s->comm);
}

/* ---- climbing ---- */

static int owner_of(const ls_treesum *s, int64_t leaf)
{
    return ls_division_owner(s->division, leaf);
}

/* The row of mine that begins at a leaf of this rank's, at which a subtree begins. */
static double *row_at(const ls_treesum *s, int64_t leaf, int64_t width, double *mine)
{
    int k = 0;
    while (s->nodes[k].first != leaf)
        k++;
    return mine + k * width;
}

static void add_to(double *left, const double *right, int64_t width)
{
    for (int64_t i = 0; i < width; i++)
        left[i] = left[i] + right[i];
}

/* Two neighbours' sums become one: it is the left one's owner that has it. */
static ls_status join(ls_treesum *s, int64_t first, int64_t middle, int64_t width, double *mine)
{
    const int rank = s->comm->rank, left = owner_of(s, first), right = owner_of(s, middle);
    const int64_t bytes = width * (int64_t)sizeof *mine;
    if (right == rank && left == rank)
        add_to(row_at(s, first, width, mine), row_at(s, middle, width, mine), width);
    if (right == rank && left != rank) {
        const ls_message send = {left, LS_TAG_VECTOR, row_at(s, middle, width, mine), bytes};
        return ls_comm_exchange(s->comm, 0, NULL, 1, &send, s->what);
    }
    if (left == rank && right != rank) {
        const ls_message receive = {right, LS_TAG_VECTOR, s->theirs, bytes};
        LS_TRY(ls_comm_exchange(s->comm, 1, &receive, 0, NULL, s->what));
        add_to(row_at(s, first, width, mine), s->theirs, width);
    }
    return LS_OK;
}

/* Whether [first, last) is one of this rank's subtrees. */
static bool is_own(const ls_treesum *s, int64_t first, int64_t last)
{
    for (int k = 0; k < s->own; k++)
        if (s->nodes[k].first == first && s->nodes[k].size == last - first)
            return true;
    return false;
}

/* The largest power of two below `count`, where the tree over so many leaves splits. */
static int64_t left_half(int64_t count)
{
    int64_t half = 1;
    while (2 * half < count)
        half *= 2;
    return half;
}

/* The node over leaves [first, last). Every rank comes to those in which it has leaves, all in one order, children
 * first, so the two that a message is between have both done all that comes before it. */
static ls_status climb(ls_treesum *s, int64_t first, int64_t last, int64_t width, double *mine)
{
    const int64_t from = s->own > 0 ? s->nodes[0].first : 0;
    const int64_t to = s->own > 0 ? s->nodes[s->own - 1].first + s->nodes[s->own - 1].size : 0;
    if (first >= to || last <= from || is_own(s, first, last))
        return LS_OK;
    const int64_t middle = first + left_half(last - first);
    LS_TRY(climb(s, first, middle, width, mine));
    LS_TRY(climb(s, middle, last, width, mine));
    return join(s, first, middle, width, mine);
}

static ls_status run_climbing(ls_treesum *s, int64_t width, double *mine, double *total)
{
    const int top = owner_of(s, 0);
    LS_TRY(climb(s, 0, s->division->leaves, width, mine));
    if (total != mine && s->comm->rank == top)
        memcpy(total, mine, (size_t)width * sizeof *total);
    return ls_comm_broadcast_as(s->comm, top, total, width * (int64_t)sizeof *total, s->what);
}

/* ---- all ---- */

ls_status ls_treesum_run(ls_treesum *s, int64_t width, double *mine, double *total)
{
    if (s->partials)
        return run_gathering(s, width, mine, total);
    if (!ls_division_by_pairs(s->division))
        return run_climbing(s, width, mine, total);
    LS_TRY(run_doubling(s, width, mine));
    if (total != mine)
        memcpy(total, mine, (size_t)width * sizeof *total);
    return LS_OK;
}
