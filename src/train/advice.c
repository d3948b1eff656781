/* Each warning says what was seen and the cure; what fits first is all that is said. */
#include "train/advice.h"

#include "base/text.h"
#include "data/class_names.h"
#include "data/classes.h"
#include "data/statistics.h"

#include <math.h>
#include <stdio.h>

/* Distinct values that are counted; with more it is values. */
#define COUNTED 32
/* So many whole numbers may be classes, where each is there a few times, and with this share of the rows: the largest
 * of counts are rarer. */
#define CLASSES_MOST   20
#define ROWS_OF_CLASS  3
#define SHARE_OF_CLASS (1. / 500)
/* How far from 1 the targets' deviation may be, and from 0 their mean. A net begins with outputs near 1, and Adam's
 * usual step moves a weight by 0.001: a bias reaches 100 after 100,000 steps. Below, the steps are too coarse. */
#define SCALE_MOST 100

typedef struct targets {
    ls_context *context;
    const ls_dataset *train;
    const ls_model *model;
    char name[5200];
    bool said;
} targets;

static const ls_network *network_of(const targets *t)
{
    return t->model->network;
}

static bool is_linear(const ls_network *network)
{
    return ls_loss_classes(&network->loss) == LS_CLASSES_NONE &&
           network->layers[network->count - 1].activation == LS_LINEAR;
}

/* ---- classes ---- */

/* "1 sigmoid" or "7 softmax". */
static void put_cure(int64_t classes, ls_text *text)
{
    if (classes == 2)
        ls_text_append(text, "1 sigmoid");
    else
        ls_text_printf(text, "%lld softmax", (long long)classes);
}

/* Classes of a converted table: that they are some is known. */
static ls_status look_at_names(targets *t)
{
    ls_encoding encoding = {0};
    const ls_column *column = NULL;
    if (t->train->encoding == NULL)
        return LS_OK;
    LS_TRY(ls_encoding_read(t->train->encoding, "the names of the columns", &encoding));
    column = ls_encoding_classes(&encoding);
    if (column != NULL) {
        ls_text cure = {0}, names = {0};
        const ls_class_names classes = {
            .network = network_of(t), .count = column->categories.count, .names = &column->categories};
        put_cure(classes.count, &cure);
        ls_class_names_list(&classes, &names);
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "the targets are the %lld classes of '%s' (%s), whose numbers %s learns as values; end --layers "
                    "with '%s'",
                    (long long)classes.count, column->name, ls_text_string(&names), ls_loss_name(&network_of(t)->loss),
                    ls_text_string(&cure));
        t->said = true;
        ls_text_free(&cure);
        ls_text_free(&names);
    }
    ls_encoding_free(&encoding);
    return LS_OK;
}

/* What the loss itself says of outputs without bounds. */
static void look_at_loss(targets *t)
{
    const char *advice = ls_loss_advice(&network_of(t)->loss);
    if (!advice[0])
        return;
    ls_log_line(&t->context->log, LS_LOG_WARNING, "%s is learned under a linear last layer%s", t->name, advice);
    t->said = true;
}

static void warn_of_two(targets *t, const ls_labels *l)
{
    const int64_t outputs = network_of(t)->outputs;
    ls_text values = {0};
    ls_labels_list(l, &values);
    if (outputs == 1)
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "%s has only the values %s, which %s learns as numbers; for two classes end --layers with '1 "
                    "sigmoid'",
                    t->name, ls_text_string(&values), ls_loss_name(&network_of(t)->loss));
    else
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "%s has only the values %s, which %s learns as numbers; for one class of %lld end --layers with "
                    "'%lld softmax', for yes and no in each column with '%lld sigmoid'",
                    t->name, ls_text_string(&values), ls_loss_name(&network_of(t)->loss), (long long)outputs,
                    (long long)outputs, (long long)outputs);
    ls_text_free(&values);
    t->said = true;
}

static void ask_of_few(targets *t, const ls_labels *l)
{
    ls_text values = {0};
    ls_labels_list(l, &values);
    ls_log_line(&t->context->log, LS_LOG_WARNING,
                "%s has only %lld values, whole numbers (%s), which %s learns as numbers; if they are classes, end "
                "--layers with '%lld softmax'",
                t->name, (long long)l->tally.count, ls_text_string(&values), ls_loss_name(&network_of(t)->loss),
                (long long)l->tally.count);
    ls_text_free(&values);
    t->said = true;
}

