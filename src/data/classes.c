/* Labels are counted by blocks of rows, each on one rank, and the ranks' counts are joined. */
#include "data/classes.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/options.h"
#include "data/blocks.h"
#include "data/class_names.h"
#include "data/rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_ROWS      8192
#define NAMED           8                 /* labels in messages */
#define FLOAT_WHOLE_END 16777216.         /* the same of float32 */
#define WHOLE_END       9007199254740992. /* 2^53: below it float64 has all whole numbers; it may be 2^53 + 1, rounded */

/* ---- counting (local) ---- */

static bool is_label(double value)
{
    return fabs(value) < WHOLE_END && floor(value) == value;
}

static ls_status count_value(ls_labels *l, double value, int64_t row)
{
    if (is_label(value))
        return ls_tally_add(&l->tally, value, 1, row);
    if (l->odd_row < 0) {
        l->odd_row = row;
        l->odd = value;
    }
    return LS_OK;
}

/* All columns, as float32. */
static ls_status count_wide_piece(ls_labels *l, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count)
{
    const int64_t columns = source->outputs, at_once = BLOCK_ROWS / columns > 0 ? BLOCK_ROWS / columns : 1;
    float *values;
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(&values, at_once * columns, sizeof *values, "labels"));
    for (int64_t done = 0; done < count && status == LS_OK; done += at_once) {
        const int64_t now = count - done < at_once ? count - done : at_once;
        status = ls_source_read_raw_y(source, file, first + done, now, values);
        for (int64_t i = 0; i < now * columns && status == LS_OK; i++)
            status = count_value(l, (double)values[i], first + done + i / columns);
    }
    ls_memory_free(values);
    return status;
}

static ls_status count_piece(void *user, const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                             int64_t at)
{
    ls_labels *l = user;
    double *values;
    ls_status status = LS_OK;
    (void)at;
    if (l->all_columns)
        return count_wide_piece(l, source, file, first, count);
    LS_TRY(ls_memory_allocate(&values, BLOCK_ROWS, sizeof *values, "labels"));
    for (int64_t done = 0; done < count && status == LS_OK; done += BLOCK_ROWS) {
        const int64_t now = count - done < BLOCK_ROWS ? count - done : BLOCK_ROWS;
        status = ls_source_read_column(source, file, first + done, now, 0, values);
        for (int64_t r = 0; r < now && status == LS_OK; r++)
            status = count_value(l, values[r], first + done + r);
    }
    ls_memory_free(values);
    return status;
}

ls_status ls_labels_count(const ls_dataset *dataset, int64_t first, int64_t count, ls_labels *labels)
{
    return ls_rows_for_each_piece(dataset, first, count, count_piece, labels);
}

/* ---- over ranks ---- */

/* What ranks tell each other before the labels themselves. */
typedef struct summary {
    int64_t count;
    int64_t beyond;
    int64_t odd_row;
    double odd;
} summary;

/* Local. Everybody's labels, in rank order, become this rank's. */
static ls_status join(const summary *all, int size, const ls_tally_entry *entries, ls_labels *l)
{
    const int64_t limit = l->tally.limit;
    ls_tally_free(&l->tally);
    l->tally.limit = limit;
    l->odd_row = -1;
    for (int r = 0; r < size; r++) {
        for (int64_t i = 0; i < all[r].count; i++, entries++)
            LS_TRY(ls_tally_add(&l->tally, entries->value, entries->count, entries->first));
        l->tally.beyond = l->tally.beyond || all[r].beyond;
        if (l->odd_row < 0 && all[r].odd_row >= 0) {
            l->odd_row = all[r].odd_row;
            l->odd = all[r].odd;
        }
    }
    ls_tally_sort(&l->tally);
    return LS_OK;
}

