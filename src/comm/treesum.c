/* Sums over the tree: by doubling where every rank has one subtree of the same size, else every rank gets all subtrees'
 * sums and adds them itself. */
#include "comm/treesum.h"

#include "base/memory.h"
#include "comm/comm_internal.h"

#include <string.h>

struct ls_treesum {
    ls_comm *comm;
    const char *what;
    int rounds;     /* of doubling */
    double *theirs; /* (width) the partner's; NULL: all subtrees are gathered */

    /* gathered: every rank knows everybody's subtrees, since who owns which leaf is arithmetic */
    int count;           /* of all ranks */
    int before;          /* of the ranks before this one */
    ls_tree_node *nodes; /* (count) left to right */
    int *of_rank;        /* (size) how many of them */
    int64_t *bytes;      /* (size) of a slice */
    int64_t columns;     /* of a slice */
    double *partials;    /* (count, columns) */
};

/* ---- life ---- */

static bool is_power_of_two(int64_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

/* Whether ranks go by pairs, and need room for a partner's sums alone. */
static bool by_pairs(const ls_division *d)
{
    return is_power_of_two(d->owners) && is_power_of_two(d->leaves) && d->owners <= d->leaves;
}

/* Columns of a slice, of all ranks' sums. */
static int64_t slice_columns(int64_t count, int64_t width, int64_t most_bytes)
{
    const int64_t fitting = most_bytes / (int64_t)sizeof(double) / (count > 0 ? count : 1);
    return fitting < 1 ? 1 : fitting < width ? fitting : width;
}

int64_t ls_treesum_bytes(const ls_division *division, int64_t width, int64_t most_bytes)
{
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    int64_t count = 0;
    if (by_pairs(division))
        return width * (int64_t)sizeof(double);
    for (int r = 0; r < division->owners; r++)
        count += ls_division_nodes(division, r, nodes);
    return count * slice_columns(count, width, most_bytes) * (int64_t)sizeof(double);
}

static ls_status prepare_gathering(ls_treesum *s, const ls_division *division, int64_t width, int64_t most_bytes)
{
    const int size = s->comm->size;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    LS_TRY(ls_memory_allocate(&s->of_rank, size, sizeof *s->of_rank, "sums of the ranks"));
    for (int r = 0; r < size; r++) {
        s->of_rank[r] = ls_division_nodes(division, r, nodes);
        s->before += r < s->comm->rank ? s->of_rank[r] : 0;
        s->count += s->of_rank[r];
    }
    s->columns = slice_columns(s->count, width, most_bytes);
    LS_TRY(ls_memory_allocate(&s->nodes, s->count, sizeof *s->nodes, "sums of the ranks"));
    LS_TRY(ls_memory_allocate(&s->bytes, size, sizeof *s->bytes, "sums of the ranks"));
    LS_TRY(ls_memory_allocate(&s->partials, s->count * s->columns, sizeof *s->partials, "sums of the ranks"));
    for (int r = 0, at = 0; r < size; at += s->of_rank[r++]) {
        ls_division_nodes(division, r, nodes);
        memcpy(s->nodes + at, nodes, (size_t)s->of_rank[r] * sizeof *nodes);
    }
    return LS_OK;
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
    if (by_pairs(division)) {
        while (1 << s->rounds < comm->size)
            s->rounds++;
        status = ls_memory_allocate(&s->theirs, width, sizeof *s->theirs, "sums of the ranks");
    } else {
        status = prepare_gathering(s, division, width, most_bytes);
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

/* A slice of the columns after the other: columns never meet in a sum, so no bit depends on where they are cut. */
static ls_status run_gathering(ls_treesum *s, int64_t width, const double *mine, double *total)
{
    for (int64_t first = 0; first < width; first += s->columns) {
        const int64_t columns = width - first < s->columns ? width - first : s->columns;
        double *own = s->partials + s->before * columns;
        for (int r = 0; r < s->comm->size; r++)
            s->bytes[r] = s->of_rank[r] * columns * (int64_t)sizeof *own;
        for (int k = 0; k < s->of_rank[s->comm->rank]; k++)
            memcpy(own + k * columns, mine + k * width + first, (size_t)columns * sizeof *own);
        LS_TRY(ls_comm_gather_blocks(s->comm, s->bytes, 0, s->partials, s->what));
        ls_tree_sum(s->nodes, s->count, columns, s->partials, total + first);
    }
    return ls_comm_check(s->comm);
}

ls_status ls_treesum_run(ls_treesum *s, int64_t width, double *mine, double *total)
{
    if (!s->theirs)
        return run_gathering(s, width, mine, total);
    LS_TRY(run_doubling(s, width, mine));
    if (total != mine)
        memcpy(total, mine, (size_t)width * sizeof *total);
    return LS_OK;
}
