/* Reading through a layout, and its life. */
#include "source/layout_internal.h"

#include "base/memory.h"

#include <string.h>

/* Counting is not a change that anybody sees. */
static int64_t *holders_of(const ls_layout *layout)
{
    return &((ls_layout *)layout)->holders;
}

void ls_layout_hold(const ls_layout *layout)
{
    if (layout != NULL)
        ++*holders_of(layout);
}

void ls_layout_release(const ls_layout *layout)
{
    if (layout != NULL && --*holders_of(layout) == 0)
        ls_memory_free((ls_layout *)layout);
}

int64_t ls_layout_bytes(const ls_layout *layout)
{
    return layout == NULL ? 0 : layout->bytes;
}

ls_status ls_layout_adopt(const void *block, int64_t bytes, ls_layout **layout)
{
    LS_TRY(ls_memory_allocate(layout, bytes, 1, "layout of the data"));
    memcpy(*layout, block, (size_t)bytes);
    (*layout)->holders = 1;
    return LS_OK;
}

ls_status ls_layout_pack(const ls_layout *head, const ls_layout_arrays *arrays, ls_layout **layout)
{
    const ls_text *const parts[] = {&arrays->stacks, &arrays->segments, &arrays->ranges, &arrays->names};
    size_t bytes = sizeof **layout;
    for (int i = 0; i < 4; i++) {
        LS_TRY(ls_text_status(parts[i]));
        bytes += parts[i]->length;
    }
    LS_TRY(ls_memory_allocate(layout, (int64_t)bytes, 1, "layout of the data"));
    ls_layout *l = *layout;
    *l = *head;
    l->bytes = (int64_t)bytes;
    l->holders = 1;
    l->stacks = (int32_t)(arrays->stacks.length / sizeof(ls_stack));
    l->segments = (int32_t)(arrays->segments.length / sizeof(ls_segment));
    l->ranges = (int32_t)(arrays->ranges.length / sizeof(ls_h5_range));
    l->names = (int32_t)arrays->names.length;
    char *to = (char *)(l + 1);
    for (int i = 0; i < 4; to += parts[i++]->length)
        if (parts[i]->length > 0)
            memcpy(to, parts[i]->data, parts[i]->length);
    return LS_OK;
}

void ls_layout_arrays_free(ls_layout_arrays *arrays)
{
    ls_text_free(&arrays->stacks);
    ls_text_free(&arrays->segments);
    ls_text_free(&arrays->ranges);
    ls_text_free(&arrays->names);
}

ls_layout_facts ls_layout_matrix(const ls_layout *layout, bool targets)
{
    return layout->matrix[targets].facts;
}

void ls_layout_row_shape(const ls_layout *layout, int *rank, int64_t shape[LS_H5_MAX_RANK])
{
    *rank = layout->row_rank;
    memcpy(shape, layout->row_shape, sizeof layout->row_shape);
}

int ls_layout_files(const ls_layout *layout, bool targets)
{
    const ls_matrix *m = &layout->matrix[targets];
    return m->stacks == 0 ? 0 : ls_layout_stacks(layout)[m->first_stack].segments;
}

const char *ls_layout_file(const ls_layout *layout, bool targets)
{
    const ls_stack *stack = &ls_layout_stacks(layout)[layout->matrix[targets].first_stack];
    return ls_layout_names(layout) + ls_layout_segments(layout)[stack->first_segment].file;
}

ls_status ls_layout_paths(const ls_layout *layout, bool targets, char ***paths, int *count)
{
    const ls_stack *stack = &ls_layout_stacks(layout)[layout->matrix[targets].first_stack];
    const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment;
    const int64_t names = (int64_t)layout->names;
    *count = ls_layout_files(layout, targets);
    LS_TRY(ls_memory_allocate(paths, *count * (int64_t)sizeof **paths + names, 1, "list of files"));
    char *copy = memcpy(*paths + *count, ls_layout_names(layout), (size_t)names);
    for (int i = 0; i < *count; i++)
        (*paths)[i] = copy + segment[i].file;
    return LS_OK;
}

int ls_layout_tables(const ls_layout *layout, bool targets)
{
    const ls_matrix *m = &layout->matrix[targets];
    int count = 0;
    for (int i = 0; i < m->stacks; i++)
        count += ls_layout_stacks(layout)[m->first_stack + i].segments;
    return count;
}

