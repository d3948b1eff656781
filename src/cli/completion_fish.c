/* Completion for fish: a line for each option of each command. */
#include "cli/completion.h"

#include "cli/option_text.h"

#include <stdio.h>

static void print_option(const ls_option_row *row, const cli_command *command)
{
    char line[128];
    const completion_kind kind = completion_kind_of(row);
    completion_line(row, command->bit, line, sizeof line);
    printf("complete -c lockstep -n '__fish_seen_subcommand_from %s' -l %s%s -d '%s'", command->name,
           option_is_on(row) ? "no-" : "", row->key, line);
    if (kind == COMPLETION_FILE) {
        printf(" -r -F");
    } else if (kind != COMPLETION_NOTHING) {
        printf(" -x");
    }
    if (kind == COMPLETION_CHOICES) {
        printf(" -a '");
        completion_words(row, " ");
        printf("'");
    } else if (kind == COMPLETION_LIST) {
        printf(" -a '(__lockstep_list ");
        completion_words(row, " ");
        printf(")'");
    }
    printf("\n");
}

static void print_command(const cli_command *command)
{
    char line[256];
    completion_plain(command->summary, line, sizeof line);
    printf("complete -c lockstep -n __fish_use_subcommand -f -a %s -d '%s'\n", command->name, line);
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        if (option_is_for(ls_option_at(i), command->bit))
            print_option(ls_option_at(i), command);
    }
    if (option_section(command->bit, 0) != NULL)
        printf("complete -c lockstep -n '__fish_seen_subcommand_from %s' -l config -r -F -d 'options from lines key = "
               "value'\n",
               command->name);
    printf("complete -c lockstep -n '__fish_seen_subcommand_from %s' -l help -d 'what it takes'\n", command->name);
}

void completion_print_fish(void)
{
    printf("# fish completion for lockstep, made by `lockstep help --completion fish`.\n"
           "function __lockstep_list # words of a list with blanks, commas and brackets between them\n"
           "    set -l head (string match -r '^[\"\\']?(?:--[a-z-]+=)?[\"\\']?(.*[ ,(])?' -- (commandline -ct))[2]\n"
           "    for word in $argv\n"
           "        echo $head$word\n"
           "    end\n"
           "end\n");
    for (size_t i = 0; command_at(i) != NULL; i++)
        print_command(command_at(i));
    printf("complete -c lockstep -n __fish_use_subcommand -f -a help -d 'what a command takes'\n"
           "complete -c lockstep -n '__fish_seen_subcommand_from help' -f -a '");
    for (size_t i = 0; command_at(i) != NULL; i++)
        printf("%s ", command_at(i)->name);
    printf("'\n");
}
