/* Changes of a recipe as checkpoints list them. The first line is the number of steps. */
#include "fuzz.h"

#include "base/parse.h"
#include "train/changes.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    static ls_change change;
    char *number = fuzz_line(&in), *text = fuzz_rest(&in);
    const char *cursor = text;
    int64_t steps = 1000, lines = 0;
    ls_options *recipe;
    bool there = true;
    (void)ls_parse_int64(number, &steps);
    const bool good = fuzz_taken(ls_changes_check_text(text, steps));
    for (bool taken = true; taken && there; lines += there) {
        taken = fuzz_taken(ls_changes_next(&cursor, &change, &there));
        fuzz_hold(taken || !good, "a text that is good has good lines");
        fuzz_hold(!taken || !there || !good || (change.step >= 0 && change.step <= steps), "a change has its step");
    }
    fuzz_hold(!good || *cursor == '\0', "a text that is good is read to its end");
    fuzz_hold(ls_options_create(&recipe) == LS_OK, "options");
    (void)fuzz_taken(ls_changes_undo(text, recipe));
    ls_options_destroy(recipe);
    free(number);
    free(text);
    return 0;
}
