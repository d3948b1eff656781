/* The program `lockstep`: dispatches to a subcommand and sees to it that all ranks end with one message and
 * one code. */
#include "cli/arguments.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/launcher.h"
#include "cli/manual.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/stack.h"
#include "cli/standard.h"
#include "cli/waits.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whether nobody waits for what exit handlers find out: leaks, coverage. */
#ifdef NDEBUG
#define HANDLERS_SAY_NOTHING true
#else
#define HANDLERS_SAY_NOTHING false
#endif

static cli_arguments line; /* its options are used until the end */

/* Ranks that lose one find out together, and one line is enough. The lowest that is left has half a second to say its
 * own and to end the job, the next one as much more; who the end reaches while it waits, by the launcher's SIGTERM, is
 * silent.
 */
static void let_lower_ranks_speak(int rank)
{
    const double seconds = rank < 10 ? 0.5 * rank : 5;
    const struct timespec wait = {(time_t)seconds, (long)(1e9 * (seconds - floor(seconds)))};
    signal(SIGTERM, SIG_DFL);
    nanosleep(&wait, NULL);
}

/* Rank 0 speaks for all; a rank that lost the others speaks for itself, since rank 0 may be the one that is
 * gone. */
static int end(const cli_launcher *from, ls_status status, const char *message)
{
    if (message[0] == '\0')
        message = ls_status_text(status);
    if (status == LS_ERR_PEER)
        let_lower_ranks_speak(launcher_rank(from));
    if (status == LS_STOPPED && launcher_rank(from) == 0)
        output_log(NULL, LS_LOG_RESULT, message); /* as wanted: no error */
    else if (status == LS_ERR_PEER || (status != LS_OK && launcher_rank(from) == 0))
        output_error(message);
    return launcher_end(from, status);
}

/* On rank 0: what is to be said of how the options were given. */
static void say_remarks(const cli_launcher *from)
{
    char text[256];
    for (size_t i = 0; launcher_rank(from) == 0 && ls_options_remark(line.options, i, text, sizeof text); i++)
        output_log(NULL, LS_LOG_WARNING, text);
}

/* The first line: what is about to be done, before anything takes time. */
static void say_opening(const cli_launcher *from)
{
    char text[3 * LS_TEXT_MAX] = "";
    if (launcher_rank(from) == 0 && line.command->opening != NULL) {
        line.command->opening(&line, text, sizeof text);
        if (text[0] != '\0')
            output_log(NULL, LS_LOG_INFO, text);
    }
}

static int end_after_printing(const cli_launcher *from)
{
    ls_status status = output_finish();
    return end(from, status, output_message());
}

/* Collective. Ranks that would do different things, which is said here and at once; later it would look like a hang.
 * The model's file is rank 0's to read, but who names another one expects another model. */
static ls_status agree_on_task(ls_context *context)
{
    char program[256 + sizeof line.run];
    snprintf(program, sizeof program, "lockstep %s %s%s%s%s%s", line.command->name, ls_version(),
             ls_version_commit()[0] != '\0' ? ", commit " : "", ls_version_commit(),
             line.run[0] != '\0' ? "\nRUN = " : "", line.run);
    return ls_options_agree(context, line.options, program);
}

/* Collective. Whether a run that has stopped is to stay until it is killed: not one that its time limit has ended. The
 * signal may have come to other ranks only. */
static bool waits_for_kill(ls_context *context)
{
    return line.command->saves && strcmp(arguments_text(&line, "on-preempt"), "wait") == 0 &&
           ls_context_agree(context, signals_have_come() && !signals_are_orphans() ? LS_STOPPED : LS_OK) == LS_STOPPED;
}

/* The end of such a run, of which everything is on disk. */
static void wait_for_kill(int code, bool speaks)
{
    if (speaks)
        output_log(NULL, LS_LOG_RESULT,
                   "waiting to be killed (--on-preempt wait); a signal ends it sooner, with code 75");
    fflush(NULL);
    signals_wait(code);
}

/* Runs the command on a context of its own. `parsed`: how this rank's command line fared; ranks may differ (a
 * configuration file that one host lacks), so the others learn it before anything starts. */
static int run(const cli_launcher *from, ls_status parsed)
{
    ls_context *context = NULL;
    ls_context_settings settings;
    ls_context_settings_defaults(&settings);
    settings.log = output_log;
    if (parsed == LS_OK)
        ls_context_settings_from_options(&settings, line.options);
    else
        settings.log = NULL; /* nothing but the error matters */
    output_start(!from->present && isatty(STDERR_FILENO), parsed == LS_OK && arguments_is_on(&line, "quiet"));
    const int parent = launcher_to_follow(from);
    if (parsed == LS_OK)
        signals_start(from->rank == 0, line.command->saves);
    else
        signals_release();
    if (parsed == LS_OK && parent > 0)
        signals_follow(parent);
    ls_status status = launcher_start(from, settings.hang_timeout);
    if (status != LS_OK)
        return end(from, status, output_message());
    if (parsed == LS_OK)
        say_opening(from);
    status = launcher_create_context(from, &settings, &context);
    if (status != LS_OK)
        return end(from, parsed != LS_OK ? parsed : status, parsed != LS_OK ? output_message() : ls_error_message());
    status = ls_context_agree(context, parsed);
    if (status == LS_OK)
        status = agree_on_task(context);
    if (status == LS_OK) {
        say_remarks(from);
        signals_lead_to(context);
        status = line.command->run(context, &line);
        signals_end();
    }
    bool own = parsed != LS_OK || (status != LS_OK && output_message()[0] != '\0');
    char message[2 * LS_TEXT_MAX]; /* destroying the context may replace the library's */
    snprintf(message, sizeof message, "%s", own ? output_message() : ls_error_message());
    const bool waits = status == LS_STOPPED && waits_for_kill(context), speaks = launcher_rank(from) == 0;
    if (status != LS_ERR_PEER)
        ls_context_destroy(context);
    const int code = end(from, status, message);
    if (waits)
        wait_for_kill(code, speaks);
    return code;
}

