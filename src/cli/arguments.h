/* The command line of a subcommand. */
#ifndef LOCKSTEP_CLI_ARGUMENTS_H
#define LOCKSTEP_CLI_ARGUMENTS_H

#include "cli/commands.h"

#include <stdbool.h>

typedef struct cli_arguments {
    const cli_command *command;
    bool help;             /* --help or -h was given; the rest may be incomplete */
    const char *topic;     /* of the help; NULL: none in particular */
    char run[LS_TEXT_MAX]; /* the positional RUN of evaluate and predict */
    const char *runs[64];  /* (run_count) all of them, where there may be several: [RUN...] */
    int run_count;
    const char *config;  /* the last file of --config; NULL: none */
    bool several;        /* other processes have the same line */
    bool piped;          /* one of them cannot be read again */
    ls_options *options; /* defaults, then --config files, then the command line; NULL when there is no memory */
} cli_arguments;

/* Local. Parses argv[2..] for the command, in one of several processes that have the same line or alone. LS_ERR_USAGE
 * with output_fail's message. The options live as long as the
 * program. */
ls_status arguments_parse(const cli_command *command, int argc, char **argv, bool several, cli_arguments *arguments);

/* The value of an option, which must be there, in a buffer that the next call overwrites. */
const char *arguments_text(const cli_arguments *arguments, const char *key);
/* Whether the line or a file says where the data is. */
bool arguments_has_data(const cli_arguments *arguments);
/* What names the data: the argument, or what stands for it. Into text[LS_TEXT_MAX]. */
void arguments_data(const cli_arguments *arguments, char *text);
bool arguments_is_on(const cli_arguments *arguments, const char *key);

/* Collective. The model of the positional RUN, with its running averages for --use-ema. */
ls_status arguments_load_model(const cli_arguments *arguments, ls_context *context, ls_model **model);

#endif
