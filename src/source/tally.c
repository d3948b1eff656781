/* A hash table with open addressing over an array of entries. */
#include "source/tally.h"

#include "base/hash64.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

static uint64_t hash_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return ls_hash64_mix(0, bits);
}

/* The slot that holds the value, or the empty one where it belongs. */
static int64_t find_slot(const ls_tally *t, double value)
{
    int64_t at = (int64_t)(hash_of(value) & (uint64_t)(t->slots - 1));
    while (t->slot[at] != 0 && t->entry[t->slot[at] - 1].value != value)
        at = (at + 1) & (t->slots - 1);
    return at;
}

/* Twice the room, for entries and slots alike; a table is at most half full. */
static ls_status grow(ls_tally *t)
{
    const int64_t slots = t->slots ? 2 * t->slots : FIRST_SLOTS;
    ls_tally_entry *entry = NULL;
    int64_t *slot = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_memory_allocate(&entry, slots / 2, sizeof *entry, "distinct values"));
    LS_TRY_CLEANUP(ls_memory_allocate(&slot, slots, sizeof *slot, "distinct values"));
    if (t->count > 0)
        memcpy(entry, t->entry, (size_t)t->count * sizeof *entry);
    ls_memory_free(t->entry);
    ls_memory_free(t->slot);
    t->entry = entry;
    t->slot = slot;
    t->slots = slots;
    t->capacity = slots / 2;
    for (int64_t i = 0; i < t->count; i++)
        slot[find_slot(t, entry[i].value)] = i + 1;
    return LS_OK;
cleanup:
    ls_memory_free(entry);
    return status;
}

ls_status ls_tally_add(ls_tally *t, double value, int64_t count, int64_t row)
{
    value += 0.0; /* -0 is 0 */
    if (t->count == t->capacity)
        LS_TRY(grow(t));
    const int64_t at = find_slot(t, value);
    if (t->slot[at] == 0) {
        if (t->count == t->limit) {
            t->beyond = true;
            return LS_OK;
        }
        t->entry[t->count++] = (ls_tally_entry){.value = value, .first = row};
        t->slot[at] = t->count;
    }
    ls_tally_entry *entry = &t->entry[t->slot[at] - 1];
    entry->count += count;
    entry->first = row < entry->first ? row : entry->first;
    return LS_OK;
}

static int compare(const void *a, const void *b)
{
    const double x = ((const ls_tally_entry *)a)->value, y = ((const ls_tally_entry *)b)->value;
    return (x > y) - (x < y);
}

void ls_tally_sort(ls_tally *tally)
{
    if (tally->count > 0)
        qsort(tally->entry, (size_t)tally->count, sizeof *tally->entry, compare);
    ls_memory_free(tally->slot); /* the places are no longer right */
    tally->slot = NULL;
    tally->slots = 0;
    tally->sorted = true;
}

int64_t ls_tally_find(const ls_tally *tally, double value)
{
    if (!tally->sorted) {
        if (tally->slots == 0)
            return -1;
        return tally->slot[find_slot(tally, value)] - 1;
    }
    int64_t low = 0, high = tally->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (tally->entry[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tally->count && tally->entry[low].value == value ? low : -1;
}

void ls_tally_free(ls_tally *tally)
{
    ls_memory_free(tally->entry);
    ls_memory_free(tally->slot);
    memset(tally, 0, sizeof *tally);
}
