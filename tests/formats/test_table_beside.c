/* Columns beside features and targets: what the first pass makes of them, their values as they are stored, and the
 * order of the targets in the encoding. */
#include "io_test.h"

#include "base/memory.h"
#include "base/text.h"
#include "formats/import.h"

static const char *write_table(const char *name, const char *text)
{
    const char *path = in_directory(name);
    write_bytes(path, text, strlen(text));
    return path;
}

static bool integer_of(const char *text, int64_t *value)
{
    const ls_csv_field field = {.text = text, .length = (int64_t)strlen(text)};
    return ls_beside_integer(&field, value);
}

/* Only what int64 gives back as it stood. */
static void test_integers(void **unused)
{
    (void)unused;
    static const char *const refused[] = {"",
                                          "-",
                                          "+1",
                                          "007",
                                          "-0",
                                          "1.0",
                                          "1e3",
                                          " 1",
                                          "1 ",
                                          "0x1",
                                          "9223372036854775808",
                                          "-9223372036854775809",
                                          "99999999999999999999"};
    int64_t value;
    assert_true(integer_of("0", &value) && value == 0);
    assert_true(integer_of("-12", &value) && value == -12);
    assert_true(integer_of("9223372036854775807", &value) && value == INT64_MAX);
    assert_true(integer_of("-9223372036854775808", &value) && value == INT64_MIN);
    for (int i = 0; i < ITEMS(refused); i++)
        assert_false(integer_of(refused[i], &value));
}

/* A table with all roles, a row of it without a target: "4" comes before the texts are known to be texts. */
static const char table[] = "id,group,x,w,y\n"
                            "10,4,1,0.5,1\n"
                            "11,b,2,0,\n"
                            "12,a,3,2,0\n"
                            "x3,4,4,1,1\n";

static void test_values(void **unused)
{
    (void)unused;
    const ls_table_wishes wishes = {.style = {.delimiter = ','},
                                    .target = "y",
                                    .ignore = "",
                                    .weight = "w",
                                    .group = "group",
                                    .id = "id",
                                    .drop = true};
    ls_encoding e;
    ls_table_facts facts;
    ls_import import;
    assert_ok(ls_import_csv(write_table("roles.csv", table), &wishes, &e, &facts, &import));
    assert_int_equal(import.rows, 3);
    assert_int_equal(import.x.shape[0], 1);
    assert_int_equal(import.besides, 4);
    assert_string_equal(import.beside[0].name, "id");
    assert_int_equal(import.beside[0].text, 2);
    assert_string_equal(import.beside[1].name, "group");
    assert_int_equal(import.beside[1].texts->count, 2);
    assert_string_equal(import.beside[2].name, "w");
    assert_string_equal(import.beside[3].name, "row");
    for (int round = 0; round < 2; round++) { /* from the start twice */
        float x[3], w[3];
        int32_t y[3];
        int64_t group[3], row[3];
        char id[3][2];
        void *const beside[] = {id, group, w, row};
        assert_ok(import.next(import.state, 2, x, y, beside));
        void *const rest[] = {id[2], group + 2, w + 2, row + 2};
        assert_ok(import.next(import.state, 1, x + 2, y + 2, rest));
        assert_memory_equal(id, "1012x3", 6);
        assert_true(group[0] == 0 && group[1] == 1 && group[2] == 0); /* "4", "a": what was dropped is no group */
        assert_true(w[0] == 0.5F && w[1] == 2 && w[2] == 1);
        assert_true(row[0] == 0 && row[1] == 2 && row[2] == 3);
        assert_true(y[0] == 1 && y[1] == 0 && y[2] == 1);
        assert_ok(import.restart(import.state));
    }
    ls_import_close(&import);
    ls_encoding_free(&e);
    ls_table_facts_free(&facts);
}

/* The encoding knows the order of --target, and says nothing of it where it is that of the columns. */
static void test_order(void **unused)
{
    (void)unused;
    static const char *const orders[] = {"c,a", "a,c"};
    for (int i = 0; i < 2; i++) {
        const ls_table_wishes wishes = {.style = {.delimiter = ','}, .target = orders[i], .ignore = ""};
        ls_encoding e, back;
        ls_table_facts facts;
        ls_text json = {0};
        assert_ok(ls_table_scan(write_table("order.csv", "a,b,c\n1,2,3\n4,5,6\n"), &wishes, &e, &facts));
        ls_encoding_write(&e, &json);
        assert_int_equal(strstr(ls_text_string(&json), "\"place\"") != NULL, i == 0);
        assert_non_null(strstr(ls_text_string(&json), i == 0 ? "{\"format\":2," : "{\"format\":1,"));
        assert_ok(ls_encoding_read(ls_text_string(&json), "here", &back));
        assert_int_equal(back.column[0].first, i == 0);
        assert_int_equal(back.column[2].first, i != 0);
        ls_encoding_free(&e);
        ls_encoding_free(&back);
        ls_text_free(&json);
        ls_table_facts_free(&facts);
    }
}

static void test_damaged_places(void **unused)
{
    (void)unused;
    static const char *const damaged[] = {"\"place\":0", "\"place\":2", "\"place\":-1", "\"x\":0"};
    for (int i = 0; i < ITEMS(damaged); i++) {
        char text[400];
        ls_encoding e;
        (void)snprintf(
            text, sizeof text,
            "{\"format\":2,\"header\":true,\"columns\":[{\"name\":\"a\",\"role\":\"target\",\"kind\":\"number\","
            "\"place\":0},{\"name\":\"b\",\"role\":\"feature\",\"kind\":\"number\"},{\"name\":\"c\",\"role\":"
            "\"target\",\"kind\":\"number\",%s}]}",
            damaged[i]);
        assert_fails(ls_encoding_read(text, "here", &e), LS_ERR_DATA, "here: the encoding of the columns is damaged");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_damaged_places),
    };
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
