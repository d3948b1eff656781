/* Names of files, datasets and columns in options: written so that they are read as they are. */
#include "fuzz.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/shell.h"
#include "files/files.h"
#include "source/column_words.h"
#include "source/spec.h"

#include <stdlib.h>
#include <string.h>

static void read_spec(const char *text)
{
    static char escaped[3 * 1024];
    ls_spec_item *items;
    int count, axis;
    if (fuzz_taken(ls_spec_parse("--x", text, &items, &count))) {
        fuzz_hold(count > 0, "there is an item");
        ls_memory_free(items);
    }
    (void)ls_spec_axis(text, &axis);
    if (text[0] != '/' || strlen(text) >= 1000 || strchr(text, '\n') != NULL)
        return;
    ls_spec_escape(text, escaped, sizeof escaped);
    const char *last = text + strlen(text) - 1;
    if (*last == ' ' || *last == '\t') /* blanks at an item's end are none of it */
        return;
    if (fuzz_taken(ls_spec_parse("--x", escaped, &items, &count))) {
        fuzz_hold(count == 1 && items[0].file[0] == '\0' && items[0].columns[0] == '\0', "a path is one item");
        fuzz_same(items[0].path, text, "a path is the same when it is written as an item");
        ls_memory_free(items);
    }
}

static void read_words(const char *text)
{
    ls_column_word word;
    ls_text written = {0};
    bool more = true;
    for (const char *cursor = text; more;)
        if (!fuzz_taken(ls_column_word_next(&cursor, &word, &more)))
            break;
    (void)ls_column_word_only(text, &word);
    if (text[0] != '\0' && strlen(text) < sizeof word.text) {
        ls_column_word_put(text, strlen(text), &written);
        const char *cursor = ls_text_string(&written);
        fuzz_hold(ls_column_word_next(&cursor, &word, &more) == LS_OK && !more, "a name that is written is one word");
        fuzz_same(word.text, text, "a name is the same when it is written");
    }
    ls_text_free(&written);
}

/* A shell's single quotes hold all but themselves, which stand outside as \'. */
static void check_quoted(const char *text)
{
    ls_text item = {0};
    char *unquoted, word[4096], *to;
    ls_shell_put_item(&item, "%s", text);
    unquoted = to = malloc(item.length + 1);
    fuzz_hold(unquoted != NULL, "memory");
    bool inside = false;
    for (const char *c = ls_text_string(&item); *c != '\0'; c++) {
        if (*c == '\'')
            inside = !inside;
        else if (!inside && *c == '\\')
            *to++ = *++c;
        else
            *to++ = *c;
    }
    *to = '\0';
    const char *cursor = unquoted;
    if (text[0] != '\0' && strlen(text) < sizeof word) {
        fuzz_hold(!inside && ls_parse_listed(&cursor, word, sizeof word) && *cursor == '\0', "an item is one item");
        fuzz_same(word, text, "an item is the same when it is typed as it is said");
    }
    free(unquoted);
    ls_text_free(&item);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in), **paths;
    int count;
    read_spec(text);
    read_words(text);
    check_quoted(text);
    if (strchr(text, '/') == NULL && fuzz_taken(ls_files_expand(text, &paths, &count)))
        ls_memory_free(paths);
    free(text);
    return 0;
}
