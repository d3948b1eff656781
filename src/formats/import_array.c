/* Arrays as rows to be stored: features, and perhaps targets with as many rows. */
#include "formats/import.h"

#include "base/memory.h"

typedef struct array_state {
    ls_array *x, *y; /* y NULL: no targets */
} array_state;

static ls_status next(void *state, int64_t count, void *x, void *y, void *const *beside)
{
    array_state *s = state;
    (void)beside;
    if (x != NULL)
        LS_TRY(ls_array_next(s->x, count, x));
    return y != NULL ? ls_array_next(s->y, count, y) : LS_OK;
}

static ls_status restart(void *state)
{
    array_state *s = state;
    LS_TRY(ls_array_restart(s->x));
    return s->y != NULL ? ls_array_restart(s->y) : LS_OK;
}

static void close_state(void *state)
{
    array_state *s = state;
    ls_array_close(s->x);
    ls_array_close(s->y);
    ls_memory_free(s);
}

static ls_status describe(const ls_array *array, ls_import_row *row)
{
    *row = (ls_import_row){
        .element = ls_array_element(array), .rank = ls_array_rank(array) - 1, .text = ls_array_text(array)};
    if (row->rank < 0)
        return ls_fail(LS_ERR_DATA, "%s: is a single number, expected an array with one row per example",
                       ls_array_name(array));
    for (int i = 0; i < row->rank; i++)
        row->shape[i] = ls_array_shape(array)[i + 1];
    if (row->text > 0 && row->rank > 1)
        return ls_fail(LS_ERR_DATA, "%s: has texts along %d axes, expected one label a row", ls_array_name(array),
                       row->rank + 1);
    return ls_import_row_set(row, ls_array_name(array));
}

ls_status ls_import_arrays(ls_array *x, ls_array *y, ls_import *import)
{
    array_state *s;
    *import = (ls_import){.next = next, .restart = restart, .close = close_state};
    ls_status status = ls_memory_allocate(&s, 1, sizeof *s, "arrays");
    if (status != LS_OK) {
        ls_array_close(x);
        ls_array_close(y);
        return status;
    }
    *s = (array_state){x, y};
    import->state = s;
    status = describe(x, &import->x);
    if (status == LS_OK && y != NULL)
        status = describe(y, &import->y);
    import->rows = ls_array_shape(x)[0];
    if (status == LS_OK && y != NULL && ls_array_shape(y)[0] != import->rows)
        status = ls_fail(LS_ERR_DATA, "%s has %lld rows, but the targets %s have %lld; both need the same",
                         ls_array_name(x), (long long)import->rows, ls_array_name(y), (long long)ls_array_shape(y)[0]);
    if (status != LS_OK)
        ls_import_close(import);
    return status;
}
