/* Strict parsing: what is a value, what is not, suggestions, words. */
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <inttypes.h>

#include "base/parse.h"

static void test_int64(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"+7", 7},
        {"007", 7},
        {"  42\t", 42},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"-9223372036854775807", -INT64_MAX},
    };
    static const char *const bad[] = {"",
                                      " ",
                                      "-",
                                      "+",
                                      "+-1",
                                      "- 1",
                                      "1 2",
                                      "1x",
                                      "0x10",
                                      "1.0",
                                      "1e3",
                                      "x",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "1,000",
                                      "\302\2401"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t value = 99;
        assert_true(ls_parse_int64(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 99;
        if (ls_parse_int64(bad[i], &value))
            fail_msg("\"%s\" was taken for %lld", bad[i], (long long)value);
        assert_int_equal(value, 99);
    }
}

static void test_double(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"0", 0.0},       {"1", 1.0},
        {".5", 0.5},      {"5.", 5.0},
        {"-0.25", -0.25}, {"+1e3", 1e3},
        {"1E-7", 1e-7},   {" 0.001 ", 0.001},
        {"1e+2", 100.0},  {"5e-324", 0x1p-1074},
        {"1e-400", 0.0},  {"1.7976931348623157e308", 0x1.fffffffffffffp1023},
    };
    static const char *const bad[] = {"",       " ",   ".",     "-",        "e5",  "1e",    "1e+",
                                      "nan",    "inf", "-inf",  "infinity", "0x1", "0x1p3", "1e999",
                                      "-1e999", "1,5", "1.2.3", "1 2",      "1f",  "1..",   "--1"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double value = 99;
        if (!ls_parse_double(good[i].text, &value) || value != good[i].value)
            fail_msg("\"%s\" gave %a instead of %a", good[i].text, value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 99;
        if (ls_parse_double(bad[i], &value) || value != 99)
            fail_msg("\"%s\" was taken for %a", bad[i], value);
    }
}

static void test_bytes(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"4096", 4096},
                {" 17 B ", 17},
                {"8GB", INT64_C(8000000000)},
                {"8 gb", INT64_C(8000000000)},
                {"512 MiB", INT64_C(536870912)},
                {"512M", INT64_C(536870912)},
                {"1.5kB", 1500},
                {"1.5 KiB", 1536},
                {"2e3k", 2048000},
                {"3TiB", INT64_C(3298534883328)},
                {"1tb", INT64_C(1000000000000)},
                {".5G", INT64_C(536870912)}};
    static const char *const bad[] = {"",    "GB",     "-1",  "-8GB",   "8 apples", "8 G B", "8GBs", "8i",    "8Bi",
                                      "8iB", "8 PiB?", "8bb", "8 GB 8", "1e30 GB",  "nan",   "0x10", "8,5GB", "auto"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t value = 99;
        if (!ls_parse_bytes(good[i].text, &value) || value != good[i].value)
            fail_msg("\"%s\" gave %" PRId64 " instead of %" PRId64, good[i].text, value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value = 99;
        if (ls_parse_bytes(bad[i], &value) || value != 99)
            fail_msg("\"%s\" was taken for %" PRId64, bad[i], value);
    }
}

static void test_bool(void **state)
{
    static const char *const yes[] = {"on", "true", "yes", "1", " On ", "TRUE"};
    static const char *const no[] = {"off", "false", "no", "0", "False", "NO\n"};
    static const char *const bad[] = {"", " ", "o", "onn", "of", "2", "10", "01", "y", "on off", "tru", "truely"};
    bool value;
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        value = false;
        assert_true(ls_parse_bool(yes[i], &value));
        assert_true(value);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        value = true;
        assert_true(ls_parse_bool(no[i], &value));
        assert_false(value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ls_parse_bool(bad[i], &value))
            fail_msg("\"%s\" was taken for %d", bad[i], value);
    }
}

static const char *name_at(const void *context, size_t i)
{
    return ((const char *const *)context)[i];
}

