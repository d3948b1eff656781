/* Writes the data files of the program tests into a directory: one good file of each kind, and files with one defect
 * each; or one good file of any size. The values follow simple formulas, so that the files are the same on every
 * machine.
 *
 *   make_data DIRECTORY
 *   make_data FILE ROWS FEATURES       targets are 0 or 1, one column of floats
 */
#include "base/memory.h"
#include "base/parse.h"
#include "base/status.h"
#include "hdf5/h5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEATURES 6
#define CLASSES  3
#define ROWS_MAX 10000

static float x[ROWS_MAX * FEATURES];
static int32_t labels[ROWS_MAX];
static float values[ROWS_MAX * 2];
static float one_hot[ROWS_MAX * CLASSES];

/* A number in [0, 1) for cell `i`: the high bits of a multiplicative hash. */
static float cell(int64_t i)
{
    return (float)((uint32_t)i * UINT32_C(2654435761) >> 8) * 0x1p-24f;
}

/* Classes and values that can be learnt: the class by the largest of the first three columns, values by sums. */
static void fill(void)
{
    memset(one_hot, 0, sizeof one_hot);
    for (int64_t r = 0; r < ROWS_MAX; r++) {
        float *row = x + r * FEATURES;
        for (int64_t c = 0; c < FEATURES; c++)
            row[c] = cell(r * FEATURES + c + 1);
        labels[r] = row[1] > row[0] ? (row[2] > row[1] ? 2 : 1) : (row[2] > row[0] ? 2 : 0);
        one_hot[r * CLASSES + labels[r]] = 1;
        values[2 * r] = row[0] + row[1] - row[2];
        values[2 * r + 1] = 2 * row[3] - row[4];
    }
}

static char directory[2048];

static void need(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "make_data: %s\n", ls_error_message());
    exit(1);
}

static ls_h5_file *start(const char *name)
{
    char path[4096];
    ls_h5_file *file;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    need(ls_h5_create(path, 0, &file));
    return file;
}

static void put_x(ls_h5_file *file, const char *path, int64_t rows)
{
    const int64_t shape[] = {rows, FEATURES};
    need(ls_h5_write_float(file, path, 2, shape, x));
}

static void put_labels(ls_h5_file *file, const char *path, int64_t rows)
{
    need(ls_h5_write_int32(file, path, 1, &rows, labels));
}

static void put_values(ls_h5_file *file, const char *path, int64_t rows, int64_t columns)
{
    const int64_t shape[] = {rows, columns};
    need(ls_h5_write_float(file, path, columns == 1 ? 1 : 2, shape, values));
}

/* x and labels, as they are in memory now. */
static void write_classes(const char *name, int64_t rows)
{
    ls_h5_file *file = start(name);
    put_x(file, "/x", rows);
    put_labels(file, "/y", rows);
    need(ls_h5_finish(file));
}

static void write_values(const char *name, int64_t rows, int64_t columns)
{
    ls_h5_file *file = start(name);
    put_x(file, "/x", rows);
    put_values(file, "/y", rows, columns);
    need(ls_h5_finish(file));
}

/* ---- good files ---- */

static void write_good(void)
{
    write_classes("classes.h5", 1000);
    write_classes("few.h5", 20);
    write_classes("large.h5", ROWS_MAX); /* enough for several ranks and rounds */
    write_values("values.h5", 1000, 2);
    write_values("value.h5", 1000, 1);

    ls_h5_file *file = start("parts.h5");
    put_x(file, "/train/x", 600);
    put_labels(file, "/train/y", 600);
    put_x(file, "/val/x", 200);
    put_labels(file, "/val/y", 200);
    put_x(file, "/test/x", 150);
    put_labels(file, "/test/y", 150);
    put_x(file, "/holdout/x", 90);
    put_labels(file, "/holdout/y", 90);
    need(ls_h5_finish(file));

    file = start("unusual.h5"); /* no usual name, so that --x and --y are needed */
    put_x(file, "/measured/values", 500);
    put_labels(file, "/measured/kind", 500);
    put_x(file, "/checked/values", 120);
    put_labels(file, "/checked/kind", 120);
    need(ls_h5_finish(file));

    file = start("onehot.h5");
    const int64_t shape[] = {500, CLASSES};
    put_x(file, "/x", 500);
    need(ls_h5_write_float(file, "/y", 2, shape, one_hot));
    need(ls_h5_finish(file));

    file = start("unlabelled.h5"); /* the first rows of classes.h5, for predict */
    put_x(file, "/x", 300);
    need(ls_h5_finish(file));
}

