/* The words between the brackets of /table[0:10,weight,"size [m2]"]: numbers, ranges and names. A name in double quotes
 * may hold commas, brackets, blanks at its ends and quotes ("" is one), and is nothing but a name. */
#ifndef LS_SOURCE_COLUMN_WORDS_H
#define LS_SOURCE_COLUMN_WORDS_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct ls_column_word {
    char text[1024]; /* without the quotes; what does not fit is cut off */
    bool quoted;
} ls_column_word;

/* Length of the name in quotes that begins with the quote at `text`, with both quotes; to the text's end where the
 * second is not there. */
size_t ls_column_word_quoted(const char *text);

/* Local. Takes the word at *cursor, without the blanks around it, and moves *cursor behind it and its comma; *more:
 * there was a comma, so another one follows. LS_ERR_USAGE: a quote is not closed, or its name goes on behind it. */
ls_status ls_column_word_next(const char **cursor, ls_column_word *word, bool *more);
/* Local. Whether there is a single word and it is a name, or may be one. */
bool ls_column_word_only(const char *words, ls_column_word *word);

/* Appends a name of `length` bytes as it is to be written between brackets: in quotes where it needs them. */
void ls_column_word_put(const char *name, size_t length, ls_text *text);

#endif
