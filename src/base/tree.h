/* The contract's order of summation over n leaves: the balanced binary tree that splits at the largest power of two
 * below n, lower index on the left. Equal to a binary counter: leaves are pushed left to right, two neighbours of equal
 * size merge as soon as they are siblings, and what is left over at the end merges from the right.
 *
 * A run of leaves [first, last) that some rank owns reduces to its maximal aligned subtrees, which are nodes of the
 * tree whatever the other ranks own. The functions here only decide *what merges with what*; who adds how is the
 * caller's, so the same code serves float vectors, float64 sums and the symbolic operands of the tests. */
#ifndef LS_BASE_TREE_H
#define LS_BASE_TREE_H

#include <stdbool.h>
#include <stdint.h>

/* More subtrees than any run can have: two per bit of the leaf count. */
#define LS_TREE_MAX_NODES 128

/* A perfect subtree over leaves [first, first + size); size a power of two, first a multiple of it. */
typedef struct ls_tree_node {
    int64_t first;
    int64_t size;
} ls_tree_node;

/* Whether `left` directly followed by `right` are siblings, and so merge into {left.first, 2 * size}. */
bool ls_tree_siblings(ls_tree_node left, ls_tree_node right);

/* The maximal aligned subtrees of the run [first, last), left to right, into nodes[LS_TREE_MAX_NODES]; returns how
 * many. An empty run has none. */
int ls_tree_nodes(int64_t first, int64_t last, ls_tree_node *nodes);

/* Sums `count` vectors of `width` doubles into `sum`: partials[i] (width) belongs to nodes[i], and the nodes cover
 * [0, n) left to right. No nodes (n = 0) give zeros. `partials` is used as working space and destroyed. */
void ls_tree_sum(const ls_tree_node *nodes, int count, int64_t width, double *partials, double *sum);

/* An accumulator for leaves that come one after the other: a stack of subtree sums of `width` doubles. */
typedef struct ls_tree_stack {
    int64_t width;
    int depth;
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    double *values; /* (LS_TREE_MAX_NODES, width), owned by the caller */
} ls_tree_stack;

/* `values` has room for LS_TREE_MAX_NODES * width doubles and stays the caller's. */
void ls_tree_stack_start(ls_tree_stack *stack, int64_t width, double *values);

/* Adds the next leaf (leaf numbers must be contiguous and ascending; they need not begin at 0). */
void ls_tree_stack_push(ls_tree_stack *stack, int64_t leaf, const double *value);

#endif
