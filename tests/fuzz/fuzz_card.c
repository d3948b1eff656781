/* run.json as a run, a resumed run, and info read it. */
#include "fuzz.h"

#include "context/options.h"
#include "jobs/runcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = fuzz_file(0, bytes, size);
    ls_options *options;
    if (fuzz_taken(ls_options_read_card(path, &options)))
        ls_options_destroy(options);
    (void)ls_runcard_is_finished(path);
    ls_runcard_recipe(path, &options);
    ls_options_destroy(options);
    return 0;
}
