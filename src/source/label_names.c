/* Texts by number, and numbers by text: the second through their order by bytes. */
#include "source/label_names.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The arrays follow the head: where each text begins, the labels in the order of their texts, the texts. */
struct ls_label_names {
    int64_t bytes;
    int64_t holders;
    int64_t count;
};

static const int64_t *begins(const ls_label_names *n)
{
    return (const int64_t *)(n + 1);
}

static const int64_t *order(const ls_label_names *n)
{
    return begins(n) + n->count;
}

const char *ls_label_names_text(const ls_label_names *n, int64_t label)
{
    return (const char *)(order(n) + n->count) + begins(n)[label];
}

int64_t ls_label_names_count(const ls_label_names *n)
{
    return n->count;
}

int64_t ls_label_names_bytes(const ls_label_names *n)
{
    return n == NULL ? 0 : n->bytes;
}

/* Counting is not a change that anybody sees. */
static int64_t *holders_of(const ls_label_names *names)
{
    return &((ls_label_names *)names)->holders;
}

void ls_label_names_hold(const ls_label_names *names)
{
    if (names != NULL)
        ++*holders_of(names);
}

void ls_label_names_release(const ls_label_names *names)
{
    if (names != NULL && --*holders_of(names) == 0)
        ls_memory_free((ls_label_names *)names);
}

ls_status ls_label_names_adopt(const void *block, int64_t bytes, const ls_label_names **names)
{
    ls_label_names *copy;
    LS_TRY(ls_memory_allocate(&copy, bytes, 1, "names of the labels"));
    memcpy(copy, block, (size_t)bytes);
    copy->holders = 1;
    *names = copy;
    return LS_OK;
}

/* A text and its label, while they are sorted. */
typedef struct entry {
    const char *text;
    int64_t label;
} entry;

static int by_text(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->text, ((const entry *)b)->text);
}

ls_status ls_label_names_create(const ls_dictionary *texts, const ls_label_names **names)
{
    ls_label_names *n = NULL;
    entry *entries = NULL;
    size_t characters = 0;
    ls_status status;
    for (int64_t k = 0; k < texts->count; k++)
        characters += strlen(texts->text[k]) + 1;
    const int64_t bytes = (int64_t)(sizeof *n + characters) + 2 * texts->count * (int64_t)sizeof(int64_t);
    LS_TRY_CLEANUP(ls_memory_allocate(&n, bytes, 1, "names of the labels"));
    LS_TRY_CLEANUP(ls_memory_allocate(&entries, texts->count, sizeof *entries, "names of the labels"));
    *n = (ls_label_names){.bytes = bytes, .holders = 1, .count = texts->count};
    int64_t *begin = (int64_t *)(n + 1), *sorted = begin + n->count, at = 0;
    char *to = (char *)(sorted + n->count);
    for (int64_t k = 0; k < n->count; k++) {
        const size_t length = strlen(texts->text[k]) + 1;
        begin[k] = at;
        memcpy(to + at, texts->text[k], length);
        at += (int64_t)length;
        entries[k] = (entry){texts->text[k], k};
    }
    qsort(entries, (size_t)n->count, sizeof *entries, by_text);
    for (int64_t k = 0; k < n->count; k++)
        sorted[k] = entries[k].label;
    *names = n;
    n = NULL;
cleanup:
    ls_memory_free(n);
    ls_memory_free(entries);
    return status;
}

int64_t ls_label_names_find(const ls_label_names *n, const char *text)
{
    int64_t low = 0, high = n->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const int compared = strcmp(ls_label_names_text(n, order(n)[middle]), text);
        if (compared == 0)
            return order(n)[middle];
        if (compared < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}
