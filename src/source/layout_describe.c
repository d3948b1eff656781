/* Looking at all datasets of a layout: whether they fit together, and what they make. */
#include "source/layout_internal.h"

#include "base/memory.h"
#include "base/text.h"
#include "files/files.h"
#include "source/column_words.h"
#include "source/columns.h"
#include "source/source.h"
#include "source/spec.h"
#include "source/stores.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Columns and stacks beyond this are a slip. */
#define STACKS_MOST 4096

typedef struct building {
    const ls_layout_request *request;
    ls_h5_file *main;
    ls_layout_arrays arrays;
    ls_layout head;
    ls_h5_dataset first; /* of the features: its shape */
    int first_axis;
    bool alone; /* one item makes up the matrix */
} building;

static int32_t count_of(const ls_text *array, size_t size)
{
    return (int32_t)(array->length / size);
}

static void append(ls_text *array, const void *item, size_t size)
{
    ls_text_append_bytes(array, item, size);
}

/* Offset of a file's name among the names; those used last are looked at only, since files come in the same order. */
static int64_t name_of(building *b, const char *file)
{
    for (size_t at = 0; at < b->arrays.names.length; at += strlen(b->arrays.names.data + at) + 1)
        if (strcmp(b->arrays.names.data + at, file) == 0)
            return (int64_t)at;
    const int64_t at = (int64_t)b->arrays.names.length;
    ls_text_append_bytes(&b->arrays.names, file, strlen(file) + 1);
    return at;
}

/* A dataset in one file, seen as a table. */
typedef struct table_facts {
    ls_h5_dataset dataset;
    int axis;
    int64_t rows, width;
    int64_t rows_together;
} table_facts;

/* The numbers of an enumeration are a column among the fields; texts are none. */
static bool is_column(const ls_stack *stack)
{
    return stack->field[0] != '\0' && stack->naming == LS_H5_NAMING_ENUM;
}

/* Labels with names in some files of a stack, and numbers without in others. */
static ls_status refuse_mixed(const building *b, const ls_stack *stack, ls_h5_file *file, const table_facts *t)
{
    const ls_segment *first = (const ls_segment *)b->arrays.segments.data + stack->first_segment;
    return ls_fail(LS_ERR_DATA,
                   "%s:%s holds labels that %s, and %s:%s labels that %s; write those of all files as texts, or all as "
                   "the same numbers",
                   b->arrays.names.data + first->file, stack->path,
                   stack->naming == LS_H5_NAMING_NONE ? "are numbers" : "have names", ls_h5_path(file), t->dataset.path,
                   t->dataset.naming == LS_H5_NAMING_TEXT   ? "are texts"
                   : t->dataset.naming == LS_H5_NAMING_NONE ? "are numbers"
                                                            : "have names");
}

/* Whether there is one label a row: along the first axis, or the last where that has the rows. */
static bool is_line(const building *b, const ls_h5_dataset *d)
{
    return d->rank == 1 || (d->rank == 2 && (d->shape[1] == 1 || (d->shape[0] == 1 && b->request->axis > 0)));
}

/* Texts are one a row, or a field of rows of fields. */
static ls_status describe_texts(const building *b, ls_h5_file *file, const ls_stack *stack, table_facts *t)
{
    const ls_h5_dataset *d = &t->dataset;
    if (stack->segments > 0 && stack->field[0] == '\0' && d->naming == LS_H5_NAMING_NONE && d->class_ != LS_H5_OTHER)
        return refuse_mixed(b, stack, file, t);
    const bool column = stack->field[0] == '\0' && d->naming != LS_H5_NAMING_NONE && is_line(b, d);
    const bool field = stack->field[0] != '\0' && strcmp(d->type, "compound") == 0 && d->rank - (d->fields > 0) == 1;
    char shape[160];
    if ((!column && !field) || d->shape[0] < 1)
        return ls_fail(LS_ERR_DATA, "%s:%s is %s %s, expected one label a row that has a name, as targets",
                       ls_h5_path(file), d->path, d->type, ls_h5_shape_text(d, shape, sizeof shape));
    t->axis = column && d->rank == 2 && d->shape[1] != 1 ? 1 : 0;
    t->rows = d->shape[t->axis];
    t->width = 1;
    t->rows_together = ls_h5_rows_together(d, t->axis);
    t->dataset.class_ = LS_H5_INTEGER; /* as which they are read */
    t->dataset.stored = LS_H5_NUMBER_FLOAT;
    return LS_OK;
}

