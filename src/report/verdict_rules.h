/* Rules of the verdict: what they look at, and how they speak. */
#ifndef LS_REPORT_VERDICT_RULES_H
#define LS_REPORT_VERDICT_RULES_H

#include "report/verdict.h"

/* A score at the ends of epochs. */
typedef struct ls_verdict_series {
    int64_t count;
    double *epoch, *value;
} ls_verdict_series;

/* What all rules look at, and where they add what they find. */
typedef struct ls_verdict_facts {
    const ls_report *report;
    ls_verdict_series loss, val_loss, accuracy, val_accuracy;
    ls_verdict *list;
    int count;
} ls_verdict_facts;

/* Adds a finding, with its head; and says of it what was seen, and what cures it. */
ls_verdict *ls_verdict_say(ls_verdict_facts *facts, const char *rule, ls_verdict_grade grade, const char *head, ...)
    __attribute__((format(printf, 4, 5)));
void ls_verdict_words(ls_verdict *verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ls_verdict_cure(ls_verdict *verdict, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The rate of the first epoch; NaN where the log has none. */
double ls_verdict_rate(const ls_report *report);

/* The rules: over the log, and over rows that were evaluated. */
void ls_verdict_not_finite(ls_verdict_facts *facts);
void ls_verdict_overfitting(ls_verdict_facts *facts);
void ls_verdict_rate_too_high(ls_verdict_facts *facts);
void ls_verdict_underfitting(ls_verdict_facts *facts);
void ls_verdict_best(ls_verdict_facts *facts);
void ls_verdict_still_falling(ls_verdict_facts *facts);
void ls_verdict_gap(ls_verdict_facts *facts);
void ls_verdict_noisy_validation(ls_verdict_facts *facts);
void ls_verdict_no_validation(ls_verdict_facts *facts);
void ls_verdict_no_rows(ls_verdict_facts *facts);
void ls_verdict_never_given(ls_verdict_facts *facts);
void ls_verdict_dead_units(ls_verdict_facts *facts);
void ls_verdict_gradients(ls_verdict_facts *facts);
void ls_verdict_base_rate(ls_verdict_facts *facts);
void ls_verdict_imbalance(ls_verdict_facts *facts);
void ls_verdict_calibration(ls_verdict_facts *facts);

#endif
