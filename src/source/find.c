/* Finding features and targets by the names people use. Every usual name becomes a path, which is looked up
 * in the list of the file's datasets. */
#include "source/find.h"

#include "base/memory.h"
#include "source/find_advice.h"
#include "source/find_table.h"
#include "source/stores.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Names that belong together: where such a pair is there, it is meant, whatever else there is. */
static const struct {
    const char *x, *y;
} pairs[] = {
    {"x", "y"},          {"X", "y"},         {"X", "Y"},        {"features", "labels"}, {"features", "targets"},
    {"data", "target"},  {"data", "labels"}, {"data", "label"}, {"inputs", "targets"},  {"inputs", "outputs"},
    {"images", "labels"}};
#define PAIRS ((int)(sizeof pairs / sizeof pairs[0]))

/* Else any of these with any of those. */
static const char *const x_names[] = {"x", "X", "features", "data", "images", "inputs", "input"};
static const char *const y_names[] = {"y",       "Y",       "labels", "label",   "target",
                                      "targets", "outputs", "output", "classes", "class"};
#define X_NAMES ((int)(sizeof x_names / sizeof x_names[0]))
#define Y_NAMES ((int)(sizeof y_names / sizeof y_names[0]))

#define WORDS 3
static const char *const train_words[WORDS] = {"train", "training", "train_set"};
static const char *const validation_words[WORDS] = {"validation", "val", "valid"};
static const char *const test_words[WORDS] = {"test", "testing", "test_set"};
static const char *const no_words[WORDS] = {"", NULL, NULL};

/* How the path of a dataset is made from the part's word and the dataset's name. */
typedef enum style {
    STYLE_GROUP, /* /train/x */
    STYLE_AFTER, /* /x_train */
    STYLE_BEFORE /* /train_x */
} style;

/* What is searched, and what was found: two candidates are enough to know that it is not clear. */
typedef struct search {
    const ls_h5_dataset *list;
    int count;
    const char *group; /* in front of every path: "" or "/holdout" */
    int found;
    int x[2], y[2]; /* in the list; y is -1 for features alone */
} search;

static void offer(search *s, int x, int y)
{
    for (int i = 0; i < s->found; i++)
        if (s->x[i] == x && s->y[i] == y)
            return;
    if (s->found == 2)
        return;
    s->x[s->found] = x;
    s->y[s->found++] = y;
}

/* The next dataset from `from` on that has this path, or count. */
static int look_up(const search *s, int from, const char *path, bool exact)
{
    while (from < s->count && (exact ? strcmp(s->list[from].path, path) : strcasecmp(s->list[from].path, path)) != 0)
        from++;
    return from;
}

/* Longer than any group, word and name together; a group has less than 1,024 bytes. */
enum { PATH = 1200 };

/* Pieces are put together by hand: nearly 2,000 paths are made for a file, and printing each takes longer than reading
 * it. */
static void make_path(const search *s, style how, const char *word, const char *name, char path[PATH])
{
    const char *between = word[0] == '\0' ? "" : how == STYLE_GROUP ? "/" : "_";
    const bool name_first = how == STYLE_AFTER;
    char *end = stpcpy(stpcpy(path, s->group), "/");
    end = stpcpy(stpcpy(end, name_first ? name : word), between);
    stpcpy(end, name_first ? word : name);
}

/* All datasets that fit one pair of names; y NULL: features alone. Coordinates called x, along an axis of a grid, are
 * no features. */
static void try_pair(search *s, style how, const char *word, const char *x_name, const char *y_name, bool exact)
{
    char x_path[PATH], y_path[PATH];
    make_path(s, how, word, x_name, x_path);
    for (int x = look_up(s, 0, x_path, exact); x < s->count; x = look_up(s, x + 1, x_path, exact)) {
        if (s->list[x].scale || ls_stores_is_sparse(s->list, s->count, x))
            continue;
        if (y_name == NULL) {
            offer(s, x, -1);
            continue;
        }
        make_path(s, how, word, y_name, y_path);
        for (int y = look_up(s, 0, y_path, exact); y < s->count; y = look_up(s, y + 1, y_path, exact))
            offer(s, x, y);
    }
}

