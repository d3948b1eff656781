/* Members that are stored, the central directory, and its end (APPNOTE.TXT of PKWARE, sections 4.3.7 to 4.3.16). */
#include "files/zip_write.h"

#include "base/reason.h"

#include <errno.h>
#include <string.h>

#define MOST          UINT32_C(0xffffffff)
#define VERSION       20   /* 2.0 */
#define FIRST_OF_1980 0x21 /* the earliest day there is: equal contents, equal bytes */

uint32_t ls_zip_sum(uint32_t sum, const void *bytes, int64_t count)
{
    static const uint32_t nibbles[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                         0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                         0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    const unsigned char *at = bytes;
    sum = ~sum;
    for (int64_t i = 0; i < count; i++) {
        sum ^= at[i];
        sum = sum >> 4 ^ nibbles[sum & 15];
        sum = sum >> 4 ^ nibbles[sum & 15];
    }
    return ~sum;
}

static void put(ls_text *text, uint64_t value, int count)
{
    char bytes[8];
    for (int i = 0; i < count; i++)
        bytes[i] = (char)(value >> 8 * i & 0xff);
    ls_text_append_bytes(text, bytes, (size_t)count);
}

/* What the member's own header and its entry in the directory have in common. */
static void put_facts(ls_text *text, const char *name, int64_t size, uint32_t sum)
{
    put(text, VERSION, 2);
    put(text, 0, 2); /* flags */
    put(text, 0, 2); /* stored */
    put(text, 0, 2); /* time */
    put(text, FIRST_OF_1980, 2);
    put(text, sum, 4);
    put(text, (uint64_t)size, 4);
    put(text, (uint64_t)size, 4);
    put(text, strlen(name), 2);
    put(text, 0, 2); /* of further fields */
}

static ls_status write_bytes(ls_zip_writer *zip, const void *bytes, int64_t count)
{
    if (count > 0 && fwrite(bytes, 1, (size_t)count, zip->out) != (size_t)count)
        return ls_fail(LS_ERR_OUTPUT, "cannot be written: %s", ls_reason(errno));
    zip->length += count;
    return LS_OK;
}

static ls_status write_text(ls_zip_writer *zip, ls_text *text)
{
    ls_status status = ls_text_status(text);
    if (status == LS_OK)
        status = write_bytes(zip, text->data, (int64_t)text->length);
    ls_text_free(text);
    return status;
}

ls_status ls_zip_writer_begin(ls_zip_writer *zip, const char *name, int64_t size, uint32_t sum)
{
    ls_text header = {0};
    char bytes[32];
    const int64_t at = zip->length;
    if (size >= (int64_t)MOST - at - (1 << 16))
        return ls_fail(LS_ERR_USAGE, "%s would have %s, and the archive has room for less than 4 GiB", name,
                       ls_format_bytes((double)size, bytes));
    ls_text_append(&header, "PK\3\4");
    put_facts(&header, name, size, sum);
    ls_text_append(&header, name);
    LS_TRY(write_text(zip, &header));
    ls_text_append(&zip->directory, "PK\1\2");
    put(&zip->directory, VERSION, 2);
    put_facts(&zip->directory, name, size, sum);
    put(&zip->directory, 0, 2); /* comment */
    put(&zip->directory, 0, 2); /* disk */
    put(&zip->directory, 0, 2); /* attributes */
    put(&zip->directory, 0, 4);
    put(&zip->directory, (uint64_t)at, 4);
    ls_text_append(&zip->directory, name);
    zip->members++;
    zip->length += size;
    return LS_OK;
}

ls_status ls_zip_writer_add(ls_zip_writer *zip, const char *name, const void *bytes, int64_t size)
{
    LS_TRY(ls_zip_writer_begin(zip, name, size, ls_zip_sum(0, bytes, size)));
    zip->length -= size;
    return write_bytes(zip, bytes, size);
}

ls_status ls_zip_writer_finish(ls_zip_writer *zip)
{
    const int64_t at = zip->length;
    const uint64_t bytes = zip->directory.length;
    ls_text_append(&zip->directory, "PK\5\6");
    put(&zip->directory, 0, 4); /* disks */
    put(&zip->directory, (uint64_t)zip->members, 2);
    put(&zip->directory, (uint64_t)zip->members, 2);
    put(&zip->directory, bytes, 4);
    put(&zip->directory, (uint64_t)at, 4);
    put(&zip->directory, 0, 2); /* comment */
    return write_text(zip, &zip->directory);
}

void ls_zip_writer_free(ls_zip_writer *zip)
{
    ls_text_free(&zip->directory);
    *zip = (ls_zip_writer){0};
}
