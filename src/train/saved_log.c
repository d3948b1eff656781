/* The log in a checkpoint. */
#include "train/saved_log.h"

#include "base/memory.h"
#include "base/sha256.h"

#include <string.h>

#define GROUP "/lockstep/log"
#define TEXT  GROUP "/text"

ls_status ls_saved_log_write(ls_h5_file *file, const ls_logmark *log)
{
    char hex[65];
    if (!log->known)
        return LS_OK;
    ls_sha256_hex(log->digest, hex);
    LS_TRY(ls_h5_make_group(file, GROUP));
    LS_TRY(ls_h5_set_text(file, GROUP, "sha256", hex));
    if (!log->text)
        return LS_OK;
    return ls_h5_write_uint8(file, TEXT, 1, &log->length, (const uint8_t *)log->text);
}

static bool parse_digest(const char *hex, uint8_t digest[32])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(hex) != 64 || strspn(hex, digits) != 64)
        return false;
    for (int i = 0; i < 32; i++)
        digest[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits, hex[2 * i + 1]) - digits));
    return true;
}

static ls_status read_digest(ls_h5_file *file, uint8_t digest[32])
{
    char *hex;
    LS_TRY(ls_h5_attribute_text(file, GROUP, "sha256", &hex));
    const bool good = parse_digest(hex, digest);
    ls_memory_free(hex);
    return good ? LS_OK
                : ls_fail(LS_ERR_OUTPUT, "%s: is damaged: " GROUP " has a sha256 that is not 64 hexadecimal digits",
                          ls_h5_path(file));
}

static ls_status read_text(ls_h5_file *file, ls_logmark *log)
{
    ls_h5_dataset there;
    uint8_t digest[32];
    ls_sha256 hash;
    LS_TRY(ls_h5_describe(file, TEXT, &there));
    if (there.rank != 1 || there.shape[0] != log->length || log->length > LS_TRACKED_HELD)
        return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: " TEXT " has %lld bytes, log_length is %lld", ls_h5_path(file),
                       (long long)there.shape[0], (long long)log->length);
    LS_TRY(ls_memory_allocate(&log->text, log->length, 1, "log of a checkpoint"));
    LS_TRY(ls_h5_read_uint8(file, TEXT, 0, log->length, (uint8_t *)log->text));
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, log->text, (size_t)log->length);
    ls_sha256_finish(&hash, digest);
    if (memcmp(digest, log->digest, sizeof digest) == 0)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: " TEXT " is not what the group's sha256 says", ls_h5_path(file));
}

ls_status ls_saved_log_read(ls_h5_file *file, ls_logmark *log)
{
    if (!ls_h5_exists(file, GROUP) || !ls_h5_has_attribute(file, GROUP, "sha256"))
        return ls_h5_answered(file);
    LS_TRY(read_digest(file, log->digest));
    log->known = true;
    if (!ls_h5_exists(file, TEXT))
        return ls_h5_answered(file);
    const ls_status status = read_text(file, log);
    if (status != LS_OK) {
        ls_memory_free(log->text);
        log->text = NULL;
    }
    return status;
}