static bool may_be_classes(const ls_tally *tally, int64_t rows)
{
    if (tally->count > CLASSES_MOST)
        return false;
    for (int64_t k = 0; k < tally->count; k++)
        if (tally->entry[k].count < ROWS_OF_CLASS || (double)tally->entry[k].count < SHARE_OF_CLASS * (double)rows)
            return false;
    return tally->count > 2;
}

static ls_status look_at_values(targets *t)
{
    const bool single = network_of(t)->outputs == 1;
    ls_labels l = {.tally = {.limit = COUNTED}, .odd_row = -1, .all_columns = !single};
    const ls_status status = ls_labels_find(t->context, t->train, &l);
    if (status == LS_OK && !l.tally.beyond && l.odd_row < 0) {
        if (l.tally.count == 2)
            warn_of_two(t, &l);
        else if (single && may_be_classes(&l.tally, t->train->rows))
            ask_of_few(t, &l);
    }
    ls_tally_free(&l.tally);
    return status;
}

/* ---- codes for no value ---- */

bool ls_advice_codes(ls_context *context, const char *name, const ls_statistics *s)
{
    const double smallest = -0x1p31, near = 0x1p30;
    int64_t columns = 0, first = 0;
    for (int64_t c = s->columns - 1; c >= 0; c--)
        if (s->least[c] == smallest && s->most[c] < near && s->mean[c] > -near) {
            columns++;
            first = c;
        }
    if (columns == 0)
        return false;
    ls_log_line(
        &context->log, LS_LOG_WARNING,
        "%s: the smallest value of column %lld%s is -2147483648, which R writes for NA; if it stands for no value, "
        "say so with --missing-values -2147483648 and what is to be done with --missing",
        name, (long long)first, columns > 1 ? " and others" : "");
    return true;
}

/* ---- scale ---- */

/* How far off a column is: 1 and less is fine. */
static double excess(double mean, double deviation)
{
    double most = fabs(mean) > deviation ? fabs(mean) / SCALE_MOST : deviation / SCALE_MOST;
    if (deviation > 0 && 1 / (deviation * SCALE_MOST) > most)
        most = 1 / (deviation * SCALE_MOST);
    return most;
}

static ls_status look_at_scale(targets *t)
{
    ls_statistics s;
    int64_t worst = 0;
    double most = 0;
    LS_TRY(ls_statistics_find(t->context, t->train, network_of(t), true, &s));
    t->said = ls_advice_codes(t->context, t->name, &s);
    for (int64_t c = 0; c < s.columns && !t->said; c++) {
        const double off = excess(s.mean[c], sqrt(s.square[c] / (double)s.rows));
        if (off > most) {
            most = off;
            worst = c;
        }
    }
    if (most > 1) {
        char column[48] = "";
        if (s.columns > 1)
            (void)snprintf(column, sizeof column, " column %lld", (long long)worst);
        ls_log_line(&t->context->log, LS_LOG_WARNING,
                    "%s%s has the mean %.6g and the standard deviation %.6g, where a new net's outputs are about 1; "
                    "--normalize-targets scales them, and predictions and metrics stay in original units",
                    t->name, column, s.mean[worst], sqrt(s.square[worst] / (double)s.rows));
        t->said = true;
    }
    ls_statistics_free(&s);
    return LS_OK;
}

ls_status ls_advice_targets(ls_context *context, const ls_dataset *train, const ls_model *model)
{
    targets t = {.context = context, .train = train, .model = model};
    if (!is_linear(model->network))
        return LS_OK;
    ls_source_target_name(ls_dataset_source(train), t.name, sizeof t.name);
    ls_status status = look_at_names(&t);
    if (status == LS_OK && !t.said)
        look_at_loss(&t);
    if (status == LS_OK && !t.said)
        status = look_at_values(&t);
    if (status == LS_OK && !t.said && ls_loss_scales(&model->network->loss) && model->network->target_map.count == 0)
        status = look_at_scale(&t);
    return status == LS_ERR_DATA ? LS_OK : status;
}
