/* Observers' states to and from checkpoints. */
#include "train/observer_state.h"

#include "base/memory.h"
#include "store/modelblock.h"
#include "store/modelfile.h"
#include "train/changes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH = 128 };

static void group_of(const ls_observer_state *s, char path[PATH])
{
    snprintf(path, PATH, "/lockstep/%s", s->name);
}

static void vector_of(const ls_observer_state *s, int k, char path[PATH])
{
    snprintf(path, PATH, "/lockstep/%s/%d", s->name, k);
}

void ls_observer_state_free(ls_observer_images *images)
{
    for (int i = 0; i < LS_OBSERVERS_MAX; i++)
        ls_memory_free(images->list[i].data);
}

/* An observer's own vectors. */
static void list_vectors(const ls_observer_state *s, ls_travel *travel, ls_observer_image *image)
{
    image->first = travel->count;
    for (int k = 0; k < s->vector_count; k++)
        ls_travel_add(travel, &(ls_travel_vector){.values = s->vectors[k],
                                                  .statistics = k == 0 && s->statistics ? *s->statistics : NULL});
}

static bool has_statistics(const ls_observer_state *s, int k)
{
    return k == 0 && s->statistics;
}

/* ---- writing ---- */

void ls_observer_state_list(const ls_trainer *t, ls_travel *travel, ls_observer_images *images)
{
    for (int i = 0; i < t->observers.count; i++) {
        const ls_observer *o = &t->observers.list[i];
        ls_observer_image *image = &images->list[i];
        image->vectors = o->state.saves_vectors && o->state.saves_vectors(o->user);
        if (image->vectors)
            list_vectors(&o->state, travel, image);
    }
}

static void series_of(const ls_observer_state *s, char path[PATH])
{
    snprintf(path, PATH, "/lockstep/%s/series", s->name);
}

static int64_t series_used(const ls_observer_state *s, const void *data)
{
    return *(const int64_t *)(const void *)((const char *)data + s->series_used);
}

static ls_status write_series(ls_h5_file *file, const ls_observer_state *s)
{
    char path[PATH];
    const int64_t count = s->series_most > 0 ? series_used(s, s->data) : 0;
    series_of(s, path);
    return count == 0 ? LS_OK
                      : ls_h5_write_double(file, path, 1, &count,
                                           (const double *)(const void *)((const char *)s->data + s->series));
}

static ls_status write_numbers(ls_h5_file *file, const char *group, const ls_observer_state *s)
{
    LS_TRY(ls_h5_make_group(file, group));
    for (size_t i = 0; i < s->count; i++) {
        const void *member = (const char *)s->data + s->rows[i].offset;
        LS_TRY(s->rows[i].type == LS_SETTING_INTEGER
                   ? ls_h5_set_int64(file, group, s->rows[i].key, *(const int64_t *)member)
                   : ls_h5_set_double(file, group, s->rows[i].key, *(const double *)member));
    }
    return LS_OK;
}

ls_status ls_observer_state_write(ls_h5_file *file, const ls_trainer *t, ls_travel *travel,
                                  const ls_observer_images *images)
{
    char path[PATH];
    for (int i = 0; i < t->observers.count; i++) {
        const ls_observer_state *s = &t->observers.list[i].state;
        const ls_observer_image *image = &images->list[i];
        if (!s->name)
            continue;
        group_of(s, path);
        LS_TRY(write_numbers(file, path, s));
        LS_TRY(write_series(file, s));
        for (int k = 0; image->vectors && k < s->vector_count; k++) {
            const ls_modelblock block = ls_travel_out(travel, image->first + k);
            vector_of(s, k, path);
            LS_TRY(ls_modelblock_write(file, path, t->model->network, has_statistics(s, k), &block));
        }
    }
    return LS_OK;
}

/* ---- reading ---- */

static ls_status read_number(ls_h5_file *file, const char *group, const ls_setting *row, void *data)
{
    double value;
    if (row->type == LS_SETTING_INTEGER) {
        int64_t *member = (int64_t *)(void *)((char *)data + row->offset);
        LS_TRY(ls_h5_attribute_int64(file, group, row->key, member));
        value = (double)*member;
    } else {
        double *member = (double *)(void *)((char *)data + row->offset);
        LS_TRY(ls_h5_attribute_double(file, group, row->key, member));
        value = *member;
    }
    if ((value >= row->least && value <= row->most) || (isnan(value) && isinf(row->least)))
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: %s has %s %.17g, expected %.17g to %.17g", ls_h5_path(file), group,
                   row->key, value, row->least, row->most);
}

/* All of an observer's vectors, to where they belong, or without travel only checked. */
static ls_status read_vectors(ls_h5_file *file, const ls_trainer *t, const ls_observer_state *s, ls_travel *travel,
                              const ls_observer_image *image)
{
    char path[PATH];
    for (int k = 0; k < s->vector_count; k++) {
        ls_modelblock_place place = {NULL};
        if (travel)
            place = ls_travel_in(travel, image->first + k);
        vector_of(s, k, path);
        LS_TRY(ls_modelfile_damaged(ls_modelblock_read(file, path, t->model->network, has_statistics(s, k), &place)));
    }
    return LS_OK;
}

