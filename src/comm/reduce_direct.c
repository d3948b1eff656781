/* Direct reduction for any number of ranks. A rank's run of shards falls into maximal aligned subtrees, which
 * are nodes of the contract's tree whatever the other ranks own; whoever owns a slice gets that slice of
 * every node and adds the nodes left to right: siblings merge at once, what is left over merges from the
 * right (base/tree.h).
 *
 * Sliced: one exchange in which every rank sends each other rank its header and, node by node, that rank's
 * slice straight from the partial vectors. Replicated (small n): headers and vectors are packed and gathered
 * everywhere, and everybody adds all of it. A rank without shards brings an empty header: its bits count,
 * since it too may have failed or been told to stop. One exchange, receives posted first, lengths known to
 * all: no rank can wait for one that waits for it. */
#include "comm/reduce_internal.h"

#include "base/memory.h"

#include <limits.h>
#include <string.h>

static const char *const what_sum = "gradient";
static const char *const what_spread = "weights";

static int nodes_of(const ls_reduce *reduce, int rank)
{
    return reduce->first_node[rank + 1] - reduce->first_node[rank];
}

ls_reduce_range ls_reduce_direct_slice(int64_t n, int rank, int size)
{
    int64_t blocks = (n + LS_REDUCE_GRAIN - 1) / LS_REDUCE_GRAIN;
    ls_reduce_range slice = {blocks * rank / size * LS_REDUCE_GRAIN, blocks * (rank + 1) / size * LS_REDUCE_GRAIN};
    if (slice.first > n)
        slice.first = n;
    if (slice.last > n)
        slice.last = n;
    return slice;
}

/* ---- creation ----------------------------------------------------------------------------------- */

/* Everybody's nodes. */
static ls_status list_nodes(ls_reduce *reduce)
{
    int64_t size = reduce->comm->size, total = 0;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    LS_TRY(ls_memory_allocate(&reduce->first_node, size + 1, sizeof *reduce->first_node, "subtrees of the ranks"));
    for (int64_t r = 0; r < size; r++) {
        total += ls_tree_nodes(r * reduce->shards / size, (r + 1) * reduce->shards / size, nodes);
        if (total > INT_MAX / 4)
            return ls_fail(LS_ERR_USAGE, "%lld shards over %lld ranks are too many subtrees", (long long)reduce->shards,
                           (long long)size);
        reduce->first_node[r + 1] = (int)total;
    }
    reduce->total_nodes = (int)total;
    LS_TRY(ls_memory_allocate(&reduce->all_nodes, total, sizeof *reduce->all_nodes, "subtrees of the ranks"));
    for (int64_t r = 0; r < size; r++) {
        int count = ls_tree_nodes(r * reduce->shards / size, (r + 1) * reduce->shards / size, nodes);
        memcpy(reduce->all_nodes + reduce->first_node[r], nodes, (size_t)count * sizeof *nodes);
    }
    return LS_OK;
}

