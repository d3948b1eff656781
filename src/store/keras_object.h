/* An object as Keras writes it in JSON: {"class_name": ..., "config": {"name": ..., ...}}. */
#ifndef LS_STORE_KERAS_OBJECT_H
#define LS_STORE_KERAS_OBJECT_H

#include "base/json.h"

/* Up to the first key of its configuration. */
static inline void ls_keras_object_begin(ls_json *json, const char *class_name, const char *name)
{
    ls_json_object_begin(json);
    ls_json_put_string(json, "class_name", class_name);
    ls_json_key(json, "config");
    ls_json_object_begin(json);
    ls_json_put_string(json, "name", name);
}

static inline void ls_keras_object_end(ls_json *json)
{
    ls_json_object_end(json);
    ls_json_object_end(json);
}

#endif
