/* Reading for a few milliseconds. */
#include "data/firstlook.h"

#include "base/memory.h"

#include <time.h>

/* Values of one piece. */
#define PIECE ((int64_t)1 << 18)

static int64_t now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static ls_status read_pieces(const ls_source *source, ls_h5_file *file, int64_t rows, int64_t until, float *values)
{
    for (int64_t first = 0; first < source->rows && now() < until; first += rows) {
        const int64_t count = rows < source->rows - first ? rows : source->rows - first;
        LS_TRY(ls_source_read_x(source, file, first, count, values));
        if (source->target != LS_TARGET_NONE)
            LS_TRY(ls_source_read_y(source, file, first, count, values));
    }
    return LS_OK;
}

ls_status ls_firstlook_read(ls_datafiles *files, const ls_source *source, int milliseconds)
{
    const int64_t width = source->features > source->outputs ? source->features : source->outputs;
    ls_h5_file *file;
    float *values;
    if (source->rows == 0 || width > PIECE)
        return LS_OK;
    const int64_t until = now() + milliseconds, rows = PIECE / width < source->rows ? PIECE / width : source->rows;
    LS_TRY(ls_datafiles_file(files, source, &file));
    LS_TRY(ls_memory_allocate(&values, rows * width, sizeof *values, "first look at the data"));
    const ls_status status = read_pieces(source, file, rows, until, values);
    ls_memory_free(values);
    return status;
}
