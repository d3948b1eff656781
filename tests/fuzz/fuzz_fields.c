/* Fields of tables: what stands for no value, and numbers in all ways of writing. Lines of words for no value, then an
 * empty one, then the field. */
#include "fuzz.h"

#include "formats/almost.h"
#include "formats/fields.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char thousands[] = {0, ',', '.', ' ', '\'', '_'};
    fuzz_input in = {bytes, size};
    const uint8_t how = fuzz_byte(&in);
    ls_fields fields = {.usual_off = how & 1, .decimal = how & 2 ? ',' : 0, .thousands = thousands[(how >> 2) % 6]},
              copy = {0};
    bool good = true;
    double value = 7;
    for (bool more = true; good && more && in.left > 0;) {
        char *word = fuzz_line(&in);
        more = word[0] != '\0';
        good = !more || fuzz_taken(ls_fields_add_missing(&fields, word));
        free(word);
    }
    const char *text = (const char *)in.at;
    const int64_t length = (int64_t)in.left;
    if (good && fuzz_taken(ls_fields_copy(&fields, &copy))) {
        const ls_field_kind kind = ls_fields_read(&fields, text, length, &value);
        const ls_field_kind quick = ls_fields_read(&fields, text, length, NULL);
        fuzz_hold(kind == quick || (kind == LS_FIELD_TEXT && quick == LS_FIELD_REAL),
                  "a field is the same without its value");
        fuzz_hold(ls_fields_read(&copy, text, length, NULL) == quick, "a copy reads the same");
        fuzz_hold((kind == LS_FIELD_MISSING) == ls_fields_is_missing(&fields, text, length), "no value is no value");
        fuzz_hold(kind != LS_FIELD_INTEGER || isfinite(value), "a whole number is finite");
        char sign[8];
        const unsigned ways = ls_almost_number(text, length, sign);
        const int way = ls_almost_choose(ways, &fields, how & 128);
        fuzz_hold(way < 0 || (ways >> way & 1), "the way that is advised is one that reads it");
    }
    ls_fields_free(&fields);
    ls_fields_free(&copy);
    return 0;
}
