/* The optimizer's part of a model file: /optimizer/vars as Keras stores it, which is only under Keras 3's path: with a
 * group /optimizer_weights, load_model would build the optimizer before the model has variables, and the next fit would
 * fail. */
#include "store/modelfile.h"

#include "base/json_read.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "store/modelfile_layout.h"

#include <math.h>
#include <string.h>

#define ITERATION LS_MODELFILE_OPTIMIZER "/0"
#define RATE      LS_MODELFILE_OPTIMIZER "/1" /* not with a schedule, which is no variable */

/* Slot `k` of tensor `index`, with `before` variables before the first slot. */
static void slot_path(const ls_optimizer *optimizer, const ls_network *network, int before, int index, int k,
                      char path[LS_MODELFILE_PATH])
{
    snprintf(path, LS_MODELFILE_PATH, LS_MODELFILE_OPTIMIZER "/%d",
             before + ls_optimizer_slot_place(optimizer, network->trainable_variables, index, k));
}

/* ---- writing ---- */

/* Tensor by tensor, each slot after the other, whatever their places: the order in which an HDF5 file is written is
 * part of its bytes. */
static ls_status write_slots(ls_h5_file *file, const ls_network *network, const ls_modelfile_optimizer *o, int before,
                             float *room)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    char path[LS_MODELFILE_PATH];
    const int count = ls_optimizer_slots(o->optimizer, slot);
    for (int i = 0; i < network->trainable_variables; i++) {
        for (int k = 0; k < count; k++) {
            slot_path(o->optimizer, network, before, i, k, path);
            LS_TRY(ls_modelblock_write_tensor(file, path, network, i, &o->slot[k], room));
        }
    }
    return LS_OK;
}

/* Keras keeps in float32 what is a float64 of ours, which is with a checkpoint's state. */
static ls_status write_number(ls_h5_file *file, const ls_network *network, const ls_optimizer *optimizer, int before)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    char path[LS_MODELFILE_PATH];
    int last = 0;
    if (!optimizer->row->keras_number)
        return LS_OK;
    while (last + 1 < LS_OPTIMIZER_NUMBERS && optimizer->row->numbers[last + 1])
        last++;
    const float number = (float)optimizer->number[last];
    snprintf(path, sizeof path, LS_MODELFILE_OPTIMIZER "/%d",
             before + ls_optimizer_slots(optimizer, slot) * network->trainable_variables);
    return ls_h5_write_float(file, path, 0, NULL, &number);
}

ls_status ls_modelfile_write_optimizer(ls_h5_file *file, const ls_network *network, const ls_modelfile_optimizer *o,
                                       float *room)
{
    const bool scheduled = o->schedule && o->schedule->row;
    const int before = scheduled ? 1 : 2;
    const float rate = (float)o->rate;
    LS_TRY(ls_h5_write_int64(file, ITERATION, 0, NULL, &o->optimizer->iterations));
    if (!scheduled)
        LS_TRY(ls_h5_write_float(file, RATE, 0, NULL, &rate));
    LS_TRY(write_slots(file, network, o, before, room));
    return write_number(file, network, o->optimizer, before);
}

/* ---- reading ---- */

ls_status ls_modelfile_optimizer_name(ls_h5_file *file, char *name, size_t size, bool *averages)
{
    char *text;
    *averages = ls_h5_has_attribute(file, "/lockstep", LS_MODELFILE_EMA);
    snprintf(name, size, "adam"); /* files of before there were others do not tell */
    if (!ls_h5_has_attribute(file, "/lockstep", LS_MODELFILE_OPTIMIZER_NAME))
        return ls_h5_answered(file);
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", LS_MODELFILE_OPTIMIZER_NAME, &text));
    snprintf(name, size, "%s", text);
    ls_memory_free(text);
    return LS_OK;
}

ls_status ls_modelfile_read_average(ls_h5_file *file, const ls_network *network, float *block)
{
    /* averages come first, whichever optimizer is behind them */
    const ls_optimizer any = {.row = ls_optimizer_at(0), .settings = {.use_ema = true}};
    if (!ls_h5_has_attribute(file, "/lockstep", LS_MODELFILE_EMA))
        return ls_fail(LS_ERR_USAGE, "%s has no running averages of the weights; train with --ema on to have them",
                       ls_h5_path(file));
    return ls_modelfile_read_slot(file, network, &any, ls_optimizer_average_slot(&any),
                                  &(ls_modelblock_place){.values = block});
}

bool ls_modelfile_has_optimizer(ls_h5_file *file)
{
    return ls_h5_exists(file, ITERATION);
}

ls_status ls_modelfile_read_iteration(ls_h5_file *file, int64_t *iterations)
{
    LS_TRY(ls_modelfile_check_shape(file, ITERATION, &(ls_modelfile_shape){0, {0, 0}}));
    LS_TRY(ls_h5_read_int64(file, ITERATION, 0, 1, iterations));
    if (*iterations < 0)
        return ls_fail(LS_ERR_DATA, "%s: %s is %lld, expected the steps done, 0 or more", ls_h5_path(file), ITERATION,
                       (long long)*iterations);
    return LS_OK;
}

/* A rate is a single number; the slot that is there with a schedule has as many as a tensor. */
static ls_status count_before_slots(ls_h5_file *file, int *before)
{
    ls_h5_dataset second;
    LS_TRY(ls_h5_describe(file, RATE, &second));
    *before = second.rank == 0 ? 2 : 1;
    return LS_OK;
}

