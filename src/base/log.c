/* Formats a line and hands it to the caller's log. */
#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>

void ls_log_line(const ls_log *log, ls_log_level level, const char *format, ...)
{
    if (log == NULL || log->function == NULL)
        return;
    ls_text line = {0};
    va_list arguments;
    va_start(arguments, format);
    ls_text_vprintf(&line, format, arguments);
    va_end(arguments);
    /* without memory for the line, its bare format still says what happened */
    log->function(log->user, level, line.failed ? format : ls_text_string(&line));
    ls_text_free(&line);
}
