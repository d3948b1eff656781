/* The wire format: a key of field and type, then a varint, four or eight bytes, or a length with as many bytes. */
#include "export/protobuf.h"

#include <string.h>

enum { VARINT = 0, EIGHT_BYTES = 1, BYTES = 2, FOUR_BYTES = 5 };

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void put_varint(ls_text *text, uint64_t value)
{
    char bytes[10];
    size_t count = 0;
    do {
        bytes[count++] = (char)(value & 0x7f) | (char)(value > 0x7f ? 0x80 : 0);
        value >>= 7;
    } while (value > 0);
    ls_text_append_bytes(text, bytes, count);
}

static void put_key(ls_text *text, int field, int type)
{
    put_varint(text, (uint64_t)field << 3 | (uint64_t)type);
}

void ls_protobuf_integer(ls_text *text, int field, int64_t value)
{
    put_key(text, field, VARINT);
    put_varint(text, (uint64_t)value);
}

static void put_bits(ls_text *text, uint64_t bits, size_t count)
{
    char bytes[8];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (char)(bits >> 8 * i & 0xff);
    ls_text_append_bytes(text, bytes, count);
}

void ls_protobuf_float(ls_text *text, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(text, field, FOUR_BYTES);
    put_bits(text, bits, sizeof bits);
}

void ls_protobuf_double(ls_text *text, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(text, field, EIGHT_BYTES);
    put_bits(text, bits, sizeof bits);
}

void ls_protobuf_head(ls_text *text, int field, int64_t length)
{
    put_key(text, field, BYTES);
    put_varint(text, (uint64_t)length);
}

void ls_protobuf_string(ls_text *text, int field, const char *value)
{
    ls_protobuf_head(text, field, (int64_t)strlen(value));
    ls_text_append_bytes(text, value, strlen(value));
}

void ls_protobuf_message(ls_text *text, int field, const ls_text *message)
{
    ls_protobuf_head(text, field, (int64_t)message->length);
    ls_text_append_bytes(text, ls_text_string(message), message->length);
    text->failed = text->failed || message->failed;
}
