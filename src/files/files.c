/* Patterns and lists of files. */
#include "files/files.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/visible.h"
#include "files/path.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ls_files_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL && !ls_path_exists(text);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends name and NUL. */
static void add(ls_text *names, int *count, const char *name)
{
    ls_text_append_bytes(names, name, strlen(name) + 1);
    (*count)++;
}

static ls_status add_pattern(const char *pattern, ls_text *names, int *count)
{
    glob_t found = {0};
    const int result = glob(pattern, GLOB_NOSORT, NULL, &found); /* its order depends on the locale */
    ls_status status = LS_OK;
    if (result == GLOB_NOMATCH)
        status = ls_fail(LS_ERR_DATA, "%s: there is no such file, and no file fits this pattern", pattern);
    else if (result != 0)
        status = ls_fail(result == GLOB_NOSPACE ? LS_ERR_MEMORY : LS_ERR_DATA,
                         "%s: the files that fit this pattern cannot be listed", pattern);
    if (status == LS_OK) {
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
        for (size_t i = 0; i < found.gl_pathc; i++)
            add(names, count, found.gl_pathv[i]);
    }
    globfree(&found);
    return status;
}

static ls_status add_name(const char *name, ls_text *names, int *count)
{
    if (ls_files_is_pattern(name))
        return add_pattern(name, names, count);
    add(names, count, name);
    return LS_OK;
}

static ls_status add_list(const char *text, ls_text *names, int *count)
{
    char name[4096];
    for (const char *at = text;; at++) {
        at += strspn(at, " ");
        size_t length = strcspn(at, ",");
        const char *begin = at;
        at += length;
        while (length > 0 && begin[length - 1] == ' ')
            length--;
        const bool empty = !ls_visible_any(begin, length);
        if (empty || length >= sizeof name)
            return ls_fail(LS_ERR_DATA, "%.200s: name %d of this list of files is %s", text, *count + 1,
                           empty ? "empty" : "too long");
        memcpy(name, begin, length);
        name[length] = '\0';
        LS_TRY(add_name(name, names, count));
        if (*at == '\0')
            return LS_OK;
    }
}

/* The same file twice would be the same rows twice. */
static ls_status check_twice(char **paths, int count)
{
    char **sorted;
    LS_TRY(ls_memory_allocate(&sorted, count, sizeof *sorted, "list of files"));
    memcpy(sorted, paths, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_bytes);
    ls_status status = LS_OK;
    for (int i = 1; i < count && status == LS_OK; i++)
        if (strcmp(sorted[i], sorted[i - 1]) == 0)
            status = ls_fail(LS_ERR_DATA, "%s: this file is named twice, and its rows would be used twice", sorted[i]);
    ls_memory_free(sorted);
    return status;
}

ls_status ls_files_expand(const char *text, char ***paths, int *count)
{
    ls_text names = {0};
    *paths = NULL;
    *count = 0;
    ls_status status;
    if (!ls_path_exists(text) && strchr(text, ',') != NULL)
        status = add_list(text, &names, count);
    else
        status = add_name(text, &names, count);
    if (status == LS_OK)
        status = ls_text_status(&names);
    char *block = NULL;
    if (status == LS_OK)
        status =
            ls_memory_allocate(&block, (int64_t)((size_t)*count * sizeof(char *) + names.length), 1, "list of files");
    if (status == LS_OK) {
        char **list = (char **)block, *at = block + (size_t)*count * sizeof(char *);
        memcpy(at, names.data, names.length);
        for (int i = 0; i < *count; i++, at += strlen(at) + 1)
            list[i] = at;
        status = check_twice(list, *count);
        if (status == LS_OK)
            *paths = list;
        else
            ls_memory_free(block);
    }
    ls_text_free(&names);
    return status;
}
