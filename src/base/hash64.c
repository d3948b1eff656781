/* A fast 64-bit hash over 32-bit words. Constants and rounds are those of xxHash64 (Collet), the way of
 * feeding them is not: one word a lane and round. The result is stored in checkpoints, so nothing here may
 * change. */
#include "base/hash64.h"

#include <string.h>

#define PRIME_1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME_2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME_3 UINT64_C(0x165667B19E3779F9)
#define PRIME_4 UINT64_C(0x85EBCA77C2B2AE63)

static inline uint64_t rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

/* One-to-one in the lane for a fixed input and the other way round, so a single changed word always shows. */
static inline uint64_t feed(uint64_t lane, uint64_t input)
{
    return rotate_left(lane + input * PRIME_2, 31) * PRIME_1;
}

/* Every input bit reaches every output bit. */
static inline uint64_t avalanche(uint64_t x)
{
    x = (x ^ x >> 33) * PRIME_2;
    x = (x ^ x >> 29) * PRIME_3;
    return x ^ x >> 32;
}

/* The word's value, not its bytes: the same number gives the same hash on either byte order. */
static inline uint64_t word_at(const unsigned char *words, size_t i)
{
    uint32_t word;
    memcpy(&word, words + 4 * i, sizeof word);
    return word;
}

ls_hash64 ls_hash64_start(uint64_t seed)
{
    return (ls_hash64){seed, {seed + PRIME_1, seed ^ PRIME_2, seed + PRIME_3, seed ^ PRIME_4}, 0};
}

void ls_hash64_feed(ls_hash64 *hash, const void *words, size_t count)
{
    const unsigned char *data = words;
    size_t i = 0;
    for (; i < count && hash->count % 4 != 0; i++, hash->count++)
        hash->lane[hash->count % 4] = feed(hash->lane[hash->count % 4], word_at(data, i));
    const size_t aligned = i;
    uint64_t a = hash->lane[0], b = hash->lane[1], c = hash->lane[2], d = hash->lane[3];
    for (; i + 4 <= count; i += 4) {
        a = feed(a, word_at(data, i));
        b = feed(b, word_at(data, i + 1));
        c = feed(c, word_at(data, i + 2));
        d = feed(d, word_at(data, i + 3));
    }
    hash->lane[0] = a;
    hash->lane[1] = b;
    hash->lane[2] = c;
    hash->lane[3] = d;
    hash->count += i - aligned;
    for (; i < count; i++, hash->count++)
        hash->lane[hash->count % 4] = feed(hash->lane[hash->count % 4], word_at(data, i));
}

uint64_t ls_hash64_end(const ls_hash64 *hash)
{
    uint64_t result = hash->seed ^ hash->count;
    for (int l = 0; l < 4; l++)
        result = feed(result, avalanche(hash->lane[l]));
    return avalanche(result);
}

uint64_t ls_hash64_words(uint64_t seed, const void *words, size_t count)
{
    ls_hash64 hash = ls_hash64_start(seed);
    ls_hash64_feed(&hash, words, count);
    return ls_hash64_end(&hash);
}

uint64_t ls_hash64_mix(uint64_t seed, uint64_t value)
{
    return avalanche(feed(seed + PRIME_4, value));
}
