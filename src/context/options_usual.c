/* The options that most users need, by command, in the order in which they are looked for: what a command's help shows
 * first, with a line for each. Commands without rows here show all they have. */
#include "context/options.h"

#include <stddef.h>

typedef struct usual {
    unsigned commands; /* LS_COMMAND_ bits */
    const char *key;   /* of the option table */
    const char *brief; /* one line */
} usual;

#define TRAIN    LS_COMMAND_TRAIN
#define EVALUATE LS_COMMAND_EVALUATE
#define PREDICT  LS_COMMAND_PREDICT
#define CONVERT  LS_COMMAND_CONVERT
#define INFO     LS_COMMAND_INFO
#define EXPORT   LS_COMMAND_EXPORT
#define REPORT   LS_COMMAND_REPORT

static const usual rows[] = {
    {TRAIN, "layers", "\"64 relu, dropout 0.2, 10 softmax\""},
    {TRAIN, "loss", "mse, huber, ...; goes by the last layer"},
    {TRAIN, "optimizer", "sgd, adam, ..., \"sgd momentum=0.9\""},
    {TRAIN, "learning-rate", "step size of the optimizer"},
    {TRAIN, "epochs", "passes over the training rows"},
    {TRAIN, "batch-size", "rows of one step, over all ranks"},
    {TRAIN, "normalize", "scale each feature"},
    {TRAIN, "validation-split", "share of the rows to validate with"},
    {TRAIN | EVALUATE, "metrics", "\"accuracy, auc\", \"mae, r2\""},
    {TRAIN, "early-stopping", "\"patience=10 restore_best_weights=true\""},
    {CONVERT, "target", "columns that are the targets"},
    {CONVERT, "test-split", "share of the rows for the test part"},
    {CONVERT, "ignore", "columns to leave out"},
    {CONVERT, "id", "columns that say which row it is"},
    {CONVERT, "categories", "columns of texts, whatever they look like"},
    {CONVERT, "missing", "of rows without a target: error or drop"},
    {CONVERT, "missing-values", "further words for no value: \"-999, unknown\""},
    {CONVERT, "like", "columns and categories as they were there"},
    {CONVERT, "delimiter", "between the fields of a table"},
    {CONVERT, "overwrite", "replace a file that is already there"},
    {TRAIN | EVALUATE | PREDICT | INFO, "x", "dataset of the features, if not found by name"},
    {TRAIN | EVALUATE | INFO, "y", "dataset of the targets, if not found by name"},
    {EVALUATE | PREDICT, "part", "which rows of the data"},
    {EVALUATE, "threshold", "an output above it says yes"},
    {EVALUATE, "sample-weights", "dataset with a weight for each row"},
    {INFO, "missing", "what nan and infinities mean"},
    {INFO, "ranks", "the memory that so many ranks need"},
    {INFO, "batch-size", "of a model: the memory for such batches"},
    {EVALUATE | PREDICT, "unknown", "categories that the model has not seen"},
    {EXPORT, "normalization", "leave scaling of features and targets out"},
    {EXPORT, "use-ema", "running averages in place of the weights"},
    {EXPORT, "model", "layers of a .weights.h5 of Keras'"},
    {EXPORT, "overwrite", "replace a file that is already there"},
    {PREDICT, "output", ".csv, .tsv, .h5, or - for standard output"},
    {PREDICT, "overwrite", "replace a file that is already there"},
    {TRAIN, "output", "directory of the run"},
    {TRAIN, "resume", "go on with the run in --output"},
    {REPORT, "data", "rows that training has not seen, for the model"},
    {REPORT, "part", "which rows of the data"},
    {REPORT, "output", "the page; report.html in the run"},
    {REPORT, "overwrite", "replace a file that is already there"},
    {EVALUATE | INFO, "json", "as one JSON object, for programs"},
};

const ls_option_row *ls_option_usual(unsigned command, size_t index, const char **brief)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((rows[i].commands & command) == 0 || index-- > 0)
            continue;
        *brief = rows[i].brief;
        return ls_option_find(rows[i].key);
    }
    return NULL;
}
