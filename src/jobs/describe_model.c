/* A model or a checkpoint, for people. */
#include "jobs/describe.h"

#include "data/classes.h"
#include "data/encoded.h"
#include "jobs/summary.h"

#include <math.h>
#include <string.h>

/* Columns that are named. */
#define NAMED 8

static void put_offsets(ls_text *text, const ls_network *network)
{
    int64_t count = 0;
    ls_text_append(text, "  offsets     ");
    for (int64_t c = 0; c < network->features; c++)
        if (network->offset[c] != 0 && count++ < NAMED)
            ls_text_printf(text, "%scolumn %lld less %.17g", count > 1 ? ", " : "", (long long)c, network->offset[c]);
    ls_text_printf(text, "%s, before it is float32; Keras is to be given x - /lockstep/offset\n",
                   count > NAMED ? ", ..." : "");
}

static int64_t count_factors(const ls_affine *map)
{
    int64_t count = 0;
    for (int64_t j = 0; map->factor && j < map->count; j++)
        count += map->factor[j] != 1.0f;
    return count;
}

/* " (2 of 3 columns after a power of two)" */
static void put_factors(ls_text *text, const ls_affine *map)
{
    if (map->factor)
        ls_text_printf(text, " (%lld of %lld columns after a power of two)", (long long)count_factors(map),
                       (long long)map->count);
}

static void put_network(ls_text *text, const ls_network *network)
{
    ls_text_printf(text, "  layers      %lld -> ", (long long)network->features);
    ls_layers_format(network->layers, network->count, text);
    ls_text_printf(text, "\n  parameters  %lld\n  loss        ", (long long)network->parameters);
    if (network->loss_open && network->loss_fault[0])
        ls_text_printf(text, "none of Lockstep's: %s; evaluate and --init need --loss", network->loss_fault);
    else if (network->loss_open)
        ls_text_append(text, "none: not compiled; evaluate and --init choose it by the last layer and the targets");
    else
        ls_loss_format(&network->loss, text);
    ls_text_append(text, "\n");
    if (network->offset)
        put_offsets(text, network);
    if (network->feature_map.count) {
        ls_text_append(text, "  features    normalised by column");
        put_factors(text, &network->feature_map);
        ls_text_append(text, "\n");
    }
    if (network->target_map.count) {
        ls_text_append(text, "  targets     normalised");
        put_factors(text, &network->target_map);
        ls_text_append(text, "; predictions are in original units\n");
    }
    if (network->prepared[0])
        ls_text_printf(text, "  data        %s\n", network->prepared);
    if (network->classes) {
        ls_text_append(text, "  labels      ");
        ls_classes_list(network->classes, network->class_count, text);
        ls_text_printf(text, " are classes 0 to %lld\n", (long long)network->class_count - 1);
    }
    if (network->fill)
        ls_text_append(text, "  missing     values are filled in by column (/lockstep/fill)\n");
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        ls_text_printf(text, "    %s/%s (", network->layers[tensor.layer].name, ls_role_name(tensor.role));
        if (!ls_tensor_is_vector(&tensor))
            ls_text_printf(text, "%lld, ", (long long)tensor.rows);
        ls_text_printf(text, "%lld)\n", (long long)tensor.columns);
    }
}

static void put_lines(ls_text *text, const char *lines)
{
    for (size_t length; *lines != '\0'; lines += length + (lines[length] != '\0')) {
        length = strcspn(lines, "\n");
        ls_text_printf(text, "    %.*s\n", (int)length, lines);
    }
}

/* What compile() and fit() have left in a file of Keras'. */
static void put_compiled(ls_text *text, const ls_described *d)
{
    if (d->compiled_optimizer)
        ls_text_printf(text, "  compiled    --optimizer \"%s\"%s%s%s\n", d->compiled_optimizer,
                       d->compiled_schedule ? " --schedule \"" : "", d->compiled_schedule ? d->compiled_schedule : "",
                       d->compiled_schedule ? "\"" : "");
    if (d->optimizer_fault)
        ls_text_printf(text, "  compiled    an optimizer that does not go on here: %s\n", d->optimizer_fault);
    if (d->notes || d->training_notes)
        ls_text_append(text, "  notes\n");
    if (d->notes)
        put_lines(text, d->notes);
    if (d->training_notes)
        put_lines(text, d->training_notes);
}

static void put_state(ls_text *text, const ls_described *d)
{
    if (!d->recipe)
        return;
    ls_text_printf(text, "  state       %lld steps: %lld whole epochs and %lld steps of the next\n  recipe\n",
                   (long long)d->steps, (long long)d->epoch, (long long)d->step);
    put_lines(text, d->recipe);
    if (d->changes) {
        ls_text_append(text, "  changes\n");
        put_lines(text, d->changes);
    }
    if (d->best_epoch > 0 && !isnan(d->best_value))
        ls_text_printf(text, "  best        epoch %lld, %.6g\n", (long long)d->best_epoch, d->best_value);
}

ls_status ls_describe_model(ls_h5_file *file, const ls_describe_request *request, ls_text *text)
{
    ls_described d;
    LS_TRY(ls_described_read(file, request, &d));
    ls_status status = LS_OK;
    if (d.keras)
        ls_text_printf(text, "%s: %s\n", ls_h5_path(file), d.keras);
    else
        ls_text_printf(text, "%s: Lockstep %s\n", ls_h5_path(file), d.kind);
    if (!d.sealed && !d.keras)
        ls_text_append(text, "  seal        none: not as Lockstep wrote it; damage cannot be told\n");
    put_network(text, d.network);
    put_compiled(text, &d);
    if (d.has_optimizer)
        ls_text_printf(text, "  optimizer   %s, with its state%s\n", d.optimizer,
                       d.averages ? " and running averages of the weights (evaluate --use-ema)" : "");
    if (d.encoding) {
        ls_text_append(text, "  columns     ");
        status = ls_encoded_describe(d.encoding, text);
        ls_text_append(text, "\n");
    }
    put_state(text, &d);
    ls_text_printf(text, "  sha256      %s\n", d.digest);
    ls_summary_layers(d.network, text);
    ls_summary_memory(&d.setup, &d.footprint, text);
    ls_described_free(&d);
    return status;
}
