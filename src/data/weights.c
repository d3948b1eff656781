/* Weights of rows. */
#include "data/weights.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "comm/agree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

ls_status ls_weights_describe(const ls_datanames *names, const char *option, const char *path, const ls_source *part,
                              ls_source *weight)
{
    char name[5200];
    memset(weight, 0, sizeof *weight);
    if (!path[0])
        return LS_OK;
    LS_TRY(ls_datanames_describe_beside(names, part, option, path, weight));
    if (weight->outputs == 1)
        return LS_OK;
    const ls_status status = ls_fail(LS_ERR_DATA, "%s has %lld columns, expected one weight a row",
                                     ls_source_target_name(weight, name, sizeof name), (long long)weight->outputs);
    ls_source_release(weight);
    weight->layout = NULL;
    return status;
}

ls_status ls_weights_read(const ls_source *weight, ls_h5_file *file, int64_t first, int64_t count, float *values)
{
    LS_TRY(ls_source_read_y(weight, file, first, count, values));
    for (int64_t r = 0; r < count; r++) {
        char name[5200];
        if (values[r] >= 0)
            continue;
        return ls_fail(LS_ERR_DATA, "%s (counted from 0) is %.9g, expected a weight from 0 up",
                       ls_source_place(weight, true, first + r, -1, name, sizeof name), (double)values[r]);
    }
    return LS_OK;
}
