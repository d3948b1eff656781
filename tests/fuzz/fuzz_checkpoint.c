/* Checkpoints: what is taken, training goes on from. */
#include "saved.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const saved_files *s = saved_get();
    fuzz_input in = {bytes, size};
    if (!fuzz_taken(ls_trainer_load(s->bench.trainer, saved_change(&s->checkpoint, &in))))
        return 0;
    (void)fuzz_taken(ls_trainer_step(s->bench.trainer, NULL));
    const char *good = fuzz_named_file(1, s->checkpoint.bytes, s->checkpoint.size);
    fuzz_hold(ls_trainer_load(s->bench.trainer, good) == LS_OK, "a good checkpoint is taken after any other");
    return 0;
}
