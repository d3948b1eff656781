/* A recursive JSON reader. Strings are decoded into one block that is as long as the text. */
#include "base/json_read.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <string.h>

#define DEEPEST 64

typedef struct reader {
    const char *text;
    const char *c;
    char *to; /* where the next string goes */
    ls_json_document *document;
    int depth;
} reader;

static ls_status expected(const reader *r, const char *what)
{
    const size_t line = strcspn(r->c, "\r\n");
    return ls_fail(LS_ERR_DATA, "JSON: at byte %td expected %s, found '%.*s'", r->c - r->text, what,
                   line < 12 ? (int)line : 12, r->c);
}

static void skip_spaces(reader *r)
{
    while (*r->c == ' ' || *r->c == '\t' || *r->c == '\n' || *r->c == '\r')
        r->c++;
}

static ls_status add_value(reader *r, int64_t *index)
{
    ls_json_document *d = r->document;
    LS_TRY(ls_memory_grow(&d->value, &d->capacity, d->count + 1, sizeof *d->value, "JSON values"));
    *index = d->count++;
    return LS_OK;
}

/* ---- strings ---- */

static ls_status read_hex(reader *r, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, r->c++) {
        const char c = *r->c;
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0)
            return expected(r, "four hexadecimal digits");
        *value = *value * 16 + (uint32_t)digit;
    }
    return LS_OK;
}

static void put_utf8(reader *r, uint32_t code)
{
    if (code < 0x80) {
        *r->to++ = (char)code;
    } else if (code < 0x800) {
        *r->to++ = (char)(0xC0 | code >> 6);
        *r->to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *r->to++ = (char)(0xE0 | code >> 12);
        *r->to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *r->to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *r->to++ = (char)(0xF0 | code >> 18);
        *r->to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *r->to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *r->to++ = (char)(0x80 | (code & 0x3F));
    }
}

