/* Texts of users in messages: what cannot be seen is shown, and what looks alike is told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <lockstep.h>

#include "base/visible.h"

static void test_shown(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"a b\té€😀", "a b\té€😀"},
                                           {"red\xE2\x80\x8B", "red\\u200b"},
                                           {"\xEF\xBB\xBF"
                                            "colour",
                                            "\\ufeffcolour"},
                                           {"a\xC2\xA0", "a\\u00a0"},
                                           {"a\nb\x01\x7F", "a\\u000ab\\u0001\\u007f"},
                                           {"\xC2\x85\xE3\x80\x80\xF3\xA0\x81\xA7", "\\u0085\\u3000\\U000e0067"},
                                           {"\xE2\x80", "??"},
                                           {"caf\xE9", "caf?"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ls_text text = {0};
        ls_visible_put(cases[i][0], strlen(cases[i][0]), &text);
        assert_string_equal(ls_text_string(&text), cases[i][1]);
        ls_text_free(&text);
    }
    char shown[LS_VISIBLE_BYTES];
    assert_int_equal(ls_visible_next("\0x", 2, shown), 1);
    assert_string_equal(shown, "\\u0000");
    assert_int_equal(ls_visible_next("\xE2\x80\x8B", 2, shown), 1); /* no byte beyond is looked at */
    assert_string_equal(shown, "?");
}

static void test_any(void **state)
{
    (void)state;
    static const char *const none[] = {"", "   ", "\t", "\xE2\x80\x8B \xC2\xA0"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(ls_visible_any(none[i], strlen(none[i])));
    assert_true(ls_visible_any("  . ", 4));
    assert_true(ls_visible_any("\xE9", 1)); /* what is no UTF-8 is shown as something */
    assert_false(ls_visible_any("  .", 2));
}

static void test_line(void **state)
{
    (void)state;
    char shown[64];
    assert_string_equal(ls_line_show("a b\té€😀 \xE3\x80\x80\xC2\xA0", shown, sizeof shown),
                        "a b\té€😀 \xE3\x80\x80\xC2\xA0");
    assert_string_equal(ls_line_show("\x1B[2J\nb\x7F\xC2\x9B", shown, sizeof shown),
                        "\\u001b[2J\\u000ab\\u007f\\u009b");
    assert_string_equal(ls_line_show("\xE2\x80\xAE"
                                     "a\xE2\x80\xA8\xE2\x81\xA9",
                                     shown, sizeof shown),
                        "\\u202ea\\u2028\\u2069");
    assert_string_equal(ls_line_show("caf\xE9 \xE2\x80", shown, sizeof shown), "caf\\xe9 \\xe2\\x80");
    assert_string_equal(ls_line_show("", shown, 4), "");
    assert_string_equal(ls_line_show("abcdefg", shown, 8), "abcdefg");
    assert_string_equal(ls_line_show("abcdefgh", shown, 8), "abcd...");
    assert_string_equal(ls_line_show("abc\x01", shown, 8), "abc...");
    assert_string_equal(ls_line_show("abcd\x01", shown, 4), "...");
}

static bool alike(const char *a, const char *b)
{
    ls_text text = {0};
    const bool is = ls_visible_explain(a, b, strlen(b), &text);
    assert_int_equal(is, text.length > 0);
    ls_text_free(&text);
    return is;
}

static void test_alike(void **state)
{
    (void)state;
    assert_true(alike("colour", "\xEF\xBB\xBF"
                                "Colour"));
    assert_true(alike("unit price", "unit\xC2\xA0price"));
    assert_true(alike("a", " a\xE2\x80\x8B"));
    assert_true(alike("", "\xE2\x80\x8B"));
    assert_false(alike("colour", "color"));
    assert_false(alike("a", ""));
    assert_false(alike("é", "e"));
    assert_false(alike("a\xE9", "a\xE8"));
}

static void test_explained(void **state)
{
    (void)state;
    ls_text text = {0};
    assert_false(ls_visible_explain("a", "b", 1, &text));
    assert_int_equal(text.length, 0);
    assert_true(ls_visible_explain("a", "a\xE2\x80\x8B", 4, &text));
    assert_string_equal(
        ls_text_string(&text),
        " (it has 'a\\u200b', which differs in characters that cannot be seen, written here as \\u....)");
    ls_text_clear(&text);
    assert_true(ls_visible_explain("a b", "A B", 3, &text));
    assert_string_equal(ls_text_string(&text), " (it has 'A B', which differs in blanks, or in upper and lower case)");
    ls_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shown), cmocka_unit_test(test_any),       cmocka_unit_test(test_line),
        cmocka_unit_test(test_alike), cmocka_unit_test(test_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
