/* What a run says while it trains, as lines for screens of 80 columns. */
#ifndef LS_JOBS_RUN_LINES_H
#define LS_JOBS_RUN_LINES_H

#include "base/text.h"

#include <lockstep.h>

#define LS_RUN_LINES_COLUMNS 80

/* Where training is, in the middle of an epoch. */
typedef struct ls_run_lines_place {
    int64_t epoch, epochs;
    int64_t step, steps; /* of the epoch */
    double loss;         /* of the epoch so far */
    double rate;         /* rows a second */
    double left;         /* seconds to the end */
} ls_run_lines_place;

/* Local. Appends "epoch 3/20  step 12/36  loss 0.5265  38.7k samples/s  1m20s left". */
void ls_run_lines_step(ls_text *out, const ls_run_lines_place *place);

/* Local. Appends "epoch 3/20  loss 0.5265  accuracy 0.8322  val_loss 0.4300  val_accuracy 0.8542  13ms". What is too
 * long for a line is left out, the least needed first: the speed, the time, then metrics from the last on, which "..."
 * stands for; the loss and the validation's stay. log.csv and timing.csv have all of it. */
void ls_run_lines_epoch(ls_text *out, const ls_epoch *epoch, int64_t epochs);

/* Local. Appends "test part, 359 rows:  test_loss 0.4805  test_accuracy 0.8524" (part "test part", prefix "test_").
 * base_rate: the accuracy of always giving the most frequent answer, where that is to be compared with; else NaN. */
void ls_run_lines_part(ls_text *out, const char *part, const char *prefix, const ls_scores *scores, double base_rate);

#endif