static ls_status read_series(ls_h5_file *file, const ls_observer_state *s, void *data)
{
    char path[PATH];
    const int64_t count = s->series_most > 0 ? series_used(s, data) : 0;
    series_of(s, path);
    if (count < 0 || count > s->series_most)
        return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: %s is to have %lld numbers, expected %lld at most",
                       ls_h5_path(file), path, (long long)count, (long long)s->series_most);
    return count == 0 ? LS_OK
                      : ls_modelfile_damaged(
                            ls_h5_read_double(file, path, 0, count, (double *)(void *)((char *)data + s->series)));
}

/* One observer's group. */
static ls_status read_state(ls_h5_file *file, const ls_observer *o, const ls_saved *given, ls_observer_image *image)
{
    char path[PATH];
    const ls_observer_state *s = &o->state;
    ls_saved saved = *given;
    group_of(s, path);
    LS_TRY(ls_memory_allocate(&image->data, 1, s->size, "observers' state"));
    memcpy(image->data, s->data, s->size);
    for (size_t i = 0; i < s->count; i++)
        LS_TRY(read_number(file, path, &s->rows[i], image->data));
    LS_TRY(read_series(file, s, image->data));
    char first[PATH];
    vector_of(s, 0, first);
    image->vectors = s->vector_count > 0 && ls_h5_exists(file, first);
    saved.vectors = image->vectors;
    const ls_status status = s->check ? s->check(o->user, image->data, &saved) : LS_OK;
    if (status != LS_OK)
        return ls_fail_prefix(status, "%s: is damaged: %s ", ls_h5_path(file), path);
    return LS_OK;
}

ls_status ls_observer_state_read(ls_h5_file *file, const ls_trainer *t, const ls_saved *saved,
                                 ls_observer_images *images)
{
    char path[PATH];
    for (int i = 0; i < t->observers.count; i++) {
        const ls_observer_state *s = &t->observers.list[i].state;
        if (!s->name)
            continue;
        group_of(s, path);
        images->list[i].there = ls_h5_exists(file, path);
        if (images->list[i].there)
            LS_TRY(read_state(file, &t->observers.list[i], saved, &images->list[i]));
        if (images->list[i].vectors)
            LS_TRY(read_vectors(file, t, s, NULL, &images->list[i]));
    }
    return ls_modelfile_damaged(ls_h5_answered(file));
}

ls_status ls_observer_state_expect(const ls_trainer *t, ls_travel *travel, ls_observer_images *images)
{
    for (int i = 0; i < t->observers.count; i++) {
        ls_observer_image *image = &images->list[i];
        bool found[2] = {image->there, image->vectors};
        LS_TRY(ls_comm_broadcast(t->context->comm, 0, found, sizeof found));
        image->there = found[0];
        image->vectors = found[1];
        if (image->vectors)
            list_vectors(&t->observers.list[i].state, travel, image);
    }
    return LS_OK;
}

ls_status ls_observer_state_read_vectors(ls_h5_file *file, const ls_trainer *t, ls_travel *travel,
                                         const ls_observer_images *images)
{
    for (int i = 0; i < t->observers.count; i++)
        if (images->list[i].vectors)
            LS_TRY(read_vectors(file, t, &t->observers.list[i].state, travel, &images->list[i]));
    return LS_OK;
}

/* One observer's: rank 0's numbers to all; the vectors are in their place. */
static ls_status take_state(ls_trainer *t, const ls_observer *o, ls_observer_image *image)
{
    const ls_observer_state *s = &o->state;
    if (!image->there) {
        s->reset(o->user);
        return s->restored ? s->restored(o->user, false) : LS_OK;
    }
    if (image->data)
        memcpy(s->data, image->data, s->size);
    LS_TRY(ls_comm_broadcast(t->context->comm, 0, s->data, (int64_t)s->size));
    return s->restored ? s->restored(o->user, image->vectors) : LS_OK;
}

ls_status ls_observer_state_take(ls_trainer *t, ls_observer_images *images)
{
    for (int i = 0; i < t->observers.count; i++)
        if (t->observers.list[i].state.name)
            LS_TRY(take_state(t, &t->observers.list[i], &images->list[i]));
    return LS_OK;
}

ls_status ls_observer_state_change(ls_trainer *t, const char *changes, const ls_options *before)
{
    ls_change change;
    bool there;
    for (;;) {
        LS_TRY(ls_changes_next(&changes, &change, &there));
        if (!there)
            return LS_OK;
        for (int i = 0; i < t->observers.count; i++) {
            const ls_observer *o = &t->observers.list[i];
            if (o->state.changed)
                LS_TRY(o->state.changed(o->user, change.key, before));
        }
    }
}
