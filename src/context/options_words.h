/* What other programs call options. */
#ifndef LS_CONTEXT_OPTIONS_WORDS_H
#define LS_CONTEXT_OPTIONS_WORDS_H

#include <stddef.h>

/* A word that is no option here, and too far from one to be taken for a slip. */
typedef struct ls_options_word {
    const char *word;
    const char *key;    /* the option that does it; NULL: none does */
    const char *advice; /* how it is said here, where that is not just the key: "--layers \"64 relu, dropout 0.2\"" */
} ls_options_word;

/* The row of a word ('_' equals '-'), or NULL. */
const ls_options_word *ls_options_words_find(const char *word);
/* The i-th row, NULL behind the last. */
const ls_options_word *ls_options_words_at(size_t i);

#endif
