/* Losses, metrics, optimizers and schedules by name. */
#include "import/keras_named.h"

#include "base/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Modules that Keras' own things have had: keras.losses, tf_keras.src.losses, tensorflow.python.keras.losses. */
static bool is_kerases(const char *module)
{
    return starts(module, "keras") || starts(module, "tf_keras") || starts(module, "tensorflow") ||
           starts(module, "builtins");
}

/* "Custom>Adam" and "keras.losses.mse" by their last part. */
static void take_name(const char *text, ls_keras_named *named)
{
    const char *package = strrchr(text, '>');
    if (package)
        named->registered = true;
    text = package ? package + 1 : text;
    const char *dot = strrchr(text, '.');
    snprintf(named->name, sizeof named->name, "%.63s", dot ? dot + 1 : text);
}

/* What a wrapper wraps: a name, or a function as an object. */
static const char *function_of(const ls_json_document *document, const ls_json_value *config)
{
    const ls_json_value *function = ls_json_member(document, config, "fn");
    if (!function)
        return NULL;
    return function->kind == LS_JSON_STRING ? function->text : ls_json_member_text(document, function, "config");
}

static bool read_object(const ls_json_document *document, const ls_json_value *value, ls_keras_named *named)
{
    const char *class_name = ls_json_member_text(document, value, "class_name");
    const char *module = ls_json_member_text(document, value, "module");
    const ls_json_value *config = ls_json_member(document, value, "config");
    if (!class_name)
        return false;
    named->foreign = module && !is_kerases(module);
    if (strcmp(class_name, "function") == 0) {
        if (!config || config->kind != LS_JSON_STRING)
            return false;
        take_name(config->text, named);
        return true;
    }
    named->config = config && config->kind == LS_JSON_OBJECT ? config : NULL;
    const bool wraps = strcmp(class_name, "MeanMetricWrapper") == 0 || strcmp(class_name, "LossFunctionWrapper") == 0;
    const char *function = wraps ? function_of(document, named->config) : NULL;
    named->object = function == NULL;
    take_name(function ? function : class_name, named);
    return true;
}

bool ls_keras_named_read(const ls_json_document *document, const ls_json_value *value, ls_keras_named *named)
{
    memset(named, 0, sizeof *named);
    if (value && value->kind == LS_JSON_STRING) {
        take_name(value->text, named);
        return true;
    }
    return value && value->kind == LS_JSON_OBJECT && read_object(document, value, named);
}

bool ls_keras_named_same(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "_");
        b += strspn(b, "_");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

double ls_keras_named_number(double number)
{
    char shortest[32];
    double meant = number;
    if (number >= -3e38 && number <= 3e38 && (double)(float)number == number)
        (void)ls_parse_double(ls_format_float((float)number, shortest), &meant);
    return meant;
}

static bool put_list(const ls_json_document *document, const ls_json_value *list, ls_text *text)
{
    const char *comma = "";
    for (const ls_json_value *v = ls_json_first(document, list); v; v = ls_json_next(document, v), comma = ",") {
        if (v->kind != LS_JSON_NUMBER)
            return false;
        ls_text_append(text, comma);
        ls_text_append_double(text, ls_keras_named_number(v->number));
    }
    return list->count > 0;
}

/* A text stands for a setting's value in words, where blanks and separators would make another of it. */
static bool put_word(const char *word, ls_text *text)
{
    for (const char *c = word; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-' && *c != '.')
            return false;
    ls_text_append(text, word);
    return word[0] != '\0';
}

bool ls_keras_named_value(const ls_json_document *document, const ls_json_value *value, ls_text *text)
{
    switch (value->kind) {
    case LS_JSON_NUMBER:
        ls_text_append_double(text, ls_keras_named_number(value->number));
        return true;
    case LS_JSON_TRUE:
    case LS_JSON_FALSE:
        ls_text_append(text, value->kind == LS_JSON_TRUE ? "true" : "false");
        return true;
    case LS_JSON_STRING:
        return put_word(value->text, text);
    case LS_JSON_ARRAY:
        return put_list(document, value, text);
    case LS_JSON_NULL:
    case LS_JSON_OBJECT:
        break;
    }
    return false;
}

bool ls_keras_named_silent(const ls_json_value *value, bool zero)
{
    if (value->kind == LS_JSON_NULL)
        return true;
    return zero && (value->kind == LS_JSON_FALSE || (value->kind == LS_JSON_NUMBER && value->number == 0) ||
                    (value->kind == LS_JSON_STRING && value->text[0] == '\0'));
}
