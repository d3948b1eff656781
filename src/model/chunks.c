/* Cutting the block into chunks, and summing one. */
#include "model/chunks.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "model/pass_internal.h"

#include <omp.h>
#include <string.h>

/* ---- cutting ---- */

typedef struct cutter {
    const ls_network *network;
    int64_t first, last, most;
    ls_chunks *chunks; /* its arrays may be NULL: then blocks and chunks are counted only */
    int64_t blocks, filled;
} cutter;

/* Rows [*from, *to) of a panel as far as they lie in the range. */
static void clip(const cutter *c, const ls_matrix *m, int64_t panel, int64_t *from, int64_t *to)
{
    const int64_t base = m->offset + panel * ls_matrix_rows(m) * LS_PANEL;
    const int64_t first = (c->first - base) / LS_PANEL, last = (c->last - base) / LS_PANEL;
    *from = c->first > base && first > *from ? first : *from;
    *to = c->last < base ? *from : last < *to ? last : *to;
}

static void add_block(cutter *c, ls_chunk_block block)
{
    ls_chunks *chunks = c->chunks;
    const int64_t floats = (block.last - block.first) * block.panels * LS_PANEL;
    if (chunks->count == 0 || c->filled + floats > c->most) {
        if (chunks->first_block)
            chunks->first_block[chunks->count] = c->blocks;
        chunks->count++;
        c->filled = 0;
    }
    block.at = c->filled;
    if (chunks->block)
        chunks->block[c->blocks] = block;
    c->filled += floats;
    c->blocks++;
}

static void cut_matrix(cutter *c, int matrix)
{
    const ls_matrix *m = &c->network->matrix[matrix];
    const int64_t rows = ls_matrix_rows(m);
    const int64_t panels = c->most >= LS_BLOCK_PANELS * LS_PANEL ? LS_BLOCK_PANELS : 1;
    const int64_t fitting = c->most / (panels * LS_PANEL),
                  height = fitting < LS_BLOCK_INPUTS ? fitting : LS_BLOCK_INPUTS;
    for (int64_t top = 0; top < rows; top += height) {
        const int64_t bottom = top + height < rows ? top + height : rows;
        for (int64_t panel = 0; panel < m->panels; panel++) {
            ls_chunk_block b = {.matrix = matrix, .panels = 1, .panel = panel, .first = top, .last = bottom};
            clip(c, m, panel, &b.first, &b.last);
            if (b.first >= b.last)
                continue;
            int64_t first = top, last = bottom;
            if (panels > 1 && panel + 1 < m->panels) {
                clip(c, m, panel + 1, &first, &last);
                if (first == b.first && last == b.last) {
                    b.panels = 2;
                    panel++;
                }
            }
            add_block(c, b);
        }
    }
}

static void cut(cutter *c)
{
    for (int m = 0; m < c->network->trainable_matrices; m++)
        cut_matrix(c, m);
}

ls_status ls_chunks_create(const ls_network *network, int64_t first, int64_t last, int64_t most, ls_chunks *chunks)
{
    ls_status status;
    memset(chunks, 0, sizeof *chunks);
    cutter counter = {.network = network, .first = first, .last = last, .most = most, .chunks = chunks};
    cut(&counter);
    LS_TRY_CLEANUP(ls_memory_allocate(&chunks->first_block, chunks->count + 1, sizeof *chunks->first_block, "chunks"));
    LS_TRY_CLEANUP(ls_memory_allocate(&chunks->block, counter.blocks, sizeof *chunks->block, "chunks"));
    chunks->count = 0;
    cutter filler = {.network = network, .first = first, .last = last, .most = most, .chunks = chunks};
    cut(&filler);
    chunks->first_block[chunks->count] = filler.blocks;
    return LS_OK;
cleanup:
    ls_chunks_free(chunks);
    return status;
}

void ls_chunks_free(ls_chunks *chunks)
{
    ls_memory_free(chunks->first_block);
    ls_memory_free(chunks->block);
    memset(chunks, 0, sizeof *chunks);
}

static int64_t floats_of(const ls_chunk_block *b)
{
    return (b->last - b->first) * b->panels * LS_PANEL;
}

int64_t ls_chunks_floats(const ls_chunks *chunks, int64_t k)
{
    const ls_chunk_block *last = &chunks->block[chunks->first_block[k + 1] - 1];
    return last->at + floats_of(last);
}

