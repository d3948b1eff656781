/* An optimizer's state in files of Keras'. */
#include "import/keras_optimizer.h"

#include "base/memory.h"
#include "import/keras_named.h"
#include "import/keras_names.h"
#include "store/modelfile_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WEIGHTS   "/optimizer_weights"
#define VARIABLES LS_MODELFILE_OPTIMIZER

/* What Keras has called each slot. */
static const char *const words[][4] = {
    {"average", "average"},
    {"gradient_accumulator", "gradient_accumulator"},
    {"momentum", "momentum", "m"},
    {"velocity", "velocity", "v", "rms"},
    {"velocity_hat", "velocity_hat", "vhat"},
    {"average_gradient", "average_gradient", "mg"},
    {"accumulator", "accumulator"},
};
enum { KINDS = sizeof words / sizeof *words };

static int slots_of(const ls_keras_state *state, ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS])
{
    return ls_optimizer_slots(state->optimizer, slot);
}

static ls_status keep(ls_keras_state *state, int k, int variable, const char *path)
{
    char **place = &state->path[k * state->network->trainable_variables + variable];
    const size_t bytes = strlen(path) + 1;
    LS_TRY(ls_memory_allocate(place, (int64_t)bytes, 1, "path"));
    memcpy(*place, path, bytes);
    return LS_OK;
}

/* ---- numbers beside the slots ---- */

static bool is_number(ls_h5_file *file, const char *path)
{
    ls_h5_dataset found;
    return ls_h5_describe(file, path, &found) == LS_OK && found.rank == 0;
}

static void take_iterations(ls_keras_state *state, const char *path)
{
    if (ls_h5_read_int64(state->file, path, 0, 1, &state->iterations) != LS_OK)
        ls_text_append(&state->fault, ls_error_message());
    else if (state->iterations < 0)
        ls_text_printf(&state->fault, "%s is %lld, expected the steps done, 0 or more", path,
                       (long long)state->iterations);
}

static void take_rate(ls_keras_state *state, const char *path)
{
    float rate;
    if (ls_h5_read_float(state->file, path, 0, 1, &rate) != LS_OK)
        ls_text_append(&state->fault, ls_error_message());
    else if (!(rate >= 0 && isfinite(rate)))
        ls_text_printf(&state->fault, "%s is %g, expected a learning rate", path, (double)rate);
    else
        state->rate = ls_keras_named_number((double)rate);
}

/* ---- by number: .keras and .weights.h5 ---- */

static void number_path(int number, char path[LS_MODELFILE_PATH])
{
    snprintf(path, LS_MODELFILE_PATH, VARIABLES "/%d", number);
}

static int count_numbered(ls_h5_file *file, int most)
{
    char path[LS_MODELFILE_PATH];
    int count = 0;
    for (; count < most; count++) {
        number_path(count, path);
        if (!ls_h5_exists(file, path))
            break;
    }
    return count;
}

/* tf.keras 2.11 to 2.15 made SGD's momentum whether it had one or not, which stays 0. */
static bool has_idle_momentum(const ls_optimizer *optimizer)
{
    return strcmp(optimizer->row->name, "sgd") == 0 && optimizer->settings.momentum == 0;
}

static void refuse_count(ls_keras_state *state, int found, int expected)
{
    ls_text_printf(&state->fault,
                   "its optimizer's state has %d arrays; %s with these settings has %d, for %d variables", found,
                   state->optimizer->row->keras_class, expected, state->network->trainable_variables);
}

static ls_status find_numbered(ls_keras_state *state)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    char path[LS_MODELFILE_PATH];
    const int n = state->network->trainable_variables, slots = slots_of(state, slot);
    const int expected = slots * n, more = has_idle_momentum(state->optimizer) ? n : 0;
    const int count = count_numbered(state->file, 2 + (LS_OPTIMIZER_SLOTS + 1) * n + 2);
    number_path(0, path);
    take_iterations(state, path);
    number_path(1, path);
    /* a rate is a number, and the arrays behind it are not */
    const int before = count > 1 && is_number(state->file, path) ? 2 : 1;
    if (before == 2)
        take_rate(state, path);
    int behind = count - before;
    if (behind == 0 && slots > 0 && state->iterations == 0)
        return LS_OK; /* not built yet: nothing was learnt */
    if (behind > 0 && state->optimizer->row->keras_number) {
        number_path(count - 1, path);
        behind -= is_number(state->file, path);
    }
    if (behind != expected && behind != expected + more) {
        refuse_count(state, behind, expected);
        return LS_OK;
    }
    for (int k = 0; k < slots; k++)
        for (int i = 0; i < n; i++) {
            number_path(before + ls_optimizer_slot_place(state->optimizer, n, i, k), path);
            LS_TRY(keep(state, k, i, path));
        }
    return LS_OK;
}

