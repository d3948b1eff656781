/* Places for the values between layers: one is free again behind the last layer that reads it. */
#include "export/c_rows.h"

#include "base/memory.h"

#include <string.h>

static int source_of(const ls_c_rows *rows, int layer)
{
    return layer == LS_FEATURES ? LS_FEATURES : rows->source[layer];
}

static void find_sources(const ls_network *network, bool (*passes)(const ls_layer *layer), ls_c_rows *rows)
{
    for (int l = 0; l < network->count; l++) {
        const ls_layer *layer = &network->layers[l];
        rows->source[l] = passes(layer) ? source_of(rows, layer->input[0]) : l;
        for (int i = 0; i < LS_LAYER_INPUTS && !passes(layer); i++)
            rows->last_use[1 + source_of(rows, layer->input[i])] = l;
    }
}

static bool is_free(const ls_network *network, const ls_c_rows *rows, int place, int l)
{
    for (int v = LS_FEATURES; v < network->count; v++)
        if (v < l && rows->place[1 + v] == place && rows->last_use[1 + v] >= l)
            return false;
    return true;
}

static void take_place(const ls_network *network, ls_c_rows *rows, int value, int64_t units)
{
    int place = 0;
    while (place < rows->places && !is_free(network, rows, place, value))
        place++;
    if (place == rows->places)
        rows->places++;
    rows->width[place] = rows->width[place] < units ? units : rows->width[place];
    rows->place[1 + value] = place;
}

ls_status ls_c_rows_plan(const ls_network *network, bool prepared, bool (*passes)(const ls_layer *layer),
                         ls_c_rows *rows)
{
    ls_status status;
    memset(rows, 0, sizeof *rows);
    LS_TRY_CLEANUP(ls_memory_allocate(&rows->source, network->count, sizeof *rows->source, "layers"));
    LS_TRY_CLEANUP(ls_memory_allocate(&rows->last_use, 1 + network->count, sizeof *rows->last_use, "layers"));
    LS_TRY_CLEANUP(ls_memory_allocate(&rows->place, 1 + network->count, sizeof *rows->place, "layers"));
    LS_TRY_CLEANUP(ls_memory_allocate(&rows->width, 1 + network->count, sizeof *rows->width, "layers"));
    find_sources(network, passes, rows);
    for (int v = LS_FEATURES; v < network->count; v++)
        rows->place[1 + v] = LS_C_ROWS_FEATURES; /* in no array until it has one */
    if (prepared)
        take_place(network, rows, LS_FEATURES, network->features);
    for (int l = 0; l < network->count; l++)
        if (rows->source[l] == rows->source[network->count - 1])
            rows->place[1 + l] = LS_C_ROWS_OUTPUTS;
        else if (rows->source[l] == l)
            take_place(network, rows, l, network->layers[l].units);
    return LS_OK;
cleanup:
    ls_c_rows_free(rows);
    return status;
}

void ls_c_rows_free(ls_c_rows *rows)
{
    ls_memory_free(rows->source);
    ls_memory_free(rows->last_use);
    ls_memory_free(rows->place);
    ls_memory_free(rows->width);
    memset(rows, 0, sizeof *rows);
}

int ls_c_rows_place(const ls_c_rows *rows, int layer)
{
    return rows->place[1 + source_of(rows, layer)];
}

int64_t ls_c_rows_floats(const ls_c_rows *rows)
{
    int64_t floats = 0;
    for (int place = 0; place < rows->places; place++)
        floats += rows->width[place];
    return floats;
}
