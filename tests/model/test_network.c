/* Networks: their counts, initial weights against Philox computed here, and tensors in and out of the panels. */
#include "model_test.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static void counts(void **state)
{
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("17 relu use_bias=off, dropout 0.5, 3", 5, &network), LS_OK);
    assert_int_equal(network->features, 5);
    assert_int_equal(network->outputs, 3);
    assert_int_equal(network->count, 3);
    assert_int_equal(network->block, 32 * 5 + 16 * 18);
    assert_int_equal(network->parameters, 17 * 5 + 3 * 18);
    assert_int_equal(network->variables, 3);
    assert_int_equal(network->loss.numbers.kind, LS_MEAN_SQUARED_ERROR);
    assert_int_equal(network->metrics.width, 1);
    assert_int_equal(network->metrics.count, 0);
    assert_int_equal(network->feature_map.count, 0);
    ls_network_destroy(network);
    ls_network_destroy(NULL);

    assert_int_equal(ls_network_create("17 rellu", 5, &network), LS_ERR_USAGE);
    assert_null(network);
    assert_int_equal(ls_network_create("4, 1073741824, 1073741824, 1", 3, &network), LS_ERR_USAGE);
    assert_null(network);
    assert_string_equal(ls_error_message(), "--layers: the weights up to layer 3 do not fit a computer's memory "
                                            "(1073741824 x 1073741824)");
}

static void tensors_are_listed_kernel_then_bias(void **state)
{
    static const ls_tensor want[] = {
        {0, LS_KERNEL, 5, 17, 0}, {0, LS_BIAS, 1, 17, 0}, {2, LS_KERNEL, 17, 4, 1},
        {3, LS_KERNEL, 4, 3, 2},  {3, LS_BIAS, 1, 3, 2},
    };
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("17, dropout 0.5, 4 use_bias=off, 3", 5, &network), LS_OK);
    assert_int_equal(network->variables, LENGTH(want));
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor got = ls_network_tensor(network, i);
        assert_int_equal(got.layer, want[i].layer);
        assert_int_equal(got.role, want[i].role);
        assert_int_equal(got.matrix, want[i].matrix);
        assert_int_equal(got.rows, want[i].rows);
        assert_int_equal(got.columns, want[i].columns);
    }
    assert_int_equal(ls_network_tensor(network, network->variables).layer, -1);
    ls_network_destroy(network);
}

/* ---- initial weights ---- */

/* The definition in network.h; every product is exact but the last. */
static float expected_weight(uint32_t seed, int layer, int64_t inputs, int64_t units, int64_t input, int64_t unit)
{
    const float limit = (float)sqrt(6.0 / (double)(inputs + units));
    const float uniform = (float)(philox_word(seed, 1, unit, (uint32_t)layer, input, 0) >> 8) * 0x1p-24f;
    return (2 * uniform - 1) * limit;
}

static void initial_weights_are_philox(void **state)
{
    static const uint32_t seeds[] = {0, 7, 0xFFFFFFFF};
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("dropout 0.5, 33 relu, 18 use_bias=off, dropout 0.1, 1", 9, &network), LS_OK);
    float *block = zeros(network->block, sizeof *block);
    for (int64_t s = 0; s < LENGTH(seeds); s++) {
        memset(block, 0, (size_t)network->block * sizeof *block);
        ls_network_initialize(network, seeds[s], block);
        for (int i = 0; i < network->variables; i++) {
            const ls_tensor t = ls_network_tensor(network, i);
            float *got = zeros(t.rows * t.columns, sizeof *got), *want = zeros(t.rows * t.columns, sizeof *want);
            ls_network_unpack(network, i, block, got);
            for (int64_t k = 0; k < t.rows * t.columns && !ls_tensor_is_vector(&t); k++)
                want[k] = expected_weight(seeds[s], t.layer, t.rows, t.columns, k / t.columns, k % t.columns);
            char what[64];
            snprintf(what, sizeof what, "tensor %d with seed %u", i, seeds[s]);
            check_floats(what, t.rows * t.columns, got, want);
            ls_memory_free(got);
            ls_memory_free(want);
        }
    }
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* Known answers, so that reference and library cannot be wrong together: from scripts/data/philox.py,
 * words(0, INITIALIZER, 5, range(3), layer=0), and numpy's float32 arithmetic. */
