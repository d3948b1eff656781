/* The help texts. */
#ifndef LOCKSTEP_CLI_HELP_H
#define LOCKSTEP_CLI_HELP_H

#include "cli/commands.h"

/* Local. To standard output. `command` NULL: the program's own help. */
void help_print(const cli_command *command);

#endif
