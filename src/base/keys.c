/* Sorting of keys: a stable counting sort by the lower half, then one by the upper half. */
#include "base/keys.h"

/* Few keys are sorted by comparing: clearing the places alone costs more. */
enum { FEW = 64 };

static void insert(uint32_t *keys, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const uint32_t key = keys[i];
        int64_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

static void pass(const uint32_t *from, uint32_t *to, int64_t count, int shift, int64_t places[LS_KEY_PLACES])
{
    int64_t at = 0;
    memset(places, 0, LS_KEY_PLACES * sizeof *places);
    for (int64_t i = 0; i < count; i++)
        places[from[i] >> shift & 0xffff]++;
    for (int p = 0; p < LS_KEY_PLACES; p++) {
        const int64_t here = places[p];
        places[p] = at;
        at += here;
    }
    for (int64_t i = 0; i < count; i++)
        to[places[from[i] >> shift & 0xffff]++] = from[i];
}

void ls_keys_sort(uint32_t *keys, uint32_t *scratch, int64_t count, int64_t places[LS_KEY_PLACES])
{
    if (count <= FEW) {
        insert(keys, count);
        return;
    }
    pass(keys, scratch, count, 0, places);
    pass(scratch, keys, count, 16, places);
}