static void initial_weights_known(void **state)
{
    static const float want[3][5] = {
        {0x1.b4051ep-1f, 0x1.a8547cp-1f, -0x1.08fdc6p-1f, 0x1.33ba6p-1f, 0x1.0a8f6ep-1f},
        {-0x1.003708p-8f, -0x1.7f7f9ep-1f, -0x1.a8fd4ep-1f, 0x1.6f9ff4p-1f, 0x1.3576a6p-2f},
        {0x1.9b04aep-3f, -0x1.39641ap-1f, 0x1.43dadcp-1f, 0x1.cb7c5cp-2f, -0x1.48782p-1f},
    };
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("5", 3, &network), LS_OK);
    float *block = zeros(network->block, sizeof *block), got[15];
    ls_network_initialize(network, 0, block);
    ls_network_unpack(network, 0, block, got);
    check_floats("weights of 3 x 5", 15, got, want[0]);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* |w| <= limit, reached by no more than the lowest value -limit, and spread evenly on both sides. */
static void initial_weights_keep_their_limits(void **state)
{
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("400", 200, &network), LS_OK);
    float *block = zeros(network->block, sizeof *block);
    ls_network_initialize(network, 5, block);
    const float limit = (float)sqrt(6.0 / 600);
    assert_true(limit == 0.1f);
    double least = 1, most = -1, sum = 0, square = 0;
    for (int64_t k = 0; k < network->block; k++) {
        const int64_t row = k / LS_PANEL % 201;
        if (row == 200) { /* biases */
            assert_true(same_float(block[k], 0.0f));
            continue;
        }
        assert_true(block[k] >= -limit && block[k] < limit);
        least = fmin(least, block[k]);
        most = fmax(most, block[k]);
        sum += block[k];
        square += (double)block[k] * block[k];
    }
    const double n = 200 * 400;
    check_near("least", least, -0.1, 1e-4);
    check_near("most", most, 0.1, 1e-4);
    check_near("mean", sum / n, 0, 5 * 0.1 / sqrt(3 * n)); /* five standard errors */
    check_near("variance", square / n, 0.01 / 3, 2e-4 / 3);
    ls_memory_free(block);
    ls_network_destroy(network);
}

/* ---- tensors and panels ---- */

static void pack_and_unpack_keep_values_and_padding(void **state)
{
    static const int64_t sizes[] = {1, 15, 16, 17, 33};
    (void)state;
    for (int64_t c = 0; c < LENGTH(sizes) * LENGTH(sizes) * 2; c++) {
        const int64_t inputs = sizes[c % 5], units = sizes[c / 5 % 5];
        const bool bias = c / 25;
        char layers[64], what[96];
        snprintf(layers, sizeof layers, "%lld%s, 2", (long long)units, bias ? "" : " use_bias=off");
        snprintf(what, sizeof what, "%lld -> %s", (long long)inputs, layers);
        ls_network *network;
        assert_int_equal(ls_network_create(layers, inputs, &network), LS_OK);
        float *block = zeros(network->block, sizeof *block);
        float *values[4];
        int64_t written = 0;
        for (int i = 0; i < network->variables; i++) {
            const ls_tensor t = ls_network_tensor(network, i);
            values[i] = zeros(t.rows * t.columns, sizeof(float));
            for (int64_t k = 0; k < t.rows * t.columns; k++)
                values[i][k] = (float)(++written);
            ls_network_pack(network, i, values[i], block);
        }
        assert_int_equal(written, network->parameters);

        /* the layout of kernels.h, written down once more: [panel][inputs + bias][16] */
        float *at = block;
        int64_t found = 0;
        for (int l = 0, i = 0; l < 2; l++) {
            const int64_t rows = l == 0 ? inputs : units, columns = l == 0 ? units : 2;
            const bool with_bias = l == 1 || bias;
            for (int64_t panel = 0; panel * 16 < columns; panel++) {
                for (int64_t r = 0; r < rows + with_bias; r++) {
                    for (int64_t lane = 0; lane < 16; lane++, at++) {
                        const int64_t column = panel * 16 + lane;
                        const float want = column >= columns ? 0.0f
                                           : r < rows        ? values[i][r * columns + column]
                                                             : values[i + 1][column];
                        if (!same_float(*at, want)) {
                            fail_msg("%s: layer %d, row %lld, column %lld is %g, expected %g", what, l, (long long)r,
                                     (long long)column, (double)*at, (double)want);
                        }
                        found += want != 0;
                    }
                }
            }
            i += with_bias ? 2 : 1;
        }
        assert_int_equal(at - block, network->block);
        assert_int_equal(found, network->parameters);

        for (int i = 0; i < network->variables; i++) {
            const ls_tensor t = ls_network_tensor(network, i);
            float *back = zeros(t.rows * t.columns, sizeof *back);
            ls_network_unpack(network, i, block, back);
            check_floats(what, t.rows * t.columns, back, values[i]);
            ls_memory_free(back);
            ls_memory_free(values[i]);
        }
        ls_memory_free(block);
        ls_network_destroy(network);
    }
}

