/* The manual pages. */
#ifndef LOCKSTEP_CLI_MANUAL_H
#define LOCKSTEP_CLI_MANUAL_H

#include "cli/commands.h"

/* Local. The page of a command, or with NULL that of the program, to standard output, in the macros of man(7). */
void manual_print(const cli_command *command);

/* What pages say of variables and files: a row is on the pages of the commands whose bits it has. */
typedef struct manual_fact {
    unsigned commands; /* LS_COMMAND_ bits */
    const char *name;  /* of a variable, or a path */
    const char *text;
} manual_fact;

#define MANUAL_ALL (~0u)

/* The i-th; NULL behind the last. */
const manual_fact *manual_variable(size_t index);
const manual_fact *manual_file(size_t index);
/* The signals' codes and the system's, beside LS_STATUS_LIST. */
const manual_fact *manual_code(size_t index);

#endif
