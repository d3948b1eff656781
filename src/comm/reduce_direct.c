/* Direct reduction for any number of ranks. A rank's run of shards falls into maximal aligned subtrees, which
 * are nodes of the contract's tree whatever the other ranks own; whoever owns a slice gets that slice of
 * every node and adds the nodes left to right: siblings merge at once, what is left over merges from the
 * right (base/tree.h).
 *
 * Sliced: every rank sends each other rank its header and, node by node, that rank's slice straight from the
 * partial vectors, piece by piece. Replicated (small n): headers and vectors are packed and gathered
 * everywhere, and everybody adds all of it. A rank without shards brings an empty header: its bits count,
 * since it too may have failed or been told to stop. Receives are posted first, lengths and pieces are
 * known to all: no rank can wait for one that waits for it. */
#include "comm/reduce_direct.h"

#include "base/memory.h"

#include <limits.h>
#include <string.h>

/* Floats of pieces of all subtrees that have a place, 32 MiB of them, and a piece for which that does not count. */
#define MOST_PLACED ((int64_t)8 << 20)
enum { SHORTEST_PIECE = 4096 };

static const char *const what_sum = "gradient";

/* Where the slice of a member begins; of that behind the last: where the last ends. */
static int64_t slice_begin(const ls_reduce *reduce, int64_t member)
{
    const int64_t blocks = (reduce->n + LS_REDUCE_GRAIN - 1) / LS_REDUCE_GRAIN;
    const int64_t begin = blocks * member / reduce->members * LS_REDUCE_GRAIN;
    return ls_reduce_cut(reduce, begin < reduce->n ? begin : reduce->n);
}

ls_reduce_range ls_reduce_direct_slice(const ls_reduce *reduce, int member)
{
    return (ls_reduce_range){slice_begin(reduce, member), slice_begin(reduce, member + 1)};
}

/* ---- creation ----------------------------------------------------------------------------------- */

/* The members' nodes. */
static ls_status list_nodes(ls_reduce *reduce)
{
    const int members = reduce->members, first = reduce->group * members;
    int64_t total = 0;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    LS_TRY(ls_memory_allocate(&reduce->first_node, members + 1, sizeof *reduce->first_node, "subtrees of the ranks"));
    for (int r = 0; r < members; r++) {
        total += ls_division_nodes(&reduce->division, first + r, nodes);
        if (total > INT_MAX / 4)
            return ls_fail(LS_ERR_USAGE, "%lld shards over %d ranks are too many subtrees", (long long)reduce->shards,
                           reduce->comm->size);
        reduce->first_node[r + 1] = (int)total;
    }
    reduce->total_nodes = (int)total;
    LS_TRY(ls_memory_allocate(&reduce->all_nodes, total, sizeof *reduce->all_nodes, "subtrees of the ranks"));
    for (int r = 0; r < members; r++) {
        const int count = ls_division_nodes(&reduce->division, first + r, nodes);
        memcpy(reduce->all_nodes + reduce->first_node[r], nodes, (size_t)count * sizeof *nodes);
    }
    return LS_OK;
}

/* Floats of a piece of a slice of `longest`. Of each subtree of the others two arrive as messages, or four have a place
 * in shared memory: with many ranks shorter ones than elsewhere, or they would take more memory than the gradient. */
static int64_t find_piece(const ls_reduce *reduce, int64_t longest)
{
    const int64_t stride = ls_reduce_stride(longest > 0 ? longest : 1);
    int64_t piece = reduce->piece < stride ? reduce->piece : stride;
    while (piece > SHORTEST_PIECE && LS_REDUCE_PLACES * reduce->total_nodes * piece > MOST_PLACED)
        piece = ls_reduce_stride(piece / 2);
    return piece;
}

