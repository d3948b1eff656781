/* Small made-up datasets for the tests of the public API. */
#ifndef LS_TESTS_API_DATA_H
#define LS_TESTS_API_DATA_H

#include <lockstep.h>

#include <math.h>
#include <stdint.h>

enum { ROWS = 300, FEATURES = 7 };

typedef struct api_data {
    float x[ROWS * FEATURES];
    float y[ROWS];
    int32_t labels[ROWS];
} api_data;

/* A smooth function of the features, and three classes cut from it. */
static inline void api_data_make(api_data *data)
{
    uint32_t state = 12345;
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;
        for (int f = 0; f < FEATURES; f++) {
            state = state * 1664525u + 1013904223u;
            data->x[r * FEATURES + f] = (float)(state >> 8) * 0x1p-24f;
            sum += data->x[r * FEATURES + f] * (f % 2 ? 1 : -0.5);
        }
        data->y[r] = (float)(sum * sum);
        data->labels[r] = sum < 0.4 ? 0 : sum < 0.9 ? 1 : 2;
    }
}

static inline ls_arrays api_data_regression(const api_data *data)
{
    return (ls_arrays){.rows = ROWS, .features = FEATURES, .x = data->x, .outputs = 1, .y = data->y};
}

static inline ls_arrays api_data_classes(const api_data *data)
{
    return (ls_arrays){.rows = ROWS, .features = FEATURES, .x = data->x, .labels = data->labels};
}

#endif
