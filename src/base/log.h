/* Where the library's lines go: a callback of the caller's, or nowhere. */
#ifndef LS_BASE_LOG_H
#define LS_BASE_LOG_H

#include <lockstep.h>

/* A log that writes nothing is {0}. */
typedef struct ls_log {
    ls_log_function function; /* NULL: silent */
    void *user;
} ls_log;

/* Formats one line (no trailing newline) and hands it to the callback. NULL logs are accepted. */
void ls_log_line(const ls_log *log, ls_log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