/* Lists of ranks and subtrees, which are short, are left out. All others on this host, or one of them not. */
int64_t ls_reduce_direct_bytes(const ls_reduce *reduce)
{
    const int64_t size = reduce->members, piece = find_piece(reduce, reduce->n / size + LS_REDUCE_GRAIN);
    const int64_t headers =
        size * ls_reduce_header_bytes(reduce, 0) + reduce->total_nodes * reduce->width * (int64_t)sizeof(double);
    if (reduce->replicated && size > 1)
        return headers + reduce->total_nodes * ls_reduce_stride(reduce->n) * (int64_t)sizeof(float);
    const int64_t arrivals = 2 * (reduce->total_nodes - reduce->node_count);
    const int64_t shared = LS_REDUCE_PLACES * (1 + reduce->node_count * (size - 1));
    const int64_t both = size > 2 ? arrivals + shared - LS_REDUCE_PLACES * reduce->node_count : arrivals;
    const int64_t pieces = (both > shared ? both : shared) + (reduce->node_count == 0);
    return headers + (size > 1 ? pieces : 0) * piece * (int64_t)sizeof(float);
}

ls_status ls_reduce_direct_create(ls_reduce *reduce)
{
    const int size = reduce->members, rank = reduce->member;
    LS_TRY(list_nodes(reduce));
    LS_TRY(ls_memory_allocate(&reduce->rows, reduce->total_nodes, sizeof *reduce->rows, "subtrees of the ranks"));
    LS_TRY(ls_memory_allocate(&reduce->header_rows, (int64_t)reduce->total_nodes * reduce->width, sizeof(double),
                              "headers of the ranks"));
    LS_TRY(ls_memory_allocate(&reduce->header_total, reduce->width, sizeof(double), "headers of the ranks"));

    bool packed = reduce->replicated && size > 1;
    int64_t bytes = 0, stride = ls_reduce_stride(reduce->n);
    LS_TRY(ls_memory_allocate(&reduce->block_bytes, size, sizeof *reduce->block_bytes, "headers of the ranks"));
    for (int r = 0; r < size; r++) {
        reduce->block_bytes[r] = ls_reduce_header_bytes(reduce, ls_reduce_direct_nodes_of(reduce, r));
        if (packed)
            reduce->block_bytes[r] += ls_reduce_direct_nodes_of(reduce, r) * stride * (int64_t)sizeof(float);
        bytes += reduce->block_bytes[r];
    }
    LS_TRY(ls_memory_allocate(&reduce->blocks, bytes, 1, packed ? "gradients of all ranks" : "headers of the ranks"));
    if (packed)
        return LS_OK;

    for (int r = 0; r < size; r++) {
        const ls_reduce_range slice = ls_reduce_direct_slice(reduce, r);
        reduce->longest = slice.last - slice.first > reduce->longest ? slice.last - slice.first : reduce->longest;
    }
    reduce->direct_piece = find_piece(reduce, reduce->longest);
    LS_TRY(ls_memory_allocate(&reduce->arrivals, 2 * (reduce->total_nodes - reduce->node_count) * reduce->direct_piece,
                              sizeof(float), "parts of a gradient from other ranks"));
    if (reduce->node_count == 0)
        LS_TRY(ls_memory_allocate(&reduce->total, reduce->direct_piece, sizeof(float), "sum of a gradient"));
    LS_TRY(ls_memory_allocate(&reduce->near, size, sizeof *reduce->near, "ranks of this host"));
    LS_TRY(ls_memory_allocate(&reduce->got, (int64_t)size * 2 * LS_REDUCE_PLACES, sizeof *reduce->got, "notices"));
    ls_reduce_direct_plan_sharing(reduce);
    /* A header and the nodes of each other rank come in, or a notice; ours go out to each. */
    LS_TRY(
        ls_memory_allocate(&reduce->receive, 2 * size + reduce->total_nodes, sizeof(ls_message), "list of messages"));
    return ls_memory_allocate(&reduce->send, (int64_t)size * (2 + ls_reduce_direct_nodes_of(reduce, rank)),
                              sizeof(ls_message), "list of messages");
}