/* ---- rows to choose from ---- */

/* Column means as --missing mean has them: one block of rows, added in order. */
static void find_means(int64_t rows, float mean[FEATURES])
{
    for (int64_t c = 0; c < FEATURES; c++) {
        double sum = 0, count = 0;
        for (int64_t r = 0; r < rows; r++) {
            if (isfinite(x[r * FEATURES + c])) {
                sum += (double)x[r * FEATURES + c];
                count += 1;
            }
        }
        mean[c] = (float)(sum / count);
    }
}

static void write_filled(const char *name, int64_t rows, const float fill[FEATURES])
{
    static float saved[sizeof x / sizeof *x];
    memcpy(saved, x, sizeof x);
    for (int64_t i = 0; i < rows * FEATURES; i++)
        if (!isfinite(x[i]))
            x[i] = fill[i % FEATURES];
    write_classes(name, rows);
    memcpy(x, saved, sizeof x);
}

static void move_row(int64_t to, int64_t from)
{
    memcpy(x + to * FEATURES, x + from * FEATURES, FEATURES * sizeof *x);
    labels[to] = labels[from];
}

/* missing.h5: values are missing in 28 rows, in two of them twice. The others are what each --missing makes of it. */
static void write_missing(void)
{
    const int64_t rows = 1000;
    const float zeros[FEATURES] = {0};
    float means[FEATURES];
    int64_t kept = 0;
    for (int64_t r = 5; r < rows; r += 37) {
        x[r * FEATURES + r % FEATURES] = r % 2 ? NAN : -INFINITY;
        if (r % 500 == 5 || r == 190)
            x[r * FEATURES + (r + 1) % FEATURES] = INFINITY;
    }
    x[999 * FEATURES] = NAN;
    write_classes("missing.h5", rows);
    write_filled("missing_zero.h5", rows, zeros);
    find_means(rows, means);
    write_filled("missing_mean.h5", rows, means);
    for (int64_t r = 0; r < rows; r++) {
        bool finite = true;
        for (int64_t c = 0; c < FEATURES; c++)
            finite = finite && isfinite(x[r * FEATURES + c]);
        if (finite)
            move_row(kept++, r);
    }
    write_classes("missing_dropped.h5", kept);
    fill();
}

/* Groups of 1 to 9 neighbouring rows that belong together, as a dataset and as column 1 of another. */
static void write_groups(void)
{
    static int64_t group[2000];
    int64_t number = 5000000000, left = 0;
    const int64_t rows = 1000, shape[] = {rows, 2};
    for (int64_t r = 0; r < rows; r++) {
        if (left-- == 0) {
            number -= 3;
            left = (int64_t)(cell(r) * 9);
        }
        group[r] = number;
    }
    ls_h5_file *file = start("groups.h5");
    put_x(file, "/x", rows);
    put_labels(file, "/y", rows);
    need(ls_h5_write_int64(file, "/group", 1, &rows, group));
    for (int64_t r = rows - 1; r >= 0; r--) {
        group[2 * r + 1] = group[r];
        group[2 * r] = r;
    }
    need(ls_h5_write_int64(file, "/table", 2, shape, group));
    need(ls_h5_finish(file));

    memset(group, 0, sizeof group);
    file = start("one_group.h5");
    put_x(file, "/x", rows);
    put_labels(file, "/y", rows);
    need(ls_h5_write_int64(file, "/group", 1, &rows, group));
    need(ls_h5_finish(file));
}

