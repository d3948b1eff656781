/* lockstep info: what a file holds. */
#include "cli/arguments.h"
#include "cli/output.h"

#include <stdio.h>

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    (void)context;
    char *text = NULL;
    ls_status status = ls_run_info(arguments->options, &text);
    if (status != LS_OK)
        return status;
    if (arguments_is_on(arguments, "json"))
        fputs(text, stdout);
    else
        output_text(text);
    ls_text_release(text);
    return output_finish();
}

const cli_command info_command = {
    .name = "info",
    .bit = LS_COMMAND_INFO,
    .positionals = "FILE",
    .summary = "what a dataset, model or checkpoint holds",
    .description =
        "Prints what an HDF5 file holds: for a model its layers with shapes and parameters, and the memory that "
        "training it takes of a rank; for a checkpoint also the recipe and how far the training is. A data file is "
        "read from front to back, in little memory: which parts Lockstep would use, "
        "labels with their shares, mean, deviation and range of each column, missing values, duplicate rows, the "
        "memory that ranks need, and whether its chunks suit reading by rows.",
    .examples = "  lockstep info digits.h5\n"
                "  lockstep info 'part-*.h5' --x /features --y /labels --ranks 64\n"
                "  lockstep info digits.h5 --json\n"
                "  lockstep info run/model.weights.h5\n"
                "  lockstep info run --ranks 16 --batch-size 4096\n",
    .single = true,
    .run = run,
};
