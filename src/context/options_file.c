/* Configuration files: "key = value" lines, or the run.json of a run. */
#include "context/options.h"

#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

/* Cuts the comment and the spaces at both ends. A '#' inside a word or inside double quotes is no comment. */
static char *strip(char *line)
{
    bool quoted = false;
    for (char *c = line; *c != '\0'; c++) {
        if (*c == '"')
            quoted = !quoted;
        if (*c == '#' && !quoted && (c == line || strchr(" \t", c[-1]) != NULL)) {
            *c = '\0';
            break;
        }
    }
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && strchr(" \t\r\n", line[length - 1]) != NULL)
        line[--length] = '\0';
    return line;
}

static ls_status read_line(ls_options *options, char *line)
{
    line = strip(line);
    if (*line == '\0')
        return LS_OK;
    char *equals = strchr(line, '=');
    if (equals == NULL || equals == line)
        return ls_fail(LS_ERR_USAGE, "expected 'key = value', found '%.200s'", line);
    *equals = '\0';
    char *key = strip(line), *value = strip(equals + 1);
    size_t length = strlen(value);
    if (length >= 2 && value[0] == '"' && value[length - 1] == '"') { /* as one would write it for a shell */
        value[length - 1] = '\0';
        value++;
    }
    return ls_options_set(options, key, value);
}

/* ---- run.json ---- */

bool ls_options_text_is_card(const char *text)
{
    text += strncmp(text, LS_UTF8_MARK, 3) == 0 ? 3 : 0;
    return text[strspn(text, " \t\r\n")] == '{';
}

/* What a run.json says beside the defaults counts as given, as if it stood in a configuration file. */
static ls_status take_card(ls_options *options, const char *path, const ls_text *text)
{
    ls_options *saved = NULL, *initial = NULL;
    char value[LS_TEXT_MAX], other[LS_TEXT_MAX];
    ls_status status = ls_options_take_card(path, text, &saved);
    if (status == LS_ERR_OUTPUT)
        status = ls_fail(LS_ERR_USAGE, "%s", ls_error_message());
    if (status == LS_OK)
        status = ls_options_create(&initial);
    for (size_t i = 0; status == LS_OK && i < saved->table->count; i++) {
        const char *key = saved->table->entry[i].row.key;
        (void)ls_options_get(saved, key, value, sizeof value); /* there is room for any */
        (void)ls_options_get(initial, key, other, sizeof other);
        if (strcmp(value, other) != 0)
            status = ls_options_set(options, key, value);
    }
    ls_options_destroy(saved);
    ls_options_destroy(initial);
    return status;
}

/* ---- files ---- */

/* Windows' editors put a mark in front of UTF-8, and may write UTF-16, which has another. */
static ls_status read_first_line(ls_options *options, char *line, size_t length)
{
    if (memcmp(line, "\xFF\xFE", 2) == 0 || memcmp(line, "\xFE\xFF", 2) == 0)
        return ls_fail(LS_ERR_USAGE, "is UTF-16; save it as UTF-8");
    if (strlen(line) != length)
        return ls_fail(LS_ERR_USAGE, "not a text file");
    return read_line(options, line + (strncmp(line, LS_UTF8_MARK, 3) == 0 ? 3 : 0));
}

/* The text's lines, of which `text` is a copy that they are cut out of. */
static ls_status read_lines(ls_options *options, const char *path, char *text, size_t length)
{
    ls_status status = LS_OK;
    char *const end = text + length;
    for (int64_t number = 1; status == LS_OK && text < end; number++) {
        char *line = text, *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop ? stop : end;
        *stop = '\0';
        text = stop + 1;
        const size_t bytes = (size_t)(stop - line);
        if (number == 1 && bytes > 1)
            status = read_first_line(options, line, bytes);
        else if (strlen(line) != bytes)
            status = ls_fail(LS_ERR_USAGE, "not a text file");
        else
            status = read_line(options, line);
        if (status != LS_OK)
            ls_fail_prefix(status, "%s:%" PRId64 ": ", path, number);
    }
    return status;
}

ls_status ls_options_read_file(ls_options *options, const char *path)
{
    ls_text text = {0};
    char *copy = NULL;
    ls_status status;
    LS_TRY_CLEANUP(ls_options_read_text(path, &text));
    if (ls_options_text_is_card(ls_text_string(&text))) {
        status = take_card(options, path, &text);
        goto cleanup;
    }
    LS_TRY_CLEANUP(ls_memory_allocate(&copy, (int64_t)text.length + 1, 1, "text of a configuration file"));
    memcpy(copy, ls_text_string(&text), text.length);
    status = read_lines(options, path, copy, text.length);
cleanup:
    ls_memory_free(copy);
    ls_text_free(&text);
    return status;
}
