/* Sealed files: HDF5 behind a block that tells whether the rest is whole. */
#include "store/sealed.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/reason.h"
#include "base/sha256.h"
#include "files/replace.h"
#include "files/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION     1
#define DIGEST      32
#define AT_VERSION  8
#define AT_LENGTH   16
#define AT_DIGEST   24
#define AT_CHECK    56 /* SHA-256 of the bytes in front of it */
#define AT_ZEROS    88
#define CHUNK_BYTES ((int64_t)1 << 20)
#define NEAR        16384 /* bytes from the beginning on, in which the names of our groups are */

static const uint8_t magic[8] = {'L', 'O', 'C', 'K', 'S', 'T', 'E', 'P'};

static void put_little_endian(uint8_t *bytes, uint64_t value, int count)
{
    for (int i = 0; i < count; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_little_endian(const uint8_t *bytes, int count)
{
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static void digest_of(const uint8_t *bytes, size_t count, uint8_t digest[DIGEST])
{
    ls_sha256 hash;
    ls_sha256_start(&hash);
    ls_sha256_update(&hash, bytes, count);
    ls_sha256_finish(&hash, digest);
}

/* SHA-256 of bytes LS_SEALED_BLOCK .. length - 1, by reading them. */
static ls_status digest_contents(int fd, const char *path, int64_t length, uint8_t digest[DIGEST])
{
    const int64_t room = length > LS_SEALED_BLOCK && length < CHUNK_BYTES ? length : CHUNK_BYTES; /* it is cleared */
    uint8_t *bytes;
    LS_TRY(ls_memory_allocate(&bytes, room, 1, "buffer to verify a file"));
    ls_status status = LS_OK;
    ls_sha256 hash;
    ls_sha256_start(&hash);
    for (int64_t at = LS_SEALED_BLOCK; at < length && status == LS_OK; at += CHUNK_BYTES) {
        LS_TRY_CLEANUP(ls_fault("sealed-hash"));
        int64_t count = length - at < CHUNK_BYTES ? length - at : CHUNK_BYTES;
        int64_t got = ls_descriptor_read_at(fd, bytes, count, at);
        if (got != count)
            status = ls_fail(LS_ERR_OUTPUT, "%s: cannot be read back at byte %lld: %s", path, (long long)at,
                             got < 0 ? ls_reason(errno) : "it became shorter meanwhile");
        else
            ls_sha256_update(&hash, bytes, (size_t)count);
        ls_alive();
    }
    ls_sha256_finish(&hash, digest);
cleanup:
    ls_memory_free(bytes);
    return status;
}

/* ---- writing ---- */

ls_status ls_sealed_create(const char *path, ls_sealed *sealed)
{
    memset(sealed, 0, sizeof *sealed);
    sealed->fd = -1;
    if (strlen(path) >= sizeof sealed->path)
        return ls_fail(LS_ERR_OUTPUT, "%.64s...: the path is too long", path);
    memcpy(sealed->path, path, strlen(path) + 1);
    LS_TRY(ls_replace_open(path, sealed->temporary, sizeof sealed->temporary, &sealed->fd));
    ls_status status = ls_h5_create(sealed->temporary, LS_SEALED_BLOCK, &sealed->file);
    if (status != LS_OK)
        ls_sealed_abandon(sealed);
    return status;
}

/* Fills the block of the closed HDF5 file behind `fd`. */
static ls_status seal(int fd, const char *path)
{
    struct stat info;
    uint8_t block[LS_SEALED_BLOCK] = {0};
    LS_TRY(ls_fault("sealed-write"));
    if (fstat(fd, &info) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be examined: %s", path, ls_reason(errno));
    memcpy(block, magic, sizeof magic);
    put_little_endian(block + AT_VERSION, VERSION, 4);
    put_little_endian(block + AT_LENGTH, (uint64_t)info.st_size, 8);
    LS_TRY(digest_contents(fd, path, info.st_size, block + AT_DIGEST));
    digest_of(block, AT_CHECK, block + AT_CHECK);
    return ls_replace_write(fd, path, block, sizeof block, 0);
}

ls_status ls_sealed_commit(ls_sealed *sealed)
{
    ls_h5_file *file = sealed->file;
    sealed->file = NULL;
    if (file == NULL)
        return ls_fail(LS_ERR_OUTPUT, "%s: was not being written", sealed->path);
    ls_status status = ls_h5_finish(file);
    if (status == LS_OK)
        status = seal(sealed->fd, sealed->path);
    if (status == LS_OK)
        status = ls_fault("sealed-sync");
    if (status == LS_OK)
        status = ls_replace_sync(sealed->fd, sealed->path);
    if (status == LS_OK)
        status = ls_fault("sealed-rename");
    if (status != LS_OK) {
        ls_sealed_abandon(sealed);
        return status;
    }
    status = ls_replace_rename(sealed->fd, sealed->temporary, sealed->path);
    sealed->fd = -1;
    return status;
}

void ls_sealed_abandon(ls_sealed *sealed)
{
    ls_h5_close(sealed->file);
    sealed->file = NULL;
    ls_replace_discard(sealed->fd, sealed->temporary);
    sealed->fd = -1;
}

ls_status ls_sealed_clean(const char *directory)
{
    return ls_temporary_clean(directory, NULL);
}

/* ---- reading ---- */

/* Whether the block's own hash is right once the magic is. */
static bool is_own_hash(const uint8_t block[LS_SEALED_BLOCK])
{
    uint8_t repaired[AT_CHECK], digest[DIGEST];
    memcpy(repaired, block, sizeof repaired);
    memcpy(repaired, magic, sizeof magic);
    digest_of(repaired, sizeof repaired, digest);
    return memcmp(digest, block + AT_CHECK, DIGEST) == 0;
}

/* Most of the magic, and zeros where text has none: tables whose first column is called LOCKED are no sealed files. */
static bool has_most_of_block(const uint8_t *block, int64_t got)
{
    int right = 0;
    int64_t zeros = 0;
    for (size_t i = 0; i < sizeof magic; i++)
        right += block[i] == magic[i];
    for (int64_t i = AT_VERSION; i < got; i++)
        zeros += block[i] == 0;
    return right >= (int)sizeof magic / 2 && got > AT_VERSION && 2 * zeros >= got - AT_VERSION;
}

static bool has_word(const uint8_t *bytes, int64_t count, const char *word)
{
    const size_t size = strlen(word) + 1;
    return memmem(bytes, (size_t)count, word, size) != NULL;
}

/* Whether what is behind the block is a model of ours: HDF5 behind as many bytes, with our groups. `bytes` are the
 * file's first. Names of groups are among the first that libhdf5 stores. A file that begins as HDF5 has no block,
 * unless another begins behind it; a zip archive, as Keras' own files are, has one of our models within it. */
static bool has_our_contents(const uint8_t *bytes, int64_t got)
{
    static const uint8_t hdf5[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    if (got < LS_SEALED_BLOCK + (int64_t)sizeof hdf5 || memcmp(bytes, "PK\3\4", 4) == 0)
        return false;
    const bool first = memcmp(bytes, hdf5, sizeof hdf5) == 0;
    const bool behind = memcmp(bytes + LS_SEALED_BLOCK, hdf5, sizeof hdf5) == 0;
    const uint8_t *contents = bytes + LS_SEALED_BLOCK;
    got -= LS_SEALED_BLOCK;
    return (behind || !first) && has_word(contents, got, "lockstep") && has_word(contents, got, "model_weights");
}

/* Whether a file that does not begin with the magic had a seal: by the rest of its block, or by what is behind it. */
static bool had_seal(int fd)
{
    uint8_t bytes[NEAR];
    const int64_t got = ls_descriptor_read_at(fd, bytes, sizeof bytes, 0);
    if (got < AT_VERSION)
        return got >= AT_VERSION / 2 && memcmp(bytes, magic, (size_t)got) == 0;
    if (got >= LS_SEALED_BLOCK && is_own_hash(bytes))
        return true;
    return has_most_of_block(bytes, got < LS_SEALED_BLOCK ? got : LS_SEALED_BLOCK) || has_our_contents(bytes, got);
}

/* 0, or the errno of what fails. */
static int look_for_seal(const char *path, bool *is)
{
    uint8_t bytes[sizeof magic];
    *is = false;
    const int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    const int64_t count = ls_descriptor_read_at(fd, bytes, sizeof bytes, 0);
    const int reason = count < 0 ? errno : 0;
    *is = (count == (int64_t)sizeof bytes && memcmp(bytes, magic, sizeof magic) == 0) || had_seal(fd);
    (void)close(fd);
    return reason;
}

ls_status ls_sealed_find(const char *path, bool *is)
{
    const int reason = look_for_seal(path, is);
    return reason == 0 ? LS_OK : ls_fail(LS_ERR_OUTPUT, "%s: cannot be read: %s", path, ls_reason(reason));
}

bool ls_sealed_is(const char *path)
{
    bool is;
    (void)look_for_seal(path, &is);
    return is;
}

/* Whether the block's own hash is right: then a flipped bit does not pass for a version. */
static bool is_whole_block(const uint8_t block[LS_SEALED_BLOCK])
{
    return memcmp(block, magic, sizeof magic) == 0 && is_own_hash(block);
}

bool ls_sealed_is_newer(const char *path)
{
    uint8_t block[LS_SEALED_BLOCK];
    int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool is = ls_descriptor_read_at(fd, block, sizeof block, 0) == (int64_t)sizeof block && is_whole_block(block) &&
              get_little_endian(block + AT_VERSION, 4) > VERSION;
    (void)close(fd);
    return is;
}

static ls_status fail_begin(int fd, const char *path)
{
    if (had_seal(fd))
        return ls_fail(
            LS_ERR_OUTPUT,
            "%s: is damaged: its first %d bytes are not as they were written (it was sealed by Lockstep, and "
            "does not begin with LOCKSTEP any more)",
            path, LS_SEALED_BLOCK);
    return ls_fail(LS_ERR_OUTPUT, "%s: is not a sealed file: it does not begin with LOCKSTEP", path);
}

static ls_status verify_open(int fd, const char *path)
{
    struct stat info;
    uint8_t block[LS_SEALED_BLOCK] = {0}, digest[DIGEST];
    if (fstat(fd, &info) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be examined: %s", path, ls_reason(errno));
    if (!S_ISREG(info.st_mode))
        return ls_fail(LS_ERR_OUTPUT, "%s: is not a regular file", path);
    int64_t got = ls_descriptor_read_at(fd, block, sizeof block, 0);
    if (got < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be read: %s", path, ls_reason(errno));
    if (got == 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: is empty (0 bytes)", path);
    if (memcmp(block, magic, (size_t)got < sizeof magic ? (size_t)got : sizeof magic) != 0)
        return fail_begin(fd, path);
    if (got < LS_SEALED_BLOCK)
        return ls_fail(LS_ERR_OUTPUT, "%s: is shorter than it was written: %lld bytes found, expected more than %d",
                       path, (long long)got, LS_SEALED_BLOCK);
    if (!is_whole_block(block))
        return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: its first %d bytes are not as they were written", path,
                       LS_SEALED_BLOCK);
    uint64_t version = get_little_endian(block + AT_VERSION, 4);
    if (version > VERSION)
        return ls_fail(LS_ERR_OUTPUT,
                       "%s: sealed in format %llu, written by a newer Lockstep; this one (%s) reads formats up to %d; "
                       "use the newer one",
                       path, (unsigned long long)version, ls_version(), VERSION);
    if (version < 1)
        return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: sealed in format 0, expected 1 to %d", path, VERSION);
    for (size_t i = AT_ZEROS; i < sizeof block; i++)
        if (block[i] != 0)
            return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: byte %zu is not as it was written", path, i);
    int64_t length = (int64_t)get_little_endian(block + AT_LENGTH, 8);
    if (info.st_size != length)
        return ls_fail(LS_ERR_OUTPUT, "%s: is %s than it was written: %lld bytes found, expected %lld", path,
                       info.st_size < length ? "shorter" : "longer", (long long)info.st_size, (long long)length);
    LS_TRY(digest_contents(fd, path, length, digest));
    if (memcmp(digest, block + AT_DIGEST, DIGEST) != 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: is damaged: its contents are not as they were written (SHA-256 differs)",
                       path);
    return LS_OK;
}

ls_status ls_sealed_verify(const char *path)
{
    int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be opened for reading: %s", path, ls_reason(errno));
    ls_status status = verify_open(fd, path);
    (void)close(fd);
    return status;
}
