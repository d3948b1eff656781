/* lockstep export: a trained model for other programs. */
#include "cli/arguments.h"

#include <stdio.h>

static ls_status run(ls_context *context, const cli_arguments *arguments)
{
    return ls_run_export(context, arguments->run, arguments->options);
}

static void open_with(const cli_arguments *arguments, char *text, size_t size)
{
    snprintf(text, size, "exporting %s into %s", arguments->run, arguments_text(arguments, "output"));
}

const cli_command export_command = {
    .name = "export",
    .bit = LS_COMMAND_EXPORT,
    .positionals = "RUN OUT",
    .summary = "a trained model as ONNX, safetensors, a Keras file or C source",
    .description =
        "Writes the model for other programs; the suffix of OUT says how. .onnx: operators of opset 13, which any "
        "runtime has, rows as many as there are. .safetensors: tensors named and turned as torch.nn.Sequential has "
        "them. .keras: what keras.models.load_model opens. .json: the layers without weights, as Keras' to_json. .c: a "
        "file of "
        "C99 without a library, whose function gives the bits of predict. "
        "Normalisation of features and "
        "scaling of targets are part of it, names of features and classes go along. RUN is the output directory of a "
        "run, a model file (of Keras' too: .keras, .h5) or a checkpoint.",
    .examples = "  lockstep export run model.onnx\n"
                "  lockstep export run/best.weights.h5 model.safetensors --normalization off\n"
                "  lockstep export run model.keras --overwrite\n"
                "  lockstep export run model.c && cc -O3 -march=native -c model.c\n",
    .opening = open_with,
    .run = run,
};
