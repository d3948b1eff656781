/* What the program says: log lines and errors on standard error, results on standard output. */
#ifndef LOCKSTEP_CLI_OUTPUT_H
#define LOCKSTEP_CLI_OUTPUT_H

#include <lockstep.h>

/* Local. Records a message of the program's own and returns `code`. */
ls_status output_fail(ls_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Local. The message recorded, "" when there is none. */
const char *output_message(void);

/* Local. Called once before the log is used. `own`: standard error is a terminal that belongs to this process alone, so
 * the progress line is redrawn and long lines are wrapped between words. `quiet`: of the log only warnings and results
 * are shown. */
void output_start(bool own, bool quiet);
/* An ls_log_function. */
void output_log(void *user, ls_log_level level, const char *line);
/* Local, async-signal-safe. Writes a line, which ends with a newline, below the progress line if one stands there. */
void output_interject(const char *line);
/* Local. Prints "lockstep: error: MESSAGE". */
void output_error(const char *message);

/* Local. Lines on standard output, as a terminal may get them (ls_line_show). */
void output_text(const char *text);
/* Local. Flushes standard output; LS_ERR_OUTPUT when anything written to it was lost. */
ls_status output_finish(void);
/* The shortest decimal that reads back as the same number, into buffer[32]; returns buffer. */
const char *output_number(double value, char *buffer);
/* Columns of the terminal behind a stream, 0 when it is none. */
int output_columns(int descriptor);

#endif