/* Which names are tried together, in this order. */
typedef enum matching { MATCH_PAIRS, MATCH_ANY, MATCH_FEATURES, MATCHINGS } matching;

static void try_word(search *s, style how, const char *word, matching match, bool exact)
{
    for (int pair = 0; pair < PAIRS && match == MATCH_PAIRS; pair++)
        try_pair(s, how, word, pairs[pair].x, pairs[pair].y, exact);
    for (int x = 0; x < X_NAMES && match == MATCH_FEATURES; x++)
        try_pair(s, how, word, x_names[x], NULL, exact);
    for (int x = 0; x < X_NAMES && match == MATCH_ANY; x++)
        for (int y = 0; y < Y_NAMES; y++)
            try_pair(s, how, word, x_names[x], y_names[y], exact);
}

static void try_styles(search *s, style from, style to, const char *const words[WORDS], matching match, bool exact)
{
    for (int how = (int)from; how <= (int)to; how++)
        for (int word = 0; word < WORDS && words[word] != NULL; word++)
            try_word(s, (style)how, words[word], match, exact);
}

/* Pairs before other names, those before features alone; exact names before those that differ in case; the first that
 * gives anything decides. */
static void try_names(search *s, style from, style to, const char *const words[WORDS], bool need_targets)
{
    s->found = 0;
    for (int match = 0; match < (need_targets ? (int)MATCH_FEATURES : (int)MATCHINGS) && s->found == 0; match++)
        for (int exact = 1; exact >= 0 && s->found == 0; exact--)
            try_styles(s, from, to, words, (matching)match, exact);
}

/* ---- messages ---- */

static ls_status fail_with(const search *s, ls_h5_file *file, bool need_targets, ls_text *text)
{
    const ls_status advised = ls_find_advise(file, s->list, s->count, need_targets, text);
    ls_status status = ls_text_status(text);
    if (status == LS_OK)
        status = advised;
    if (status == LS_OK)
        status = ls_fail(LS_ERR_DATA, "%s", ls_text_string(text));
    ls_text_free(text);
    return status;
}

/* The search's result as a part: none, one, or an error when there are two. */
static ls_status take(const search *s, ls_h5_file *file, bool need_targets, const char *part_name, ls_found_part *part)
{
    if (s->found == 0)
        return LS_OK;
    if (s->found == 1) {
        memcpy(part->x, s->list[s->x[0]].path, sizeof part->x);
        if (s->y[0] >= 0)
            memcpy(part->y, s->list[s->y[0]].path, sizeof part->y);
        return LS_OK;
    }
    ls_text text = {0};
    ls_text_printf(&text, "%s: it is not clear which datasets are the %s: ", ls_h5_path(file), part_name);
    for (int i = 0; i < 2; i++) {
        ls_text_printf(&text, "%s%s", i == 0 ? "" : ", or ", s->list[s->x[i]].path);
        if (s->y[i] >= 0)
            ls_text_printf(&text, " with %s", s->list[s->y[i]].path);
    }
    return fail_with(s, file, need_targets, &text);
}

/* ---- parts ---- */

/* A part's own group, else names that say the part. */
static void try_part(search *s, bool need_targets, const char *const words[WORDS])
{
    try_names(s, STYLE_GROUP, STYLE_GROUP, words, need_targets);
    if (s->found == 0)
        try_names(s, STYLE_AFTER, STYLE_BEFORE, words, need_targets);
}

static ls_status find_part(search *s, ls_h5_file *file, bool need_targets, const char *const words[WORDS],
                           const char *part_name, ls_found_part *part)
{
    try_part(s, need_targets, words);
    return take(s, file, need_targets, part_name, part);
}

