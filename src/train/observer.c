/* Calling observers, in their order; the first that fails ends the round on all ranks alike. */
#include "train/observer.h"

#include <assert.h>

void ls_observers_add(ls_observers *observers, const ls_observer *observer)
{
    assert(observers->count < LS_OBSERVERS_MAX);
    observers->list[observers->count++] = *observer;
}

void ls_observers_cut(ls_observers *observers, int count)
{
    while (observers->count > count) {
        const ls_observer *o = &observers->list[--observers->count];
        if (o->destroy)
            o->destroy(o->user);
    }
}

uint32_t ls_observers_ask(const ls_observers *observers)
{
    uint32_t bits = 0;
    for (int i = 0; i < observers->count; i++) {
        const ls_observer *o = &observers->list[i];
        bits |= o->ask ? o->ask(o->user) : 0;
    }
    return bits;
}

ls_status ls_observers_after_step(const ls_observers *observers, const ls_step *step)
{
    for (int i = 0; i < observers->count; i++) {
        const ls_observer *o = &observers->list[i];
        if (o->after_step)
            LS_TRY(o->after_step(o->user, step));
    }
    return LS_OK;
}

ls_status ls_observers_after_epoch(const ls_observers *observers, ls_epoch *epoch)
{
    for (int i = 0; i < observers->count; i++) {
        const ls_observer *o = &observers->list[i];
        if (o->after_epoch)
            LS_TRY(o->after_epoch(o->user, epoch));
    }
    return LS_OK;
}

ls_status ls_observers_at_rest(const ls_observers *observers, const ls_moment *moment)
{
    for (int i = 0; i < observers->count; i++) {
        const ls_observer *o = &observers->list[i];
        if (o->at_rest)
            LS_TRY(o->at_rest(o->user, moment));
    }
    return LS_OK;
}