ls_status ls_reduce_direct_create(ls_reduce *reduce)
{
    int size = reduce->comm->size, rank = reduce->comm->rank;
    LS_TRY(list_nodes(reduce));
    LS_TRY(ls_memory_allocate(&reduce->rows, reduce->total_nodes, sizeof *reduce->rows, "subtrees of the ranks"));
    LS_TRY(ls_memory_allocate(&reduce->header_rows, (int64_t)reduce->total_nodes * reduce->width, sizeof(double),
                              "headers of the ranks"));
    LS_TRY(ls_memory_allocate(&reduce->header_total, reduce->width, sizeof(double), "headers of the ranks"));

    bool packed = reduce->replicated && size > 1;
    int64_t bytes = 0, stride = ls_reduce_stride(reduce->n);
    LS_TRY(ls_memory_allocate(&reduce->block_bytes, size, sizeof *reduce->block_bytes, "headers of the ranks"));
    for (int r = 0; r < size; r++) {
        reduce->block_bytes[r] = ls_reduce_header_bytes(reduce, nodes_of(reduce, r));
        if (packed)
            reduce->block_bytes[r] += nodes_of(reduce, r) * stride * (int64_t)sizeof(float);
        bytes += reduce->block_bytes[r];
    }
    LS_TRY(ls_memory_allocate(&reduce->blocks, bytes, 1, packed ? "gradients of all ranks" : "headers of the ranks"));
    if (packed)
        return LS_OK;

    stride = ls_reduce_stride(reduce->slice.last - reduce->slice.first);
    LS_TRY(ls_memory_allocate(&reduce->arrivals, (reduce->total_nodes - reduce->node_count) * stride, sizeof(float),
                              "parts of a gradient from other ranks"));
    if (reduce->node_count == 0)
        LS_TRY(ls_memory_allocate(&reduce->total, reduce->n, sizeof(float), "sum of a gradient"));
    /* A header and the nodes of each other rank come in; ours go out to each. */
    LS_TRY(ls_memory_allocate(&reduce->receive, size + reduce->total_nodes, sizeof(ls_message), "list of messages"));
    return ls_memory_allocate(&reduce->send, (int64_t)size * (1 + nodes_of(reduce, rank)), sizeof(ls_message),
                              "list of messages");
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

/* The total of all ranks' headers. */
static void add_headers(ls_reduce *reduce, ls_reduce_header *header)
{
    size_t row_bytes = (size_t)reduce->width * sizeof(double);
    uint32_t bits = 0;
    char *block = reduce->blocks;
    for (int r = 0; r < reduce->comm->size; block += reduce->block_bytes[r++]) {
        bits |= ls_reduce_packed_bits(block);
        if (row_bytes > 0)
            memcpy(reduce->header_rows + (int64_t)reduce->first_node[r] * reduce->width, ls_reduce_packed_sums(block),
                   (size_t)nodes_of(reduce, r) * row_bytes);
    }
    header->bits = bits;
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
        float *vectors = (float *)(void *)(block + ls_reduce_header_bytes(reduce, nodes_of(reduce, r)));
        for (int i = 0; i < nodes_of(reduce, r); i++) {
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

static ls_message vector_message(int peer, float *data, int64_t length)
{
    return (ls_message){peer, LS_TAG_VECTOR, data, length * (int64_t)sizeof(float)};
}

/* Lists what comes in and notes in `rows` where each node of the owned slice will be. */
static int list_receives(ls_reduce *reduce, float *const *partials)
{
    int count = 0;
    int64_t length = reduce->slice.last - reduce->slice.first, stride = ls_reduce_stride(length);
    float *arrival = reduce->arrivals;
    char *block = reduce->blocks;
    for (int r = 0; r < reduce->comm->size; block += reduce->block_bytes[r++]) {
        if (r != reduce->comm->rank)
            reduce->receive[count++] = (ls_message){r, LS_TAG_HEADER, block, reduce->block_bytes[r]};
        for (int i = 0; i < nodes_of(reduce, r); i++) {
            float **row = &reduce->rows[reduce->first_node[r] + i];
            if (r == reduce->comm->rank) {
                *row = partials[i] + reduce->slice.first;
                continue;
            }
            *row = arrival;
            arrival += stride;
            reduce->receive[count++] = vector_message(r, *row, length);
        }
    }
    return count;
}

/* Everybody begins with the next rank, so that not all send to rank 0 first. */
static int list_sends(ls_reduce *reduce, float *const *partials, char *header)
{
    int size = reduce->comm->size, rank = reduce->comm->rank, count = 0;
    for (int step = 1; step < size; step++) {
        int peer = (rank + step) % size;
        ls_reduce_range slice = ls_reduce_direct_slice(reduce->n, peer, size);
        reduce->send[count++] = (ls_message){peer, LS_TAG_HEADER, header, reduce->block_bytes[rank]};
        for (int i = 0; i < reduce->node_count; i++)
            reduce->send[count++] = vector_message(peer, partials[i] + slice.first, slice.last - slice.first);
    }
    return count;
}

static ls_status sum_sliced(ls_reduce *reduce, float *const *partials, ls_reduce_header *header, const float **sum)
{
    char *block = reduce->blocks;
    for (int r = 0; r < reduce->comm->rank; r++)
        block += reduce->block_bytes[r];
    ls_reduce_pack_header(reduce, header, reduce->node_count, block);
    int receives = list_receives(reduce, partials), sends = list_sends(reduce, partials, block);
    LS_TRY(ls_comm_exchange(reduce->comm, receives, reduce->receive, sends, reduce->send, what_sum));
    add_headers(reduce, header);
    float *vector = reduce->node_count > 0 ? partials[0] : reduce->total;
    if (reduce->slice.last > reduce->slice.first)
        add_rows(reduce, reduce->slice.last - reduce->slice.first, vector + reduce->slice.first);
    *sum = vector;
    return LS_OK;
}

ls_status ls_reduce_direct_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header, const float **sum)
{
    if (reduce->replicated && reduce->comm->size > 1)
        return sum_replicated(reduce, partials, header, sum);
    return sum_sliced(reduce, partials, header, sum);
}

ls_status ls_reduce_direct_spread(ls_reduce *reduce, float *w)
{
    int size = reduce->comm->size, rank = reduce->comm->rank, count = 0;
    for (int step = 1; step < size; step++) {
        int from = (rank - step + size) % size, to = (rank + step) % size;
        ls_reduce_range theirs = ls_reduce_direct_slice(reduce->n, from, size);
        reduce->receive[count] = vector_message(from, w + theirs.first, theirs.last - theirs.first);
        reduce->send[count] = vector_message(to, w + reduce->slice.first, reduce->slice.last - reduce->slice.first);
        reduce->receive[count].tag = reduce->send[count].tag = LS_TAG_SPREAD;
        count++;
    }
    return ls_comm_exchange(reduce->comm, count, reduce->receive, count, reduce->send, what_spread);
}
