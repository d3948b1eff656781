/* Between a block's panels, a few of their rows, and row-major values. */
#include "model/lifted.h"

#include "math/kernels.h"

#include <string.h>

static ls_tensor tensor_of(const ls_lifted *rows)
{
    return ls_network_tensor(rows->network, rows->index);
}

static const ls_matrix *matrix_of(const ls_lifted *rows)
{
    const ls_tensor tensor = tensor_of(rows);
    return &rows->network->matrix[tensor.matrix];
}

/* Floats of each panel. */
static int64_t lifted_panel(const ls_lifted *rows)
{
    return rows->count * LS_PANEL;
}

int64_t ls_lifted_floats(const ls_lifted *rows)
{
    return matrix_of(rows)->panels * lifted_panel(rows);
}

/* Where a panel's first lifted float lies in the block. */
static int64_t place_of(const ls_lifted *rows, int64_t panel)
{
    const ls_tensor tensor = tensor_of(rows);
    const ls_matrix *m = matrix_of(rows);
    const int64_t row = ls_tensor_is_vector(&tensor) ? m->inputs : rows->first;
    return m->offset + (panel * ls_matrix_rows(m) + row) * LS_PANEL;
}

int64_t ls_lifted_before(const ls_lifted *rows, int64_t at)
{
    const ls_matrix *m = matrix_of(rows);
    const int64_t each = lifted_panel(rows), panel = (at - m->offset) / (ls_matrix_rows(m) * LS_PANEL);
    if (at <= m->offset)
        return 0;
    if (panel >= m->panels)
        return m->panels * each;
    const int64_t within = at - place_of(rows, panel);
    return panel * each + (within < 0 ? 0 : within > each ? each : within);
}

/* The first of lifted floats [from, to) that lie together in the block: where, and how many. */
static int64_t run_at(const ls_lifted *rows, int64_t from, int64_t to, int64_t *place)
{
    const int64_t each = lifted_panel(rows), panel = from / each, end = (panel + 1) * each;
    *place = place_of(rows, panel) + from % each;
    return (to < end ? to : end) - from;
}

void ls_lifted_take(const ls_lifted *rows, int64_t from, int64_t to, const float *part, int64_t origin, float *lifted)
{
    for (int64_t place, count; from < to; from += count) {
        count = run_at(rows, from, to, &place);
        memcpy(lifted + from, part + (place - origin), (size_t)count * sizeof *part);
    }
}

void ls_lifted_put(const ls_lifted *rows, int64_t from, int64_t to, const float *lifted, float *part, int64_t origin)
{
    for (int64_t place, count; from < to; from += count) {
        count = run_at(rows, from, to, &place);
        memcpy(part + (place - origin), lifted + from, (size_t)count * sizeof *part);
    }
}

/* The last panel may have fewer columns. */
static int64_t lanes_at(int64_t columns, int64_t column)
{
    return columns - column < LS_PANEL ? columns - column : LS_PANEL;
}

static inline void copy_lanes(float *to, const float *from, int64_t lanes)
{
    if (lanes == LS_PANEL)
        memcpy(to, from, LS_PANEL * sizeof *to); /* of known length: no call */
    else
        memcpy(to, from, (size_t)lanes * sizeof *to);
}

void ls_lifted_unpack(const ls_lifted *rows, const float *lifted, float *values)
{
    const int64_t columns = tensor_of(rows).columns;
    for (int64_t c = 0; c < columns; c += LS_PANEL) {
        const int64_t lanes = lanes_at(columns, c);
        for (int64_t r = 0; r < rows->count; r++, lifted += LS_PANEL)
            copy_lanes(values + r * columns + c, lifted, lanes);
    }
}

void ls_lifted_pack(const ls_lifted *rows, const float *values, float *lifted)
{
    const int64_t columns = tensor_of(rows).columns;
    for (int64_t c = 0; c < columns; c += LS_PANEL) {
        const int64_t lanes = lanes_at(columns, c);
        for (int64_t r = 0; r < rows->count; r++, lifted += LS_PANEL) {
            copy_lanes(lifted, values + r * columns + c, lanes);
            memset(lifted + lanes, 0, (size_t)(LS_PANEL - lanes) * sizeof *lifted);
        }
    }
}
