/* Reports: what is common to the end of a training and to `lockstep report`. */
#ifndef LS_JOBS_REPORT_PAGES_H
#define LS_JOBS_REPORT_PAGES_H

#include "report/report.h"

#include <lockstep.h>

enum { LS_REPORT_RUNS = 16 }; /* beside each other, at most */

/* Local. Whether the text of a run's report.json is whole: LS_ERR_OUTPUT says that it is damaged. */
ls_status ls_report_file_check(const char *run, const char *json);

/* Local. The member "sha256" of all that stands in front of it, and the end of the object that is open. */
void ls_report_file_seal(ls_json *json);

/* Local. Both pages of a run into its directory, from its files there. */
ls_status ls_report_write_pages(const char *run);

#endif
