/* A JSON writer over ls_text (RFC 8259). */
#include "base/json.h"

#include "base/utf8.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* What stands between the previous value and the next: a comma, a line break, or nothing after a key. */
static void begin_value(ls_json *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->depth == 0)
        return;
    if (!json->first[json->depth])
        ls_text_append(json->text, ",");
    json->first[json->depth] = false;
    if (json->indent > 0)
        ls_text_printf(json->text, "\n%*s", json->depth * json->indent, "");
}

static void container_begin(ls_json *json, const char *bracket)
{
    begin_value(json);
    ls_text_append(json->text, bracket);
    json->depth++;
    assert(json->depth < (int)(sizeof json->first / sizeof *json->first));
    json->first[json->depth] = true;
}

static void container_end(ls_json *json, const char *bracket)
{
    assert(json->depth > 0 && !json->after_key);
    bool empty = json->first[json->depth];
    json->depth--;
    if (json->indent > 0 && !empty)
        ls_text_printf(json->text, "\n%*s", json->depth * json->indent, "");
    ls_text_append(json->text, bracket);
}

/* Paths may hold any bytes; those that are not UTF-8 become U+FFFD, so that the file stays JSON. */
static void append_quoted(ls_text *text, const char *value)
{
    const unsigned char *s = (const unsigned char *)value;
    ls_text_append(text, "\"");
    while (*s != '\0') {
        int length = ls_utf8_length(s);
        const char *letter = *s < 0x80 ? strchr("\"\"\\\\\bb\ff\nn\rr\tt", *s) : NULL;
        if (length == 0)
            ls_text_append(text, "\\ufffd");
        else if (letter != NULL && (*s < 0x20 || *s == '"' || *s == '\\'))
            ls_text_printf(text, "\\%c", letter[1]);
        else if (*s < 0x20)
            ls_text_printf(text, "\\u%04x", *s);
        else
            ls_text_append_bytes(text, (const char *)s, (size_t)length);
        s += length > 0 ? length : 1;
    }
    ls_text_append(text, "\"");
}

void ls_json_object_begin(ls_json *json)
{
    container_begin(json, "{");
}

void ls_json_object_end(ls_json *json)
{
    container_end(json, "}");
}

void ls_json_array_begin(ls_json *json)
{
    container_begin(json, "[");
}

void ls_json_array_end(ls_json *json)
{
    container_end(json, "]");
}

void ls_json_key(ls_json *json, const char *key)
{
    assert(json->depth > 0 && !json->after_key);
    begin_value(json);
    append_quoted(json->text, key);
    ls_text_append(json->text, json->indent > 0 ? ": " : ":");
    json->after_key = true;
}

void ls_json_string(ls_json *json, const char *value)
{
    begin_value(json);
    append_quoted(json->text, value);
}

void ls_json_integer(ls_json *json, int64_t value)
{
    begin_value(json);
    ls_text_printf(json->text, "%lld", (long long)value);
}

void ls_json_double(ls_json *json, double value)
{
    begin_value(json);
    if (isfinite(value))
        ls_text_append_double(json->text, value);
    else
        ls_text_append(json->text, "null");
}

void ls_json_real(ls_json *json, double value)
{
    const size_t before = json->text->length;
    ls_json_double(json, value);
    if (!json->text->failed && strpbrk(json->text->data + before, ".en") == NULL)
        ls_text_append(json->text, ".0");
}

void ls_json_bool(ls_json *json, bool value)
{
    begin_value(json);
    ls_text_append(json->text, value ? "true" : "false");
}

void ls_json_null(ls_json *json)
{
    begin_value(json);
    ls_text_append(json->text, "null");
}

void ls_json_put_string(ls_json *json, const char *key, const char *value)
{
    ls_json_key(json, key);
    ls_json_string(json, value);
}

void ls_json_put_text(ls_json *json, const char *key, const ls_text *value)
{
    ls_json_put_string(json, key, ls_text_string(value));
    json->text->failed = json->text->failed || value->failed;
}

void ls_json_put_integer(ls_json *json, const char *key, int64_t value)
{
    ls_json_key(json, key);
    ls_json_integer(json, value);
}

void ls_json_put_double(ls_json *json, const char *key, double value)
{
    ls_json_key(json, key);
    ls_json_double(json, value);
}

void ls_json_put_real(ls_json *json, const char *key, double value)
{
    ls_json_key(json, key);
    ls_json_real(json, value);
}

void ls_json_put_bool(ls_json *json, const char *key, bool value)
{
    ls_json_key(json, key);
    ls_json_bool(json, value);
}

void ls_json_put_null(ls_json *json, const char *key)
{
    ls_json_key(json, key);
    ls_json_null(json);
}
