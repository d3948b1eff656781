/* Arrays of NumPy and IDX files: what is taken can be read, and is the same when it is read again. */
#include "fuzz.h"

#include "formats/import.h"

#include <string.h>

enum { ROW = 1 << 16 };

static uint64_t read_all(ls_import *import, bool *whole)
{
    static unsigned char x[ROW];
    uint64_t sum = 0;
    *whole = true;
    for (int64_t row = 0; *whole && row < import->rows && row < 4096; row++) {
        *whole = fuzz_taken(import->next(import->state, 1, x, NULL, NULL));
        for (int64_t i = 0; *whole && i < import->x.bytes; i++)
            sum = sum * 31 + x[i];
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const uint8_t how = fuzz_byte(&in);
    const ls_stream_range range = {.length = -1, .packing = how & 2 ? LS_PACKED_FOUND : LS_PACKED_NOT};
    ls_array *array;
    ls_import import;
    bool whole, again;
    if (!fuzz_taken(ls_array_open(fuzz_file(0, in.at, in.left), "file:x", &range, how & 4 ? (int64_t)in.left : -1,
                                  how & 1 ? LS_ARRAY_IDX : LS_ARRAY_NPY, &array)))
        return 0;
    if (!fuzz_taken(ls_import_arrays(array, NULL, &import)))
        return 0;
    if (import.x.bytes <= ROW) {
        const uint64_t sum = read_all(&import, &whole);
        if (whole && fuzz_taken(import.restart(import.state)))
            fuzz_hold(read_all(&import, &again) == sum && again, "an array is the same when it is read again");
    }
    ls_import_close(&import);
    return 0;
}