static const char *nearest(const char *word)
{
    static const char *const names[] = {"batch-size",
                                        "epochs",
                                        "learning-rate",
                                        "seed",
                                        "x",
                                        "loss",
                                        "shards",
                                        "a-name-that-is-longer-than-sixty-four-characters-and-so-never-is-compared"};
    const char *name = ls_parse_nearest(word, sizeof names / sizeof *names, name_at, names);
    return name != NULL ? name : "(none)";
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("batch_size"), "batch-size");       /* distance 0 */
    assert_string_equal(nearest("Batch-Size"), "batch-size");       /* distance 0 */
    assert_string_equal(nearest("batchsize"), "batch-size");        /* 1, insertion */
    assert_string_equal(nearest("epoch"), "epochs");                /* 1 */
    assert_string_equal(nearest("epcohs"), "epochs");               /* 1, neighbours swapped */
    assert_string_equal(nearest("sede"), "seed");                   /* 1, neighbours swapped */
    assert_string_equal(nearest("sdee"), "(none)");                 /* 2, of 4 letters */
    assert_string_equal(nearest("deed"), "seed");                   /* 1, change */
    assert_string_equal(nearest("dees"), "(none)");                 /* 2, of 4 letters */
    assert_string_equal(nearest("lerning-rates"), "learning-rate"); /* 2 */
    assert_string_equal(nearest("lerming-rates"), "learning-rate"); /* 3 */
    assert_string_equal(nearest("lerming-rotes"), "(none)");        /* 4 */
    assert_string_equal(nearest("lss"), "loss");                    /* 1 of 3 letters */
    assert_string_equal(nearest("los"), "loss");
    assert_string_equal(nearest("y"), "x"); /* 1 is always allowed */
    assert_string_equal(nearest("verbosity"), "(none)");
    assert_string_equal(nearest(""), "x");
    assert_string_equal(nearest("a-name-that-is-longer-than-sixty-four-characters-and-so-never-is-compared"), "(none)");
    assert_null(ls_parse_nearest("x", 0, name_at, NULL));
}

static void test_suggest(void **state)
{
    (void)state;
    static const char *const commands[] = {"train", "evaluate", NULL}, *const none[] = {NULL};
    assert_ptr_equal(ls_name_suggest("trian", commands), commands[0]);
    assert_ptr_equal(ls_name_suggest("evalute", commands), commands[1]);
    assert_null(ls_name_suggest("convert", commands));
    assert_null(ls_name_suggest("train", none));
}

/* '-' for '_' and small for large letters cost nothing, on either side. */
static const char *folded_name(const void *context, size_t i)
{
    (void)context;
    return i == 0 ? "a-b_C" : "zzzzz";
}

static void test_nearest_folds(void **state)
{
    (void)state;
    assert_string_equal(ls_parse_nearest("A_B-c", 2, folded_name, NULL), "a-b_C");
}

static const char *first_name(const void *context, size_t i)
{
    (void)context;
    return i == 0 ? "abcx" : "abcy";
}

static void test_nearest_first_of_equals(void **state)
{
    (void)state;
    assert_string_equal(ls_parse_nearest("abcz", 2, first_name, NULL), "abcx");
    assert_string_equal(ls_parse_nearest("abcy", 2, first_name, NULL), "abcy");
}

static void test_words(void **state)
{
    const char *text = "  64 relu,dropout\t0.2 , softmax";
    const char *cursor = text;
    char word[8];
    bool too_long;
    (void)state;
    assert_true(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_string_equal(word, "64");
    assert_true(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_string_equal(word, "relu");
    assert_false(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_string_equal(word, "");
    assert_int_equal(*cursor, ',');
    cursor++;
    assert_true(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_string_equal(word, "dropout"); /* just fits */
    assert_false(too_long);
    assert_true(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_string_equal(word, "0.2");
    assert_false(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_int_equal(*cursor, ','); /* behind the spaces */
    cursor++;
    assert_true(ls_parse_word(&cursor, "", word, 7, &too_long));
    assert_string_equal(word, "softma");
    assert_true(too_long);
    assert_int_equal(*cursor, '\0'); /* the whole word was taken */
    assert_false(ls_parse_word(&cursor, ",", word, sizeof word, &too_long));
    assert_false(too_long);
    assert_int_equal(*cursor, '\0');
}

/* A host that rounds down must not change what a learning rate is. */
static void test_rounding_of_the_host(void **state)
{
    (void)state;
    double value = 0;
    fesetround(FE_DOWNWARD);
    const bool parsed = ls_parse_double("0.1", &value);
    const int after = fegetround();
    fesetround(FE_TONEAREST);
    assert_true(parsed);
    assert_int_equal(after, FE_DOWNWARD);
    if (value != 0.1)
        fail_msg("0.1 reads as %a, expected %a", value, 0.1);
}

static void test_lists(void **state)
{
    (void)state;
    static const char list[] = "a b , \"c, d\",e \"f\",6\",\"say \"\"x\"\"\",t=\"%b, %Y\",!\"g, h\",\" i\"";
    static const char *const words[] = {"a b", "c, d", "e \"f\"", "6\"", "say \"x\"", "t=%b, %Y", "!g, h", " i"};
    const char *cursor = list;
    char word[32];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_true(ls_parse_listed(&cursor, word, sizeof word));
        assert_string_equal(word, words[i]);
    }
    assert_false(ls_parse_listed(&cursor, word, sizeof word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounding_of_the_host),
        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_double),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_nearest_folds),
        cmocka_unit_test(test_nearest_first_of_equals),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
