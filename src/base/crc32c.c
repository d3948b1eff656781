/* One bit after the other. */
#include "base/crc32c.h"

#define REFLECTED 0x82F63B78u

uint32_t ls_crc32c(const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;
    uint32_t crc = ~(uint32_t)0;
    for (size_t i = 0; i < count; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? REFLECTED : 0);
    }
    return ~crc;
}
