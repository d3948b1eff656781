/* Manual pages out of the tables of commands and options, in the macros of man(7) that groff and mandoc share. There is
 * no date in them: the same program gives the same bytes. */
#include "cli/manual.h"

#include "cli/option_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LINE 79 /* columns of a line of the source at most, but for longer words */

/* ---- characters ---- */

/* What stands for a character that roff would take for something else, or print as another one; NULL: itself. */
static const char *instead_of(char c)
{
    static const char *const texts[] = {"\\\\e", "-\\-", "'\\(aq", "\"\\(dq", "`\\(ga", "^\\(ha", "~\\(ti"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i][0] == c)
            return texts[i] + 1;
    }
    return NULL;
}

static void put_all(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (instead_of(text[i]) != NULL)
            fputs(instead_of(text[i]), stdout);
        else
            putchar(text[i]);
    }
}

static size_t columns_of(const char *text, size_t length)
{
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += instead_of(text[i]) != NULL ? strlen(instead_of(text[i])) : 1;
    return columns;
}

/* How much of a word is the name of an option, as in "(--keep,"; from where in *begin. */
static size_t option_in(const char *word, size_t length, size_t *begin)
{
    *begin = strspn(word, "(\"'");
    if (*begin + 2 >= length || strncmp(word + *begin, "--", 2) != 0 || !islower((unsigned char)word[*begin + 2]))
        return 0;
    return 2 + strspn(word + *begin + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

static void put_word(const char *word, size_t length)
{
    size_t begin;
    const size_t bold = option_in(word, length, &begin);
    if (bold == 0) {
        put_all(word, length);
        return;
    }
    put_all(word, begin);
    fputs("\\fB", stdout);
    put_all(word + begin, bold);
    fputs("\\fR", stdout);
    put_all(word + begin + bold, length - begin - bold);
}

/* A text as lines of the source, with the names of options in bold. */
static void put_text(const char *text)
{
    size_t at = 0;
    while (*(text += strspn(text, " ")) != '\0') {
        size_t begin;
        const size_t length = strcspn(text, " "), bold = option_in(text, length, &begin);
        const size_t columns = columns_of(text, length) + (bold > 0 ? strlen("\\fB\\fR") : 0);
        if (at > 0 && at + 1 + columns > LINE) {
            putchar('\n');
            at = 0;
        } else if (at > 0) {
            putchar(' ');
            at++;
        }
        if (at == 0 && *text == '.')
            fputs("\\&", stdout); /* not a request */
        put_word(text, length);
        at += columns;
        text += length;
    }
    putchar('\n');
}

static void put_capital(const char *text)
{
    for (; *text != '\0'; text++) {
        const char c = (char)toupper((unsigned char)*text);
        put_all(&c, 1);
    }
}

static void put_plain(const char *text)
{
    put_all(text, strlen(text));
}

/* ---- sections ---- */

static void head(const char *name)
{
    printf(".SH %s\n", name);
}

static void item(const char *name, const char *text)
{
    fputs(".TP\n.B \"", stdout);
    put_plain(name);
    puts("\"");
    put_text(text);
}

static void title(const cli_command *command)
{
    fputs(".TH LOCKSTEP", stdout);
    if (command != NULL) {
        fputs("\\-", stdout);
        put_capital(command->name);
    }
    printf(" 1 \"\" \"Lockstep %s\" \"Lockstep manual\"\n", ls_version());
}

/* "Default: 32. At least 1. Part of the recipe." */
static void put_facts(const ls_option_row *row, bool recipe)
{
    char text[256] = "", bounds[96];
    const char *initial = option_default(row);
    size_t at = 0;
    option_bounds(row, bounds, sizeof bounds);
    if (initial != NULL)
        at += (size_t)snprintf(text + at, sizeof text - at, " Default: %.64s.", initial);
    if (bounds[0] != '\0')
        at += (size_t)snprintf(text + at, sizeof text - at, " %c%s.", toupper((unsigned char)bounds[0]), bounds + 1);
    if (recipe && row->recipe)
        snprintf(text + at, sizeof text - at, " Part of the recipe.");
    if (text[0] == '\0')
        return;
    puts(".br");
    put_text(text);
}

static void put_option(const ls_option_row *row, bool recipe)
{
    fputs(".TP\n\\fB\\-\\-", stdout);
    put_plain(row->key);
    fputs("\\fR", stdout);
    if (option_is_on(row)) {
        fputs(", \\fB\\-\\-no\\-", stdout);
        put_plain(row->key);
        fputs("\\fR", stdout);
    } else if (option_value(row)[0] != '\0') {
        fputs(row->choices != NULL ? " \\fB" : " \\fI", stdout);
        put_plain(option_value(row));
        fputs("\\fR", stdout);
    }
    putchar('\n');
    put_text(row->help);
    put_facts(row, recipe);
}

static void put_options(const cli_command *command)
{
    const char *section;
    const ls_option_row *row;
    const bool recipe = command->bit == LS_COMMAND_TRAIN;
    head("OPTIONS");
    put_text("An option is written --key value or --key=value; a switch is turned on by --key and off by --no-key. "
             "Underscores stand for dashes.");
    if (recipe)
        put_text("Equal data and recipes give the same model, bit for bit, on any number of ranks and threads, and "
                 "however often the run was stopped and resumed.");
    for (size_t i = 0; (section = option_section(command->bit, i)) != NULL; i++) {
        fputs(".SS \"", stdout);
        put_plain(section);
        puts("\"");
        for (size_t k = 0; (row = option_in_section(command->bit, section, k)) != NULL; k++)
            put_option(row, recipe);
    }
    puts(".SS Other");
    if (option_section(command->bit, 0) != NULL) {
        puts(".TP\n\\fB\\-\\-config\\fR \\fIFILE\\fR");
        put_text("read options from lines \"key = value\" first, or from the run.json of a run; the command line wins");
    }
    puts(".TP\n\\fB\\-\\-help\\fR [\\fITOPIC\\fR]");
    put_text("say what the command takes: all of it, a section or an option by its name, or without a topic the usual "
             "options");
}

static void put_codes(void)
{
    head("EXIT STATUS");
#define PUT_CODE(name, value, text) item(#value, text);
    LS_STATUS_LIST(PUT_CODE)
#undef PUT_CODE
    for (size_t i = 0; manual_code(i) != NULL; i++)
        item(manual_code(i)->name, manual_code(i)->text);
    puts(".PP");
    put_text("What went wrong is one line on standard error, the same exit status on every rank.");
}

/* Those of a command, or all of them. */
static void put_those(const char *name, const manual_fact *(*at)(size_t index), unsigned commands)
{
    bool begun = false;
    for (size_t i = 0; at(i) != NULL; i++) {
        if ((at(i)->commands & commands) == 0)
            continue;
        if (!begun)
            head(name);
        begun = true;
        item(at(i)->name, at(i)->text);
    }
}

static void put_examples(const char *examples)
{
    head("EXAMPLES");
    puts(".EX");
    while (*examples != '\0') {
        const size_t blanks = strspn(examples, " "), length = strcspn(examples, "\n");
        put_all(examples + blanks, length - blanks);
        putchar('\n');
        examples += length + (examples[length] == '\n');
    }
    puts(".EE");
}

/* The other pages. */
static void put_see_also(const cli_command *command)
{
    head("SEE ALSO");
    fputs(command != NULL ? ".BR lockstep (1)" : "", stdout);
    for (size_t i = 0, before = command != NULL; command_at(i) != NULL; i++) {
        if (command_at(i) == command)
            continue;
        fputs(before++ > 0 ? ",\n.BR lockstep\\-" : ".BR lockstep\\-", stdout);
        put_plain(command_at(i)->name);
        fputs(" (1)", stdout);
    }
    puts(",\n.BR mpirun (1)");
}

/* ---- pages ---- */

static void print_command(const cli_command *command)
{
    head("NAME");
    fputs("lockstep\\-", stdout);
    put_plain(command->name);
    puts(" \\-");
    put_text(command->summary);
    head("SYNOPSIS");
    fputs(".B lockstep ", stdout);
    put_plain(command->name);
    fputs("\n.I ", stdout);
    put_plain(command->positionals);
    puts("\n.RI [ options ]");
    head("DESCRIPTION");
    put_text(command->description);
    put_options(command);
    put_codes();
    put_those("ENVIRONMENT", manual_variable, command->bit);
    put_those("FILES", manual_file, command->bit);
    put_examples(command->examples);
}

static void put_commands(void)
{
    head("COMMANDS");
    for (size_t i = 0; command_at(i) != NULL; i++) {
        fputs(".TP\n\\fB", stdout);
        put_plain(command_at(i)->name);
        fputs("\\fR \\fI", stdout);
        put_plain(command_at(i)->positionals);
        puts("\\fR");
        put_text(command_at(i)->summary);
    }
    puts(".TP\n\\fBhelp\\fR [\\fICOMMAND\\fR [\\fITOPIC\\fR]]");
    put_text("The commands, or what a command takes: its usual options, all of them, a section or one option.");
    puts(".TP\n\\fBhelp \\-\\-man\\fR [\\fICOMMAND\\fR]");
    put_text("The source of these pages.");
    puts(".TP\n\\fBhelp \\-\\-completion\\fR \\fBbash|zsh|fish\\fR");
    put_text("Completion of commands, options and values in that shell.");
    puts(".TP\n\\fB\\-\\-version\\fR [\\fB\\-\\-json\\fR]");
    put_text("The version, and those of compiler, MPI, HDF5 and kernels.");
}

static void print_program(void)
{
    head("NAME");
    puts("lockstep \\-\ntrain dense neural networks, data\\-parallel, with the same bits on every split");
    head("SYNOPSIS");
    puts(".B lockstep\n.I COMMAND ARGUMENTS\n.RI [ options ]\n.br\n.B mpirun \\-n\n.I RANKS\n.B lockstep\n.I COMMAND "
         "ARGUMENTS\n.RI [ options ]");
    head("DESCRIPTION");
    put_text("Trains dense neural networks from HDF5 files, data-parallel over MPI ranks and OpenMP threads. Weights, "
             "optimizer state, log and predictions are a function of data, model, options and seed, not of ranks, "
             "threads, CPU, compiler, or of how often a run was stopped and resumed. Models are Keras files. Each "
             "command has a page of its own.");
    put_commands();
    put_codes();
    put_those("ENVIRONMENT", manual_variable, MANUAL_ALL);
    put_those("FILES", manual_file, LS_COMMAND_TRAIN);
    put_examples("  lockstep convert iris.csv iris.h5 --target species --test-split 0.2\n"
                 "  lockstep train iris.h5 --layers \"64 relu, 3 softmax\" --epochs 50 --output run\n"
                 "  mpirun -n 4 lockstep train digits.h5 --layers \"64 relu, 10 softmax\"\n"
                 "  lockstep evaluate run iris.h5\n"
                 "  lockstep predict run new.csv --output predictions.csv\n");
}

void manual_print(const cli_command *command)
{
    title(command);
    if (command != NULL)
        print_command(command);
    else
        print_program();
    put_see_also(command);
}
