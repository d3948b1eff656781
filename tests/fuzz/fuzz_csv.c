/* CSV records: however a file is taken apart, a second reading and one from the middle give the same. */
#include "fuzz.h"

#include "formats/csv.h"
#include "formats/csv_style.h"

#include <string.h>

enum { RECORDS = 4096 };

/* One record as a number. */
static uint64_t sum_of(const ls_csv *csv)
{
    const ls_csv_field *field = ls_csv_fields(csv);
    uint64_t sum = (uint64_t)ls_csv_line(csv);
    for (int64_t i = 0; i < ls_csv_count(csv); i++) {
        sum = sum * 31 + (uint64_t)field[i].length + field[i].quoted;
        for (int64_t k = 0; k < field[i].length; k++)
            sum = sum * 31 + (unsigned char)field[i].text[k];
    }
    return sum;
}

typedef struct seen {
    int64_t count, offset[RECORDS], line[RECORDS];
    uint64_t sum[RECORDS];
} seen;

/* From record `first` on; *whole: to the end of the file. */
static void read_all(ls_csv *csv, int64_t first, seen *s, bool again)
{
    bool more = true;
    int64_t i = first;
    for (; more && i < RECORDS; i++) {
        int64_t length;
        (void)ls_csv_ahead(csv, &length, &s->offset[i], &s->line[i]);
        fuzz_hold(length >= 0, "what is ahead has a length");
        const ls_status status = ls_csv_next(csv, &more);
        const uint64_t sum = status == LS_OK ? more ? sum_of(csv) : 1 : 0;
        if (!fuzz_taken(status))
            more = false;
        if (again)
            fuzz_hold(i < s->count && s->sum[i] == sum, "a record is the same when it is read again");
        s->sum[i] = sum;
    }
    if (again)
        fuzz_hold(i == s->count, "there are as many records when they are read again");
    s->count = i;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char delimiters[] = {0, 0, 0, ',', ';', '\t', ' ', '|'};
    static seen s;
    fuzz_input in = {bytes, size};
    const ls_csv_wishes wishes = {.delimiter = delimiters[fuzz_byte(&in) % sizeof delimiters],
                                  .comment = fuzz_byte(&in) % 4 == 3 ? '%' : 0,
                                  .skip = fuzz_byte(&in) % 4 == 3};
    const char *path = fuzz_file(0, in.at, in.left);
    ls_csv_style style;
    ls_csv *csv;
    bool more;
    if (!fuzz_taken(ls_csv_find_style(path, &wishes, &style)) || !fuzz_taken(ls_csv_open(path, &style, &csv)))
        return 0;
    read_all(csv, 0, &s, false);
    if (fuzz_taken(ls_csv_rewind(csv)))
        read_all(csv, 0, &s, true);
    const int64_t middle = s.count / 2;
    if (fuzz_taken(ls_csv_seek(csv, s.offset[middle], s.line[middle])))
        read_all(csv, middle, &s, true);
    if (fuzz_taken(ls_csv_rewind(csv)))
        for (more = true; more && fuzz_taken(ls_csv_skip_line(csv, &more));) {
        }
    ls_csv_close(csv);
    return 0;
}
