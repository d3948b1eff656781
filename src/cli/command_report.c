/* lockstep report: pages about runs that are over. */
#include "cli/arguments.h"

#include <stdio.h>

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    return ls_run_report(context, arguments->runs, arguments->run_count, arguments->options);
}

static void open_with(const cli_arguments *arguments, char *text, size_t size)
{
    if (arguments->run_count > 1)
        snprintf(text, size, "comparing %d runs", arguments->run_count);
}

const cli_command report_command = {
    .name = "report",
    .bit = LS_COMMAND_REPORT,
    .positionals = "RUN [RUN...]",
    .summary = "a page about a run, or several runs beside each other",
    .description =
        "Writes report.html: one file that any browser shows, without a network: what was learnt and how well, in "
        "words "
        "and curves, confusion or residuals, layers, recipe. train writes it at its end; this makes it again from the "
        "run's report.json, log.csv and run.json, and with several runs says what differs and lays their curves over "
        "each "
        "other. With --data it also looks at rows that training has not seen, with the run's model. Equal data and "
        "recipes give the same page, byte for byte. Where and how fast a run ran is in "
        "report-machine.html beside it.",
    .examples = "  lockstep report run\n"
                "  lockstep report run --data new.csv --output new.html\n"
                "  lockstep report run-001 run-002 run-003 --output compared.html\n",
    .opening = open_with,
    .run = run,
};
