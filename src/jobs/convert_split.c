/* Choosing the rows of the test part. */
#include "jobs/convert_split.h"

#include "base/memory.h"
#include "base/philox.h"
#include "context/options.h"
#include "source/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows that are read at once. */
#define BLOCK_ROWS 8192

void ls_convert_split_free(ls_convert_split *split)
{
    ls_selection_destroy(split->chosen);
    *split = (ls_convert_split){0};
}

static bool method_is(const ls_options *options, const char *method)
{
    return strcmp(options->test_method, method) == 0;
}

/* ---- what rows are chosen by ---- */

/* Integers of a file as int64. */
static int64_t integer_at(const void *values, ls_element element, int64_t i)
{
    switch (element) {
    case LS_ELEMENT_BOOL:
    case LS_ELEMENT_UINT8:
        return ((const uint8_t *)values)[i];
    case LS_ELEMENT_INT8:
        return ((const int8_t *)values)[i];
    case LS_ELEMENT_INT16:
        return ((const int16_t *)values)[i];
    case LS_ELEMENT_UINT16:
        return ((const uint16_t *)values)[i];
    case LS_ELEMENT_INT32:
        return ((const int32_t *)values)[i];
    case LS_ELEMENT_UINT32:
        return ((const uint32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i]; /* of uint64 the bits: they are told apart, which is all that is asked */
    }
}

static bool holds_integers(const ls_import_row *y)
{
    return y->bytes == ls_element_bytes(y->element) && y->bytes > 0 && y->element < LS_ELEMENT_FLOAT16;
}

/* Where the values stand in what the import gives. */
typedef struct labels_of {
    const ls_import_row *y; /* the targets, */
    int beside;             /* or what stands beside them, where this is not -1 */
    int64_t *value;         /* (rows) */
} labels_of;

static ls_status read_blocks(ls_context *context, ls_import *import, const labels_of *l, void *y, void **beside)
{
    for (int64_t done = 0; done < import->rows; done += BLOCK_ROWS) {
        const int64_t now = import->rows - done < BLOCK_ROWS ? import->rows - done : BLOCK_ROWS;
        if (context->stop)
            return ls_fail(LS_STOPPED, "stopped");
        LS_TRY(import->next(import->state, now, NULL, y, beside));
        for (int64_t i = 0; i < now; i++)
            l->value[done + i] =
                l->beside >= 0 ? ((const int64_t *)beside[l->beside])[i] : integer_at(y, l->y->element, i);
    }
    return import->restart(import->state);
}

static ls_status read_values(ls_context *context, ls_import *import, const labels_of *l)
{
    void *y = NULL, *beside[LS_IMPORT_BESIDE] = {NULL};
    ls_status status = LS_OK;
    if (l->beside < 0)
        status = ls_memory_allocate(&y, BLOCK_ROWS, (size_t)l->y->bytes, "targets being read");
    for (int i = 0; i < import->besides && status == LS_OK; i++)
        status = ls_memory_allocate(&beside[i], BLOCK_ROWS, (size_t)import->beside[i].bytes, "groups being read");
    if (status == LS_OK)
        status = read_blocks(context, import, l, y, beside);
    for (int i = 0; i < import->besides; i++)
        ls_memory_free(beside[i]);
    ls_memory_free(y);
    return status;
}

static int compare_values(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The values' places among the different ones, in ascending order. */
static ls_status number_values(const int64_t *value, int64_t rows, int32_t *label, int64_t *different)
{
    int64_t *sorted, count = 0;
    LS_TRY(ls_memory_allocate(&sorted, rows, sizeof *sorted, "groups"));
    memcpy(sorted, value, (size_t)rows * sizeof *sorted);
    qsort(sorted, (size_t)rows, sizeof *sorted, compare_values);
    for (int64_t i = 0; i < rows; i++)
        if (i == 0 || sorted[i] != sorted[count - 1])
            sorted[count++] = sorted[i];
    for (int64_t i = 0; i < rows; i++) {
        const int64_t *found = bsearch(&value[i], sorted, (size_t)count, sizeof *sorted, compare_values);
        label[i] = (int32_t)(found - sorted);
    }
    ls_memory_free(sorted);
    *different = count;
    return LS_OK;
}

static ls_status read_labels(ls_context *context, ls_import *import, int beside, int32_t **label, int64_t *different)
{
    labels_of l = {.y = &import->y, .beside = beside};
    ls_status status;
    *label = NULL;
    LS_TRY_CLEANUP(ls_memory_allocate(&l.value, import->rows, sizeof *l.value, "what rows are chosen by"));
    LS_TRY_CLEANUP(ls_memory_allocate(label, import->rows, sizeof **label, "what rows are chosen by"));
    LS_TRY_CLEANUP(read_values(context, import, &l));
    status = number_values(l.value, import->rows, *label, different);
cleanup:
    ls_memory_free(l.value);
    return status;
}

/* ---- methods ---- */

static ls_status find_group(const ls_import *import, int *group)
{
    for (*group = 0; *group < import->besides; ++*group)
        if (strcmp(import->beside[*group].name, "group") == 0)
            return LS_OK;
    return ls_fail(LS_ERR_USAGE, "--test-method group: name the column that says which rows belong together with "
                                 "--group COLUMN");
}

static ls_status check_stratified(const ls_options *options, const ls_import *import)
{
    if (holds_integers(&import->y))
        return LS_OK;
    return ls_fail(
        LS_ERR_USAGE,
        "--test-method stratified: %s has no classes: it needs one target of text or whole numbers%s%s; take "
        "--test-method random",
        options->data, import->y.bytes == 0 ? "" : ", and this is ",
        import->y.bytes == 0 ? ""
        : import->y.rank > 0 ? "more than one"
                             : ls_element_name(import->y.element));
}

static ls_status choose_by(ls_context *context, const ls_options *options, const char *group, const int32_t *label,
                           int64_t rows, int64_t different, ls_convert_split *split)
{
    ls_source part = {.x_path = "x",
                      .y_path = "the target",
                      .rows = rows,
                      .target = LS_TARGET_LABELS,
                      .integer_target = true,
                      .outputs = 1,
                      .labels = label};
    int64_t groups, taken;
    (void)snprintf(part.file, sizeof part.file, "%s", options->data);
    LS_TRY(ls_split_start(&part, &split->chosen));
    if (!method_is(options, "group") && different > LS_SPLIT_CLASSES_MAX)
        return ls_fail(
            LS_ERR_USAGE,
            "--test-method stratified: the target of %s has %lld different values, more than %d, and is taken "
            "for no class; take --test-method random",
            options->data, (long long)different, LS_SPLIT_CLASSES_MAX);
    if (!method_is(options, "group"))
        return ls_split_stratified(&part, NULL, split->rows, split->seed, split->chosen);
    LS_TRY(ls_split_groups(&part, NULL, 0, NULL, split->rows, split->seed, split->chosen, &groups, &taken));
    ls_log_line(&context->log, LS_LOG_INFO, "test part: %lld of the %lld groups in column '%s'", (long long)taken,
                (long long)groups, group);
    split->rows = ls_selection_count(split->chosen);
    if (split->rows > 0 && split->rows < rows)
        return LS_OK;
    return ls_fail(
        LS_ERR_USAGE,
        "--test-split %g: the groups of column '%s' give %lld of %lld rows to the test part; both parts need "
        "at least one group",
        options->test_split, group, (long long)split->rows, (long long)rows);
}

static ls_status check_count(const ls_options *options, int64_t rows, int64_t test)
{
    if (test >= 1 && test < rows)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "--test-split %g gives %lld of %lld rows to the test part; both parts need at least "
                   "one",
                   options->test_split, (long long)test, (long long)rows);
}

ls_status ls_convert_split_choose(ls_context *context, const ls_options *options, ls_conversion *conversion,
                                  ls_convert_split *split)
{
    ls_import *import = &conversion->import[0];
    int group = -1;
    int32_t *label;
    int64_t different = 0;
    *split = (ls_convert_split){.seed = (uint32_t)options->seed};
    if (options->test_split == 0)
        return LS_OK;
    if (conversion->name[0][0] != '\0')
        return ls_fail(LS_ERR_USAGE,
                       "--test-split: the arrays keep their own names; give --target with the name of the "
                       "array that holds the targets to split rows off");
    split->rows = (int64_t)(options->test_split * (double)import->rows + 0.5);
    LS_TRY(check_count(options, import->rows, split->rows));
    if (method_is(options, "random"))
        return LS_OK;
    LS_TRY(method_is(options, "group") ? find_group(import, &group) : check_stratified(options, import));
    ls_status status = read_labels(context, import, group, &label, &different);
    const char *column = group >= 0 ? import->beside[group].column : NULL;
    if (status == LS_OK)
        status = choose_by(context, options, column != NULL ? column : "qid", label, import->rows, different, split);
    ls_memory_free(label);
    return status;
}

/* Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): a row goes to the test part with
 * the chance that makes the count exact; every choice of rows is equally likely. */
static bool draw(uint32_t seed, int64_t row, int64_t rows_left, int64_t test_left)
{
    __extension__ typedef unsigned __int128 uint128;
    uint32_t words[4];
    ls_philox_unit(seed, LS_PURPOSE_TEST_SPLIT, 0, 0, row, 0, words);
    const uint64_t random = (uint64_t)words[1] << 32 | words[0];
    return (int64_t)((uint128)random * (uint64_t)rows_left >> 64) < test_left;
}

bool ls_convert_split_takes(const ls_convert_split *split, int64_t row, int64_t rows_left, int64_t test_left)
{
    return split->chosen != NULL ? ls_selection_has(split->chosen, row) : draw(split->seed, row, rows_left, test_left);
}
