/* Lines for people. One write per line, so that lines of several processes do not mix. */
#include "cli/output.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_SECONDS 10.0 /* between progress lines where they cannot be redrawn */

static char recorded[3 * LS_TEXT_MAX];
static bool may_redraw;
static bool line_is_open; /* a progress line stands on the terminal */
static double next_progress;

ls_status output_fail(ls_status code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(recorded, sizeof recorded, format, list);
    va_end(list);
    return code;
}

const char *output_message(void)
{
    return recorded;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int output_columns(int descriptor)
{
    struct winsize size;
    if (!isatty(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

void output_start(bool redraw)
{
    may_redraw = redraw;
    next_progress = now() + PROGRESS_SECONDS;
}

/* A full disk or a closed pipe behind standard error must not end a training run, so failures are ignored. */
static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t done = write(STDERR_FILENO, text, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        text += done;
        length -= (size_t)done;
    }
}

static void write_line(const char *prefix, const char *line, const char *end)
{
    static char buffer[4 * LS_TEXT_MAX];
    int length = snprintf(buffer, sizeof buffer, "%s%s%s%s", line_is_open ? "\r\033[K" : "", prefix, line, end);
    if (length >= (int)sizeof buffer) {
        length = (int)sizeof buffer;
        buffer[length - 1] = '\n';
    }
    line_is_open = false;
    if (length > 0)
        write_all(buffer, (size_t)length);
}

static void show_progress(const char *line)
{
    if (may_redraw) {
        char fitting[512]; /* a wrapped line could not be redrawn */
        int columns = output_columns(STDERR_FILENO);
        if (columns < 2 || columns > (int)sizeof fitting)
            columns = 80;
        snprintf(fitting, (size_t)columns, "%s", line);
        write_line("", fitting, "");
        line_is_open = true;
    } else if (now() >= next_progress) {
        next_progress = now() + PROGRESS_SECONDS;
        write_line("", line, "\n");
    }
}

void output_log(void *user, ls_log_level level, const char *line)
{
    (void)user;
    switch (level) {
    case LS_LOG_WARNING:
        write_line("lockstep: warning: ", line, "\n");
        break;
    case LS_LOG_INFO:
        write_line("", line, "\n");
        break;
    case LS_LOG_PROGRESS:
        show_progress(line);
        break;
    }
}

void output_error(const char *message)
{
    write_line("lockstep: error: ", message, "\n");
}

ls_status output_finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return output_fail(LS_ERR_OUTPUT, "cannot write to standard output: %s", strerror(errno));
    return LS_OK;
}

const char *output_number(double value, char *buffer)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buffer, 32, "%.*g", digits, value);
        if (isnan(value) || strtod(buffer, NULL) == value)
            break;
    }
    return buffer;
}
