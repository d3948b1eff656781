/* Reading JSON (RFC 8259) into a tree of values. */
#ifndef LS_BASE_JSON_READ_H
#define LS_BASE_JSON_READ_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_json_kind {
    LS_JSON_NULL,
    LS_JSON_FALSE,
    LS_JSON_TRUE,
    LS_JSON_NUMBER,
    LS_JSON_STRING,
    LS_JSON_ARRAY,
    LS_JSON_OBJECT
} ls_json_kind;

typedef struct ls_json_value {
    ls_json_kind kind;
    const char *key;  /* of a member of an object, else NULL */
    const char *text; /* of a string, decoded; a string with \u0000 in it is refused */
    double number;
    int64_t count; /* elements or members */
    int64_t first; /* the first of them, 0 when there is none (value 0 is the document) */
    int64_t next;  /* the sibling behind, 0 when there is none */
} ls_json_value;

/* Start from {0}. value[0] is the document's value. */
typedef struct ls_json_document {
    ls_json_value *value;
    int64_t count;
    int64_t capacity;
    char *characters; /* of all strings; owned */
} ls_json_document;

/* Local. LS_ERR_DATA says at which byte what was expected. At most 64 levels deep. */
ls_status ls_json_read(const char *text, ls_json_document *document);
void ls_json_document_free(ls_json_document *document); /* back to {0} */

/* A member of an object by its key, NULL when `object` is none or has none. */
const ls_json_value *ls_json_member(const ls_json_document *document, const ls_json_value *object, const char *key);
/* The text of a string member, NULL when there is none. */
const char *ls_json_member_text(const ls_json_document *document, const ls_json_value *object, const char *key);
/* The elements of an array: the first, and the one behind; NULL at the end. */
const ls_json_value *ls_json_first(const ls_json_document *document, const ls_json_value *array);
const ls_json_value *ls_json_next(const ls_json_document *document, const ls_json_value *element);

#endif
