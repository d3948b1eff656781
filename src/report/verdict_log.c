/* Rules over the log. Each looks at one thing; its bounds stand in its comment and are told in its words. */
#include "report/verdict_rules.h"

#include "report/html.h"
#include "report/report_log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- looking ---- */

static int64_t least_of(const ls_verdict_series *s)
{
    int64_t at = -1;
    for (int64_t i = 0; i < s->count; i++)
        if (isfinite(s->value[i]) && (at < 0 || s->value[i] < s->value[at]))
            at = i;
    return at;
}

static double last_of(const ls_verdict_series *s)
{
    return s->count > 0 ? s->value[s->count - 1] : NAN;
}

/* Its value at an epoch; NaN where it has none. */
static double at_epoch(const ls_verdict_series *s, double epoch)
{
    for (int64_t i = 0; i < s->count; i++)
        if (s->epoch[i] == epoch)
            return s->value[i];
    return NAN;
}

static double mean_of(const ls_verdict_series *s, int64_t first, int64_t last)
{
    double sum = 0;
    for (int64_t i = first; i < last; i++)
        sum += s->value[i];
    return sum / (double)(last - first);
}

/* Mean size of what changes from one epoch to the next, beside the mean: how much a curve jumps. And the share of these
 * changes that go up. From `first` on. */
static double jump_of(const ls_verdict_series *s, int64_t first, double *rising)
{
    double sum = 0;
    int64_t up = 0, steps = 0;
    for (int64_t i = first + 1; i < s->count; i++, steps++) {
        sum += fabs(s->value[i] - s->value[i - 1]);
        up += s->value[i] > s->value[i - 1];
    }
    *rising = steps > 0 ? (double)up / (double)steps : 0;
    return steps > 0 ? sum / (double)steps / fabs(mean_of(s, first, s->count)) : 0;
}

static bool all_finite(const ls_verdict_series *s)
{
    for (int64_t i = 0; i < s->count; i++)
        if (!isfinite(s->value[i]))
            return false;
    return s->count > 0;
}

/* ---- rules ---- */

void ls_verdict_not_finite(ls_verdict_facts *f)
{
    const ls_report_log *log = &f->report->log;
    for (int c = 2; c < log->columns; c++)
        for (int64_t row = 0; row < log->rows; row++) {
            const double value = ls_report_log_column(log, c)[row];
            if (isfinite(value) || log->empty[(int64_t)c * log->rows + row])
                continue;
            ls_verdict *v = ls_verdict_say(f, "not_finite", LS_VERDICT_BAD, "%.60s is not a number in epoch %.0f",
                                           log->names[c], log->values[row]);
            ls_verdict_words(v, "Once a score has no number, later ones cannot be compared with it.");
            ls_verdict_cure(v, "--learning-rate %.3g, --normalize standard, --clipnorm 1",
                            ls_verdict_rate(f->report) / 10);
            return;
        }
}

/* The validation loss is more than 5 % above its least, which came while the training loss went on falling. */
static bool overfits(const ls_verdict_facts *f, double *more)
{
    const ls_verdict_series *s = &f->val_loss;
    const int64_t best = least_of(s);
    if (best < 0 || s->count < 3 || best == s->count - 1)
        return false;
    *more = (last_of(s) - s->value[best]) / fabs(s->value[best]);
    return *more > 0.05 && last_of(&f->loss) < at_epoch(&f->loss, s->epoch[best]);
}

void ls_verdict_overfitting(ls_verdict_facts *f)
{
    char least[LS_NUMBER_BYTES], last[LS_NUMBER_BYTES];
    double more;
    if (!overfits(f, &more))
        return;
    const int64_t best = least_of(&f->val_loss);
    ls_verdict *v =
        ls_verdict_say(f, "overfitting", LS_VERDICT_WARNING, "Overfitting since epoch %.0f", f->val_loss.epoch[best]);
    ls_verdict_words(
        v,
        "val_loss was least there (%s) and ended at %s, %.0f %% higher, while the training loss went on falling: from "
        "there on the network learns its training rows by heart.%s",
        ls_html_format_value(f->val_loss.value[best], least), ls_html_format_value(last_of(&f->val_loss), last),
        100 * more, f->report->best_restored ? " The model is that epoch's, so this did no harm." : "");
    v->grade = f->report->best_restored ? LS_VERDICT_NOTE : LS_VERDICT_WARNING;
    ls_verdict_cure(
        v, "--early-stopping \"patience=5 restore_best_weights=true\", dropout in --layers, --kernel-regularizer "
           "\"l2(1e-4)\", more rows");
}

/* The last quarter of the epochs is more than 2 % better than the quarter before, and the last epoch is the best or
 * nearly so. */
void ls_verdict_still_falling(ls_verdict_facts *f)
{
    const ls_verdict_series *s = f->val_loss.count > 0 ? &f->val_loss : &f->loss;
    const char *name = f->val_loss.count > 0 ? "val_loss" : "loss";
    double more;
    const int64_t quarter = s->count / 4, best = least_of(s);
    if (f->report->ended_by && strcmp(f->report->ended_by, "early-stopping") == 0)
        return; /* patience has found that it was not, and such a run does not go on */
    if (quarter < 1 || !all_finite(s) || overfits(f, &more) || best < s->count - 1 - s->count / 10)
        return;
    const double late = mean_of(s, s->count - quarter, s->count);
    const double early = mean_of(s, s->count - 2 * quarter, s->count - quarter);
    if (!(early - late > 0.02 * fabs(early)))
        return;
    ls_verdict *v = ls_verdict_say(f, "still_falling", LS_VERDICT_NOTE, "It was still getting better");
    ls_verdict_words(
        v, "%s fell by %.0f %% from the third quarter of the epochs to the last one: more epochs are likely to help.",
        name, 100 * (early - late) / fabs(early));
    ls_verdict_cure(v, "--resume --epochs %lld", (long long)(2 * f->report->epochs));
}

