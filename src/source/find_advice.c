/* What a file holds, and the command line that may be meant. */
#include "source/find_advice.h"

#include "source/find_table.h"
#include "source/spec.h"
#include "source/stores.h"

#include <stdio.h>
#include <string.h>

#define LISTED_MAX 16

static void append_quoted(ls_text *text, const char *word)
{
    if (word[0] != '\0' && strpbrk(word, " \t\n'\"\\$&;()<>|*?[]#~`!{}") == NULL) {
        ls_text_append(text, word);
        return;
    }
    ls_text_append(text, "'");
    for (const char *c = word; *c != '\0'; c++)
        if (*c == '\'')
            ls_text_append(text, "'\\''");
        else
            ls_text_append_bytes(text, c, 1);
    ls_text_append(text, "'");
}

static void append_list(ls_text *text, const ls_h5_dataset *list, int count)
{
    char shape[160];
    for (int i = 0; i < count && i < LISTED_MAX; i++)
        ls_text_printf(text, "%s%s %s %s", i == 0 ? "" : ", ", list[i].path, list[i].type,
                       ls_h5_shape_text(&list[i], shape, sizeof shape));
    if (count > LISTED_MAX)
        ls_text_printf(text, " and %d more", count - LISTED_MAX);
}

/* ---- what is likeliest meant ---- */

/* Where it looks, and what it comes to. */
typedef struct guess {
    const ls_h5_dataset *list;
    int count;
    const ls_stores *stores;
    int x, y;  /* in the list; -1: not clear */
    bool last; /* rows are the last axis */
} guess;

static double elements(const ls_h5_dataset *d)
{
    double product = 1;
    for (int i = 0; i < d->rank; i++)
        product *= (double)d->shape[i];
    return product;
}

static int64_t extent(const ls_h5_dataset *d, bool last)
{
    return d->shape[last ? d->rank - 1 : 0];
}

static bool is_numbers(const guess *g, int i)
{
    return g->list[i].class_ != LS_H5_OTHER && g->list[i].rank >= 1 && !g->stores->hidden[i];
}

/* As many rows, and fewest numbers; -1 where several have as few. */
static int guess_targets(const guess *g, bool last)
{
    int y = -1;
    bool alone = true;
    for (int i = 0; i < g->count; i++) {
        if (i == g->x || !is_numbers(g, i) || extent(&g->list[i], last) != extent(&g->list[g->x], last))
            continue;
        if (y >= 0 && elements(&g->list[i]) == elements(&g->list[y]))
            alone = false;
        if (y < 0 || elements(&g->list[i]) < elements(&g->list[y])) {
            y = i;
            alone = true;
        }
    }
    return alone ? y : -1;
}

/* The likeliest features: most numbers. Rows are counted by the first axis, or by the last where nothing else fits. */
static void find_likeliest(guess *g)
{
    g->x = g->stores->x;
    g->y = g->stores->y;
    for (int i = 0; i < g->count && g->stores->x < 0; i++)
        if (is_numbers(g, i) && (g->x < 0 || elements(&g->list[i]) > elements(&g->list[g->x])))
            g->x = i;
    if (g->x < 0 || g->y >= 0)
        return;
    g->y = guess_targets(g, false);
    if (g->y < 0 && g->list[g->x].rank > 1 && g->list[g->x].fields == 0)
        g->last = (g->y = guess_targets(g, true)) >= 0;
}

static void append_path(ls_text *text, const char *path)
{
    char item[2100];
    ls_spec_escape(path, item, sizeof item);
    append_quoted(text, item);
}

static ls_status append_command(ls_h5_file *file, const guess *g, bool need_targets, ls_text *text)
{
    ls_found_part part;
    bool clear;
    ls_text_append(text, need_targets ? "; name them: lockstep train " : "; name them: lockstep predict RUN ");
    append_quoted(text, ls_h5_path(file));
    ls_text_append(text, need_targets ? " --layers ... --x " : " --x ");
    if (g->list[g->x].fields > 0 && g->y < 0) {
        LS_TRY(ls_find_in_table(file, &g->list[g->x], &part, &clear));
        append_quoted(text, part.x);
        ls_text_append(text, need_targets ? " --y " : "");
        if (need_targets)
            append_quoted(text, part.y);
        ls_text_append(text,
                       clear || !need_targets ? "" : " (with the target's field as FIELD, and without it in --x)");
        return LS_OK;
    }
    append_path(text, g->list[g->x].path);
    if (need_targets && g->y >= 0) {
        ls_text_append(text, " --y ");
        append_path(text, g->list[g->y].path);
    } else if (need_targets) {
        ls_text_append(text, " --y PATH");
    }
    ls_text_append(text, g->last ? " --samples-axis last" : "");
    return LS_OK;
}

ls_status ls_find_advise(ls_h5_file *file, const ls_h5_dataset *list, int count, bool need_targets, ls_text *text)
{
    ls_stores stores;
    guess g = {.list = list, .count = count, .stores = &stores};
    ls_status status = LS_OK;
    if (count == 0) {
        ls_text_append(text, "; it has no datasets at all");
        return LS_OK;
    }
    LS_TRY(ls_stores_find(file, list, count, &stores));
    ls_text_append(text, "; it has ");
    append_list(text, list, count);
    ls_text_append(text, ls_text_string(&stores.advice));
    find_likeliest(&g);
    if (stores.instead && (g.y < 0 || g.list[g.x].rank < 2)) /* what else there is is no matrix of examples */
        g.x = -1;
    if (g.x >= 0)
        status = append_command(file, &g, need_targets, text);
    else if (stores.advice.length == 0)
        ls_text_append(text, "; none of them is an array of numbers with a row per example");
    ls_stores_free(&stores);
    return status;
}
