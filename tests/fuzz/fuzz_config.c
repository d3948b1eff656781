/* Configuration files: "key = value" lines, or a run.json. What is taken is written as a recipe and read as the same.
 */
#include "fuzz.h"

#include "context/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    ls_options *options, *again;
    ls_text first = {0}, second = {0};
    fuzz_hold(ls_options_create(&options) == LS_OK && ls_options_create(&again) == LS_OK, "options");
    if (fuzz_taken(ls_options_read_file(options, fuzz_file(0, bytes, size)))) {
        fuzz_hold(ls_options_recipe(options, &first) == LS_OK, "a recipe is written");
        fuzz_hold(ls_options_read_recipe(again, ls_text_string(&first)) == LS_OK, "a recipe that is written is read");
        fuzz_hold(ls_options_recipe(again, &second) == LS_OK, "a recipe is written again");
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "a recipe is the same when it is read");
    }
    ls_options_destroy(options);
    ls_options_destroy(again);
    ls_text_free(&first);
    ls_text_free(&second);
    return 0;
}
