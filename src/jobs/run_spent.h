/* Where a run's time went: for run.json, and as a line when a rank is slower than the others. */
#ifndef LS_JOBS_RUN_SPENT_H
#define LS_JOBS_RUN_SPENT_H

#include "base/json.h"
#include "base/text.h"
#include "jobs/run.h"

/* Collective. run->spent: what the ranks' time of this start went into, the same on all; rank 0 says a line of it where
 * there is one. LS_ERR_MEMORY: it stays unknown. */
ls_status ls_run_spent_compare(ls_run *run);

/* Local. The key "rank_seconds" with an object: of each kind the least, mean and most seconds of a rank, and which rank
 * on which host has them; "work" (data and compute), and by how much of the mean its most is more, "imbalance". */
void ls_run_spent_put(ls_json *json, const ls_comm *comm, const ls_spent_report *report);

/* Local. Appends "rank 3 on b took 27.1s for data and compute, 35 % more than the mean of 4 ranks: ..." with the likely
 * reason, when that is more than 10 % and a second; else nothing. */
void ls_run_spent_line(ls_text *out, const ls_comm *comm, const ls_spent_report *report);

#endif
