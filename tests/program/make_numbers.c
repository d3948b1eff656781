/* Writes data files whose columns float32 cannot hold, for offsets.sh, and the same values in other types and places.
 * The values follow simple formulas, so that the files are the same on every machine.
 *
 *   make_numbers DIRECTORY
 *
 * Columns: Julian dates of 200 days, UNIX times of 200 seconds, a small number, years, and one date for all. Targets
 * are a sum of what the first three say. Files of training, validation and test rows:
 *
 *   double               float64
 *   long, time           int64 and int32, whole numbers of `double`, the small number in thousandths
 *   whole                the same as float64
 *   less                 float32, of `double` less the offsets that it must get
 *   rounding             `double`, whose one date for all differs in the last bit of float64
 *   missing              `double` with every 7th date missing
 *   targets              targets near 1e6 that differ by 1e-4
 *   part-0, part-1       the training rows of `double` in two files
 *   named, named.csv     all rows of `double`, whose columns have names; the same as a table without targets
 */
#include "base/memory.h"
#include "hdf5/h5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COLUMNS = 5, ROWS = 4000, TRAIN = 2500, VALIDATION = 700 };

static const char *directory;
static double x[ROWS * COLUMNS], whole[ROWS * COLUMNS];
static float y[ROWS];

static double cell(int64_t i)
{
    return (double)((uint32_t)i * UINT32_C(2654435761) >> 8) * 0x1p-24;
}

static void fill(void)
{
    for (int64_t r = 0; r < ROWS; r++) {
        double *row = x + r * COLUMNS, *w = whole + r * COLUMNS;
        const double date = 200 * cell(5 * r + 1), time = floor(200 * cell(5 * r + 2)), small = cell(5 * r + 3) - 0.5;
        row[0] = 2459000.5 + date;
        row[1] = 1.7e9 + time;
        row[2] = small;
        row[3] = 2000 + floor(30 * cell(5 * r + 4));
        row[4] = 2459000.5;
        for (int c = 0; c < COLUMNS; c++)
            w[c] = floor(c == 2 ? 1000 * row[c] : row[c]);
        y[r] = (float)((date > 100 ? 1 : -1) + time / 100 + small);
    }
}

static void need(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "make_numbers: %s\n", ls_error_message());
    exit(1);
}

static ls_h5_file *start(const char *name)
{
    char path[4096];
    ls_h5_file *file;
    snprintf(path, sizeof path, "%s/%s.h5", directory, name);
    need(ls_h5_create(path, 0, &file));
    return file;
}

typedef enum type { DOUBLE, FLOAT, LONG, INT } type;

static void write_x(ls_h5_file *file, const char *path, type as, int64_t rows, const double *values, double first,
                    double second)
{
    const int64_t shape[] = {rows, COLUMNS}, n = rows * COLUMNS;
    float *floats;
    int64_t *longs;
    int32_t *ints;
    need(ls_memory_allocate(&floats, n, sizeof *floats, "floats"));
    need(ls_memory_allocate(&longs, n, sizeof *longs, "integers"));
    need(ls_memory_allocate(&ints, n, sizeof *ints, "integers"));
    for (int64_t i = 0; i < n; i++) {
        floats[i] = (float)(values[i] - (i % COLUMNS == 0 ? first : i % COLUMNS == 1 ? second : 0));
        if (as >= LONG) {
            longs[i] = (int64_t)values[i];
            ints[i] = (int32_t)values[i];
        }
    }
    need(as == DOUBLE  ? ls_h5_write_double(file, path, 2, shape, values)
         : as == FLOAT ? ls_h5_write_float(file, path, 2, shape, floats)
         : as == LONG  ? ls_h5_write_int64(file, path, 2, shape, longs)
                       : ls_h5_write_int32(file, path, 2, shape, ints));
    ls_memory_free(floats);
    ls_memory_free(longs);
    ls_memory_free(ints);
}

