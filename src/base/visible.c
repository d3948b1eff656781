/* What can be seen of a text. */
#include "base/visible.h"

#include "base/utf8.h"

#include <lockstep.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Unicode's controls, format characters and variation selectors, and all blanks but the ordinary one; ascending. */
static const struct {
    uint32_t first, last;
} hidden[] = {{0x0, 0x8},       {0xA, 0x1F},      {0x7F, 0xA0},     {0xAD, 0xAD},     {0x34F, 0x34F},
              {0x61C, 0x61C},   {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F},
              {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000}, {0x3164, 0x3164},
              {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};

/* Of these, what makes a terminal do something else than print the text from left to right in one line. */
static bool is_steering(uint32_t code)
{
    return (code < 0x20 && code != '\t') || (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

static bool is_hidden(uint32_t code)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0] && code >= hidden[i].first; i++)
        if (code <= hidden[i].last)
            return true;
    return false;
}

/* The character at `text`; returns its bytes, 0 where it is no UTF-8. */
static size_t decode(const char *text, size_t length, uint32_t *code)
{
    unsigned char bytes[5] = {0}; /* what is looked at must end in a NUL */
    memcpy(bytes, text, length < 4 ? length : 4);
    const int count = ls_utf8_length(bytes);
    static const unsigned char marks[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    *code = bytes[0] & marks[count];
    for (int i = 1; i < count; i++)
        *code = *code << 6 | (bytes[i] & 0x3Fu);
    return (size_t)count;
}

size_t ls_visible_next(const char *text, size_t length, char shown[LS_VISIBLE_BYTES])
{
    uint32_t code;
    const size_t count = decode(text, length, &code);
    if (count == 0) {
        memcpy(shown, "?", 2);
        return 1;
    }
    if (is_hidden(code)) {
        (void)snprintf(shown, LS_VISIBLE_BYTES, code > 0xFFFF ? "\\U%08x" : "\\u%04x", (unsigned)code);
        return count;
    }
    memcpy(shown, text, count);
    shown[count] = '\0';
    return count;
}

void ls_visible_put(const char *text, size_t length, ls_text *out)
{
    char shown[LS_VISIBLE_BYTES];
    for (size_t at = 0; at < length;) {
        at += ls_visible_next(text + at, length - at, shown);
        ls_text_append(out, shown);
    }
}

const char *ls_line_show(const char *line, char *shown, size_t size)
{
    char next[LS_VISIBLE_BYTES];
    size_t used = 0, whole = 0; /* bytes written; of these, with "..." behind them there is still room */
    while (*line != '\0') {
        uint32_t code;
        const size_t left = strnlen(line, 4), count = decode(line, left, &code);
        if (count == 0)
            (void)snprintf(next, sizeof next, "\\x%02x", (unsigned char)*line);
        else if (is_steering(code))
            (void)snprintf(next, sizeof next, "\\u%04x", (unsigned)code);
        else
            (void)snprintf(next, sizeof next, "%.*s", (int)count, line);
        const size_t length = strlen(next);
        if (used + length >= size) {
            memcpy(shown + whole, "...", 4);
            return shown;
        }
        memcpy(shown + used, next, length);
        used += length;
        whole = used + 4 <= size ? used : whole;
        line += count == 0 ? 1 : count;
    }
    shown[used] = '\0';
    return shown;
}

/* ---- alike ---- */

/* The next character that can be seen, as a number, of which ASCII's letters are small; 0 at the end. */
static uint32_t next_seen(const char **text, const char *end, bool *any_hidden)
{
    while (*text < end) {
        uint32_t code;
        const size_t count = decode(*text, (size_t)(end - *text), &code);
        if (count == 0)
            return 0x110000u + (unsigned char)*(*text)++; /* behind all characters */
        *text += count;
        if (code == ' ' || code == '\t')
            continue;
        if (!is_hidden(code))
            return code - 'A' < 26u ? code + ('a' - 'A') : code;
        *any_hidden = true;
    }
    return 0;
}

bool ls_visible_any(const char *text, size_t length)
{
    bool ignored;
    return next_seen(&text, text + length, &ignored) != 0;
}

/* Whether two texts are the same but for characters that cannot be seen, blanks, and case. */
static bool compare(const char *a, size_t a_length, const char *b, size_t b_length, bool *any_hidden)
{
    const char *const a_end = a + a_length, *const b_end = b + b_length;
    *any_hidden = false;
    for (;;) {
        const uint32_t code = next_seen(&a, a_end, any_hidden);
        if (code != next_seen(&b, b_end, any_hidden))
            return false;
        if (code == 0)
            return true;
    }
}

bool ls_visible_explain(const char *wanted, const char *found, size_t found_length, ls_text *out)
{
    bool any_hidden;
    if (!compare(wanted, strlen(wanted), found, found_length, &any_hidden))
        return false;
    ls_text_append(out, " (it has '");
    ls_visible_put(found, found_length, out);
    ls_text_append(out, any_hidden ? "', which differs in characters that cannot be seen, written here as \\u....)"
                                   : "', which differs in blanks, or in upper and lower case)");
    return true;
}
