/* A group where a dataset was expected. */
#include "source/stores.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define LISTED 6

static int find_in(const ls_h5_dataset *list, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(strrchr(list[i].path, '/') + 1, name) == 0)
            return i;
    return -1;
}

static void put_contents(const ls_h5_dataset *list, int count, ls_text *text)
{
    char shape[160];
    ls_text_append(text, count == 0 ? "; it has no datasets" : "; it has ");
    for (int i = 0; i < count && i < LISTED; i++)
        ls_text_printf(text, "%s%s %s %s", i > 0 ? ", " : "", list[i].path, list[i].type,
                       ls_h5_shape_text(&list[i], shape, sizeof shape));
    if (count > LISTED)
        ls_text_printf(text, " and %d more", count - LISTED);
}

static ls_status explain(ls_h5_file *file, const ls_h5_dataset *list, int count, ls_text *text)
{
    ls_stores stores;
    const int codes = find_in(list, count, "codes"), table = find_in(list, count, "table");
    LS_TRY(ls_stores_find(file, list, count, &stores));
    if (stores.advice.length > 0)
        ls_text_append(text, ls_text_string(&stores.advice));
    else if (codes >= 0 && find_in(list, count, "categories") >= 0)
        ls_text_printf(text, "; the categories of its rows are %s", list[codes].path);
    else if (table >= 0 && list[table].fields > 0)
        ls_text_printf(text, "; its rows are %s, whose fields are named in brackets", list[table].path);
    else
        put_contents(list, count, text);
    ls_stores_free(&stores);
    return ls_text_status(text);
}

ls_status ls_stores_explain(ls_h5_file *file, const char *path, ls_status status)
{
    ls_h5_dataset *list = NULL;
    ls_text text = {0};
    char message[1024];
    int count;
    if (status != LS_ERR_DATA || strstr(ls_error_message(), " is a group, expected a dataset") == NULL)
        return status;
    (void)snprintf(message, sizeof message, "%s", ls_error_message());
    if (ls_h5_list(file, path, &list, &count) != LS_OK || explain(file, list, count, &text) != LS_OK)
        ls_text_clear(&text);
    (void)ls_fail(status, "%s%s", message, ls_text_string(&text));
    ls_memory_free(list);
    ls_text_free(&text);
    return status;
}
