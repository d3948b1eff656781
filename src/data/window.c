/* Rows and their places in the dataset. */
#include "data/window.h"

#include "base/memory.h"
#include "data/class_weights.h"

#include <string.h>

/* Bytes that are read together while looking through rows: more gives no speed. */
#define AT_ONCE ((int64_t)8 << 20)

static ls_status find_dataset_rows(const ls_source *source, ls_window *window)
{
    const ls_rows *rows = &window->rows;
    if (rows->count == 0)
        return LS_OK;
    window->dataset_first = ls_source_row(source, rows->first);
    if (source->kept && !ls_selection_contiguous(source->kept, source->first + rows->first, rows->count)) {
        LS_TRY(ls_memory_allocate(&window->dataset_row, rows->count, sizeof *window->dataset_row, "row numbers"));
        for (int64_t i = 0, row = window->dataset_first; i < rows->count;
             i++, row = ls_selection_next(source->kept, row + 1))
            window->dataset_row[i] = row;
    }
    return LS_OK;
}

ls_status ls_window_load(const ls_dataset *dataset, const ls_network *network, const float *class_weights,
                         void *features, int64_t first, int64_t count, ls_window *window)
{
    memset(window, 0, sizeof *window);
    ls_status status = (features ? ls_rows_load_beside(dataset, network, first, count, &window->rows)
                                 : ls_rows_load(dataset, network, true, first, count, &window->rows));
    if (status == LS_OK && features)
        window->rows.x = features;
    else
        ls_memory_free(features);
    if (status == LS_OK)
        status = find_dataset_rows(ls_dataset_source(dataset), window);
    if (status == LS_OK && class_weights)
        status = ls_class_weights_apply(class_weights, &window->rows);
    if (status != LS_OK)
        ls_window_free(window);
    return status;
}

void ls_window_free(ls_window *window)
{
    ls_rows_free(&window->rows);
    ls_memory_free(window->dataset_row);
    memset(window, 0, sizeof *window);
}

int64_t ls_window_at_once(const ls_dataset *dataset, int64_t bytes_each, int64_t memory)
{
    const int64_t together = ls_dataset_source(dataset)->x_together;
    const int64_t most = memory < AT_ONCE ? memory : AT_ONCE;
    const int64_t rows = most / bytes_each;
    if (together > 1 && together <= memory / bytes_each)
        return rows < together ? together : rows - rows % together;
    return rows < 1 ? 1 : rows;
}

int64_t ls_window_piece(const ls_dataset *dataset, int64_t first, int64_t count, int64_t at_once)
{
    const int64_t ahead = at_once - ls_dataset_row(dataset, first) % at_once;
    return ahead < count ? ahead : count;
}
