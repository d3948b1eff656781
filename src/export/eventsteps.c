/* Records' heads, and of the message in each its step and which kind it is. */
#include "export/eventsteps.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/memory.h"
#include "export/events.h"
#include "files/directory.h"
#include "files/path.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/* Bytes of a message in which its time, its step and the key behind these are. */
enum { LOOK = 32 };

static uint64_t number(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* The field at *at, which is passed over up to the inside of one with a length. False: it is not whole. */
static bool next_field(const uint8_t *bytes, size_t count, size_t *at, int *key, uint64_t *value)
{
    if (*at >= count)
        return false;
    *key = bytes[(*at)++];
    *value = 0;
    if ((*key & 7) == 1) {
        *at += 8;
        return *at <= count;
    }
    for (int shift = 0; *at < count && shift < 64; shift += 7) {
        const uint8_t byte = bytes[(*at)++];
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* Of a message with values; -1: it has none. Writers put time and step in front. */
static int64_t step_of(const uint8_t *event, size_t count)
{
    int key;
    uint64_t value;
    int64_t step = 0;
    for (size_t at = 0; next_field(event, count, &at, &key, &value);) {
        if (key == (LS_EVENTS_STEP << 3))
            step = (int64_t)value;
        else if ((key & 7) == 2)
            return key >> 3 == LS_EVENTS_SUMMARY ? step : -1;
    }
    return -1;
}

/* One record; false: the file ends there. */
static bool read_record(FILE *file, int64_t *step)
{
    uint8_t head[12], event[LOOK];
    if (fread(head, sizeof head, 1, file) != 1)
        return false;
    const uint64_t length = number(head, 8);
    if (number(head + 8, 4) != ls_events_checksum(head, 8) || length > INT32_MAX)
        return false;
    const size_t seen = length < LOOK ? (size_t)length : LOOK;
    if (fread(event, 1, seen, file) != seen || fseeko(file, (off_t)(length - seen + 4), SEEK_CUR) != 0)
        return false;
    *step = step_of(event, seen);
    return true;
}

static void look_through(const char *path, int64_t *last)
{
    int64_t step;
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) /* nobody may ever write to a pipe */
        return;
    FILE *file = ls_descriptor_read(path);
    if (!file)
        return;
    while (read_record(file, &step)) {
        ls_alive();
        *last = step > *last ? step : *last;
    }
    (void)fclose(file);
}

ls_status ls_eventsteps_last(const char *folder, int64_t *last)
{
    char path[LS_TEXT_MAX], **names;
    int count;
    ls_status status = LS_OK;
    *last = -1;
    LS_TRY(ls_directory_list(folder, LS_EVENTS_PREFIX, "", &names, &count));
    for (int i = 0; status == LS_OK && i < count; i++) {
        status = ls_path_join(path, sizeof path, folder, names[i]);
        if (status == LS_OK)
            look_through(path, last);
    }
    ls_memory_free(names);
    return status;
}
