/* Labels of rows: integers, however they are stored, as class numbers. */
#include "source/source_internal.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

/* How labels become class numbers. */
typedef struct labelling {
    const int64_t *known; /* (classes) ascending; NULL: they are 0 .. classes - 1 */
    int64_t classes;
} labelling;

static ls_status fail_label(const ls_source *source, int64_t row, const char *value, const labelling *l)
{
    char name[LS_SOURCE_NAME];
    const char *counting = source->table != NULL ? "" : " (counted from 0)";
    ls_source_place(source, true, row, -1, name, sizeof name);
    if (l->known == NULL)
        return ls_fail(LS_ERR_DATA, "%s%s is %s, expected a class number from 0 to %" PRId64, name, counting, value,
                       l->classes - 1);
    return ls_fail(LS_ERR_DATA,
                   "%s%s is %s, which is none of the %" PRId64 " labels that the model was trained with (%" PRId64
                   " to %" PRId64 ")",
                   name, counting, value, l->classes, l->known[0], l->known[l->classes - 1]);
}

/* The class number of a label; -1: there is none. */
static int64_t class_of(int64_t label, const labelling *l)
{
    if (l->known == NULL)
        return label >= 0 && label < l->classes ? label : -1;
    int64_t low = 0, high = l->classes;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (l->known[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->classes && l->known[low] == label ? low : -1;
}

static ls_status take_integer(const ls_source *source, int64_t row, int64_t value, const labelling *l, int32_t *label)
{
    char text[32];
    const int64_t found = class_of(value, l);
    if (found >= 0) {
        *label = (int32_t)found;
        return LS_OK;
    }
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    return fail_label(source, row, text, l);
}

/* Labels that were stored as floats, as many tools write them; 0.5 is refused. */
static ls_status take_number(const ls_source *source, int64_t row, double value, const labelling *l, int32_t *label)
{
    char text[32];
    if (value >= -0x1p62 && value <= 0x1p62 && (double)(int64_t)value == value) {
        const int64_t found = class_of((int64_t)value, l);
        if (found >= 0) {
            *label = (int32_t)found;
            return LS_OK;
        }
    }
    (void)snprintf(text, sizeof text, "%.9g", value);
    return fail_label(source, row, text, l);
}

static ls_status read_label_block(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                  const labelling *l, void *block, int32_t *labels)
{
    const bool integers =
        source->labels != NULL || (source->integer_target && !source->y_missing && source->y == NULL && !source->table);
    LS_TRY(ls_source_read_rows(source, file, integers ? LS_SOURCE_TARGET_INTEGERS : LS_SOURCE_TARGET_NUMBERS, first,
                               count, block));
    for (int64_t i = 0; i < count; i++)
        if (integers)
            LS_TRY(take_integer(source, first + i, ((const int64_t *)block)[i], l, &labels[i]));
        else
            LS_TRY(take_number(source, first + i, ((const double *)block)[i], l, &labels[i]));
    return LS_OK;
}

ls_status ls_source_read_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                int64_t classes, int32_t *labels)
{
    return ls_source_read_known_labels(source, file, first, count, NULL, classes, labels);
}

ls_status ls_source_read_known_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                      const int64_t *known, int64_t classes, int32_t *labels)
{
    const labelling l = {known, classes};
    LS_TRY(ls_source_check_range(source, first, count));
    LS_TRY(ls_source_need_targets(source));
    char name[LS_SOURCE_NAME];
    if (source->outputs != 1)
        return ls_fail(LS_ERR_DATA, "%s has %" PRId64 " columns, expected one class number a row",
                       ls_source_target_name(source, name, sizeof name), source->outputs);
    void *block;
    LS_TRY(ls_memory_allocate(&block, LS_SOURCE_BLOCK, sizeof(int64_t), "labels being read"));
    ls_status status = LS_OK;
    for (int64_t done = 0; done < count && status == LS_OK; done += LS_SOURCE_BLOCK) {
        int64_t now = count - done < LS_SOURCE_BLOCK ? count - done : LS_SOURCE_BLOCK;
        status = read_label_block(source, file, first + done, now, &l, block, labels + done);
    }
    ls_memory_free(block);
    return status;
}
