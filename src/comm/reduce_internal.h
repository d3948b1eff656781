/* The reduction from inside: what its schemes share. */
#ifndef LS_COMM_REDUCE_INTERNAL_H
#define LS_COMM_REDUCE_INTERNAL_H

#include "comm/comm_internal.h"
#include "comm/reduce.h"

/* Floats of a chunk: a quarter of a megabyte, so that those in use are in L2 together with what is summed meanwhile,
 * and that on a network of 10 Gb/s it takes several times as long as a message's latency. Half and a quarter of it were
 * 1 % and 4 % slower with two ranks on two cores (784-512-512-10, batch 128). */
#define LS_REDUCE_PIECE ((int64_t)1 << 16)

/* Slots of buckets that are under way, at most (reduce_buckets.c). */
enum { LS_REDUCE_SLOTS = 4 };

/* Slices begin at multiples of a panel's lanes (64 bytes). */
#define LS_REDUCE_GRAIN 16

/* Up to this many floats everybody owns everything. A round of doubling sends n instead of n/2, n/4 ... and
 * back, and saves one latency: it wins while 4 n bytes take less time than a message, n < latency x bandwidth
 * / 4. That is 18 KB on a 100 Gb/s network (1.5 us, 12 GB/s) and 27 KB on 10 GbE (25 us, 1.1 GB/s); 16 KiB is
 * below both, and the optimizer's step on it, which every rank then repeats, costs about as much as one
 * message. */
#define LS_REDUCE_SMALL 4096

/* Small vectors of all subtrees are gathered on all ranks while they are together no more floats than this: a quarter
 * of a megabyte takes as long as some ten messages' latencies on 10 GbE, and less than the optimizer's step is worth.
 */
#define LS_REDUCE_GATHERED ((int64_t)1 << 16)

/* More rounds than an int has bits are not needed. */
#define LS_REDUCE_MAX_ROUNDS 32

/* Chunks (direct: pieces) that have a place each, of one kind between two ranks; chunk c has place c % 4, counted on
 * from step to step. A rank writes chunk c, posts, settles its partner's c - 1 and reads that. So the partner has read
 * chunk c when it posts c + 2; this rank has settled that before it writes c + 4, whatever lies between, the ends of
 * rounds and of steps too, and also those that end early. Halving's weights go back between gradients in the same
 * rhythm, one turn later. */
enum { LS_REDUCE_PLACES = 4 };

/* What passes between this rank and its partner of a round of halving. */
typedef struct ls_passage {
    bool shared;                   /* `in` is the partner's memory, and a notice travels instead of the chunk */
    float *out;                    /* this rank's places: gradients, then weights */
    const float *in;               /* the partner's */
    int64_t room;                  /* floats of a place */
    int64_t posted[2], settled[2]; /* chunks so far, of gradients and of weights */
} ls_passage;

typedef struct ls_buckets ls_buckets;

struct ls_reduce {
    ls_comm *comm;
    ls_reduce_scheme scheme;
    bool replicated;
    int64_t n, shards;
    ls_reduce_cuts cuts; /* count 0: none */
    int width;
    ls_reduce_add add;
    void *user;
    void (*replaced)(void *user, int64_t first, int64_t n); /* NULL: nobody asks */
    void *replaced_user;
    ls_division division; /* of the shards */
    int node_count;       /* this rank's */
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    ls_reduce_range slice; /* this rank's */
    ls_shared shared;      /* with those of this host that it exchanges with; without a block: all by messages */

    /* The ranks that exchange directly, of which this one is the member-th: all of them, or those of its group. Between
     * groups, each of which then has the same members, it goes by halving with the same member of another. */
    int group, members, member;