static ls_status share(ls_context *context, ls_labels *l)
{
    const int size = ls_comm_size(context->comm);
    const summary mine = {l->tally.count, l->tally.beyond, l->odd_row, l->odd};
    summary *all = NULL;
    int64_t *bytes = NULL, total = 0;
    ls_tally_entry *entries = NULL;
    ls_status status = ls_memory_allocate(&all, size, sizeof *all, "labels");
    if (status == LS_OK)
        status = ls_memory_allocate(&bytes, size, sizeof *bytes, "labels");
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(ls_comm_allgather(context->comm, &mine, sizeof mine, all));
    for (int r = 0; r < size; r++) {
        bytes[r] = all[r].count * (int64_t)sizeof *entries;
        total += all[r].count;
    }
    LS_TRY_CLEANUP(ls_agree(context->comm, ls_memory_allocate(&entries, total, sizeof *entries, "labels")));
    LS_TRY_CLEANUP(ls_comm_allgatherv(context->comm, l->tally.entry, bytes, entries));
    status = ls_agree(context->comm, join(all, size, entries, l));
cleanup:
    ls_memory_free(all);
    ls_memory_free(bytes);
    ls_memory_free(entries);
    return status;
}

ls_status ls_labels_find(ls_context *context, const ls_dataset *dataset, ls_labels *labels)
{
    const ls_blocks blocks = ls_blocks_of_rank(dataset->rows, ls_comm_rank(context->comm), ls_comm_size(context->comm));
    int64_t first, count;
    ls_blocks_own_rows(&blocks, &first, &count);
    ls_status status = ls_fault("classes");
    if (status == LS_OK)
        status = ls_labels_count(dataset, first, count, labels);
    LS_TRY(ls_agree(context->comm, status));
    return share(context, labels);
}

/* ---- deciding ---- */

void ls_classes_list(const int64_t *classes, int64_t count, ls_text *text)
{
    for (int64_t k = 0; k < count && k < NAMED; k++)
        ls_text_printf(text, "%s%lld", k ? ", " : "", (long long)classes[k]);
    if (count > NAMED)
        ls_text_printf(text, ", ... %lld", (long long)classes[count - 1]);
}

/* A label by its name, where the files give it one (NULL: they give none). */
static void put_label(const ls_label_names *names, double label, ls_text *text)
{
    if (names != NULL && label >= 0 && label < (double)ls_label_names_count(names))
        ls_text_printf(text, "'%.64s'", ls_label_names_text(names, (int64_t)label));
    else
        ls_text_printf(text, "%.17g", label);
}

static void list_labels(const ls_labels *labels, const ls_label_names *names, ls_text *text)
{
    const ls_tally *tally = &labels->tally;
    for (int64_t k = 0; k < tally->count && k < NAMED; k++) {
        ls_text_append(text, k ? ", " : "");
        put_label(names, tally->entry[k].value, text);
    }
    if (tally->count > NAMED) {
        ls_text_append(text, ", ... ");
        put_label(names, tally->entry[tally->count - 1].value, text);
    }
}

void ls_labels_list(const ls_labels *labels, ls_text *text)
{
    list_labels(labels, NULL, text);
}

static bool all_below(const ls_tally *tally, int64_t classes)
{
    return tally->count == 0 || (tally->entry[0].value >= 0 && tally->entry[tally->count - 1].value < (double)classes);
}

static const ls_tally_entry *rarest(const ls_tally *tally)
{
    const ls_tally_entry *found = tally->entry;
    for (int64_t k = 1; k < tally->count; k++)
        if (tally->entry[k].count < found->count)
            found = &tally->entry[k];
    return found;
}

static ls_status too_many(const char *name, const ls_labels *l)
{
    return ls_fail(
        LS_ERR_DATA,
        "%s holds more than %lld different labels, which looks like values rather than classes; for values end "
        "--layers with a linear layer, as in \"64 relu, 1\"",
        name, (long long)l->tally.limit);
}

/* Whether the smallest label stands for none: -1 in front of 0 (AnnData, scikit-learn), R's NA. */
static bool begins_with_code(const ls_tally *tally, int64_t classes)
{
    const ls_tally_entry *e = tally->entry;
    return tally->count == classes + 1 &&
           (e[0].value == -0x1p31 || (e[0].value == -1 && classes > 1 && e[1].value == 0));
}

/* One label more than classes: never one more class. */
static ls_status code_among(const ls_dataset *train, const char *name, const ls_labels *l, int64_t classes)
{
    char place[5200];
    const ls_tally_entry *code = &l->tally.entry[0];
    return ls_fail(
        LS_ERR_DATA,
        "%s holds the label %.17g beside the %lld that the last layer has classes for, %lld time%s, first in %s "
        "(counted from 0). Where it stands for no label, leave such rows out with --missing-values %.17g "
        "--missing drop; where it is a class, write '%lld softmax' in --layers",
        name, code->value, (long long)classes, (long long)code->count, code->count == 1 ? "" : "s",
        ls_dataset_target_place(train, code->first, place, sizeof place), code->value, (long long)l->tally.count);
}

