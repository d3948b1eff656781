/* One option's value: what is taken is told as text, which is taken as the same. The first line is the key, or a number
 * in front of it. */
#include "fuzz.h"

#include "context/interval.h"
#include "context/memory_limit.h"
#include "context/options.h"
#include "context/patience.h"
#include "train/changes.h"

#include <math.h>
#include <stdlib.h>

/* Those whose text is read later. */
static void read_later(const char *value)
{
    ls_interval interval;
    bool automatic;
    double seconds = 0;
    int64_t limit = 0;
    if (fuzz_taken(ls_interval_parse("checkpoint-every", value, &interval)))
        fuzz_hold((interval.kind == LS_INTERVAL_SECONDS) == (interval.seconds > 0) &&
                      (interval.kind >= LS_INTERVAL_STEPS) == (interval.count > 0),
                  "an interval has a length of its kind");
    if (fuzz_taken(ls_interval_parse_limit("time-limit", value, &automatic, &seconds)))
        fuzz_hold(automatic || (seconds >= 0 && isfinite(seconds)), "a limit in time is a time");
    if (fuzz_taken(ls_patience_parse(value, &seconds)))
        fuzz_hold(seconds >= -1 && isfinite(seconds), "a patience is a time");
    if (fuzz_taken(ls_memory_limit_parse(value, &limit)))
        fuzz_hold(limit >= 0, "a size is not negative");
}

static const char *key_of(fuzz_input *in, char *line)
{
    const size_t number = fuzz_byte(in);
    const ls_option_row *row = ls_option_at(number);
    return row != NULL ? row->key : line;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static char first[LS_TEXT_MAX], second[LS_TEXT_MAX];
    fuzz_input in = {bytes, size};
    char *line = fuzz_line(&in);
    const char *key = key_of(&in, line);
    char *value = fuzz_rest(&in);
    unsigned named;
    ls_options *options;
    fuzz_hold(ls_options_create(&options) == LS_OK, "options");
    if (fuzz_taken(ls_options_set(options, key, value))) {
        fuzz_hold(ls_options_get(options, key, first, sizeof first) == LS_OK, "what was set is told");
        fuzz_hold(ls_options_set(options, key, first) == LS_OK, "what is told can be set");
        fuzz_hold(ls_options_get(options, key, second, sizeof second) == LS_OK, "what was set is told again");
        fuzz_same(first, second, "a value is the same when it is set as it is told");
        (void)fuzz_taken(ls_changes_parse(options, &named));
    }
    ls_options_destroy(options);
    read_later(value);
    free(line);
    free(value);
    return 0;
}
