/* A table: scanned, read, read again, read in pieces; and what it turned out to be is written and read, and describes
 * the same table. The first line says what is wished: "TARGET|IGNORE|ID|CATEGORIES|DATES|switches". */
#include "fuzz.h"

#include "base/memory.h"
#include "formats/csv_style.h"
#include "formats/import.h"
#include "formats/table.h"
#include "formats/table_dates.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 64, VALUES = 1 << 16 };

static char *next_word(char **line)
{
    char *word = *line, *bar = strchr(word, '|');
    *line = bar != NULL ? bar + 1 : word + strlen(word);
    if (bar != NULL)
        *bar = '\0';
    return word;
}

static uint64_t add(uint64_t sum, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum = sum * 31 + ((const unsigned char *)bytes)[i];
    return sum;
}

/* All rows, in pieces of `piece`; *whole: no row was refused. */
static uint64_t read_all(ls_import *import, int64_t piece, bool *whole)
{
    static unsigned char x[VALUES], y[VALUES], beside[LS_IMPORT_BESIDE][VALUES];
    void *to[LS_IMPORT_BESIDE];
    uint64_t sum = 0;
    *whole = false;
    for (int i = 0; i < LS_IMPORT_BESIDE; i++)
        to[i] = beside[i];
    for (int64_t row = 0; row < import->rows && row < ROWS; row++) {
        const int64_t count = row + piece <= import->rows ? piece : 1;
        if (!fuzz_taken(import->next(import->state, count, x, import->y.bytes > 0 ? y : NULL, to)))
            return sum;
        for (int64_t i = 0; i < count; i++) {
            sum = add(sum, x + i * import->x.bytes, (size_t)import->x.bytes);
            sum = add(sum, y + i * import->y.bytes, (size_t)import->y.bytes);
            for (int b = 0; b < import->besides; b++)
                sum = add(sum, beside[b] + i * import->beside[b].bytes, (size_t)import->beside[b].bytes);
        }
        row += count - 1;
    }
    *whole = true;
    return sum;
}

static bool is_small(const ls_import *import)
{
    bool small = import->x.bytes <= VALUES / 8 && import->y.bytes <= VALUES / 8;
    for (int i = 0; i < import->besides; i++)
        small = small && import->beside[i].bytes <= VALUES / 8;
    return small;
}

/* Rows by their numbers are the rows in order. */
static void read_in_any_order(const char *path, const ls_table_wishes *wishes, const ls_encoding *encoding)
{
    static float all[VALUES], one[VALUES];
    ls_table *table;
    ls_table_mark *marks;
    int64_t rows, marked, got;
    if (!fuzz_taken(ls_table_open(path, &wishes->style, encoding, false, &table)))
        return;
    const int64_t most = encoding->features > 0 ? VALUES / encoding->features : 0;
    if (most > 0 && fuzz_taken(ls_table_next(table, most, all, NULL, &got)) &&
        fuzz_taken(ls_table_index(table, &rows, &marks, &marked))) {
        ls_table_set_index(table, marks, marked);
        fuzz_hold(got == (rows < most ? rows : most), "the index counts the rows that there are");
        for (int64_t row = got - 1; row >= 0; row -= 1 + got / 4) {
            fuzz_hold(ls_table_read(table, row, 1, one, NULL) == LS_OK, "a row that was read is read by its number");
            fuzz_hold(memcmp(one, all + row * encoding->features, (size_t)encoding->features * sizeof *one) == 0,
                      "a row is the same by its number");
        }
    }
    ls_table_close(table);
}

static void write_again(const ls_encoding *encoding)
{
    ls_text first = {0}, second = {0};
    ls_encoding again = {0};
    ls_encoding_write(encoding, &first);
    fuzz_hold(ls_encoding_read(ls_text_string(&first), "text", &again) == LS_OK, "an encoding that is written is read");
    ls_encoding_write(&again, &second);
    fuzz_same(ls_text_string(&first), ls_text_string(&second), "an encoding is the same when it is read");
    ls_encoding_free(&again);
    ls_text_free(&first);
    ls_text_free(&second);
}

/* The same table, its columns as they were found to be. */
static void read_alike(const char *path, ls_table_wishes wishes, const ls_encoding *encoding, uint64_t sum, bool whole)
{
    ls_table_like like = {.of = encoding};
    ls_encoding found = {0};
    ls_table_facts facts = {0};
    ls_import import;
    bool again;
    wishes.like = &like;
    if (fuzz_taken(ls_import_csv(path, &wishes, &found, &facts, &import))) {
        if (whole)
            fuzz_hold(read_all(&import, 1, &again) == sum && again, "a table is read like itself");
        ls_import_close(&import);
    } else {
        fuzz_hold(!whole, "a table is like itself");
    }
    ls_encoding_free(&found);
    ls_table_facts_free(&facts);
    ls_table_like_free(&like);
}

static void use(const char *path, const ls_table_wishes *wishes)
{
    ls_encoding encoding = {0};
    ls_table_facts facts = {0};
    ls_import import;
    bool whole, again;
    if (fuzz_taken(ls_import_csv(path, wishes, &encoding, &facts, &import))) {
        if (is_small(&import)) {
            const uint64_t sum = read_all(&import, 1, &whole);
            if (fuzz_taken(import.restart(import.state)) && whole)
                fuzz_hold(read_all(&import, 4, &again) == sum && again, "rows are the same in pieces");
            read_in_any_order(path, wishes, &encoding);
            read_alike(path, *wishes, &encoding, sum, whole);
        }
        write_again(&encoding);
        ls_import_close(&import);
    }
    ls_encoding_free(&encoding);
    ls_table_facts_free(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *line = fuzz_line(&in), *left = line;
    ls_fields fields = {0};
    ls_table_wishes wishes = {.fields = &fields};
    wishes.target = next_word(&left);
    wishes.ignore = next_word(&left);
    wishes.id = next_word(&left);
    wishes.categories = next_word(&left);
    wishes.date_format = next_word(&left);
    const char *switches = next_word(&left);
    wishes.drop = strchr(switches, 'd') != NULL;
    wishes.codes = strchr(switches, 'c') != NULL;
    wishes.header = strchr(switches, 'h') ? LS_HEADER_ON : strchr(switches, 'r') ? LS_HEADER_OFF : LS_HEADER_AUTO;
    wishes.max_categories = strchr(switches, 'm') ? 50 : 0;
    fields.decimal = strchr(switches, ',') ? ',' : 0;
    fields.thousands = strchr(switches, '.') ? '.' : 0;
    wishes.weight = *left != '\0' ? next_word(&left) : NULL;
    wishes.group = *left != '\0' ? next_word(&left) : NULL;
    const char *path = fuzz_file(0, in.at, in.left), *word = next_word(&left);
    const ls_csv_wishes style = {0};
    if ((*word == '\0' || fuzz_taken(ls_fields_add_missing(&fields, word))) &&
        fuzz_taken(ls_table_date_parts(next_word(&left), &wishes.date_parts)) &&
        fuzz_taken(ls_csv_find_style(path, &style, &wishes.style)))
        use(path, &wishes);
    ls_fields_free(&fields);
    free(line);
    return 0;
}
