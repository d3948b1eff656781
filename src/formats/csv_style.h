/* How a CSV file is taken apart, found by its first lines: what stands in front of its first record, and what is
 * between the fields. */
#ifndef LS_FORMATS_CSV_STYLE_H
#define LS_FORMATS_CSV_STYLE_H

#include "formats/csv.h"

typedef struct ls_csv_wishes {
    char delimiter; /* 0: found */
    char comment;   /* 0: none */
    int64_t skip;   /* lines in front of everything else */
} ls_csv_wishes;

/* Local. Looks at the first 20 records, and reads no more of the file than its beginning.
 *
 * In front of the first record these do not count: the lines to skip; Excel's "sep=;", which names the delimiter; lines
 * that begin with #. Of the last, one that has as many fields as the records behind it is a record, namely the header,
 * when no blank follows the #, or when it is the last one and the record behind it has a number.
 *
 * The delimiter is tab for .tsv and .tab (.gz may follow), else the one among comma, semicolon, tab and bar that the
 * first line has most of outside quotes, when it gives all records the same number of fields; else another of them, or
 * blanks, that does; else a comma. Blanks go before a tab when they part a field into numbers.
 *
 * Every record may end in a delimiter more than it needs (`trailing`), the header too or not.
 *
 * LS_ERR_DATA: lines in front of the records that have fewer fields than these, such as titles; what ls_csv_open says.
 */
ls_status ls_csv_find_style(const char *path, const ls_csv_wishes *wishes, ls_csv_style *style);

/* "tab", "blanks" or the character itself, for messages; buffer of 8 bytes. */
const char *ls_csv_delimiter_name(char delimiter, char *buffer);

#endif
