/* Help from the option table: only the options of the command, wrapped to the terminal. First the usual ones, which fit
 * a screen; all of them, a section or one option when asked for. */
#include "cli/help.h"

#include "cli/option_text.h"
#include "cli/output.h"
#include "cli/signals.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INDENT   28 /* column at which an option's text begins */
#define EXAMPLES 3  /* of a short help */

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

static void print_entry_at(int indent, const char *name, const char *text, int columns)
{
    int at = printf("%s", name);
    if (at > indent - 2) {
        printf("\n");
        at = 0;
    }
    printf("%*s", indent - at, "");
    print_wrapped(text, indent, indent, columns);
}

static void print_entry(const char *name, const char *text, int columns)
{
    print_entry_at(INDENT, name, text, columns);
}

/* ---- one option ---- */

/* "TEXT [default]". */
static void with_default(const ls_option_row *row, const char *text, char *out, size_t size)
{
    const char *initial = option_default(row);
    snprintf(out, size, "%s%s%s%s", text, initial != NULL ? " [" : "", initial != NULL ? initial : "",
             initial != NULL ? "]" : "");
}

/* "* --normalize none|standard|minmax"; the star marks the recipe. */
static void name_of(const ls_option_row *row, bool star, char *out, size_t size)
{
    const char *value = option_value(row);
    snprintf(out, size, "%c --%s%s%s%s", star ? '*' : ' ', option_is_on(row) ? "[no-]" : "", row->key,
             value[0] != '\0' ? " " : "", value);
}

/* The same with the first word of a long value only, or what counts in it. */
static void short_name_of(const ls_option_row *row, char *out, size_t size)
{
    const char *value = option_value(row);
    int length = (int)strlen(value);
    if (row->choices == NULL && strchr(value, '[') != NULL && strstr(value, "PATH") != NULL) {
        value = "PATH";
        length = 4;
    } else if (row->choices == NULL) {
        length = (int)strcspn(value, " ");
    }
    snprintf(out, size, "  --%s%s%s%.*s", option_is_on(row) ? "[no-]" : "", row->key, length > 0 ? " " : "", length,
             value);
}

/* The others use a recipe and make none. */
static bool has_stars(const cli_command *command)
{
    return command->bit == LS_COMMAND_TRAIN;
}

static void print_option(const cli_command *command, const ls_option_row *row, int columns)
{
    char name[128], text[2048];
    name_of(row, has_stars(command) && row->recipe, name, sizeof name);
    with_default(row, row->help, text, sizeof text);
    print_entry(name, text, columns);
}

static void print_section(const cli_command *command, const char *section, int columns)
{
    const ls_option_row *row;
    printf("%s\n", section);
    for (size_t i = 0; (row = option_in_section(command->bit, section, i)) != NULL; i++)
        print_option(command, row, columns);
}

static void print_star(int columns)
{
    printf("\n");
    print_wrapped("* is part of the recipe. Equal data and recipes give the same model, bit for bit, on any number of "
                  "ranks and threads, and however often the run was stopped and resumed.",
                  0, 0, columns);
}

/* ---- a command ---- */

static void print_other(const cli_command *command, int columns)
{
    printf("\nOther\n");
    if (option_section(command->bit, 0) != NULL)
        print_entry("  --config FILE", "read options from lines \"key = value\" first; the command line wins", columns);
    print_entry("  --help [TOPIC]", "this text: all, a section or an option, or the usual options without a topic",
                columns);
}

static void print_all(const cli_command *command, int columns)
{
    const char *section;
    printf("Usage: lockstep %s %s [options]\n\n", command->name, command->positionals);
    print_wrapped(command->description, 0, 0, columns);
    printf("\nExamples\n%s", command->examples);
    for (size_t i = 0; (section = option_section(command->bit, i)) != NULL; i++) {
        printf("\n");
        print_section(command, section, columns);
    }
    print_other(command, columns);
    if (has_stars(command))
        print_star(columns);
}

