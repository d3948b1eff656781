/* What the tests of src/model share: the tables this CPU runs, comparison bit by bit, networks from a line of text,
 * batches, and Philox written down a second time from its paper. */
#ifndef LS_TEST_MODEL_H
#define LS_TEST_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "model/layer_kinds.h"
#include "model/network.h"
#include "model/pass.h"
#include "operands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (int64_t)(sizeof(array) / sizeof(array)[0])

/* ---- memory and random words ---- */

/* Zeroed and aligned as the library wants its blocks; goes to ls_memory_free. */
static inline void *zeros(int64_t count, size_t size)
{
    void *block;
    assert_int_equal(ls_memory_allocate(&block, count, size, "test"), LS_OK);
    return block;
}

/* Philox4x32-10 from the paper (Salmon et al., SC11, section 3.3): ten rounds of
 *   (L0, R0, L1, R1) -> (hi(L1 M1) ^ R0 ^ K0, lo(L1 M1), hi(L0 M0) ^ R1 ^ K1, lo(L0 M0)), keys raised between rounds.
 */
static inline uint32_t philox_word(uint32_t seed, uint32_t purpose, int64_t unit, uint32_t layer, int64_t row,
                                   uint32_t epoch)
{
    uint32_t c[4] = {(uint32_t)(unit / 4), (layer << 16) | (uint32_t)((row >> 32) & 0xFFFF),
                     (uint32_t)(row & 0xFFFFFFFF), epoch};
    uint32_t k[2] = {seed, purpose};
    for (int round = 0; round < 10; round++) {
        if (round > 0) {
            k[0] += 0x9E3779B9u;
            k[1] += 0xBB67AE85u;
        }
        const uint64_t a = UINT64_C(0xD2511F53) * c[0], b = UINT64_C(0xCD9E8D57) * c[2];
        const uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ k[0], (uint32_t)b, (uint32_t)(a >> 32) ^ c[3] ^ k[1],
                                  (uint32_t)a};
        memcpy(c, next, sizeof c);
    }
    return c[unit % 4];
}

/* ---- comparison ---- */

static inline void check_floats(const char *what, int64_t count, const float *got, const float *want)
{
    for (int64_t i = 0; i < count; i++) {
        if (!same_float(got[i], want[i])) {
            fail_msg("%s: element %lld of %lld is %a, expected %a", what, (long long)i, (long long)count,
                     (double)got[i], (double)want[i]);
        }
    }
}

static inline void check_doubles(const char *what, int64_t count, const double *got, const double *want)
{
    for (int64_t i = 0; i < count; i++) {
        if (!same_double(got[i], want[i]))
            fail_msg("%s: element %lld of %lld is %a, expected %a", what, (long long)i, (long long)count, got[i],
                     want[i]);
    }
}

static inline void check_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: %.17g, expected %.17g within %g", what, got, want, tolerance);
}

/* ---- kernel tables ---- */

static inline const ls_kernels *kernels_next(int *index)
{
    const ls_kernels *kernels;
    while ((kernels = ls_kernels_at((*index)++))) {
        if (kernels->supported())
            return kernels;
    }
    return NULL;
}
/* for (each table this CPU runs) */
#define EACH_TABLE(kernels)                                                                                            \
    for (int index_ = 0, once_ = 1; once_; once_ = 0)                                                                  \
        for (const ls_kernels *kernels; (kernels = kernels_next(&index_));)

/* ---- networks and batches ---- */

typedef struct network_text {
    const char *layers;
    int64_t features;
    ls_loss_kind loss;
    bool feature_map;
    bool target_map;
} network_text;

static inline void random_map(ls_affine *map, int64_t count)
{
    float *mean = zeros(count, sizeof *mean), *variance = zeros(count, sizeof *variance);
    for (int64_t j = 0; j < count; j++) {
        mean[j] = random_float(2);
        variance[j] = 0.3f + fabsf(random_float(3));
    }
    assert_int_equal(ls_affine_set(map, count, mean, variance), LS_OK);
    ls_memory_free(mean);
    ls_memory_free(variance);
}

/* Metrics by name. */
static inline void set_metrics(ls_network *network, const char *names)
{
    const ls_metric_task task = ls_network_task(network);
    if (ls_metrics_parse("test", names, &task, &network->metrics) != LS_OK)
        fail_msg("%s", ls_error_message());
}

/* Every metric that the loss' targets allow. */
static inline void set_every_metric(ls_network *network)
{
    static const char *const names[] = {"accuracy",
                                        "mae",
                                        "mse",
                                        "rmse",
                                        "mape",
                                        "r2",
                                        "top_k_categorical_accuracy k=2",
                                        "log_loss",
                                        "brier",
                                        "precision",
                                        "recall",
                                        "f1_score",
                                        "confusion_matrix",
                                        "auc",
                                        "pr_auc"};
    char all[512] = "";
    for (int64_t i = 0; i < LENGTH(names); i++) {
        const ls_metric_task task = ls_network_task(network);
        if (ls_metrics_parse("test", names[i], &task, &network->metrics) == LS_OK)
            strcat(strcat(all, names[i]), ",");
    }
    set_metrics(network, all);
}

