/* Offsets that sources share. */
#include "source/less.h"

#include "base/memory.h"

#include <stddef.h>
#include <string.h>

struct ls_less {
    int64_t holders;
    double offset[];
};

ls_status ls_less_create(int64_t features, const double *offset, const ls_less **less)
{
    ls_less *made;
    const size_t bytes = (size_t)features * sizeof *offset;
    LS_TRY(ls_memory_allocate(&made, (int64_t)(sizeof *made + bytes), 1, "offsets"));
    made->holders = 1;
    memcpy(made->offset, offset, bytes);
    *less = made;
    return LS_OK;
}

/* Counting is not a change that anybody sees. */
void ls_less_hold(const ls_less *less)
{
    if (less != NULL)
        ((ls_less *)less)->holders++;
}

void ls_less_release(const ls_less *less)
{
    if (less != NULL && --((ls_less *)less)->holders == 0)
        ls_memory_free((ls_less *)less);
}

const double *ls_less_offset(const ls_less *less)
{
    return less != NULL ? less->offset : NULL;
}
