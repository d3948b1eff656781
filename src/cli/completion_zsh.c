/* Completion for zsh: _arguments with a line for each option. */
#include "cli/completion.h"

#include "cli/option_text.h"

#include <stdio.h>

static void print_option(const ls_option_row *row, unsigned command)
{
    char line[128], value[128];
    completion_line(row, command, line, sizeof line);
    completion_plain(row->value != NULL ? row->value : "VALUE", value, sizeof value);
    const completion_kind kind = completion_kind_of(row);
    if (kind == COMPLETION_NOTHING) {
        printf("            '--%s%s[%s]' \\\n", option_is_on(row) ? "no-" : "", row->key, line);
        return;
    }
    printf("            '--%s=[%s]:%s:", row->key, line, value);
    if (kind == COMPLETION_FILE) {
        printf("_files");
    } else if (kind == COMPLETION_LIST) {
        printf("_lockstep_list ");
        completion_words(row, " ");
    } else if (kind == COMPLETION_CHOICES) {
        printf("(");
        completion_words(row, " ");
        printf(")");
    }
    printf("' \\\n");
}

static void print_command(const cli_command *command)
{
    printf("    %s)\n        _arguments -S \\\n", command->name);
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        if (option_is_for(ls_option_at(i), command->bit))
            print_option(ls_option_at(i), command->bit);
    }
    if (option_section(command->bit, 0) != NULL)
        printf("            '--config=[options from lines key = value]:FILE:_files' \\\n");
    printf("            '--help[what it takes]' \\\n            '*:%s:_files' ;;\n", command->positionals);
}

static void print_commands(void)
{
    char line[256];
    for (size_t i = 0; command_at(i) != NULL; i++) {
        completion_plain(command_at(i)->summary, line, sizeof line);
        printf("        '%s:%s'\n", command_at(i)->name, line);
    }
    printf("        'help:what a command takes'\n");
}

void completion_print_zsh(void)
{
    printf("#compdef lockstep\n"
           "# zsh completion for lockstep, made by `lockstep help --completion zsh`.\n"
           "_lockstep_list() # words of a list with blanks, commas and brackets between them\n"
           "{\n"
           "    compset -P '*[ ,(]'\n"
           "    compadd -S '' -- \"$@\"\n"
           "}\n"
           "_lockstep()\n"
           "{\n"
           "    local -a commands\n"
           "    commands=(\n");
    print_commands();
    printf("    )\n"
           "    if (( CURRENT == 2 )); then\n"
           "        _describe command commands\n"
           "        return\n"
           "    fi\n"
           "    local command=$words[2]\n"
           "    shift words\n"
           "    (( CURRENT-- ))\n"
           "    case $command in\n"
           "    help) _describe command commands ;;\n");
    for (size_t i = 0; command_at(i) != NULL; i++)
        print_command(command_at(i));
    printf("    esac\n"
           "}\n"
           "if [[ $funcstack[1] == _lockstep ]]; then\n"
           "    _lockstep \"$@\"\n"
           "else # sourced\n"
           "    compdef _lockstep lockstep\n"
           "fi\n");
}
