/* lockstep evaluate: loss and metrics of a trained model, as "name value" lines on standard output. */
#include "cli/arguments.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

static void print_score(int width, const char *name, double value)
{
    char text[32];
    printf("%-*s  %s\n", width, name, output_number(value, text));
}

/* The scores, where accuracy says little with what it has to be compared with, and the classes. */
static ls_status print_findings(const ls_evaluation *evaluation)
{
    ls_scores scores;
    char *table;
    bool rare;
    int width = 0;
    ls_evaluation_scores(evaluation, &scores);
    const double base_rate = ls_evaluation_base_rate(evaluation, &rare);
    const ls_status status = ls_evaluation_table(evaluation, &table);
    if (status != LS_OK)
        return status;
    for (int i = 0; i < scores.count; i++) {
        const int length = (int)strlen(scores.name[i]);
        width = length > width ? length : width;
    }
    width = rare && width < (int)sizeof "base_rate" - 1 ? (int)sizeof "base_rate" - 1 : width;
    for (int i = 0; i < scores.count; i++) {
        print_score(width, scores.name[i], scores.value[i]);
        if (rare && strcmp(scores.name[i], "accuracy") == 0)
            print_score(width, "base_rate", base_rate);
    }
    output_text(table);
    ls_text_release(table);
    return LS_OK;
}

static ls_status print_json(const ls_evaluation *evaluation)
{
    char *text;
    const ls_status status = ls_evaluation_json(evaluation, &text);
    if (status != LS_OK)
        return status;
    fputs(text, stdout);
    ls_text_release(text);
    return LS_OK;
}

static ls_status print(const cli_arguments *arguments, const ls_evaluation *evaluation)
{
    ls_scores scores;
    char line[64], json[8];
    ls_evaluation_scores(evaluation, &scores);
    snprintf(line, sizeof line, "evaluated %lld rows", (long long)scores.rows);
    output_log(NULL, LS_LOG_INFO, line);
    ls_status status = ls_options_get(arguments->options, "json", json, sizeof json);
    if (status == LS_OK)
        status = strcmp(json, "on") == 0 ? print_json(evaluation) : print_findings(evaluation);
    return status == LS_OK ? output_finish() : status;
}

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    ls_model *model = NULL;
    ls_dataset *dataset = NULL;
    ls_evaluation *evaluation = NULL;

    ls_status status = arguments_load_model(arguments, context, &model);
    if (status == LS_OK && !arguments_has_data(arguments))
        status = ls_run_data_options(context, arguments->run, arguments->options);
    if (status == LS_OK)
        status = ls_dataset_open_for_model(context, arguments->options, model, &dataset);
    if (status == LS_OK)
        status = ls_evaluation_create(context, arguments->options, model, dataset, &evaluation);
    if (status == LS_OK && ls_context_rank(context) == 0)
        status = print(arguments, evaluation);
    ls_evaluation_destroy(evaluation);
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
        "run, or a model file, of Keras' too (.keras, .h5). DATA can be a CSV file when the model was trained on a "
        "converted one (see "
        "convert): its columns are found by their names. Without DATA the rows are the run's own, as its run.json "
        "tells: --part validation are those that it was validated with, however they were chosen.",
    .examples = "  lockstep evaluate run digits.h5\n"
                "  lockstep evaluate run --part validation\n"
                "  mpirun -n 4 lockstep evaluate run/model.weights.h5 other.h5\n",
    .opening = open_with,
    .run = run,
};
