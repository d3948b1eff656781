/* Completion scripts for shells, with every command, option and choice of the tables written out in them: a shell that
 * completes starts no program. */
#ifndef LOCKSTEP_CLI_COMPLETION_H
#define LOCKSTEP_CLI_COMPLETION_H

#include "cli/commands.h"

#include <stdbool.h>

/* bash, zsh or fish. */
bool completion_has(const char *shell);
/* Local. The script of a shell that completion_has to standard output. */
void completion_print(const char *shell);

/* Scripts of one shell each. */
void completion_print_bash(void);
void completion_print_zsh(void);
void completion_print_fish(void);

/* ---- what they share ---- */

/* What may follow an option. */
typedef enum completion_kind {
    COMPLETION_NOTHING, /* a switch: no value */
    COMPLETION_TEXT,    /* a value that nobody can guess */
    COMPLETION_CHOICES, /* one of some words */
    COMPLETION_LIST,    /* words of a list, such as layers */
    COMPLETION_FILE
} completion_kind;

completion_kind completion_kind_of(const ls_option_row *row);
/* Whether several words may stand in the value, with others between them. */
bool completion_is_list(const ls_option_row *row);
/* The words that may follow an option, with `between` between them, to standard output. */
void completion_words(const ls_option_row *row, const char *between);
/* A line about the option without quotes, brackets, colons, backslashes and dollars, which shells read. Into
 * text[size]. */
void completion_line(const ls_option_row *row, unsigned command, char *text, size_t size);
/* The same of any text. */
void completion_plain(const char *text, char *out, size_t size);

#endif
