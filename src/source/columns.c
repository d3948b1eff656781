/* Columns by number, range and name. */
#include "source/columns.h"

#include "base/memory.h"
#include "base/parse.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

ls_status ls_columns_names(ls_h5_file *file, const char *path, int64_t width, char ***names, int *count)
{
    static const char *const attributes[] = {"column_names", "columns", "feature_names", "names"};
    *names = NULL;
    *count = 0;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (!ls_h5_has_attribute(file, path, attributes[i]) ||
            ls_h5_attribute_texts(file, path, attributes[i], names, count) != LS_OK)
            continue;
        if (*count == width)
            return LS_OK;
        ls_memory_free(*names);
        *names = NULL;
        *count = 0;
    }
    return LS_OK;
}

/* What a choice is made from. */
typedef struct choosing {
    ls_h5_file *file;
    const char *path;
    int64_t width;
    char **names;
    int name_count;
} choosing;

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
            "attribute column_names of as many texts",
            ls_h5_path(c->file), c->path, word, (long long)c->width - 1);
    const char *nearest = ls_parse_nearest(word, (size_t)c->name_count, name_at, c);
    return ls_fail(LS_ERR_DATA, "%s:%s: there is no column '%s'%s%s%s it has %lld from '%s' to '%s', or 0 to %lld",
                   ls_h5_path(c->file), c->path, word, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : ";", (long long)c->width, c->names[0], c->names[c->name_count - 1],
                   (long long)c->width - 1);
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

static ls_status choose_word(const choosing *c, char *word, ls_h5_range *range)
{
    for (int i = 0; i < c->name_count; i++)
        if (strcmp(c->names[i], word) == 0) {
            *range = (ls_h5_range){i, 1};
            return LS_OK;
        }
    char *colon = strchr(word, ':');
    int64_t first, end;
    if (colon == NULL) {
        if (word[0] == '\0' || !number(c, word, 0, &first) || first >= c->width)
            return fail_word(c, word);
        *range = (ls_h5_range){first, 1};
        return LS_OK;
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
    *range = (ls_h5_range){first, end - first};
    return LS_OK;
}

ls_status ls_columns_choose(ls_h5_file *file, const char *path, int64_t width, const char *text, ls_h5_range **ranges,
                            int *count)
{
    choosing c = {.file = file, .path = path, .width = width};
    char word[1024];
    int most = 1;
    for (const char *at = text; *at != '\0'; at++)
        most += *at == ',';
    *ranges = NULL;
    *count = 0;
    LS_TRY(ls_columns_names(file, path, width, &c.names, &c.name_count));
    ls_status status = ls_memory_allocate(ranges, most, sizeof **ranges, "chosen columns");
    for (const char *at = text; status == LS_OK && *count < most; at++) {
        at += strspn(at, " ");
        size_t length = strcspn(at, ",");
        const char *begin = at;
        at += length;
        while (length > 0 && begin[length - 1] == ' ')
            length--;
        (void)snprintf(word, sizeof word, "%.*s", (int)length, begin);
        status = choose_word(&c, word, &(*ranges)[(*count)++]);
    }
    ls_memory_free(c.names);
    if (status != LS_OK) {
        ls_memory_free(*ranges);
        *ranges = NULL;
    }
    return status;
}