static size_t count_options(const cli_command *command)
{
    size_t count = 0;
    for (size_t i = 0; ls_option_at(i) != NULL; i++)
        count += option_is_for(ls_option_at(i), command->bit);
    return count;
}

/* "data, model, training". */
static void list_sections(const cli_command *command, char *out, size_t size)
{
    const char *section;
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; (section = option_section(command->bit, i)) != NULL && at < size; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", section);
        char *first = out + at - strlen(section);
        if (at < size && *first >= 'A' && *first <= 'Z')
            *first = (char)(*first - 'A' + 'a');
    }
}

static void print_first_sentence(const char *text, int columns)
{
    char sentence[512];
    const char *end = strstr(text, ". ");
    snprintf(sentence, sizeof sentence, "%.*s", end != NULL ? (int)(end + 1 - text) : (int)strlen(text), text);
    print_wrapped(sentence, 0, 0, columns);
}

static void print_first_examples(const char *text)
{
    for (int i = 0; i < EXAMPLES && *text != '\0'; i++) {
        const size_t length = strcspn(text, "\n");
        printf("%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void print_usual(const cli_command *command, int columns)
{
    enum { BEHIND = 31 };
    const ls_option_row *row;
    const char *brief;
    char name[128], text[512];
    printf("Usage: lockstep %s %s [options]\n\n", command->name, command->positionals);
    print_first_sentence(command->description, columns);
    printf("\nExamples\n");
    print_first_examples(command->examples);
    printf("\nUsual options\n");
    for (size_t i = 0; (row = ls_option_usual(command->bit, i, &brief)) != NULL; i++) {
        short_name_of(row, name, sizeof name);
        with_default(row, brief, text, sizeof text);
        print_entry_at(BEHIND, name, text, columns);
    }
    printf("\nMore: lockstep %s --help TOPIC\n", command->name);
    snprintf(text, sizeof text, "all %zu options, with more examples", count_options(command));
    print_entry_at(BEHIND, "  all", text, columns);
    list_sections(command, text, sizeof text);
    print_entry_at(BEHIND, "  a section", text, columns);
    row = ls_option_usual(command->bit, 0, &brief);
    snprintf(text, sizeof text, "all about it, as in --help %s", row->key);
    print_entry_at(BEHIND, "  an option's name", text, columns);
}

/* ---- the program ---- */

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
    print_entry("  help [COMMAND [TOPIC]]",
                "this text, or a command's usual options; TOPIC is all, one of its sections or options", columns);
    print_entry("  help --man [COMMAND]", "the manual page; to read it: ... | man -l -", columns);
    print_entry("  help --completion SHELL", "for bash: source <(lockstep help --completion bash); zsh, fish", columns);
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

/* ---- which of them ---- */

static const ls_option_row *option_of(const cli_command *command, const char *topic)
{
    const ls_option_row *row = ls_option_find(strncmp(topic, "--", 2) == 0 ? topic + 2 : topic);
    return row != NULL && option_is_for(row, command->bit) ? row : NULL;
}

bool help_has(const cli_command *command, const char *topic)
{
    return strcmp(topic, "all") == 0 || option_section_find(command->bit, topic) != NULL ||
           option_of(command, topic) != NULL;
}

ls_status help_fail(const cli_command *command, const char *topic)
{
    char sections[256];
    list_sections(command, sections, sizeof sections);
    return output_fail(
        LS_ERR_USAGE,
        "'%.200s' is no section and no option of %s: expected lockstep %s --help, or --help with all, %s "
        "or the name of an option",
        topic, command->name, command->name, sections);
}

void help_print(const cli_command *command, const char *topic)
{
    const char *brief, *section = command != NULL && topic != NULL ? option_section_find(command->bit, topic) : NULL;
    const int columns = width();
    if (command == NULL)
        print_program(columns);
    else if (section != NULL)
        print_section(command, section, columns);
    else if (topic != NULL && strcmp(topic, "all") != 0)
        print_option(command, option_of(command, topic), columns);
    else if (topic != NULL || ls_option_usual(command->bit, 0, &brief) == NULL)
        print_all(command, columns);
    else
        print_usual(command, columns);
}