/* ---- adding ------------------------------------------------------------------------------------- */

/* Adds reduce->rows in the tree's order, each sum into its left operand, the last one into `target` unless
 * that is NULL; returns where the total is. */
static float *add_rows(ls_reduce *reduce, int64_t length, float *target)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    float *sums[LS_TREE_MAX_NODES];
    int depth = 0;
    for (int i = 0; i < reduce->total_nodes; i++) {
        bool last = i + 1 == reduce->total_nodes;
        nodes[depth] = reduce->all_nodes[i];
        sums[depth++] = reduce->rows[i];
        while (depth > 1 && (last || ls_tree_siblings(nodes[depth - 2], nodes[depth - 1]))) {
            float *left = sums[depth - 2], *right = sums[depth - 1];
            if (last && depth == 2 && target)
                sums[0] = target;
            reduce->add(reduce->user, length, left, right, sums[depth - 2]);
            depth--;
            nodes[depth - 1].size *= 2; /* without meaning among the leftovers, which merge anyway */
        }
    }
    if (target && sums[0] != target) { /* one node in all, another rank's */
        memcpy(target, sums[0], (size_t)length * sizeof(float));
        sums[0] = target;
    }
    return sums[0];
}

/* The total of all members' headers. */
static void add_headers(ls_reduce *reduce, ls_reduce_header *header)
{
    size_t row_bytes = (size_t)reduce->width * sizeof(double);
    uint32_t bits = 0, tally = 0;
    char *block = reduce->blocks;
    for (int r = 0; r < reduce->members; block += reduce->block_bytes[r++]) {
        ls_reduce_add_words(block, &bits, &tally);
        if (row_bytes > 0)
            memcpy(reduce->header_rows + (int64_t)reduce->first_node[r] * reduce->width, ls_reduce_packed_sums(block),
                   (size_t)ls_reduce_direct_nodes_of(reduce, r) * row_bytes);
    }
    header->bits = bits;
    header->tally = tally;
    if (row_bytes > 0) {
        ls_tree_sum(reduce->all_nodes, reduce->total_nodes, reduce->width, reduce->header_rows, reduce->header_total);
        memcpy(header->sums, reduce->header_total, row_bytes);
    }
}

/* ---- everybody gets everything ------------------------------------------------------------------ */

static ls_status sum_replicated(ls_reduce *reduce, float *const *partials, ls_reduce_header *header, const float **sum)
{
    int rank = reduce->comm->rank;
    int64_t stride = ls_reduce_stride(reduce->n);
    char *block = reduce->blocks;
    for (int r = 0; r < reduce->comm->size; block += reduce->block_bytes[r++]) {
        float *vectors =
            (float *)(void *)(block + ls_reduce_header_bytes(reduce, ls_reduce_direct_nodes_of(reduce, r)));
        for (int i = 0; i < ls_reduce_direct_nodes_of(reduce, r); i++) {
            float *row = vectors + i * stride;
            reduce->rows[reduce->first_node[r] + i] = row;
            if (r == rank)
                memcpy(row, partials[i], (size_t)reduce->n * sizeof(float));
        }
        if (r == rank)
            ls_reduce_pack_header(reduce, header, reduce->node_count, block);
    }
    LS_TRY(ls_comm_gather_blocks(reduce->comm, reduce->block_bytes, 0, reduce->blocks, what_sum));
    add_headers(reduce, header);
    *sum = add_rows(reduce, reduce->n, NULL);
    return LS_OK;
}

/* ---- to the slices' owners ---------------------------------------------------------------------- */

/* Piece k of this member's slice, which was settled last: its sum, in the first subtree's place where there is one. */
static float *sum_piece(ls_reduce *reduce, float *const *partials, int64_t k, ls_reduce_range piece)
{
    float *sum = reduce->node_count > 0 ? partials[0] + piece.first : reduce->total;
    ls_reduce_direct_place_rows(reduce, partials, k, reduce->settled[LS_DIRECT_SUMS] - 1);
    return add_rows(reduce, piece.last - piece.first, sum);
}

