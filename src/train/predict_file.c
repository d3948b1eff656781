/* Predictions into a file, or to standard output: what its name asks for, and how it gets into its place. */
#include "base/memory.h"
#include "comm/agree.h"
#include "context/context.h"
#include "data/dataset.h"
#include "files/inputs.h"
#include "files/path.h"
#include "files/replace.h"
#include "store/rundir.h"
#include "store/sealed.h"
#include "train/model.h"
#include "train/predict_csv.h"
#include "train/predict_h5.h"

#include <string.h>
#include <strings.h>

/* What a name asks for. */
typedef struct form {
    bool standard;  /* standard output */
    bool packed;    /* with gzip */
    char delimiter; /* of text; 0: HDF5 */
} form;

typedef struct prediction_file {
    const ls_dataset *dataset;
    const char *origin; /* the model's file, borrowed */
    const ls_network *network;
    form form;
    int fd; /* of the temporary file; -1: none, or standard output */
    char temporary[LS_TEXT_MAX + 64];
    float yes; /* a single output above it says yes */
    ls_predict_names names;
    ls_identities *identities;
    ls_predict_csv csv;
    ls_predict_h5 h5;
    int64_t *label; /* (capacity) of the classes */
    int64_t *row;   /* (capacity) */
    int64_t capacity;
} prediction_file;

/* The suffix alone decides, so that no file holds something else than its name says. */
static ls_status form_of(const char *path, form *f)
{
    static const struct {
        const char *suffix;
        char delimiter;
    } known[] = {{".h5", 0}, {".hdf5", 0}, {".hdf", 0}, {".csv", ','}, {".tsv", '\t'}, {".tab", '\t'}, {".txt", '\t'}};
    const size_t length = strlen(path);
    *f = (form){.standard = strcmp(path, "-") == 0, .delimiter = ','};
    if (f->standard)
        return LS_OK;
    f->packed = length > 3 && strcasecmp(path + length - 3, ".gz") == 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ls_path_has_suffix(path, known[i].suffix) && (known[i].delimiter != 0 || !f->packed)) {
            f->delimiter = known[i].delimiter;
            return LS_OK;
        }
    return ls_fail(
        LS_ERR_USAGE,
        "%s: predictions are written by the suffix of the name: .h5, .hdf5 or .hdf are HDF5, .csv is text with "
        "commas, .tsv, .tab and .txt with tabs (.gz behind these four packs it), - is CSV to standard output",
        path);
}

/* ---- rows ---- */

/* The class of one row: the largest output (lowest of equals), or whether the single one says yes. */
static int64_t class_of(const ls_network *network, float yes, const float *row)
{
    if (network->outputs == 1 && ls_loss_classes(&network->loss) == LS_CLASSES_EACH)
        return row[0] > yes;
    int64_t best = 0;
    for (int64_t j = 1; j < network->outputs; j++) {
        if (row[j] > row[best])
            best = j;
    }
    return best;
}

static ls_status make_room(prediction_file *f, int64_t rows)
{
    if (rows <= f->capacity)
        return LS_OK;
    ls_memory_free(f->label);
    ls_memory_free(f->row);
    f->label = NULL;
    f->row = NULL;
    f->capacity = 0;
    LS_TRY(ls_memory_allocate(&f->label, rows, sizeof *f->label, "labels"));
    LS_TRY(ls_memory_allocate(&f->row, rows, sizeof *f->row, "row numbers"));
    f->capacity = rows;
    return LS_OK;
}

/* Labels are the numbers that the data has for the classes. */
static void find_labels(prediction_file *f, int64_t rows, const float *prediction)
{
    for (int64_t r = 0; r < rows; r++) {
        const int64_t class_ = class_of(f->network, f->yes, prediction + r * f->network->outputs);
        f->label[r] = f->network->classes ? f->network->classes[class_] : class_;
    }
}

static ls_status write_rows(void *user, int64_t first, int64_t rows, const float *prediction)
{
    prediction_file *f = user;
    LS_TRY(make_room(f, rows));
    LS_TRY(ls_identities_read(f->identities, first, rows, f->row));
    if (f->names.classes)
        find_labels(f, rows, prediction);
    const int64_t *label = f->names.classes ? f->label : NULL;
    if (f->form.delimiter == 0)
        return ls_predict_h5_rows(&f->h5, first, rows, prediction, f->row, label);
    LS_TRY(ls_predict_csv_rows(&f->csv, rows, prediction, f->row, label));
    return f->csv.out.closed ? ls_fail(LS_STOPPED, "nobody reads standard output any more") : LS_OK;
}

