/* Pieces of a page: texts that are escaped, numbers for people, tables. */
#ifndef LS_REPORT_HTML_H
#define LS_REPORT_HTML_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { LS_NUMBER_BYTES = 48 };

/* Appends a text of a user: what HTML gives a meaning loses it, also between quotes, and what cannot be seen is shown
 * as \u200b. NULL is nothing. */
void ls_html_put(ls_text *html, const char *text);
/* The same, at most `most` characters of it, with an ellipsis where there are more. */
void ls_html_put_short(ls_text *html, const char *text, int most);

/* "12,345", "-7". */
char *ls_html_format_count(double count, char buffer[LS_NUMBER_BYTES]);
/* Four digits: "0.9521", "12.35", "1.23e-5"; "not a number" for NaN, "infinite". */
char *ls_html_format_value(double value, char buffer[LS_NUMBER_BYTES]);
/* "12.3 %". */
char *ls_html_format_share(double share, char buffer[LS_NUMBER_BYTES]);
/* Of an axis whose ticks are `step` apart: as few digits as tell them apart. */
char *ls_html_format_tick(double value, double step, char buffer[LS_NUMBER_BYTES]);
/* A coordinate, one digit behind the point: "12.3", "12". */
void ls_html_at(ls_text *html, double coordinate);

/* <section> with its heading; </section>. */
void ls_html_section(ls_text *html, const char *id, const char *heading);
void ls_html_section_end(ls_text *html);
/* A table that can be scrolled by itself; head: cells with '|' between them, those that begin with '#' are of numbers.
 */
void ls_html_table(ls_text *html, const char *caption, const char *head);
void ls_html_table_end(ls_text *html);
/* Cells of a row, between <tr> and </tr>. */
void ls_html_cell(ls_text *html, const char *text);
void ls_html_number(ls_text *html, const char *text);

#endif
