/* What a file is by its first bytes, and texts of users as they are shown. */
#include "fuzz.h"

#include "base/utf8.h"
#include "base/visible.h"
#include "files/kinds.h"
#include "files/path.h"
#include "files/temporary.h"
#include "jobs/convert.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    ls_text shown = {0};
    const char *kind = ls_kinds_of(bytes, size), *other = ls_kinds_of_no_table(bytes, size), *format;
    fuzz_hold(kind == NULL || strlen(kind) > 0, "a kind has words");
    fuzz_hold(kind == NULL || other != NULL, "what is nothing that is read is no table");
    if (ls_kinds_is_text(bytes, size))
        fuzz_hold(memchr(bytes, 0, size) == NULL, "text has no zeros");
    ls_visible_put((const char *)bytes, size, &shown);
    fuzz_hold(ls_utf8_valid_bytes(ls_text_string(&shown), (int64_t)shown.length), "what is shown is UTF-8");
    for (size_t i = 0; i < shown.length; i++)
        fuzz_hold((unsigned char)shown.data[i] >= ' ' || shown.data[i] == '\t', "what is shown can be seen");
    ls_text_free(&shown);
    (void)fuzz_taken(ls_conversion_recognise(fuzz_file(0, bytes, size), &format));
    char *name = fuzz_rest(&in), parent[64], path[64];
    (void)ls_temporary_is(name, NULL);
    (void)ls_temporary_is(name, "log.csv");
    (void)ls_path_has_suffix(name, ".csv");
    ls_path_parent(name, parent, sizeof parent);
    fuzz_hold(parent[0] != '\0', "a path has a directory");
    (void)fuzz_taken(ls_path_join(path, sizeof path, parent, name));
    free(name);
    return 0;
}
