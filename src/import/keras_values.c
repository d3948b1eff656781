/* Settings of a Keras configuration, as numbers, switches and lists. */
#include "import/keras_reader.h"

#include "base/memory.h"
#include "base/parse.h"

#include <ctype.h>
#include <string.h>

static const char *type_of(const ls_json_value *value)
{
    static const char *const names[] = {"null", "false", "true", "a number", "a text", "a list", "an object"};
    return names[value->kind];
}

const ls_json_value *ls_keras_member(const ls_keras_reader *r, const ls_json_value *object, const char *key)
{
    const ls_json_value *member = ls_json_member(r->document, object, key);
    return member && member->kind != LS_JSON_NULL ? member : NULL;
}

double ls_keras_plain(double value)
{
    char digits[32];
    if ((double)(float)value != value)
        return value;
    ls_parse_double(ls_format_float((float)value, digits), &value);
    return value;
}

ls_status ls_keras_real(const ls_keras_reader *r, const ls_json_value *config, const char *key, double initial,
                        double *value)
{
    const ls_json_value *member = ls_keras_member(r, config, key);
    *value = initial;
    if (!member)
        return LS_OK;
    if (member->kind != LS_JSON_NUMBER)
        return ls_keras_refuse(r, NULL, "%s is %s; expected a number", key, type_of(member));
    *value = ls_keras_plain(member->number);
    return LS_OK;
}

ls_status ls_keras_switch(const ls_keras_reader *r, const ls_json_value *config, const char *key, bool initial,
                          bool *value)
{
    const ls_json_value *member = ls_keras_member(r, config, key);
    *value = initial;
    if (!member)
        return LS_OK;
    if (member->kind != LS_JSON_TRUE && member->kind != LS_JSON_FALSE)
        return ls_keras_refuse(r, NULL, "%s is %s; expected true or false", key, type_of(member));
    *value = member->kind == LS_JSON_TRUE;
    return LS_OK;
}

/* ---- lists ---- */

const ls_json_value *ls_keras_list(const ls_keras_reader *r, const ls_json_value *value)
{
    const char *class_name = ls_json_member_text(r->document, value, "class_name");
    const ls_json_value *inner = NULL;
    if (!class_name)
        return value;
    if (strcmp(class_name, "__numpy__") == 0 || strcmp(class_name, "__tensor__") == 0)
        inner = ls_keras_member(r, ls_json_member(r->document, value, "config"), "value");
    else if (strcmp(class_name, "__tuple__") == 0)
        inner = ls_keras_member(r, value, "items");
    return inner ? inner : value;
}

/* Numbers from here on; NULL in `to` counts them. False: something else is among them. */
static bool gather(const ls_keras_reader *r, const ls_json_value *value, double *to, int64_t *count)
{
    if (value->kind == LS_JSON_NUMBER) {
        if (to)
            to[*count] = value->number;
        ++*count;
        return true;
    }
    if (value->kind != LS_JSON_ARRAY)
        return false;
    for (const ls_json_value *v = ls_json_first(r->document, value); v; v = ls_json_next(r->document, v))
        if (!gather(r, v, to, count))
            return false;
    return true;
}

ls_status ls_keras_numbers(const ls_keras_reader *r, const ls_json_value *value, const char *key, double **numbers,
                           int64_t *count)
{
    const ls_json_value *list = ls_keras_list(r, value);
    *numbers = NULL;
    *count = 0;
    if (!gather(r, list, NULL, count) || *count == 0) {
        *count = 0;
        return ls_keras_refuse(r, NULL, "%s is %s; expected a number or a list of numbers", key, type_of(list));
    }
    LS_TRY(ls_memory_allocate(numbers, *count, sizeof **numbers, "numbers of a configuration"));
    *count = 0;
    gather(r, list, *numbers, count);
    return LS_OK;
}

/* Of rows of one dimension, columns are axis 1 and the last. */
ls_status ls_keras_check_axis(const ls_keras_reader *r, const char *key)
{
    const ls_json_value *axis = ls_keras_list(r, ls_keras_member(r, r->config, key));
    if (!axis)
        return LS_OK;
    if (axis->kind == LS_JSON_ARRAY && axis->count == 1)
        axis = ls_json_first(r->document, axis);
    if (axis->kind == LS_JSON_NUMBER && (axis->number == -1 || axis->number == 1))
        return LS_OK;
    return ls_keras_refuse(r, "axis=-1", "%s is not that of the columns, which is -1 or 1", key);
}

/* ---- names ---- */

/* A capital begins a word where a small letter stands before or behind it; as keras/src/utils/naming.py has it. */
void ls_keras_snake(const char *class_name, ls_text *text)
{
    for (const char *c = class_name; *c; c++) {
        const bool capital = isupper((unsigned char)*c) != 0;
        const bool small_before = c > class_name && islower((unsigned char)c[-1]);
        if (capital && c > class_name && (small_before || islower((unsigned char)c[1])))
            ls_text_append(text, "_");
        const char small = (char)tolower((unsigned char)*c);
        ls_text_append_bytes(text, &small, 1);
    }
}

void ls_keras_object(const ls_keras_reader *r, const ls_json_value *value, const char **name,
                     const ls_json_value **config)
{
    *config = NULL;
    *name = NULL;
    if (value && value->kind == LS_JSON_STRING) {
        *name = value->text;
    } else if (value && value->kind == LS_JSON_OBJECT) {
        *name = ls_json_member_text(r->document, value, "class_name");
        *config = ls_json_member(r->document, value, "config");
    }
}
