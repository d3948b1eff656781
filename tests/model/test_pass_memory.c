/* What a pass allocates: the bytes it announces, and an orderly end wherever memory runs out. Linked with
 * -Wl,--wrap=ls_memory_allocate, which sends the library's allocations through here. */
#include "model_test.h"

ls_status __real_ls_memory_allocate(void *pointer, int64_t count, size_t size, const char *what);
ls_status __wrap_ls_memory_allocate(void *pointer, int64_t count, size_t size, const char *what);

static int calls_left = -1; /* until an allocation fails; negative: none does */
static int64_t bytes;

ls_status __wrap_ls_memory_allocate(void *pointer, int64_t count, size_t size, const char *what)
{
    if (calls_left == 0)
        return ls_fail(LS_ERR_MEMORY, "no memory for %s", what);
    calls_left -= calls_left > 0;
    bytes += count * (int64_t)size;
    return __real_ls_memory_allocate(pointer, count, size, what);
}

static const network_text networks[] = {
    {"dropout 0.5, 140 relu, dropout 0.3, 150 tanh use_bias=off, 18 softmax", 33, LS_CATEGORICAL_CROSSENTROPY, true,
     false},
    {"residual(layer_normalization, 70 gelu, 40 relu), silu, gaussian_noise 0.1, 150, layer_normalization scale=off, 3",
     40, LS_MEAN_SQUARED_ERROR, false, true},
    {"150 sigmoid, 170 softmax, 3", 40, LS_MEAN_SQUARED_ERROR, false, true},
    {"1", 1, LS_MEAN_SQUARED_ERROR, false, true},
};

/* Within a hundredth, apart from the few kilobytes that do not grow with the rows. */
static void announced_bytes(void **state)
{
    (void)state;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        ls_network *network = make_network(&networks[n]);
        for (int training = 0; training < 2; training++) {
            const int64_t rows = 5000;
            bytes = 0;
            ls_pass *pass = make_pass(network, ls_kernels_find(NULL), 2, rows, training);
            const int64_t used = bytes, fixed = 8192 + 130 * 8 * network->metrics.width;
            char what[200];
            snprintf(what, sizeof what, "bytes of '%s'%s", networks[n].layers, training ? ", training" : "");
            check_near(what, (double)ls_pass_bytes(network, ls_kernels_find(NULL), 2, rows, training), (double)used,
                       0.01 * (double)used + (double)fixed);
            ls_pass_destroy(pass);
        }
        ls_network_destroy(network);
    }
}

/* Every allocation in turn fails; leaks are the sanitizer's to find. */
static void memory_runs_out(void **state)
{
    (void)state;
    for (int64_t n = 0; n < LENGTH(networks); n++) {
        ls_network *network = make_network(&networks[n]);
        ls_status status = LS_ERR_MEMORY;
        int allowed;
        for (allowed = 0; status != LS_OK && allowed < 100; allowed++) {
            ls_pass *pass = (ls_pass *)&status; /* must not stay */
            calls_left = allowed;
            status = ls_pass_create(network, ls_kernels_find(NULL), 2, 40, true, &pass);
            calls_left = -1;
            if (status != LS_OK) {
                assert_int_equal(status, LS_ERR_MEMORY);
                assert_null(pass);
            }
            ls_pass_destroy(pass);
        }
        assert_int_equal(status, LS_OK);
        assert_true(allowed > 8);
        ls_network_destroy(network);
    }
    for (int allowed = 0; allowed < 2; allowed++) { /* a network is two blocks, a map three */
        ls_network *network = (ls_network *)&allowed;
        calls_left = allowed;
        const ls_status status = ls_network_create("3 relu, 1", 4, &network);
        calls_left = -1;
        assert_int_equal(status, LS_ERR_MEMORY);
        assert_null(network);
    }
    static const float ones[] = {1, 1};
    ls_affine map = {0};
    assert_int_equal(ls_affine_set(&map, 2, ones, ones), LS_OK);
    for (int allowed = 0; allowed < 3; allowed++) {
        calls_left = allowed;
        const ls_status status = ls_affine_set(&map, 1, ones, ones);
        calls_left = -1;
        assert_int_equal(status, LS_ERR_MEMORY);
        assert_int_equal(map.count, 2); /* the old map stays */
    }
    ls_affine_free(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(announced_bytes),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