ls_status ls_modelfile_optimizer_slots(ls_h5_file *file, const ls_network *network, int *slots)
{
    char path[LS_MODELFILE_PATH], name[64];
    bool averages;
    int count = 1, before = 1;
    LS_TRY(ls_modelfile_optimizer_name(file, name, sizeof name, &averages));
    const ls_optimizer_row *row = ls_optimizer_find(name);
    const int most = 2 + LS_OPTIMIZER_SLOTS * network->trainable_variables + 1;
    for (; count <= most; count++) {
        snprintf(path, sizeof path, LS_MODELFILE_OPTIMIZER "/%d", count);
        if (!ls_h5_exists(file, path))
            break;
    }
    LS_TRY(ls_h5_answered(file));
    if (count > 1)
        LS_TRY(count_before_slots(file, &before));
    *slots = (count - before - (row && row->keras_number ? 1 : 0)) / network->trainable_variables;
    return LS_OK;
}

/* In float32, as Keras has it: what is meant is the shortest decimal that gives this number. */
ls_status ls_modelfile_read_rate(ls_h5_file *file, double *rate)
{
    int before;
    float value;
    char text[32];
    *rate = -1;
    LS_TRY(count_before_slots(file, &before));
    if (before == 1)
        return LS_OK;
    LS_TRY(ls_h5_read_float(file, RATE, 0, 1, &value));
    if (value >= 0 && ls_parse_double(ls_format_float(value, text), rate))
        return LS_OK;
    return ls_fail(LS_ERR_DATA, "%s: %s is %g, expected a learning rate", ls_h5_path(file), RATE, (double)value);
}

static ls_status refuse_class(ls_h5_file *file, const char *found, const char *expected)
{
    return ls_fail(LS_ERR_USAGE, "%s holds the state of the optimizer %s, this run has %s", ls_h5_path(file), found,
                   expected);
}

/* Models that Keras' load_model would not compile have no training_config, and say only our name. */
static ls_status check_name(ls_h5_file *file, const char *expected)
{
    char name[64];
    bool averages;
    LS_TRY(ls_modelfile_optimizer_name(file, name, sizeof name, &averages));
    const ls_optimizer_row *row = ls_optimizer_find(name);
    return row && strcmp(row->keras_class, expected) == 0 ? LS_OK
                                                          : refuse_class(file, row ? row->keras_class : name, expected);
}

/* Keras' class of the optimizer. */
static ls_status check_class(ls_h5_file *file, const char *expected)
{
    ls_json_document document = {0};
    char *text;
    if (!ls_h5_has_attribute(file, "/", "training_config"))
        return check_name(file, expected);
    LS_TRY(ls_h5_attribute_text(file, "/", "training_config", &text));
    ls_status status = ls_json_read(text, &document);
    if (status == LS_OK) {
        const ls_json_value *config = ls_json_member(&document, document.value, "optimizer_config");
        const char *found = ls_json_member_text(&document, config, "class_name");
        if (found == NULL || strcmp(found, expected) != 0)
            status = refuse_class(file, found == NULL ? "(unnamed)" : found, expected);
    }
    ls_json_document_free(&document);
    ls_memory_free(text);
    return status;
}

ls_status ls_modelfile_check_optimizer(ls_h5_file *file, const ls_network *network, const ls_optimizer *optimizer)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    char last[LS_MODELFILE_PATH], behind[LS_MODELFILE_PATH];
    int before;
    LS_TRY(check_class(file, optimizer->row->keras_class));
    const int slots = ls_optimizer_slots(optimizer, slot);
    before = 2;
    if (slots > 0)
        LS_TRY(count_before_slots(file, &before));
    const int count = before + slots * network->trainable_variables + (optimizer->row->keras_number ? 1 : 0);
    snprintf(last, sizeof last, LS_MODELFILE_OPTIMIZER "/%d", count - 1);
    snprintf(behind, sizeof behind, LS_MODELFILE_OPTIMIZER "/%d", count);
    const bool fewer = slots > 0 && !ls_h5_exists(file, last), more = ls_h5_exists(file, behind);
    LS_TRY(ls_h5_answered(file));
    if (!fewer && !more)
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "%s holds %s state of the optimizer %s than this run has, which is %d slot%s for each variable; its "
                   "settings (momentum, amsgrad, centered, ema, gradient-accumulation-steps) must be the same",
                   ls_h5_path(file), more ? "more" : "less", optimizer->row->name, slots, slots == 1 ? "" : "s");
}

ls_status ls_modelfile_read_slot(ls_h5_file *file, const ls_network *network, const ls_optimizer *optimizer, int k,
                                 const ls_modelblock_place *place)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    char path[LS_MODELFILE_PATH];
    float *room;
    int before;
    ls_optimizer_slots(optimizer, slot);
    LS_TRY(count_before_slots(file, &before));
    const float least = slot[k].squares ? 0 : -INFINITY; /* roots are taken of squares */
    LS_TRY(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    ls_status status = LS_OK;
    for (int i = 0; status == LS_OK && i < network->trainable_variables; i++) {
        const ls_modelfile_shape shape = ls_modelfile_tensor_shape(network, i);
        slot_path(optimizer, network, before, i, k, path);
        status = ls_modelfile_check_shape(file, path, &shape);
        if (status == LS_OK)
            status = ls_modelblock_read_tensor(file, path, network, i, least, place, room);
    }
    ls_memory_free(room);
    return status;
}