/* The fields of the only array of numbers, a table that says which of them is the target. */
static ls_status find_table(const search *s, ls_h5_file *file, bool need_targets, ls_found_part *part)
{
    int table = -1;
    bool clear;
    for (int i = 0; i < s->count; i++) {
        if (s->list[i].class_ == LS_H5_OTHER || strstr(s->list[i].path, "/_i_") != NULL) /* PyTables' indexes */
            continue;
        if (table >= 0 || s->list[i].fields == 0)
            return LS_OK;
        table = i;
    }
    if (table < 0)
        return LS_OK;
    LS_TRY(ls_find_in_table(file, &s->list[table], part, &clear));
    if (!clear && (need_targets || strstr(part->x, "[FIELD") != NULL))
        memset(part, 0, sizeof *part);
    else if (!clear)
        part->y[0] = '\0';
    return LS_OK;
}

static ls_status find_parts(search *s, ls_h5_file *file, bool need_targets, ls_found *found)
{
    LS_TRY(find_part(s, file, need_targets, train_words, "train part", &found->train));
    LS_TRY(find_part(s, file, need_targets, validation_words, "validation part", &found->validation));
    LS_TRY(find_part(s, file, need_targets, test_words, "test part", &found->test));
    if (found->train.x[0] == '\0') {
        try_names(s, STYLE_GROUP, STYLE_GROUP, no_words, need_targets);
        LS_TRY(take(s, file, need_targets, "features and targets", &found->train));
    }
    if (found->train.x[0] == '\0')
        LS_TRY(find_table(s, file, need_targets, &found->train));
    if (found->train.x[0] != '\0' || (!need_targets && (found->validation.x[0] != '\0' || found->test.x[0] != '\0')))
        return LS_OK;
    ls_text text = {0};
    ls_text_printf(&text,
                   "%s: found no %s under the usual names (groups train, validation, test; x, X, data, "
                   "features, images or inputs with y, labels or targets; x_train and y_train, ...)",
                   ls_h5_path(file), need_targets ? "features and targets to train on" : "features");
    return fail_with(s, file, need_targets, &text);
}

ls_status ls_find_parts(ls_h5_file *file, bool need_targets, ls_found *found)
{
    ls_h5_dataset *list;
    search s = {.group = ""};
    memset(found, 0, sizeof *found);
    LS_TRY(ls_h5_list(file, "/", &list, &s.count));
    s.list = list;
    ls_status status = find_parts(&s, file, need_targets, found);
    ls_memory_free(list);
    return status;
}

ls_status ls_find_in_group(ls_h5_file *file, const char *group, bool need_targets, ls_found_part *part)
{
    char prefix[1024];
    ls_h5_dataset *list;
    search s = {.group = prefix};
    memset(part, 0, sizeof *part);
    int length = snprintf(prefix, sizeof prefix, "%s%s", group[0] == '/' ? "" : "/", group);
    if (length < 0 || length >= (int)sizeof prefix)
        return ls_fail(LS_ERR_DATA, "%s: the group's path %.64s... is too long", ls_h5_path(file), group);
    while (length > 0 && prefix[length - 1] == '/')
        prefix[--length] = '\0';
    LS_TRY(ls_h5_list(file, length == 0 ? "/" : prefix, &list, &s.count));
    s.list = list;
    try_names(&s, STYLE_GROUP, STYLE_GROUP, no_words, need_targets);
    ls_status status = take(&s, file, need_targets, "features and targets", part);
    if (status == LS_OK && part->x[0] == '\0') {
        ls_text text = {0};
        ls_text_printf(&text, "%s: found no %s under the usual names in group %s", ls_h5_path(file),
                       need_targets ? "features and targets" : "features", length == 0 ? "/" : prefix);
        status = fail_with(&s, file, need_targets, &text);
    }
    ls_memory_free(list);
    return status;
}

void ls_find_pairs(const ls_h5_dataset *list, int count, ls_found_pair pair[3])
{
    static const char *const *const words[3] = {train_words, validation_words, test_words};
    search s = {.list = list, .count = count, .group = ""};
    for (int part = 0; part < 3; part++) {
        try_part(&s, true, words[part]);
        if (part == 0 && s.found == 0)
            try_names(&s, STYLE_GROUP, STYLE_GROUP, no_words, true);
        pair[part] = s.found == 1 ? (ls_found_pair){s.x[0], s.y[0]} : (ls_found_pair){-1, -1};
    }
}
