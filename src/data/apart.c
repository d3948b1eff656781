/* Taking columns out of the features. */
#include "data/apart.h"

#include "base/memory.h"
#include "base/text.h"
#include "source/columns.h"
#include "source/spec.h"

#include <stdio.h>
#include <string.h>

/* The features or targets of a part as an option names them. */
static void name_part(const ls_source *part, const char *path, char *text, size_t capacity)
{
    if (part->layout != NULL) /* the path is as an option names it */
        (void)snprintf(text, capacity, "%s", path);
    else
        ls_spec_escape(path, text, capacity);
}

static int64_t width_of(const ls_h5_dataset *d, int axis)
{
    int64_t width = 1;
    const int rows = axis < d->rank ? axis : d->rank - 1;
    for (int i = 0; i < d->rank; i++)
        width *= i == rows ? 1 : d->shape[i];
    return width;
}

/* The columns of an item as ranges; all of them where it chooses none. */
static ls_status choose(ls_h5_file *file, const ls_spec_item *item, int64_t width, ls_h5_range **ranges, int *count)
{
    if (item->columns[0] != '\0')
        return ls_columns_choose(file, item->path, width, item->columns, ranges, count);
    LS_TRY(ls_memory_allocate(ranges, 1, sizeof **ranges, "chosen columns"));
    (*ranges)[0] = (ls_h5_range){0, width};
    *count = 1;
    return LS_OK;
}

/* Appends the columns of `range` that are none of `out`, as "A:B" with commas between them; *any: there are some
 * already. Ranges and not numbers: those may be names. */
static void put_rest(ls_h5_range range, const ls_h5_range *out, int count, bool *any, ls_text *text)
{
    int64_t begin = range.first;
    const int64_t end = range.first + range.count;
    while (begin < end) {
        int64_t stop = end, next = end;
        for (int i = 0; i < count; i++) {
            const int64_t out_end = out[i].first + out[i].count;
            if (out_end <= begin || out[i].first >= end || out[i].first >= stop)
                continue;
            stop = out[i].first > begin ? out[i].first : begin;
            next = out_end;
        }
        if (stop > begin)
            ls_text_printf(text, "%s%lld:%lld", *any ? "," : "", (long long)begin, (long long)stop);
        *any = *any || stop > begin;
        begin = next;
    }
}

/* Whether some column of `in` is in `out`. */
static bool overlap(const ls_h5_range *in, int in_count, const ls_h5_range *out, int out_count)
{
    for (int i = 0; i < in_count; i++)
        for (int k = 0; k < out_count; k++)
            if (in[i].first < out[k].first + out[k].count && out[k].first < in[i].first + in[i].count)
                return true;
    return false;
}

static void put_item(const ls_spec_item *item, const char *columns, ls_text *text)
{
    char path[2 * sizeof item->path];
    ls_spec_escape(item->path, path, sizeof path);
    ls_text_printf(text, "%s%s%s%s", text->length > 0 ? "," : "", item->file, item->file[0] != '\0' ? ":" : "", path);
    if (columns[0] != '\0')
        ls_text_printf(text, "[%s]", columns);
}

/* What is to be taken out, and from what. */
typedef struct taking {
    const ls_datanames *names;
    const ls_spec_item *apart;
    bool sibling;
    bool changed; /* something was */
} taking;

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_meant(const taking *t, const ls_spec_item *item)
{
    if (t->sibling)
        return strcmp(last_name(item->path), last_name(t->apart->path)) == 0;
    return strcmp(item->path, t->apart->path) == 0 && strcmp(item->file, t->apart->file) == 0;
}

/* Appends an item of the features without the columns that are to be taken out, if it is of that dataset. */
static ls_status put_without(taking *t, const ls_spec_item *item, ls_text *text)
{
    const ls_datanames *names = t->names;
    ls_h5_file *file = names->files->main;
    ls_h5_range *in = NULL, *out = NULL;
    int in_count, out_count;
    ls_h5_dataset d;
    ls_text columns = {0};
    ls_status status;
    bool any = false;
    if (!is_meant(t, item)) {
        put_item(item, item->columns, text);
        return LS_OK;
    }
    if (item->file[0] == '\0' && names->count > 0)
        LS_TRY(ls_h5_beside(names->files->main, names->path[0], &file));
    else if (item->file[0] != '\0' && strpbrk(item->file, "*?[") == NULL)
        LS_TRY(ls_h5_beside(names->files->main, item->file, &file));
    LS_TRY(ls_h5_describe(file, item->path, &d));
    const int64_t width = width_of(&d, names->axis);
    LS_TRY_CLEANUP(choose(file, item, width, &in, &in_count));
    ls_spec_item apart = *t->apart;
    memcpy(apart.path, item->path, sizeof apart.path);
    status = choose(file, &apart, width, &out, &out_count);
    if (status != LS_OK && !t->sibling)
        goto cleanup;
    if (status != LS_OK || !overlap(in, in_count, out, out_count)) {
        put_item(item, item->columns, text);
        status = LS_OK;
        goto cleanup;
    }
    for (int i = 0; i < in_count; i++)
        put_rest(in[i], out, out_count, &any, &columns);
    t->changed = true;
    if (any)
        put_item(item, ls_text_string(&columns), text);
    status = ls_text_status(&columns);
cleanup:
    ls_memory_free(in);
    ls_memory_free(out);
    ls_text_free(&columns);
    return status;
}

static ls_status put_all(taking *t, const ls_spec_item *items, int count, ls_text *text)
{
    for (int i = 0; i < count; i++)
        LS_TRY(put_without(t, &items[i], text));
    return ls_text_status(text);
}

static ls_status copy_text(const ls_text *text, char **copy)
{
    LS_TRY(ls_memory_allocate(copy, (int64_t)text->length + 1, 1, "names of features"));
    memcpy(*copy, text->data, text->length + 1);
    return LS_OK;
}

ls_status ls_apart_features(const ls_datanames *names, const ls_source *part, const char *option, const char *text,
                            bool sibling, char **x)
{
    char named[2 * sizeof part->x_path];
    ls_spec_item *items = NULL, *apart = NULL;
    int count, apart_count;
    taking t = {.names = names, .sibling = sibling};
    ls_text rest = {0};
    ls_status status;
    *x = NULL;
    if (text[0] == '\0' || part->rows == 0)
        return LS_OK;
    name_part(part, part->x_path, named, sizeof named);
    LS_TRY_CLEANUP(ls_spec_parse(option, text, &apart, &apart_count));
    if (apart_count != 1 || apart[0].columns[0] == '\0')
        goto cleanup;
    LS_TRY_CLEANUP(ls_spec_parse("--x", named, &items, &count));
    t.apart = &apart[0];
    LS_TRY_CLEANUP(put_all(&t, items, count, &rest));
    if (t.changed && rest.length == 0)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s %s: without this column no features are left", option, text));
    if (t.changed && rest.length >= sizeof part->x_path)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA,
                               "%s %s: the features without this column are named by more than %zu bytes; choose fewer "
                               "ranges with --x",
                               option, text, sizeof part->x_path - 1));
    if (t.changed)
        status = copy_text(&rest, x);
cleanup:
    ls_memory_free(items);
    ls_memory_free(apart);
    ls_text_free(&rest);
    return status;
}

ls_status ls_apart_describe(const ls_datanames *names, const char *x, ls_source *part)
{
    char y[2 * sizeof part->y_path];
    ls_source again;
    name_part(part, part->y_path, y, sizeof y);
    LS_TRY(ls_datanames_describe(names, "--x", x, "--y", y, &again));
    *part = again;
    return LS_OK;
}
