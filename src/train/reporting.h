/* What a report tells of a training besides its log, collected while it goes on: lengths of weights and gradients of
 * some epochs, and what the rows of the last validation showed. An observer of trainers that are made on a context that
 * reports; all of it is in checkpoints, so that a resumed run tells the same. */
#ifndef LS_TRAIN_REPORTING_H
#define LS_TRAIN_REPORTING_H

#include "report/report.h"
#include "train/trainer.h"

enum {
    LS_REPORTING_EPOCHS = 256
}; /* that lengths are kept of, at most; fewer of large networks. When there are more, every second goes */

/* Local. What there is by now; values are the trainer's. */
ls_report_norms ls_reporting_norms(const ls_trainer *trainer);
/* Local. A copy, which the caller frees; without values where there is none. */
ls_status ls_reporting_part(const ls_trainer *trainer, ls_report_part *part);

#endif
