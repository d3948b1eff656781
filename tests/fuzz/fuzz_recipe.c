/* Recipes as checkpoints keep them, in the words of this version and of older ones. */
#include "fuzz.h"

#include "context/options.h"
#include "train/recipe.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in);
    ls_options *options = NULL, *again = NULL;
    ls_text first = {0}, second = {0};
    if (fuzz_taken(ls_recipe_translate("file", text, &options))) {
        fuzz_hold(ls_options_recipe(options, &first) == LS_OK, "a recipe is written");
        fuzz_hold(ls_recipe_translate("file", ls_text_string(&first), &again) == LS_OK, "what is written is read");
        fuzz_hold(ls_options_recipe(again, &second) == LS_OK, "a recipe is written again");
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "a recipe is the same when it is read");
        fuzz_hold(ls_recipe_compare("file", options, again, 0, true) == LS_OK, "a recipe is equal to itself");
        ls_options_destroy(options);
        ls_options_destroy(again);
    }
    ls_text_free(&first);
    ls_text_free(&second);
    free(text);
    return 0;
}
