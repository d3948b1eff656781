/* The contract's tree over leaves: which subtrees a run of leaves has, and sums in the tree's order. */
#include "base/tree.h"

#include <string.h>

bool ls_tree_siblings(ls_tree_node left, ls_tree_node right)
{
    return left.size == right.size && left.first + left.size == right.first && (left.first & left.size) == 0;
}

int ls_tree_nodes(int64_t first, int64_t last, ls_tree_node *nodes)
{
    int count = 0;
    while (first < last) {
        /* the largest power of two that divides `first` (any divides 0) and does not go past the run */
        int64_t size = first > 0 ? first & -first : INT64_C(1) << 62;
        while (size > last - first)
            size /= 2;
        nodes[count++] = (ls_tree_node){first, size};
        first += size;
    }
    return count;
}

/* left += right; both are `width` doubles. */
static void add(int64_t width, double *restrict left, const double *restrict right)
{
    for (int64_t i = 0; i < width; i++)
        left[i] = left[i] + right[i];
}

/* Merges the top of a stack of `depth` subtrees as long as the two uppermost are siblings; returns the new
 * depth. */
static int merge_siblings(ls_tree_node *nodes, int depth, int64_t width, double *values)
{
    while (depth > 1 && ls_tree_siblings(nodes[depth - 2], nodes[depth - 1])) {
        add(width, values + (depth - 2) * width, values + (depth - 1) * width);
        nodes[depth - 2].size *= 2;
        depth--;
    }
    return depth;
}

void ls_tree_sum(const ls_tree_node *nodes, int count, int64_t width, double *partials, double *sum)
{
    ls_tree_node stack[LS_TREE_MAX_NODES];
    int depth = 0;
    for (int i = 0; i < count; i++) {
        if (depth < i) /* the stack grows inside `partials`, never past the vector it takes next */
            memcpy(partials + depth * width, partials + i * width, (size_t)width * sizeof *partials);
        stack[depth] = nodes[i];
        depth = merge_siblings(stack, depth + 1, width, partials);
    }
    for (; depth > 1; depth--) /* the left-over subtrees, smaller to the right, merge from the right */
        add(width, partials + (depth - 2) * width, partials + (depth - 1) * width);
    for (int64_t i = 0; i < width; i++)
        sum[i] = depth > 0 ? partials[i] : 0.0;
}

void ls_tree_stack_start(ls_tree_stack *stack, int64_t width, double *values)
{
    stack->width = width;
    stack->depth = 0;
    stack->values = values;
}

void ls_tree_stack_push(ls_tree_stack *stack, int64_t leaf, const double *value)
{
    memcpy(stack->values + stack->depth * stack->width, value, (size_t)stack->width * sizeof *value);
    stack->nodes[stack->depth] = (ls_tree_node){leaf, 1};
    stack->depth = merge_siblings(stack->nodes, stack->depth + 1, stack->width, stack->values);
}