static ls_status describe_table(const building *b, ls_h5_file *file, const char *path, bool targets,
                                const ls_stack *stack, table_facts *t)
{
    LS_TRY(ls_stores_explain(file, path, ls_h5_describe(file, path, &t->dataset)));
    if (stack->naming != LS_H5_NAMING_NONE && !is_column(stack))
        return describe_texts(b, file, stack, t);
    if (targets && stack->segments > 0 && t->dataset.naming == LS_H5_NAMING_TEXT)
        return refuse_mixed(b, stack, file, t);
    LS_TRY(ls_h5_check_numbers(file, targets ? "targets" : "features", &t->dataset));
    t->axis = ls_h5_row_axis(&t->dataset, b->request->axis);
    if (t->dataset.fields > 0 && t->axis != 0)
        return ls_fail(LS_ERR_DATA, "%s:%s is a table with named fields; its rows are the first axis (--samples-axis)",
                       ls_h5_path(file), path);
    t->rows = t->dataset.shape[t->axis];
    t->width = 1;
    for (int i = 0; i < t->dataset.rank; i++)
        t->width *= i == t->axis ? 1 : t->dataset.shape[i];
    t->rows_together = ls_h5_rows_together(&t->dataset, t->axis);
    return LS_OK;
}

/* Files may differ in type; but labels are integers, values floats. */
static ls_status check_same(const char *first_file, const table_facts *first, const char *file, const table_facts *t,
                            bool targets)
{
    char a[160], c[160];
    const bool same_kind = (t->dataset.class_ == LS_H5_FLOAT) == (first->dataset.class_ == LS_H5_FLOAT);
    if (t->width == first->width && (same_kind || !targets))
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s:%s is %s %s, but %s:%s is %s %s; files that make up one dataset need %s",
                   first_file, first->dataset.path, first->dataset.type, ls_h5_shape_text(&first->dataset, a, sizeof a),
                   file, t->dataset.path, t->dataset.type, ls_h5_shape_text(&t->dataset, c, sizeof c),
                   t->width != first->width ? "the same columns" : "either integers or floats as targets in all");
}

/* The dataset goes to the stack that comes next. */
static void note_unapplied(building *b, const ls_h5_dataset *d, int64_t file)
{
    if (d->unapplied[0] == '\0' || b->head.unapplied_count++ > 0)
        return;
    b->head.unapplied_file = file;
    b->head.unapplied_stack = count_of(&b->arrays.stacks, sizeof(ls_stack));
    memcpy(b->head.unapplied, d->unapplied, sizeof b->head.unapplied);
}

/* Columns of a table that are not marked, as ranges. */
static ls_status list_unmarked(const bool *marked, int64_t width, ls_h5_range **ranges, int *count)
{
    LS_TRY(ls_memory_allocate(ranges, width, sizeof **ranges, "chosen columns"));
    for (int64_t c = 0; c < width; c++)
        if (!marked[c] && c > 0 && !marked[c - 1])
            (*ranges)[*count - 1].count++;
        else if (!marked[c])
            (*ranges)[(*count)++] = (ls_h5_range){c, 1};
    return LS_OK;
}

