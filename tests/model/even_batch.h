/* A batch as a pass in bfloat16 takes it: each shard has an even number of places, so behind an odd shard its last row
 * stands once more, and counts for nothing. */
#ifndef LS_TEST_EVEN_BATCH_H
#define LS_TEST_EVEN_BATCH_H

#include "model_test.h"

/* ---- the batch as such a pass takes it: behind an odd shard, its last row stands once more and counts for nothing
 * ---- */

typedef struct even_batch {
    ls_batch batch;
    ls_batch_shards shards;
    int64_t shard_rows[17];
    int64_t *row;
    const float **x, **y;
    float *weight;
    int32_t *label;
    uint16_t *lanes;
    bool filled;
} even_batch;

static inline void even_put(even_batch *e, const ls_batch *from, int64_t r, bool counts)
{
    const int64_t at = e->batch.rows++;
    e->row[at] = from->row[r];
    e->x[at] = from->x[r];
    if (from->y)
        e->y[at] = from->y[r];
    if (from->label)
        e->label[at] = from->label[r];
    if (from->weight)
        e->weight[at] = from->weight[r];
    if (counts)
        e->lanes[at / LS_PANEL] |= (uint16_t)(1u << at % LS_PANEL);
    else
        e->filled = true;
}

/* In place, since it points into itself. */
static inline void make_even(even_batch *e, const ls_batch *from, const ls_batch_shards *shards)
{
    const int64_t most = from->rows + shards->shards;
    *e = (even_batch){.batch = *from,
                      .shards = *shards,
                      .row = zeros(most, sizeof *e->row),
                      .x = zeros(most, sizeof *e->x),
                      .y = zeros(most, sizeof *e->y),
                      .weight = zeros(most, sizeof *e->weight),
                      .label = zeros(most, sizeof *e->label),
                      .lanes = zeros(most / LS_PANEL + 1, sizeof *e->lanes)};
    e->batch.rows = 0;
    for (int64_t j = 0; j < shards->shards; j++) {
        const int64_t first = shards->shard_rows[j], last = shards->shard_rows[j + 1];
        for (int64_t r = first; r < last; r++)
            even_put(e, from, r, true);
        if ((last - first) % 2)
            even_put(e, from, last - 1, false);
        e->shard_rows[j + 1] = e->batch.rows;
    }
    e->shards.shard_rows = e->shard_rows;
    e->batch.row = e->row;
    e->batch.x = e->x;
    e->batch.y = from->y ? e->y : NULL;
    e->batch.weight = from->weight ? e->weight : NULL;
    e->batch.label = from->label ? e->label : NULL;
    e->batch.lanes = e->filled ? e->lanes : NULL;
}

static inline void free_even(even_batch *e)
{
    ls_memory_free(e->row);
    ls_memory_free(e->x);
    ls_memory_free(e->y);
    ls_memory_free(e->weight);
    ls_memory_free(e->label);
    ls_memory_free(e->lanes);
}

#endif