static void write_parts(const char *name, type as, const double *values, double first, double second)
{
    static const char *const names[] = {"train", "validation", "test"};
    static const int64_t begin[] = {0, TRAIN, TRAIN + VALIDATION, ROWS};
    ls_h5_file *file = start(name);
    char path[64];
    for (int k = 0; k < 3; k++) {
        const int64_t rows = begin[k + 1] - begin[k];
        snprintf(path, sizeof path, "/%s/x", names[k]);
        write_x(file, path, as, rows, values + begin[k] * COLUMNS, first, second);
        snprintf(path, sizeof path, "/%s/y", names[k]);
        need(ls_h5_write_float(file, path, 1, &rows, y + begin[k]));
    }
    need(ls_h5_finish(file));
}

static void write_pieces(void)
{
    const int64_t begin[] = {0, 1100, TRAIN};
    for (int k = 0; k < 2; k++) {
        const int64_t rows = begin[k + 1] - begin[k];
        ls_h5_file *file = start(k == 0 ? "part-0" : "part-1");
        write_x(file, "/x", DOUBLE, rows, x + begin[k] * COLUMNS, 0, 0);
        need(ls_h5_write_float(file, "/y", 1, &rows, y + begin[k]));
        need(ls_h5_finish(file));
    }
}

static void write_targets(void)
{
    const int64_t rows = ROWS, shape[] = {ROWS, COLUMNS};
    static double targets[ROWS];
    static float features[ROWS * COLUMNS];
    ls_h5_file *file = start("targets");
    for (int64_t r = 0; r < ROWS; r++)
        targets[r] = 1e6 + 1e-4 * (double)y[r];
    for (int64_t i = 0; i < (int64_t)ROWS * COLUMNS; i++)
        features[i] = (float)cell(i);
    need(ls_h5_write_float(file, "/x", 2, shape, features));
    need(ls_h5_write_double(file, "/y", 1, &rows, targets));
    need(ls_h5_finish(file));
}

static void write_named(void)
{
    static const char *const names[COLUMNS] = {"date", "time", "small", "year", "origin"};
    const int64_t rows = ROWS;
    char path[4096];
    ls_h5_file *file = start("named");
    write_x(file, "/x", DOUBLE, ROWS, x, 0, 0);
    need(ls_h5_write_float(file, "/y", 1, &rows, y));
    need(ls_h5_set_texts(file, "/x", "column_names", names, COLUMNS));
    need(ls_h5_finish(file));
    snprintf(path, sizeof path, "%s/named.csv", directory);
    FILE *table = fopen(path, "we");
    if (table == NULL)
        exit(1);
    for (int c = 0; c < COLUMNS; c++)
        fprintf(table, "%s%s", names[c], c < COLUMNS - 1 ? "," : "\n");
    for (int64_t i = 0; i < (int64_t)ROWS * COLUMNS; i++)
        fprintf(table, "%.17g%s", x[i], i % COLUMNS < COLUMNS - 1 ? "," : "\n");
    if (fclose(table) != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_numbers DIRECTORY\n");
        return 2;
    }
    directory = argv[1];
    fill();
    write_parts("double", DOUBLE, x, 0, 0);
    write_parts("long", LONG, whole, 0, 0);
    write_parts("time", INT, whole, 0, 0);
    write_parts("whole", DOUBLE, whole, 0, 0);
    write_parts("less", FLOAT, x, 2459100.5, 1700000096);
    write_pieces();
    write_targets();
    write_named();
    for (int64_t r = 0; r < ROWS; r += 2)
        x[r * COLUMNS + 4] = nextafter(x[r * COLUMNS + 4], INFINITY);
    write_parts("rounding", DOUBLE, x, 0, 0);
    for (int64_t r = 0; r < ROWS; r += 7)
        x[r * COLUMNS] = NAN;
    write_parts("missing", DOUBLE, x, 0, 0);
    return 0;
}