    /* halving and doubling, of single ranks or of groups */
    bool common; /* w is the same memory on all ranks */
    int rounds;
    int64_t piece;                                    /* most floats that travel together */
    ls_reduce_range ranges[LS_REDUCE_MAX_ROUNDS + 1]; /* what this rank still sums before round j of halving */
    char *mine, *theirs;                              /* headers as they travel; doubling: with the vector behind */
    float *outgoing, *incoming;                       /* halving: chunks on their way, where no memory is shared */
    int64_t notices[2][2][LS_REDUCE_PLACES];          /* sent and got, in place of chunks in shared memory */
    ls_passage passage[LS_REDUCE_MAX_ROUNDS];         /* halving */
    float *kept;                                      /* halving: ranges[1] after the first of several rounds */

    ls_buckets *buckets; /* reduce_buckets.c; NULL: not that scheme */

    /* direct, among `members` ranks */
    ls_tree_node *all_nodes; /* (total_nodes) of all members, left to right */
    int *first_node;         /* (members + 1) member r's are first_node[r] .. first_node[r + 1] - 1 */
    int total_nodes;
    int64_t longest;               /* floats of the longest slice */
    int64_t direct_piece;          /* most floats of it that travel together */
    float **rows;                  /* (total_nodes) the operand of each node */
    char *blocks;                  /* the members' headers; replicated: with their vectors behind */
    int64_t *block_bytes;          /* (members) */
    float *arrivals;               /* two pieces of the other members' parts of this rank's slice */
    float *total;                  /* (piece) the sum on a rank without shards, which brings no vector to put it into */
    const ls_shared_peer **near;   /* (members) with whom memory is shared, else NULL */
    bool any_near;                 /* there are such */
    int64_t posted[2], settled[2]; /* pieces so far, of sums and of weights */
    int64_t sent[2][LS_REDUCE_PLACES]; /* notices, the same to all */
    int64_t *got;                      /* (members, 2, LS_REDUCE_PLACES) */
    double *header_rows;               /* (total_nodes, width) */
    double *header_total;              /* (width) */
    ls_message *receive, *send;
};

/* A header as it travels: bits and tally, then `rows` rows of sums; a multiple of 64 bytes, so that a
 * vector behind it is aligned. */
int64_t ls_reduce_header_bytes(const ls_reduce *reduce, int rows);
void ls_reduce_pack_header(const ls_reduce *reduce, const ls_reduce_header *header, int rows, char *packed);
/* Adds a packed header's to those of others. */
void ls_reduce_add_words(const char *packed, uint32_t *bits, uint32_t *tally);
double *ls_reduce_packed_sums(char *packed);
/* Adds the partner's header (`theirs`) into `mine`, the lower rank's on the left. */
void ls_reduce_add_header(ls_reduce *reduce, bool lower);
/* The same for vectors, into `sum`. */
void ls_reduce_add_vector(ls_reduce *reduce, bool lower, int64_t length, const float *mine, const float *theirs,
                          float *sum);
void ls_reduce_unpack_header(ls_reduce *reduce, ls_reduce_header *header);
/* Floats of a row that is followed by another aligned one. */
int64_t ls_reduce_stride(int64_t length);

enum { LS_PASS_GRADIENT, LS_PASS_WEIGHTS };

/* This rank's place for the chunk that is posted next, and the partner's chunk that was settled last. */
float *ls_passage_out(const ls_passage *p, int kind);
const float *ls_passage_in(const ls_passage *p, int kind);
/* Starts the way of the next chunk: `out` floats of this rank's place, `in` of the partner's. In shared memory a notice
 * goes in any case: it also says what its sender has used up. */
ls_status ls_passage_post(ls_reduce *reduce, ls_passage *p, int partner, int kind, int64_t out, int64_t in);
/* Waits for the oldest chunk under way, which is of this kind. */
ls_status ls_passage_settle(ls_reduce *reduce, ls_passage *p, int partner, int kind);
/* Breaks the communicator where a notice has not the number that is due: LS_ERR_PEER. */
ls_status ls_reduce_check_notice(const ls_reduce *reduce, int partner, int64_t got, int64_t due);

