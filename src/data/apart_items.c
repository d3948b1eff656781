/* Items of options as columns of datasets. */
#include "base/memory.h"
#include "data/apart_internal.h"
#include "files/files.h"
#include "source/column_words.h"
#include "source/columns.h"

#include <string.h>

static int64_t width_of(const ls_h5_dataset *d, int axis)
{
    int64_t width = 1;
    const int rows = axis < d->rank ? axis : d->rank - 1;
    for (int i = 0; i < d->rank; i++)
        width *= i == rows ? 1 : d->shape[i];
    return width;
}

static ls_status open_first(const ls_datanames *names, const ls_spec_item *item, ls_h5_file **file)
{
    char **paths;
    int count;
    *file = names->files->main;
    if (item->file[0] == '\0')
        return names->count > 0 ? ls_h5_beside(*file, names->path[0], file) : LS_OK;
    LS_TRY(ls_files_expand(item->file, &paths, &count));
    const ls_status status = ls_h5_beside(names->files->main, paths[0], file);
    ls_memory_free(paths);
    return status;
}

/* All columns where the item chooses none. */
static ls_status choose(const ls_apart_item *open, const ls_spec_item *item, ls_h5_range **ranges, int *count)
{
    if (item->columns[0] != '\0')
        return ls_columns_choose(open->file, open->dataset.path, open->width, item->columns, ranges, count);
    LS_TRY(ls_memory_allocate(ranges, 1, sizeof **ranges, "chosen columns"));
    (*ranges)[0] = (ls_h5_range){0, open->width};
    *count = 1;
    return LS_OK;
}

ls_status ls_apart_open(const ls_datanames *names, const ls_spec_item *item, ls_apart_item *open)
{
    memset(open, 0, sizeof *open);
    LS_TRY(open_first(names, item, &open->file));
    LS_TRY(ls_h5_describe(open->file, item->path, &open->dataset));
    open->width = width_of(&open->dataset, names->axis);
    return choose(open, item, &open->in, &open->count);
}

void ls_apart_close(ls_apart_item *open)
{
    ls_memory_free(open->in);
    open->in = NULL;
}

static const char *file_of(const ls_datanames *names, const ls_spec_item *item)
{
    return item->file[0] == '\0' && names->count == 1 ? names->path[0] : item->file;
}

bool ls_apart_same(const ls_datanames *names, const ls_spec_item *a, const ls_spec_item *b)
{
    return strcmp(a->path + strspn(a->path, "/"), b->path + strspn(b->path, "/")) == 0 &&
           strcmp(file_of(names, a), file_of(names, b)) == 0;
}

ls_status ls_apart_choose(const ls_apart_item *open, const ls_spec_item *other, ls_text *ranges)
{
    ls_h5_range *chosen;
    int count;
    LS_TRY(choose(open, other, &chosen, &count));
    ls_text_append_bytes(ranges, (const char *)chosen, (size_t)count * sizeof *chosen);
    ls_memory_free(chosen);
    return ls_text_status(ranges);
}

/* A field of texts is no column. */
static bool is_text(const ls_apart_item *open, const ls_spec_item *item)
{
    ls_column_word word;
    return ls_column_word_only(item->columns, &word) &&
           ls_h5_field_naming(open->file, open->dataset.path, word.text) == LS_H5_NAMING_TEXT;
}

ls_status ls_apart_choose_same(const ls_datanames *names, const ls_spec_item *item, const ls_apart_item *open,
                               const ls_spec_item *others, int count, ls_text *ranges)
{
    for (int i = 0; i < count; i++)
        if (ls_apart_same(names, item, &others[i]) && !is_text(open, &others[i]))
            LS_TRY(ls_apart_choose(open, &others[i], ranges));
    return LS_OK;
}

/* ---- what is left ---- */

/* The first columns from `begin` on and below `end` that are in none of the ranges: up to *stop; returns where they
 * begin, `end` where there are none. */
static int64_t next_left(int64_t begin, int64_t end, const ls_text *out, int64_t *stop)
{
    const ls_h5_range *ranges = (const ls_h5_range *)(const void *)out->data;
    const size_t count = out->length / sizeof *ranges;
    bool again = true;
    while (again) {
        again = false;
        *stop = end;
        for (size_t i = 0; i < count; i++) {
            const int64_t first = ranges[i].first, last = first + ranges[i].count;
            if (first <= begin && begin < last) {
                begin = last;
                again = begin < end;
            } else if (first > begin && first < *stop) {
                *stop = first;
            }
        }
    }
    return begin < end ? begin : end;
}

int64_t ls_apart_left(const ls_apart_item *open, const ls_text *out)
{
    int64_t left = 0, stop;
    for (int i = 0; i < open->count; i++) {
        const int64_t end = open->in[i].first + open->in[i].count;
        for (int64_t at = open->in[i].first; (at = next_left(at, end, out, &stop)) < end; at = stop)
            left += stop - at;
    }
    return left;
}

int64_t ls_apart_first_in(const ls_apart_item *open, const ls_text *out)
{
    for (int i = 0; i < open->count; i++) {
        int64_t stop;
        const int64_t first = open->in[i].first, end = first + open->in[i].count;
        if (next_left(first, end, out, &stop) > first)
            return first;
        if (stop < end)
            return stop;
    }
    return -1;
}

void ls_apart_put(const ls_spec_item *item, const char *columns, ls_text *text)
{
    char path[2 * sizeof item->path];
    ls_spec_escape(item->path, path, sizeof path);
    ls_text_printf(text, "%s%s%s%s", text->length > 0 ? "," : "", item->file, item->file[0] != '\0' ? ":" : "", path);
    if (columns[0] != '\0')
        ls_text_printf(text, "[%s]", columns);
}

/* Ranges and not numbers: those may be names. */
ls_status ls_apart_put_rest(const ls_spec_item *item, const ls_apart_item *open, const ls_text *out, ls_text *text)
{
    ls_text columns = {0};
    for (int i = 0; i < open->count; i++) {
        int64_t stop;
        const int64_t end = open->in[i].first + open->in[i].count;
        for (int64_t at = open->in[i].first; (at = next_left(at, end, out, &stop)) < end; at = stop)
            ls_text_printf(&columns, "%s%lld:%lld", columns.length > 0 ? "," : "", (long long)at, (long long)stop);
    }
    if (columns.length > 0)
        ls_apart_put(item, ls_text_string(&columns), text);
    const ls_status status = ls_text_status(&columns);
    ls_text_free(&columns);
    return status == LS_OK ? ls_text_status(text) : status;
}

ls_status ls_apart_take(const char *option, const char *said, const ls_text *text, char **copy)
{
    const size_t most = sizeof((ls_source *)0)->x_path - 1;
    if (text->length > most)
        return ls_fail(LS_ERR_DATA,
                       "%s %s: the features without this column are named by more than %zu bytes; choose fewer ranges "
                       "with --x",
                       option, said, most);
    LS_TRY(ls_memory_allocate(copy, (int64_t)text->length + 1, 1, "names of features"));
    memcpy(*copy, text->data, text->length + 1);
    return LS_OK;
}
