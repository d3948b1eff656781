/* Which run of the tree's leaves each owner (a rank) has. Owners are in the order of their runs. Nothing here changes a
 * bit: a run is summed as its maximal aligned subtrees (tree.h), whoever has it. What it changes is the work of the
 * busiest owner and the number of its subtrees, each of which travels by itself.
 *
 * Shards, V = 2^k of them over P <= V owners, P = members * groups with the largest power of two as groups: each group
 * has one aligned subtree of V / groups shards, which its members divide in the same way everywhere. Boundaries are
 * chosen so that no run has more subtrees than it takes to keep the busiest within LS_DIVISION_UNEVEN of the mean, and
 * then as even as these allow. */
#ifndef LS_BASE_DIVISION_H
#define LS_BASE_DIVISION_H

#include "base/status.h"
#include "base/text.h"
#include "base/tree.h"

#include <stdbool.h>
#include <stdint.h>

/* The most work of an owner, over the mean, for which more subtrees are not worth having. */
#define LS_DIVISION_UNEVEN 1.15

typedef struct ls_division {
    int64_t leaves;
    int owners;
    int groups;   /* 2^a; 1 where owners have nothing to do with the tree's halves */
    int members;  /* of a group; owner r is member r % members of group r / members */
    int subtrees; /* the most of one owner */
    int64_t
        *begin; /* (members + 1) where each member's run begins in the first group, owned; NULL: floor(r leaves / P) */
} ls_division;

/* By number alone, floor(r leaves / P) .. floor((r + 1) leaves / P) - 1; to be let go like the other kind, or not. */
ls_division ls_division_plain(int64_t leaves, int owners);
/* As said above; plain where leaves are no power of two, or fewer than owners. All ranks get the same. */
ls_status ls_division_create(int64_t leaves, int owners, ls_division *division);
/* Where the caller says: owner r has leaves begin[r] .. begin[r + 1] - 1, perhaps none; begin (owners + 1) goes from 0
 * up to `leaves`, and stays the caller's. All ranks must give the same. */
ls_status ls_division_at(int64_t leaves, int owners, const int64_t *begin, ls_division *division);
void ls_division_free(ls_division *division); /* {0} is accepted, and left */

/* Whether every owner has one aligned subtree, all of the same size: their sums can be added by pairs. */
bool ls_division_by_pairs(const ls_division *division);

/* Leaves *first .. *last - 1 of an owner. */
void ls_division_run(const ls_division *division, int owner, int64_t *first, int64_t *last);

/* Who owns a leaf. */
int ls_division_owner(const ls_division *division, int64_t leaf);

/* Its maximal aligned subtrees, left to right, into nodes[LS_TREE_MAX_NODES]; returns how many. */
int ls_division_nodes(const ls_division *division, int owner, ls_tree_node *nodes);

/* Leaves of the owner with most. */
int64_t ls_division_most(const ls_division *division);
/* Work of the busiest owner over the mean, 1 where all have the same; idle owners count. */
double ls_division_unevenness(const ls_division *division);

/* The fewest owners below this number whose busiest has no more, and above it whose busiest has less; 0: there are
 * none. Only numbers with few subtrees count, m 2^a with m up to 7. */
ls_status ls_division_neighbours(const ls_division *division, int *as_fast, int *faster);

/* Of shards and ranks, where the busiest has a tenth more than the mean: how much, and which numbers are better; else
 * nothing. */
ls_status ls_division_remark(const ls_division *division, ls_text *text);

#endif