/* All fields of a table but those that are the targets: what is learnt is no feature. *count 0: all of them. */
static ls_status spare_targets(const building *b, const char *path, ls_h5_file *file, int64_t width,
                               ls_h5_range **ranges, int *count)
{
    ls_spec_item *items = NULL;
    bool *marked = NULL, any = false;
    int item_count = 0;
    ls_status status;
    *count = 0;
    *ranges = NULL;
    if (b->request->y == NULL || b->request->y[0] == '\0')
        return LS_OK;
    LS_TRY_CLEANUP(ls_spec_parse(b->request->y_option, b->request->y, &items, &item_count));
    LS_TRY_CLEANUP(ls_memory_allocate(&marked, width, sizeof *marked, "columns of the targets"));
    for (int i = 0; i < item_count; i++) {
        ls_h5_range *taken;
        int taken_count;
        ls_column_word word;
        if (strcmp(items[i].path, path) != 0 || items[i].columns[0] == '\0' ||
            (ls_column_word_only(items[i].columns, &word) &&
             ls_h5_field_naming(file, path, word.text) == LS_H5_NAMING_TEXT))
            continue;
        LS_TRY_CLEANUP(ls_columns_choose(file, path, width, items[i].columns, &taken, &taken_count));
        for (int k = 0; k < taken_count; k++)
            for (int64_t c = 0; c < taken[k].count; c++)
                marked[taken[k].first + c] = any = true;
        ls_memory_free(taken);
    }
    status = any ? list_unmarked(marked, width, ranges, count) : LS_OK;
cleanup:
    ls_memory_free(items);
    ls_memory_free(marked);
    return status;
}

/* Which columns of this file are taken: those of a compound by its own fields, others by those of the first file. */
static ls_status choose_columns(building *b, const ls_spec_item *item, ls_h5_file *file, bool targets, bool fields,
                                ls_stack *stack, ls_segment *segment)
{
    ls_h5_range *ranges = NULL;
    int count = 0;
    if (stack->segments > 0 && !fields) {
        const ls_segment *first = (const ls_segment *)b->arrays.segments.data + stack->first_segment;
        segment->first_range = first->first_range;
        segment->ranges = first->ranges;
        return LS_OK;
    }
    int64_t columns = stack->width;
    if (item->columns[0] != '\0' && (stack->field[0] == '\0' || is_column(stack)))
        LS_TRY(ls_columns_choose(file, item->path, stack->width, item->columns, &ranges, &count));
    else if (fields && !targets)
        LS_TRY(spare_targets(b, item->path, file, stack->width, &ranges, &count));
    if (count > 0) {
        segment->first_range = count_of(&b->arrays.ranges, sizeof *ranges);
        segment->ranges = count;
        columns = 0;
        for (int i = 0; i < count; i++)
            columns += ranges[i].count;
        append(&b->arrays.ranges, ranges, (size_t)count * sizeof *ranges);
    }
    ls_memory_free(ranges);
    if (stack->segments > 0 && columns != stack->columns)
        return ls_fail(LS_ERR_DATA, "%s:%s has other fields than the first file", ls_h5_path(file), item->path);
    stack->columns = columns;
    return ls_text_status(&b->arrays.ranges);
}

/* The first file's dataset says what the stack is. */
static void begin_stack(building *b, const ls_spec_item *item, bool targets, const table_facts *t, ls_stack *stack)
{
    memcpy(stack->path, t->dataset.path, sizeof stack->path);
    stack->width = t->width;
    stack->axis = t->axis;
    if (b->arrays.segments.length == 0) {
        b->first = t->dataset;
        b->first_axis = t->axis;
    }
    if (!targets && item->columns[0] == '\0' && b->head.left_out[0] == '\0')
        memcpy(b->head.left_out, t->dataset.no_numbers, sizeof b->head.left_out);
}

