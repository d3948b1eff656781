/* The list of subcommands. */
#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

static const cli_command *const commands[] = {&train_command,   &evaluate_command, &predict_command, &info_command,
                                              &convert_command, &export_command,   &report_command};

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

void commands_print(void)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        puts(commands[i]->name);
}

/* What else people call it. */
static const char *const others[][2] = {
    {"fit", "train"}, {"learn", "train"}, {"test", "evaluate"}, {"score", "evaluate"}, {"infer", "predict"},
    {"run", "train"}, {"show", "info"},   {"inspect", "info"},  {"import", "convert"}, {"save", "export"}};

const char *command_suggest(const char *word)
{
    const char *names[sizeof commands / sizeof commands[0] + 2] = {"help"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        names[i + 1] = commands[i]->name;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(others[i][0], word) == 0)
            return others[i][1];
    }
    for (size_t i = 0; names[i] != NULL; i++) { /* the beginning of one: eval, pred */
        if (strlen(word) >= 2 && strncmp(names[i], word, strlen(word)) == 0)
            return names[i];
    }
    return ls_name_suggest(word, names);
}
