/* Writes one data set of the benchmark: x (rows, features) float32, uniform in [0, 1), and the targets of a random
 * linear teacher, so that the loss falls when training works. Same arguments, same bytes.
 *
 *   make_workload OUT.h5 ROWS FEATURES OUTPUTS mse|softmax|binary
 *
 * y is (rows, outputs) float32 for mse (with a little noise) and binary (0 or 1), (rows) int32 for softmax. */
#include "base/memory.h"
#include "base/parse.h"
#include "base/philox.h"
#include "hdf5/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 4096 /* rows made and written at a time */

typedef enum target { MSE, SOFTMAX, BINARY } target;

/* What the numbers are for; they take the place of the layer in the counter. */
enum { FEATURES, TEACHER, NOISE };

static void need(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "make_workload: %s\n", ls_error_message());
    exit(1);
}

static void uniform(uint32_t subject, int64_t row, int64_t count, float *values)
{
    uint32_t words[4];
    for (int64_t i = 0; i < count; i++) {
        if (i % 4 == 0)
            ls_philox_unit(0, LS_PURPOSE_DATA, (uint32_t)i, subject, row, 0, words);
        values[i] = ls_philox_uniform(words[i % 4]);
    }
}

/* teacher: (features, outputs), centred; the features are centred here. */
static void teach(const float *x, const float *teacher, int64_t features, int64_t outputs, float *t)
{
    memset(t, 0, (size_t)outputs * sizeof *t);
    for (int64_t i = 0; i < features; i++) {
        for (int64_t o = 0; o < outputs; o++)
            t[o] += (x[i] - 0.5F) * teacher[i * outputs + o];
    }
}

static int32_t largest(const float *t, int64_t count)
{
    int64_t best = 0;
    for (int64_t o = 1; o < count; o++)
        best = t[o] > t[best] ? o : best;
    return (int32_t)best;
}

static void write_all(ls_h5_file *file, int64_t rows, int64_t features, int64_t outputs, target kind)
{
    float *x, *y, *teacher;
    int32_t *labels;
    need(ls_memory_allocate(&x, CHUNK * features, sizeof *x, "features"));
    need(ls_memory_allocate(&y, CHUNK * outputs, sizeof *y, "targets"));
    need(ls_memory_allocate(&labels, CHUNK, sizeof *labels, "labels"));
    need(ls_memory_allocate(&teacher, features * outputs, sizeof *teacher, "teacher"));
    for (int64_t i = 0; i < features; i++) {
        uniform(TEACHER, i, outputs, teacher + i * outputs);
        for (int64_t o = 0; o < outputs; o++)
            teacher[i * outputs + o] -= 0.5F;
    }
    need(ls_h5_make_float(file, "/x", 2, (const int64_t[]){rows, features}));
    need(kind == SOFTMAX ? ls_h5_make_int32(file, "/y", 1, &rows)
                         : ls_h5_make_float(file, "/y", 2, (const int64_t[]){rows, outputs}));
    for (int64_t first = 0; first < rows; first += CHUNK) {
        const int64_t count = rows - first < CHUNK ? rows - first : CHUNK;
#pragma omp parallel for schedule(static)
        for (int64_t r = 0; r < count; r++) {
            float *t = y + r * outputs, noise;
            uniform(FEATURES, first + r, features, x + r * features);
            teach(x + r * features, teacher, features, outputs, t);
            labels[r] = largest(t, outputs);
            for (int64_t o = 0; o < outputs && kind != SOFTMAX; o++) {
                uniform(NOISE, (first + r) * outputs + o, 1, &noise);
                t[o] = kind == BINARY ? (t[o] > 0 ? 1 : 0) : t[o] + 0.1F * (noise - 0.5F);
            }
        }
        need(ls_h5_write_float_rows(file, "/x", first, count, x));
        need(kind == SOFTMAX ? ls_h5_write_int32_rows(file, "/y", first, count, labels)
                             : ls_h5_write_float_rows(file, "/y", first, count, y));
    }
    ls_memory_free(x);
    ls_memory_free(y);
    ls_memory_free(labels);
    ls_memory_free(teacher);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"mse", "softmax", "binary"};
    int64_t rows, features, outputs;
    int kind = 3;
    if (argc == 6 && ls_parse_int64(argv[2], &rows) && ls_parse_int64(argv[3], &features) &&
        ls_parse_int64(argv[4], &outputs) && rows > 0 && features > 0 && outputs > 0) {
        for (kind = 0; kind < 3 && strcmp(argv[5], kinds[kind]) != 0; kind++)
            ;
    }
    if (kind == 3) {
        fprintf(stderr, "usage: make_workload OUT.h5 ROWS FEATURES OUTPUTS mse|softmax|binary\n");
        return 2;
    }
    ls_h5_file *file;
    need(ls_h5_create(argv[1], 0, &file));
    write_all(file, rows, features, outputs, (target)kind);
    need(ls_h5_finish(file));
    return 0;
}