/* ---- by name: HDF5 files ---- */

static bool is_word(const char *text, size_t length, int kind)
{
    for (int w = 1; w < 4 && words[kind][w]; w++)
        if (strlen(words[kind][w]) == length && strncmp(words[kind][w], text, length) == 0)
            return true;
    return false;
}

static int kind_of_word(const char *text, size_t length)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (is_word(text, length, kind))
            return kind;
    return -1;
}

/* "dense_kernel_velocity_hat": the longest that it ends in. */
static int kind_of_ending(const char *text, size_t length)
{
    for (size_t at = 1; at < length; at++)
        if (text[at - 1] == '_') {
            const int kind = kind_of_word(text + at, length - at);
            if (kind >= 0)
                return kind;
        }
    return -1;
}

/* The last part of a name, without ":0". */
static const char *last_part(const char *name, size_t *length)
{
    const char *slash = strrchr(name, '/');
    const char *part = slash ? slash + 1 : name;
    *length = strcspn(part, ":");
    return part;
}

/* -1: none of them. */
static int kind_of_name(const char *name)
{
    size_t length;
    const char *part = last_part(name, &length), *first = strchr(name, '/');
    int kind = kind_of_word(part, length);
    if (kind < 0)
        kind = kind_of_ending(part, length);
    if (kind < 0 && first && first + 1 != part)
        kind = kind_of_word(first + 1, strcspn(first + 1, "/"));
    return kind;
}

static bool is_called(const char *name, const char *const *called)
{
    size_t length;
    const char *part = last_part(name, &length);
    for (; *called; called++)
        if (strlen(*called) == length && strncmp(*called, part, length) == 0)
            return true;
    return false;
}

/* Which of the optimizer's slots is of a kind; -1: none. */
static int slot_of_kind(const ls_keras_state *state, int kind)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    for (int k = 0, slots = slots_of(state, slot); k < slots; k++)
        if (strcmp(slot[k].name, words[kind][0]) == 0)
            return k;
    return -1;
}

typedef struct tally {
    int of_slot[LS_OPTIMIZER_SLOTS];
    int others; /* of kinds that the optimizer has not, but for an idle momentum */
    bool iteration;
} tally;

static ls_status take_name(ls_keras_state *state, const char *name, tally *seen)
{
    static const char *const iterations[] = {"iteration", "iterations", "iter", NULL}, *const rates[] = {
                                                                                           "learning_rate", NULL};
    char path[LS_MODELFILE_PATH];
    if (snprintf(path, sizeof path, WEIGHTS "/%s", name) >= (int)sizeof path) {
        ls_text_printf(&state->fault, "the optimizer's variable '%.80s...' has a longer name than is supported", name);
        return LS_OK;
    }
    if (is_called(name, iterations)) {
        seen->iteration = true;
        take_iterations(state, path);
        return LS_OK;
    }
    if (is_called(name, rates) && is_number(state->file, path)) {
        take_rate(state, path);
        return LS_OK;
    }
    const int kind = kind_of_name(name), k = kind >= 0 ? slot_of_kind(state, kind) : -1;
    if (k >= 0 && seen->of_slot[k]++ < state->network->trainable_variables)
        return keep(state, k, seen->of_slot[k] - 1, path);
    const bool idle = kind >= 0 && strcmp(words[kind][0], "momentum") == 0 && has_idle_momentum(state->optimizer);
    seen->others += k < 0 && !idle && !is_number(state->file, path);
    return LS_OK;
}

static ls_status find_named(ls_keras_state *state)
{
    ls_keras_names names = {0};
    tally seen = {0};
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    const int n = state->network->trainable_variables, slots = slots_of(state, slot);
    ls_status status = ls_keras_names_read(state->file, WEIGHTS, "weight_names", &names);
    for (const char *name = NULL; status == LS_OK && (name = ls_keras_names_next(&names, name)) != NULL;)
        status = take_name(state, name, &seen);
    ls_keras_names_free(&names);
    if (status == LS_ERR_DATA) {
        ls_text_append(&state->fault, ls_error_message());
        return LS_OK;
    }
    LS_TRY(status);
    int found = seen.others;
    for (int k = 0; k < slots; k++)
        found += seen.of_slot[k];
    if (state->fault.length > 0 || (found == 0 && slots > 0 && state->iterations == 0))
        return LS_OK;
    if (!seen.iteration)
        ls_text_append(&state->fault, "its optimizer's state has no number of steps");
    bool fits = seen.others == 0;
    for (int k = 0; k < slots; k++)
        fits = fits && seen.of_slot[k] == n;
    if (!fits)
        refuse_count(state, found, slots * n);
    return LS_OK;
}

/* ---- all of it ---- */

