/* Labels that are texts, by way of the layout that the targets have. */
#include "source/source_named.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BLOCK        8192
#define CLASSES_MOST 65536

/* ---- which there are ---- */

typedef struct collecting {
    const ls_source *source;
    ls_dictionary texts;
} collecting;

static ls_status collect(void *user, int64_t row, const char *text)
{
    collecting *c = user;
    char name[5200];
    int64_t label;
    if (text == NULL)
        return LS_OK;
    if (!ls_utf8_valid(text))
        return ls_fail(LS_ERR_DATA,
                       "%s row %" PRId64 " (counted from 0) is no UTF-8 text; write the labels as UTF-8, in Python for "
                       "example with numpy.char.encode(numpy.char.decode(y, 'latin1'), 'utf-8')",
                       ls_source_target_name(c->source, name, sizeof name), row);
    LS_TRY(ls_dictionary_add(&c->texts, text, (int64_t)strlen(text), &label));
    if (c->texts.count <= CLASSES_MOST)
        return LS_OK;
    return ls_fail(
        LS_ERR_DATA,
        "%s holds more than %d different texts, which look like names of rows or like numbers rather than like "
        "classes; write numbers as numbers",
        ls_source_target_name(c->source, name, sizeof name), CLASSES_MOST);
}

ls_status ls_source_class_names(const ls_source *source, ls_h5_file *file, const ls_label_names **names)
{
    collecting c = {.source = source};
    bool sorted;
    ls_status status;
    *names = NULL;
    LS_TRY_CLEANUP(ls_layout_label_names(source->layout, file, &c.texts, &sorted));
    if (sorted) {
        for (int64_t row = 0; row < source->rows; row += BLOCK) {
            const int64_t count = source->rows - row < BLOCK ? source->rows - row : BLOCK;
            LS_TRY_CLEANUP(ls_layout_read_texts(source->layout, file, row, count, collect, &c));
        }
        ls_dictionary_sort(&c.texts);
    }
    status = ls_label_names_create(&c.texts, names);
cleanup:
    ls_dictionary_free(&c.texts);
    return status;
}

/* ---- reading ---- */

typedef struct reading {
    const ls_source *source;
    int64_t row; /* first */
    ls_h5_number number;
    void *values;
} reading;

static const char *name_at(const void *context, size_t i)
{
    return ls_label_names_text(context, (int64_t)i);
}

static ls_status fail_unknown(const reading *r, int64_t row, const char *text)
{
    const ls_label_names *names = r->source->names;
    const char *file, *path;
    int64_t there, column;
    ls_layout_locate(r->source->layout, true, row, 0, &file, &path, &there, &column);
    if (text == NULL)
        return ls_fail(LS_ERR_DATA, "%s:%s row %" PRId64 " (counted from 0) has no label", file, path, there);
    const char *nearest = ls_parse_nearest(text, (size_t)ls_label_names_count(names), name_at, names);
    return ls_fail(LS_ERR_DATA,
                   "%s:%s row %" PRId64 " (counted from 0) is '%.200s', which is none of the %" PRId64
                   " classes of the training rows ('%.64s' to '%.64s')%s%.64s%s",
                   file, path, there, text, ls_label_names_count(names), ls_label_names_text(names, 0),
                   ls_label_names_text(names, ls_label_names_count(names) - 1), nearest ? "; did you mean '" : "",
                   nearest ? nearest : "", nearest ? "'?" : "");
}

static ls_status put(void *user, int64_t row, const char *text)
{
    const reading *r = user;
    const int64_t label = text == NULL ? -1 : ls_label_names_find(r->source->names, text);
    if (label < 0 && (text != NULL || r->number == LS_H5_NUMBER_INT64))
        return fail_unknown(r, row, text);
    const double number = label < 0 ? (double)NAN : (double)label;
    if (r->number == LS_H5_NUMBER_INT64)
        ((int64_t *)r->values)[row - r->row] = label;
    else if (r->number == LS_H5_NUMBER_DOUBLE)
        ((double *)r->values)[row - r->row] = number;
    else
        ((float *)r->values)[row - r->row] = (float)number;
    return LS_OK;
}

ls_status ls_source_read_named(const ls_source *source, ls_h5_file *file, int64_t row, int64_t count,
                               ls_h5_number number, void *values)
{
    reading r = {source, row, number, values};
    const size_t size = ls_number_size(number);
    for (int64_t done = 0; done < count; done += BLOCK) {
        const int64_t now = count - done < BLOCK ? count - done : BLOCK;
        r.row = row + done;
        r.values = (char *)values + (size_t)done * size;
        LS_TRY(ls_layout_read_texts(source->layout, file, row + done, now, put, &r));
    }
    return LS_OK;
}
