/* Things with a name and settings: regularizers, constraints, initializers, losses. Written and read they are the same.
 */
#include "fuzz.h"

#include "math/losses.h"
#include "model/initializers.h"
#include "model/regularizers.h"

#include <stdlib.h>

/* Reads a kind's text and writes it; false: it was refused. */
static bool write_again(uint8_t kind, const char *text, ls_text *out)
{
    ls_regularizer regularizer = {0};
    ls_constraint constraint = {0};
    ls_initializer initializer = {0};
    ls_loss loss;
    switch (kind % 4) {
    case 0:
        if (!fuzz_taken(ls_regularizer_parse("regularizer", text, &regularizer)))
            return false;
        if (ls_regularizer_is_set(&regularizer))
            ls_regularizer_format(&regularizer, out);
        return ls_regularizer_is_set(&regularizer);
    case 1:
        if (!fuzz_taken(ls_constraint_parse("constraint", text, &constraint)))
            return false;
        if (constraint.kind != LS_CONSTRAINT_NONE)
            ls_constraint_format(&constraint, out);
        return constraint.kind != LS_CONSTRAINT_NONE;
    case 2:
        if (!fuzz_taken(ls_initializer_parse("initializer", text, &initializer)))
            return false;
        if (initializer.row != NULL)
            ls_initializer_format(&initializer, out);
        return initializer.row != NULL;
    default:
        if (!fuzz_taken(ls_loss_parse("--loss", text, &loss)))
            return false;
        ls_loss_format(&loss, out);
        return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const uint8_t kind = fuzz_byte(&in);
    char *text = fuzz_rest(&in);
    ls_text first = {0}, second = {0};
    if (write_again(kind, text, &first)) {
        fuzz_hold(write_again(kind, ls_text_string(&first), &second), "what is written is read");
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "what is read again is the same");
    }
    ls_text_free(&first);
    ls_text_free(&second);
    free(text);
    return 0;
}
