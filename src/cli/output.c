/* Lines for people. One write per line, so that lines of several processes do not mix. */
#include "cli/output.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_SECONDS 10.0 /* between progress lines where they cannot be redrawn */

static char recorded[3 * LS_TEXT_MAX];
static bool is_own; /* standard error is a terminal, and nobody else's */
static bool is_quiet;
static volatile sig_atomic_t line_is_open; /* a progress line stands on the terminal */
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

void output_start(bool own, bool quiet)
{
    is_own = own;
    is_quiet = quiet;
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

static int terminal_columns(void)
{
    const int columns = output_columns(STDERR_FILENO);
    return columns < 2 ? 80 : columns;
}

/* Copies a line with a newline in place of the blank behind which the next word would not fit; what follows is
 * indented. A word longer than a line, such as a path, stays in one piece. */
static void wrap(const char *line, size_t columns, char *out, size_t capacity)
{
    size_t used = 0, column = 0;
    while (*line != '\0' && used + 4 < capacity) {
        const size_t word = strcspn(line + 1, " ") + 1; /* with the blank in front of it */
        const bool fits = column == 0 || column + word <= columns;
        if (!fits) {
            used += (size_t)snprintf(out + used, capacity - used, "\n  ");
            column = 2;
        }
        const size_t skipped = !fits && *line == ' ', room = capacity - 1 - used;
        const size_t length = word - skipped < room ? word - skipped : room;
        memcpy(out + used, line + skipped, length);
        used += length;
        column += length;
        line += word;
    }
    out[used] = '\0';
}

static void write_line(const char *prefix, const char *line, const char *end)
{
    static char shown[4 * LS_TEXT_MAX], whole[5 * LS_TEXT_MAX], wrapped[6 * LS_TEXT_MAX], buffer[6 * LS_TEXT_MAX + 16];
    snprintf(whole, sizeof whole, "%s%s", prefix, ls_line_show(line, shown, sizeof shown));
    if (is_own)
        wrap(whole, (size_t)terminal_columns(), wrapped, sizeof wrapped);
    const int length =
        snprintf(buffer, sizeof buffer, "%s%s%s", line_is_open ? "\r\033[K" : "", is_own ? wrapped : whole, end);
    line_is_open = 0;
    if (length > 0)
        write_all(buffer, (size_t)length);
}

static void show_progress(const char *line)
{
    if (is_own) {
        char fitting[512]; /* a wrapped line could not be redrawn */
        const int columns = terminal_columns();
        snprintf(fitting, columns < (int)sizeof fitting ? (size_t)columns : sizeof fitting, "%s", line);
        write_line("", fitting, "");
        line_is_open = 1;
    } else if (now() >= next_progress) {
        write_line("", line, "\n");
        next_progress = now() + PROGRESS_SECONDS;
    }
}

/* Anything said is a sign of life, so the next progress line may wait. */
static void show(const char *prefix, const char *line)
{
    write_line(prefix, line, "\n");
    next_progress = now() + PROGRESS_SECONDS;
}

void output_log(void *user, ls_log_level level, const char *line)
{
    (void)user;
    switch (level) {
    case LS_LOG_WARNING:
        show("lockstep: warning: ", line);
        break;
    case LS_LOG_INFO:
        if (!is_quiet)
            show("", line);
        break;
    case LS_LOG_PROGRESS:
        if (!is_quiet)
            show_progress(line);
        break;
    case LS_LOG_RESULT:
        show("", line);
        break;
    }
}

void output_interject(const char *line)
{
    if (line_is_open)
        write_all("\n", 1);
    write_all(line, strlen(line));
}

void output_error(const char *message)
{
    write_line("lockstep: error: ", message, "\n");
}

/* Bytes of the next piece of a line, which ends before a character, not within it. */
static size_t next_piece(const char *text, size_t most)
{
    size_t length = strcspn(text, "\n");
    if (length <= most)
        return length;
    for (length = most; length > most - 4 && ((unsigned char)text[length] & 0xC0) == 0x80; length--)
        ;
    return length;
}

void output_text(const char *text)
{
    char piece[1024], shown[6 * sizeof piece];
    while (*text != '\0') {
        const size_t length = next_piece(text, sizeof piece - 1);
        memcpy(piece, text, length);
        piece[length] = '\0';
        text += length;
        fputs(ls_line_show(piece, shown, sizeof shown), stdout);
        if (*text == '\n') {
            putchar('\n');
            text++;
        }
    }
}

ls_status output_finish(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return output_fail(LS_ERR_OUTPUT, "cannot write to standard output: %s",
                           errno == EBADF ? "it is closed" : strerror(errno));
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
