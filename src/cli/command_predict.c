/* lockstep predict: predictions of a trained model for every row, as a table or an HDF5 file. */
#include "cli/arguments.h"
#include "cli/output.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* DIRECTORY/NAME.h5 -> NAME-prediction.h5, in the current directory. */
static ls_status default_path(const char *data, char *path, size_t size)
{
    const char *slash = strrchr(data, '/');
    const char *name = slash == NULL ? data : slash + 1;
    const char *dot = strrchr(name, '.');
    size_t length = dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
    if (length == 0 || strpbrk(data, "*?[,") != NULL || strcmp(data, "-") == 0)
        return output_fail(LS_ERR_USAGE, "--output is needed: no name can be made from %s",
                           data[0] == '\0'          ? "data that --x names"
                           : strcmp(data, "-") == 0 ? "standard input"
                                                    : data);
    if (snprintf(path, size, "%.*s-prediction.h5", (int)length, name) >= (int)size)
        return output_fail(LS_ERR_USAGE, "the name of '%s' is too long to make a file name from it; give --output",
                           data);
    return LS_OK;
}

static ls_status find_path(const cli_arguments *arguments, char *path, size_t size)
{
    snprintf(path, size, "%s", arguments_text(arguments, "output"));
    if (path[0] == '\0')
        return default_path(arguments_text(arguments, "data"), path, size);
    return LS_OK;
}

/* Whoever reads standard output has seen enough: then not all rows were predicted, and nothing is said. */
static bool is_cut_short(const char *path)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return strcmp(path, "-") == 0 && poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    ls_model *model = NULL;
    ls_dataset *dataset = NULL;
    char path[LS_TEXT_MAX];

    /* The same on all ranks: it depends on the command line only. */
    ls_status status = find_path(arguments, path, sizeof path);
    if (status == LS_OK)
        status = arguments_load_model(arguments, context, &model);
    if (status == LS_OK)
        status = ls_dataset_open_to_predict(context, arguments->options, model, &dataset);
    if (status == LS_OK)
        status = ls_predict_file(context, model, dataset, path, arguments_is_on(arguments, "overwrite"));
    if (status == LS_OK && ls_context_rank(context) == 0 && !is_cut_short(path)) {
        char line[LS_TEXT_MAX + 64];
        snprintf(line, sizeof line, "predicted %lld rows into %s", (long long)ls_dataset_rows(dataset),
                 strcmp(path, "-") == 0 ? "standard output" : path);
        output_log(NULL, LS_LOG_RESULT, line);
    }
    ls_dataset_destroy(dataset);
    ls_model_destroy(model);
    return status;
}

static void open_with(const cli_arguments *arguments, char *text, size_t size)
{
    char data[LS_TEXT_MAX];
    arguments_data(arguments, data);
    snprintf(text, size, "predicting with %s for %s", arguments->run, data);
}

const cli_command predict_command = {
    .name = "predict",
    .bit = LS_COMMAND_PREDICT,
    .positionals = "RUN DATA",
    .summary = "predictions of a trained model for every row of a dataset",
    .description =
        "Writes a table with a line a row: its number in DATA from 0 (or in the dataset row beside the features, as "
        "convert keeps it), its identifiers (see --id of convert), its class, and the probability of each class, or "
        "values by the names of the targets, in their own units. The suffix of the output says how: .csv, .tsv, .tab "
        "or .txt (with tabs), each packed with .gz behind it; .h5, .hdf5 or .hdf is HDF5 with /prediction, float32 "
        "(rows, outputs), /row, /id, /class and /class_names. DATA needs no targets. It can be a CSV file when the "
        "model was trained on a converted one: its columns are found by their names. - is a CSV file from standard "
        "input, kept in TMPDIR meanwhile, and as output CSV to standard output. RUN is the output directory of a run, "
        "or a model file, of Keras' too (.keras, .h5).",
    .examples = "  lockstep predict run digits.h5 --output prediction.h5\n"
                "  lockstep predict run new.h5 --x measurements --part all\n"
                "  lockstep predict run new.csv --output prediction.csv\n"
                "  zcat new.csv.gz | lockstep predict run - --output - --quiet | head\n"
                "  mpirun -n 4 lockstep predict run/model.weights.h5 big.h5 --overwrite\n",
    .opening = open_with,
    .run = run,
};
