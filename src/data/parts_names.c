/* The parts in turn: what their columns are called, and where the columns wanted are among them. */
#include "data/parts_names.h"

#include "base/memory.h"
#include "context/options.h"
#include "data/encoded.h"
#include "source/class_sides.h"
#include "source/names.h"

#include <stdio.h>
#include <string.h>

#define NAME_SIZE 5200 /* a file's path and a dataset's */

/* What every part is to have. */
typedef struct wanted {
    bool known; /* some part or the reference was there */
    ls_names names;
    ls_column_list list[2]; /* features, targets */
    char name[NAME_SIZE], target_name[NAME_SIZE];
    int64_t outputs; /* columns of targets */
    const char *like;
} wanted;

typedef struct comparing {
    ls_parts *parts;
    wanted wanted;
    bool lenient;  /* other targets are a conflict, no failure */
    bool nameless; /* the model that is to score knows no columns, and was trained on numbers as they are */
} comparing;

static const ls_column_role roles[2] = {LS_ROLE_FEATURE, LS_ROLE_TARGET};

static ls_status make_lists(const ls_names *names, ls_column_list list[2])
{
    for (int k = 0; k < 2; k++)
        LS_TRY(ls_column_list_make(&names->encoding, roles[k], names->stated[k], &list[k]));
    return LS_OK;
}

static void free_lists(ls_column_list list[2])
{
    for (int k = 0; k < 2; k++)
        ls_column_list_free(&list[k]);
}

/* The reference, when it has names; else the first part is what the others are compared with. */
static ls_status take_reference(const ls_names_reference *reference, wanted *w)
{
    if (reference == NULL || reference->text == NULL)
        return LS_OK;
    w->known = true;
    w->names.first_index = -1;
    w->like = reference->like;
    (void)snprintf(w->name, sizeof w->name, "%s", reference->name);
    (void)snprintf(w->target_name, sizeof w->target_name, "%s", reference->name);
    LS_TRY(ls_encoding_read(reference->text, reference->name, &w->names.encoding));
    w->outputs = w->names.encoding.targets;
    return make_lists(&w->names, w->list);
}

/* Takes over the names. */
static ls_status take_first(const ls_source *source, ls_names *names, wanted *w)
{
    w->known = true;
    w->names = *names;
    *names = (ls_names){.first_index = -1};
    w->like = source->file;
    (void)ls_source_name(source, w->name, sizeof w->name);
    (void)ls_source_target_name(source, w->target_name, sizeof w->target_name);
    w->outputs = source->outputs;
    return make_lists(&w->names, w->list);
}

/* ---- one part ---- */

/* Puts the columns at the places of `order`, unless they are there. */
static ls_status put_in_order(comparing *c, ls_source *source, bool targets, const int64_t *order)
{
    const int64_t columns = targets ? source->outputs : source->features;
    const int64_t count = c->wanted.list[targets].count;
    const ls_layout_order columns_wanted = {.columns = order, .count = count};
    bool same = columns == count;
    for (int64_t f = 0; f < count && same; f++)
        same = order[f] == f;
    if (same)
        return LS_OK;
    char name[NAME_SIZE];
    targets ? ls_source_target_name(source, name, sizeof name) : ls_source_name(source, name, sizeof name);
    ls_text_printf(&c->parts->remarks, "the columns of %s are taken in the order of %s, by their names", name,
                   targets ? c->wanted.target_name : c->wanted.name);
    if (columns > count)
        ls_text_printf(&c->parts->remarks, "; %lld others are passed over", (long long)(columns - count));
    ls_text_append(&c->parts->remarks, "\n");
    const ls_layout *before = source->layout;
    LS_TRY(ls_source_arrange(c->parts->files->main, targets, &columns_wanted, source));
    ls_parts_change_layout(c->parts, before, source);
    return LS_OK;
}

static ls_status match(comparing *c, ls_source *source, bool targets, const ls_column_list *ours,
                       const ls_column_sides *sides)
{
    const ls_column_list *theirs = &c->wanted.list[targets];
    int64_t *order;
    LS_TRY(ls_memory_allocate(&order, theirs->count, sizeof *order, "columns"));
    ls_status status = ls_column_list_match(ours, theirs, sides, order);
    if (status == LS_OK)
        status = put_in_order(c, source, targets, order);
    ls_memory_free(order);
    return status;
}

/* Features of which one side has no names. */
static ls_status trust(comparing *c, const ls_names *names, const ls_column_list *ours, const ls_column_sides *sides)
{
    const ls_column_list *theirs = &c->wanted.list[0];
    const int64_t first = names->first_index, first_wanted = c->wanted.names.first_index;
    if (first >= 0 && first_wanted >= 0 && first != first_wanted)
        return ls_fail(LS_ERR_DATA,
                       "%s counts its features from index %lld, %s from %lld; convert it again with --first-index %lld",
                       sides->ours, (long long)first, sides->theirs, (long long)first_wanted, (long long)first_wanted);
    if ((ours->count > 0) == (theirs->count > 0))
        return LS_OK;
    ls_text_printf(&c->parts->remarks, "the columns of %s have no names; their order is taken to be that of %s\n",
                   ours->count > 0 ? sides->theirs : sides->ours, ours->count > 0 ? sides->ours : sides->theirs);
    return ls_column_list_trust(ours, theirs, sides);
}

/* Targets that need not be the reference's, since predictions do without. */
static ls_status keep_conflict(comparing *c, ls_status status)
{
    if (status != LS_ERR_DATA || !c->lenient)
        return status;
    return c->parts->conflict ? LS_OK : ls_encoded_copy(ls_error_message(), &c->parts->conflict);
}

