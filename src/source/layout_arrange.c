/* A layout with other columns, or the same in another order. */
#include "source/layout_internal.h"

#include "base/memory.h"

#include <string.h>

static const ls_stack *stacks_of(const ls_layout *layout, bool targets)
{
    return ls_layout_stacks(layout) + layout->matrix[targets].first_stack;
}

/* The columns of the dataset that a segment takes. */
static void list_segment(const ls_layout *layout, const ls_stack *stack, const ls_segment *segment, int64_t *columns)
{
    const ls_h5_range all = {0, stack->width}, *range = ls_layout_ranges_of(layout, segment);
    const int count = range == NULL ? 1 : segment->ranges;
    if (range == NULL)
        range = &all;
    for (int k = 0; k < count; k++)
        for (int64_t c = 0; c < range[k].count; c++)
            *columns++ = range[k].first + c;
}

void ls_layout_list_columns(const ls_layout *layout, bool targets, int *table, int64_t *column)
{
    const ls_stack *stack = stacks_of(layout, targets);
    for (int i = 0, first = 0; i < layout->matrix[targets].stacks; first += stack[i++].segments) {
        list_segment(layout, &stack[i], ls_layout_segments(layout) + stack[i].first_segment, column + stack[i].at);
        for (int64_t c = 0; c < stack[i].columns; c++)
            table[stack[i].at + c] = first;
    }
}

/* ---- the new one ---- */

typedef struct arranging {
    const ls_layout *from;
    const ls_layout_order *order;
    const int *table;     /* (columns there were) */
    int64_t *column;      /* (columns there were) in one file, at the places of the stack at hand */
    const int64_t *first; /* (columns there were) in the first file of each stack */
    ls_h5_range *ranges;  /* (columns wanted) */
    ls_layout head;
    ls_layout_arrays arrays;
} arranging;

static int32_t count_of(const ls_text *array, size_t size)
{
    return (int32_t)(array->length / size);
}

/* The stack, whose segments follow, behind the others; the columns with unapplied attributes may be in it. */
static void put_stack(arranging *a, const ls_stack *from, ls_stack stack)
{
    if (a->from->unapplied_count > 0 && from == ls_layout_stacks(a->from) + a->from->unapplied_stack) {
        a->head.unapplied_stack = count_of(&a->arrays.stacks, sizeof stack);
        a->head.unapplied_count = a->from->unapplied_count;
    }
    stack.first_segment = count_of(&a->arrays.segments, sizeof(ls_segment));
    ls_text_append_bytes(&a->arrays.stacks, (const char *)&stack, sizeof stack);
}

static void put_segment(arranging *a, const ls_segment *from, const ls_h5_range *ranges, int32_t count)
{
    ls_segment segment = *from;
    segment.first_range = count_of(&a->arrays.ranges, sizeof *ranges);
    segment.ranges = count;
    ls_text_append_bytes(&a->arrays.segments, (const char *)&segment, sizeof segment);
    ls_text_append_bytes(&a->arrays.ranges, (const char *)ranges, (size_t)count * sizeof *ranges);
}

/* A matrix as it is. */
static void copy_matrix(arranging *a, bool targets)
{
    const ls_stack *stack = stacks_of(a->from, targets);
    a->head.matrix[targets].first_stack = count_of(&a->arrays.stacks, sizeof *stack);
    for (int i = 0; i < a->from->matrix[targets].stacks; i++) {
        put_stack(a, &stack[i], stack[i]);
        for (int j = 0; j < stack[i].segments; j++) {
            const ls_segment *segment = ls_layout_segments(a->from) + stack[i].first_segment + j;
            put_segment(a, segment, ls_layout_ranges_of(a->from, segment), segment->ranges);
        }
    }
}

/* Columns [begin, end) of the order, all of one stack, as ranges of the dataset in one of its files. */
static int32_t find_ranges(const arranging *a, const int64_t *there, int64_t begin, int64_t end)
{
    int32_t count = 0;
    for (int64_t f = begin; f < end; f++) {
        const int64_t m = a->order->columns[f], column = there == NULL ? a->column[m] : there[a->first[m]];
        if (count > 0 && a->ranges[count - 1].first + a->ranges[count - 1].count == column)
            a->ranges[count - 1].count++;
        else
            a->ranges[count++] = (ls_h5_range){column, 1};
    }
    return count;
}

/* Columns [begin, end) of the order, which are of the stack whose first table is `table`. */
static void arrange_stack(arranging *a, const ls_stack *from, int table, int64_t begin, int64_t end)
{
    ls_stack stack = *from;
    stack.at = begin;
    stack.columns = end - begin;
    put_stack(a, from, stack);
    for (int j = 0; j < from->segments; j++) {
        const ls_segment *segment = ls_layout_segments(a->from) + from->first_segment + j;
        const int64_t *there = a->order->there == NULL ? NULL : a->order->there[table + j];
        if (there == NULL)
            list_segment(a->from, from, segment, a->column + from->at);
        int32_t count = find_ranges(a, there, begin, end);
        if (count == 1 && a->ranges[0].count == from->width)
            count = 0; /* all of them */
        put_segment(a, segment, a->ranges, count);
    }
}

/* The stack that begins with a table of its matrix. */
static const ls_stack *stack_at(const ls_layout *layout, bool targets, int table)
{
    const ls_stack *stack = stacks_of(layout, targets);
    for (; table > 0; stack++)
        table -= stack->segments;
    return stack;
}

static void arrange_matrix(arranging *a, bool targets)
{
    const ls_layout_order *order = a->order;
    ls_matrix *m = &a->head.matrix[targets];
    m->first_stack = count_of(&a->arrays.stacks, sizeof(ls_stack));
    m->stacks = 0;
    m->facts.columns = order->count;
    for (int64_t begin = 0, end; begin < order->count; begin = end, m->stacks++) {
        const int table = a->table[order->columns[begin]];
        for (end = begin + 1; end < order->count && a->table[order->columns[end]] == table;)
            end++;
        arrange_stack(a, stack_at(a->from, targets, table), table, begin, end);
    }
    if (targets)
        return;
    memset(a->head.row_shape, 0, sizeof a->head.row_shape);
    a->head.row_rank = 1;
    a->head.row_shape[0] = order->count;
}

ls_status ls_layout_arrange(const ls_layout *layout, bool targets, const ls_layout_order *order, ls_layout **arranged)
{
    const int64_t columns = layout->matrix[targets].facts.columns;
    arranging a = {.from = layout, .order = order, .head = *layout};
    int *table = NULL;
    int64_t *first = NULL;
    ls_status status;
    *arranged = NULL;
    a.head.unapplied_count = 0;
    LS_TRY_CLEANUP(ls_memory_allocate(&table, columns, sizeof *table, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&first, columns, sizeof *first, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a.column, columns, sizeof *a.column, "columns"));
    LS_TRY_CLEANUP(ls_memory_allocate(&a.ranges, order->count, sizeof *a.ranges, "columns"));
    ls_layout_list_columns(layout, targets, table, first);
    a.table = table;
    a.first = first;
    ls_text_append_bytes(&a.arrays.names, ls_layout_names(layout), (size_t)layout->names);
    for (int matrix = 0; matrix < 2; matrix++) {
        if ((matrix == 1) == targets)
            arrange_matrix(&a, targets);
        else
            copy_matrix(&a, !targets);
    }
    status = ls_layout_pack(&a.head, &a.arrays, arranged);
cleanup:
    ls_layout_arrays_free(&a.arrays);
    ls_memory_free(table);
    ls_memory_free(first);
    ls_memory_free(a.column);
    ls_memory_free(a.ranges);
    return status;
}
