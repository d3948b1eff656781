/* Weights of rows. */
#include "data/weights.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/blocks.h"
#include "formats/encoding.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE 8192 /* weights */

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
    LS_TRY(ls_source_read_raw_y(weight, file, first, count, values));
    for (int64_t r = 0; r < count; r++) {
        char name[5200];
        if (values[r] >= 0 && values[r] <= FLT_MAX)
            continue;
        if (!isfinite(values[r])) /* by the path as the option names it, with a chosen column */
            return ls_fail(LS_ERR_DATA, "%s (counted from 0): the weight, %s, is %s%s; expected a weight from 0 up",
                           ls_source_place(weight, true, first + r, -1, name, sizeof name), weight->y_path,
                           ls_source_value_name(values[r]),
                           isnan(values[r]) && weight->y_missing ? ", or a number that stands for no value" : "");
        return ls_fail(LS_ERR_DATA, "%s (counted from 0) is %.9g, expected a weight from 0 up",
                       ls_source_place(weight, true, first + r, -1, name, sizeof name), (double)values[r]);
    }
    return LS_OK;
}

/* ---- whether any counts ---- */

typedef struct looking {
    const ls_dataset *dataset;
    int64_t found; /* rows with a weight, of those that were looked at */
} looking;

static ls_status look(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, int64_t at)
{
    looking *l = user;
    const ls_source *weight = ls_dataset_weight(l->dataset, (int)(source - l->dataset->source));
    float *values;
    ls_status status = LS_OK;
    (void)at;
    if (weight == NULL)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&values, AT_ONCE, sizeof *values, "weights"));
    for (int64_t done = 0; done < count && l->found == 0 && status == LS_OK; done += AT_ONCE) {
        const int64_t now = count - done < AT_ONCE ? count - done : AT_ONCE;
        status = ls_weights_read(weight, file, first + done, now, values);
        for (int64_t r = 0; r < now && status == LS_OK; r++)
            l->found += values[r] > 0;
    }
    ls_memory_free(values);
    return status;
}

ls_status ls_weights_check(ls_context *context, const ls_dataset *dataset, const char *used)
{
    const ls_source *weight = ls_dataset_weight(dataset, 0);
    const ls_blocks blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
    looking l = {.dataset = dataset};
    char name[5200];
    int64_t first, count;
    if (weight == NULL)
        return LS_OK;
    ls_blocks_own_rows(&blocks, &first, &count);
    LS_TRY(ls_agree(context->comm, ls_rows_for_each_piece(dataset, first, count, look, &l)));
    LS_TRY(ls_comm_sum_int64(context->comm, &l.found, 1));
    if (l.found > 0)
        return LS_OK;
    return ls_fail(LS_ERR_DATA,
                   "%s is 0 in all %lld rows that are %s, so that none of them counts; give weights above 0, or leave "
                   "the weights out",
                   ls_source_target_name(weight, name, sizeof name), (long long)dataset->rows, used);
}

/* ---- weights that nobody asks for ---- */

/* The first column with this role; NULL: none. */
static const ls_column *column_of(const ls_encoding *e, ls_column_role role)
{
    for (int64_t i = 0; i < e->count; i++)
        if (e->column[i].role == role)
            return &e->column[i];
    return NULL;
}

ls_status ls_weights_unused(const ls_context *context, const ls_options *options, const char *encoding)
{
    ls_encoding e;
    if (encoding == NULL)
        return LS_OK;
    LS_TRY(ls_encoding_read(encoding, options->data, &e));
    const ls_column *weight = column_of(&e, LS_ROLE_WEIGHT), *group = column_of(&e, LS_ROLE_GROUP);
    if (weight != NULL && options->sample_weights[0] == '\0')
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s has weights of its rows ('%s'), and they are not used: give --sample-weights /train/w",
                    options->data, weight->name);
    if (group != NULL && options->validation_split > 0 && strcmp(options->validation_method, "group") != 0)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "%s has groups of rows ('%s'), and validation rows are taken without regard to them: give "
                    "--validation-method group --validation-group /train/group",
                    options->data, group->name);
    ls_encoding_free(&e);
    return LS_OK;
}
