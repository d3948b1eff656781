/* Status texts, the calling thread's error message, and the version. */
#include "base/status.h"

#include "base/plain_locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifndef LS_VERSION /* src/base/CMakeLists.txt defines it from the project's version */
#define LS_VERSION "unversioned"
#endif

/* Room for two paths of LS_TEXT_MAX; a fixed buffer, since running out of memory is one of the things to
 * report. */
#define MESSAGE_MAX (2 * LS_TEXT_MAX)

static _Thread_local char thread_message[MESSAGE_MAX];

/* What does not fit ends in "...", so that a reader sees that something is missing. */
static void mark_cut(char *message, int length)
{
    if (length >= MESSAGE_MAX)
        memcpy(message + MESSAGE_MAX - 4, "...", 4);
}

const char *ls_status_text(ls_status status)
{
    switch (status) {
#define STATUS_CASE(name, value, text)                                                                                 \
    case name:                                                                                                         \
        return text;
        LS_STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}

const char *ls_error_message(void)
{
    return thread_message;
}

const char *ls_version(void)
{
    return LS_VERSION;
}

ls_status ls_fail(ls_status code, const char *format, ...)
{
    char message[MESSAGE_MAX]; /* apart from the old message, which may be among the arguments */
    va_list arguments;
    va_start(arguments, format);
    ls_plain_locale saved = ls_plain_locale_enter();
    int length = vsnprintf(message, sizeof message, format, arguments);
    ls_plain_locale_leave(saved);
    va_end(arguments);
    if (length < 0)
        message[0] = '\0';
    mark_cut(message, length);
    memcpy(thread_message, message, strlen(message) + 1);
    return code;
}

ls_status ls_fail_prefix(ls_status code, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    ls_plain_locale saved = ls_plain_locale_enter();
    int length = vsnprintf(message, sizeof message, format, arguments);
    ls_plain_locale_leave(saved);
    va_end(arguments);
    if (length < 0)
        length = 0;
    if (length < MESSAGE_MAX)
        length += snprintf(message + length, sizeof message - (size_t)length, "%s", thread_message);
    mark_cut(message, length);
    memcpy(thread_message, message, strlen(message) + 1);
    return code;
}