static ls_status align_targets(comparing *c, ls_source *source, const ls_names *names, const ls_column_list *ours,
                               const ls_column_sides *sides)
{
    const ls_class_side our_classes = {sides->ours, &names->encoding, source->outputs};
    const ls_class_side their_classes = {sides->theirs, &c->wanted.names.encoding, c->wanted.outputs};
    if (source->target == LS_TARGET_NONE)
        return LS_OK;
    if (ours->count > 0 && c->wanted.list[1].count > 0)
        LS_TRY(match(c, source, true, ours, sides));
    return ls_class_sides_compare(&our_classes, &their_classes, &c->parts->remarks);
}

static ls_status align(comparing *c, ls_source *source, const ls_names *names, double *less)
{
    char x[NAME_SIZE], y[NAME_SIZE];
    ls_column_list list[2] = {{0}};
    ls_column_sides sides = {.ours = ls_source_name(source, x, sizeof x),
                             .theirs = c->wanted.name,
                             .like = c->wanted.like,
                             .less = less,
                             .rounded = !source->x_wide && (source->x_stored == LS_H5_NUMBER_FLOAT ||
                                                            source->x_stored == LS_H5_NUMBER_FLOAT16)};
    const ls_column_list *theirs = c->wanted.list;
    ls_status status;
    LS_TRY_CLEANUP(make_lists(names, list));
    if (list[0].count > 0 && theirs[0].count > 0)
        LS_TRY_CLEANUP(match(c, source, false, &list[0], &sides));
    else
        LS_TRY_CLEANUP(trust(c, names, &list[0], &sides));
    sides.ours = ls_source_target_name(source, y, sizeof y);
    sides.less = NULL;
    sides.theirs = c->wanted.target_name;
    status = keep_conflict(c, align_targets(c, source, names, &list[1], &sides));
cleanup:
    free_lists(list);
    return status;
}

/* The model has no names, and the data has: its order is trusted, too, and its classes where they are no texts. */
static ls_status compare_nameless(comparing *c, const ls_source *source)
{
    const ls_names_reference *reference = c->parts->reference;
    const ls_encoding *ours = &c->wanted.names.encoding, none = {0};
    if (reference == NULL)
        return LS_OK;
    if (ours->features > 0)
        ls_text_printf(&c->parts->remarks, "%s knows no names of columns; their order is taken to be that of %s\n",
                       reference->name, c->wanted.name);
    const ls_class_side our_classes = {c->wanted.target_name, ours, source->outputs};
    const ls_class_side their_classes = {reference->name, &none, source->outputs};
    return keep_conflict(c, ls_class_sides_compare(&our_classes, &their_classes, &c->parts->remarks));
}

/* Rows that are scored can be given other offsets as they are read, and so can those that validate; those that are
 * trained on are what they are. */
static bool can_take(const comparing *c, const ls_source *source)
{
    return c->parts->scored || source != &c->parts->train;
}

/* Takes from the features what makes them the wanted ones. */
static ls_status take_less(comparing *c, ls_source *source, const ls_less **kept, double *less)
{
    const ls_column_list *theirs = &c->wanted.list[0];
    bool any = false;
    for (int64_t f = 0; f < source->features; f++) {
        if (c->nameless && f < theirs->count && ls_column_number(theirs->column[f]) == f)
            less[f] -= theirs->column[f]->offset;
        any = any || less[f] != 0;
    }
    if (!any)
        return LS_OK;
    LS_TRY(ls_less_create(source->features, less, kept));
    source->x_less = *kept;
    return LS_OK;
}

static ls_status compare_part(comparing *c, ls_source *source, const ls_less **kept)
{
    double *less = NULL;
    ls_names names;
    const ls_layout *before = source->layout;
    if (source->rows == 0)
        return LS_OK;
    ls_status status = ls_names_find(c->parts->files->main, source, &names, &c->parts->remarks);
    ls_parts_change_layout(c->parts, before, source);
    LS_TRY(status);
    const int64_t known = c->wanted.list[0].count, room = known > source->features ? known : source->features;
    if (can_take(c, source))
        status = ls_memory_allocate(&less, room, sizeof *less, "offsets");
    if (status == LS_OK && c->wanted.known) {
        status = align(c, source, &names, less);
    } else if (status == LS_OK) {
        status = take_first(source, &names, &c->wanted);
        if (status == LS_OK)
            status = compare_nameless(c, source);
    }
    if (status == LS_OK && less != NULL)
        status = take_less(c, source, kept, less);
    ls_memory_free(less);
    ls_names_free(&names);
    return status;
}

/* ---- all of them ---- */

ls_status ls_parts_compare_names(const ls_options *options, ls_parts *p)
{
    comparing c = {.parts = p, .lenient = p->scored && p->reference != NULL};
    c.nameless = c.lenient && p->reference->text == NULL;
    struct {
        const char *name;
        ls_source *source;
    } parts[] = {{"train", &p->train}, {"validation", &p->validation}, {"test", &p->test}};
    ls_status status;
    LS_TRY_CLEANUP(take_reference(p->reference, &c.wanted));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!p->scored || ls_parts_are_scored(options, p, parts[i].name))
            LS_TRY_CLEANUP(compare_part(&c, parts[i].source, &p->less[i]));
    if (p->reference == NULL || (!p->scored && !p->reference->nameless))
        status = ls_encoded_copy(p->reference && p->reference->text ? p->reference->text : c.wanted.names.text,
                                 &p->encoding);
    if (status == LS_OK)
        status = ls_text_status(&p->remarks);
    if (status == LS_OK)
        status = ls_text_status(&p->warnings);
cleanup:
    free_lists(c.wanted.list);
    ls_names_free(&c.wanted.names);
    return status;
}
