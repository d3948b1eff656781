/* log.csv as columns of numbers. */
#ifndef LS_REPORT_REPORT_LOG_H
#define LS_REPORT_REPORT_LOG_H

#include "report/report.h"

/* Local. Rows that are cut off, or have other fields than the header, are left out: a log may be read while it grows.
 */
ls_status ls_report_log_read(const char *text, ls_report_log *log);
void ls_report_log_free(ls_report_log *log);
/* The column of that name; -1: there is none. */
int ls_report_log_find(const ls_report_log *log, const char *name);
static inline const double *ls_report_log_column(const ls_report_log *log, int column)
{
    return log->values + (int64_t)column * log->rows;
}
/* Whether a row is of the end of an epoch. */
bool ls_report_log_is_epoch(const ls_report_log *log, int64_t row);
/* Of a column the numbers at the ends of epochs where it is not left out: epoch and value (rows each); how many. */
int64_t ls_report_log_epochs(const ls_report_log *log, int column, double *epoch, double *value);

#endif
