/* What messages tell people to type: words as a shell takes them apart, and as options that are lists do after it. */
#ifndef LS_BASE_SHELL_H
#define LS_BASE_SHELL_H

#include "base/text.h"

/* Appends a word in quotes from which a shell makes the formatted text: 'it'\''s'. */
void ls_shell_put_word(ls_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends such a word that is the formatted text as one item of a list (ls_parse_listed): '"a, b"'. */
void ls_shell_put_item(ls_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