/* Adds one file's rows to the stack. */
static ls_status add_segment(building *b, const ls_spec_item *item, const char *file_name, bool targets,
                             table_facts *first, ls_stack *stack, ls_layout_facts *facts)
{
    ls_h5_file *file;
    table_facts t;
    LS_TRY(ls_h5_beside(b->main, file_name, &file));
    LS_TRY(describe_table(b, file, item->path, targets, stack, &t));
    if (stack->segments == 0)
        begin_stack(b, item, targets, &t, stack);
    ls_segment segment = {.first = facts->rows, .rows = t.rows, .file = name_of(b, file_name)};
    LS_TRY(ls_text_status(&b->arrays.names));
    if (t.width == stack->width)
        LS_TRY(choose_columns(b, item, file, targets, t.dataset.fields > 0, stack, &segment));
    if (segment.ranges > 0 && t.dataset.fields > 0)
        LS_TRY(ls_h5_field_types(file, item->path, (ls_h5_range *)b->arrays.ranges.data + segment.first_range,
                                 segment.ranges, &t.dataset));
    if (stack->segments == 0) {
        *first = t;
        facts->stored = t.dataset.stored;
    } else {
        const ls_segment *segments = (const ls_segment *)b->arrays.segments.data;
        LS_TRY(check_same(b->arrays.names.data + segments[stack->first_segment].file, first, file_name, &t, targets));
    }
    append(&b->arrays.segments, &segment, sizeof segment);
    if (!targets)
        note_unapplied(b, &t.dataset, segment.file);
    LS_TRY(ls_text_status(&b->arrays.segments));
    stack->segments++;
    facts->rows += t.rows;
    facts->integers = facts->integers && t.dataset.class_ != LS_H5_FLOAT;
    facts->stored = ls_number_join(facts->stored, t.dataset.stored);
    facts->wide = facts->wide || ls_h5_is_wide(&t.dataset);
    facts->long_ = facts->long_ || ls_h5_is_long(&t.dataset);
    facts->missing = facts->missing || t.dataset.code_count > 0;
    facts->rows_together = t.rows_together > facts->rows_together ? t.rows_together : facts->rows_together;
    return LS_OK;
}

/* Whether targets are labels with names, by the first file. */
static ls_status find_naming(building *b, const ls_spec_item *item, const char *file_name, ls_stack *stack)
{
    ls_h5_file *file;
    ls_h5_dataset d;
    ls_column_word word;
    LS_TRY(ls_h5_beside(b->main, file_name, &file));
    LS_TRY(ls_stores_explain(file, item->path, ls_h5_describe(file, item->path, &d)));
    if (item->columns[0] == '\0') {
        if (d.naming == LS_H5_NAMING_TEXT || is_line(b, &d))
            stack->naming = d.naming;
    } else if (ls_column_word_only(item->columns, &word) && strlen(word.text) < sizeof stack->field &&
               d.rank == 1 + (d.fields > 0)) {
        stack->naming = ls_h5_field_naming(file, item->path, word.text);
        if (stack->naming != LS_H5_NAMING_NONE)
            memcpy(stack->field, word.text, strlen(word.text) + 1);
    }
    return LS_OK;
}

static ls_status add_stack(building *b, const ls_spec_item *item, char **files, int file_count, bool targets,
                           ls_matrix *m)
{
    ls_layout_facts facts = {.integers = true, .rows_together = 1};
    ls_stack stack = {.first_segment = count_of(&b->arrays.segments, sizeof(ls_segment)), .at = m->facts.columns};
    table_facts first;
    if (targets && b->alone)
        LS_TRY(find_naming(b, item, files[0], &stack));
    for (int i = 0; i < file_count; i++)
        LS_TRY(add_segment(b, item, files[i], targets, &first, &stack, &facts));
    facts.named = stack.naming != LS_H5_NAMING_NONE;
    facts.texts = stack.naming == LS_H5_NAMING_TEXT;
    facts.missing = facts.missing || facts.named || b->request->code_count > 0;
    if (b->request->code_count > 0)
        facts.stored = LS_H5_NUMBER_FLOAT;
    if (m->stacks > 0 && facts.rows != m->facts.rows)
        return ls_fail(
            LS_ERR_DATA, "%s:%s has %" PRId64 " rows, but %s has %" PRId64 "; datasets side by side need the same",
            files[0], item->path, facts.rows, ((ls_stack *)b->arrays.stacks.data)[m->first_stack].path, m->facts.rows);
    append(&b->arrays.stacks, &stack, sizeof stack);
    LS_TRY(ls_text_status(&b->arrays.stacks));
    if (m->stacks++ == 0) {
        facts.columns = stack.columns;
        m->facts = facts;
        return LS_OK;
    }
    m->facts.columns += stack.columns;
    m->facts.integers = m->facts.integers && facts.integers;
    m->facts.missing = m->facts.missing || facts.missing;
    m->facts.stored = ls_number_join(m->facts.stored, facts.stored);
    m->facts.wide = m->facts.wide || facts.wide;
    m->facts.long_ = m->facts.long_ || facts.long_;
    if (facts.rows_together > m->facts.rows_together)
        m->facts.rows_together = facts.rows_together;
    return LS_OK;
}