/* What is not trained has no slots there. */
static void check_trained(ls_keras_state *state)
{
    for (int i = 0; i < state->model->count; i++) {
        const ls_keras_layer *layer = &state->model->layer[i];
        if (layer->use == LS_KERAS_LAYER && layer->variables > 0 && !layer->trainable) {
            ls_text_printf(&state->fault,
                           "%s is not trained there (trainable is false), so that the optimizer has no "
                           "state of it; Lockstep trains all layers",
                           layer->place);
            return;
        }
    }
}

/* The averages begin as the weights, which are not here. */
static void check_begun(ls_keras_state *state)
{
    if (state->fault.length == 0 && state->count > 0 && !state->path[0] && state->optimizer->settings.use_ema)
        ls_text_append(&state->fault, "its optimizer has made no step, and so there are no averages of the weights");
}

static bool has_shape(const ls_h5_dataset *found, const ls_modelfile_shape *shape)
{
    bool same = found->class_ == LS_H5_FLOAT && found->fields == 0 && found->rank == shape->rank;
    for (int i = 0; same && i < shape->rank; i++)
        same = found->shape[i] == shape->extent[i];
    return same;
}

static void check_shape(ls_keras_state *state, const char *path, int variable)
{
    const ls_tensor tensor = ls_network_tensor(state->network, variable);
    const ls_modelfile_shape shape = ls_modelfile_tensor_shape(state->network, variable);
    ls_h5_dataset found;
    if (ls_h5_describe(state->file, path, &found) != LS_OK) {
        ls_text_append(&state->fault, ls_error_message());
    } else if (!has_shape(&found, &shape)) {
        ls_text_printf(&state->fault, "%s does not hold floats in the shape (%lld", path, (long long)shape.extent[0]);
        if (shape.rank == 2)
            ls_text_printf(&state->fault, ", %lld", (long long)shape.extent[1]);
        ls_text_printf(&state->fault, ") of the %s of %s", ls_role_name(tensor.role),
                       state->network->layers[tensor.layer].name);
    }
}

static void check_shapes(ls_keras_state *state)
{
    const int n = state->network->trainable_variables;
    for (int p = 0; state->fault.length == 0 && p < state->count; p++)
        if (state->path[p])
            check_shape(state, state->path[p], p % n);
}

static ls_status find(ls_keras_state *state)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    const int count = slots_of(state, slot) * state->network->trainable_variables;
    LS_TRY(ls_memory_allocate(&state->path, count > 0 ? count : 1, sizeof *state->path, "paths"));
    state->count = count;
    check_trained(state);
    if (state->fault.length == 0)
        LS_TRY(state->legacy ? find_named(state) : find_numbered(state));
    check_begun(state);
    check_shapes(state);
    return ls_text_status(&state->fault);
}

ls_status ls_keras_state_find(ls_h5_file *file, bool legacy, const ls_keras_model *model, const ls_network *network,
                              const ls_optimizer *optimizer, ls_keras_state *state, bool *found)
{
    *state = (ls_keras_state){
        .file = file, .legacy = legacy, .model = model, .network = network, .optimizer = optimizer, .rate = -1};
    *found = legacy ? ls_keras_names_there(file, WEIGHTS, "weight_names") : ls_h5_exists(file, VARIABLES "/0");
    if (!*found)
        return LS_OK;
    const ls_status status = find(state);
    *found = status == LS_OK && state->fault.length == 0;
    if (status != LS_OK)
        ls_keras_state_free(state);
    return status;
}

const char *ls_keras_state_path(const ls_keras_state *state, int k, int variable)
{
    return state->path[k * state->network->trainable_variables + variable];
}

void ls_keras_state_free(ls_keras_state *state)
{
    for (int p = 0; p < state->count; p++)
        ls_memory_free(state->path[p]);
    ls_memory_free(state->path);
    ls_text_free(&state->fault);
    memset(state, 0, sizeof *state);
}

ls_status ls_keras_slot_bring(void *user, int variable, int64_t first, int64_t count, float *rows)
{
    const ls_keras_slot *s = user;
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    const char *path = ls_keras_state_path(s->state, s->k, variable);
    const ls_modelfile_shape shape = ls_modelfile_tensor_shape(s->state->network, variable);
    slots_of(s->state, slot);
    if (path) /* of a vector, which is one row here, the file's rows are its numbers */
        return ls_modelfile_read_rows(s->state->file, path, &shape, first, shape.rank == 1 ? shape.extent[0] : count,
                                      slot[s->k].squares ? 0 : -INFINITY, rows);
    const int64_t columns = ls_network_tensor(s->state->network, variable).columns;
    for (int64_t j = 0; j < count * columns; j++)
        rows[j] = (float)slot[s->k].initial;
    return LS_OK;
}
