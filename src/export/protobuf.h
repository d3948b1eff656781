/* Messages of Protocol Buffers in their wire format (protobuf.dev/programming-guides/encoding), into a growing text. A
 * message in a message is made in a text of its own first, since its length stands in front of it. */
#ifndef LS_EXPORT_PROTOBUF_H
#define LS_EXPORT_PROTOBUF_H

#include "base/text.h"

#include <stdint.h>

/* Bytes that a whole message may have at most, in every implementation. */
#define LS_PROTOBUF_MOST INT32_MAX

/* Fields with their numbers: int32, int64 and enumerations; float; double; strings and bytes; messages. */
void ls_protobuf_integer(ls_text *text, int field, int64_t value);
void ls_protobuf_float(ls_text *text, int field, float value);
void ls_protobuf_double(ls_text *text, int field, double value);
void ls_protobuf_string(ls_text *text, int field, const char *value);
void ls_protobuf_message(ls_text *text, int field, const ls_text *message); /* fails where that has failed */
/* What stands in front of `length` bytes that follow elsewhere: of bytes, or of a message. */
void ls_protobuf_head(ls_text *text, int field, int64_t length);

#endif