/* The first cut at or behind `place`, a multiple of 16 or n. It ascends with `place`, so ranges stay in order; some may
 * become empty. */
int64_t ls_reduce_cut(const ls_reduce *reduce, int64_t place);

/* Local. The part that `rank` has in the schemes: group, member, subtrees. */
void ls_reduce_place(ls_reduce *reduce, int rank);

/* Halving: what `rank` still sums before `round`. */
ls_reduce_range ls_reduce_halving_range(const ls_reduce *reduce, int rank, int round);
ls_status ls_reduce_halving_create(ls_reduce *reduce);
/* Local, once memory is shared. */
void ls_reduce_halving_share(ls_reduce *reduce);
/* Of `vector` (n), ranges[0]. *go_on: the update has begun; else the step is over. */
ls_status ls_reduce_halving_step(ls_reduce *reduce, float *vector, ls_reduce_header *header,
                                 const ls_reduce_update *update, float *w, bool *go_on);
ls_status ls_reduce_halving_spread(ls_reduce *reduce, float *w);
ls_status ls_reduce_doubling_create(ls_reduce *reduce);
ls_status ls_reduce_doubling_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                                 const float **sum);

/* Direct: the slice of a member. */
ls_reduce_range ls_reduce_direct_slice(const ls_reduce *reduce, int member);
ls_status ls_reduce_direct_create(ls_reduce *reduce);
/* Local, once memory is shared. */
void ls_reduce_direct_share(ls_reduce *reduce);
ls_status ls_reduce_direct_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                                const ls_reduce_update *update, float *w);

/* The first half of it: the sum of this member's slice into partials[0], the group's header into `header`. */
ls_status ls_reduce_direct_sum(ls_reduce *reduce, float *const *partials, ls_reduce_header *header);
ls_status ls_reduce_direct_spread(ls_reduce *reduce, float *w);

/* Halves a range, as all that halve do. */
ls_reduce_range ls_reduce_half(const ls_reduce *reduce, ls_reduce_range range, bool lower);
/* What `rank` still sums of `range` before `round`. */
ls_reduce_range ls_reduce_part(const ls_reduce *reduce, ls_reduce_range range, int rank, int round);

ls_status ls_reduce_buckets_create(ls_reduce *reduce, const ls_reduce_cuts *bounds);
void ls_reduce_buckets_free(ls_reduce *reduce);
ls_status ls_reduce_buckets_spread(ls_reduce *reduce, float *w);
int ls_reduce_buckets_count(const ls_reduce *reduce);
ls_reduce_range ls_reduce_bucket(const ls_reduce *reduce, int k);

ls_status ls_reduce_grouped_create(ls_reduce *reduce);
ls_status ls_reduce_grouped_step(ls_reduce *reduce, float *const *partials, ls_reduce_header *header,
                                 const ls_reduce_update *update, float *w);
ls_status ls_reduce_grouped_spread(ls_reduce *reduce, float *w);

/* Bytes that each scheme's creation allocates for n, shards, ranks and width, at most. */
int64_t ls_reduce_halving_bytes(const ls_reduce *reduce);
int64_t ls_reduce_doubling_bytes(const ls_reduce *reduce);
int64_t ls_reduce_direct_bytes(const ls_reduce *reduce);

/* Elements of w are about to get other ranks' new values. */
void ls_reduce_replace(const ls_reduce *reduce, ls_reduce_range range);

/* All of the owned slice at once; sum (n). */
void ls_reduce_apply_all(const ls_reduce *reduce, const ls_reduce_update *update, const float *sum);

/* ls_reduce_create with other limits than LS_REDUCE_SMALL and LS_REDUCE_PIECE, for tests. */
ls_status ls_reduce_create_limit(ls_comm *comm, int64_t n, const ls_reduce_cuts *cuts, int64_t shards, int width,
                                 ls_reduce_scheme scheme, ls_reduce_add add, void *user, int64_t small, int64_t piece,
                                 ls_reduce **reduce);

#endif
