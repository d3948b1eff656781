/* The command line becomes options: --key value, --key=value, switches --key and --no-key, positional
 * arguments in the order the command names them. Values are checked by the library's option table. */
#include "cli/arguments.h"

#include "cli/help.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Which of the two readings of the command line this is: files first, so that the line wins wherever they
 * stand. */
typedef enum reading { READ_FILES, READ_LINE } reading;

typedef struct cursor {
    int argc;
    char **argv;
    int at;
    const char *positionals; /* names still to come */
    bool only_positionals;   /* behind "--" */
    int behind_switch;       /* the last argument that followed a switch and is none of its values; 0: none */
} cursor;

static ls_status library_failed(ls_status status)
{
    return output_fail(status, "%s", ls_error_message());
}

static bool is_on_or_off(const char *text)
{
    static const char *const words[] = {"on", "off", "true", "false", "yes", "no"};
    for (size_t i = 0; text != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

/* Remembers an argument behind a switch: it may be meant as the switch's value. */
static void note_behind_switch(cursor *c)
{
    if (c->at + 1 < c->argc && c->argv[c->at + 1][0] != '-')
        c->behind_switch = c->at + 1;
}

/* The argument that follows, unless it is an option. */
static const char *next_value(const cursor *c)
{
    if (c->at + 1 >= c->argc || strncmp(c->argv[c->at + 1], "--", 2) == 0)
        return NULL;
    return c->argv[c->at + 1];
}

/* `key` is the name that was typed, of the option `row`. */
static ls_status set(cli_arguments *a, const ls_option_row *row, const char *key, const char *value)
{
    if ((row->commands & a->command->bit) == 0)
        return output_fail(LS_ERR_USAGE, "option '--%s' is not for %s; 'lockstep %s --help all' lists those that are",
                           row->key, a->command->name, a->command->name);
    ls_status status = ls_options_set(a->options, key, value);
    return status == LS_OK ? LS_OK : library_failed(status);
}

/* A pipe has each byte for one reader only, and the shell's (<(...)) is no file of the processes that a launcher
 * starts. */
static ls_status read_config(cli_arguments *a, const char *path)
{
    struct stat file;
    const bool there = stat(path, &file) == 0, named = strncmp(path, "/dev/fd/", 8) == 0;
    const bool pipe = there && (S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode));
    if (a->several && (pipe || (!there && named)))
        return output_fail(
            LS_ERR_USAGE,
            "--config %s is a pipe, which several processes cannot all read; write the options to a file "
            "that each of them sees, and name that",
            path);
    a->config = path;
    a->piped |= pipe;
    const ls_status status = ls_options_read_file(a->options, path);
    return status == LS_OK ? LS_OK : library_failed(status);
}

/* `key` is what follows the dashes, up to an equals sign; `value` what follows that, or NULL. */
static ls_status take_option(cli_arguments *a, cursor *c, reading which, const char *key, const char *value)
{
    const ls_option_row *row = ls_option_find(key);
    const ls_option_row *negated = strncmp(key, "no-", 3) == 0 ? ls_option_find(key + 3) : NULL;
    bool is_config = strcmp(key, "config") == 0;

    if (row == NULL && negated != NULL && negated->type == LS_OPTION_SWITCH) {
        if (value != NULL)
            return output_fail(LS_ERR_USAGE, "option '--%s' takes no value", key);
        note_behind_switch(c);
        return which == READ_LINE ? set(a, negated, key + 3, "off") : LS_OK;
    }
    if (row == NULL && !is_config) {
        (void)ls_options_set(a->options, key, ""); /* for its message, which suggests the nearest name */
        return output_fail(LS_ERR_USAGE, "%s ('lockstep %s --help all' lists the options)", ls_error_message(),
                           a->command->name);
    }
    if (value == NULL && row != NULL && row->type == LS_OPTION_SWITCH) {
        value = "on";
        if (is_on_or_off(next_value(c)))
            value = c->argv[++c->at];
        else
            note_behind_switch(c);
    } else if (value == NULL) {
        value = next_value(c);
        if (value == NULL)
            return output_fail(LS_ERR_USAGE, "option '--%s' needs a value: --%s %s", key, key,
                               is_config ? "FILE" : row->value);
        c->at++;
    }
    if (is_config && which == READ_FILES) {
        return read_config(a, value);
    }
    return !is_config && which == READ_LINE ? set(a, row, key, value) : LS_OK;
}

static ls_status too_many(const cli_arguments *a, const cursor *c, const char *value)
{
    char hint[256] = "";
    const char *word = c->behind_switch > 0 ? c->argv[c->behind_switch] : NULL;
    if (word != NULL && access(word, F_OK) != 0) {
        const char *option = c->argv[c->behind_switch - 1];
        snprintf(hint, sizeof hint, ". If '%.64s' is meant for %.64s: that takes %s", word, option,
                 strncmp(option, "--no-", 5) == 0 ? "no value" : "on or off, or no value");
    }
    return output_fail(LS_ERR_USAGE, "one argument too many: '%.200s'; expected lockstep %s %s%s", value,
                       a->command->name, a->command->positionals, hint);
}

/* A word behind a switch that looks like no file, and is none. */
static ls_status no_such_file(const cursor *c, const char *value)
{
    const char *option = c->argv[c->at - 1];
    const ls_option_row *row = ls_option_find(option + 2); /* NULL for --no-... */
    const bool is_on = row != NULL && strcmp(row->initial, "on") == 0;
    return output_fail(LS_ERR_USAGE, "there is no file '%.200s'. If it is meant for %.64s: that takes %s%s%s%s", value,
                       option, row == NULL ? "no value" : "on or off, or no value", is_on ? "; did you mean --no-" : "",
                       is_on ? row->key : "", is_on ? "?" : "");
}

static ls_status take_positional(cli_arguments *a, cursor *c, reading which, const char *value)
{
    size_t length = strcspn(c->positionals, " "); /* in brackets: may be missing */
    if (length == 0)
        return too_many(a, c, value);
    if (c->behind_switch == c->at && strpbrk(value, "./*?[,") == NULL && access(value, F_OK) != 0)
        return no_such_file(c, value);
    bool is_run = length == 3 && strncmp(c->positionals, "RUN", 3) == 0;
    bool is_output = length == 3 && strncmp(c->positionals, "OUT", 3) == 0;
    bool is_further = strncmp(c->positionals, "[RUN...]", 8) == 0; /* as many as there are */
    c->positionals += is_further ? 0 : length + (c->positionals[length] == ' ');
    if (which == READ_FILES)
        return LS_OK;
    if ((is_run || is_further) && a->run_count == (int)(sizeof a->runs / sizeof a->runs[0]))
        return output_fail(LS_ERR_USAGE, "more than %d runs", a->run_count);
    if (is_run || is_further)
        a->runs[a->run_count++] = value;
    if (is_further)
        return LS_OK;
    if (is_run) {
        if (strlen(value) >= sizeof a->run)
            return output_fail(LS_ERR_USAGE, "the path of the run is longer than %zu bytes", sizeof a->run - 1);
        strcpy(a->run, value);
        return LS_OK;
    }
    ls_status status = ls_options_set(a->options, is_output ? "output" : "data", value);
    return status == LS_OK ? LS_OK : library_failed(status);
}

static ls_status take(cli_arguments *a, cursor *c, reading which)
{
    const char *word = c->argv[c->at];
    if (c->only_positionals || word[0] != '-' || word[1] == '\0')
        return take_positional(a, c, which, word);
    if (strcmp(word, "--") == 0) {
        c->only_positionals = true;
        return LS_OK;
    }
    if (word[1] != '-')
        return output_fail(LS_ERR_USAGE, "unknown option '%.200s'; options begin with two dashes, as in --epochs 20",
                           word);
    char key[64];
    size_t length = strcspn(word + 2, "=");
    if (length >= sizeof key)
        return output_fail(LS_ERR_USAGE, "unknown option '%.200s'", word);
    memcpy(key, word + 2, length);
    key[length] = '\0';
    return take_option(a, c, which, key, word[2 + length] == '=' ? word + 3 + length : NULL);
}

static ls_status read_line(cli_arguments *a, int argc, char **argv, reading which, const char **missing)
{
    cursor c = {.argc = argc, .argv = argv, .at = 2, .positionals = a->command->positionals};
    for (; c.at < argc; c.at++) {
        ls_status status = take(a, &c, which);
        if (status != LS_OK)
            return status;
    }
    *missing = c.positionals;
    return LS_OK;
}

/* A configuration file may serve several commands; what is not for this one does not count. Data and output are also
 * arguments. */
static ls_status drop_others(cli_arguments *a)
{
    for (size_t i = 0; ls_option_at(i) != NULL; i++) {
        const ls_option_row *row = ls_option_at(i);
        if ((row->commands & a->command->bit) != 0 || strcmp(row->key, "data") == 0 || strcmp(row->key, "output") == 0)
            continue;
        if (ls_options_reset(a->options, row->key) != LS_OK)
            return library_failed(LS_ERR_USAGE);
    }
    return LS_OK;
}

/* The library keeps what it reads itself. */
static ls_status check_output(const cli_arguments *a)
{
    struct stat file, output;
    if (a->config == NULL || stat(a->config, &file) != 0 || stat(arguments_text(a, "output"), &output) != 0 ||
        file.st_dev != output.st_dev || file.st_ino != output.st_ino)
        return LS_OK;
    return output_fail(LS_ERR_USAGE, "%s is read by --config, and would be lost; name another file to write",
                       a->config);
}

/* `word` stands behind --help: what it is to be about, or a part of the rest. */
static ls_status take_help(cli_arguments *a, const char *word)
{
    a->help = true;
    if (word[0] == '\0' || word[0] == '-')
        return LS_OK;
    if (help_has(a->command, word))
        a->topic = word;
    else if (strpbrk(word, "./*?[, ") == NULL && access(word, F_OK) != 0)
        return help_fail(a->command, word);
    return LS_OK;
}

ls_status arguments_parse(const cli_command *command, int argc, char **argv, bool several, cli_arguments *a)
{
    const char *missing = "";
    memset(a, 0, sizeof *a);
    a->command = command;
    a->several = several;
    ls_status status = ls_options_create(&a->options);
    if (status != LS_OK)
        return library_failed(status);
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        /* Help wins over everything: whoever asks for it may not know yet how to write the rest. */
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return take_help(a, i + 1 < argc ? argv[i + 1] : "");
        if (strncmp(argv[i], "--help=", 7) == 0)
            return take_help(a, argv[i] + 7);
    }
    status = read_line(a, argc, argv, READ_FILES, &missing);
    if (status == LS_OK)
        status = drop_others(a);
    if (status == LS_OK)
        status = read_line(a, argc, argv, READ_LINE, &missing);
    if (status != LS_OK)
        return status;
    status = check_output(a);
    if (status != LS_OK)
        return status;
    /* A run that goes on has its data. */
    const bool has_data = arguments_has_data(a) || arguments_is_on(a, "resume");
    if (*missing != '\0' && *missing != '[' && !(strcmp(missing, "DATA") == 0 && has_data))
        return output_fail(LS_ERR_USAGE,
                           "missing %s: expected lockstep %s %s [options] ('lockstep %s --help' explains)", missing,
                           command->name, command->positionals, command->name);
    return LS_OK;
}

/* --data, on the line or in a file, stands for the argument; so does --x FILE:PATH. */
bool arguments_has_data(const cli_arguments *arguments)
{
    return arguments_text(arguments, "data")[0] != '\0' || strchr(arguments_text(arguments, "x"), ':') != NULL;
}

const char *arguments_text(const cli_arguments *arguments, const char *key)
{
    static char value[LS_TEXT_MAX];
    return ls_options_get(arguments->options, key, value, sizeof value) == LS_OK ? value : "";
}

void arguments_data(const cli_arguments *arguments, char *text)
{
    const char *data = arguments_text(arguments, "data");
    snprintf(text, LS_TEXT_MAX, "%s", data[0] != '\0' ? data : arguments_text(arguments, "x"));
}

bool arguments_is_on(const cli_arguments *arguments, const char *key)
{
    return strcmp(arguments_text(arguments, key), "on") == 0;
}

ls_status arguments_load_model(const cli_arguments *arguments, ls_context *context, ls_model **model)
{
    return ls_model_load_with(context, arguments->run, arguments->options, model);
}
