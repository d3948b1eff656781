/* A growing text, and numbers as text that do not depend on the locale. */
#include "base/text.h"

#include "base/plain_locale.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `length` more bytes and the NUL. */
static bool reserve(ls_text *text, size_t length)
{
    if (text->failed)
        return false;
    if (length < text->capacity - text->length)
        return true;
    size_t capacity = text->capacity < 256 ? 256 : text->capacity;
    while (capacity - text->length <= length && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    char *data = capacity - text->length > length ? realloc(text->data, capacity) : NULL;
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void ls_text_append_bytes(ls_text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void ls_text_append(ls_text *text, const char *string)
{
    ls_text_append_bytes(text, string, strlen(string));
}

/* Printed into the room that there is, and again where that was too little. */
void ls_text_vprintf(ls_text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    ls_plain_locale saved = ls_plain_locale_enter();
    const size_t room = text->failed ? 0 : text->capacity - text->length;
    const int length = vsnprintf(room > 0 ? text->data + text->length : NULL, room, format, arguments);
    bool whole = length >= 0 && (size_t)length < room;
    if (length < 0)
        text->failed = true;
    else if (!whole && reserve(text, (size_t)length))
        whole = vsnprintf(text->data + text->length, (size_t)length + 1, format, again) == length;
    if (whole)
        text->length += (size_t)length;
    else if (room > 0)
        text->data[text->length] = '\0';
    ls_plain_locale_leave(saved);
    va_end(again);
}

void ls_text_printf(ls_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ls_text_vprintf(text, format, arguments);
    va_end(arguments);
}

void ls_text_append_double(ls_text *text, double value)
{
    char buffer[32];
    ls_text_append(text, ls_format_double(value, buffer));
}

void ls_text_append_float(ls_text *text, float value)
{
    char buffer[32];
    ls_text_append(text, ls_format_float(value, buffer));
}

ls_status ls_text_status(const ls_text *text)
{
    if (text->failed)
        return ls_fail(LS_ERR_MEMORY, "out of memory: a text grew past %zu bytes", text->capacity);
    return LS_OK;
}

const char *ls_text_string(const ls_text *text)
{
    return text->data != NULL ? text->data : "";
}

ls_status ls_text_hand_over(ls_text *text, char **out)
{
    ls_text_append(text, ""); /* even of nothing there is a text */
    const ls_status status = ls_text_status(text);
    *out = status == LS_OK ? text->data : NULL;
    if (status != LS_OK)
        ls_text_free(text);
    return status;
}

void ls_text_clear(ls_text *text)
{
    text->length = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

void ls_text_free(ls_text *text)
{
    free(text->data);
    *text = (ls_text){0};
}

void ls_text_vnote(char *notes, size_t capacity, const char *format, va_list arguments)
{
    static const char cut[] = "...";
    const ls_plain_locale saved = ls_plain_locale_enter();
    size_t used = strlen(notes);
    if (used > 0) /* only notes that are full already have no room for it */
        used += (size_t)snprintf(notes + used, capacity - used, "; ");
    const int length = used < capacity ? vsnprintf(notes + used, capacity - used, format, arguments) : 1;
    ls_plain_locale_leave(saved);
    if (length > 0 && used + (size_t)length >= capacity && capacity > sizeof cut)
        memcpy(notes + capacity - sizeof cut, cut, sizeof cut);
}

void ls_text_note(char *notes, size_t capacity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    ls_text_vnote(notes, capacity, format, arguments);
    va_end(arguments);
}