/* The validation part of parts.h5 with one value changed, and more values than there can be classes. */
static void write_others(void)
{
    const float saved = x[100];
    x[100] = 0.5f;
    write_classes("changed.h5", 200);
    x[100] = saved;

    static float many[70000];
    const int64_t rows = 70000, shape[] = {rows, 1};
    for (int64_t r = 0; r < rows; r++)
        many[r] = (float)r;
    ls_h5_file *file = start("many_values.h5");
    need(ls_h5_write_float(file, "/x", 2, shape, many));
    need(ls_h5_write_float(file, "/y", 1, shape, many));
    need(ls_h5_finish(file));
}

/* Three sigmoids' targets: as 0 and 1, as -1 and +1 of two types, and with a 2 among them. */
static void write_bits(ls_h5_file *file, int64_t rows)
{
    static float number[3000];
    static int32_t sign[3000];
    const int64_t shape[] = {rows, 3};
    for (int64_t i = 0; i < 3 * rows; i++)
        number[i] = i % 3 == 0 || labels[i / 3] == i % 3; /* the first column is 1 in all rows */
    need(ls_h5_write_float(file, "/bits", 2, shape, number));
    for (int64_t i = 0; i < 3 * rows; i++) {
        number[i] = 2 * number[i] - 1;
        sign[i] = (int32_t)number[i];
    }
    need(ls_h5_write_float(file, "/sign_numbers", 2, shape, number));
    need(ls_h5_write_int32(file, "/signs", 2, shape, sign));
    number[1500] = 2;
    need(ls_h5_write_float(file, "/three", 2, shape, number));
}

/* classes.h5 with its classes under other names, stored in several ways; two classes for a single sigmoid. */
static void write_labels(void)
{
    const int64_t rows = 1000, names[CLASSES] = {-5000000000, 7, 100};
    static int64_t wide[1000];
    static float number[1000];
    static int32_t shifted[1000], sign[1000];
    for (int64_t r = 0; r < rows; r++) {
        shifted[r] = labels[r] + 1;
        wide[r] = names[labels[r]];
        number[r] = (float)labels[r];
        sign[r] = labels[r] == 0 ? -1 : 1;
    }
    ls_h5_file *file = start("labels.h5");
    put_x(file, "/x", rows);
    put_labels(file, "/y", rows);
    need(ls_h5_write_int32(file, "/shifted", 1, &rows, shifted));
    need(ls_h5_write_int64(file, "/names", 1, &rows, wide));
    for (int64_t r = 0; r < rows; r++)
        wide[r] = r < 2 ? 7 : (INT64_C(1) << 53) + r % 2;
    need(ls_h5_write_int64(file, "/far", 1, &rows, wide));
    need(ls_h5_write_float(file, "/number", 1, &rows, number));
    need(ls_h5_write_int32(file, "/sign", 1, &rows, sign));
    for (int64_t r = 0; r < rows; r++) {
        number[r] = (float)sign[r];
        sign[r] = sign[r] > 0;
    }
    need(ls_h5_write_float(file, "/sign_number", 1, &rows, number));
    need(ls_h5_write_int32(file, "/bit", 1, &rows, sign));
    for (int64_t r = 0; r < rows; r++) {
        number[r] = 0.25f + 0.5f * (float)sign[r];
        sign[r] = (int32_t)(r * 3);
        shifted[r] = r < 750 ? shifted[r] : 9;
    }
    need(ls_h5_write_float(file, "/chance", 1, &rows, number));
    write_bits(file, rows);
    need(ls_h5_write_int32(file, "/count", 1, &rows, sign));   /* values, not classes */
    need(ls_h5_write_int32(file, "/late", 1, &rows, shifted)); /* a label that only the last quarter has */
    need(ls_h5_finish(file));

    static int32_t many[ROWS_MAX];
    for (int64_t r = 0; r < ROWS_MAX; r++)
        many[r] = (int32_t)(r * 7);
    const int64_t all = ROWS_MAX;
    file = start("many_labels.h5");
    put_x(file, "/x", all);
    need(ls_h5_write_int32(file, "/y", 1, &all, many));
    need(ls_h5_finish(file));
}