static ls_status post_first(ls_reduce *reduce, float *const *partials, const ls_reduce_header *header)
{
    char *block = reduce->blocks;
    for (int r = 0; r < reduce->member; r++)
        block += reduce->block_bytes[r];
    ls_reduce_pack_header(reduce, header, reduce->node_count, block);
    return ls_reduce_direct_post_sums(reduce, partials, 0);
}

/* What is under way of a step that is over; nobody reads it. */
static ls_status drop(ls_reduce *reduce)
{
    while (reduce->comm->under_way > 0)
        LS_TRY(ls_comm_settle(reduce->comm));
    reduce->settled[LS_DIRECT_SUMS] = reduce->posted[LS_DIRECT_SUMS];
    return LS_OK;
}

/* Posted in the order g0 g1 w0 g2 w1 g3 ..., and settled in it: while a piece is summed and updated, the next comes in
 * and the new weights of the last are under way. */
static ls_status step_sliced(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                             const ls_reduce_update *update, float *w)
{
    const int64_t pieces = ls_reduce_direct_pieces(reduce);
    LS_TRY(post_first(reduce, partials, header));
    for (int64_t k = 0; k < pieces; k++) {
        const ls_reduce_range piece = ls_reduce_direct_piece(reduce, reduce->member, k);
        if (k + 1 < pieces)
            LS_TRY(ls_reduce_direct_post_sums(reduce, partials, k + 1));
        if (k >= 2 && !update->hold)
            LS_TRY(ls_reduce_direct_take_weights(reduce, w, k - 2));
        LS_TRY(ls_reduce_direct_settle_sums(reduce));
        if (k == 0) {
            add_headers(reduce, header);
            if (!update->begin(update->user, header))
                return drop(reduce);
        }
        if (piece.last > piece.first)
            update->apply(update->user, piece.first, piece.last - piece.first, sum_piece(reduce, partials, k, piece));
        if (!update->hold)
            LS_TRY(ls_reduce_direct_post_weights(reduce, w, k));
    }
    for (int64_t k = pieces > 2 ? pieces - 2 : 0; k < pieces && !update->hold; k++)
        LS_TRY(ls_reduce_direct_take_weights(reduce, w, k));
    return LS_OK;
}

ls_status ls_reduce_direct_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header)
{
    const int64_t pieces = ls_reduce_direct_pieces(reduce);
    LS_TRY(post_first(reduce, partials, header));
    for (int64_t k = 0; k < pieces; k++) {
        const ls_reduce_range piece = ls_reduce_direct_piece(reduce, reduce->member, k);
        if (k + 1 < pieces)
            LS_TRY(ls_reduce_direct_post_sums(reduce, partials, k + 1));
        LS_TRY(ls_reduce_direct_settle_sums(reduce));
        if (piece.last > piece.first)
            (void)sum_piece(reduce, partials, k, piece);
    }
    add_headers(reduce, header);
    return LS_OK;
}

ls_status ls_reduce_direct_spread(ls_reduce *reduce, float *w)
{
    const int64_t pieces = ls_reduce_direct_pieces(reduce);
    for (int64_t k = 0; k <= pieces; k++) {
        if (k < pieces)
            LS_TRY(ls_reduce_direct_post_weights(reduce, w, k));
        if (k > 0)
            LS_TRY(ls_reduce_direct_take_weights(reduce, w, k - 1));
    }
    return LS_OK;
}

ls_status ls_reduce_direct_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                                const ls_reduce_update *update, float *w)
{
    const float *sum;
    if (!reduce->replicated || reduce->comm->size == 1)
        return step_sliced(reduce, partials, header, update, w);
    LS_TRY(sum_replicated(reduce, partials, header, &sum));
    if (update->begin(update->user, header))
        ls_reduce_apply_all(reduce, update, sum);
    return LS_OK;
}
