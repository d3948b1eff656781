/* Scores by class, as keys. */
#include "train/ranking.h"

#include "base/keys.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "train/areas.h"

#include <string.h>

struct ls_ranking {
    ls_context *context;
    ls_metric_task task;
    int64_t rows;
    int64_t first, last; /* the classes at hand */
    int64_t at_once;     /* classes that fit */
    uint32_t *keys;      /* (at_once, rows) */
    uint8_t *yes;        /* (at_once, rows) whether the row is of the class; where each output says so, else NULL */
    int32_t *label;      /* (rows) its class, else */
    uint32_t *split;     /* (rows) one class' keys, rows that are of it first */
    ls_areas *areas;
    int64_t held; /* bytes counted against the context's limit */
    int64_t odd;
};

/* Classes at once on all ranks: at least one, whatever the limit. */
static ls_status choose_at_once(ls_ranking *r, int64_t each, int64_t fixed)
{
    const int64_t classes = r->task.outputs, room = ls_context_room(r->context) - fixed;
    int64_t fitting = r->rows == 0 ? classes : room / each;
    fitting = fitting < 1 ? 1 : fitting < classes ? fitting : classes;
    int64_t least = classes, *all = NULL;
    const int size = ls_comm_size(r->context->comm);
    LS_TRY(ls_agree(r->context->comm, ls_memory_allocate(&all, size, sizeof *all, "scores")));
    const ls_status status = ls_comm_allgather(r->context->comm, &fitting, sizeof fitting, all);
    for (int i = 0; i < size; i++)
        least = all[i] < least ? all[i] : least;
    ls_memory_free(all);
    r->at_once = least;
    return status;
}

static ls_status make_room(ls_ranking *r, bool one)
{
    LS_TRY(ls_memory_allocate(&r->keys, r->at_once * r->rows, sizeof *r->keys, "scores"));
    LS_TRY(ls_memory_allocate(&r->split, r->rows, sizeof *r->split, "scores"));
    if (one)
        LS_TRY(ls_memory_allocate(&r->label, r->rows, sizeof *r->label, "scores"));
    else
        LS_TRY(ls_memory_allocate(&r->yes, r->at_once * r->rows, sizeof *r->yes, "scores"));
    return ls_areas_create(r->context->comm, r->rows, &r->areas);
}

ls_status ls_ranking_create(ls_context *context, const ls_network *network, int64_t rows, ls_ranking **ranking)
{
    ls_ranking *r = NULL;
    *ranking = NULL;
    LS_TRY(ls_agree(context->comm, ls_memory_allocate(&r, 1, sizeof *r, "scores")));
    *r = (ls_ranking){.context = context, .task = ls_network_task(network), .rows = rows, .odd = -1};
    const bool one = r->task.classes == LS_CLASSES_ONE;
    const int64_t each = rows * (one ? 4 : 5), fixed = rows * (one ? 12 : 8); /* label, split, the areas' scratch */
    ls_status status = choose_at_once(r, each, fixed);
    if (status == LS_OK)
        status = ls_agree(context->comm, make_room(r, one));
    if (status != LS_OK) {
        ls_ranking_destroy(r);
        return status;
    }
    r->held = r->at_once * each + fixed;
    context->held += r->held;
    *ranking = r;
    return LS_OK;
}

void ls_ranking_destroy(ls_ranking *ranking)
{
    if (!ranking)
        return;
    ranking->context->held -= ranking->held;
    ls_memory_free(ranking->keys);
    ls_memory_free(ranking->yes);
    ls_memory_free(ranking->label);
    ls_memory_free(ranking->split);
    ls_areas_destroy(ranking->areas);
    ls_memory_free(ranking);
}

int64_t ls_ranking_held(const ls_ranking *ranking)
{
    return ranking->held;
}

void ls_ranking_begin(ls_ranking *r, int64_t first)
{
    const int64_t classes = r->task.outputs;
    r->first = first;
    r->last = first + r->at_once < classes ? first + r->at_once : classes;
    r->odd = -1;
}

/* One class' scores of the batch. */
static void take_class(ls_ranking *r, const ls_pass *pass, const ls_batch *batch, int64_t class, int64_t at)
{
    enum { AT_ONCE = 256 };
    float score[AT_ONCE];
    uint32_t *keys = r->keys + (class - r->first) * r->rows + at;
    ls_pass_output(pass, batch->rows, class, score);
    for (int64_t i = 0; i < batch->rows; i++) {
        if (score[i] != score[i] && (r->odd < 0 || at + i < r->odd))
            r->odd = at + i;
        keys[i] = ls_key_of(score[i]);
        if (r->yes)
            r->yes[(class - r->first) * r->rows + at + i] = batch->y[i][class] > 0.5f;
    }
}

void ls_ranking_take(ls_ranking *r, const ls_pass *pass, const ls_batch *batch, int64_t at)
{
    for (int64_t class = r->first; class < r->last; class ++)
        take_class(r, pass, batch, class, at);
    for (int64_t i = 0; r->label && i < batch->rows; i++)
        r->label[at + i] =
            (int32_t)ls_metric_class(&r->task, batch->y ? batch->y[i] : NULL, batch->label ? batch->label[i] : 0);
}

int64_t ls_ranking_odd(const ls_ranking *ranking)
{
    return ranking->odd;
}

/* Keys of the rows of the class first; how many they are. */
static int64_t split_class(ls_ranking *r, int64_t class)
{
    const uint32_t *keys = r->keys + (class - r->first) * r->rows;
    const uint8_t *yes = r->yes ? r->yes + (class - r->first) * r->rows : NULL;
    int64_t front = 0, back = r->rows;
    for (int64_t i = 0; i < r->rows; i++) {
        if (yes ? yes[i] : r->label[i] == class)
            r->split[front++] = keys[i];
        else
            r->split[--back] = keys[i];
    }
    return front;
}

ls_status ls_ranking_find(ls_ranking *r, ls_area *areas, int64_t *next)
{
    for (int64_t class = r->first; class < r->last; class ++) {
        const int64_t yes = split_class(r, class);
        LS_TRY(ls_areas_find(r->areas, r->split, yes, r->rows - yes, &areas[class]));
    }
    *next = r->last;
    return LS_OK;
}