/* The stack of a table, whose number becomes that of the segment in it. */
static const ls_stack *stack_of(const ls_layout *layout, bool targets, int *table)
{
    const ls_stack *stack = ls_layout_stacks(layout) + layout->matrix[targets].first_stack;
    for (; *table >= stack->segments; stack++)
        *table -= stack->segments;
    return stack;
}

ls_layout_table ls_layout_table_at(const ls_layout *layout, bool targets, int table)
{
    const ls_stack *stack = stack_of(layout, targets, &table);
    const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment + table;
    return (ls_layout_table){.file = ls_layout_names(layout) + segment->file,
                             .path = stack->path,
                             .field =
                                 stack->field[0] != '\0' && stack->naming == LS_H5_NAMING_TEXT ? stack->field : NULL,
                             .stack = (int)(stack - ls_layout_stacks(layout)),
                             .axis = stack->axis,
                             .columns = stack->columns,
                             .width = stack->width};
}

int64_t ls_layout_runs_taken(const ls_layout *layout, bool targets, int table, int64_t extent)
{
    const ls_stack *stack = stack_of(layout, targets, &table);
    const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment + table;
    const ls_h5_range *range = ls_layout_ranges_of(layout, segment);
    const int64_t runs = (stack->width + extent - 1) / extent;
    int64_t taken = 0;
    if (range == NULL)
        return runs;
    for (int64_t run = 0; run < runs; run++) {
        bool any = false;
        for (int i = 0; i < segment->ranges && !any; i++)
            any = range[i].first < (run + 1) * extent && range[i].first + range[i].count > run * extent;
        taken += any;
    }
    return taken;
}

static ls_status read_segment(const ls_layout *l, const ls_stack *stack, const ls_segment *segment, ls_h5_file *main,
                              int64_t first, int64_t count, ls_h5_number number, int64_t stride, char *values)
{
    ls_h5_file *file;
    const ls_h5_table table = {.path = stack->path,
                               .axis = stack->axis,
                               .width = stack->width,
                               .ranges = ls_layout_ranges_of(l, segment),
                               .range_count = segment->ranges,
                               .codes = l->codes,
                               .code_count = l->code_count};
    LS_TRY(ls_h5_beside(main, ls_layout_names(l) + segment->file, &file));
    return ls_h5_read_table(file, &table, first - segment->first, count, number, stride, values);
}

const char *ls_layout_unapplied(const ls_layout *layout, const char **file, const char **path, int *count)
{
    *count = layout->unapplied_count;
    if (*count > 0) {
        *file = ls_layout_names(layout) + layout->unapplied_file;
        *path = ls_layout_stacks(layout)[layout->unapplied_stack].path;
    }
    return layout->unapplied;
}

const char *ls_layout_left_out(const ls_layout *layout)
{
    return layout->left_out;
}

ls_status ls_layout_read(const ls_layout *layout, bool targets, ls_h5_file *main, int64_t first, int64_t count,
                         ls_h5_number number, void *values)
{
    const ls_matrix *m = &layout->matrix[targets];
    const size_t size = ls_number_size(number), row_bytes = (size_t)m->facts.columns * size;
    for (int i = 0; i < m->stacks; i++) {
        const ls_stack *stack = ls_layout_stacks(layout) + m->first_stack + i;
        for (int j = 0; j < stack->segments; j++) {
            const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment + j;
            const int64_t begin = first > segment->first ? first : segment->first;
            const int64_t end_there = segment->first + segment->rows;
            const int64_t end = first + count < end_there ? first + count : end_there;
            char *to = (char *)values + (size_t)(begin - first) * row_bytes + (size_t)stack->at * size;
            if (begin < end)
                LS_TRY(read_segment(layout, stack, segment, main, begin, end - begin, number, m->facts.columns, to));
        }
    }
    return LS_OK;
}

void ls_layout_locate(const ls_layout *layout, bool targets, int64_t row, int64_t column, const char **file,
                      const char **path, int64_t *row_there, int64_t *column_there)
{
    const ls_matrix *m = &layout->matrix[targets];
    const ls_stack *stack = ls_layout_stacks(layout) + m->first_stack;
    while (column >= stack->at + stack->columns)
        stack++;
    const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment;
    while (row >= segment->first + segment->rows)
        segment++;
    *file = ls_layout_names(layout) + segment->file;
    *path = stack->path;
    *row_there = row - segment->first;
    *column_there = column - stack->at;
    const ls_h5_range *range = ls_layout_ranges_of(layout, segment);
    for (int i = 0; i < segment->ranges; i++, range++) {
        if (*column_there < range->count) {
            *column_there += range->first;
            return;
        }
        *column_there -= range->count;
    }
}
