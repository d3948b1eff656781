/* Rows of a CSV file as features and targets, through an encoding: in order, or any range of them. */
#ifndef LS_FORMATS_TABLE_H
#define LS_FORMATS_TABLE_H

#include "formats/csv.h"
#include "formats/encoding.h"
#include "formats/unknown.h"

typedef struct ls_table ls_table;

/* Where reading may begin: the record of row i * LS_TABLE_STRIDE. */
#define LS_TABLE_STRIDE 1024
typedef struct ls_table_mark {
    int64_t offset; /* byte of the file */
    int64_t line;
} ls_table_mark;

/* Local. Opens `path` for an encoding, which is borrowed. With a header its columns are found by name, in any order,
 * and columns that the encoding does not have are passed over; without one there must be as many as the encoding has,
 * or as it has without targets. Features must be there; targets too when `need_targets`. LS_ERR_DATA lists what is
 * missing. */
ls_status ls_table_open(const char *path, const ls_csv_style *style, const ls_encoding *encoding, bool need_targets,
                        ls_table **table);
void ls_table_close(ls_table *table); /* NULL is accepted */
bool ls_table_has_targets(const ls_table *table);

/* What becomes of a row whose target is missing; the first unless something else was said. */
typedef enum ls_table_missing {
    LS_TABLE_REFUSED, /* LS_ERR_DATA where targets are read */
    LS_TABLE_NAN,     /* all of its features and targets are NaN */
    LS_TABLE_DROPPED  /* ls_table_next passes it over; for reading in order */
} ls_table_missing;
void ls_table_set_missing(ls_table *table, ls_table_missing missing);

/* From now on a feature's category that the encoding does not have is none: 0 in all of the column's features, or a
 * code behind the others. ls_table_index counts them. */
void ls_table_ignore_unknown(ls_table *table);
const ls_unknown *ls_table_unknown(const ls_table *table);

/* Local. Reads up to `most` rows on from the present place into x (most, features) and y (most, targets); either may be
 * NULL. Integers and class numbers are exact in y. *rows is less than `most` at the end of the file only. LS_ERR_DATA
 * names file, line, column and value: no number, an unknown category, a missing target, too few or too many fields. */
ls_status ls_table_next(ls_table *table, int64_t most, float *x, double *y, int64_t *rows);

/* Columns that are neither features nor targets: `watch` is called for each row that the functions here give, while its
 * fields are there. */
typedef ls_status (*ls_table_watch)(void *user, const ls_table *table);
void ls_table_set_watch(ls_table *table, ls_table_watch watch, void *user);
/* The present row's field of column `column` of the encoding; NULL where the file has not this column. */
const ls_csv_field *ls_table_field(const ls_table *table, int64_t column);
/* Its number among the file's rows, from 0: those that are passed over count. For reading in order. */
int64_t ls_table_row(const ls_table *table);
/* For ls_csv_fail. */
const ls_csv *ls_table_csv(const ls_table *table);
/* Local. Goes in front of the first row again. */
ls_status ls_table_restart(ls_table *table);

/* Local. Goes through the file once and notes marks; then rows can be read in any order. */
ls_status ls_table_index(ls_table *table, int64_t *rows, ls_table_mark **marks, int64_t *count);
/* Local. The same from marks that another table of this file found; takes over `marks` (ls_memory_free). */
void ls_table_set_index(ls_table *table, ls_table_mark *marks, int64_t count);
/* Local. Rows [first, first + count) as ls_table_next gives them; after one of the two above. */
ls_status ls_table_read(ls_table *table, int64_t first, int64_t count, float *x, double *y);

/* Local. For messages: the line on which a row begins (after one of the two above), and ", column 'age'" of a feature
 * or target. */
ls_status ls_table_line(ls_table *table, int64_t row, int64_t *line);
void ls_table_name(const ls_table *table, bool target, int64_t number, char *buffer, int capacity);

#endif