/* With another loss than the text's, and every metric that its targets allow. */
static inline ls_network *make_network_for(const network_text *text, const ls_loss *loss)
{
    ls_network *network;
    if (ls_network_create(text->layers, text->features, &network) != LS_OK)
        fail_msg("%s", ls_error_message());
    network->loss = *loss;
    if (text->feature_map)
        random_map(&network->feature_map, network->features);
    if (text->target_map)
        random_map(&network->target_map, network->outputs);
    set_every_metric(network);
    return network;
}

static inline ls_network *make_network(const network_text *text)
{
    const ls_loss loss = ls_loss_plain(text->loss);
    return make_network_for(text, &loss);
}

/* Initial weights, and biases that are not zero. */
static inline float *make_weights(const ls_network *network)
{
    float *block = zeros(network->block, sizeof *block);
    ls_network_initialize(network, 77, block);
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor tensor = ls_network_tensor(network, i);
        if (!ls_tensor_is_vector(&tensor))
            continue;
        float *bias = zeros(tensor.columns, sizeof *bias);
        for (int64_t j = 0; j < tensor.columns; j++)
            bias[j] = random_float(0.5f);
        ls_network_pack(network, i, bias, block);
        ls_memory_free(bias);
    }
    return block;
}

/* A batch and its arrays. */
typedef struct rows_held {
    ls_batch batch;
    int64_t *row;
    float *x, *y;
    const float **x_rows, **y_rows;
    int32_t *label;
} rows_held;

/* Targets that fit the loss: one-hot, 0 or 1, class numbers, or any number. Some features are 0, -0 or denormal. */
static inline rows_held make_rows(const ls_network *network, int64_t count)
{
    const int64_t features = network->features, outputs = network->outputs;
    const bool sparse = ls_loss_takes_labels(&network->loss);
    rows_held h = {.row = zeros(count, sizeof *h.row),
                   .x = zeros(count * features, sizeof *h.x),
                   .y = zeros(count * outputs, sizeof *h.y),
                   .x_rows = zeros(count, sizeof *h.x_rows),
                   .y_rows = zeros(count, sizeof *h.y_rows),
                   .label = zeros(count, sizeof *h.label)};
    for (int64_t i = 0; i < count * features; i++)
        h.x[i] = random_operand();
    for (int64_t r = 0; r < count; r++) {
        h.row[r] = random_below(INT64_C(1) << 40);
        h.x_rows[r] = h.x + r * features;
        h.y_rows[r] = h.y + r * outputs;
        h.label[r] = (int32_t)random_below(outputs);
        for (int64_t j = 0; j < outputs; j++) {
            float *y = h.y + r * outputs + j;
            if (ls_loss_classes(&network->loss) == LS_CLASSES_ONE)
                *y = j == h.label[r];
            else if (ls_loss_classes(&network->loss) == LS_CLASSES_EACH)
                *y = (float)random_below(2);
            else
                *y = random_float(2);
            if (ls_loss_refuses(&network->loss, *y))
                *y = -*y; /* from 0 up */
        }
    }
    h.batch = (ls_batch){.rows = count,
                         .row = h.row,
                         .x = h.x_rows,
                         .y = sparse ? NULL : h.y_rows,
                         .label = sparse ? h.label : NULL,
                         .epoch = 3};
    return h;
}

static inline void free_rows(rows_held *h)
{
    ls_memory_free(h->row);
    ls_memory_free(h->x);
    ls_memory_free(h->y);
    ls_memory_free(h->x_rows);
    ls_memory_free(h->y_rows);
    ls_memory_free(h->label);
}

static inline ls_pass *make_pass_for(ls_pass_purpose purpose, const ls_network *network, const ls_kernels *kernels,
                                     int threads, int64_t rows)
{
    ls_pass *pass;
    if (ls_pass_create(network, kernels, threads, rows, purpose, &pass) != LS_OK)
        fail_msg("%s", ls_error_message());
    return pass;
}

static inline ls_pass *make_pass(const ls_network *network, const ls_kernels *kernels, int threads, int64_t rows,
                                 bool training)
{
    return make_pass_for(training ? LS_PASS_TRAIN : LS_PASS_SCORE, network, kernels, threads, rows);
}

/* A training pass that leaves whole gradients behind. */
static inline void train_into(ls_pass *pass, uint32_t seed, const float *block, const ls_batch *batch,
                              const ls_batch_shards *shards, float *const *gradients, double *sums)
{
    const ls_gradient_sink sink = {.gradients = gradients};
    ls_pass_train(pass, seed, block, batch, shards, &sink, sums);
}

#endif
