/* The gradient's sum over ranks in the contract's order, with the step's header (loss sums, rows, status
 * bits) in the first message, the update of what each rank owns, and the way back of the updated weights.
 *
 * Five schemes, all the same tree and so the same bits:
 *   halving   size = 2^k <= shards: recursive halving with partners rank^1, rank^2, rank^4 ...; afterwards
 * this rank owns the sum of one slice. Sends n (P-1)/P, and the weights' way back as much, in chunks.
 *   doubling  size = 2^k <= shards: recursive doubling, full vectors; every rank owns everything. Small n.
 *   direct    any size: each rank sends its maximal aligned subtrees to the slices' owners, who add them in
 * tree order (small n: to everybody).
 *   grouped   size = m 2^a <= shards = 2^k, m > 1, a > 0: direct among the m ranks of each of 2^a groups, whose shards
 * are one subtree, then halving between the groups.
 *   buckets   size = 2^k <= shards: halving of one part of the vector after the other, each as soon as it is there,
 * while the caller computes; the weights come back while it goes on. A rank owns a slice of each bucket. */
#ifndef LS_COMM_REDUCE_H
#define LS_COMM_REDUCE_H

#include "base/division.h"
#include "base/tree.h"
#include "comm/comm.h"

#include <stdint.h>

typedef enum ls_reduce_scheme {
    LS_REDUCE_AUTO = 0,
    LS_REDUCE_HALVING,
    LS_REDUCE_DOUBLING,
    LS_REDUCE_DIRECT,
    LS_REDUCE_GROUPED,
    LS_REDUCE_BUCKETS
} ls_reduce_scheme;

/* How vectors are added; ls_kernels.add in the trainer, symbolic in the tests. sum may be a or b. */
typedef void (*ls_reduce_add)(void *user, int64_t n, const float *a, const float *b, float *sum);

/* The step's header: `width` doubles that are summed by the tree like everything else, and bits that are
 * or'ed, and a tally that is added modulo 2^32. */
typedef struct ls_reduce_header {
    double *sums;   /* (max(nodes, 1), width) in: one row for each of this rank's subtrees; the first row out:
                       the total */
    uint32_t bits;  /* in: this rank's; out: all ranks' or'ed */
    uint32_t tally; /* in: this rank's; out: the sum over ranks */
} ls_reduce_header;

typedef struct ls_reduce ls_reduce;

typedef struct ls_reduce_range {
    int64_t first, last;
} ls_reduce_range;

/* Where slices may begin and end: `at` (count) ascends from 0 to n in multiples of 16 (but n); not owned, and must
 * outlive the reduction. */
typedef struct ls_reduce_cuts {
    int64_t count;
    const int64_t *at;
} ls_reduce_cuts;

/* Local (all ranks must pass the same). For vectors of n floats cut into slices at `cuts` (NULL: at any multiple of
 * 16), headers of `width` doubles, `shards` leaves owned as ls_division_create says. AUTO: doubling or direct-to-all
 * for n small enough that latency rules, else halving where it applies, else grouped, else direct. LS_ERR_USAGE: the
 * scheme does not fit the rank count. */
ls_status ls_reduce_create(ls_comm *comm, int64_t n, const ls_reduce_cuts *cuts, int64_t shards, int width,
                           ls_reduce_scheme scheme, ls_reduce_add add, void *user, ls_reduce **reduce);
/* Collective, once before the first step; may be left out. Ranks of one host pass what they exchange through memory
 * that both see, where they can, and nothing is allocated later. LS_ERR_PEER only. */
ls_status ls_reduce_share(ls_reduce *reduce);
/* Local. Shared memory needs no other rank to be let go of. */
void ls_reduce_destroy(ls_reduce *reduce); /* NULL is accepted */

/* What a reduction of such vectors takes, without making one: for the rank of `ranks` with most. */
typedef struct ls_reduce_size {
    ls_reduce_scheme scheme; /* chosen */
    int64_t slice;           /* floats whose optimizer state it owns */
    int nodes;               /* vectors of n floats that it brings; 0 where they are never whole in memory */
    int64_t bytes;           /* of its own buffers; at most: ranks that share memory need fewer */
} ls_reduce_size;

