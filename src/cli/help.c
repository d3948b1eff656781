/* Help from the option table: only the options of the command, by section, wrapped to the terminal. */
#include "cli/help.h"

#include "cli/output.h"
#include "cli/signals.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INDENT 28 /* column at which an option's text begins */

/* Between 80 and 100 columns: narrower wastes lines, wider is hard to read. */
static int width(void)
{
    int columns = output_columns(STDOUT_FILENO);
    return columns <= 80 ? 80 : columns >= 100 ? 100 : columns;
}

/* Prints text at the cursor in column `at`, further lines at column `indent`, and ends the line. */
static void print_wrapped(const char *text, int at, int indent, int columns)
{
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (at > indent && at + length >= columns) {
            printf("\n%*s", indent, "");
            at = indent;
        }
        at += printf("%.*s", length, text);
        text += length;
        if (*text == ' ') {
            text++;
            if (at + 1 + (int)strcspn(text, " ") < columns)
                at += printf(" ");
            else if (*text != '\0') {
                printf("\n%*s", indent, "");
                at = indent;
            }
        }
    }
    printf("\n");
}

static void print_entry(const char *name, const char *text, int columns)
{
    int at = printf("%s", name);
    if (at > INDENT - 2) {
        printf("\n");
        at = 0;
    }
    printf("%*s", INDENT - at, "");
    print_wrapped(text, INDENT, INDENT, columns);
}

/* What to say of the default: nothing where it is empty or the text explains it. */
static bool shows_default(const ls_option_row *row)
{
    return row->initial[0] != '\0' && row->type != LS_OPTION_SWITCH && strcmp(row->initial, "0") != 0;
}

/* "* --normalize none|standard|minmax  TEXT [none]"; the star marks the recipe. */
static void print_option(const ls_option_row *row, bool star, int columns)
{
    char name[128], text[1024];
    const bool is_on = row->type == LS_OPTION_SWITCH && strcmp(row->initial, "on") == 0;
    const char *value = row->choices != NULL ? row->choices : row->value != NULL ? row->value : "";
    snprintf(name, sizeof name, "%c --%s%s%s%s", star ? '*' : ' ', is_on ? "[no-]" : "", row->key,
             value[0] != '\0' ? " " : "", value);
    const bool shown = is_on || shows_default(row);
    snprintf(text, sizeof text, "%s%s%s%s", row->help, shown ? " [" : "", shown ? row->initial : "", shown ? "]" : "");
    print_entry(name, text, columns);
}

static void print_options(const cli_command *command, int columns)
{
    const char *section = "";
    const bool stars = command->bit == LS_COMMAND_TRAIN; /* the others use a recipe and make none */
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        const ls_option_row *row = ls_option_at(i);
        if ((row->commands & command->bit) == 0)
            continue;
        if (strcmp(section, row->section) != 0)
            printf("\n%s\n", row->section);
        section = row->section;
        print_option(row, stars && row->recipe, columns);
    }
    printf("\nOther\n");
    if (*section != '\0')
        print_entry("  --config FILE", "read options from lines \"key = value\" first; the command line wins", columns);
    print_entry("  --help", "this text", columns);
    if (stars) {
        printf("\n");
        print_wrapped("* is part of the recipe. Equal data and recipes give the same model, bit for bit, on "
                      "any number of "
                      "ranks and threads, and however often the run was stopped and resumed.",
                      0, 0, columns);
    }
}

static void print_program(int columns)
{
    printf("Usage: lockstep COMMAND ARGUMENTS [options]\n\n");
    print_wrapped("Trains dense neural networks from HDF5 datasets, data-parallel over MPI ranks and OpenMP "
                  "threads, with the "
                  "same bits on every split.",
                  0, 0, columns);
    printf("\nCommands\n");
    for (size_t i = 0; command_at(i) != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "  %s %s", command_at(i)->name, command_at(i)->positionals);
        print_entry(name, command_at(i)->summary, columns);
    }
    print_entry("  help [COMMAND]", "this text, or a command's options", columns);
    print_entry("  --version [--json]", "the version, and those of compiler, MPI, HDF5 and kernels", columns);
    printf("\nExamples\n"
           "  lockstep train digits.h5 --layers \"64 relu, 10 softmax\" --output run\n"
           "  mpirun -n 4 lockstep train digits.h5 --layers \"64 relu, 10 softmax\"\n"
           "  lockstep evaluate run digits.h5\n"
           "  lockstep predict run digits.h5 --output prediction.h5\n"
           "  lockstep info digits.h5\n"
           "  lockstep convert iris.csv iris.h5 --target species\n");
    printf("\nExit codes\n");
#define PRINT_CODE(name, value, text) printf("  %3d  %s\n", value, text);
    LS_STATUS_LIST(PRINT_CODE)
#undef PRINT_CODE
    printf("  %d  aborted by a second Ctrl-C (SIGINT); what was saved before is whole\n", SIGNALS_ENDED_BY_INT);
    printf("  %d  aborted by a second SIGTERM, since nothing was being saved\n", SIGNALS_ENDED_BY_TERM);
}

void help_print(const cli_command *command)
{
    int columns = width();
    if (command == NULL) {
        print_program(columns);
        return;
    }
    printf("Usage: lockstep %s %s [options]\n\n", command->name, command->positionals);
    print_wrapped(command->description, 0, 0, columns);
    printf("\nExamples\n%s", command->examples);
    print_options(command, columns);
}
