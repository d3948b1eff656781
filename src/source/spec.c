/* Taking "[FILE:]PATH[COLUMNS],..." apart. */
#include "source/spec.h"

#include "base/memory.h"
#include "base/parse.h"
#include "files/files.h"
#include "files/path.h"
#include "hdf5/h5.h"
#include "source/column_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Bytes that belong together at `i`: a character, with the backslash in front of it, or a name in quotes, which begins
 * a word between brackets. */
static size_t unit(const char *text, size_t i, bool inside)
{
    if (text[i] == '\\' && text[i + 1] != '\0')
        return 2;
    if (!inside || text[i] != '"')
        return 1;
    size_t before = i;
    while (text[before - 1] == ' ') /* a bracket is in front */
        before--;
    return text[before - 1] == '[' || text[before - 1] == ',' ? ls_column_word_quoted(text + i) : 1;
}

/* Length of the item at `text`: up to a comma that is not in brackets. */
static size_t item_length(const char *text)
{
    size_t length = 0;
    bool inside = false;
    while (text[length] != '\0' && (inside || text[length] != ',')) {
        const char c = text[length];
        length += unit(text, length, inside);
        inside = c == '[' || (inside && c != ']');
    }
    return length;
}

/* Where the opening bracket of the item's columns stands, or its length. */
static size_t bracket(const char *item)
{
    size_t length = strlen(item), at = length;
    if (length == 0 || item[length - 1] != ']' || (length > 1 && item[length - 2] == '\\'))
        return length;
    bool inside = false;
    for (size_t i = 0; i + 1 < length;) {
        const char c = item[i];
        if (c == '[')
            at = i; /* a pattern for files may have brackets too: the last are the columns */
        i += unit(item, i, inside);
        inside = c == '[' || (inside && c != ']');
    }
    return at;
}

static bool ends_like_hdf5(const char *name)
{
    static const char *const suffixes[] = {".h5", ".hdf5", ".hdf", ".he5", ".mat", ".nc", ".nxs"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}

static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0')
            from++;
        *to++ = *from;
    }
    *to = '\0';
}

/* The colon that ends the file's name, or NULL. */
static char *file_colon(char *item)
{
    for (char *colon = strrchr(item, ':'); colon != NULL;) {
        *colon = '\0';
        const bool is = colon != item && colon[-1] != '\\' &&
                        (ls_path_exists(item) || ls_files_is_pattern(item) || ends_like_hdf5(item));
        char *before = strrchr(item, ':');
        *colon = ':';
        if (is)
            return colon;
        colon = before;
    }
    return NULL;
}

static ls_status check_columns(const char *option, const char *item, const char *columns)
{
    ls_column_word word;
    for (bool more = true; more;)
        if (ls_column_word_next(&columns, &word, &more) != LS_OK)
            return ls_fail(LS_ERR_USAGE, "%s: %s: %s", option, item, ls_error_message());
    return LS_OK;
}

static ls_status parse_item(const char *option, char *text, ls_spec_item *item)
{
    const size_t open = bracket(text);
    if (text[open] == '[') {
        const size_t length = strlen(text) - open - 2;
        memcpy(item->columns, text + open + 1, length);
        text[open] = '\0';
        if (item->columns[strspn(item->columns, " ")] == '\0')
            return ls_fail(LS_ERR_USAGE, "%s: there are no columns between the brackets behind %s", option, text);
        LS_TRY(check_columns(option, text, item->columns));
    }
    char *path = text, *colon = file_colon(text);
    if (colon != NULL) {
        *colon = '\0';
        path = colon + 1;
        (void)snprintf(item->file, sizeof item->file, "%s", text);
    }
    unescape(path);
    if (path[0] == '\0')
        return ls_fail(LS_ERR_USAGE, "%s: the path of a dataset is missing%s%s; it is [FILE:]PATH[COLUMNS]", option,
                       colon == NULL ? "" : " behind ", colon == NULL ? "" : item->file);
    if (strlen(path) >= sizeof item->path)
        return ls_fail(LS_ERR_USAGE, "%s: the path %.64s... is longer than %zu bytes", option, path,
                       sizeof item->path - 1);
    memcpy(item->path, path, strlen(path) + 1);
    return LS_OK;
}

void ls_spec_escape(const char *path, char *text, size_t capacity)
{
    size_t at = 0;
    for (; *path != '\0' && at + 2 < capacity; path++) {
        if (strchr(",:[]\\", *path) != NULL)
            text[at++] = '\\';
        text[at++] = *path;
    }
    text[at] = '\0';
}

ls_status ls_spec_parse(const char *option, const char *text, ls_spec_item **items, int *count)
{
    char copy[sizeof(*items)->columns];
    int n = 0;
    const char *at;
    for (at = text;; at++, n++) {
        const size_t length = item_length(at);
        at += length;
        if (*at == '\0')
            break;
    }
    LS_TRY(ls_memory_allocate(items, n + 1, sizeof **items, "names of datasets"));
    ls_status status = LS_OK;
    *count = 0;
    for (at = text; status == LS_OK && *count <= n; at++) {
        const size_t skip = strspn(at, " ");
        size_t length = item_length(at);
        const char *begin = at + (skip < length ? skip : length);
        at += length;
        length = (size_t)(at - begin);
        while (length > 0 && begin[length - 1] == ' ')
            length--;
        if (length >= sizeof copy) {
            status = ls_fail(LS_ERR_USAGE, "%s: item %d is longer than %zu bytes", option, *count + 1, sizeof copy - 1);
            break;
        }
        memcpy(copy, begin, length);
        copy[length] = '\0';
        status = parse_item(option, copy, &(*items)[(*count)++]);
    }
    if (status != LS_OK) {
        ls_memory_free(*items);
        *items = NULL;
    }
    return status;
}

_Static_assert(LS_SPEC_AXES == LS_H5_MAX_RANK, "an axis of any dataset can be named");

bool ls_spec_axis(const char *text, int *axis)
{
    int64_t number;
    *axis = strcmp(text, "last") == 0 ? LS_SPEC_AXES : 0;
    if (strcmp(text, "first") == 0 || strcmp(text, "last") == 0)
        return true;
    if (!ls_parse_int64(text, &number) || number < 0 || number >= LS_SPEC_AXES)
        return false;
    *axis = (int)number;
    return true;
}
