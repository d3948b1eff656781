/* Lists of class weights: labels, names, quotes, and what is refused with the classes there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "data/class_weights.h"

enum { CLASSES = 5 };

/* Names in the order of the labels: 1 | a=b | no | x, "y" | yes; the first is another class' label. */
static const char encoding[] =
    "{\"format\":1,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"feature\",\"kind\":\"number\"},{\"name\":"
    "\"kind\",\"role\":\"target\",\"kind\":\"classes\",\"categories\":[\"1\",\"a=b\",\"no\",\"x, "
    "\\\"y\\\"\",\"yes\"]}]}";

typedef struct fixture {
    ls_network *network;
    ls_class_names names;
} fixture;

static void open_names(fixture *f, const char *layers, const char *text)
{
    assert_int_equal(ls_network_create(layers, 2, &f->network), LS_OK);
    assert_int_equal(ls_class_names_read(text, f->network, &f->names), LS_OK);
}

static void close_names(fixture *f)
{
    ls_class_names_free(&f->names);
    ls_network_destroy(f->network);
}

static void expect_weights(const fixture *f, const char *list, const char *expected, int64_t expected_shadow)
{
    float weight[CLASSES] = {1, 1, 1, 1, 1};
    char text[128] = "";
    int64_t shadowed;
    if (ls_class_weights_parse(list, &f->names, weight, &shadowed) != LS_OK)
        fail_msg("%s: %s", list, ls_error_message());
    for (int k = 0; k < f->names.count; k++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%g", k ? " " : "", (double)weight[k]);
    print_message("%s: %s\n", list, text);
    assert_string_equal(text, expected);
    assert_int_equal(shadowed, expected_shadow);
}

static void expect_refusal(const fixture *f, const char *list, const char *part)
{
    float weight[CLASSES] = {0};
    assert_int_equal(ls_class_weights_parse(list, &f->names, weight, NULL), LS_ERR_USAGE);
    print_message("%s: %s\n", list, ls_error_message());
    assert_non_null(strstr(ls_error_message(), part));
}

static void test_names(void **state)
{
    (void)state;
    fixture f;
    open_names(&f, "5 softmax", encoding);
    expect_weights(&f, "no=2, yes=5", "1 1 2 1 5", -1);
    expect_weights(&f, " no = 2 ,yes= 0.5", "1 1 2 1 0.5", -1);
    expect_weights(&f, "a=b=3", "1 3 1 1 1", -1);
    expect_weights(&f, "\"x, \"\"y\"\"\" = 4, \"no\"=2", "1 1 2 4 1", -1);
    expect_weights(&f, "2=7,4=0", "1 1 7 1 0", -1);
    /* a whole number is the label it always was, and in quotes a name */
    expect_weights(&f, "1=7", "1 7 1 1 1", 0);
    expect_weights(&f, "\"1\"=7", "7 1 1 1 1", -1);
    expect_refusal(&f, "yess=2",
                   "no class 'yess' (did you mean 'yes'?); the classes are 1, a=b, no, \"x, \"\"y\"\"\", yes");
    expect_refusal(&f, "5=2", "no class '5'");
    expect_refusal(&f, "\"4\"=2", "no class '4'");
    expect_refusal(&f, "4=2, yes=3", "the class 'yes' is there twice");
    expect_refusal(&f, "x, \"y\"=2", "'x' is no CLASS=WEIGHT");
    expect_refusal(&f, "\"yes=2", "'\"yes=2' is no CLASS=WEIGHT");
    expect_refusal(&f, "\"yes\" no=2", "is no CLASS=WEIGHT");
    expect_refusal(&f, "bad:5", "or balanced; the classes are 1, a=b, no, \"x, \"\"y\"\"\", yes");
    expect_refusal(&f, "yes=", "'yes=' is no CLASS=WEIGHT");
    expect_refusal(&f, "yes=-1", "with a weight from 0 to 3.4e38");
    expect_refusal(&f, "yes=1e60", "with a weight from 0 to 3.4e38");
    expect_refusal(&f, "yes=2,", "nothing follows the last comma");
    close_names(&f);
}

/* The training rows have labels 2 and 4 only. */
static void test_labels_that_are_mapped(void **state)
{
    (void)state;
    fixture f;
    open_names(&f, "1 sigmoid", encoding);
    assert_int_equal(ls_memory_allocate(&f.network->classes, 2, sizeof *f.network->classes, "labels"), LS_OK);
    f.network->class_count = 2;
    f.network->classes[0] = 2;
    f.network->classes[1] = 4;
    expect_weights(&f, "yes=3", "1 3", -1);
    expect_weights(&f, "2=5", "5 1", -1);
    expect_refusal(&f, "a=b=2", "no class 'a=b'; the classes are no, yes");
    expect_refusal(&f, "1=2", "no class '1'; the classes are no, yes");
    close_names(&f);
}

/* Twenty are listed, of labels without names; none is near to a number. */
static void test_labels(void **state)
{
    (void)state;
    fixture f;
    open_names(&f, "1 sigmoid", NULL);
    expect_weights(&f, "1=3", "1 3", -1);
    expect_refusal(&f, "yes=3", "no class 'yes'; the classes are 0, 1");
    close_names(&f);
    open_names(&f, "23 softmax", NULL);
    expect_refusal(&f, "23=3",
                   "no class '23'; the classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, "
                   "18, 19 and 3 more");
    close_names(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_labels_that_are_mapped),
                                       cmocka_unit_test(test_labels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
