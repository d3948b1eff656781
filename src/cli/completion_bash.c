/* Completion for bash: one function that needs neither the package bash-completion nor the program. */
#include "cli/completion.h"

#include "cli/option_text.h"

#include <stdio.h>

static void print_commands(void)
{
    for (size_t i = 0; command_at(i) != NULL; i++)
        printf("%s ", command_at(i)->name);
}

/* "train) words='--x --y ...' ;;" for each command. */
static void print_options(void)
{
    for (size_t c = 0; command_at(c) != NULL; c++) {
        printf("    %s) words='", command_at(c)->name);
        for (size_t i = 0; ls_option_at(i) != NULL; i++) {
            const ls_option_row *row = ls_option_at(i);
            if (option_is_for(row, command_at(c)->bit))
                printf("--%s%s ", option_is_on(row) ? "no-" : "", row->key);
        }
        if (option_section(command_at(c)->bit, 0) != NULL)
            printf("--config ");
        printf("--help' ;;\n");
    }
}

/* "--normalize) words='none standard minmax' ;;" for each option: equal ones of different commands are one row. */
static void print_values(void)
{
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        const ls_option_row *row = ls_option_at(i);
        const completion_kind kind = completion_kind_of(row);
        if (row->commands == 0 || kind == COMPLETION_NOTHING || kind == COMPLETION_TEXT)
            continue;
        printf("    --%s) ", row->key);
        if (kind == COMPLETION_FILE) {
            printf("kind=file ;;\n");
            continue;
        }
        printf("kind=%s words='", kind == COMPLETION_LIST ? "list" : "words");
        completion_words(row, " ");
        printf("' ;;\n");
    }
    printf("    --config) kind=file ;;\n");
}

/* "--threads|--seed) kind=text ;;": what takes a value that cannot be guessed. */
static void print_texts(void)
{
    const char *before = "    ";
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        const ls_option_row *row = ls_option_at(i);
        if (row->commands == 0 || completion_kind_of(row) != COMPLETION_TEXT)
            continue;
        printf("%s--%s", before, row->key);
        before = "|";
    }
    printf(") kind=text ;;\n");
}

/* "train) words='all data model ...' ;;": what help can be about. */
static void print_topics(void)
{
    for (size_t c = 0; command_at(c) != NULL; c++) {
        const char *section;
        char word[64];
        printf("    %s) words='all ", command_at(c)->name);
        for (size_t i = 0; (section = option_section(command_at(c)->bit, i)) != NULL; i++) {
            snprintf(word, sizeof word, "%s", section);
            for (char *p = word; *p != '\0'; p++)
                *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
            printf("%s ", word);
        }
        for (size_t i = 0; ls_option_at(i) != NULL; i++) {
            if (option_is_for(ls_option_at(i), command_at(c)->bit))
                printf("%s ", ls_option_at(i)->key);
        }
        printf("' ;;\n");
    }
}

void completion_print_bash(void)
{
    printf("# bash completion for lockstep, made by `lockstep help --completion bash`.\n"
           "_lockstep()\n"
           "{\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} before= attached= kind= words= head= "
           "word\n"
           "    local last='^(.*[ ,(])?([a-z_0-9]*)$'\n"
           "    COMPREPLY=()\n"
           "    (( COMP_CWORD > 0 )) && before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    # --key=value is three words where the equals sign breaks them, else one.\n"
           "    if [[ $current == = ]]; then\n"
           "        current=\n"
           "    elif [[ $before == = ]]; then\n"
           "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    elif [[ $current == --*=* ]]; then\n"
           "        before=${current%%%%=*} attached=${current%%%%=*}= current=${current#*=}\n"
           "    fi\n"
           "    if (( COMP_CWORD == 1 )); then\n"
           "        COMPREPLY=($(compgen -W '");
    print_commands();
    printf("help --help --version' -- \"$current\"))\n"
           "        return\n"
           "    fi\n"
           "    if [[ $command == help ]]; then\n"
           "        case $COMP_CWORD:${COMP_WORDS[2]} in\n"
           "        2:*) words='");
    print_commands();
    printf("--man --completion' ;;\n"
           "        3:--man) words='");
    print_commands();
    printf("' ;;\n"
           "        3:--completion) words='bash zsh fish' ;;\n"
           "        3:*) command=${COMP_WORDS[2]} before=--help ;;\n"
           "        esac\n"
           "        if [[ $before != --help ]]; then\n"
           "            COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "            return\n"
           "        fi\n"
           "    fi\n"
           "    if [[ $before == --help ]]; then\n"
           "        case $command in\n");
    print_topics();
    printf("        esac\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "        return\n"
           "    fi\n"
           "    case $before in\n");
    print_values();
    print_texts();
    printf("    esac\n"
           "    case $kind in\n"
           "    text) return ;;\n"
           "    words)\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "        COMPREPLY=(\"${COMPREPLY[@]/#/$attached}\")\n"
           "        return ;;\n"
           "    list) # the last word of a list, which is in quotes mostly; one with a comma too, or the quotes would "
           "end\n"
           "        current=${current#[\\\"\\']}\n"
           "        [[ $current =~ $last ]] || return\n"
           "        head=${BASH_REMATCH[1]}\n"
           "        for word in $(compgen -W \"$words\" -- \"${BASH_REMATCH[2]}\"); do\n"
           "            COMPREPLY+=(\"$attached$head$word\")\n"
           "        done\n"
           "        (( ${#COMPREPLY[@]} == 1 )) && COMPREPLY+=(\"${COMPREPLY[0]},\")\n"
           "        return ;;\n"
           "    esac\n"
           "    if [[ -z $kind && $current == -* ]]; then\n"
           "        case $command in\n");
    print_options();
    printf("        esac\n"
           "        COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "        return\n"
           "    fi\n"
           "    local IFS=$'\\n'\n"
           "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
           "    COMPREPLY=(\"${COMPREPLY[@]/#/$attached}\")\n"
           "    compopt -o filenames 2>/dev/null\n"
           "}\n"
           "complete -F _lockstep lockstep\n");
}