static void initial_weights_leave_padding_zero(void **state)
{
    (void)state;
    ls_network *network;
    assert_int_equal(ls_network_create("17 use_bias=off, 33, 1", 15, &network), LS_OK);
    float *block = zeros(network->block, sizeof *block), *rebuilt = zeros(network->block, sizeof *rebuilt);
    ls_network_initialize(network, 3, block);
    for (int i = 0; i < network->variables; i++) {
        const ls_tensor t = ls_network_tensor(network, i);
        float *values = zeros(t.rows * t.columns, sizeof *values);
        ls_network_unpack(network, i, block, values);
        ls_network_pack(network, i, values, rebuilt);
        ls_memory_free(values);
    }
    check_floats("block", network->block, block, rebuilt);
    ls_memory_free(block);
    ls_memory_free(rebuilt);
    ls_network_destroy(network);
}

/* Neither the weights nor a map may depend on the rounding that a host program has set. */
static void floating_point_mode_of_the_host(void **state)
{
    (void)state;
#if defined(__x86_64__)
    static const float variance[] = {2, 3, 5, 7, 1e-40f}, mean[5];
    ls_network *network;
    assert_int_equal(ls_network_create("37", 29, &network), LS_OK);
    float *want = zeros(network->block, sizeof *want), *got = zeros(network->block, sizeof *got);
    ls_affine plain = {0}, affine = {0};
    ls_network_initialize(network, 1, want);
    assert_int_equal(ls_affine_set(&plain, 5, mean, variance), LS_OK);

    const unsigned contract = _mm_getcsr(), host = 0x1F80 | 0x8040 | 0x4000; /* flush, denormals are 0, upwards */
    _mm_setcsr(host);
    ls_network_initialize(network, 1, got);
    const ls_status status = ls_affine_set(&affine, 5, mean, variance);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(contract);
    assert_int_equal(status, LS_OK);
    assert_int_equal(after & 0xFFC0, host & 0xFFC0);
    check_floats("initial weights", network->block, got, want);
    check_floats("scales", 5, affine.scale, plain.scale);
    ls_affine_free(&plain);
    ls_affine_free(&affine);
    ls_memory_free(want);
    ls_memory_free(got);
    ls_network_destroy(network);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(tensors_are_listed_kernel_then_bias),
        cmocka_unit_test(initial_weights_are_philox),
        cmocka_unit_test(initial_weights_known),
        cmocka_unit_test(initial_weights_keep_their_limits),
        cmocka_unit_test(pack_and_unpack_keep_values_and_padding),
        cmocka_unit_test(initial_weights_leave_padding_zero),
        cmocka_unit_test(floating_point_mode_of_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
