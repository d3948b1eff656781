/* Texts of users in messages: characters that cannot be seen, or look like a blank or a line's end, as \u200b. */
#ifndef LS_BASE_VISIBLE_H
#define LS_BASE_VISIBLE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

#define LS_VISIBLE_BYTES 12 /* of a character as it is shown, with a NUL */

/* Bytes, from 1 on, of the character at `text`, which has `length` of them at least 1; `shown` is what is to be
 * printed: itself, \u and four digits (\U and eight), or ? where it is no UTF-8. */
size_t ls_visible_next(const char *text, size_t length, char shown[LS_VISIBLE_BYTES]);
/* Appends all of a text as it is to be printed. */
void ls_visible_put(const char *text, size_t length, ls_text *out);
/* Whether it has a character that can be seen. */
bool ls_visible_any(const char *text, size_t length);

/* Appends " (it has 'a\u200b', which differs in ...)" of what stands in the place of `wanted`; nothing, and false,
 * where the two differ in more than characters that cannot be seen, blanks, and upper and lower case of ASCII. */
bool ls_visible_explain(const char *wanted, const char *found, size_t found_length, ls_text *out);

#endif
