/* Schedules: resolved, written and read they are the same, and have a rate at every step. */
#include "fuzz.h"

#include "optim/schedule.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const int64_t steps = 1 + fuzz_byte(&in);
    char *text = fuzz_rest(&in);
    ls_schedule schedule, again;
    ls_text first = {0}, second = {0};
    if (fuzz_taken(ls_schedule_parse(text, &schedule)) && schedule.row != NULL &&
        fuzz_taken(ls_schedule_take_rate(&schedule, 0.01, false)) &&
        fuzz_taken(ls_schedule_resolve(&schedule, steps))) {
        ls_schedule_format(&schedule, &first);
        fuzz_hold(ls_schedule_parse(ls_text_string(&first), &again) == LS_OK, "what is written is read");
        ls_schedule_format(&again, &second);
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "what is read again is the same");
        for (int64_t step = 0; step < INT64_MAX / 8; step = step * 7 + 1) {
            const double rate = ls_schedule_rate(&schedule, step), same = ls_schedule_rate(&again, step);
            fuzz_hold(!(rate < same || rate > same), "it has the same rates");
        }
    }
    ls_text_free(&first);
    ls_text_free(&second);
    free(text);
    return 0;
}
