/* The list of subcommands. */
#include "cli/commands.h"

#include <string.h>

static const cli_command *const commands[] = {&train_command, &evaluate_command, &predict_command, &info_command,
                                              &convert_command};

const cli_command *command_at(size_t index)
{
    return index < sizeof commands / sizeof commands[0] ? commands[index] : NULL;
}

const cli_command *command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}