/* Local. LS_ERR_USAGE: the scheme does not fit. */
ls_status ls_reduce_size_of(int ranks, int64_t n, int64_t shards, int width, ls_reduce_scheme scheme,
                            ls_reduce_size *size);

/* The scheme chosen. */
ls_reduce_scheme ls_reduce_scheme_of(const ls_reduce *reduce);
/* This rank's subtrees (the vectors it must bring), left to right; returns how many (0 for a rank without
 * shards). */
int ls_reduce_nodes(const ls_reduce *reduce, const ls_tree_node **nodes);
/* The slice [*first, *last), where there is a single one, whose sum and optimizer state this rank owns; [0, n) when
 * everybody owns everything. Slices begin at a cut, or at multiples of 16. */
void ls_reduce_slice(const ls_reduce *reduce, int64_t *first, int64_t *last);
/* The slice of another rank. */
void ls_reduce_slice_of(const ls_reduce *reduce, int rank, int64_t *first, int64_t *last);
/* What a rank owns is a list of ranges, ascending: as many on all ranks, of which some may be empty; one unless there
 * are buckets, and then that of the slice. */
int ls_reduce_ranges(const ls_reduce *reduce);
ls_reduce_range ls_reduce_range_of(const ls_reduce *reduce, int rank, int k);
/* Whether every rank owns everything. */
bool ls_reduce_replicated(const ls_reduce *reduce);

/* What is done with a sum. */
typedef struct ls_reduce_update {
    /* Once the header is complete on all ranks, before any apply; false, on all ranks alike, ends the step there. */
    bool (*begin)(void *user, const ls_reduce_header *total);
    /* sum (n) belongs to elements first .. first + n - 1 of the owned slice, whose new values go into w. The slice
     * comes first to last: in pieces, each while it is in the cache, where it travels in pieces; else in one. */
    void (*apply)(void *user, int64_t first, int64_t n, const float *sum);
    void *user;
    /* The weights stay: apply takes the sums away, and new values travel with ls_reduce_spread, if at all. The same on
     * all ranks. */
    bool hold;
} ls_reduce_update;

/* Collective. Sums the vectors, lets the owners of the slices update w (n) with them, and gives all of w to all ranks
 * (not when update->hold).
 * partials[j] (n) belongs to node j of ls_reduce_nodes and is used as working space. The header is complete afterwards.
 */
ls_status ls_reduce_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                         const ls_reduce_update *update, float *w);

/* Local, after ls_reduce_share. Whether w may be the same memory on all ranks, as far as this one sees; for all of them
 * to agree on. */
bool ls_reduce_may_have_common(const ls_reduce *reduce);
/* Local, before the first step, on all ranks or none. It is: each rank writes what it owns, once nobody reads it in
 * this step any more, and learns when the others have. */
void ls_reduce_have_common(ls_reduce *reduce);

/* Local, before the first step. Told of elements first .. first + n - 1 of w, which other ranks own, just before new
 * values take their place: each once in a step whose weights travel. Not in buckets. */
void ls_reduce_tell_replaced(ls_reduce *reduce, void (*replaced)(void *user, int64_t first, int64_t n), void *user);

/* Collective, after a step that held: gives each owner's slice of w (n) to all ranks. */
ls_status ls_reduce_spread(ls_reduce *reduce, float *w);

/* ---- halving while the gradient is still being summed ----
 * In its first round halving gives one half of the vector away and keeps the other. The caller who can sum both in
 * chunks, in an order of his own, need not have the vector in memory: while one chunk travels he sums the next, and
 * (with two ranks) what comes in is added, updated and sent back while it is in the cache. */

/* Whether this is halving over several ranks. */
bool ls_reduce_in_chunks(const ls_reduce *reduce);

