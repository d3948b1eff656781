/* lockstep convert: tables and arrays become an HDF5 file to train on. */
#include "cli/arguments.h"

#include <stdio.h>

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    return ls_run_convert(context, arguments->options);
}

static void open_with(const cli_arguments *arguments, char *text, size_t size)
{
    char data[LS_TEXT_MAX];
    arguments_data(arguments, data);
    snprintf(text, size, "converting %s into %s", data, arguments_text(arguments, "output"));
}

const cli_command convert_command = {
    .name = "convert",
    .bit = LS_COMMAND_CONVERT,
    .positionals = "IN OUT",
    .summary = "make an HDF5 dataset of a CSV file, NumPy arrays, IDX or libsvm files",
    .description =
        "Writes OUT, an HDF5 file in which train finds everything by itself: /train/x, /train/y and, with "
        "--test-split, /test/x and /test/y. IN is a CSV or TSV file, a NumPy array (.npy) or archive (.npz), "
        "an IDX file as of MNIST, or libsvm text; each may be compressed with gzip, but for .npz. In a CSV file "
        "columns of numbers become float32 features, "
        "columns of text one feature a category (or codes), empty fields and NA become NaN; a target of text "
        "becomes class numbers; rows without a target are refused, or left out with --missing drop. Columns of "
        "weights, "
        "groups and identifiers are kept beside the features (--weights, --group, --id), and the rows' numbers where "
        "some are split off or dropped. Names and "
        "categories are stored, travel into the models trained on OUT, and "
        "evaluate and predict then take CSV files with the same columns. Memory does not grow with the file. "
        "IN is read twice, so it cannot be a pipe.",
    .examples = "  lockstep convert iris.csv iris.h5 --target species --test-split 0.2\n"
                "  lockstep convert flights.csv.gz flights.h5 --target arr_delay --missing drop\n"
                "  lockstep convert x.npy xy.h5 --target y.npy\n"
                "  lockstep convert prices.tsv prices.h5 --target -1 --ignore id,url --categorical codes\n"
                "  lockstep convert visits.csv visits.h5 --target outcome --group patient --id visit --test-split 0.2 "
                "--test-method group\n"
                "  lockstep convert train-images-idx3-ubyte.gz mnist.h5 --target train-labels-idx1-ubyte.gz\n"
                "  lockstep convert a9a.txt a9a.h5\n",
    .opening = open_with,
    .run = run,
};
