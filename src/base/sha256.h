/* SHA-256 (FIPS 180-4), to tell damaged files and to show that two are equal. */
#ifndef LS_BASE_SHA256_H
#define LS_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct ls_sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far */
    uint8_t block[64];
} ls_sha256;

void ls_sha256_start(ls_sha256 *hash);
void ls_sha256_update(ls_sha256 *hash, const void *data, size_t bytes);
void ls_sha256_finish(ls_sha256 *hash, uint8_t digest[32]);
/* 64 lower-case digits and NUL. */
void ls_sha256_hex(const uint8_t digest[32], char hex[65]);

#endif
