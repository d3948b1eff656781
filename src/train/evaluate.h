/* Evaluation over all ranks: rows loaded once, scored as often as wanted. */
#ifndef LS_TRAIN_EVALUATE_H
#define LS_TRAIN_EVALUATE_H

#include "context/context.h"
#include "data/dataset.h"
#include "report/report.h"
#include "train/findings.h"
#include "train/model.h"

typedef struct ls_evaluator ls_evaluator;

/* Local. Whether the rows' shapes, targets and weights are such that the model can be scored on them by these metrics.
 */
ls_status ls_evaluator_check(const ls_model *model, const ls_metrics *metrics, const ls_dataset *dataset);

/* Collective. Loads this rank's blocks of rows. Keeps pointers to context and model. `metrics`: others than the
 * model's, or NULL. LS_ERR_USAGE: areas of rows that have weights. */
ls_status ls_evaluator_create(ls_context *context, const ls_model *model, const ls_metrics *metrics,
                              const ls_dataset *dataset, ls_evaluator **evaluator);
void ls_evaluator_destroy(ls_evaluator *evaluator);
/* Collective. Scores with the model's present weights. */
ls_status ls_evaluator_run(ls_evaluator *evaluator, ls_scores *scores);

/* Local. A request to stop ends its runs, with LS_STOPPED. */
void ls_evaluator_stoppable(ls_evaluator *evaluator);
/* Local. Lets go of rows and working space; what was found stays, and it runs no more. */
void ls_evaluator_rest(ls_evaluator *evaluator);
/* Local. Of its last run. */
const ls_findings *ls_evaluator_findings(const ls_evaluator *evaluator);

/* Local. Whether the runs to come are for a report, too: with a context that reports they are from the beginning. */
void ls_evaluator_harvests(ls_evaluator *evaluator, bool wanted);
/* Collective. What the rows of its last such run show; the caller frees *part. Without values: there is nothing. */
ls_status ls_evaluator_report(ls_evaluator *evaluator, const char *name, int64_t epoch, ls_report_part *part);

/* Bytes of the buffers through which rows are scored, and of what metrics count and rank with, whatever the number of
 * rows; of the rows that it holds, of their scores, and of what is kept for a report. */
int64_t ls_evaluator_bytes(const ls_network *network, int threads);
int64_t ls_evaluator_metric_bytes(const ls_network *network);
int64_t ls_evaluator_held(const ls_evaluator *evaluator);
int64_t ls_evaluator_ranked(const ls_evaluator *evaluator);
int64_t ls_evaluator_harvested(const ls_evaluator *evaluator);

/* Collective. A hash of the rows and targets as they are scored, the same on all ranks and for every split. */
ls_status ls_evaluator_fingerprint(ls_evaluator *evaluator, uint64_t *hash);

/* Local. Names and values of what the facts (sums: ls_network_sums) can tell. The loss has the penalty in it; the
 * penalty is the last of the scores, with regularizers. */
void ls_evaluator_scores(const ls_network *network, const ls_metric_facts *facts, ls_scores *scores);
/* Local. The first of them alone. */
double ls_evaluator_loss(const ls_network *network, int64_t rows, const double *sums);

/* Collective. total (outputs): sums of squares of the targets about their means; NULL when the network has no r2. Freed
 * with ls_memory_free. */
ls_status ls_evaluator_total(ls_context *context, const ls_network *network, const ls_dataset *dataset, double **total);

#endif
