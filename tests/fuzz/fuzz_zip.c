/* Zip archives, the entries that have a name of their own, and the arrays in them. */
#include "fuzz.h"

#include "base/memory.h"
#include "files/zip.h"
#include "formats/array.h"

#include <string.h>

static void read_entry(const char *path, const ls_zip_entry *entry)
{
    static unsigned char row[1 << 16];
    ls_array *array;
    if (!fuzz_taken(ls_array_open(path, entry->name, &entry->range, entry->size, LS_ARRAY_NPY, &array)))
        return;
    int64_t bytes = ls_array_text(array) > 0 ? ls_array_text(array) : ls_element_bytes(ls_array_element(array));
    for (int i = 1; i < ls_array_rank(array) && bytes <= (int64_t)sizeof row; i++)
        bytes *= ls_array_shape(array)[i] < (int64_t)sizeof row ? ls_array_shape(array)[i] : (int64_t)sizeof row + 1;
    const int64_t rows = ls_array_rank(array) > 0 ? ls_array_shape(array)[0] : 1;
    for (int64_t i = 0; bytes <= (int64_t)sizeof row && i < rows && i < 64; i++)
        if (!fuzz_taken(ls_array_next(array, 1, row)))
            break;
    ls_array_close(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *path = fuzz_file(0, bytes, size);
    ls_zip_entry *entries;
    int count;
    if (!fuzz_taken(ls_zip_list(path, &entries, &count)))
        return 0;
    for (int i = 0; i < count; i++) {
        const ls_zip_entry *found = NULL;
        if (i < 8 && fuzz_taken(ls_zip_find(path, entries, count, entries[i].name, &found)))
            fuzz_hold(found == &entries[i], "a name has one entry");
        fuzz_hold(memchr(entries[i].name, 0, sizeof entries[i].name) != NULL, "an entry's name has an end");
        if (i < 8)
            read_entry(path, &entries[i]);
    }
    ls_memory_free(entries);
    return 0;
}
