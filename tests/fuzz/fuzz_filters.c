/* Chunks of HDF5 that are unpacked here: any stored bytes, any filters. */
#include "fuzz.h"

#include "hdf5/filters.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    ls_filters filters = {.count = fuzz_byte(&in) % 5};
    for (int i = 0; i < filters.count; i++) {
        filters.filter[i] = (ls_filter)(fuzz_byte(&in) % 3);
        filters.size[i] = 1 + fuzz_byte(&in) % 16;
    }
    const uint32_t skipped = fuzz_byte(&in) & 31u;
    const size_t chunk = 1 + fuzz_byte(&in) + 256u * (fuzz_byte(&in) % 8);
    ls_filters_space space = {0};
    const unsigned char *result;
    char reason[200] = "";
    bool memory;
    unsigned char *stored = malloc(in.left + 1);
    fuzz_hold(stored != NULL, "memory");
    if (in.left > 0)
        memcpy(stored, in.at, in.left);
    if (ls_filters_can(&filters)) {
        if (ls_filters_undo(&filters, skipped, stored, in.left, chunk, &space, &result, reason, sizeof reason,
                            &memory)) {
            uint32_t sum = 0;
            for (size_t i = 0; i < chunk; i++)
                sum += result[i];
            fuzz_hold(sum <= 255u * chunk, "all bytes of a chunk are there");
        } else {
            fuzz_hold(memory || reason[0] != '\0', "what is wrong with a chunk is said");
        }
    }
    ls_filters_free(&space);
    free(stored);
    return 0;
}
