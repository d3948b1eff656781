/* Dates: a format, and a text that is read by it. */
#include "fuzz.h"

#include "formats/dates.h"

#include <stdlib.h>
#include <string.h>

static void check(const ls_date *date)
{
    fuzz_hold(date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= 31, "there is such a day");
    fuzz_hold(date->hour >= 0 && date->hour < 24 && date->minute >= 0 && date->minute < 60 && date->second >= 0 &&
                  date->second <= 60,
              "there is such a time");
    fuzz_hold(date->nanoseconds >= 0 && date->nanoseconds < (int64_t)86400 * 1000000000, "a day has so much time");
    for (int part = 0; part < LS_DATE_PARTS; part++) {
        const double value = ls_date_value(date, (ls_date_part)part);
        fuzz_hold(value > -1e7 && value < 1e7, "a part of a date is a number");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *format = fuzz_line(&in), guess[32];
    ls_date date;
    const char *text = (const char *)in.at;
    const bool known = format[0] == '\0' || fuzz_taken(ls_date_check_format(format));
    if (known && ls_date_parse(format[0] != '\0' ? format : NULL, text, (int64_t)in.left, &date))
        check(&date);
    const uint64_t guesses = ls_date_guesses(text, (int64_t)in.left, ~UINT64_C(0));
    for (int i = 0; i < LS_DATE_GUESSES; i++)
        if (guesses >> i & 1) {
            fuzz_hold(ls_date_parse(ls_date_guess(i, guess), text, (int64_t)in.left, &date), "a guess reads the text");
            check(&date);
        }
    (void)ls_date_find_part(format);
    free(format);
    return 0;
}
