/* What is to be said of a run in words: rules over its numbers, each with the option that cures what it finds. */
#ifndef LS_REPORT_VERDICT_H
#define LS_REPORT_VERDICT_H

#include "report/report.h"

typedef enum ls_verdict_grade { LS_VERDICT_GOOD, LS_VERDICT_NOTE, LS_VERDICT_WARNING, LS_VERDICT_BAD } ls_verdict_grade;

enum { LS_VERDICTS_MOST = 24 };

typedef struct ls_verdict {
    const char *rule; /* its name: "overfitting" */
    ls_verdict_grade grade;
    char head[160];
    char words[600]; /* what was seen */
    char cure[300];  /* options that help, with what they do; "": none is needed */
} ls_verdict;

/* Local. What holds, the gravest first; how many. LS_ERR_MEMORY in *status. */
int ls_verdict_find(const ls_report *report, ls_verdict verdicts[LS_VERDICTS_MOST], ls_status *status);

#endif
