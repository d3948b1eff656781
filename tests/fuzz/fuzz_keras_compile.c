/* What compile() said, as JSON: what is taken of it is what the options take, and the same when they read it. */
#include "fuzz.h"

#include "import/keras_compile.h"

#include <stdlib.h>

static void check_loss(const ls_keras_compiled *c)
{
    ls_loss loss;
    ls_text again = {0};
    if (c->loss.length > 0) {
        fuzz_hold(ls_loss_parse("loss", ls_text_string(&c->loss), &loss) == LS_OK, "the loss is one of --loss");
        ls_loss_format(&loss, &again);
        fuzz_same(ls_text_string(&c->loss), ls_text_string(&again), "the loss is the same when it is read");
    }
    fuzz_hold(c->loss.length == 0 || c->loss_fault.length == 0, "a loss has no fault");
    fuzz_hold(c->loss.length > 0 || c->metrics.length == 0, "metrics are of a loss");
    ls_text_free(&again);
}

static void check_schedule(const ls_keras_compiled *c)
{
    ls_schedule schedule;
    ls_text again = {0};
    fuzz_hold((c->plan.row != NULL) == (c->schedule.length > 0), "a schedule has words");
    if (c->plan.row) {
        fuzz_hold(ls_schedule_parse(ls_text_string(&c->schedule), &schedule) == LS_OK,
                  "the schedule is one of --schedule");
        ls_schedule_format(&schedule, &again);
        fuzz_same(ls_text_string(&c->schedule), ls_text_string(&again), "the schedule is the same when it is read");
        for (int64_t step = 0; step < INT64_MAX / 8; step = step * 7 + 1)
            fuzz_hold(ls_schedule_rate(&c->plan, step) >= 0, "it has a rate");
    }
    ls_text_free(&again);
}

/* It starts, and takes some steps. */
static void check_optimizer(const ls_keras_compiled *c)
{
    ls_optimizer optimizer;
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    fuzz_hold((c->row != NULL) == (c->optimizer.length > 0), "an optimizer has words");
    fuzz_hold(c->row == NULL || c->optimizer_fault.length == 0, "an optimizer has no fault");
    if (!c->row)
        return;
    ls_optimizer_start(c->row, &c->settings, &optimizer);
    const int slots = ls_optimizer_slots(&optimizer, slot);
    fuzz_hold(slots >= 0 && slots <= LS_OPTIMIZER_SLOTS, "it has slots");
    for (int step = 0; step < 3; step++)
        (void)ls_optimizer_next(&optimizer, c->settings.learning_rate, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in);
    ls_json_document document = {0};
    ls_keras_compiled compiled = {0};
    if (fuzz_taken(ls_json_read(text, &document)) &&
        fuzz_taken(ls_keras_compile_read(&document, document.value, "a.keras", &compiled))) {
        check_loss(&compiled);
        check_schedule(&compiled);
        check_optimizer(&compiled);
    }
    ls_keras_compiled_free(&compiled);
    ls_json_document_free(&document);
    free(text);
    return 0;
}
