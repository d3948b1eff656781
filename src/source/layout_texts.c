/* Reading named targets through a layout: they are one stack. */
#include "source/layout_internal.h"

#include "base/halt.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static const ls_stack *targets_of(const ls_layout *layout)
{
    return ls_layout_stacks(layout) + layout->matrix[1].first_stack;
}

static const char *field_of(const ls_stack *stack)
{
    return stack->field[0] == '\0' ? NULL : stack->field;
}

/* A number that stands for no value may be a word here. */
static bool is_missing(const ls_layout *layout, const char *text)
{
    char code[32];
    for (int i = 0; text != NULL && i < layout->code_count; i++) {
        (void)snprintf(code, sizeof code, "%.15g", layout->codes[i]);
        if (strcmp(code, text) == 0)
            return true;
    }
    return false;
}

static ls_status read_segment(const ls_layout *layout, const ls_segment *segment, ls_h5_file *main, int64_t first,
                              int64_t count, ls_layout_text visit, void *user)
{
    const ls_stack *stack = targets_of(layout);
    ls_h5_file *file;
    char **texts;
    LS_TRY(ls_halt());
    LS_TRY(ls_h5_beside(main, ls_layout_names(layout) + segment->file, &file));
    LS_TRY(ls_h5_read_texts(file, stack->path, field_of(stack), first - segment->first, count, &texts));
    ls_status status = LS_OK;
    for (int64_t i = 0; i < count && status == LS_OK; i++)
        status = visit(user, first + i, is_missing(layout, texts[i]) ? NULL : texts[i]);
    ls_memory_free(texts);
    return status;
}

ls_status ls_layout_read_texts(const ls_layout *layout, ls_h5_file *main, int64_t first, int64_t count,
                               ls_layout_text visit, void *user)
{
    const ls_stack *stack = targets_of(layout);
    for (int i = 0; i < stack->segments; i++) {
        const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment + i;
        const int64_t begin = first > segment->first ? first : segment->first;
        const int64_t there = segment->first + segment->rows, end = first + count < there ? first + count : there;
        if (begin < end)
            LS_TRY(read_segment(layout, segment, main, begin, end - begin, visit, user));
    }
    return LS_OK;
}

ls_status ls_layout_label_names(const ls_layout *layout, ls_h5_file *main, ls_dictionary *texts, bool *open)
{
    const ls_stack *stack = targets_of(layout);
    *open = stack->naming == LS_H5_NAMING_TEXT;
    for (int i = 0; i < stack->segments && !*open; i++) {
        const ls_segment *segment = ls_layout_segments(layout) + stack->first_segment + i;
        ls_h5_file *file;
        ls_h5_dataset described;
        char **names;
        int count;
        int64_t label;
        LS_TRY(ls_h5_beside(main, ls_layout_names(layout) + segment->file, &file));
        LS_TRY(ls_h5_describe(file, stack->path, &described));
        if (described.naming == LS_H5_NAMING_TEXT)
            continue;
        LS_TRY(ls_h5_label_names(file, stack->path, field_of(stack), &names, &count));
        ls_status status = LS_OK;
        for (int k = 0; k < count && status == LS_OK; k++)
            status = ls_dictionary_add(texts, names[k], (int64_t)strlen(names[k]), &label);
        ls_memory_free(names);
        LS_TRY(status);
    }
    return LS_OK;
}