/* Rows to put behind those of labels.h5: one label that is none, one that is missing. */
static void write_odd_label(void)
{
    const int64_t rows = 20;
    float number[20];
    for (int64_t r = 0; r < rows; r++)
        number[r] = r == 7 ? 0.5f : (float)labels[r];
    ls_h5_file *file = start("odd_label.h5");
    put_x(file, "/x", rows);
    need(ls_h5_write_float(file, "/number", 1, &rows, number));
    for (int64_t r = 0; r < rows; r++)
        number[r] = r == 9 ? NAN : labels[r] == 0 ? -1 : 1;
    need(ls_h5_write_float(file, "/sign_number", 1, &rows, number));
    need(ls_h5_finish(file));
}

/* classes.h5 with weights of the rows, good and bad ones. */
static void write_weights(void)
{
    const int64_t rows = 1000, fewer = 900, shape[] = {rows, 2};
    static float weight[2000];
    for (int64_t r = 0; r < 2 * rows; r++)
        weight[r] = 1;
    ls_h5_file *file = start("weights.h5");
    put_x(file, "/x", rows);
    put_labels(file, "/y", rows);
    need(ls_h5_write_float(file, "/ones", 1, &rows, weight));
    need(ls_h5_write_float(file, "/wide", 2, shape, weight));
    need(ls_h5_write_float(file, "/fewer", 1, &fewer, weight));
    for (int64_t r = 0; r < rows; r++)
        weight[r] = labels[r] == 0 ? 1 : labels[r] == 1 ? 5 : 0.5f;
    need(ls_h5_write_float(file, "/by_class", 1, &rows, weight));
    need(ls_h5_write_int32(file, "/whole", 1, &rows, labels)); /* zeros among them */
    for (int64_t r = 0; r < rows; r++)
        weight[r] = 3 * cell(r + 77);
    need(ls_h5_write_float(file, "/weight", 1, &rows, weight));
    weight[40] = -1;
    need(ls_h5_write_float(file, "/negative", 1, &rows, weight));
    weight[40] = NAN;
    need(ls_h5_write_float(file, "/nan", 1, &rows, weight));
    for (int64_t r = 0; r < rows; r++)
        weight[r] = r < 500 ? 1 : 0;
    need(ls_h5_write_float(file, "/first_half", 1, &rows, weight));
    memset(weight, 0, sizeof weight);
    need(ls_h5_write_float(file, "/zero", 1, &rows, weight));
    need(ls_h5_finish(file));
}

/* Columns 1 and 4 are constant. */
static void write_constant(void)
{
    for (int64_t r = 0; r < ROWS_MAX; r++) {
        x[r * FEATURES + 1] = 3;
        x[r * FEATURES + 4] = 0;
    }
    write_classes("constant.h5", 300);
    fill();
}

/* ---- shapes that do not fit ---- */

static void write_misshapen(void)
{
    ls_h5_file *file = start("rows_differ.h5");
    put_x(file, "/x", 100);
    put_labels(file, "/y", 99);
    need(ls_h5_finish(file));

    file = start("scalar.h5");
    need(ls_h5_write_float(file, "/x", 0, NULL, x));
    put_labels(file, "/y", 1);
    need(ls_h5_finish(file));

    file = start("no_rows.h5");
    put_x(file, "/x", 0);
    put_labels(file, "/y", 0);
    need(ls_h5_finish(file));

    file = start("no_datasets.h5");
    need(ls_h5_make_group(file, "/results"));
    need(ls_h5_finish(file));

    file = start("narrow_validation.h5");
    const int64_t shape[] = {100, FEATURES - 1};
    put_x(file, "/train/x", 600);
    put_labels(file, "/train/y", 600);
    need(ls_h5_write_float(file, "/val/x", 2, shape, x));
    put_labels(file, "/val/y", 100);
    need(ls_h5_finish(file));

    file = start("narrow.h5");
    need(ls_h5_write_float(file, "/x", 2, shape, x));
    put_labels(file, "/y", 100);
    need(ls_h5_finish(file));
}

