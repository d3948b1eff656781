/* The block in front of sealed files: what is not as it was written is refused; with a new seal it is whole, and with
 * another byte it is not. */
#include "fuzz.h"

#include "../train/fuzz_changes.h"
#include "store/sealed.h"

#include <stdio.h>

/* Turns bits of one byte over. */
static void damage(const char *path, size_t at, int bits)
{
    FILE *file = fopen(path, "r+b");
    fuzz_hold(file != NULL && fseek(file, (long)at, SEEK_SET) == 0, "a sealed file");
    const int byte = fgetc(file);
    fuzz_hold(byte != EOF && fseek(file, (long)at, SEEK_SET) == 0, "a byte of it");
    fuzz_hold(fputc(byte ^ bits, file) != EOF && fclose(file) == 0, "another byte");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    const uint8_t how = fuzz_byte(&in), low = fuzz_byte(&in), high = fuzz_byte(&in);
    const size_t changed = low + 256u * (high & 7u);
    const char *path = fuzz_file(0, in.at, in.left);
    (void)ls_sealed_is(path);
    (void)ls_sealed_is_newer(path);
    (void)fuzz_taken(ls_sealed_verify(path));
    if (!(how & 1) || in.left <= LS_SEALED_BLOCK)
        return 0;
    fuzz_seal(path);
    fuzz_hold(ls_sealed_is(path) && ls_sealed_verify(path) == LS_OK, "what is sealed is whole");
    if (changed >= in.left || (changed >= 88 && changed < LS_SEALED_BLOCK)) /* the block's end holds nothing */
        return 0;
    damage(path, changed, how);
    (void)ls_sealed_is(path);
    (void)ls_sealed_is_newer(path);
    fuzz_hold(!fuzz_taken(ls_sealed_verify(path)), "what is not as it was sealed is refused");
    return 0;
}
