/* A growing text, and numbers as text that do not depend on the locale. */
#ifndef LS_BASE_TEXT_H
#define LS_BASE_TEXT_H

#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Append-only buffer. Start from {0}. A failed allocation is remembered (`failed`) and later appends do nothing, so a
 * writer checks once at the end with ls_text_status. */
typedef struct ls_text {
    char *data; /* NUL-terminated once anything was appended; owned */
    size_t length;
    size_t capacity;
    bool failed;
} ls_text;

void ls_text_append(ls_text *text, const char *string);
void ls_text_append_bytes(ls_text *text, const char *bytes, size_t length);
void ls_text_printf(ls_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ls_text_vprintf(ls_text *text, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* The shortest decimal that reads back as the same double; "nan", "inf", "-inf"; always with '.' as decimal point. */
void ls_text_append_double(ls_text *text, double value);
/* The shortest decimal that reads back as the same float. */
void ls_text_append_float(ls_text *text, float value);
/* LS_OK, or LS_ERR_MEMORY with a message. */
ls_status ls_text_status(const ls_text *text);
/* The text as a C string, "" when nothing was appended. Valid until the next append. */
const char *ls_text_string(const ls_text *text);
/* The text to somebody else, who frees it with ls_text_release (lockstep.h); NULL when appending failed, whose status
 * is returned. *text is not used any more. */
ls_status ls_text_hand_over(ls_text *text, char **out);
void ls_text_clear(ls_text *text); /* length 0, memory kept */
void ls_text_free(ls_text *text);  /* back to {0} */

/* One note more in a buffer of `capacity` bytes, behind "; " unless it is the first. Notes that do not fit are cut off
 * and end in "...". */
void ls_text_note(char *notes, size_t capacity, const char *format, ...) __attribute__((format(printf, 3, 4)));
void ls_text_vnote(char *notes, size_t capacity, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Shortest decimal into a caller's buffer of at least 32 bytes; returns buffer. */
char *ls_format_double(double value, char *buffer);
char *ls_format_float(float value, char *buffer);

/* "1.2 GiB", "512 B"; buffer of at least 32 bytes; returns buffer. */
char *ls_format_bytes(double bytes, char *buffer);

/* "1h02m", "3m07s", "4.2s", "13ms", "<1ms", "0s"; "?" for what is no duration; buffer of at least 32 bytes; returns
 * buffer. */
char *ls_format_duration(double seconds, char *buffer);

/* A count or a rate for people, three digits: "11.1M", "526k", "9.5k", "812", "3.2"; "?" for NaN, negative and endless
 * ones; buffer of at least 32 bytes; returns buffer. */
char *ls_format_count(double count, char *buffer);

/* A loss or metric for people, four digits, three below 0.1, and at most 10 bytes: "0.9700", "12.35", "5795", "0.0641",
 * "0.000123", "1.23e-5", "nan"; buffer of at least 32 bytes; returns buffer. */
char *ls_format_score(double value, char *buffer);

#endif
