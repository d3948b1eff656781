/* Columns by number, range and name. */
#include "source/columns.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/visible.h"
#include "source/column_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* pandas' fixed format: block0_values, and the names in block0_items. */
static ls_status names_of_block(ls_h5_file *file, const char *path, int64_t width, char ***names, int *count)
{
    static const char end[] = "_values", other[] = "_items";
    char items[1024];
    ls_h5_dataset d;
    const size_t length = strlen(path), stem = length < sizeof end ? 0 : length - (sizeof end - 1);
    if (stem == 0 || strcmp(path + stem, end) != 0 || length >= sizeof items)
        return LS_OK;
    memcpy(items, path, stem);
    memcpy(items + stem, other, sizeof other);
    if (!ls_h5_exists(file, items) || ls_h5_describe(file, items, &d) != LS_OK || d.naming != LS_H5_NAMING_TEXT ||
        d.rank != 1 || d.shape[0] != width || width > INT32_MAX)
        return LS_OK;
    LS_TRY(ls_h5_read_texts(file, items, NULL, 0, width, names));
    *count = (int)width;
    for (int i = 0; i < *count; i++)
        if ((*names)[i] == NULL) /* a column without a name: none is sure */
            *count = 0;
    if (*count == 0) {
        ls_memory_free(*names);
        *names = NULL;
    }
    return LS_OK;
}

ls_status ls_columns_names(ls_h5_file *file, const char *path, int64_t width, char ***names, int *count)
{
    static const char *const attributes[] = {"column_names", "columns", "feature_names", "names"};
    LS_TRY(ls_h5_field_names(file, path, names, count));
    if (*count > 0)
        return LS_OK;
    LS_TRY(names_of_block(file, path, width, names, count));
    if (*count > 0)
        return LS_OK;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (!ls_h5_has_texts(file, path, attributes[i]))
            continue;
        LS_TRY(ls_h5_attribute_texts(file, path, attributes[i], names, count));
        if (*count == width)
            return LS_OK;
        ls_memory_free(*names);
        *names = NULL;
        *count = 0;
    }
    return ls_h5_answered(file);
}

/* What a choice is made from. */
typedef struct choosing {
    ls_h5_file *file;
    const char *path;
    int64_t width;
    char **names;
    int name_count;
    ls_h5_range *ranges; /* (count) those chosen */
    int count;
    int64_t capacity;
} choosing;

static ls_status add_range(choosing *c, int64_t first, int64_t count)
{
    LS_TRY(ls_memory_grow(&c->ranges, &c->capacity, c->count + 1, sizeof *c->ranges, "chosen columns"));
    c->ranges[c->count++] = (ls_h5_range){first, count};
    return LS_OK;
}

static const char *name_at(const void *context, size_t i)
{
    return ((const choosing *)context)->names[i];
}

static ls_status fail_word(const choosing *c, const char *word)
{
    if (c->name_count == 0)
        return ls_fail(
            LS_ERR_DATA,
            "%s:%s: there is no column '%s'; its columns have numbers from 0 to %lld, and names only with an "
            "attribute column_names of as many texts, or as fields of a compound type",
            ls_h5_path(c->file), c->path, word, (long long)c->width - 1);
    const char *nearest = ls_parse_nearest(word, (size_t)c->name_count, name_at, c);
    ls_text hint = {0};
    bool alike = false;
    for (int i = 0; i < c->name_count && !alike; i++)
        alike = ls_visible_explain(word, c->names[i], strlen(c->names[i]), &hint);
    ls_text_append(&hint, ";");
    if (nearest != NULL && !alike) {
        ls_text_append(&hint, " did you mean '");
        ls_visible_put(nearest, strlen(nearest), &hint);
        ls_text_append(&hint, "'?");
    }
    const ls_status status =
        ls_fail(LS_ERR_DATA, "%s:%s: there is no column '%s'%s it has %lld from '%s' to '%s', or 0 to %lld",
                ls_h5_path(c->file), c->path, word, ls_text_string(&hint), (long long)c->width, c->names[0],
                c->names[c->name_count - 1], (long long)c->width - 1);
    ls_text_free(&hint);
    return status;
}

/* A bound of a range, or a column; negative ones count from the end. */
static bool number(const choosing *c, const char *text, int64_t otherwise, int64_t *value)
{
    *value = otherwise;
    if (text[strspn(text, " ")] == '\0')
        return true;
    if (!ls_parse_int64(text, value))
        return false;
    if (*value < 0)
        *value += c->width;
    return *value >= 0;
}

/* All columns that are parts of a field: "pos.0", "pos.1" for "pos". */
static ls_status choose_parts(choosing *c, const char *word)
{
    const size_t length = strlen(word);
    for (int i = 0, end; i < c->name_count; i = end) {
        end = i + 1;
        if (length == 0 || strncmp(c->names[i], word, length) != 0 || c->names[i][length] != '.')
            continue;
        while (end < c->name_count && strncmp(c->names[end], word, length) == 0 && c->names[end][length] == '.')
            end++;
        LS_TRY(add_range(c, i, end - i));
    }
    return LS_OK;
}

static ls_status choose_word(choosing *c, const ls_column_word *chosen)
{
    char word[sizeof chosen->text];
    memcpy(word, chosen->text, sizeof word);
    for (int i = 0; i < c->name_count; i++)
        if (strcmp(c->names[i], word) == 0)
            return add_range(c, i, 1);
    const int before = c->count;
    LS_TRY(choose_parts(c, word));
    if (c->count > before)
        return LS_OK;
    if (chosen->quoted)
        return fail_word(c, word);
    char *colon = strchr(word, ':');
    int64_t first, end;
    if (colon == NULL) {
        if (word[0] == '\0' || !number(c, word, 0, &first) || first >= c->width)
            return fail_word(c, word);
        return add_range(c, first, 1);
    }
    *colon = '\0';
    const bool good = number(c, word, 0, &first) && number(c, colon + 1, c->width, &end);
    *colon = ':';
    if (!good)
        return fail_word(c, word);
    if (first >= end || end > c->width)
        return ls_fail(LS_ERR_DATA,
                       "%s:%s: columns %s are asked for; it has the columns 0 to %lld (a range A:B ends "
                       "before B)",
                       ls_h5_path(c->file), c->path, word, (long long)c->width - 1);
    return add_range(c, first, end - first);
}

ls_status ls_columns_choose(ls_h5_file *file, const char *path, int64_t width, const char *text, ls_h5_range **ranges,
                            int *count)
{
    choosing c = {.file = file, .path = path, .width = width};
    ls_column_word word;
    bool more = true;
    *ranges = NULL;
    *count = 0;
    LS_TRY(ls_columns_names(file, path, width, &c.names, &c.name_count));
    ls_status status = LS_OK;
    while (status == LS_OK && more) {
        status = ls_column_word_next(&text, &word, &more);
        if (status == LS_OK)
            status = choose_word(&c, &word);
    }
    ls_memory_free(c.names);
    if (status != LS_OK) {
        ls_memory_free(c.ranges);
        return status;
    }
    *ranges = c.ranges;
    *count = c.count;
    return LS_OK;
}
