/* Well-formed UTF-8 (Unicode, table 3-7). */
#include "base/utf8.h"

#include <string.h>

int ls_utf8_length(const unsigned char *s)
{
    unsigned char least = 0x80, most = 0xBF; /* bounds of the second byte */
    int length;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        length = 2;
    else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        length = 3;
        if (s[0] == 0xE0)
            least = 0xA0;
        if (s[0] == 0xED)
            most = 0x9F;
    } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        length = 4;
        if (s[0] == 0xF0)
            least = 0x90;
        if (s[0] == 0xF4)
            most = 0x8F;
    } else
        return 0;
    for (int i = 1; i < length; i++) { /* the terminating NUL ends this too */
        if (s[i] < least || s[i] > most)
            return 0;
        least = 0x80;
        most = 0xBF;
    }
    return length;
}

bool ls_utf8_valid(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    while (*s != '\0') {
        const int length = ls_utf8_length(s);
        if (length == 0)
            return false;
        s += length;
    }
    return true;
}

bool ls_utf8_valid_bytes(const char *bytes, int64_t count)
{
    for (int64_t at = 0; at < count;) {
        unsigned char next[5] = {0}; /* what is looked at must end in a NUL */
        memcpy(next, bytes + at, (size_t)(count - at < 4 ? count - at : 4));
        const int length = next[0] == '\0' ? 0 : ls_utf8_length(next);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}
