/* Reading JSON: every kind of value, what the project's own writer writes, and texts that are not JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/json_read.h"

#include <stdlib.h>
#include <string.h>

static void test_values(void **unused)
{
    (void)unused;
    ls_json_document d;
    assert_int_equal(
        ls_json_read(" {\"a\" : [1, -2.5e1, \"x\\n\\u00e9\\ud83d\\ude00\\/\", true,false , null, {}, []],\n"
                     "\"b\":{\"c\":\"\"} } ",
                     &d),
        LS_OK);
    const ls_json_value *root = &d.value[0], *a = ls_json_member(&d, root, "a");
    assert_int_equal(root->kind, LS_JSON_OBJECT);
    assert_int_equal(root->count, 2);
    assert_int_equal(a->count, 8);
    static const ls_json_kind kinds[] = {LS_JSON_NUMBER, LS_JSON_NUMBER, LS_JSON_STRING, LS_JSON_TRUE,
                                         LS_JSON_FALSE,  LS_JSON_NULL,   LS_JSON_OBJECT, LS_JSON_ARRAY};
    int i = 0;
    for (const ls_json_value *v = ls_json_first(&d, a); v != NULL; v = ls_json_next(&d, v), i++) {
        assert_int_equal(v->kind, kinds[i]);
        if (i == 1)
            assert_true(v->number == -25);
        if (i == 2)
            assert_string_equal(v->text, "x\n\xC3\xA9\xF0\x9F\x98\x80/");
    }
    assert_int_equal(i, 8);
    assert_string_equal(ls_json_member_text(&d, ls_json_member(&d, root, "b"), "c"), "");
    assert_null(ls_json_member(&d, root, "c"));
    assert_null(ls_json_member(&d, a, "c"));
    assert_null(ls_json_member_text(&d, root, "a"));
    ls_json_document_free(&d);
}

/* Many values move the tree while it grows. */
static void test_what_we_write(void **unused)
{
    (void)unused;
    ls_text text = {0};
    ls_json json = {.text = &text};
    ls_json_array_begin(&json);
    for (int i = 0; i < 1000; i++) {
        ls_json_object_begin(&json);
        ls_json_put_integer(&json, "number", i);
        ls_json_put_string(&json, "text", "a \"quoted\"\\ \t\x01 \xC3\xA9");
        ls_json_object_end(&json);
    }
    ls_json_array_end(&json);
    ls_json_document d;
    assert_int_equal(ls_json_read(ls_text_string(&text), &d), LS_OK);
    int64_t i = 0;
    for (const ls_json_value *v = ls_json_first(&d, &d.value[0]); v != NULL; v = ls_json_next(&d, v), i++) {
        assert_true(ls_json_member(&d, v, "number")->number == (double)i);
        assert_string_equal(ls_json_member_text(&d, v, "text"), "a \"quoted\"\\ \t\x01 \xC3\xA9");
    }
    assert_int_equal(i, 1000);
    ls_json_document_free(&d);
    ls_text_free(&text);
}

static void test_refused(void **unused)
{
    (void)unused;
    static const char *const texts[] = {"",
                                        "{",
                                        "[1,",
                                        "[1 2]",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "\"",
                                        "\"\n\"",
                                        "\"\\x\"",
                                        "\"\\u12\"",
                                        "tru",
                                        "01x",
                                        "[1]]",
                                        "{a:1}",
                                        "\"\\ud800\"",
                                        "\"\\u0000\"",
                                        "+1",
                                        "nan",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "-",
                                        "\"\\udc00\"",
                                        "\"\\ud800\\u0041\"",
                                        "\"\xFF\"",
                                        "\"\xC3\"",
                                        "[\"\xC0\xAF\"]",
                                        "{\"\xED\xA0\x80\":1}"};
    ls_json_document d;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (ls_json_read(texts[i], &d) != LS_ERR_DATA)
            print_error("accepted: %s\n", texts[i]);
        assert_int_equal(ls_json_read(texts[i], &d), LS_ERR_DATA);
        assert_non_null(strstr(ls_error_message(), "at byte"));
        assert_null(d.value);
    }
    static const char *const python[] = {"[NaN]", "[Infinity]", "[-Infinity]"};
    for (size_t i = 0; i < sizeof python / sizeof python[0]; i++) {
        assert_int_equal(ls_json_read(python[i], &d), LS_ERR_DATA);
        assert_non_null(strstr(ls_error_message(), "at byte 1 expected a finite number, since JSON has no others"));
    }
    char deep[2000];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_int_equal(ls_json_read(deep, &d), LS_ERR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_what_we_write),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