/* ---- values that cannot be used ---- */

/* classes.h5 or value.h5 with one bad cell; the cell is put back. */
static void write_bad_feature(const char *name, int64_t rows, int64_t row, int64_t column, float bad)
{
    float *at = x + row * FEATURES + column, saved = *at;
    *at = bad;
    write_classes(name, rows);
    *at = saved;
}

static void write_bad_label(const char *name, int64_t rows, int64_t row, int32_t bad)
{
    int32_t saved = labels[row];
    labels[row] = bad;
    write_classes(name, rows);
    labels[row] = saved;
}

static void write_bad_values(void)
{
    write_bad_feature("nan.h5", 1000, 17, 4, NAN);
    write_bad_feature("nan_late.h5", ROWS_MAX, 9700, 2, NAN); /* in the rows of the last rank */
    write_bad_feature("infinite.h5", 1000, 999, 0, INFINITY);
    write_bad_label("label_high.h5", 1000, 123, CLASSES);
    write_bad_label("label_negative.h5", 1000, 0, -1);
    write_bad_label("label_late.h5", ROWS_MAX, 9999, 7);

    float saved = values[2 * 20 + 1];
    values[2 * 20 + 1] = NAN;
    write_values("nan_target.h5", 1000, 2);
    values[2 * 20 + 1] = saved;

    ls_h5_file *file = start("half_label.h5"); /* floats that are no class numbers */
    put_x(file, "/x", 500);
    put_values(file, "/y", 500, 1);
    need(ls_h5_finish(file));

    file = start("other_row.h5"); /* value.h5 with one target changed, for runs resumed on other data */
    saved = values[0];
    values[0] = 5;
    put_x(file, "/x", 1000);
    put_values(file, "/y", 1000, 1);
    need(ls_h5_finish(file));
    values[0] = saved;

    for (int64_t r = 0; r < ROWS_MAX; r++) /* last, since it changes a whole column */
        x[r * FEATURES + 2] *= 1e6f;
    write_classes("scales.h5", 1000);
}

/* ---- any size ---- */

static void write_size(const char *path, int64_t rows, int64_t features)
{
    const int64_t shape[] = {rows, features};
    float *big_x, *big_y;
    ls_h5_file *file;
    need(ls_memory_allocate(&big_x, rows * features, sizeof *big_x, "features"));
    need(ls_memory_allocate(&big_y, rows, sizeof *big_y, "targets"));
    for (int64_t r = 0; r < rows; r++) {
        float *row = big_x + r * features;
        for (int64_t c = 0; c < features; c++)
            row[c] = cell(r * features + c + 1);
        big_y[r] = row[0] > row[features - 1];
    }
    need(ls_h5_create(path, 0, &file));
    need(ls_h5_write_float(file, "/x", 2, shape, big_x));
    need(ls_h5_write_float(file, "/y", 1, shape, big_y));
    need(ls_h5_finish(file));
    ls_memory_free(big_x);
    ls_memory_free(big_y);
}

int main(int argc, char **argv)
{
    int64_t rows, features;
    if (argc == 4 && ls_parse_int64(argv[2], &rows) && ls_parse_int64(argv[3], &features) && rows > 0 && features > 0) {
        write_size(argv[1], rows, features);
        return 0;
    }
    if (argc != 2 || strlen(argv[1]) >= sizeof directory) {
        fprintf(stderr, "usage: make_data DIRECTORY, or make_data FILE ROWS FEATURES\n");
        return 2;
    }
    strcpy(directory, argv[1]);
    fill();
    write_good();
    write_missing();
    write_groups();
    write_others();
    write_labels();
    write_odd_label();
    write_weights();
    write_constant();
    write_misshapen();
    write_bad_values();
    return 0;
}