/* Which rows options leave out of training by their place: rows that are sorted by class lose whole classes so. */
static const char *put_left_out(const ls_options *options, char *buffer, size_t capacity)
{
    buffer[0] = '\0';
    if (options->validation_split > 0 && strcmp(options->validation_method, "tail") == 0)
        (void)snprintf(buffer, capacity,
                       "; --validation-split %g leaves the last rows out: where rows are sorted by class, give "
                       "--validation-method stratified",
                       options->validation_split);
    else if (options->limit_rows > 0)
        (void)snprintf(buffer, capacity,
                       "; --limit-rows %lld takes the first rows only: where rows are sorted by class, shuffle them "
                       "before",
                       (long long)options->limit_rows);
    return buffer;
}

static ls_status wrong_number(const ls_options *options, const ls_dataset *train, const char *name, const ls_labels *l,
                              int64_t classes, const ls_loss *loss)
{
    char left_out[240];
    const bool single = !ls_loss_takes_labels(loss);
    const char *of_layer = !single                            ? "has "
                           : ls_loss_last(loss) == LS_SIGMOID ? "is a single sigmoid for "
                                                              : "is a single output for ";
    const ls_tally_entry *least = rarest(&l->tally);
    char place[5200];
    const ls_label_names *names = ls_dataset_source(train)->names;
    ls_text text = {0}, rare = {0};
    list_labels(l, names, &text);
    put_label(names, least->value, &rare);
    const ls_status status =
        ls_fail(LS_ERR_DATA,
                "%s holds %lld different label%s (%s), the last layer %s%lld%s; for %lld classes write '%lld softmax' "
                "in --layers. "
                "The rarest is %s, %lld time%s, first in %s (counted from 0)%s",
                name, (long long)l->tally.count, l->tally.count == 1 ? "" : "s", ls_text_string(&text), of_layer,
                (long long)classes, single ? "" : " units", (long long)l->tally.count, (long long)l->tally.count,
                ls_text_string(&rare), (long long)least->count, least->count == 1 ? "" : "s",
                ls_dataset_target_place(train, least->first, place, sizeof place),
                put_left_out(options, left_out, sizeof left_out));
    ls_text_free(&text);
    ls_text_free(&rare);
    return status;
}

/* Classes of the last layer that no training row has: they are scored, and cannot be learnt. */
static ls_status warn_of_absent(ls_context *context, const ls_options *options, const ls_dataset *train,
                                const ls_labels *l, int64_t classes, const ls_network *network)
{
    const int64_t absent = classes - l->tally.count;
    char left_out[240];
    ls_class_names names;
    ls_text text = {0};
    if (absent == 0)
        return LS_OK;
    LS_TRY(ls_class_names_read(train->encoding, network, &names));
    for (int64_t k = 0, entry = 0, listed = 0; k < classes && listed < NAMED; k++) {
        if (entry < l->tally.count && l->tally.entry[entry].value == (double)k) {
            entry++;
            continue;
        }
        ls_text_append(&text, listed++ > 0 ? ", " : "");
        ls_class_names_put(&names, k, &text);
    }
    ls_class_names_free(&names);
    if (absent > NAMED)
        ls_text_printf(&text, " and %lld more", (long long)(absent - NAMED));
    ls_log_line(&context->log, LS_LOG_WARNING, "class%s %s of %lld %s in no training row, and cannot be learnt%s",
                absent == 1 ? "" : "es", ls_text_string(&text), (long long)classes, absent == 1 ? "is" : "are",
                put_left_out(options, left_out, sizeof left_out));
    ls_text_free(&text);
    return LS_OK;
}

