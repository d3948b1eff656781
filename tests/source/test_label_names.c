/* Names of labels: by number, by text, and as a block that is sent. */
#include "io_test.h"

#include "source/label_names.h"

static void test_names(void **state)
{
    static const char *const texts[] = {"zebra", "ant", "m\xc3\xb6nch", "b"};
    ls_dictionary dictionary = {0};
    const ls_label_names *made, *sent;
    int64_t number;
    (void)state;
    for (int i = 0; i < ITEMS(texts); i++)
        assert_ok(ls_dictionary_add(&dictionary, texts[i], (int64_t)strlen(texts[i]), &number));
    assert_ok(ls_label_names_create(&dictionary, &made));
    ls_dictionary_free(&dictionary);
    assert_ok(ls_label_names_adopt(made, ls_label_names_bytes(made), &sent));
    ls_label_names_release(made);
    assert_int_equal(ls_label_names_count(sent), ITEMS(texts));
    for (int i = 0; i < ITEMS(texts); i++) { /* in the order they came in, whatever that is */
        assert_string_equal(ls_label_names_text(sent, i), texts[i]);
        assert_int_equal(ls_label_names_find(sent, texts[i]), i);
    }
    assert_int_equal(ls_label_names_find(sent, ""), -1);
    assert_int_equal(ls_label_names_find(sent, "ants"), -1);
    assert_int_equal(ls_label_names_find(sent, "zz"), -1);
    assert_int_equal(ls_label_names_bytes(NULL), 0);
    ls_label_names_hold(sent);
    ls_label_names_release(sent);
    ls_label_names_release(sent);
    ls_label_names_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
