/* JSON: what is read can be walked through, and written and read again it is the same. */
#include "fuzz.h"

#include "base/json.h"
#include "base/json_read.h"
#include "base/utf8.h"

#include <stdlib.h>

static void put(ls_json *json, const ls_json_document *d, const ls_json_value *v, int64_t *seen)
{
    (*seen)++;
    if (v->key != NULL)
        ls_json_key(json, v->key);
    if (v->kind == LS_JSON_ARRAY || v->kind == LS_JSON_OBJECT) {
        int64_t count = 0;
        v->kind == LS_JSON_ARRAY ? ls_json_array_begin(json) : ls_json_object_begin(json);
        for (int64_t i = v->first; i != 0; i = d->value[i].next, count++)
            put(json, d, &d->value[i], seen);
        fuzz_hold(count == v->count, "there are as many as it says");
        v->kind == LS_JSON_ARRAY ? ls_json_array_end(json) : ls_json_object_end(json);
    } else if (v->kind == LS_JSON_STRING) {
        fuzz_hold(ls_utf8_valid(v->text), "a string is UTF-8");
        ls_json_string(json, v->text);
    } else if (v->kind == LS_JSON_NUMBER) {
        ls_json_double(json, v->number);
    } else if (v->kind == LS_JSON_NULL) {
        ls_json_null(json);
    } else {
        ls_json_bool(json, v->kind == LS_JSON_TRUE);
    }
}

static void write_again(const ls_json_document *d, ls_text *text)
{
    int64_t seen = 0;
    ls_json json = {.text = text};
    put(&json, d, d->value, &seen);
    fuzz_hold(seen == d->count, "every value is reached");
    (void)ls_json_member(d, d->value, "columns");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    char *text = fuzz_rest(&in);
    ls_json_document document = {0}, again = {0};
    ls_text first = {0}, second = {0};
    if (fuzz_taken(ls_json_read(text, &document))) {
        write_again(&document, &first);
        fuzz_hold(ls_json_read(ls_text_string(&first), &again) == LS_OK, "what is written is read");
        write_again(&again, &second);
        fuzz_same(ls_text_string(&first), ls_text_string(&second), "what is read again is the same");
    }
    ls_text_free(&first);
    ls_text_free(&second);
    ls_json_document_free(&document);
    ls_json_document_free(&again);
    free(text);
    return 0;
}
