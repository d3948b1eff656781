/* Rules over rows that were evaluated, and over layers. */
#include "report/verdict_rules.h"

#include "report/html.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A class, short enough for a sentence. The only output of a part speaks of class 1. */
static const char *name_of(const ls_report *r, const ls_report_part *p, int64_t k, char name[64])
{
    k = p->kind == LS_REPORT_EACH && p->outputs == 1 ? 1 : k;
    if (k < r->names)
        snprintf(name, 64, "%.48s", r->name[k]);
    else
        snprintf(name, 64, "%lld", (long long)k);
    return name;
}

/* The part that says most of new rows: the last. */
static const ls_report_part *newest(const ls_report *r)
{
    return r->parts > 0 ? &r->part[r->parts - 1] : NULL;
}

/* Rows that the most frequent answer is right for. */
static double most_frequent(const ls_report_part *p, int64_t *class)
{
    const double *support = ls_report_item_of(p, LS_REPORT_SUPPORT);
    double most = -1;
    *class = 0;
    for (int64_t k = 0; k < p->classes; k++)
        if (support[k] > most) {
            most = support[k];
            *class = k;
        }
    if (p->kind == LS_REPORT_EACH && (double)p->rows - support[0] > most) {
        *class = -1;
        return (double)p->rows - support[0];
    }
    return most;
}

static double right_rows(const ls_report_part *p)
{
    const double *right = ls_report_item_of(p, LS_REPORT_RIGHT), *given = ls_report_item_of(p, LS_REPORT_GIVEN);
    const double *support = ls_report_item_of(p, LS_REPORT_SUPPORT);
    double sum = 0;
    for (int64_t k = 0; k < p->classes; k++)
        sum += right[k];
    if (p->kind == LS_REPORT_EACH) /* rightly no: all but yes, less those wrongly given */
        sum += (double)p->rows - support[0] - (given[0] - right[0]);
    return sum;
}

/* Right answers against always giving the most frequent one: of the rows that this gets wrong, at least a twentieth
 * must be right. */
void ls_verdict_base_rate(ls_verdict_facts *f)
{
    const ls_report_part *p = newest(f->report);
    char name[64];
    int64_t class;
    if (!p || p->kind == LS_REPORT_VALUES || (p->kind == LS_REPORT_EACH && p->outputs > 1) || p->rows == 0)
        return;
    const double base = most_frequent(p, &class) / (double)p->rows, right = right_rows(p) / (double)p->rows;
    const bool better = 1 - right < 0.95 * (1 - base) || right == 1;
    const char *frequent = class < 0 ? "no" : p->kind == LS_REPORT_EACH ? "yes" : name_of(f->report, p, class, name);
    ls_verdict *v = better ? ls_verdict_say(f, "base_rate", LS_VERDICT_GOOD,
                                            "%.1f %% of the %s rows are answered rightly", 100 * right, p->name)
                           : ls_verdict_say(f, "base_rate", LS_VERDICT_BAD, "No better than always the same answer");
    ls_verdict_words(v, "%s%.1f %% would be right if the answer were always \xe2\x80\x9c%s\xe2\x80\x9d.",
                     better ? "" : "The network's are right in as many rows: ", 100 * base, frequent);
    if (!better)
        ls_verdict_cure(v, "--normalize standard, another --learning-rate, --class-weights balanced, other features");
}

/* A class has less than a fifth of its equal share of the rows. */
void ls_verdict_imbalance(ls_verdict_facts *f)
{
    const ls_report_part *p = newest(f->report);
    char name[64];
    if (!p || p->kind == LS_REPORT_VALUES || p->rows == 0)
        return;
    const double *support = ls_report_item_of(p, LS_REPORT_SUPPORT);
    const double share = (double)p->rows / (double)(p->kind == LS_REPORT_EACH ? 2 : p->classes) / 5;
    int64_t rare = 0, rarest = -1;
    for (int64_t k = 0; k < p->classes; k++) {
        const bool is_rare = support[k] > 0 && support[k] < share;
        rare += is_rare;
        rarest = is_rare && (rarest < 0 || support[k] < support[rarest]) ? k : rarest;
    }
    if (rare == 0)
        return;
    ls_verdict *v = ls_verdict_say(f, "imbalance", LS_VERDICT_NOTE, "%lld class%s rare", (long long)rare,
                                   rare == 1 ? " is" : "es are");
    ls_verdict_words(
        v,
        "\xe2\x80\x9c%s\xe2\x80\x9d has %.0f of %lld %s rows, less than a fifth of an equal share. Accuracy hardly "
        "notices such a class; precision, recall and f1_score do.",
        name_of(f->report, p, rarest, name), support[rarest], (long long)p->rows, p->name);
    ls_verdict_cure(v, "--class-weights balanced, --metrics \"accuracy f1_score\", --validation-method stratified");
}

/* Classes that the network knows and the part has not. */
void ls_verdict_no_rows(ls_verdict_facts *f)
{
    const ls_report_part *p = newest(f->report);
    char name[64];
    int64_t without = 0, first = -1;
    if (!p || p->kind == LS_REPORT_VALUES || p->rows == 0)
        return;
    const double *support = ls_report_item_of(p, LS_REPORT_SUPPORT);
    for (int64_t k = 0; k < p->classes; k++)
        if (support[k] == 0) {
            without++;
            first = first < 0 ? k : first;
        }
    if (without == 0)
        return;
    ls_verdict *v = ls_verdict_say(f, "no_rows", LS_VERDICT_NOTE, "%lld class%s no %s row", (long long)without,
                                   without == 1 ? " has" : "es have", p->name);
    ls_verdict_words(v, "How well \xe2\x80\x9c%s\xe2\x80\x9d is told%s cannot be said.",
                     name_of(f->report, p, first, name), without > 1 ? " (the first of them)" : "");
    ls_verdict_cure(v, "--validation-method stratified, more rows");
}

