/* The columns of a table as JSON: what is read is written and read as the same, and a table can be read through it. */
#include "fuzz.h"

#include "formats/table.h"
#include "source/column_list.h"

#include <stdlib.h>
#include <string.h>

static const char table[] = "age,colour,day,kind\n1.5,red,2021-03-04,yes\n,blue,2021-03-05T10:00,no\n7,,,yes\n";

static void read_table(const ls_encoding *encoding)
{
    enum { MOST = 4096 };
    static float x[MOST];
    static double y[MOST];
    const ls_csv_style style = {.delimiter = ','};
    ls_table *open;
    int64_t rows;
    if (encoding->features > MOST / 4 || encoding->targets > MOST / 4 ||
        !fuzz_taken(ls_table_open(fuzz_file(0, table, sizeof table - 1), &style, encoding, false, &open)))
        return;
    ls_table_ignore_unknown(open);
    ls_table_set_missing(open, LS_TABLE_NAN);
    (void)fuzz_taken(ls_table_next(open, 4, x, ls_table_has_targets(open) ? y : NULL, &rows));
    ls_table_close(open);
}

static void list_columns(const ls_encoding *encoding, ls_column_role role)
{
    ls_column_list list = {0};
    if (fuzz_taken(ls_column_list_make(encoding, role, true, &list)) && list.count > 0) {
        int64_t *order = malloc((size_t)list.count * sizeof *order);
        const ls_column_sides sides = {.ours = "ours", .theirs = "theirs", .like = "theirs"};
        fuzz_hold(order != NULL, "memory");
        if (fuzz_taken(ls_column_list_match(&list, &list, &sides, order)))
            for (int64_t i = 0; i < list.count; i++)
                fuzz_hold(order[i] == i, "columns are their own match");
        free(order);
    }
    ls_column_list_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in);
    ls_encoding encoding = {0}, again = {0};
    ls_text first = {0}, second = {0};
    if (fuzz_taken(ls_encoding_read(text, "text", &encoding))) {
        ls_encoding_write(&encoding, &first);
        fuzz_hold(ls_encoding_read(ls_text_string(&first), "text", &again) == LS_OK, "what is written is read");
        ls_encoding_write(&again, &second);
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "what is read again is the same");
        ls_text_clear(&second);
        ls_encoding_feature_names(&encoding, &second);
        list_columns(&encoding, LS_ROLE_FEATURE);
        list_columns(&encoding, LS_ROLE_TARGET);
        read_table(&encoding);
    }
    ls_encoding_free(&encoding);
    ls_encoding_free(&again);
    ls_text_free(&first);
    ls_text_free(&second);
    free(text);
    return 0;
}
