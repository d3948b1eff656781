/* Maps in a row as one: against the layers' own formulas in float64, column by column. */
#include "io_test.h"

#include "import/joined_maps.h"

#include <math.h>

enum { COLUMNS = 3 };

/* What a layer makes of a number. */
static double through(const ls_keras_map *map, int64_t j, double x)
{
    const double a = map->a[map->count == 1 ? 0 : j], b = map->b[map->count == 1 ? 0 : j];
    const double deviation = sqrt(b) > 1e-7 ? sqrt(b) : 1e-7;
    if (map->rescaling)
        return x * a + b;
    return map->invert ? a + x * deviation : (x - a) / deviation;
}

static const char *const places[] = {"layer 1 'one'", "layer 2 'two'", "layer 3 'three'"};

static void check_joined(const ls_keras_map *map, int count, bool targets)
{
    static const double inputs[] = {-3.5, -1, -0.125, 0, 0.5, 2, 40};
    ls_affine joined = {0};
    if (ls_joined_maps_make(map, places, count, COLUMNS, targets, "file", &joined) != LS_OK)
        fail_msg("%s", ls_error_message());
    assert_int_equal(joined.count, COLUMNS);
    for (int64_t j = 0; j < COLUMNS; j++)
        for (int i = 0; i < ITEMS(inputs); i++) {
            double expected = inputs[i], size = fabs(inputs[i]);
            for (int k = 0; k < count; k++) {
                expected = through(&map[k], j, expected);
                size = fmax(size, fabs(expected));
            }
            const float x = (float)inputs[i];
            const double got = (double)(targets ? ls_affine_inverse(&joined, j, x) : ls_affine_forward(&joined, j, x));
            if (!(fabs(got - expected) <= 3e-7 * (size + fabs(expected) + 1)))
                fail_msg("column %lld of %g: %.9g, expected %.9g", (long long)j, inputs[i], got, expected);
        }
    ls_affine_free(&joined);
}

static void any_sequence_is_one_map(void **state)
{
    (void)state;
    double one[] = {0.5}, none[] = {0}, offset[] = {-0.25}, byte[] = {1 / 127.5}, minus[] = {-1};
    double mean[] = {0.5, -2, 10}, variance[] = {0.25, 3, 0}, scales[] = {2, 1.0 / 3, 1}, offsets[] = {1, -1, 0.5};
    const ls_keras_map half = {true, false, 1, one, offset}, bytes = {true, false, 1, byte, minus};
    const ls_keras_map normal = {false, false, COLUMNS, mean, variance},
                       inverse = {false, true, COLUMNS, mean, variance};
    const ls_keras_map each = {true, false, COLUMNS, scales, offsets}, plain = {true, false, 1, one, none};
    const ls_keras_map rows[][3] = {{half, normal, each},    {normal, half, bytes},   {bytes, each, normal},
                                    {inverse, half, normal}, {plain, normal, normal}, {each, inverse, half}};
    check_joined(&half, 1, false);
    check_joined(&bytes, 1, true);
    check_joined(&inverse, 1, false);
    check_joined(&normal, 1, true);
    for (int i = 0; i < ITEMS(rows); i++)
        for (int count = 1; count <= 3; count++)
            for (int targets = 0; targets < 2; targets++)
                check_joined(rows[i], count, targets);
}

/* The numbers of what Lockstep writes come back as they are. */
static void own_forms_are_exact(void **state)
{
    (void)state;
    double mean[] = {(double)0.1f, -2, 1e-30f}, variance[] = {(double)0.3f, 3e-20f, 0};
    double factor[] = {0x1p20, 1, 0x1p-90}, inverse[] = {0x1p-20, 1, 0x1p90}, zeros[] = {0, 0, 0};
    for (int targets = 0; targets < 2; targets++) {
        const ls_keras_map normal = {false, targets, COLUMNS, mean, variance};
        const ls_keras_map scaling = {true, false, COLUMNS, targets ? inverse : factor, zeros};
        const ls_keras_map both[] = {targets ? normal : scaling, targets ? scaling : normal};
        for (int count = 1; count <= 2; count++) {
            ls_affine joined = {0};
            assert_int_equal(
                ls_joined_maps_make(count == 1 ? &normal : both, places, count, COLUMNS, targets, "file", &joined),
                LS_OK);
            for (int j = 0; j < COLUMNS; j++) {
                assert_true(joined.mean[j] == (float)mean[j]);
                assert_true(joined.variance[j] == (float)variance[j]);
                assert_true((joined.factor ? joined.factor[j] : 1) == (count == 1 ? 1 : (float)factor[j]));
            }
            ls_affine_free(&joined);
        }
    }
}

static void refused(const ls_keras_map *map, int count, bool targets, const char *text)
{
    ls_affine joined = {0};
    assert_int_equal(ls_joined_maps_make(map, places, count, COLUMNS, targets, "file", &joined), LS_ERR_DATA);
    if (strstr(ls_error_message(), text) == NULL)
        fail_msg("%s\nexpected: %s", ls_error_message(), text);
    assert_int_equal(joined.count, 0);
}

static void what_has_no_map_is_refused(void **state)
{
    (void)state;
    double zero[] = {0}, minus[] = {-2}, one[] = {1}, nan[] = {NAN}, pair[] = {1, 2}, tiny[] = {1e-44}, huge[] = {1e38};
    const ls_keras_map good = {true, false, 1, one, zero};
    const ls_keras_map bad[] = {{true, false, 1, zero, one}, {true, false, 1, minus, one}};
    const ls_keras_map rows[] = {good, bad[1]};
    for (int targets = 0; targets < 2; targets++) {
        refused(&bad[0], 1, targets, "file: layer 1 'one': scale is 0 for column 0; Lockstep maps columns with scales");
        refused(rows, 2, targets, "file: layer 2 'two': scale is -2 for column 0");
    }
    refused(&(ls_keras_map){true, false, 2, pair, pair}, 1, false, "has numbers for 2 columns, and 3 pass");
    refused(&(ls_keras_map){true, false, 1, nan, zero}, 1, false, "are to be finite in float32");
    refused(&(ls_keras_map){false, false, 1, one, minus}, 1, false, "variance is -2 for column 0, expected 0 or more");
    refused(&(ls_keras_map){true, false, 1, tiny, huge}, 1, false, "which float32 has no room for");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_sequence_is_one_map),
        cmocka_unit_test(own_forms_are_exact),
        cmocka_unit_test(what_has_no_map_is_refused),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
