/* Joining the groups of several files by their names. */
#include "source/group_names.h"

#include "base/memory.h"
#include "formats/encoding.h"
#include "source/names.h"

#include <stdio.h>
#include <string.h>

/* What the groups of a file are. */
typedef enum group_kind {
    NUMBERS,
    NAMED,
    NAMES_LOST /* too many for an attribute */
} group_kind;

typedef struct group_table {
    char name[5200]; /* "a.h5:/train/group" */
    group_kind kind;
    int64_t end;     /* rows of this and those in front of it */
    int64_t count;   /* names, */
    int64_t *number; /* (count) and theirs in `all` */
} group_table;

struct ls_group_names {
    int count;
    group_table *table; /* (count) */
    int at;             /* table of the row before */
    ls_dictionary all;
};

/* ---- one file ---- */

/* Whether the encoding of the file calls the groups, of which there is but one column, texts. */
static ls_status look_at_encoding(ls_h5_file *file, group_table *t)
{
    char *text;
    ls_encoding encoding = {0};
    LS_TRY(ls_names_attribute(file, "/", &text, &encoding));
    for (int64_t i = 0; i < encoding.count; i++)
        if (encoding.column[i].role == LS_ROLE_GROUP && encoding.column[i].kind == LS_COLUMN_CODES)
            t->kind = NAMES_LOST;
    ls_memory_free(text);
    ls_encoding_free(&encoding);
    return LS_OK;
}

static ls_status take_names(ls_h5_file *file, const char *path, ls_dictionary *all, group_table *t)
{
    char **texts;
    int count;
    LS_TRY(ls_h5_attribute_texts(file, path, "names", &texts, &count));
    ls_status status = ls_memory_allocate(&t->number, count, sizeof *t->number, "names of groups");
    for (int i = 0; i < count && status == LS_OK; i++)
        status = ls_dictionary_add(all, texts[i], (int64_t)strlen(texts[i]), &t->number[i]);
    t->kind = NAMED;
    t->count = count;
    ls_memory_free(texts);
    return status;
}

static ls_status look_at(ls_h5_file *main, const ls_layout_table *table, ls_dictionary *all, group_table *t)
{
    ls_h5_file *file;
    ls_h5_dataset d;
    LS_TRY(ls_h5_beside(main, table->file, &file));
    LS_TRY(ls_h5_describe(file, table->path, &d));
    t->end = d.shape[ls_h5_row_axis(&d, table->axis)];
    (void)snprintf(t->name, sizeof t->name, "%s:%s", table->file, table->path);
    /* as convert writes them: elsewhere names alone may be those of columns */
    if (d.class_ != LS_H5_INTEGER || d.rank != 1 || !ls_h5_has_attribute(file, table->path, "column_names"))
        return ls_h5_answered(file);
    return ls_h5_has_attribute(file, table->path, "names") ? take_names(file, table->path, all, t)
                                                           : look_at_encoding(file, t);
}

/* ---- all of them ---- */

static const char *describe(group_kind kind)
{
    return kind == NUMBERS ? "numbers" : "texts";
}

static ls_status compare(const group_table *first, const group_table *t)
{
    if (t->kind == NAMES_LOST)
        return ls_fail(LS_ERR_DATA,
                       "the groups of %s are texts, too many for the file to keep their names, so they cannot be told "
                       "from those of %s; put the tables together into one and convert that, or number the groups",
                       t == first ? first->name : t->name, t == first ? t[1].name : first->name);
    if (t->kind == first->kind)
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "the groups are %s in %s, and %s in %s, so those that belong together cannot be told; write them "
                   "alike in both tables, and convert them again",
                   describe(first->kind), first->name, describe(t->kind), t->name);
}

static ls_status join(ls_h5_file *main, const ls_source *groups, ls_group_names *names)
{
    LS_TRY(ls_memory_allocate(&names->table, names->count, sizeof *names->table, "names of groups"));
    for (int i = 0; i < names->count; i++) {
        const ls_layout_table table = ls_layout_table_at(groups->layout, true, i);
        LS_TRY(look_at(main, &table, &names->all, &names->table[i]));
        if (i > 0)
            names->table[i].end += names->table[i - 1].end;
    }
    for (int i = 0; i < names->count; i++)
        LS_TRY(compare(&names->table[0], &names->table[i]));
    return LS_OK;
}

ls_status ls_group_names_join(ls_h5_file *main, const ls_source *groups, ls_group_names **names)
{
    ls_group_names *joined;
    *names = NULL;
    if (groups->layout == NULL || groups->named || ls_layout_tables(groups->layout, true) < 2)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&joined, 1, sizeof *joined, "names of groups"));
    joined->count = ls_layout_tables(groups->layout, true);
    const ls_status status = join(main, groups, joined);
    if (status == LS_OK && joined->table[0].kind == NAMED)
        *names = joined;
    else
        ls_group_names_free(joined);
    return status;
}

void ls_group_names_free(ls_group_names *names)
{
    if (names == NULL)
        return;
    for (int i = 0; names->table != NULL && i < names->count; i++)
        ls_memory_free(names->table[i].number);
    ls_memory_free(names->table);
    ls_dictionary_free(&names->all);
    ls_memory_free(names);
}

ls_status ls_group_names_number(ls_group_names *names, int64_t row, double *value)
{
    if (names == NULL)
        return LS_OK;
    if (names->at > 0 && row < names->table[names->at - 1].end)
        names->at = 0;
    while (names->at < names->count - 1 && row >= names->table[names->at].end)
        names->at++;
    const group_table *t = &names->table[names->at];
    const int64_t number = *value >= 0 && *value < (double)t->count ? (int64_t)*value : t->count;
    if (number == t->count)
        return ls_fail(LS_ERR_DATA, "%s row %lld is %.17g, and names has %lld texts (rows count from 0)", t->name,
                       (long long)(row - (names->at > 0 ? names->table[names->at - 1].end : 0)), *value,
                       (long long)t->count);
    *value = (double)t->number[number];
    return LS_OK;
}
