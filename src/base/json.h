/* A JSON writer over ls_text: commas, nesting and escaping are its business. Reading JSON is not done here. */
#ifndef LS_BASE_JSON_H
#define LS_BASE_JSON_H

#include "base/text.h"

#include <stdint.h>

/* Start from {.text = &text}; `indent` > 0 gives one value per line with that many spaces a level. */
typedef struct ls_json {
    ls_text *text;
    int indent;
    int depth;
    bool first[64]; /* whether the container at this depth is still empty */
    bool after_key;
} ls_json;

void ls_json_object_begin(ls_json *json);
void ls_json_object_end(ls_json *json);
void ls_json_array_begin(ls_json *json);
void ls_json_array_end(ls_json *json);
void ls_json_key(ls_json *json, const char *key); /* followed by exactly one value */
void ls_json_string(ls_json *json, const char *value);
void ls_json_integer(ls_json *json, int64_t value);
void ls_json_double(ls_json *json, double value); /* shortest round trip; NaN and infinities become null */
/* The same with a point or an exponent: "1.0", not "1", which readers would take for a whole number. */
void ls_json_real(ls_json *json, double value);
void ls_json_bool(ls_json *json, bool value);
void ls_json_null(ls_json *json);
/* key + value in one call */
void ls_json_put_string(ls_json *json, const char *key, const char *value);
void ls_json_put_text(ls_json *json, const char *key, const ls_text *value); /* fails where that has failed */
void ls_json_put_integer(ls_json *json, const char *key, int64_t value);
void ls_json_put_double(ls_json *json, const char *key, double value);
void ls_json_put_real(ls_json *json, const char *key, double value);
void ls_json_put_bool(ls_json *json, const char *key, bool value);
void ls_json_put_null(ls_json *json, const char *key);

#endif
