/* Options of training that are words with settings: the optimizer's, early stopping, the plateau, averages. Resolved
 * once more they stay as they are. Lines "key = value". */
#include "fuzz.h"

#include "context/options.h"
#include "train/early_stopping.h"
#include "train/optimizer_options.h"
#include "train/plateau.h"

#include <stdlib.h>
#include <string.h>

static void resolve(ls_options *options)
{
    ls_text first = {0}, second = {0};
    ls_optimizer optimizer;
    ls_schedule schedule;
    if (fuzz_taken(ls_optimizer_options_resolve(options, false))) {
        fuzz_hold(ls_options_recipe(options, &first) == LS_OK, "a recipe is written");
        fuzz_hold(ls_optimizer_options_resolve(options, false) == LS_OK, "it is resolved once more");
        fuzz_hold(ls_options_recipe(options, &second) == LS_OK, "a recipe is written again");
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "it changes nothing to resolve it once more");
        if (fuzz_taken(ls_optimizer_options_start(options, &optimizer)))
            fuzz_hold(optimizer.row != NULL, "there is an optimizer");
        (void)fuzz_taken(ls_optimizer_options_schedule(options, 7, &schedule));
    }
    ls_text_free(&first);
    ls_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    ls_options *options;
    ls_early_stopping stopping;
    ls_plateau plateau;
    bool on, good = true;
    fuzz_hold(ls_options_create(&options) == LS_OK, "options");
    while (good && in.left > 0) {
        char *line = fuzz_line(&in), *equals = strstr(line, " = ");
        if (equals != NULL) {
            *equals = '\0';
            good = fuzz_taken(ls_options_set(options, line, equals + 3));
        }
        free(line);
    }
    if (good) {
        (void)fuzz_taken(ls_early_stopping_parse(options, &stopping, &on));
        (void)fuzz_taken(ls_plateau_parse(options, &plateau, &on));
        resolve(options);
    }
    ls_options_destroy(options);
    return 0;
}
