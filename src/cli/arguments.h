/* The command line of a subcommand. */
#ifndef LOCKSTEP_CLI_ARGUMENTS_H
#define LOCKSTEP_CLI_ARGUMENTS_H

#include "cli/commands.h"

#include <stdbool.h>

typedef struct cli_arguments {
    const cli_command *command;
    bool help;             /* --help or -h was given; the rest may be incomplete */
    char run[LS_TEXT_MAX]; /* the positional RUN of evaluate and predict */
    ls_options options;    /* defaults, then --config files, then the command line */
} cli_arguments;

/* Local. Parses argv[2..] for the command. LS_ERR_USAGE with output_fail's message. */
ls_status arguments_parse(const cli_command *command, int argc, char **argv, cli_arguments *arguments);

#endif
