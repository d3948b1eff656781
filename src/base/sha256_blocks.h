/* Whole blocks of SHA-256, in C and with the processor's own instructions. Both give the same. */
#ifndef LS_BASE_SHA256_BLOCKS_H
#define LS_BASE_SHA256_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint32_t ls_sha256_constants[64];

/* Takes `count` blocks of 64 bytes into the state. */
void ls_sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t count);

#if defined __x86_64__ && defined __GNUC__
#define LS_SHA256_X86 1
bool ls_sha256_x86_supported(void);
void ls_sha256_blocks_x86(uint32_t state[8], const uint8_t *blocks, size_t count);
#endif

#endif
