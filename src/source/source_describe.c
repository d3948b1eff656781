/* Describing a pair of datasets, or of what a layout puts together. */
#include "source/source.h"

#include "base/memory.h"
#include "source/spec.h"
#include "source/stores.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int64_t columns_of(const ls_h5_dataset *dataset)
{
    int64_t columns = 1;
    for (int i = 1; i < dataset->rank; i++)
        columns *= dataset->shape[i];
    return columns;
}

ls_status ls_source_describe(ls_h5_file *file, const char *x_path, const char *y_path, ls_source *source)
{
    ls_h5_dataset x, y;
    char shape[160];
    memset(source, 0, sizeof *source);
    LS_TRY(ls_stores_explain(file, x_path, ls_h5_describe(file, x_path, &x)));
    LS_TRY(ls_h5_check_numbers(file, "features", &x));
    (void)snprintf(source->file, sizeof source->file, "%s", ls_h5_path(file));
    memcpy(source->x_path, x.path, sizeof source->x_path);
    source->rows = x.shape[0];
    source->features = columns_of(&x);
    source->x_stored = x.stored;
    source->x_wide = ls_h5_is_wide(&x);
    source->x_long = ls_h5_is_long(&x);
    source->x_coded = x.code_count > 0;
    memcpy(source->x_unapplied, x.unapplied, sizeof source->x_unapplied);
    memcpy(source->x_left_out, x.no_numbers, sizeof source->x_left_out);
    source->x_together = ls_h5_rows_together(&x, 0);
    source->row_rank = x.rank - 1;
    for (int i = 1; i < x.rank; i++)
        source->row_shape[i - 1] = x.shape[i];
    ls_h5_trusted(file, &source->links, &source->sizes);
    if (y_path == NULL || y_path[0] == '\0')
        return LS_OK;
    LS_TRY(ls_h5_describe(file, y_path, &y));
    LS_TRY(ls_h5_check_numbers(file, "targets", &y));
    memcpy(source->y_path, y.path, sizeof source->y_path);
    if (y.shape[0] != x.shape[0]) {
        char x_shape[160];
        const bool turned = x.rank > 1 && x.shape[x.rank - 1] == y.shape[y.rank - 1];
        return ls_fail(LS_ERR_DATA,
                       "%s: %s has %" PRId64 " rows %s, but %s has %" PRId64 " rows %s; both need the same%s",
                       source->file, x.path, x.shape[0], ls_h5_shape_text(&x, x_shape, sizeof x_shape), y.path,
                       y.shape[0], ls_h5_shape_text(&y, shape, sizeof shape),
                       turned ? ". If the samples are on the last axis, as MATLAB writes them, say so with "
                                "--samples-axis last"
                              : "");
    }
    source->outputs = columns_of(&y);
    source->y_wide = ls_h5_is_wide(&y);
    source->integer_target = y.class_ != LS_H5_FLOAT;
    source->y_missing = y.code_count > 0;
    source->target = source->integer_target && source->outputs == 1 ? LS_TARGET_LABELS : LS_TARGET_VALUES;
    return LS_OK;
}

/* Whether the request is for two datasets of the one file, taken as they are. */
static bool is_plain(const ls_layout_request *request, const ls_spec_item *items, int count)
{
    return count == 1 && items[0].file[0] == '\0' && items[0].columns[0] == '\0' && request->file_count == 1 &&
           request->axis == 0;
}

static ls_status plain_paths(const ls_layout_request *request, char *x, char *y, bool *plain)
{
    ls_spec_item *items;
    int count;
    *plain = true;
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? request->x : request->y;
        if (text == NULL || text[0] == '\0')
            continue;
        LS_TRY(ls_spec_parse(i == 0 ? request->x_option : request->y_option, text, &items, &count));
        *plain = *plain && is_plain(request, items, count);
        memcpy(i == 0 ? x : y, items[0].path, sizeof items[0].path);
        ls_memory_free(items);
    }
    return LS_OK;
}

/* Codes that options tell, for what is read without a layout. */
static void take_codes(const ls_layout_request *request, ls_source *source)
{
    memcpy(source->codes, request->codes, sizeof source->codes);
    source->code_count = request->code_count;
    if (source->code_count == 0)
        return;
    source->x_stored = LS_H5_NUMBER_FLOAT;
    source->x_coded = true;
    source->y_missing = true;
}

