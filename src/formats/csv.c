/* Reading CSV records. The buffer always holds the present record from its first byte; when the record does not end in
 * it, what there is moves to the front, more is read, and the record is taken apart again. */
#include "formats/csv.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "base/visible.h"
#include "files/kinds.h"
#include "files/stream.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIRST_BUFFER ((int64_t)1 << 20)

struct ls_csv {
    char path[LS_TEXT_MAX];
    ls_stream *stream;
    ls_csv_style style;
    bool blanks;          /* runs of them are between the fields */
    bool ends_field[256]; /* delimiter, line ends, quote and NUL: where the fast loop over a plain field stops */
    char *buffer;
    int64_t capacity;
    int64_t held; /* bytes in the buffer */
    int64_t at;   /* where the next record begins in it */
    int64_t base; /* offset in the file of the buffer's first byte */
    int64_t line; /* of the next record's first byte */
    bool end_of_file;
    int64_t record;      /* the present record: place in the buffer, */
    int64_t record_end;  /* and behind it */
    int64_t record_line; /* and line */
    ls_csv_field *field;
    int64_t count, fields; /* in the record, and room for */
    ls_status failure;
};

/* ---- opening ---- */

static ls_status check_start(const char *path, const unsigned char *bytes, int64_t count)
{
    const char *kind = ls_kinds_of_no_table(bytes, (size_t)(count < LS_FILE_KIND_BYTES ? count : LS_FILE_KIND_BYTES));
    if (count >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return ls_fail(LS_ERR_DATA, "%s: is UTF-16 text; make it UTF-8 first: iconv -f UTF-16 -t UTF-8", path);
    if (kind != NULL)
        return ls_fail(LS_ERR_DATA, "%s: %s", path, kind);
    return LS_OK;
}

static ls_status open_stream(ls_csv *csv)
{
    const ls_stream_range whole = {.length = -1, .packing = LS_PACKED_FOUND};
    LS_TRY(ls_stream_open(csv->path, csv->path, &whole, &csv->stream));
    return ls_stream_length(csv->stream) == 0 ? ls_fail(LS_ERR_DATA, "%s: the file is empty (0 bytes)", csv->path)
                                              : LS_OK;
}

/* Reads on until the buffer is full or the file ends. */
static ls_status fill(ls_csv *csv)
{
    const int64_t room = csv->capacity - csv->held;
    int64_t got;
    if (csv->end_of_file || room == 0)
        return LS_OK;
    LS_TRY(ls_stream_read(csv->stream, csv->buffer + csv->held, room, &got));
    csv->end_of_file = got < room;
    csv->held += got;
    return LS_OK;
}

ls_status ls_csv_open(const char *path, const ls_csv_style *style, ls_csv **csv)
{
    ls_csv *c;
    *csv = NULL;
    if (strlen(path) >= sizeof c->path)
        return ls_fail(LS_ERR_DATA, "%.64s...: the path is too long", path);
    LS_TRY(ls_memory_allocate(&c, 1, sizeof *c, "CSV reader"));
    memcpy(c->path, path, strlen(path) + 1);
    c->style = *style;
    c->style.start_line += style->start_line == 0;
    c->blanks = style->delimiter == ' ';
    static const char ends[] = {'\n', '\r', '"', '\0'};
    for (size_t i = 0; i < sizeof ends; i++)
        c->ends_field[(unsigned char)ends[i]] = true;
    c->ends_field[(unsigned char)style->delimiter] = true;
    c->ends_field['\t'] = c->ends_field['\t'] || c->blanks;
    ls_status status = open_stream(c);
    c->capacity = FIRST_BUFFER;
    if (status == LS_OK)
        status = ls_memory_allocate(&c->buffer, c->capacity, 1, "CSV buffer");
    if (status == LS_OK)
        status = ls_csv_seek(c, 0, 1);
    if (status == LS_OK)
        status = check_start(path, (const unsigned char *)c->buffer, c->held);
    if (status == LS_OK)
        status = ls_csv_rewind(c);
    if (status != LS_OK) {
        ls_csv_close(c);
        return status;
    }
    *csv = c;
    return LS_OK;
}

void ls_csv_close(ls_csv *csv)
{
    if (csv == NULL)
        return;
    ls_stream_close(csv->stream);
    ls_memory_free(csv->buffer);
    ls_memory_free(csv->field);
    ls_memory_free(csv);
}

ls_status ls_csv_seek(ls_csv *csv, int64_t offset, int64_t line)
{
    if (offset >= csv->base + csv->at && offset < csv->base + csv->held) { /* it has been read already */
        csv->at = csv->record = csv->record_end = offset - csv->base;
        csv->line = csv->record_line = line;
        csv->count = 0;
        return LS_OK;
    }
    LS_TRY(ls_stream_seek(csv->stream, offset));
    csv->base = offset;
    csv->held = csv->at = csv->record = csv->record_end = 0;
    csv->line = csv->record_line = line;
    csv->count = 0;
    csv->end_of_file = false;
    LS_TRY(fill(csv));
    if (offset == 0 && csv->held >= 3 && memcmp(csv->buffer, LS_UTF8_MARK, 3) == 0)
        csv->at = 3;
    return LS_OK;
}

ls_status ls_csv_rewind(ls_csv *csv)
{
    return ls_csv_seek(csv, csv->style.start, csv->style.start_line);
}

/* ---- records ---- */

/* How taking a record apart ended. */
typedef enum outcome {
    WHOLE,
    CUT_OFF, /* the buffer ends before the record does */
    FAILED   /* the message is recorded, the status in `failure` */
} outcome;

static outcome failed(ls_csv *csv, ls_status status)
{
    csv->failure = status;
    return FAILED;
}

static ls_status add_field(ls_csv *csv, const char *begin, const char *end, bool quoted)
{
    if (csv->count >= LS_CSV_FIELDS_MOST)
        return ls_csv_fail(csv, "has more than %lld fields", (long long)LS_CSV_FIELDS_MOST);
    if (csv->count == csv->fields)
        LS_TRY(ls_memory_grow(&csv->field, &csv->fields, csv->count + 1, sizeof *csv->field, "fields of a CSV record"));
    csv->field[csv->count++] = (ls_csv_field){begin, end - begin, quoted};
    return LS_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/* Behind the blanks at `c` that are around fields or between them. */
static const char *skip_blanks(const ls_csv *csv, const char *c, const char *end)
{
    while (c < end && is_blank(*c) && (csv->blanks || *c != csv->style.delimiter))
        c++;
    return c;
}

/* Behind the opening quote at `c`. Sets *close to the closing quote and counts line breaks and doubled quotes. */
static outcome find_closing_quote(ls_csv *csv, const char *c, const char *end, const char **close, int64_t *lines,
                                  bool *doubled)
{
    for (;; c++) {
        while (c < end && *c != '"' && *c != '\n' && *c != '\r' && *c != '\0')
            c++;
        if (c == end && csv->end_of_file)
            return failed(csv, ls_csv_fail(csv, "has a quote that is never closed"));
        if (c == end || ((*c == '"' || *c == '\r') && c + 1 == end && !csv->end_of_file))
            return CUT_OFF; /* the byte behind says whether it is doubled */
        if (*c == '\0')
            return failed(csv, ls_csv_fail(csv, "has a zero byte; this is not text"));
        if (*c != '"') {
            *lines += *c == '\n' || c + 1 == end || c[1] != '\n';
            continue;
        }
        if (c + 1 == end || c[1] != '"')
            break;
        *doubled = true;
        c++;
    }
    *close = c;
    return WHOLE;
}

/* Doubled quotes become single ones, where they stand: the record is whole by now. */
static int64_t undouble(char *text, int64_t length)
{
    int64_t to = 0;
    for (int64_t from = 0; from < length; from++) {
        text[to++] = text[from];
        from += text[from] == '"';
    }
    return to;
}

/* Takes the record that begins at `at` apart; its end is left in record_end, behind the line break. */
static outcome take_record(ls_csv *csv)
{
    const char *c = csv->buffer + csv->at, *const end = csv->buffer + csv->held;
    int64_t lines = 0, doubled_fields = 0;
    csv->count = 0;
    csv->record = csv->at;
    csv->record_end = csv->held;
    for (;;) {
        c = skip_blanks(csv, c, end);
        const char *begin = c, *behind;
        bool quoted = c < end && *c == '"', doubled = false;
        if (quoted) {
            const char *close;
            const outcome found = find_closing_quote(csv, c + 1, end, &close, &lines, &doubled);
            if (found != WHOLE)
                return found;
            begin++;
            behind = close;
            c = close + 1;
        } else {
            while (c < end && !csv->ends_field[(unsigned char)*c])
                c++;
            behind = c;
            while (behind > begin && is_blank(behind[-1]))
                behind--;
        }
        const char *const gap = c;
        if (quoted || csv->blanks)
            c = skip_blanks(csv, c, end);
        const bool next = c < end && (csv->blanks ? c > gap && !is_line_end(*c) : *c == csv->style.delimiter);
        if (!next && c == end && !csv->end_of_file)
            return CUT_OFF;
        if (!next && c < end && *c == '\r' && c + 1 == end && !csv->end_of_file)
            return CUT_OFF; /* a line feed may follow */
        if (!next && c < end && !is_line_end(*c)) {
            if (*c == '\0')
                return failed(csv, ls_csv_fail(csv, "has a zero byte; this is not text"));
            return failed(csv,
                          ls_csv_fail(csv,
                                      quoted && c[-1] != '"'
                                          ? "field %lld goes on behind its closing quote and a blank; "
                                            "are the fields separated by blanks? Then give --delimiter space"
                                      : quoted ? "field %lld goes on behind its closing quote; a quote inside quotes "
                                                 "is written twice"
                                               : "field %lld has a quote but does not begin with it; such a field is "
                                                 "written in quotes, and each quote in it twice",
                                      (long long)csv->count + 1));
        }
        const ls_status added = add_field(csv, begin, behind, quoted);
        if (added != LS_OK)
            return failed(csv, added);
        if (doubled) { /* marked by a negative length until the record is whole */
            csv->field[csv->count - 1].length = -1 - csv->field[csv->count - 1].length;
            doubled_fields++;
        }
        if (!next)
            break;
        c += !csv->blanks;
    }
    if (c < end) {
        lines++;
        c += *c == '\r' && c + 1 < end && c[1] == '\n' ? 2 : 1;
    }
    for (int64_t i = 0; doubled_fields > 0 && i < csv->count; i++)
        if (csv->field[i].length < 0) {
            const int64_t length = -1 - csv->field[i].length;
            csv->field[i].length = undouble(csv->buffer + (csv->field[i].text - csv->buffer), length);
        }
    csv->record_end = c - csv->buffer;
    csv->line += lines;
    return WHOLE;
}

/* Moves the record that is cut off to the front, makes room if it fills the buffer, and reads on. */
static ls_status read_on(ls_csv *csv)
{
    csv->held -= csv->at;
    csv->base += csv->at;
    if (csv->at > 0) {
        memmove(csv->buffer, csv->buffer + csv->at, (size_t)csv->held);
    } else if (csv->held == csv->capacity) {
        if (csv->capacity >= LS_CSV_RECORD_MOST)
            return ls_csv_fail(csv, "begins a record longer than %lld MiB; is a quote not closed?",
                               (long long)(LS_CSV_RECORD_MOST >> 20));
        LS_TRY(ls_memory_grow(&csv->buffer, &csv->capacity, csv->capacity + 1, 1, "CSV buffer"));
    }
    csv->at = csv->record = 0;
    return fill(csv);
}

ls_status ls_csv_skip_line(ls_csv *csv, bool *more)
{
    *more = csv->at < csv->held || !csv->end_of_file;
    for (;;) {
        const char *const end = csv->buffer + csv->held, *c = csv->buffer + csv->at;
        while (c < end && *c != '\n' && *c != '\r')
            c++;
        csv->at = c - csv->buffer;
        if (!csv->end_of_file && (c == end || (*c == '\r' && c + 1 == end))) {
            LS_TRY(read_on(csv));
            continue;
        }
        if (c < end)
            csv->at += *c == '\r' && c + 1 < end && c[1] == '\n' ? 2 : 1;
        csv->line++;
        return LS_OK;
    }
}

const char *ls_csv_ahead(const ls_csv *csv, int64_t *length, int64_t *offset, int64_t *line)
{
    *length = csv->held - csv->at;
    *offset = csv->base + csv->at;
    *line = csv->line;
    return csv->buffer + csv->at;
}

/* The field behind a delimiter at the record's end. */
static ls_status drop_last(ls_csv *csv)
{
    const ls_csv_field *last = &csv->field[csv->count - 1];
    if (csv->count > 1 && last->length == 0 && !last->quoted) {
        csv->count--;
        return LS_OK;
    }
    return ls_csv_offset(csv) == csv->style.start
               ? LS_OK
               : ls_csv_fail(csv, "has something behind its last delimiter, where the first lines have nothing; is a "
                                  "column without a name? Then give it one");
}

ls_status ls_csv_next(ls_csv *csv, bool *more)
{
    *more = false;
    for (;;) {
        csv->record_line = csv->line;
        if (csv->at == csv->held && csv->end_of_file)
            return LS_OK;
        if (csv->style.comment != '\0' && csv->at < csv->held && csv->buffer[csv->at] == csv->style.comment) {
            bool rest;
            LS_TRY(ls_csv_skip_line(csv, &rest));
            continue;
        }
        const outcome found = take_record(csv);
        if (found == FAILED)
            return csv->failure;
        if (found == CUT_OFF) {
            LS_TRY(read_on(csv));
            continue;
        }
        csv->at = csv->record_end;
        if (csv->count > 1 || csv->field[0].length > 0 || csv->field[0].quoted) {
            *more = true;
            return csv->style.trailing ? drop_last(csv) : LS_OK;
        }
    }
}

const ls_csv_field *ls_csv_fields(const ls_csv *csv)
{
    return csv->field;
}

int64_t ls_csv_count(const ls_csv *csv)
{
    return csv->count;
}

int64_t ls_csv_line(const ls_csv *csv)
{
    return csv->record_line;
}

int64_t ls_csv_offset(const ls_csv *csv)
{
    return csv->base + csv->record;
}

const char *ls_csv_path(const ls_csv *csv)
{
    return csv->path;
}

/* ---- messages ---- */

/* The record's first bytes, fit to print. */
static void show_beginning(const ls_csv *csv, char *text, size_t capacity)
{
    const char *c = csv->buffer + csv->record, *const end = csv->buffer + csv->record_end;
    char shown[LS_VISIBLE_BYTES] = "";
    size_t length = 0;
    while (c < end && *c != '\n' && *c != '\r') {
        const size_t bytes = ls_visible_next(c, (size_t)(end - c), shown), more = strlen(shown);
        if (length + more + 4 > capacity)
            break;
        memcpy(text + length, shown, more);
        length += more;
        c += bytes;
    }
    text[length] = '\0';
    if (c < end && *c != '\n' && *c != '\r')
        memcpy(text + length, "...", 4);
}

ls_status ls_csv_fail(const ls_csv *csv, const char *format, ...)
{
    char what[1024], beginning[64];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    show_beginning(csv, beginning, sizeof beginning);
    return ls_fail(LS_ERR_DATA, "%s line %lld: %s; the line begins: %s", csv->path, (long long)csv->record_line, what,
                   beginning);
}