static ls_status unknown_command(const char *name)
{
    char hint[64] = "there", names[256] = "";
    const char *near = command_suggest(name);
    if (near != NULL)
        snprintf(hint, sizeof hint, "did you mean '%s'? There", near);
    for (size_t i = 0; command_at(i) != NULL; i++) {
        const size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", i > 0 ? ", " : "", command_at(i)->name);
    }
    return output_fail(LS_ERR_USAGE, "unknown command '%.200s'; %s are %s and help", name, hint, names);
}

static int answer_version(const cli_launcher *from, const char *form)
{
    char *text;
    const bool json = strcmp(form, "--json") == 0;
    if (form[0] != '\0' && !json)
        return run(from,
                   output_fail(LS_ERR_USAGE, "--version: '%.200s' is not expected; only --json may follow", form));
    if (from->rank == 0) {
        const ls_status status = json ? ls_software_json(&text) : ls_software_text(&text);
        if (status != LS_OK)
            return end(from, status, ls_error_message());
        fputs(text, stdout);
        ls_text_release(text);
    }
    return end_after_printing(from);
}

/* help --man [COMMAND], --completion SHELL and --commands: what the build makes pages of. */
static int answer_pages(const cli_launcher *from, const char *what, const char *about)
{
    const bool man = strcmp(what, "--man") == 0, completion = strcmp(what, "--completion") == 0;
    if (man && about[0] != '\0' && command_find(about) == NULL)
        return run(from, unknown_command(about));
    if (completion && !completion_has(about))
        return run(from,
                   output_fail(LS_ERR_USAGE, "help --completion: '%.200s' is no shell of bash, zsh and fish", about));
    if (!man && !completion && strcmp(what, "--commands") != 0)
        return run(from, output_fail(LS_ERR_USAGE,
                                     "help: '%.200s' is not expected; there are --man [COMMAND], --completion "
                                     "bash|zsh|fish and --commands",
                                     what));
    if (from->rank == 0 && man)
        manual_print(about[0] != '\0' ? command_find(about) : NULL);
    else if (from->rank == 0 && completion)
        completion_print(about);
    else if (from->rank == 0)
        commands_print();
    return end_after_printing(from);
}

/* help, --help and --version; -1 when argv asks for none of them. */
static int answer(const cli_launcher *from, int argc, char **argv)
{
    const char *word = argc < 2 ? "--help" : argv[1];
    const cli_command *about = NULL;
    if (strcmp(word, "--version") == 0)
        return answer_version(from, argc > 2 ? argv[2] : "");
    if (strcmp(word, "help") != 0 && strcmp(word, "--help") != 0 && strcmp(word, "-h") != 0)
        return -1;
    if (argc > 2 && strncmp(argv[2], "--", 2) == 0)
        return answer_pages(from, argv[2], argc > 3 ? argv[3] : "");
    if (argc > 2 && strcmp(argv[2], "all") != 0 && (about = command_find(argv[2])) == NULL)
        return run(from, unknown_command(argv[2]));
    if (about != NULL && argc > 3 && !help_has(about, argv[3]))
        return run(from, help_fail(about, argv[3]));
    if (from->rank == 0)
        help_print(about, argc > 3 ? argv[3] : NULL);
    int code = end_after_printing(from);
    return code == 0 && argc < 2 ? LS_ERR_USAGE : code;
}

static int begin(int argc, char **argv)
{
    cli_launcher from = launcher_find();
    int code = answer(&from, argc, argv);
    if (code >= 0)
        return code;

    const cli_command *command = command_find(argv[1]);
    if (command == NULL)
        return run(&from, unknown_command(argv[1]));
    ls_status parsed = arguments_parse(command, argc, argv, from.present && from.size != 1, &line);
    if (parsed == LS_OK && line.help) {
        signals_release();
        if (from.rank == 0)
            help_print(command, line.topic);
        return end_after_printing(&from);
    }
    if (command->single && parsed == LS_OK) {
        say_remarks(&from);
        ls_status status = from.rank == 0 ? command->run(NULL, &line) : LS_OK;
        return end(&from, status, output_message()[0] != '\0' ? output_message() : ls_error_message());
    }
    if (parsed == LS_OK && !line.piped) /* a start anew would read it again */
        waits_settle(&from, strtoll(arguments_text(&line, "threads"), NULL, 10), argv);
    return run(&from, parsed);
}

int main(int argc, char **argv)
{
    standard_fill();
    signals_take_errors();
    signals_hold(argc, argv);
    const int code = stack_call(begin, argc, argv);
    /* Without the exit handlers of some forty libraries. Damaged data, files that cannot be closed and memory that ends
     * can leave libhdf5 in a state in which its handler crashes, or prints a screenful; else it takes a millisecond for
     * what ends with the process anyway. What standard output did not take has been told. */
    if (HANDLERS_SAY_NOTHING || code == LS_ERR_DATA || code == LS_ERR_OUTPUT || code == LS_ERR_MEMORY) {
        fflush(NULL);
        _exit(code);
    }
    return code;
}