/* Classes with rows that no row was given. */
void ls_verdict_never_given(ls_verdict_facts *f)
{
    const ls_report_part *p = newest(f->report);
    char name[64];
    int64_t never = 0, first = -1;
    if (!p || p->kind == LS_REPORT_VALUES)
        return;
    const double *support = ls_report_item_of(p, LS_REPORT_SUPPORT), *given = ls_report_item_of(p, LS_REPORT_GIVEN);
    for (int64_t k = 0; k < p->classes; k++)
        if (support[k] > 0 && given[k] == 0) {
            never++;
            first = first < 0 ? k : first;
        }
    if (never == 0)
        return;
    ls_verdict *v = ls_verdict_say(f, "never_given", LS_VERDICT_WARNING, "%lld class%s never answered",
                                   (long long)never, never == 1 ? " is" : "es are");
    ls_verdict_words(v, "No %s row was given \xe2\x80\x9c%s\xe2\x80\x9d%s, though there are rows of it.", p->name,
                     name_of(f->report, p, first, name), never > 1 ? " (the first of them)" : "");
    ls_verdict_cure(v, "--class-weights balanced, more epochs, more rows of it");
}

/* A tenth or more of a layer's units give 0 for every row. */
void ls_verdict_dead_units(ls_verdict_facts *f)
{
    const ls_report *r = f->report;
    const ls_report_part *p = newest(r);
    if (!p || p->layers != r->layers)
        return;
    const double *silent = ls_report_item_of(p, LS_REPORT_UNITS);
    int64_t worst = -1;
    for (int64_t l = 0; l < r->layers; l++)
        if (silent[l] > 0 && silent[l] * 10 >= (double)r->layer[l].units &&
            (worst < 0 || silent[l] / (double)r->layer[l].units > silent[worst] / (double)r->layer[worst].units))
            worst = l;
    if (worst < 0)
        return;
    ls_verdict *v = ls_verdict_say(f, "dead_units", LS_VERDICT_WARNING, "%.0f of %lld units of %.40s are dead",
                                   silent[worst], (long long)r->layer[worst].units, r->layer[worst].name);
    ls_verdict_words(v, "They give 0 for every %s row, so no gradient reaches their weights any more.", p->name);
    ls_verdict_cure(v, "leaky_relu in place of relu in --layers, --learning-rate %.3g, kernel_initializer=he_normal",
                    ls_verdict_rate(r) / 3);
}

/* Gradients of a layer are 100,000 times smaller than those of another. */
void ls_verdict_gradients(ls_verdict_facts *f)
{
    const ls_report *r = f->report;
    const ls_report_norms *n = &r->norms;
    int64_t least = -1, most = -1;
    if (n->epochs == 0 || n->layers != r->layers)
        return;
    const double *last = n->values + (n->epochs - 1) * (1 + 2 * n->layers) + 1 + n->layers;
    for (int64_t l = 0; l < n->layers; l++) {
        if (r->layer[l].parameters == 0)
            continue;
        least = least < 0 || last[l] < last[least] ? l : least;
        most = most < 0 || last[l] > last[most] ? l : most;
    }
    if (least < 0 || !(last[most] > 1e5 * last[least]))
        return;
    ls_verdict *v = ls_verdict_say(f, "vanishing_gradients", LS_VERDICT_WARNING, "Hardly any gradient reaches %.40s",
                                   r->layer[least].name);
    ls_verdict_words(v, "In the last step its gradient was more than 100,000 times shorter than that of %.40s.",
                     r->layer[most].name);
    ls_verdict_cure(v, "relu in place of sigmoid or tanh, batch_normalization or residual(...) in --layers");
}

/* Chances are off by more than 10 points on average. */
void ls_verdict_calibration(ls_verdict_facts *f)
{
    const ls_report_part *p = newest(f->report);
    double off = 0, over = 0;
    if (!p || p->kind == LS_REPORT_VALUES || p->rows == 0)
        return;
    const double *bin = ls_report_item_of(p, LS_REPORT_CHANCES);
    double rows = 0;
    for (int i = 0; i < LS_REPORT_CALIBRATION; i++) {
        rows += bin[3 * i];
        off += fabs(bin[3 * i + 1] - bin[3 * i + 2]);
        over += bin[3 * i + 1] - bin[3 * i + 2];
    }
    if (!(rows > 0) || !(off / rows > 0.1))
        return;
    ls_verdict *v = ls_verdict_say(f, "calibration", LS_VERDICT_NOTE, "Its chances are off by %.0f points on average",
                                   100 * off / rows);
    ls_verdict_words(v, "They are %s: take them as a ranking rather than as probabilities.",
                     over > 0 ? "too sure" : "not sure enough");
    ls_verdict_cure(v, over > 0 ? "--early-stopping \"patience=5 restore_best_weights=true\", dropout in --layers"
                                : "more --epochs, less dropout, weaker regularizers");
}
