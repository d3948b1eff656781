/* Copies of a trainer's state. */
#include "train/frozen.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

int64_t ls_frozen_bytes(const ls_network *network, int64_t slice, int slots, bool best)
{
    const int64_t once = (1 + slots) * slice + ls_network_statistics(network);
    return (best ? 2 : 1) * once * (int64_t)sizeof(float);
}

/* ---- life ---- */

static ls_status allocate_floats(float **pointer, int64_t count)
{
    return ls_memory_allocate(pointer, count, sizeof(float), "copy of the state, to write checkpoints beside training");
}

static ls_status allocate_observer(ls_frozen *f, const ls_trainer *t, int i)
{
    const ls_observer_state *s = &t->observers.list[i].state;
    if (!s->name)
        return LS_OK;
    assert(s->vector_count <= 1 + LS_OPTIMIZER_SLOTS);
    LS_TRY(ls_memory_allocate(&f->numbers[i], 1, s->size, "copy of an observer's state"));
    for (int k = 0; k < s->vector_count; k++)
        LS_TRY(allocate_floats(&f->vectors[i][k], t->slice_last - t->slice_first));
    return s->statistics ? allocate_floats(&f->behind[i], ls_network_statistics(t->model->network)) : LS_OK;
}

static ls_status allocate(ls_frozen *f, const ls_trainer *t)
{
    const ls_network *network = t->model->network;
    LS_TRY(allocate_floats(&f->weights, t->slice_last - t->slice_first));
    LS_TRY(allocate_floats(&f->statistics, ls_network_statistics(network)));
    for (int k = 0; k < t->slot_count; k++)
        LS_TRY(allocate_floats(&f->trainer.slots[k], t->slice_last - t->slice_first));
    LS_TRY(ls_memory_allocate(&f->running, ls_network_sums(network), sizeof *f->running, "copy of running sums"));
    if (t->counts)
        LS_TRY(ls_memory_allocate(&f->all_counts, network->metrics.cells, sizeof *f->all_counts, "copy of counts"));
    for (int i = 0; i < t->observers.count; i++)
        LS_TRY(allocate_observer(f, t, i));
    return LS_OK;
}

ls_status ls_frozen_create(const ls_trainer *trainer, ls_frozen **frozen)
{
    LS_TRY(ls_memory_allocate(frozen, 1, sizeof **frozen, "copy of the state"));
    return allocate(*frozen, trainer);
}

void ls_frozen_destroy(ls_frozen *f)
{
    if (!f)
        return;
    for (int i = 0; i < LS_OBSERVERS_MAX; i++) {
        for (int k = 0; k < 1 + LS_OPTIMIZER_SLOTS; k++)
            ls_memory_free(f->vectors[i][k]);
        ls_memory_free(f->numbers[i]);
        ls_memory_free(f->behind[i]);
    }
    for (int k = 0; k < LS_OPTIMIZER_SLOTS; k++)
        ls_memory_free(f->trainer.slots[k]);
    ls_memory_free(f->weights);
    ls_memory_free(f->statistics);
    ls_memory_free(f->running);
    ls_memory_free(f->all_counts);
    ls_memory_free(f);
}

/* ---- copying ---- */

static void copy_floats(float *to, const float *from, int64_t count)
{
    memcpy(to, from, (size_t)count * sizeof *to);
}

static void copy_weights(ls_frozen *f, const ls_trainer *t)
{
    const ls_network *network = t->model->network;
    for (int k = 0; k < t->parts; k++)
        copy_floats(f->weights + t->part_at[k], t->model->block + t->part[k].first, t->part[k].last - t->part[k].first);
    copy_floats(f->statistics, t->model->block + network->trainable, ls_network_statistics(network));
}

static void copy_observer(ls_frozen *f, const ls_trainer *t, int i)
{
    const ls_observer_state *from = &t->observers.list[i].state;
    ls_observer_state *to = &f->trainer.observers.list[i].state;
    memcpy(f->numbers[i], from->data, from->size);
    to->data = f->numbers[i];
    for (int k = 0; k < from->vector_count; k++)
        copy_floats(f->vectors[i][k], from->vectors[k], t->slice_last - t->slice_first);
    to->vectors = f->vectors[i];
    if (!from->statistics)
        return;
    copy_floats(f->behind[i], *from->statistics, ls_network_statistics(t->model->network));
    to->statistics = &f->behind[i];
}

void ls_frozen_take(ls_frozen *f, const ls_trainer *t)
{
    const ls_network *network = t->model->network;
    float *slots[LS_OPTIMIZER_SLOTS];
    memcpy(slots, f->trainer.slots, sizeof slots);
    f->trainer = *t;
    memcpy(f->trainer.slots, slots, sizeof slots);
    for (int k = 0; k < t->slot_count; k++)
        copy_floats(slots[k], t->slots[k], t->slice_last - t->slice_first);
    copy_weights(f, t);
    memcpy(f->running, t->running, (size_t)ls_network_sums(network) * sizeof *f->running);
    f->trainer.running = f->running;
    if (f->all_counts)
        memcpy(f->all_counts, t->all_counts, (size_t)network->metrics.cells * sizeof *f->all_counts);
    f->trainer.all_counts = f->all_counts;
    /* a job's own observers, which come behind the trainer's, have no state */
    for (int i = 0; i < t->observers.count; i++)
        if (t->observers.list[i].state.name)
            copy_observer(f, t, i);
    f->present = (ls_snapshot){.optimizer = t->optimizer,
                               .rate = t->rate,
                               .weights = f->weights,
                               .statistics = f->statistics,
                               .slots = f->trainer.slots};
}

ls_snapshot ls_frozen_snapshot(const ls_frozen *f, const ls_trainer *t, const ls_snapshot *live)
{
    ls_snapshot copied = *live;
    for (int i = 0; i < t->observers.count; i++) {
        const ls_observer_state *s = &t->observers.list[i].state;
        if (s->vector_count == 0 || s->vectors[0] != live->weights)
            continue;
        copied.weights = f->vectors[i][0];
        copied.statistics = f->behind[i];
        copied.slots = f->vectors[i] + 1;
    }
    return copied;
}
