/* Prediction over all ranks: rounds of consecutive row ranges, one range a rank, received by rank 0 in row order. */
#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "context/context.h"
#include "data/dataset.h"
#include "data/encoded.h"
#include "data/missing.h"
#include "data/pieces.h"
#include "files/path.h"
#include "files/replace.h"
#include "hdf5/h5.h"
#include "model/pass.h"
#include "train/model.h"
#include "train/predict_csv.h"

#include <string.h>
#include <strings.h>

/* Rows a rank predicts in one round, and rows that go through the layers at once. */
#define ROUND_ROWS   4096
#define ROWS_AT_ONCE 256

/* One rank's working space. */
typedef struct predicting {
    ls_context *context;
    const ls_model *model;
    const ls_dataset *dataset;
    ls_pass *pass;
    ls_batch_arrays arrays;
    float *mine;    /* (ROUND_ROWS, outputs) */
    float *all;     /* rank 0: (size * ROUND_ROWS, outputs) */
    int64_t *bytes; /* (size) */
} predicting;

static ls_status prepare(predicting *p)
{
    const ls_network *network = p->model->network;
    const ls_source *source = ls_dataset_source(p->dataset);
    const int size = ls_comm_size(p->context->comm);
    if (source->features != network->features) {
        char name[2200];
        return ls_fail(LS_ERR_DATA, "%s has %lld features, the model takes %lld",
                       ls_source_name(source, name, sizeof name), (long long)source->features,
                       (long long)network->features);
    }
    LS_TRY(ls_encoded_check("the data", p->dataset->encoding, p->model->encoding));
    LS_TRY(ls_fault("predict"));
    LS_TRY(ls_batch_arrays_create(ROWS_AT_ONCE, &p->arrays));
    LS_TRY(ls_memory_allocate(&p->mine, ROUND_ROWS * network->outputs, sizeof(float), "predictions"));
    LS_TRY(ls_memory_allocate(&p->bytes, size, sizeof *p->bytes, "predictions"));
    if (ls_comm_rank(p->context->comm) == 0)
        LS_TRY(ls_memory_allocate(&p->all, size * ROUND_ROWS * network->outputs, sizeof(float), "predictions"));
    return ls_pass_create(network, p->context->kernels, p->context->threads, ROWS_AT_ONCE, false, &p->pass);
}

static void release(predicting *p)
{
    ls_batch_arrays_free(&p->arrays);
    ls_memory_free(p->mine);
    ls_memory_free(p->all);
    ls_memory_free(p->bytes);
    ls_pass_destroy(p->pass);
}

/* Rows of rank r in the round that begins at `base`. */
static int64_t round_rows(const predicting *p, int64_t base, int r)
{
    const int64_t left = p->dataset->rows - (base + (int64_t)r * ROUND_ROWS);
    return left < 0 ? 0 : left < ROUND_ROWS ? left : ROUND_ROWS;
}

static ls_status predict_pieces(predicting *p, ls_pieces *pieces)
{
    for (int64_t done = 0; done < pieces->count; done += ROWS_AT_ONCE) {
        const int64_t now = pieces->count - done < ROWS_AT_ONCE ? pieces->count - done : ROWS_AT_ONCE;
        const int64_t first = pieces->first + done;
        if (p->context->stop)
            return ls_fail(LS_STOPPED, "stopped");
        LS_TRY(ls_pieces_need(pieces, first, now));
        for (int64_t r = 0; r < now; r++)
            ls_batch_arrays_put(&p->arrays, &pieces->rows, r, first - pieces->rows.first + r, 0);
        const ls_batch batch = ls_batch_arrays_batch(&p->arrays, &pieces->rows, now, 0);
        ls_pass_predict(p->pass, p->model->block, &batch, p->mine + done * p->model->network->outputs);
    }
    return LS_OK;
}

static ls_status predict_own(predicting *p, int64_t first, int64_t count)
{
    ls_pieces pieces;
    ls_status status =
        ls_pieces_open(p->context, p->dataset, p->model->network, LS_PIECES_FEATURES, first, count, &pieces);
    if (status == LS_OK)
        status = predict_pieces(p, &pieces);
    ls_pieces_close(&pieces);
    return status;
}

/* Local, by all ranks: the request is used up. Only a stop that was found here is one of a request; a callback may
 * return LS_STOPPED for reasons of its own. */
static ls_status stopped(ls_context *context)
{
    context->stop = 0;
    return ls_fail(LS_STOPPED, "stopped on request before all rows were predicted");
}

