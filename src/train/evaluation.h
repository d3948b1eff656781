/* An evaluation that is over: what was found, after the rows are let go. */
#ifndef LS_TRAIN_EVALUATION_H
#define LS_TRAIN_EVALUATION_H

#include "report/report.h"
#include "train/findings.h"

/* Local. */
const ls_findings *ls_evaluation_findings(const ls_evaluation *evaluation);
/* Local. Puts keys and values into the object that is open, as ls_findings_put. */
void ls_evaluation_put(ls_json *json, const ls_evaluation *evaluation, int64_t most_cells);

/* Collective. As ls_evaluator_report. */
ls_status ls_evaluation_report(ls_evaluation *evaluation, const char *name, int64_t epoch, ls_report_part *part);

#endif
