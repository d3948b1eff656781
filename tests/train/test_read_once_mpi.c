/* Features are read from the file once, whatever is made of them before training: bytes that all ranks together have
 * read, by the system's own count. What the model is fitted to, and the data's fingerprint, are those of rows that
 * stream from the file, of which every look is another reading. */
#include "mpi_test.h"

#include "data/datafiles.h"
#include "data/holding.h"
#include "train/model.h"
#include "train/trainer.h"

#include <lockstep_mpi.h>

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Shards end in the middle of blocks of 1,024 rows. */
enum { TABLE_ROWS = 5000, COLUMNS = 64 };

static char path[64];

typedef struct layout {
    const char *name;
    int64_t chunk; /* rows of a chunk, compressed; 0: none */
    bool missing;  /* some values are not there */
    bool small;    /* integers of one byte */
    double stored; /* bytes of the features in the file, once written */
} layout;

static double value(const layout *l, int64_t row, int64_t column)
{
    if (l->missing && row % 7 == 0 && column % 5 == 1)
        return NAN;
    return l->small ? (double)((row * 31 + column * 7) % 101) : (double)(row * 2654435761 % 1000003 * (column + 1));
}

static void write_dataset(hid_t file, const char *name, hid_t type, int rank, const layout *l, const double *values)
{
    const hsize_t shape[2] = {TABLE_ROWS, COLUMNS}, chunk[2] = {(hsize_t)l->chunk, COLUMNS};
    const hid_t space = H5Screate_simple(rank, shape, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    if (l->chunk > 0 && rank == 2) {
        (void)H5Pset_chunk(creation, 2, chunk);
        (void)H5Pset_deflate(creation, 1);
    }
    const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    CHECK_TRUE(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
}

/* Rank 0 writes it for all. */
static void write_file(layout *l)
{
    double *x = malloc(sizeof *x * TABLE_ROWS * COLUMNS), y[TABLE_ROWS];
    for (int64_t r = 0; r < TABLE_ROWS; r++) {
        y[r] = (double)(r % 97);
        for (int64_t c = 0; c < COLUMNS; c++)
            x[r * COLUMNS + c] = value(l, r, c);
    }
    if (mpi_test_rank == 0) {
        const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
        write_dataset(file, "x", l->small ? H5T_STD_U8LE : H5T_IEEE_F32LE, 2, l, x);
        write_dataset(file, "y", H5T_IEEE_F32LE, 1, l, y);
        const hid_t dataset = H5Dopen2(file, "x", H5P_DEFAULT);
        l->stored = (double)H5Dget_storage_size(dataset);
        H5Dclose(dataset);
        H5Fclose(file);
    }
    free(x);
    MPI_Bcast(&l->stored, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
}

/* Bytes that this process has read so far, from whatever it was; -1: the system does not say. */
static double bytes_read(void)
{
    FILE *f = fopen("/proc/self/io", "r");
    double bytes = -1;
    if (f != NULL && fscanf(f, "rchar: %lf", &bytes) != 1)
        bytes = -1;
    if (f != NULL)
        (void)fclose(f);
    return bytes;
}

/* What came of getting ready to train. */
typedef struct outcome {
    double bytes; /* all ranks read */
    bool streamed;
    uint64_t fingerprint;
    float mean[COLUMNS], variance[COLUMNS]; /* of the features */
    float fill[COLUMNS];
} outcome;

static ls_options *make_options(const char *missing, const char *split)
{
    ls_options *options;
    CHECK_OK(ls_options_create(&options));
    CHECK_OK(ls_options_set(options, "data", path));
    CHECK_OK(ls_options_set(options, "layers", "2 relu, 1"));
    CHECK_OK(ls_options_set(options, "normalize", "standard"));
    CHECK_OK(ls_options_set(options, "batch_size", "256"));
    CHECK_OK(ls_options_set(options, "shuffle_window", "64"));
    CHECK_OK(ls_options_set(options, "check_data", "off")); /* a child reads too */
    CHECK_OK(ls_options_set(options, "missing", missing));
    CHECK_OK(ls_options_set(options, "validation_split", split));
    if (strcmp(split, "0") != 0)
        CHECK_OK(ls_options_set(options, "validation_method", "random"));
    return options;
}

static outcome get_ready(const char *memory, const char *missing, const char *split)
{
    const ls_context_settings settings = {.threads = 1, .memory = memory};
    ls_context *context;
    ls_options *options = make_options(missing, split);
    ls_datasets datasets;
    ls_model *model;
    ls_trainer *trainer;
    outcome found;
    memset(&found, 0, sizeof found);
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, &settings, &context));
    CHECK_OK(ls_datasets_open(context, options, &datasets));
    const ls_h5_pages *pages = datasets.train->files->pages;
    const int64_t records = pages ? ls_h5_pages_bytes(pages) : 0;
    const double before = bytes_read();
    CHECK_OK(ls_model_create(context, options, datasets.train, &model));
    CHECK_OK(ls_trainer_create(context, options, model, datasets.train, NULL, &trainer));
    found.bytes = bytes_read() - before;
    /* All ranks are on one host: the first has read what there is beside rows, and the others have it from there. */
    CHECK_TRUE((pages != NULL) == (mpi_test_size > 1));
    if (pages) {
        CHECK_TRUE(records > LS_H5_PAGE);
        CHECK_INT(ls_h5_pages_bytes(pages), records);
    }
    MPI_Allreduce(MPI_IN_PLACE, &found.bytes, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    found.streamed = trainer->set.stream != NULL;
    for (int64_t s = 0; s < trainer->set.plan.shards; s++)
        found.fingerprint = found.fingerprint * 1000003 + trainer->fingerprint[s];
    memcpy(found.mean, model->network->feature_map.mean, sizeof found.mean);
    memcpy(found.variance, model->network->feature_map.variance, sizeof found.variance);
    if (model->network->fill)
        memcpy(found.fill, model->network->fill, sizeof found.fill);
    CHECK_INT(context->held, trainer->set.held_bytes);
    ls_trainer_destroy(trainer);
    CHECK_INT(context->held, 0);
    ls_model_destroy(model);
    ls_datasets_close(&datasets);
    ls_options_destroy(options);
    ls_context_destroy(context);
    return found;
}

static void check(layout *l, const char *split)
{
    const double share = strcmp(split, "0") == 0 ? 1 : 0.75;
    const char *missing = l->missing ? "mean" : "error";
    char half[32]; /* of a rank's rows */
    (void)snprintf(half, sizeof half, "%dKB",
                   TABLE_ROWS * (l->small ? COLUMNS + 8 : 4 * COLUMNS + 8) / 2000 / mpi_test_size);
    write_file(l);
    const outcome once = get_ready("1GB", missing, split), streamed = get_ready(half, missing, split);
    const double bytes = l->stored, others = 50000.0 * mpi_test_size; /* metadata, targets, the system's files */
    if (mpi_test_rank == 0)
        printf("%s, split %s: %.0f bytes of features; %.0f read, streamed %.0f\n", l->name, split, bytes, once.bytes,
               streamed.bytes);
    CHECK_TRUE(!once.streamed);
    CHECK_TRUE(streamed.streamed);
    if (bytes_read() >= 0) {
        CHECK_TRUE(once.bytes > share * bytes);
        /* A chunk in which one rank's rows end and another's begin is read by both. */
        CHECK_TRUE(once.bytes < bytes + others + (double)(l->chunk * COLUMNS * 4 * mpi_test_size));
        CHECK_TRUE(streamed.bytes > 2 * share * bytes);
    }
    CHECK_TRUE(once.fingerprint == streamed.fingerprint);
    CHECK_INT(memcmp(once.mean, streamed.mean, sizeof once.mean), 0);
    CHECK_INT(memcmp(once.variance, streamed.variance, sizeof once.variance), 0);
    CHECK_INT(memcmp(once.fill, streamed.fill, sizeof once.fill), 0);
}

/* A model of other options than those that its trainer has: other rows are then read. */
static void test_other_shards(void)
{
    layout l = {.name = "float32"};
    ls_context *context;
    ls_datasets datasets;
    ls_model *model;
    ls_trainer *trainer;
    write_file(&l);
    ls_options *options = make_options("error", "0");
    CHECK_OK(ls_context_create_mpi(MPI_COMM_WORLD, NULL, &context));
    CHECK_OK(ls_datasets_open(context, options, &datasets));
    CHECK_OK(ls_model_create(context, options, datasets.train, &model));
    CHECK_TRUE(datasets.train->holding->rows.x != NULL);
    CHECK_OK(ls_options_set(options, "shards", "16"));
    CHECK_OK(ls_options_set(options, "missing", "zero"));
    CHECK_OK(ls_trainer_create(context, options, model, datasets.train, NULL, &trainer));
    const ls_window *all = &trainer->set.all;
    CHECK_INT(context->held, trainer->set.held_bytes);
    for (int64_t i = 0; i < all->rows.count; i++)
        if (((const float *)all->rows.x)[i * COLUMNS] != (float)value(&l, all->rows.first + i, 0)) {
            CHECK_INT(i, -1);
            break;
        }
    ls_trainer_destroy(trainer);
    ls_model_destroy(model);
    CHECK_TRUE(datasets.train->holding->rows.x == NULL);
    /* A model that nobody trains. */
    CHECK_OK(ls_model_create(context, options, datasets.train, &model));
    CHECK_TRUE(datasets.train->holding->rows.x != NULL);
    ls_model_destroy(model);
    ls_options_destroy(options);
    ls_context_destroy(context);
    ls_datasets_close(&datasets);
}

int main(int argc, char **argv)
{
    layout layouts[] = {{.name = "float32"},
                        {.name = "float32 with missing values", .missing = true},
                        {.name = "uint8", .small = true},
                        {.name = "gzip", .chunk = 100},
                        {.name = "gzip, uint8", .chunk = 100, .small = true}};
    mpi_test_start(&argc, &argv);
    strcpy(path, "/tmp/lockstep-read-once-XXXXXX");
    if (mpi_test_rank == 0)
        close(mkstemp(path));
    MPI_Bcast(path, sizeof path, MPI_CHAR, 0, MPI_COMM_WORLD);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        check(&layouts[i], "0");
    check(&layouts[0], "0.25");
    test_other_shards();
    if (mpi_test_size == 4) { /* as if on two hosts, in a build with fault points */
        (void)setenv("LOCKSTEP_FAULT_HOSTS", "a,b,a,b", 1);
        check(&layouts[0], "0");
        check(&layouts[3], "0");
    }
    if (mpi_test_rank == 0)
        unlink(path);
    return mpi_test_finish();
}