/* Without a layout, unless the targets have names. *done: they had none. */
static ls_status describe_plain(const ls_layout_request *request, ls_h5_file *main, const char *x, const char *y,
                                ls_source *source, bool *done)
{
    ls_h5_file *file;
    ls_h5_dataset targets = {.naming = LS_H5_NAMING_NONE};
    LS_TRY(ls_h5_beside(main, request->files[0], &file));
    if (y[0] != '\0')
        LS_TRY(ls_stores_explain(file, y, ls_h5_describe(file, y, &targets)));
    *done = targets.naming == LS_H5_NAMING_NONE;
    if (!*done)
        return LS_OK;
    LS_TRY(ls_source_describe(file, x, y, source));
    take_codes(request, source);
    return LS_OK;
}

/* What a layout makes of the source. */
static void take_layout(const ls_layout *layout, ls_source *source)
{
    const ls_layout_facts features = ls_layout_matrix(layout, false), targets = ls_layout_matrix(layout, true);
    source->layout = layout;
    source->features = features.columns;
    source->x_stored = features.stored;
    source->x_wide = features.wide;
    source->x_long = features.long_;
    source->x_coded = features.missing;
    source->x_together = features.rows_together;
    (void)snprintf(source->x_left_out, sizeof source->x_left_out, "%s", ls_layout_left_out(layout));
    memset(source->row_shape, 0, sizeof source->row_shape);
    ls_layout_row_shape(layout, &source->row_rank, source->row_shape);
    if (source->y_path[0] == '\0')
        return;
    source->outputs = targets.columns;
    source->y_wide = targets.wide;
    source->y_missing = targets.missing;
    source->named = targets.named;
    source->integer_target = targets.integers;
    source->target = source->integer_target && source->outputs == 1 ? LS_TARGET_LABELS : LS_TARGET_VALUES;
}

/* A plain source's two datasets as a layout. */
static ls_status lay_out(ls_h5_file *main, const ls_source *source, ls_layout **layout)
{
    char x[2 * sizeof source->x_path], y[2 * sizeof source->y_path];
    char *file = (char *)(uintptr_t)source->file;
    ls_spec_escape(source->x_path, x, sizeof x);
    ls_spec_escape(source->y_path, y, sizeof y);
    ls_layout_request request = {.files = &file, .file_count = 1, .x = x, .y = y, .x_option = "--x", .y_option = "--y"};
    memcpy(request.codes, source->codes, sizeof request.codes);
    request.code_count = source->code_count;
    return ls_layout_describe(&request, main, layout);
}

ls_status ls_source_arrange(ls_h5_file *main, bool targets, const ls_layout_order *order, ls_source *source)
{
    ls_layout *own = NULL, *arranged;
    if (source->layout == NULL)
        LS_TRY(lay_out(main, source, &own));
    const ls_status status = ls_layout_arrange(own ? own : source->layout, targets, order, &arranged);
    ls_layout_release(own);
    if (status == LS_OK)
        take_layout(arranged, source);
    return status;
}

ls_status ls_source_describe_layout(const ls_layout_request *request, ls_h5_file *main, ls_source *source)
{
    char x[1024] = "", y[1024] = "";
    bool plain;
    ls_layout *layout;
    memset(source, 0, sizeof *source);
    LS_TRY(plain_paths(request, x, y, &plain));
    if (plain)
        LS_TRY(describe_plain(request, main, x, y, source, &plain));
    if (plain)
        return LS_OK;
    LS_TRY(ls_layout_describe(request, main, &layout));
    (void)snprintf(source->file, sizeof source->file, "%s", ls_layout_file(layout, false));
    (void)snprintf(source->x_path, sizeof source->x_path, "%s", request->x);
    (void)snprintf(source->y_path, sizeof source->y_path, "%s", request->y == NULL ? "" : request->y);
    source->rows = ls_layout_matrix(layout, false).rows;
    (void)snprintf(source->x_left_out, sizeof source->x_left_out, "%s", ls_layout_left_out(layout));
    take_layout(layout, source);
    ls_h5_trusted(main, &source->links, &source->sizes);
    return LS_OK;
}

void ls_source_hold(const ls_source *source)
{
    ls_layout_hold(source->layout);
    ls_label_names_hold(source->names);
    ls_less_hold(source->x_less);
    (void)ls_selection_share(source->kept);
}

void ls_source_release(const ls_source *source)
{
    ls_layout_release(source->layout);
    ls_label_names_release(source->names);
    ls_less_release(source->x_less);
    ls_selection_destroy(source->kept);
}

ls_status ls_source_open(const ls_source *source, ls_h5_pages *pages, ls_h5_file **file)
{
    *file = NULL;
    if (source->file[0] == '\0' || source->table != NULL)
        return LS_OK;
    LS_TRY(ls_h5_open_paged(source->file, pages, file));
    ls_h5_trust(*file, source->links, source->sizes);
    return LS_OK;
}
