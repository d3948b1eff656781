/* What an evaluation has found: scores, and what lies behind them by class and by output; told in the log, as JSON, as
 * a table. */
#ifndef LS_TRAIN_FINDINGS_H
#define LS_TRAIN_FINDINGS_H

#include "base/json.h"
#include "base/log.h"
#include "data/class_names.h"
#include "model/network.h"

#include <lockstep.h>

/* The same on all ranks; pointers are the evaluator's, until it runs again. */
typedef struct ls_findings {
    const ls_network *network; /* the model's, with the metrics that were evaluated, by output */
    ls_metric_task task;
    ls_metric_facts facts;
    const int64_t *support; /* (classes) rows of each class, or that say yes in each output; NULL: there are none */
    ls_scores scores;
} ls_findings;

/* How often the most frequent answer is right: what accuracy has to be compared with. */
typedef struct ls_base_rate {
    double rate;
    int64_t answer; /* the class that is most frequent; of one yes-or-no output 0 or 1; -1: of several outputs */
    bool rare;      /* a class, of those there are, is so rare that accuracy says little */
} ls_base_rate;
/* Local. From rows and support as in ls_findings. A class is rare with less than a fifth of its equal share of the
 * rows: of two, below 10 %. */
ls_base_rate ls_base_rate_of(const ls_metric_task *task, int64_t rows, const int64_t *support);
/* Of an output that says yes or no: the larger share of yes and no. */
double ls_base_rate_of_output(int64_t rows, int64_t yes);

/* Local. Says what keeps a score from meaning what it seems to: classes without rows, one class only; and, with
 * ls_findings_remark, a class that no row is given, which other weights may give. */
void ls_findings_remark_rows(const ls_findings *findings, const ls_class_names *names, const ls_log *log);
void ls_findings_remark(const ls_findings *findings, const ls_class_names *names, const ls_log *log);

/* Classes that are told of one by one: those of one-of-K, both answers of a single yes-or-no output; else 0. */
int64_t ls_findings_classes(const ls_findings *findings);
/* Local. Rows, counts and area of one of them; counts where there are some, the area where it was asked for, and of a
 * single yes-or-no output that of yes. Of several such outputs, it is the output's. */
typedef struct ls_class_findings {
    int64_t rows;
    const ls_class_counts *counts; /* `own`, or NULL */
    const ls_area *area;           /* or NULL */
    ls_class_counts own;
} ls_class_findings;
void ls_findings_class(const ls_findings *findings, int64_t k, ls_class_findings *found);

/* Local. Puts keys and values into the object that is open: the scores (with "rows"), base_rate, per_class, per_output,
 * confusion_matrix, each where there is one. `most_cells`: a larger matrix is left out. */
void ls_findings_put(ls_json *json, const ls_findings *findings, const ls_class_names *names, int64_t most_cells);

/* Local. Appends the classes or outputs as a table of at most 80 columns; of many classes the worst. Nothing where no
 * metric tells them apart. */
void ls_findings_table(ls_text *out, const ls_findings *findings, const ls_class_names *names);

#endif
