/* lockstep info: what a file holds. */
#include "cli/arguments.h"
#include "cli/output.h"

#include <stdio.h>

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    (void)context;
    char *text = NULL;
    ls_status status = ls_describe_file(arguments->options.data, &text);
    if (status != LS_OK)
        return status;
    fputs(text, stdout);
    ls_text_release(text);
    return output_finish();
}

const cli_command info_command = {
    .name = "info",
    .bit = LS_COMMAND_INFO,
    .positionals = "FILE",
    .summary = "what a dataset, model or checkpoint holds",
    .description = "Prints what an HDF5 file holds: for a dataset its parts with shapes and types, for a "
                   "model its layers, "
                   "for a checkpoint also the recipe and how far the training is.",
    .examples = "  lockstep info digits.h5\n"
                "  lockstep info run/model.weights.h5\n",
    .single = true,
    .run = run,
};
