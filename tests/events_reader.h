/* A reader of TensorBoard's event files for tests, which shares nothing with the writer: frames with their checksums,
 * by a table, and every field of every message. */
#ifndef LS_TESTS_EVENTS_READER_H
#define LS_TESTS_EVENTS_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What a record may hold here; what it does not have is 0. */
typedef struct event {
    double time;
    int64_t step;
    char version[32];
    int session; /* 1: starts */
    char tag[96], plugin[32];
    float value;
} event;

typedef struct event_span {
    const unsigned char *at, *end;
} event_span;

static inline uint32_t event_crc(const unsigned char *bytes, size_t count)
{
    static uint32_t table[256];
    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = (table[i] >> 1) ^ (0x82F63B78u & (0u - (table[i] & 1u)));
    }
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++)
        crc = table[(crc ^ bytes[i]) & 0xFFu] ^ (crc >> 8);
    return crc ^ 0xFFFFFFFFu;
}

static inline uint64_t event_number(const unsigned char *bytes, int count)
{
    uint64_t number = 0;
    while (count > 0)
        number = number << 8 | bytes[--count];
    return number;
}

/* Whether the four bytes at `sum` are the masked checksum of what is in front of them. */
static inline bool event_is_sealed(const unsigned char *bytes, size_t count, const unsigned char *sum)
{
    const uint32_t rotated = (uint32_t)event_number(sum, 4) - 0xa282ead8u;
    return (rotated >> 17 | rotated << 15) == event_crc(bytes, count);
}

static inline bool event_varint(event_span *s, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; s->at < s->end && shift < 64; shift += 7) {
        *value |= (uint64_t)(*s->at & 0x7f) << shift;
        if (!(*s->at++ & 0x80))
            return true;
    }
    return false;
}

/* The next field of a message; the inside of a varint or of eight bytes in *value, that of others in *inside. */
static inline bool event_field(event_span *s, uint64_t *key, uint64_t *value, event_span *inside)
{
    uint64_t length = 8;
    *inside = (event_span){0};
    if (!event_varint(s, key))
        return false;
    if ((*key & 7) == 0)
        return event_varint(s, value);
    if ((*key & 7) != 1 && ((*key & 7) != 2 || !event_varint(s, &length)))
        return false;
    if (length > (uint64_t)(s->end - s->at))
        return false;
    *inside = (event_span){s->at, s->at + length};
    s->at += length;
    if ((*key & 7) == 1)
        *value = event_number(inside->at, 8);
    return true;
}

static inline void event_text(event_span s, char *text, size_t capacity)
{
    (void)snprintf(text, capacity, "%.*s", (int)(s.end - s.at), (const char *)s.at);
}

enum { EVENT_KEYS = 10 };
/* Paths of fields as decimal digits: summary 5, value 1, tag 1 is 511. */
static inline bool event_read(event_span s, int path, event *e)
{
    uint64_t key, value = 0;
    uint32_t bits;
    event_span inside;
    while (s.at < s.end) {
        if (!event_field(&s, &key, &value, &inside))
            return false;
        switch (path * EVENT_KEYS + (int)(key >> 3)) {
        case 1:
            memcpy(&e->time, &value, sizeof e->time);
            break;
        case 2:
            e->step = (int64_t)value;
            break;
        case 3:
            event_text(inside, e->version, sizeof e->version);
            break;
        case 71:
            e->session = (int)value;
            break;
        case 511:
            event_text(inside, e->tag, sizeof e->tag);
            break;
        case 51911:
            event_text(inside, e->plugin, sizeof e->plugin);
            break;
        case 5181: /* DT_FLOAT */
            if (value != 1)
                return false;
            break;
        case 5182: /* no axes */
            if (inside.at != inside.end)
                return false;
            break;
        case 5184:
            if (inside.end - inside.at != 4)
                return false;
            bits = (uint32_t)event_number(inside.at, 4);
            memcpy(&e->value, &bits, sizeof bits);
            break;
        case 5:
        case 7:
        case 51:
        case 518:
        case 519:
        case 5191:
            if (!event_read(inside, path * EVENT_KEYS + (int)(key >> 3), e))
                return false;
            break;
        default:
            return false; /* nothing else is written */
        }
    }
    return true;
}

/* The record at *bytes, of which *count are left; both go on behind it. False: it is damaged. */
static inline bool event_next(const unsigned char **bytes, size_t *count, event *e)
{
    const unsigned char *at = *bytes;
    memset(e, 0, sizeof *e);
    if (*count < 16 || !event_is_sealed(at, 8, at + 8))
        return false;
    const uint64_t length = event_number(at, 8);
    if (length > *count - 16 || !event_is_sealed(at + 12, (size_t)length, at + 12 + length))
        return false;
    *bytes += 16 + length;
    *count -= 16 + (size_t)length;
    return event_read((event_span){at + 12, at + 12 + length}, 0, e);
}

#endif
