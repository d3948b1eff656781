/* lockstep train: the run itself is the library's. */
#include "cli/arguments.h"

#include <stdio.h>

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    return ls_run_train(context, arguments->options);
}

/* The data and where results go, as far as the command line tells. */
static void open_with(const cli_arguments *arguments, char *text, size_t size)
{
    char data[LS_TEXT_MAX], output[LS_TEXT_MAX];
    arguments_data(arguments, data);
    snprintf(output, sizeof output, "%s", arguments_text(arguments, "output"));
    if (data[0] == '\0' && output[0] == '\0')
        text[0] = '\0'; /* what is missing will be said */
    else if (data[0] == '\0')
        snprintf(text, size, "going on with the run in %s", output);
    else
        snprintf(text, size, "training on %s%s%s", data, output[0] == '\0' ? "" : "; results go to ", output);
}

const cli_command train_command = {
    .name = "train",
    .bit = LS_COMMAND_TRAIN,
    .positionals = "DATA",
    .summary = "train a network on an HDF5 dataset",
    .description =
        "Trains a dense network on DATA, an HDF5 file, with all the ranks it is started with and "
        "the cores they have. The "
        "parts train, validation and test and the pairs x/y, features/labels, data/target and so "
        "on are found by their "
        "names. The output directory then holds the model (a Keras file), log.csv, timing.csv, "
        "run.json and checkpoints. --resume goes on with a run, which needs nothing but --output; the whole line "
        "once more, with --resume, starts what is not there yet and goes on with what is.",
    .examples = "  lockstep train digits.h5 --layers \"64 relu, 10 softmax\" --epochs 20\n"
                "  mpirun -n 4 lockstep train digits.h5 --layers \"64 relu, 10 softmax\"\n"
                "  mpirun -n 4 lockstep train --resume --output digits-001 --epochs 50\n"
                "  lockstep train --resume --output run --change schedule --schedule off\n"
                "  lockstep train new.h5 --init run --learning-rate 1e-4\n"
                "  srun --mpi=pmix -n 64 lockstep train big.h5 --config run.conf --resume\n",
    .saves = true,
    .opening = open_with,
    .run = run,
};