static ls_status add_item(building *b, const ls_spec_item *item, bool targets, ls_matrix *m)
{
    if (item->file[0] == '\0') {
        if (b->request->file_count == 0)
            return ls_fail(LS_ERR_USAGE, "%s %s: there is no data file; name one, or write FILE:%s",
                           targets ? b->request->y_option : b->request->x_option, item->path, item->path);
        return add_stack(b, item, b->request->files, b->request->file_count, targets, m);
    }
    char **files;
    int count;
    LS_TRY(ls_files_expand(item->file, &files, &count));
    ls_status status = add_stack(b, item, files, count, targets, m);
    ls_memory_free(files);
    return status;
}

static ls_status describe_matrix(building *b, bool targets)
{
    const char *option = targets ? b->request->y_option : b->request->x_option;
    const char *text = targets ? b->request->y : b->request->x;
    ls_matrix *m = &b->head.matrix[targets];
    ls_spec_item *items;
    int count;
    if (text == NULL || text[0] == '\0')
        return LS_OK;
    LS_TRY(ls_spec_parse(option, text, &items, &count));
    m->first_stack = count_of(&b->arrays.stacks, sizeof(ls_stack));
    b->alone = count == 1;
    ls_status status = LS_OK;
    if (count > STACKS_MOST)
        status = ls_fail(LS_ERR_USAGE, "%s names %d datasets; at most %d can be put side by side", option, count,
                         STACKS_MOST);
    for (int i = 0; i < count && status == LS_OK; i++)
        status = add_item(b, &items[i], targets, m);
    ls_memory_free(items);
    return status;
}

static ls_status check_rows(const building *b)
{
    const ls_matrix *x = &b->head.matrix[0], *y = &b->head.matrix[1];
    if (y->stacks == 0 || x->facts.rows == y->facts.rows)
        return LS_OK;
    const ls_stack *stacks = (const ls_stack *)b->arrays.stacks.data;
    const ls_segment *segments = (const ls_segment *)b->arrays.segments.data;
    const ls_stack *a = &stacks[x->first_stack], *c = &stacks[y->first_stack];
    return ls_fail(LS_ERR_DATA,
                   "%s:%s%s has %" PRId64 " rows, but %s:%s%s has %" PRId64
                   "; both need the same. Rows are counted along axis %d (--samples-axis)",
                   b->arrays.names.data + segments[a->first_segment].file, a->path,
                   a->segments > 1 ? " and the next files" : "", x->facts.rows,
                   b->arrays.names.data + segments[c->first_segment].file, c->path,
                   c->segments > 1 ? " and the next files" : "", y->facts.rows, a->axis);
}

/* The shape of a row before it is flattened: columns put together or chosen have one axis. */
static void put_row_shape(building *b)
{
    ls_layout *head = &b->head;
    const ls_stack *first = (const ls_stack *)b->arrays.stacks.data + head->matrix[0].first_stack;
    const ls_segment *segment = (const ls_segment *)b->arrays.segments.data + first->first_segment;
    if (head->matrix[0].stacks > 1 || segment->ranges > 0) {
        head->row_rank = 1;
        head->row_shape[0] = head->matrix[0].facts.columns;
        return;
    }
    for (int i = 0; i < b->first.rank; i++)
        if (i != b->first_axis)
            head->row_shape[head->row_rank++] = b->first.shape[i];
}

ls_status ls_layout_describe(const ls_layout_request *request, ls_h5_file *main, ls_layout **layout)
{
    building b = {.request = request, .main = main};
    *layout = NULL;
    memcpy(b.head.codes, request->codes, sizeof b.head.codes);
    b.head.code_count = request->code_count;
    ls_status status = describe_matrix(&b, false);
    if (status == LS_OK)
        status = describe_matrix(&b, true);
    if (status == LS_OK)
        status = check_rows(&b);
    if (status == LS_OK) {
        put_row_shape(&b);
        status = ls_layout_pack(&b.head, &b.arrays, layout);
    }
    ls_layout_arrays_free(&b.arrays);
    return status;
}
