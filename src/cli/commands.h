/* The subcommands: what each is called, takes and does. */
#ifndef LOCKSTEP_CLI_COMMANDS_H
#define LOCKSTEP_CLI_COMMANDS_H

#include <lockstep.h>

struct cli_arguments;

typedef struct cli_command {
    const char *name;
    unsigned bit;            /* LS_COMMAND_..., selects its options */
    const char *positionals; /* "RUN [DATA]": in this order, those in brackets may be missing; IN is the option 'data',
                                OUT is 'output' */
    const char *summary;     /* one line of `lockstep --help` */
    const char *description; /* paragraph of its own help */
    const char *examples;    /* lines, each indented by two spaces */
    bool saves;              /* a stop leaves a state to go on from */
    bool single;             /* needs no context: rank 0 runs it alone, with context NULL */
    /* Writes what is about to be done into text[size], for people; NULL: nothing is said. */
    void (*opening)(const struct cli_arguments *arguments, char *text, size_t size);
    /* Collective unless single. A status that is not the same on all ranks ends the program all the same. */
    ls_status (*run)(ls_context *context, const struct cli_arguments *arguments);
} cli_command;

extern const cli_command train_command, evaluate_command, predict_command, info_command, convert_command,
    export_command, report_command;

/* The i-th command, NULL behind the last. */
const cli_command *command_at(size_t index);
/* NULL when there is no such command. */
const cli_command *command_find(const char *name);
/* Local. Their names to standard output, one a line. */
void commands_print(void);
/* The name of the command that was probably meant, or NULL. */
const char *command_suggest(const char *word);

#endif
