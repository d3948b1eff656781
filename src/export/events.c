/* Messages and frames. Fields that are 0 are left out, as protobuf 3 does. */
#include "export/events.h"

#include "base/crc32c.h"
#include "export/protobuf.h"

#include <string.h>

/* Field numbers. */
enum {
    EVENT_TIME = 1,
    EVENT_VERSION = 3,
    EVENT_SESSION = 7,
    SESSION_STATUS = 1,
    SUMMARY_VALUE = 1,
    VALUE_TAG = 1,
    VALUE_TENSOR = 8,
    VALUE_METADATA = 9,
    TENSOR_TYPE = 1,
    TENSOR_SHAPE = 2,
    TENSOR_CONTENT = 4,
    METADATA_PLUGIN = 1,
    PLUGIN_NAME = 1
};

#define SESSION_START 1
#define TYPE_FLOAT    1

static void append_number(ls_text *text, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        const char byte = (char)(number >> 8 * i & 0xff);
        ls_text_append_bytes(text, &byte, 1);
    }
}

uint32_t ls_events_checksum(const void *bytes, size_t count)
{
    const uint32_t crc = ls_crc32c(bytes, count);
    return (crc >> 15 | crc << 17) + 0xA282EAD8u;
}

/* The message is freed. */
static void append_record(ls_text *records, ls_text *event)
{
    ls_text frame = {0};
    append_number(&frame, event->length, 8);
    append_number(&frame, ls_events_checksum(ls_text_string(&frame), frame.length), 4);
    ls_text_append_bytes(&frame, ls_text_string(event), event->length);
    append_number(&frame, ls_events_checksum(ls_text_string(event), event->length), 4);
    ls_text_append_bytes(records, ls_text_string(&frame), frame.length);
    records->failed = records->failed || frame.failed || event->failed;
    ls_text_free(&frame);
    ls_text_free(event);
}

static void begin(ls_text *event, double time, int64_t step)
{
    ls_protobuf_double(event, EVENT_TIME, time);
    if (step != 0)
        ls_protobuf_integer(event, LS_EVENTS_STEP, step);
}

/* The message is freed. */
static void put(ls_text *text, int field, ls_text *message)
{
    ls_protobuf_message(text, field, message);
    ls_text_free(message);
}

void ls_events_version(ls_text *records, double time)
{
    ls_text event = {0};
    begin(&event, time, 0);
    ls_protobuf_string(&event, EVENT_VERSION, "brain.Event:2");
    append_record(records, &event);
}

static void append_start(ls_text *records, double time, int64_t step)
{
    ls_text event = {0}, session = {0};
    begin(&event, time, step);
    ls_protobuf_integer(&session, SESSION_STATUS, SESSION_START);
    put(&event, EVENT_SESSION, &session);
    append_record(records, &event);
}

void ls_events_restart(ls_text *records, double time, int64_t step)
{
    append_start(records, time, step);
    append_start(records, time, step);
}

static void make_tensor(ls_text *tensor, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    ls_protobuf_integer(tensor, TENSOR_TYPE, TYPE_FLOAT);
    ls_protobuf_head(tensor, TENSOR_SHAPE, 0);
    ls_protobuf_head(tensor, TENSOR_CONTENT, sizeof bits);
    append_number(tensor, bits, sizeof bits);
}

void ls_events_scalar(ls_text *records, double time, int64_t step, const char *tag, double value)
{
    ls_text event = {0}, summary = {0}, entry = {0}, tensor = {0}, metadata = {0}, plugin = {0};
    make_tensor(&tensor, (float)value);
    ls_protobuf_string(&plugin, PLUGIN_NAME, "scalars");
    put(&metadata, METADATA_PLUGIN, &plugin);
    ls_protobuf_string(&entry, VALUE_TAG, tag);
    put(&entry, VALUE_TENSOR, &tensor);
    put(&entry, VALUE_METADATA, &metadata);
    put(&summary, SUMMARY_VALUE, &entry);
    begin(&event, time, step);
    put(&event, LS_EVENTS_SUMMARY, &summary);
    append_record(records, &event);
}