/* Elements that this rank keeps in the first round, and that it gives to its partner (who keeps those). */
void ls_reduce_first_round(const ls_reduce *reduce, ls_reduce_range *keep, ls_reduce_range *give);
/* The most floats of a chunk; both partners must cut a range in the same chunks. */
int64_t ls_reduce_chunk(const ls_reduce *reduce);
/* Whether chunks travel as messages, which want ls_comm_poll to move on, and not through shared memory. */
bool ls_reduce_chunks_travel(const ls_reduce *reduce);
/* Where the first round's sums belong, those of element keep.first first; NULL with two ranks, where it is the last. */
float *ls_reduce_kept(const ls_reduce *reduce);

/* The first round's work, called in turn by the thread that takes the step. Chunk k's floats lie in any order that both
 * partners know. */
typedef struct ls_reduce_work {
    int64_t given, kept; /* chunks */
    int64_t (*floats)(void *user, bool kept, int64_t k);
    /* This rank's sums of chunk k of what it gives. */
    void (*give)(void *user, int64_t k, float *out);
    /* Chunk k of what it keeps, of which the partner's sums are `theirs`: adds its own, the lower rank's on the left
     * (`lower`: this one is). Leaves them in ls_reduce_kept; with two ranks updates instead, and copies the new values
     * to `weights`, which is NULL when update->hold or w is in common. */
    void (*keep)(void *user, int64_t k, bool lower, const float *theirs, float *weights);
    /* The partner's new values of chunk k of what was given; not where w is in common. */
    void (*take)(void *user, int64_t k, const float *weights);
    void *user;
} ls_reduce_work;

/* Collective. ls_reduce_step with such work instead of a vector; update->apply is used in the rounds behind the first.
 */
ls_status ls_reduce_work_step(ls_reduce *reduce, const ls_reduce_work *work, ls_reduce_header *header,
                              const ls_reduce_update *update, float *w);

/* ---- halving in buckets, beside the caller's work ----
 * The last bucket comes first, as in a backward pass. Nothing here waits but what says so; what moves the messages on
 * is ls_reduce_move, or any of the others. No other message of this communicator's may be posted while a step is under
 * way, which it is from ls_reduce_open until ls_reduce_rest. A failure is kept, and what waits returns it. */

/* Floats of a bucket, at most: halves of it are messages that go at once, without asking the receiver first. */
#define LS_REDUCE_BUCKET ((int64_t)1 << 18)

/* Like ls_reduce_create, for size = 2^k > 1 ranks, no more than shards. The buckets begin and end at `bounds`, which
 * are copied. */
ls_status ls_reduce_create_buckets(ls_comm *comm, int64_t n, const ls_reduce_cuts *bounds, int64_t shards, int width,
                                   ls_reduce_add add, void *user, ls_reduce **reduce);

/* Collective. Begins a step: gradient (n) will hold this rank's sums, and is working space. `header` is complete on
 * this rank, and on all once an update has begun or the step is closed. */
void ls_reduce_open(ls_reduce *reduce, float *gradient, ls_reduce_header *header, const ls_reduce_update *update,
                    float *w);
/* The gradient of the next bucket, from the last to the first, is there. */
void ls_reduce_give(ls_reduce *reduce);
/* The weights of all buckets that were given are read no more: only now they may be updated. */
void ls_reduce_release(ls_reduce *reduce);
/* Moves on what can move on: additions, updates, new messages. */
void ls_reduce_move(ls_reduce *reduce);
/* Collective; waits. All buckets have been given and released: they are summed and updated now, and the weights begin
 * to come back, unless begin refused the step or it holds. */
ls_status ls_reduce_close(ls_reduce *reduce);
/* Waits until the weights of elements 0 .. n - 1 are back; all of them: the step is over. The first also come first. */
ls_status ls_reduce_need(ls_reduce *reduce, int64_t n);
ls_status ls_reduce_rest(ls_reduce *reduce);
/* Elements from the first on whose weights are back; all of them where none are under way, and after a failure. */
int64_t ls_reduce_back(const ls_reduce *reduce);

#endif
