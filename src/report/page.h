/* The page and its sections: each appends what the report has for it, or nothing. */
#ifndef LS_REPORT_PAGE_H
#define LS_REPORT_PAGE_H

#include "report/html.h"
#include "report/plot.h"
#include "report/report.h"

void ls_page_begin(ls_text *html, const char *title);
void ls_page_end(ls_text *html);
/* Within <dl class="tiles">. */
void ls_page_tile(ls_text *html, const char *name, const char *value, const char *more);

/* The name of class or output k, or its number, into the page. */
void ls_page_name(ls_text *html, const ls_report *report, int64_t k, int most);
/* The value of an option of the recipe, NULL where there is none. */
const char *ls_report_option(const ls_report *report, const char *key);

/* `charts` counts those of the page. */
void ls_page_card(ls_text *html, const ls_report *report);
void ls_page_verdict(ls_text *html, const ls_report *report);
void ls_page_curves(ls_text *html, int *charts, const ls_report *reports, int count);
/* The section of a part begins. */
void ls_page_part_heading(ls_text *html, const ls_report_part *part);
void ls_page_classes(ls_text *html, int *charts, const ls_report *report, const ls_report_part *part);
void ls_page_values(ls_text *html, int *charts, const ls_report *report, const ls_report_part *part);
void ls_page_layers(ls_text *html, int *charts, const ls_report *report);
void ls_page_differences(ls_text *html, const ls_report *reports, int count);

#endif
