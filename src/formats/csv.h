/* Records of a CSV file (RFC 4180), one by one, in memory that does not depend on the file's size. Fields in double
 * quotes may hold delimiters, line breaks and quotes ("" is one). Lines end with LF, CRLF or CR; empty lines are
 * skipped; a byte order mark is skipped. The file may be compressed with gzip. Spaces and tabs around a field that is
 * not quoted do not belong to it. How a file is to be taken apart is found by csv_style.h. */
#ifndef LS_FORMATS_CSV_H
#define LS_FORMATS_CSV_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Longest record, and most fields in one. */
#define LS_CSV_RECORD_MOST ((int64_t)64 << 20)
#define LS_CSV_FIELDS_MOST ((int64_t)1 << 20)

typedef struct ls_csv_field {
    const char *text; /* length bytes, without a NUL behind them */
    int64_t length;
    bool quoted;
} ls_csv_field;

/* How a file is taken apart. */
typedef struct ls_csv_style {
    char delimiter; /* ' ': runs of blanks and tabs; those in front of the first field and behind the last are none */
    char comment;   /* lines that begin with it are passed over; 0: none */
    bool trailing;  /* behind the delimiter at a record's end there is no field; the first record need not have one */
    int64_t start;  /* byte at which the first record begins */
    int64_t start_line; /* and its line, from 1; 0: the file's first */
} ls_csv_style;

typedef struct ls_csv ls_csv;

/* Local. In front of the first record. LS_ERR_DATA: not there, not a regular file (the data is read twice), empty,
 * damaged, UTF-16. */
ls_status ls_csv_open(const char *path, const ls_csv_style *style, ls_csv **csv);
void ls_csv_close(ls_csv *csv); /* NULL is accepted */
/* Local. Goes to a place that ls_csv_offset and ls_csv_line gave in front of a record. In a compressed file all that
 * lies between is unpacked, and when it lies behind, the file from its start. */
ls_status ls_csv_seek(ls_csv *csv, int64_t offset, int64_t line);
/* Local. In front of the first record again. */
ls_status ls_csv_rewind(ls_csv *csv);
/* Local. Reads the next record; *more is false at the end of the file. LS_ERR_DATA names file and line. */
ls_status ls_csv_next(ls_csv *csv, bool *more);
/* Local. Passes over the rest of the present line, whatever it holds; *more is false at the end of the file. */
ls_status ls_csv_skip_line(ls_csv *csv, bool *more);
/* The place behind the last record or line, and what is in memory of the text there: *length bytes, at least the
 * first MiB of a file that has just been opened. Good until the next call. */
const char *ls_csv_ahead(const ls_csv *csv, int64_t *length, int64_t *offset, int64_t *line);
/* The record: its fields, good until the next call. */
const ls_csv_field *ls_csv_fields(const ls_csv *csv);
int64_t ls_csv_count(const ls_csv *csv);
/* The line on which the record begins, from 1. */
int64_t ls_csv_line(const ls_csv *csv);
/* The byte at which the record begins, of the text when the file is compressed. */
int64_t ls_csv_offset(const ls_csv *csv);
const char *ls_csv_path(const ls_csv *csv);

/* Local. "FILE line N: ..." with LS_ERR_DATA, for what is wrong with the present record, followed by the record's
 * beginning. */
ls_status ls_csv_fail(const ls_csv *csv, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
