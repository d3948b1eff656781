/* The options that a run has left in its run.json. */
#include "context/options.h"

#include "base/json_read.h"
#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

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

ls_status ls_options_take_card(const char *path, const ls_text *text, ls_options **saved)
{
    ls_json_document document = {0};
    const char *json = ls_text_string(text);
    ls_status status;
    *saved = NULL;
    if (strlen(json) != text->length)
        return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: it has a zero byte", path);
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
    return status;
}

ls_status ls_options_read_card(const char *path, ls_options **saved)
{
    ls_text text = {0};
    *saved = NULL;
    ls_status status = ls_options_read_text(path, &text);
    if (status == LS_ERR_USAGE)
        status = ls_fail(LS_ERR_OUTPUT, "%s", ls_error_message());
    if (status == LS_OK)
        status = ls_options_take_card(path, &text, saved);
    ls_text_free(&text);
    return status;
}
