/* Floats in the order of unsigned integers, and such keys sorted: what ranking metrics and quantiles count by. */
#ifndef LS_BASE_KEYS_H
#define LS_BASE_KEYS_H

#include <stdint.h>
#include <string.h>

/* The order-preserving key of a number that is no NaN: a < b exactly where key(a) < key(b); -0 and +0 have the same. */
static inline uint32_t ls_key_of(float value)
{
    uint32_t bits;
    value = value == 0 ? 0 : value;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* Local. Sorts keys (count) ascending, in two passes of 16 bits; scratch (count). `places` is working space. */
enum { LS_KEY_PLACES = 65536 };
void ls_keys_sort(uint32_t *keys, uint32_t *scratch, int64_t count, int64_t places[LS_KEY_PLACES]);

#endif
