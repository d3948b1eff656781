/* Taking columns out of the features. */
#include "data/apart.h"

#include "base/memory.h"
#include "data/apart_internal.h"

#include <stdio.h>
#include <string.h>

/* The features or targets of a part as an option names them. */
static void name_part(const ls_source *part, const char *path, char *text, size_t capacity)
{
    if (part->layout != NULL) /* the path is as an option names it */
        (void)snprintf(text, capacity, "%s", path);
    else
        ls_spec_escape(path, text, capacity);
}

/* What is to be taken out, and from what. */
typedef struct taking {
    const ls_datanames *names;
    const ls_spec_item *apart;
    const ls_spec_item *targets; /* (target_count) */
    int target_count;
    bool sibling;
    bool changed; /* something was */
} taking;

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_meant(const taking *t, const ls_spec_item *item)
{
    if (t->sibling)
        return strcmp(last_name(item->path), last_name(t->apart->path)) == 0;
    return ls_apart_same(t->names, item, t->apart);
}

/* All fields of a table but its targets are the features that it stands for (source/layout.h); they are told one by one
 * now. */
static ls_status spare_targets(const taking *t, const ls_spec_item *item, const ls_apart_item *open, ls_text *out)
{
    ls_text targets = {0};
    if (item->columns[0] != '\0' || open->dataset.fields == 0)
        return LS_OK;
    ls_status status = ls_apart_choose_same(t->names, item, open, t->targets, t->target_count, &targets);
    if (status == LS_OK && targets.length > 0 && ls_apart_left(open, &targets) > 0) {
        ls_text_append_bytes(out, targets.data, targets.length);
        status = ls_text_status(out);
    }
    ls_text_free(&targets);
    return status;
}

/* Appends an item of the features without the columns that are to be taken out, if it is of that dataset. */
static ls_status put_without(taking *t, const ls_spec_item *item, ls_text *text)
{
    ls_apart_item open = {0};
    ls_text out = {0};
    ls_status status;
    if (!is_meant(t, item)) {
        ls_apart_put(item, item->columns, text);
        return LS_OK;
    }
    LS_TRY_CLEANUP(ls_apart_open(t->names, item, &open));
    status = ls_apart_choose(&open, t->apart, &out);
    if (status != LS_OK && !t->sibling)
        goto cleanup;
    if (status != LS_OK || ls_apart_first_in(&open, &out) < 0) {
        ls_apart_put(item, item->columns, text);
        status = LS_OK;
        goto cleanup;
    }
    t->changed = true;
    LS_TRY_CLEANUP(spare_targets(t, item, &open, &out));
    status = ls_apart_put_rest(item, &open, &out, text);
cleanup:
    ls_apart_close(&open);
    ls_text_free(&out);
    return status;
}

static ls_status put_all(taking *t, const ls_spec_item *items, int count, ls_text *text)
{
    for (int i = 0; i < count; i++)
        LS_TRY(put_without(t, &items[i], text));
    return ls_text_status(text);
}

ls_status ls_apart_features(const ls_datanames *names, const ls_source *part, const char *option, const char *text,
                            bool sibling, char **x)
{
    char named[2 * sizeof part->x_path];
    ls_spec_item *items = NULL, *apart = NULL, *targets = NULL;
    int count, apart_count;
    taking t = {.names = names, .sibling = sibling};
    ls_text rest = {0};
    ls_status status;
    *x = NULL;
    if (text[0] == '\0' || part->rows == 0)
        return LS_OK;
    name_part(part, part->x_path, named, sizeof named);
    LS_TRY_CLEANUP(ls_spec_parse(option, text, &apart, &apart_count));
    if (apart_count != 1 || apart[0].columns[0] == '\0')
        goto cleanup;
    LS_TRY_CLEANUP(ls_spec_parse("--x", named, &items, &count));
    t.apart = &apart[0];
    if (part->y_path[0] != '\0') {
        name_part(part, part->y_path, named, sizeof named);
        LS_TRY_CLEANUP(ls_spec_parse("--y", named, &targets, &t.target_count));
    }
    t.targets = targets;
    LS_TRY_CLEANUP(put_all(&t, items, count, &rest));
    if (t.changed && rest.length == 0)
        LS_TRY_CLEANUP(ls_fail(LS_ERR_DATA, "%s %s: without this column no features are left", option, text));
    if (t.changed)
        status = ls_apart_take(option, text, &rest, x);
cleanup:
    ls_memory_free(targets);
    ls_memory_free(items);
    ls_memory_free(apart);
    ls_text_free(&rest);
    return status;
}

ls_status ls_apart_describe(const ls_datanames *names, const char *x, ls_source *part)
{
    char y[2 * sizeof part->y_path];
    ls_source again;
    name_part(part, part->y_path, y, sizeof y);
    LS_TRY(ls_datanames_describe(names, "--x", x, "--y", y, &again));
    *part = again;
    return LS_OK;
}