void ls_chunks_segments(const ls_network *network, const ls_chunks *chunks, int64_t k, ls_chunk_segment function,
                        void *user)
{
    for (int64_t i = chunks->first_block[k]; i < chunks->first_block[k + 1]; i++) {
        const ls_chunk_block *b = &chunks->block[i];
        const ls_matrix *m = &network->matrix[b->matrix];
        const int64_t n = (b->last - b->first) * LS_PANEL;
        for (int64_t p = 0; p < b->panels; p++)
            function(user, m->offset + ((b->panel + p) * ls_matrix_rows(m) + b->first) * LS_PANEL, n, b->at + p * n);
    }
}

/* ---- summing ---- */

/* Rows [begin, end) of one of the chunk's blocks, counted from its first. */
static void sum_part(const ls_pass *pass, const ls_batch_shards *shards, const ls_chunk_block *whole, int64_t begin,
                     int64_t end, const ls_chunk_sink *sink, float *scratch)
{
    const ls_gradient_block b = ls_gradient_block_of(pass, whole->matrix, whole->panel, whole->panels,
                                                     whole->first + begin, whole->first + end);
    const int64_t height = (whole->last - whole->first) * LS_PANEL, panel = (end - begin) * LS_PANEL;
    const int64_t at = whole->at + begin * LS_PANEL;
    ls_ahead ahead = sink->ahead;
    ls_pass_ahead_place(&ahead, b.at - sink->ahead_first, b.stride);
    for (int c = 0; c < LS_CHUNK_ARRAYS && sink->packed[c]; c++)
        ls_ahead_add(&ahead, sink->packed[c] + at - b.first * LS_PANEL, height);
    if (sink->out) {
        ls_gradient_sum(pass, &b, shards->shard_rows, shards->shards, sink->out + at, height, &ahead,
                        scratch + LS_BLOCK_FLOATS);
        return;
    }
    if (sink->block) {
        ls_gradient_sum(pass, &b, shards->shard_rows, shards->shards, sink->block + b.at + b.first * LS_PANEL, b.stride,
                        &ahead, scratch + LS_BLOCK_FLOATS);
        return;
    }
    ls_gradient_sum(pass, &b, shards->shard_rows, shards->shards, scratch, panel, &ahead, scratch + LS_BLOCK_FLOATS);
    for (int64_t p = 0; p < b.panels; p++)
        sink->apply(sink->user, b.at + p * b.stride + b.first * LS_PANEL, panel, ls_pass_lanes(&b, p),
                    scratch + p * panel, at + p * height);
}

/* The chunk is a line of rows (16 outputs of one input), of which each thread takes its part. */
void ls_chunks_share(ls_pass *pass, const ls_batch_shards *shards, const ls_chunks *chunks, int64_t k,
                     const ls_chunk_sink *sink, int thread, int team)
{
    const int64_t all = ls_chunks_floats(chunks, k) / LS_PANEL;
    const int64_t begin = all * thread / team, end = all * (thread + 1) / team;
    float *scratch = pass->scratch + pass->scratch_each * thread;
    for (int64_t i = chunks->first_block[k]; i < chunks->first_block[k + 1]; i++) {
        const ls_chunk_block *b = &chunks->block[i];
        const int64_t done = b->at / LS_PANEL, rows = b->last - b->first;
        const int64_t from = ls_gradient_row_at(begin - done, rows, b->panels);
        const int64_t to = ls_gradient_row_at(end - done, rows, b->panels);
        if (from >= to)
            continue;
        sum_part(pass, shards, b, from, to, sink, scratch);
        if (thread == 0 && sink->between)
            sink->between(sink->user);
    }
}

void ls_chunks_sum(ls_pass *pass, const ls_batch_shards *shards, const ls_chunks *chunks, int64_t k,
                   const ls_chunk_sink *sink)
{
    const int team = ls_pass_team(pass, shards->shard_rows[shards->shards]);
    if (team == 1) {
        const ls_fpenv saved = ls_fpenv_enter();
        ls_chunks_share(pass, shards, chunks, k, sink, 0, 1);
        ls_fpenv_leave(saved);
        return;
    }
#pragma omp parallel num_threads(team)
    {
        const ls_fpenv saved = ls_fpenv_enter();
        ls_chunks_share(pass, shards, chunks, k, sink, omp_get_thread_num(), omp_get_num_threads());
        ls_fpenv_leave(saved);
    }
}
