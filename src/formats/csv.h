/* Records of a CSV file (RFC 4180), one by one, in memory that does not depend on the file's size. Fields in double
 * quotes may hold delimiters, line breaks and quotes ("" is one). Lines end with LF, CRLF or CR; empty lines are
 * skipped; a byte order mark is skipped. The file may be compressed with gzip. Spaces and tabs around a field that is
 * not quoted do not belong to it. */
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

typedef struct ls_csv ls_csv;

/* Local. LS_ERR_DATA: not there, not a regular file (the data is read twice), empty, damaged, UTF-16. */
ls_status ls_csv_open(const char *path, char delimiter, ls_csv **csv);
void ls_csv_close(ls_csv *csv); /* NULL is accepted */
/* Local. Goes to a place that ls_csv_offset and ls_csv_line gave in front of a record; (0, 1) is the start. In a
 * compressed file all that lies between is unpacked, and when it lies behind, the file from its start. */
ls_status ls_csv_seek(ls_csv *csv, int64_t offset, int64_t line);
/* Local. Reads the next record; *more is false at the end of the file. LS_ERR_DATA names file and line. */
ls_status ls_csv_next(ls_csv *csv, bool *more);
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

/* Local. The delimiter of a file: tab for .tsv and .tab (.gz may follow), else the one among comma, semicolon, tab and
 * bar that its first line has most of outside quotes; a comma when it has none. */
ls_status ls_csv_guess_delimiter(const char *path, char *delimiter);
/* "comma", "tab" or the character itself, for messages; buffer of 8 bytes. */
const char *ls_csv_delimiter_name(char delimiter, char *buffer);

#endif