/* ---- the file ---- */

/* Neither the model nor anything that the rows are read from is replaced, whatever is said. */
static ls_status check_output(const char *path, bool overwrite, const prediction_file *f)
{
    ls_inputs inputs = {0};
    ls_status status;
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, f->origin));
    LS_TRY_CLEANUP(ls_dataset_inputs(f->dataset, &inputs));
    LS_TRY_CLEANUP(ls_inputs_add(&inputs, "/dev/stdin")); /* a file that was redirected into it */
    status = ls_inputs_check_output(&inputs, path, overwrite);
    if (status == LS_OK && ls_rundir_owns(path))
        status = ls_fail(LS_ERR_USAGE, "%s belongs to a run, and would be lost; name another file to write", path);
    if (status == LS_OK && ls_sealed_is(path))
        status =
            ls_fail(LS_ERR_USAGE, "%s is a model or a checkpoint, and would be lost; name another file to write", path);
cleanup:
    ls_inputs_free(&inputs);
    return status;
}

static ls_status open_file(const char *path, bool overwrite, prediction_file *f)
{
    if (f->form.standard)
        return LS_OK;
    LS_TRY(check_output(path, overwrite, f));
    ls_replace_clean(path);
    return ls_replace_open(path, f->temporary, sizeof f->temporary, &f->fd);
}

static ls_status start_file(const ls_context *context, const ls_model *model, const char *path, bool overwrite,
                            prediction_file *f)
{
    LS_TRY(ls_predict_names_read(model->encoding, f->network, &f->names));
    LS_TRY(ls_identities_open(context, f->dataset, &f->identities));
    LS_TRY(open_file(path, overwrite, f));
    if (f->form.delimiter == 0) {
        f->h5 = (ls_predict_h5){.names = &f->names, .identities = f->identities};
        return ls_predict_h5_begin(&f->h5, f->temporary, f->dataset->rows);
    }
    f->csv = (ls_predict_csv){.names = &f->names, .identities = f->identities, .delimiter = f->form.delimiter};
    LS_TRY(ls_textout_open(&f->csv.out, f->fd, path, f->form.packed));
    return ls_predict_csv_begin(&f->csv);
}

static ls_status complete(const char *path, prediction_file *f)
{
    LS_TRY(f->form.delimiter == 0 ? ls_predict_h5_finish(&f->h5) : ls_textout_finish(&f->csv.out));
    return f->fd >= 0 ? ls_replace_sync(f->fd, path) : LS_OK;
}

/* `status`: how the predicting went. Puts the file in place, or removes what there is of it. */
static ls_status end_file(const char *path, ls_status status, prediction_file *f)
{
    if (status == LS_OK)
        status = complete(path, f);
    if (status == LS_OK)
        return f->fd >= 0 ? ls_replace_rename(f->fd, f->temporary, path) : LS_OK;
    if (f->fd >= 0)
        ls_replace_discard(f->fd, f->temporary);
    return status;
}

static void release(prediction_file *f)
{
    ls_memory_free(f->label);
    ls_memory_free(f->row);
    ls_predict_csv_free(&f->csv);
    ls_predict_h5_free(&f->h5);
    ls_predict_names_free(&f->names);
    ls_identities_close(f->identities);
}

/* Collective. Who closes standard output has seen enough, which is no failure. */
static ls_status forgive_closed(ls_context *context, const prediction_file *f, ls_status status)
{
    int64_t closed = f->csv.out.closed;
    if (status != LS_STOPPED)
        return status;
    const ls_status told = ls_comm_broadcast(context->comm, 0, &closed, sizeof closed);
    return told != LS_OK ? told : closed != 0 ? LS_OK : status;
}

ls_status ls_predict_file(ls_context *context, const ls_model *model, const ls_dataset *dataset, const char *path,
                          bool overwrite)
{
    const bool root = ls_comm_rank(context->comm) == 0;
    prediction_file f = {.fd = -1,
                         .dataset = dataset,
                         .origin = model->origin,
                         .network = model->network,
                         .yes = ls_network_task(model->network).yes};
    LS_TRY(ls_agree(context->comm, form_of(path, &f.form)));
    ls_status status = ls_agree(context->comm, root ? start_file(context, model, path, overwrite, &f) : LS_OK);
    if (status == LS_OK)
        status = forgive_closed(context, &f, ls_predict(context, model, dataset, write_rows, &f));
    if (root)
        status = end_file(path, status, &f);
    release(&f);
    return ls_agree(context->comm, status);
}