static ls_status predict_rounds(predicting *p, ls_prediction_function function, void *user)
{
    ls_comm *comm = p->context->comm;
    const int rank = ls_comm_rank(comm), size = ls_comm_size(comm);
    const int64_t row_bytes = p->model->network->outputs * (int64_t)sizeof(float);
    for (int64_t base = 0; base < p->dataset->rows; base += (int64_t)size * ROUND_ROWS) {
        int64_t total = 0;
        for (int r = 0; r < size; r++) {
            p->bytes[r] = round_rows(p, base, r) * row_bytes;
            total += round_rows(p, base, r);
        }
        ls_status own = predict_own(p, base + (int64_t)rank * ROUND_ROWS, round_rows(p, base, rank));
        if (own == LS_OK && p->context->stop) /* also where there were no rows to come upon it */
            own = ls_fail(LS_STOPPED, "stopped");
        own = ls_missing_explain(p->context, p->dataset, p->model->network, ls_agree(comm, own));
        if (own == LS_STOPPED)
            return stopped(p->context);
        LS_TRY(own);
        LS_TRY(ls_comm_gatherv(comm, 0, p->mine, p->bytes, p->all));
        LS_TRY(ls_agree(comm, rank == 0 ? function(user, base, total, p->all) : LS_OK));
    }
    return LS_OK;
}

ls_status ls_predict(ls_context *context, const ls_model *model, const ls_dataset *dataset,
                     ls_prediction_function function, void *user)
{
    predicting p = {.context = context, .model = model, .dataset = dataset};
    ls_status status = ls_agree(context->comm, prepare(&p));
    if (status == LS_OK)
        status = predict_rounds(&p, function, user);
    release(&p);
    return status;
}

/* ---- into a file ---- */

typedef struct prediction_file {
    const ls_dataset *dataset;
    ls_h5_file *file;
    int fd; /* of the temporary file */
    char temporary[LS_TEXT_MAX + 64];
    const ls_network *network;
    float yes; /* a single output above it says yes */
    bool classes;
    bool numbered;  /* rows are a selection, so their numbers are written too */
    int32_t *class; /* (capacity) */
    int64_t *label; /* (capacity) of the classes */
    int64_t *row;   /* (capacity) */
    int64_t capacity;
    bool text; /* CSV instead of HDF5 */
    ls_predict_csv csv;
    ls_class_names names;
} prediction_file;

/* The class of one row: the largest output (lowest of equals), or whether the single one says yes. */
static int32_t class_of(const ls_network *network, float yes, const float *row)
{
    if (network->outputs == 1 && ls_loss_classes(&network->loss) == LS_CLASSES_EACH)
        return row[0] > yes;
    int32_t best = 0;
    for (int64_t j = 1; j < network->outputs; j++) {
        if (row[j] > row[best])
            best = (int32_t)j;
    }
    return best;
}

static bool has_classes(const ls_network *network)
{
    const ls_loss_class classes = ls_loss_classes(&network->loss);
    return classes == LS_CLASSES_ONE || (classes == LS_CLASSES_EACH && network->outputs == 1);
}

/* Whether some rows of the data are left out or jumped over. */
static bool has_gaps(const ls_dataset *dataset)
{
    bool found = false;
    for (int i = 0; i < dataset->count; i++)
        found = found || dataset->source[i].kept;
    return found;
}

static ls_status make_room(prediction_file *f, int64_t rows)
{
    if (rows <= f->capacity)
        return LS_OK;
    ls_memory_free(f->class);
    ls_memory_free(f->label);
    ls_memory_free(f->row);
    f->class = NULL;
    f->label = NULL;
    f->row = NULL;
    f->capacity = 0;
    LS_TRY(ls_memory_allocate(&f->class, rows, sizeof *f->class, "classes"));
    LS_TRY(ls_memory_allocate(&f->label, rows, sizeof *f->label, "labels"));
    LS_TRY(ls_memory_allocate(&f->row, rows, sizeof *f->row, "row numbers"));
    f->capacity = rows;
    return LS_OK;
}

/* The classes of some rows, and their labels: the numbers that the data has for them. */
static void find_classes(prediction_file *f, int64_t rows, const float *prediction)
{
    for (int64_t r = 0; r < rows; r++) {
        f->class[r] = class_of(f->network, f->yes, prediction + r * f->network->outputs);
        f->label[r] = f->network->classes ? f->network->classes[f->class[r]] : f->class[r];
    }
}

