/* Texts and their numbers: open addressing with linear probes, at most half full. */
#include "formats/dictionary.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *text, int64_t length)
{
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (int64_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
    return hash ^ hash >> 32;
}

/* The slot that holds the text, or the free one where it belongs. */
static int64_t slot_of(const ls_dictionary *d, const char *text, int64_t length)
{
    const uint64_t mask = (uint64_t)d->slots - 1;
    uint64_t at = hash_of(text, length) & mask;
    while (d->slot[at] != 0) {
        const char *held = d->text[d->slot[at] - 1];
        if (strlen(held) == (size_t)length && memcmp(held, text, (size_t)length) == 0) /* a field may have zeros */
            break;
        at = (at + 1) & mask;
    }
    return (int64_t)at;
}

int64_t ls_dictionary_find(const ls_dictionary *dictionary, const char *text, int64_t length)
{
    return dictionary->slots == 0 ? -1 : dictionary->slot[slot_of(dictionary, text, length)] - 1;
}

static void fill_slots(ls_dictionary *d)
{
    memset(d->slot, 0, (size_t)d->slots * sizeof *d->slot);
    for (int64_t i = 0; i < d->count; i++)
        d->slot[slot_of(d, d->text[i], (int64_t)strlen(d->text[i]))] = i + 1;
}

static ls_status grow(ls_dictionary *d)
{
    const int64_t capacity = d->capacity == 0 ? 16 : 2 * d->capacity;
    char **text = NULL;
    int64_t *slot = NULL;
    LS_TRY(ls_memory_allocate(&text, capacity, sizeof *text, "categories"));
    ls_status status = ls_memory_allocate(&slot, 2 * capacity, sizeof *slot, "categories");
    if (status != LS_OK) {
        ls_memory_free(text);
        return status;
    }
    if (d->count > 0)
        memcpy(text, d->text, (size_t)d->count * sizeof *text);
    ls_memory_free(d->text);
    ls_memory_free(d->slot);
    d->text = text;
    d->slot = slot;
    d->capacity = capacity;
    d->slots = 2 * capacity;
    fill_slots(d);
    return LS_OK;
}

ls_status ls_dictionary_add(ls_dictionary *dictionary, const char *text, int64_t length, int64_t *number)
{
    ls_dictionary *d = dictionary;
    *number = ls_dictionary_find(d, text, length);
    if (*number >= 0)
        return LS_OK;
    if (d->count == d->capacity)
        LS_TRY(grow(d));
    char *copy;
    LS_TRY(ls_memory_allocate(&copy, length + 1, 1, "category"));
    memcpy(copy, text, (size_t)length);
    *number = d->count;
    d->slot[slot_of(d, text, length)] = d->count + 1;
    d->text[d->count++] = copy;
    return LS_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void ls_dictionary_sort(ls_dictionary *dictionary)
{
    if (dictionary->count == 0)
        return;
    qsort(dictionary->text, (size_t)dictionary->count, sizeof *dictionary->text, by_bytes);
    fill_slots(dictionary);
}

void ls_dictionary_free(ls_dictionary *dictionary)
{
    for (int64_t i = 0; i < dictionary->count; i++)
        ls_memory_free(dictionary->text[i]);
    ls_memory_free(dictionary->text);
    ls_memory_free(dictionary->slot);
    memset(dictionary, 0, sizeof *dictionary);
}
