/* lockstep evaluate: loss and metrics of a trained model, as "name value" lines on standard output. */
#include "cli/arguments.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

static void print_scores(const ls_scores *scores)
{
    int width = 0;
    for (int i = 0; i < scores->count; i++) {
        int length = (int)strlen(scores->name[i]);
        width = length > width ? length : width;
    }
    for (int i = 0; i < scores->count; i++) {
        char value[32];
        printf("%-*s  %s\n", width, scores->name[i], output_number(scores->value[i], value));
    }
}

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    ls_model *model = NULL;
    ls_dataset *dataset = NULL;
    ls_scores scores;

    ls_status status = arguments_load_model(arguments, context, &model);
    if (status == LS_OK && !arguments_has_data(arguments))
        status = ls_run_data_options(context, arguments->run, arguments->options);
    if (status == LS_OK)
        status = ls_dataset_open_for_model(context, arguments->options, model, &dataset);
    if (status == LS_OK)
        status = ls_evaluate(context, model, dataset, &scores);
    if (status == LS_OK && ls_context_rank(context) == 0) {
        char line[64];
        snprintf(line, sizeof line, "evaluated %lld rows", (long long)scores.rows);
        output_log(NULL, LS_LOG_INFO, line);
        print_scores(&scores);
        status = output_finish();
    }
    ls_dataset_destroy(dataset);
    ls_model_destroy(model);
    return status;
}

static void open_with(const cli_arguments *arguments, char *text, size_t size)
{
    char data[LS_TEXT_MAX];
    arguments_data(arguments, data);
    snprintf(text, size, "evaluating %s on %s", arguments->run, data[0] != '\0' ? data : "the data of its run");
}

const cli_command evaluate_command = {
    .name = "evaluate",
    .bit = LS_COMMAND_EVALUATE,
    .positionals = "RUN [DATA]",
    .summary = "loss and metrics of a trained model on a dataset",
    .description =
        "Prints loss and metrics of a trained model on the rows of DATA, one \"name value\" line "
        "each, with all "
        "digits: the numbers are the same for any number of ranks and threads. RUN is the output "
        "directory of a "
        "run, or a model file. DATA can be a CSV file when the model was trained on a converted one (see "
        "convert): its columns are found by their names. Without DATA the rows are the run's own, as its run.json "
        "tells: --part validation are those that it was validated with, however they were chosen.",
    .examples = "  lockstep evaluate run digits.h5\n"
                "  lockstep evaluate run --part validation\n"
                "  mpirun -n 4 lockstep evaluate run/model.weights.h5 other.h5\n",
    .opening = open_with,
    .run = run,
};
