/* Identity and optimizer of what --init names. */
#include "train/initial.h"

#include "base/alive.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "import/open.h"
#include "store/modelfile.h"
#include "train/optimizer_options.h"
#include "train/travel.h"

#include <stdio.h>
#include <string.h>

/* ---- identity ---- */

static void hash_floats(ls_sha256 *hash, const float *values, int64_t count)
{
    if (values)
        ls_sha256_update(hash, values, (size_t)count * sizeof *values);
}

/* Tensor by tensor, row by row, through `room` for some rows (ls_modelblock_room). */
static void hash_block(ls_sha256 *hash, const ls_network *network, const float *block, float *room)
{
    const int64_t most = ls_modelblock_room(network);
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        const int64_t rows = most / tensor.columns;
        for (int64_t first = 0; first < tensor.rows; first += rows) {
            const int64_t count = tensor.rows - first < rows ? tensor.rows - first : rows;
            ls_network_unpack_rows(network, i, block + network->matrix[tensor.matrix].offset, first, count, room);
            hash_floats(hash, room, count * tensor.columns);
            ls_alive();
        }
    }
}

static void hash_map(ls_sha256 *hash, const ls_affine *map)
{
    hash_floats(hash, map->count > 0 ? map->mean : NULL, map->count);
    hash_floats(hash, map->count > 0 ? map->variance : NULL, map->count);
    hash_floats(hash, map->factor, map->count);
}

static void hash_model(ls_sha256 *hash, const ls_model *model, float *room)
{
    const ls_network *network = model->network;
    hash_map(hash, &network->feature_map);
    hash_block(hash, network, model->block, room);
    hash_map(hash, &network->target_map);
    hash_floats(hash, network->fill, network->features);
    if (network->offset)
        ls_sha256_update(hash, network->offset, (size_t)network->features * sizeof *network->offset);
}

/* ---- the optimizer's file (rank 0) ---- */

/* The optimizer of the options, before its first step. */
static ls_status make_optimizer(const ls_options *options, ls_optimizer *optimizer)
{
    ls_options *resolved;
    LS_TRY(ls_options_copy(options, &resolved));
    ls_status status = ls_optimizer_options_resolve(resolved, false);
    if (status == LS_OK)
        status = ls_optimizer_options_start(resolved, optimizer);
    ls_options_destroy(resolved);
    return status;
}

/* A file that is translated says why. */
static ls_status refuse_state(ls_h5_file *file)
{
    char *fault = NULL;
    if (ls_h5_has_attribute(file, "/lockstep", LS_IMPORT_OPTIMIZER_FAULT))
        LS_TRY(ls_h5_attribute_text(file, "/lockstep", LS_IMPORT_OPTIMIZER_FAULT, &fault));
    const ls_status status = ls_fail(LS_ERR_USAGE,
                                     "%s holds no optimizer's state%s%s; leave --init-optimizer out, and "
                                     "the optimizer starts anew",
                                     ls_h5_path(file), fault ? " that can go on here: " : "", fault ? fault : "");
    ls_memory_free(fault);
    return status;
}

static ls_status open_state(const ls_options *options, const ls_network *network, const ls_optimizer *optimizer,
                            ls_h5_file **file)
{
    LS_TRY(ls_model_open(options->init, options, file));
    ls_status status = LS_OK;
    if (!ls_modelfile_has_optimizer(*file))
        status = refuse_state(*file);
    if (status == LS_OK)
        status = ls_modelfile_check_optimizer(*file, network, optimizer);
    if (status == LS_ERR_USAGE)
        ls_fail_prefix(status, "--init-optimizer: ");
    if (status != LS_OK) {
        ls_h5_close(*file);
        *file = NULL;
    }
    return status;
}

/* Rows of a slot on their way into the hash, which come in the order of the tensors. */
typedef struct hashing {
    ls_sha256 *hash;
    const ls_network *network;
} hashing;

static ls_status hash_rows(void *user, int index, int64_t first, int64_t count, const float *rows)
{
    const hashing *h = user;
    (void)first;
    hash_floats(h->hash, rows, count * ls_network_tensor(h->network, index).columns);
    return LS_OK;
}

/* Variables that are not trained have no slots, and count as zeros. */
static void hash_untrained(ls_sha256 *hash, const ls_network *network)
{
    const float zero = 0;
    for (int i = network->trainable_variables; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        for (int64_t k = 0; k < tensor.rows * tensor.columns; k++)
            hash_floats(hash, &zero, 1);
    }
}

