/* The help texts. */
#ifndef LOCKSTEP_CLI_HELP_H
#define LOCKSTEP_CLI_HELP_H

#include "cli/commands.h"

#include <stdbool.h>

/* Whether it is something that a command's help can be about: "all", one of its sections or options. */
bool help_has(const cli_command *command, const char *topic);

/* Local. To standard output. `command` NULL: the program's own help. `topic` NULL: of a command with many options those
 * that most users need; "all": all of them; else a section or an option, which help_has. */
void help_print(const cli_command *command, const char *topic);

/* Local. Records the message for a topic that there is none of, and returns LS_ERR_USAGE. */
ls_status help_fail(const cli_command *command, const char *topic);

#endif
