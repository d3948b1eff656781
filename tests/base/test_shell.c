/* Words to type: that a list takes back what was put into it, and how it looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/parse.h"
#include "base/shell.h"

static void test_words(void **unused)
{
    (void)unused;
    static const char *const cases[][3] = {
        {"k.A.", "'k.A.'", "'k.A.'"},         {"n, a", "'n, a'", "'\"n, a\"'"},
        {"it's", "'it'\\''s'", "'it'\\''s'"}, {"5\" x 7", "'5\" x 7'", "'\"5\"\" x 7\"'"},
        {" a ", "' a '", "'\" a \"'"},        {"", "''", "'\"\"'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ls_text text = {0};
        ls_shell_put_word(&text, "%s", cases[i][0]);
        assert_string_equal(ls_text_string(&text), cases[i][1]);
        ls_text_clear(&text);
        ls_shell_put_item(&text, "%s", cases[i][0]);
        assert_string_equal(ls_text_string(&text), cases[i][2]);
        ls_text_free(&text);
    }
}

/* Items are the same again behind a shell, which is shown here by taking its quotes off. */
static void test_items_in_lists(void **unused)
{
    (void)unused;
    static const char *const items[] = {"n, a", "5\" x 7", "\"", " b ", "", "c=%b %d, %Y"};
    char word[64];
    ls_text list = {0};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        ls_text item = {0};
        ls_shell_put_item(&item, "%s", items[i]);
        ls_text_append(&list, i > 0 ? ", " : "");
        ls_text_append_bytes(&list, item.data + 1, item.length - 2);
        ls_text_free(&item);
    }
    const char *at = ls_text_string(&list);
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        assert_true(ls_parse_listed(&at, word, sizeof word));
        assert_string_equal(word, items[i]);
    }
    assert_false(ls_parse_listed(&at, word, sizeof word));
    ls_text_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_items_in_lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