/* After at least 5 epochs less than 10 % of the loss is gone. */
void ls_verdict_underfitting(ls_verdict_facts *f)
{
    const ls_verdict_series *s = &f->loss;
    if (s->count < 5 || !all_finite(s) || !(last_of(s) > 0.9 * s->value[0]) || s->value[0] <= 0)
        return;
    char first[LS_NUMBER_BYTES], last[LS_NUMBER_BYTES];
    ls_verdict *v = ls_verdict_say(f, "underfitting", LS_VERDICT_WARNING, "It has hardly learnt anything");
    ls_verdict_words(v, "The training loss went from %s to %s, less than 10 %% down.",
                     ls_html_format_value(s->value[0], first), ls_html_format_value(last_of(s), last));
    ls_verdict_cure(v, "--learning-rate %.3g, --normalize standard, more or wider --layers",
                    10 * ls_verdict_rate(f->report));
}

/* Accuracy on new rows is more than 10 points below that on rows trained on. */
void ls_verdict_gap(ls_verdict_facts *f)
{
    double more;
    const double here = last_of(&f->accuracy), there = last_of(&f->val_accuracy);
    if (overfits(f, &more) || !(here - there > 0.1))
        return;
    ls_verdict *v = ls_verdict_say(f, "gap", LS_VERDICT_NOTE, "New rows are harder than those trained on");
    ls_verdict_words(v, "Accuracy is %.1f %% on the training rows and %.1f %% on the validation rows.", 100 * here,
                     100 * there);
    ls_verdict_cure(v, "dropout in --layers, --kernel-regularizer \"l2(1e-4)\", more rows");
}

/* In the second half of at least 8 epochs the validation loss moves by more than 3 % of itself from epoch to epoch, and
 * goes up nearly as often as down. */
void ls_verdict_noisy_validation(ls_verdict_facts *f)
{
    const ls_verdict_series *s = &f->val_loss;
    double rising;
    if (s->count < 8 || !all_finite(s))
        return;
    const double jump = jump_of(s, s->count / 2, &rising);
    if (!(jump > 0.03 && rising > 0.3 && rising < 0.7))
        return;
    ls_verdict *v = ls_verdict_say(f, "noisy_validation", LS_VERDICT_NOTE, "The validation is noisy");
    ls_verdict_words(
        v,
        "In the second half val_loss moves by %.0f %% of itself from one epoch to the next, up nearly as often as down "
        "(%lld validation rows). Differences below that say little.",
        100 * jump, (long long)f->report->rows[1]);
    ls_verdict_cure(v, "a larger --validation-split, --schedule \"cosine_decay decay_epochs=%lld\", --ema on",
                    (long long)f->report->epochs);
}

/* The training loss itself goes up in more than a third of the later epochs, by more than 5 % of itself; or ends above
 * where it began. */
void ls_verdict_rate_too_high(ls_verdict_facts *f)
{
    const ls_verdict_series *s = &f->loss;
    double rising;
    if (s->count < 6 || !all_finite(s))
        return;
    const double jump = jump_of(s, s->count / 2, &rising);
    const bool ends_above = last_of(s) > s->value[0];
    if (!ends_above && !(jump > 0.05 && rising > 1.0 / 3))
        return;
    ls_verdict *v = ls_verdict_say(f, "rate_too_high", LS_VERDICT_WARNING, "The learning rate looks too high");
    if (ends_above)
        ls_verdict_words(v, "The training loss ended above where it began.");
    else
        ls_verdict_words(
            v, "The training loss went up in %.0f %% of the later epochs, and moved by %.0f %% of itself each time.",
            100 * rising, 100 * jump);
    ls_verdict_cure(v, "--learning-rate %.3g, --schedule \"cosine_decay decay_epochs=%lld\", --reduce-lr-on-plateau on",
                    ls_verdict_rate(f->report) / 3, (long long)f->report->epochs);
}

void ls_verdict_no_validation(ls_verdict_facts *f)
{
    if (f->val_loss.count > 0 || f->loss.count == 0)
        return;
    ls_verdict *v = ls_verdict_say(f, "no_validation", LS_VERDICT_NOTE, "There were no validation rows");
    ls_verdict_words(v, "Whether it overfits, and which epoch was best, cannot be told.");
    ls_verdict_cure(v, "--validation-split 0.2, or a validation part in the data");
}

void ls_verdict_best(ls_verdict_facts *f)
{
    const ls_report *r = f->report;
    char value[LS_NUMBER_BYTES];
    if (r->best_epoch == 0)
        return;
    ls_verdict *v = ls_verdict_say(f, "best_epoch", LS_VERDICT_GOOD, "Best epoch: %lld of %lld",
                                   (long long)r->best_epoch, (long long)r->epochs);
    ls_verdict_words(v, "%.60s was %s there. %s%s%.60s%s", r->best_monitor, ls_html_format_value(r->best_value, value),
                     r->best_restored || r->best_epoch == r->epochs
                         ? "The model is of that epoch."
                         : "The model is of the last epoch; best.weights.h5 is of that one.",
                     r->ended_by ? " Training was ended by --" : "", r->ended_by ? r->ended_by : "",
                     r->ended_by ? "." : "");
}