/* Slot after slot goes into the hash while it is read. */
static ls_status find_state(const ls_options *options, const ls_network *network, ls_sha256 *hash, ls_initial *initial)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    ls_optimizer optimizer;
    ls_h5_file *file = NULL;
    ls_status status;
    hashing h = {hash, network};
    const ls_modelblock_place place = {.take = hash_rows, .user = &h};
    LS_TRY(make_optimizer(options, &optimizer));
    LS_TRY(open_state(options, network, &optimizer, &file));
    LS_TRY_CLEANUP(ls_modelfile_read_iteration(file, &initial->iterations));
    if (!options->schedule[0])
        LS_TRY_CLEANUP(ls_modelfile_read_rate(file, &initial->rate));
    for (int k = 0; k < ls_optimizer_slots(&optimizer, slot); k++) {
        LS_TRY_CLEANUP(ls_modelfile_read_slot(file, network, &optimizer, k, &place));
        hash_untrained(hash, network);
    }
    ls_sha256_update(hash, &initial->iterations, sizeof initial->iterations);
    status = LS_OK;
cleanup:
    ls_h5_close(file);
    return status;
}

typedef struct finding {
    const ls_options *options;
    const ls_model *model;
    ls_initial *initial;
} finding;

/* Rank 0's part. */
static ls_status find(void *user, ls_lead *lead)
{
    const finding *f = user;
    const ls_options *options = f->options;
    const ls_model *model = f->model;
    ls_initial *initial = f->initial;
    (void)lead;
    const ls_network *network = model->network;
    ls_sha256 hash;
    uint8_t digest[32];
    float *room;
    LS_TRY(ls_fault("initial"));
    LS_TRY(ls_memory_allocate(&room, ls_modelblock_room(network), sizeof *room, "piece of a tensor"));
    ls_sha256_start(&hash);
    hash_model(&hash, model, room);
    ls_memory_free(room);
    if (initial->optimizer)
        LS_TRY(find_state(options, network, &hash, initial));
    ls_sha256_finish(&hash, digest);
    ls_sha256_hex(digest, initial->sha256);
    return LS_OK;
}

ls_status ls_initial_find(ls_context *context, const ls_options *options, const ls_model *model, ls_initial *initial)
{
    *initial = (ls_initial){.rate = -1, .optimizer = options->init_optimizer};
    if (!options->init[0])
        return options->init_optimizer
                   ? ls_fail(LS_ERR_USAGE, "--init-optimizer needs --init, the model whose optimizer goes on")
                   : LS_OK;
    if (options->initial_weights[0]) {
        snprintf(initial->sha256, sizeof initial->sha256, "%s", options->initial_weights);
        initial->optimizer = false;
        return LS_OK;
    }
    finding f = {options, model, initial};
    const ls_lead_parts parts = {.work = find, .user = &f, .what = "rank 0 reads the model to begin with"};
    LS_TRY(ls_lead_work(context->comm, &parts));
    return ls_comm_broadcast(context->comm, 0, initial, sizeof *initial);
}

/* ---- going on ---- */

typedef struct taking {
    ls_trainer *trainer;
    const ls_options *options;
    ls_travel travel; /* the slots */
} taking;

/* Rank 0's part. */
static ls_status read_slots(void *user)
{
    taking *take = user;
    const ls_trainer *t = take->trainer;
    ls_h5_file *file;
    LS_TRY(open_state(take->options, t->model->network, &t->optimizer, &file));
    ls_status status = LS_OK;
    for (int k = 0; status == LS_OK && k < t->slot_count; k++) {
        const ls_modelblock_place place = ls_travel_in(&take->travel, k);
        status = ls_modelfile_read_slot(file, t->model->network, &t->optimizer, k, &place);
    }
    ls_h5_close(file);
    return status;
}

ls_status ls_initial_take(ls_trainer *t, const ls_options *options, const ls_initial *initial)
{
    taking take = {.trainer = t, .options = options};
    if (!initial->optimizer)
        return LS_OK;
    ls_status status = ls_agree(t->context->comm, ls_travel_begin(t, &take.travel));
    for (int k = 0; k < t->slot_count; k++)
        ls_travel_add(&take.travel, &(ls_travel_vector){.values = t->slots[k]});
    if (status == LS_OK)
        status = ls_travel_work(&take.travel, read_slots, &take, "rank 0 reads the optimizer's state");
    ls_travel_end(&take.travel, status);
    if (status != LS_OK)
        return status;
    ls_optimizer_forward(&t->optimizer, initial->iterations);
    t->earlier = initial->iterations;
    return LS_OK;
}
