/* libsvm text: every row is read, and read again it is the same. */
#include "fuzz.h"

#include "formats/import.h"

#include <string.h>

enum { FEATURES = 4096 };

static uint64_t read_all(ls_import *import)
{
    static float x[FEATURES];
    uint64_t sum = 0;
    int64_t y = 0, query = 0;
    void *beside[] = {&query};
    for (int64_t row = 0; row < import->rows; row++) {
        fuzz_hold(import->next(import->state, 1, x, import->y.bytes > 0 ? &y : NULL, beside) == LS_OK,
                  "a row that was scanned is read");
        for (int64_t i = 0; i < import->x.shape[0]; i++) {
            uint32_t bits;
            memcpy(&bits, &x[i], sizeof bits);
            sum = sum * 31 + bits;
        }
        sum = (sum * 31 + (uint64_t)y) * 31 + (uint64_t)query;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const ls_svm_wishes wishes = {.first_index = fuzz_byte(&in) % 3 - 1,
                                  .features = fuzz_byte(&in) % 8 == 7 ? 4 : 0,
                                  .targets = fuzz_byte(&in) % 8 != 7};
    ls_svm_facts facts;
    ls_import import;
    if (!fuzz_taken(ls_import_svm(fuzz_file(0, in.at, in.left), &wishes, &facts, &import)))
        return 0;
    fuzz_hold(import.rows > 0 && import.x.shape[0] > 0, "there are rows and features");
    if (import.x.shape[0] <= FEATURES) {
        const uint64_t sum = read_all(&import);
        if (fuzz_taken(import.restart(import.state)))
            fuzz_hold(read_all(&import) == sum, "rows are the same when they are read again");
    }
    ls_import_close(&import);
    return 0;
}