/* Sets network->classes to the labels. */
static ls_status map(ls_context *context, const char *name, const ls_labels *l, ls_network *network)
{
    ls_text text = {0};
    LS_TRY(ls_memory_allocate(&network->classes, l->tally.count, sizeof *network->classes, "labels"));
    network->class_count = l->tally.count;
    for (int64_t k = 0; k < l->tally.count; k++)
        network->classes[k] = (int64_t)l->tally.entry[k].value;
    ls_classes_list(network->classes, network->class_count, &text);
    ls_log_line(&context->log, LS_LOG_INFO, "labels of %s: %s become classes 0 to %lld", name, ls_text_string(&text),
                (long long)network->class_count - 1);
    ls_text_free(&text);
    return LS_OK;
}

/* Several sigmoids: whatever is not two other whole numbers is taken as it is, and refused when it is no probability.
 */
static ls_status decide_wide(ls_context *context, const ls_dataset *train, const ls_labels *l, ls_network *network)
{
    char name[5200];
    const ls_tally *tally = &l->tally;
    if (l->odd_row >= 0 || tally->beyond || all_below(tally, 2) || tally->count != 2 ||
        fabs(tally->entry[0].value) >= FLOAT_WHOLE_END || fabs(tally->entry[1].value) >= FLOAT_WHOLE_END)
        return LS_OK;
    return map(context, ls_source_target_name(ls_dataset_source(train), name, sizeof name), l, network);
}

/* Whole numbers that float64, as which labels are counted, does not tell apart. */
static bool is_far(const ls_labels *l)
{
    return l->odd_row >= 0 && isfinite(l->odd) && fabs(l->odd) >= WHOLE_END;
}

static ls_status far_label(const ls_dataset *train, const ls_labels *l)
{
    char place[5200];
    return ls_fail(LS_ERR_DATA,
                   "%s (counted from 0) is a label of 2^53 or beyond (%.17g as float64), where neighbours would be one "
                   "class; number the classes from 0, as with numpy.unique(y, return_inverse=True), or write them as "
                   "texts",
                   ls_dataset_target_place(train, l->odd_row, place, sizeof place), l->odd);
}

static ls_status decide(ls_context *context, const ls_options *options, const ls_dataset *train, const ls_labels *l,
                        ls_network *network)
{
    char name[5200];
    const bool sigmoid = !ls_loss_takes_labels(&network->loss);
    const int64_t classes = sigmoid ? 2 : network->outputs;
    ls_source_target_name(ls_dataset_source(train), name, sizeof name);
    if (is_far(l) && (!sigmoid || ls_dataset_source(train)->integer_target))
        return far_label(train, l);
    if (l->odd_row >= 0 && (sigmoid || !isfinite(l->odd)))
        return LS_OK; /* probabilities, which are taken as they are; or nan, which is refused when rows are read */
    if (l->odd_row >= 0)
        return ls_fail(LS_ERR_DATA,
                       "%s (counted from 0) is %.9g, no whole number and so no class label; for values end "
                       "--layers with a linear layer, as in \"64 relu, 1\"",
                       ls_dataset_target_place(train, l->odd_row, name, sizeof name), l->odd);
    if (l->tally.beyond)
        return too_many(name, l);
    if (all_below(&l->tally, classes))
        return warn_of_absent(context, options, train, l, classes, network);
    if (begins_with_code(&l->tally, classes))
        return code_among(train, name, l, classes);
    if (l->tally.count != classes)
        return wrong_number(options, train, name, l, classes, &network->loss);
    return map(context, name, l, network);
}

ls_status ls_classes_fit(ls_context *context, const ls_options *options, const ls_dataset *train, ls_network *network)
{
    enum { AT_LEAST = 1024 }; /* so many labels are counted even for smaller layers, to say how many there are */
    const bool sigmoid = ls_loss_classes(&network->loss) == LS_CLASSES_EACH;
    const bool wide = sigmoid && network->outputs > 1;
    ls_labels l = {.tally = {.limit = network->outputs > AT_LEAST ? network->outputs : AT_LEAST}, .odd_row = -1};
    ls_status status;
    if ((!ls_loss_takes_labels(&network->loss) && !sigmoid) ||
        ls_dataset_source(train)->outputs != (wide ? network->outputs : 1))
        return LS_OK;
    l.all_columns = wide;
    LS_TRY_CLEANUP(ls_labels_find(context, train, &l));
    status = ls_agree(context->comm,
                      wide ? decide_wide(context, train, &l, network) : decide(context, options, train, &l, network));
cleanup:
    ls_tally_free(&l.tally);
    return status;
}
