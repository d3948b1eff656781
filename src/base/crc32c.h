/* CRC-32C, the checksum of Castagnoli that RFC 3720 (12.1) defines: polynomial 0x1EDC6F41, bits reflected, all of them
 * inverted before and after. Of a few bytes at a time: it is made for being short. */
#ifndef LS_BASE_CRC32C_H
#define LS_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t ls_crc32c(const void *bytes, size_t count);

#endif