static ls_status write_h5_rows(prediction_file *f, int64_t first, int64_t rows, const float *prediction)
{
    LS_TRY(ls_h5_write_float_rows(f->file, "/prediction", first, rows, prediction));
    if (f->numbered)
        LS_TRY(ls_h5_write_int64_rows(f->file, "/row", first, rows, f->row));
    if (!f->classes)
        return LS_OK;
    return f->network->classes ? ls_h5_write_int64_rows(f->file, "/class", first, rows, f->label)
                               : ls_h5_write_int32_rows(f->file, "/class", first, rows, f->class);
}

static ls_status write_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    prediction_file *f = user;
    LS_TRY(make_room(f, rows));
    for (int64_t r = 0; f->numbered && r < rows; r++)
        f->row[r] = ls_dataset_row(f->dataset, first + r);
    if (f->classes)
        find_classes(f, rows, prediction);
    return f->text ? ls_predict_csv_rows(&f->csv, rows, prediction, f->classes ? f->label : NULL,
                                         f->numbered ? f->row : NULL)
                   : write_h5_rows(f, first, rows, prediction);
}

/* The names of the labels, which /class counts from 0. */
static ls_status write_class_names(prediction_file *f)
{
    const ls_column *column = ls_encoding_classes(&f->names.encoding);
    return column == NULL || !f->classes
               ? LS_OK
               : ls_h5_write_texts(f->file, "/class_names", (const char *const *)column->categories.text,
                                   column->categories.count);
}

static ls_status start_file(const char *path, bool overwrite, int64_t rows, const char *encoding, prediction_file *f)
{
    if (!overwrite && ls_path_exists(path))
        return ls_fail(LS_ERR_OUTPUT, "%s exists; give --overwrite or another --output", path);
    ls_replace_clean(path);
    LS_TRY(ls_class_names_read(encoding, f->network, &f->names));
    LS_TRY(ls_replace_open(path, f->temporary, sizeof f->temporary, &f->fd));
    if (f->text) {
        f->csv = (ls_predict_csv){
            .fd = f->fd, .path = path, .names = f->names, .classes = f->classes, .numbered = f->numbered};
        return ls_predict_csv_begin(&f->csv);
    }
    LS_TRY(ls_h5_create(f->temporary, 0, &f->file));
    LS_TRY(write_class_names(f));
    const int64_t shape[] = {rows, f->network->outputs};
    LS_TRY(ls_h5_make_float(f->file, "/prediction", 2, shape));
    if (f->numbered)
        LS_TRY(ls_h5_make_int64(f->file, "/row", 1, shape));
    if (!f->classes)
        return LS_OK;
    return f->network->classes ? ls_h5_make_int64(f->file, "/class", 1, shape)
                               : ls_h5_make_int32(f->file, "/class", 1, shape);
}

/* `status`: how the predicting went. Puts the file in place, or removes what there is of it. */
static ls_status end_file(const char *path, ls_status status, prediction_file *f)
{
    if (status == LS_OK && !f->text) {
        status = ls_h5_finish(f->file);
        f->file = NULL;
    }
    if (status == LS_OK)
        status = ls_replace_sync(f->fd, path);
    if (status == LS_OK)
        return ls_replace_rename(f->fd, f->temporary, path);
    ls_h5_close(f->file);
    ls_replace_discard(f->fd, f->temporary);
    return status;
}

ls_status ls_predict_file(ls_context *context, const ls_model *model, const ls_dataset *dataset, const char *path,
                          bool overwrite)
{
    const bool root = ls_comm_rank(context->comm) == 0;
    const char *dot = strrchr(path, '.');
    prediction_file f = {.fd = -1,
                         .dataset = dataset,
                         .network = model->network,
                         .yes = ls_network_task(model->network).yes,
                         .classes = has_classes(model->network),
                         .numbered = has_gaps(dataset),
                         .text = dot != NULL && strcasecmp(dot, ".csv") == 0};
    ls_status status =
        ls_agree(context->comm, root ? start_file(path, overwrite, dataset->rows, model->encoding, &f) : LS_OK);
    if (status == LS_OK)
        status = ls_predict(context, model, dataset, write_rows, &f);
    if (root)
        status = end_file(path, status, &f);
    ls_memory_free(f.class);
    ls_memory_free(f.label);
    ls_memory_free(f.row);
    ls_predict_csv_free(&f.csv);
    ls_class_names_free(&f.names);
    return ls_agree(context->comm, status);
}
