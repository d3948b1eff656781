/* What observers watch: one number of the log, after each epoch that has it. Local. */
#ifndef LS_TRAIN_MONITOR_H
#define LS_TRAIN_MONITOR_H

#include "base/settings.h"
#include "model/network.h"

#include <lockstep.h>

typedef struct ls_monitor {
    char name[LS_SETTING_TEXT_MAX]; /* the log's column */
    bool rises;                     /* more is better */
    double min_delta;               /* differences up to this are none; never negative */
} ls_monitor;

/* The setting `name` of `option`, Keras' name of a column ("val_loss"), in direction `mode`: that of the metric's row
 * for auto, or min or max. `validation`: the run has validation rows. LS_ERR_USAGE: the run logs no such column; says
 * which it does. */
ls_status ls_monitor_find(const char *option, const ls_network *network, bool validation, const char *name,
                          const char *mode, double min_delta, ls_monitor *monitor);

/* The epoch's value; false when that epoch has none. */
bool ls_monitor_value(const ls_monitor *monitor, const ls_epoch *epoch, double *value);

/* Whether `value` is better than `than`. A NaN never is, and any number is better than a NaN, which stands for none. */
bool ls_monitor_better(const ls_monitor *monitor, double value, double than);

#endif
