/* The JSON writer: commas, nesting, layouts, escapes, numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

static void write_sample(ls_json *json)
{
    ls_json_object_begin(json);
    ls_json_put_string(json, "name", "dense");
    ls_json_put_integer(json, "rows", INT64_MIN);
    ls_json_put_double(json, "loss", 0.1);
    ls_json_put_bool(json, "good", true);
    ls_json_put_null(json, "none");
    ls_json_key(json, "list");
    ls_json_array_begin(json);
    ls_json_integer(json, 1);
    ls_json_bool(json, false);
    ls_json_null(json);
    ls_json_array_begin(json);
    ls_json_array_end(json);
    ls_json_object_begin(json);
    ls_json_put_integer(json, "a", 2);
    ls_json_object_end(json);
    ls_json_array_end(json);
    ls_json_key(json, "empty");
    ls_json_object_begin(json);
    ls_json_object_end(json);
    ls_json_object_end(json);
}

static void test_compact(void **state)
{
    ls_text text = {0};
    ls_json json = {.text = &text};
    (void)state;
    write_sample(&json);
    assert_string_equal(ls_text_string(&text),
                        "{\"name\":\"dense\",\"rows\":-9223372036854775808,\"loss\":0.1,\"good\":true,"
                        "\"none\":null,\"list\":[1,false,null,[],{\"a\":2}],\"empty\":{}}");
    ls_text_free(&text);
}

static void test_indented(void **state)
{
    ls_text text = {0};
    ls_json json = {.text = &text, .indent = 2};
    (void)state;
    write_sample(&json);
    assert_string_equal(ls_text_string(&text), "{\n"
                                               "  \"name\": \"dense\",\n"
                                               "  \"rows\": -9223372036854775808,\n"
                                               "  \"loss\": 0.1,\n"
                                               "  \"good\": true,\n"
                                               "  \"none\": null,\n"
                                               "  \"list\": [\n"
                                               "    1,\n"
                                               "    false,\n"
                                               "    null,\n"
                                               "    [],\n"
                                               "    {\n"
                                               "      \"a\": 2\n"
                                               "    }\n"
                                               "  ],\n"
                                               "  \"empty\": {}\n"
                                               "}");
    ls_text_free(&text);
}

static void expect_quoted(const char *value, const char *expected)
{
    ls_text text = {0};
    ls_json json = {.text = &text};
    ls_json_string(&json, value);
    assert_string_equal(ls_text_string(&text), expected);
    ls_text_free(&text);
}

static void test_escapes(void **state)
{
    (void)state;
    expect_quoted("", "\"\"");
    expect_quoted("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    expect_quoted("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    expect_quoted("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
    expect_quoted("bfnrt", "\"bfnrt\"");
    /* UTF-8 of one to four bytes stays */
    expect_quoted("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

static void test_invalid_utf8(void **state)
{
    static const char *const cases[][2] = {
        {"a\xff", "\"a\\ufffd\""},                                /* no such byte */
        {"\xe4x", "\"\\ufffdx\""},                                /* Latin-1 */
        {"\xc3", "\"\\ufffd\""},                                  /* ends early */
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},                       /* ends early */
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},                       /* overlong */
        {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},            /* overlong */
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},            /* surrogate */
        {"\xf0\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* overlong */
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* above U+10FFFF */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_quoted(cases[i][0], cases[i][1]);
}

static void test_keys_are_escaped(void **state)
{
    ls_text text = {0};
    ls_json json = {.text = &text};
    (void)state;
    ls_json_object_begin(&json);
    ls_json_put_integer(&json, "a\"b", 1);
    ls_json_object_end(&json);
    assert_string_equal(ls_text_string(&text), "{\"a\\\"b\":1}");
    ls_text_free(&text);
}

static void test_doubles(void **state)
{
    ls_text text = {0};
    ls_json json = {.text = &text};
    (void)state;
    ls_json_array_begin(&json);
    ls_json_double(&json, 1e300);
    ls_json_double(&json, -0.0);
    ls_json_double(&json, NAN);
    ls_json_double(&json, INFINITY);
    ls_json_double(&json, -INFINITY);
    ls_json_array_end(&json);
    assert_string_equal(ls_text_string(&text), "[1e300,-0,null,null,null]");
    ls_text_free(&text);
}

/* As deep as the writer allows. */
static void test_depth(void **state)
{
    ls_text text = {0};
    ls_json json = {.text = &text};
    (void)state;
    for (int i = 0; i < 63; i++)
        ls_json_array_begin(&json);
    for (int i = 0; i < 63; i++)
        ls_json_array_end(&json);
    assert_int_equal(text.length, 126);
    assert_int_equal(json.depth, 0);
    ls_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compact),      cmocka_unit_test(test_indented),         cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_invalid_utf8), cmocka_unit_test(test_keys_are_escaped), cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