/* Behind "\u". A pair of surrogates is one character. */
static ls_status read_unicode(reader *r)
{
    uint32_t code, low;
    LS_TRY(read_hex(r, &code));
    if (code >= 0xD800 && code < 0xDC00) {
        if (r->c[0] != '\\' || r->c[1] != 'u')
            return expected(r, "the second half of a surrogate pair");
        r->c += 2;
        LS_TRY(read_hex(r, &low));
        if (low < 0xDC00 || low > 0xDFFF)
            return expected(r, "the second half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code == 0 || (code >= 0xDC00 && code <= 0xDFFF)) {
        return expected(r, "a character");
    }
    put_utf8(r, code);
    return LS_OK;
}

static ls_status read_string(reader *r, const char **text)
{
    static const char escapes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (*r->c != '"')
        return expected(r, "a string");
    r->c++;
    *text = r->to;
    while (*r->c != '"') {
        if ((unsigned char)*r->c < ' ')
            return expected(r, "a closing quote");
        if (*r->c != '\\') {
            const int length = ls_utf8_length((const unsigned char *)r->c);
            if (length == 0)
                return expected(r, "UTF-8");
            for (int i = 0; i < length; i++)
                *r->to++ = *r->c++;
            continue;
        }
        r->c++;
        const char *escape = *r->c == '\0' ? NULL : strchr(escapes, *r->c);
        if (escape != NULL) {
            *r->to++ = meant[escape - escapes];
            r->c++;
        } else if (*r->c == 'u') {
            r->c++;
            LS_TRY(read_unicode(r));
        } else {
            return expected(r, "an escape");
        }
    }
    r->c++;
    *r->to++ = '\0'; /* the two quotes in the text leave room for it */
    return LS_OK;
}

/* ---- values ---- */

static ls_status read_value(reader *r, const char *key, int64_t *index);

/* Python writes these; JSON has no word for them. */
static bool is_no_finite_number(const char *c)
{
    c += *c == '-' ? 1 : 0;
    return strncmp(c, "NaN", 3) == 0 || strncmp(c, "Infinity", 8) == 0;
}

static ls_status read_number(reader *r, double *number)
{
    const char *begin = r->c;
    if (is_no_finite_number(begin))
        return expected(r, "a finite number, since JSON has no others");
    while (*r->c != '\0' && strchr("+-.0123456789eE", *r->c) != NULL)
        r->c++;
    if ((*begin != '-' && !(*begin >= '0' && *begin <= '9')) ||
        ls_decimal_parse(begin, r->c, number) == LS_DECIMAL_NONE) {
        r->c = begin;
        return expected(r, "a value");
    }
    return LS_OK;
}

static ls_status read_members(reader *r, int64_t container, char close)
{
    int64_t last = 0;
    r->c++;
    skip_spaces(r);
    if (*r->c == close) {
        r->c++;
        return LS_OK;
    }
    for (;;) {
        const char *key = NULL;
        int64_t member;
        skip_spaces(r);
        if (close == '}') {
            LS_TRY(read_string(r, &key));
            skip_spaces(r);
            if (*r->c != ':')
                return expected(r, "':'");
            r->c++;
        }
        LS_TRY(read_value(r, key, &member));
        ls_json_value *values = r->document->value; /* it may have moved */
        if (last == 0)
            values[container].first = member;
        else
            values[last].next = member;
        values[container].count++;
        last = member;
        skip_spaces(r);
        if (*r->c == close) {
            r->c++;
            return LS_OK;
        }
        if (*r->c != ',')
            return expected(r, close == '}' ? "',' or '}'" : "',' or ']'");
        r->c++;
    }
}

static ls_status read_value(reader *r, const char *key, int64_t *index)
{
    static const struct {
        const char *word;
        ls_json_kind kind;
    } words[] = {{"null", LS_JSON_NULL}, {"false", LS_JSON_FALSE}, {"true", LS_JSON_TRUE}};
    ls_json_value value = {.key = key};
    LS_TRY(add_value(r, index));
    skip_spaces(r);
    if (*r->c == '{' || *r->c == '[') {
        value.kind = *r->c == '{' ? LS_JSON_OBJECT : LS_JSON_ARRAY;
        r->document->value[*index] = value;
        if (++r->depth > DEEPEST)
            return expected(r, "less nesting");
        LS_TRY(read_members(r, *index, *r->c == '{' ? '}' : ']'));
        r->depth--;
        return LS_OK;
    }
    if (*r->c == '"') {
        value.kind = LS_JSON_STRING;
        LS_TRY(read_string(r, &value.text));
        r->document->value[*index] = value;
        return LS_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const size_t length = strlen(words[i].word);
        if (strncmp(r->c, words[i].word, length) == 0) {
            value.kind = words[i].kind;
            r->c += length;
            r->document->value[*index] = value;
            return LS_OK;
        }
    }
    value.kind = LS_JSON_NUMBER;
    LS_TRY(read_number(r, &value.number));
    r->document->value[*index] = value;
    return LS_OK;
}

ls_status ls_json_read(const char *text, ls_json_document *document)
{
    reader r = {.text = text, .c = text, .document = document};
    int64_t index;
    memset(document, 0, sizeof *document);
    LS_TRY(ls_memory_allocate(&document->characters, (int64_t)strlen(text) + 1, 1, "JSON strings"));
    r.to = document->characters;
    ls_status status = read_value(&r, NULL, &index);
    if (status == LS_OK) {
        skip_spaces(&r);
        if (*r.c != '\0')
            status = expected(&r, "the end");
    }
    if (status != LS_OK)
        ls_json_document_free(document);
    return status;
}

void ls_json_document_free(ls_json_document *document)
{
    ls_memory_free(document->value);
    ls_memory_free(document->characters);
    memset(document, 0, sizeof *document);
}

/* ---- looking things up ---- */

const ls_json_value *ls_json_first(const ls_json_document *document, const ls_json_value *array)
{
    return array == NULL || array->first == 0 ? NULL : &document->value[array->first];
}

const ls_json_value *ls_json_next(const ls_json_document *document, const ls_json_value *element)
{
    return element->next == 0 ? NULL : &document->value[element->next];
}

const ls_json_value *ls_json_member(const ls_json_document *document, const ls_json_value *object, const char *key)
{
    if (object == NULL || object->kind != LS_JSON_OBJECT)
        return NULL;
    for (const ls_json_value *m = ls_json_first(document, object); m != NULL; m = ls_json_next(document, m))
        if (strcmp(m->key, key) == 0)
            return m;
    return NULL;
}

const char *ls_json_member_text(const ls_json_document *document, const ls_json_value *object, const char *key)
{
    const ls_json_value *member = ls_json_member(document, object, key);
    return member != NULL && member->kind == LS_JSON_STRING ? member->text : NULL;
}
