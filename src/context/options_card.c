/* The options that a run has left in its run.json. */
#include "context/options.h"

#include "base/descriptor.h"
#include "base/json_read.h"
#include "base/reason.h"
#include "base/text.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CARD_MAX ((size_t)1 << 24) /* bytes; a run.json has some thousand */

static ls_status read_text(const char *path, ls_text *text)
{
    char buffer[4096];
    FILE *file = ls_descriptor_read(path);
    if (file == NULL)
        return ls_fail(LS_ERR_OUTPUT, "%s: %s", path, ls_reason(errno));
    for (size_t n; text->length < CARD_MAX && (n = fread(buffer, 1, sizeof buffer, file)) > 0;)
        ls_text_append_bytes(text, buffer, n);
    const bool whole = !ferror(file) && feof(file);
    fclose(file);
    if (!whole || strlen(ls_text_string(text)) != text->length)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be read as a text of at most %zu bytes", path, CARD_MAX);
    return ls_text_status(text);
}

/* What another start of the run must ask for itself. */
static bool is_of_one_start(const char *key)
{
    static const char *const keys[] = {"resume", "overwrite", "change"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static ls_status take(const char *path, const ls_json_document *document, ls_options *options)
{
    const ls_json_value *list = ls_json_member(document, document->value, "options");
    if (list == NULL || list->kind != LS_JSON_OBJECT)
        return ls_fail(LS_ERR_OUTPUT, "%s: has no 'options'; expected the run.json of a run", path);
    for (const ls_json_value *v = ls_json_first(document, list); v != NULL; v = ls_json_next(document, v)) {
        if (ls_options_find(options->table, v->key) == NULL || is_of_one_start(v->key))
            continue;
        if (v->kind != LS_JSON_STRING)
            return ls_fail(LS_ERR_OUTPUT, "%s: option '%s' is no text", path, v->key);
        if (ls_options_fill(options, v->key, v->text) != LS_OK)
            return ls_fail(LS_ERR_OUTPUT, "%s: %s", path, ls_error_message());
    }
    return LS_OK;
}

ls_status ls_options_read_card(const char *path, ls_options **saved)
{
    ls_json_document document = {0};
    ls_text text = {0};
    ls_status status;
    *saved = NULL;
    LS_TRY_CLEANUP(read_text(path, &text));
    const char *json = ls_text_string(&text);
    status = ls_json_read(json + (strncmp(json, LS_UTF8_MARK, 3) == 0 ? 3 : 0), &document);
    if (status == LS_ERR_DATA)
        status = ls_fail(LS_ERR_OUTPUT, "%s: is damaged: %s", path, ls_error_message());
    LS_TRY_CLEANUP(status);
    LS_TRY_CLEANUP(ls_options_create(saved));
    LS_TRY_CLEANUP(take(path, &document, *saved));
cleanup:
    if (status != LS_OK) {
        ls_options_destroy(*saved);
        *saved = NULL;
    }
    ls_json_document_free(&document);
    ls_text_free(&text);
    return status;
}
