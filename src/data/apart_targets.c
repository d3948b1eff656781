/* Targets among the features. */
#include "base/memory.h"
#include "data/apart.h"
#include "data/apart_internal.h"
#include "source/columns.h"

#include <stdio.h>

/* What both options name, as far as they were looked at. */
typedef struct comparing {
    const ls_datanames *names;
    const ls_spec_item *targets; /* (target_count) */
    int target_count;
    ls_text rest;     /* the features without targets */
    int64_t left;     /* columns of these, or items that were not looked into */
    bool any;         /* some are targets */
    bool changed;     /* some are left out here */
    char place[5400]; /* the first that was chosen as both, for messages; empty: none was */
} comparing;

static bool is_looked_into(const comparing *c, const ls_spec_item *item)
{
    for (int i = 0; i < c->target_count; i++)
        if (ls_apart_same(c->names, item, &c->targets[i]))
            return true;
    return false;
}

static ls_status name_column(const ls_apart_item *open, int64_t column, char *place, size_t capacity)
{
    char **names;
    int count;
    LS_TRY(ls_columns_names(open->file, open->dataset.path, open->width, &names, &count));
    (void)snprintf(place, capacity, "column %lld%s%.200s%s of %s:%s", (long long)column, column < count ? " ('" : "",
                   column < count ? names[column] : "", column < count ? "')" : "", ls_h5_path(open->file),
                   open->dataset.path);
    ls_memory_free(names);
    return LS_OK;
}

/* An item that has targets among its columns. Those of a table are left out as its rows are described
 * (source/layout.h).
 */
static ls_status put_shared(comparing *c, const ls_spec_item *item, const ls_apart_item *open, const ls_text *out)
{
    const bool whole = item->columns[0] == '\0' && ls_apart_left(open, out) > 0;
    c->any = true;
    c->left += ls_apart_left(open, out);
    if (!whole && c->place[0] == '\0')
        LS_TRY(name_column(open, ls_apart_first_in(open, out), c->place, sizeof c->place));
    if (whole && open->dataset.fields > 0) {
        ls_apart_put(item, item->columns, &c->rest);
        return LS_OK;
    }
    c->changed = true;
    return ls_apart_put_rest(item, open, out, &c->rest);
}

static ls_status compare(comparing *c, const ls_spec_item *item)
{
    ls_apart_item open = {0};
    ls_text out = {0};
    ls_status status = LS_OK;
    if (is_looked_into(c, item)) {
        LS_TRY_CLEANUP(ls_apart_open(c->names, item, &open));
        LS_TRY_CLEANUP(ls_apart_choose_same(c->names, item, &open, c->targets, c->target_count, &out));
    }
    if (out.length > 0 && ls_apart_first_in(&open, &out) >= 0) {
        status = put_shared(c, item, &open, &out);
    } else {
        ls_apart_put(item, item->columns, &c->rest);
        c->left++;
    }
cleanup:
    ls_apart_close(&open);
    ls_text_free(&out);
    return status;
}

ls_status ls_apart_targets(const ls_datanames *names, const char *x_option, const char *x, const char *y_option,
                           const char *y, char **rest)
{
    ls_spec_item *items = NULL, *targets = NULL;
    int count;
    comparing c = {.names = names};
    ls_status status;
    *rest = NULL;
    if (x[0] == '\0' || y[0] == '\0')
        return LS_OK;
    LS_TRY_CLEANUP(ls_spec_parse(x_option, x, &items, &count));
    LS_TRY_CLEANUP(ls_spec_parse(y_option, y, &targets, &c.target_count));
    c.targets = targets;
    for (int i = 0; i < count; i++)
        LS_TRY_CLEANUP(compare(&c, &items[i]));
    LS_TRY_CLEANUP(ls_text_status(&c.rest));
    if (!c.any || c.left == 0)
        goto cleanup;
    if (c.place[0] != '\0')
        LS_TRY_CLEANUP(ls_fail(LS_ERR_USAGE,
                               "%s %s and %s %s both name %s: a target that is a feature too is not learnt, but read "
                               "off; give %s '%s'",
                               x_option, x, y_option, y, c.place, x_option, ls_text_string(&c.rest)));
    if (c.changed)
        status = ls_apart_take(y_option, y, &c.rest, rest);
cleanup:
    ls_memory_free(items);
    ls_memory_free(targets);
    ls_text_free(&c.rest);
    return status;
}
