/* Files of other kinds are known by how they begin, and tables that begin alike are not taken for them. */
#include "io_test.h"

#include "files/kinds.h"

static const char *kind_of(const char *bytes, size_t count)
{
    return ls_kinds_of((const unsigned char *)bytes, count);
}

#define KIND(bytes, part)                                                                                              \
    {                                                                                                                  \
        bytes, sizeof bytes - 1, part                                                                                  \
    }

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *part;
    } cases[] = {
        KIND("PAR1\x15\x04\0\0", "read_parquet"),
        KIND("ARROW1\0\0", "read_feather"),
        KIND("FEA1\0\0", "read_feather"),
        KIND("ORC\x08\x03\0", "read_orc"),
        KIND("BZh91AY&SY\0", "bzip2 -d"),
        KIND("\xfd"
             "7zXZ\0\0",
             "xz -d"),
        KIND("\x28\xb5\x2f\xfd\x04", "zstd -d"),
        KIND("\x04\x22\x4d\x18", "lz4 -d"),
        KIND("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel spreadsheet"),
        KIND("SQLite format 3\0", "sqlite3 -header -csv"),
        KIND("\x80\x04\x95\x01", "Python pickle"),
        KIND("MATLAB 5.0 MAT-file", "-v7.3"),
        KIND("RDX3\nX\n\0", "write.csv"),
        KIND("<stata_dta><header>", "read_stata"),
        KIND("SIMPLE  =                    T", "FITS"),
        KIND("%PDF-1.7", "PDF"),
        KIND("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        KIND("<!DOCTYPE html>\n<html>", "web page"),
        KIND("\n  <html><head>", "web page"),
        KIND("<?xml version=\"1.0\"?>", "XML"),
        KIND("% a comment\n\n@RELATION iris\n@attribute a numeric\n", "ARFF"),
        KIND("@relation r\n", "--header off"),
        KIND("{\"a\": 1, \"b\": 2}\n", "read_json"),
        KIND("{ \"a\" :1}\n{\"a\":2}\n", "lines=True"),
        KIND("[\n {\"a\": 1},", "read_json"),
        KIND("[[1, 2], [3, 4]]", "read_json"),
        KIND("\xEF\xBB\xBF[{\"a\": 1}]", "read_json"),
        KIND("3 2 1\n0.5 1\n1\n0 0\n0\n", "FANN"),
        KIND("60 4 3\r\n5.1 3.5 1.4 0.2\r\n1 0 0\r\n", "FANN"),
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        const char *found = kind_of(cases[i].bytes, cases[i].count);
        if (found == NULL || strstr(found, cases[i].part) == NULL)
            fail_msg("case %d: '%s' has no '%s'", i, found == NULL ? "nothing" : found, cases[i].part);
    }
    char tar[512] = "table.csv";
    memcpy(tar + 257, "ustar", 5);
    assert_non_null(strstr(kind_of(tar, sizeof tar), "tar -xf"));
}

/* What is read by itself, but not as a table. */
static void test_no_tables(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *part;
    } cases[] = {
        KIND("\x89HDF\r\n\x1a\n", "it is HDF5, no table"),
        KIND("MATLAB 7.3 MAT-file", "it is HDF5, no table"),
        KIND("\x93NUMPY\x01\0", "an array of NumPy"),
        KIND("PK\3\4\x14\0", "a zip archive"),
    };
    for (int i = 0; i < ITEMS(cases); i++) {
        const unsigned char *bytes = (const unsigned char *)cases[i].bytes;
        assert_null(ls_kinds_of(bytes, cases[i].count));
        assert_non_null(strstr(ls_kinds_of_no_table(bytes, cases[i].count), cases[i].part));
    }
    assert_non_null(ls_kinds_of_no_table((const unsigned char *)"PAR1\x15\x04", 6));
    assert_null(ls_kinds_of_no_table((const unsigned char *)"a,b\n1,2\n", 8));
}

static void test_tables(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "a,b,y\n1,2,0\n",         "ORC,temperature\n1,2\n",
        "PAR1,PAR2\n1,2\n",       "BZh,c\n1,2\n",
        "[K],[bar]\n1,2\n",       "[1/s],b\n1,2\n",
        "{a},b\n1,2\n",           "{\"a\",\"b\"}\n",
        "1 2 3\n4 5 6\n",         "60 3 1\n1 2 3 4\n",
        "3 2 1\n0.5 1 7\n1\n",    "0 2 1\n1 2\n",
        "<30,30-40,>40\n1,2,3\n", "X\n1\n2\n",
        "# @relation\na,b\n",     "",
    };
    for (int i = 0; i < ITEMS(tables); i++)
        if (kind_of(tables[i], strlen(tables[i])) != NULL)
            fail_msg("'%s' is '%s'", tables[i], kind_of(tables[i], strlen(tables[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds), cmocka_unit_test(test_no_tables),
                                       cmocka_unit_test(test_tables)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
