/* A fast 64-bit hash for equality over ranks and between runs (weights agreement, data fingerprint). Not cryptographic.
 * Defined on 32-bit words, little endian, four interleaved multiply-rotate lanes; the definition is part of the
 * checkpoint format (the fingerprint is stored), so it must not change. */
#ifndef LS_BASE_HASH64_H
#define LS_BASE_HASH64_H

#include <stddef.h>
#include <stdint.h>

/* Hash of `count` 32-bit words, chained: pass the previous result (0 at first) as `seed`. */
uint64_t ls_hash64_words(uint64_t seed, const void *words, size_t count);

/* The same for words that come one part after the other: start, feed, ..., end. */
typedef struct ls_hash64 {
    uint64_t seed, lane[4], count;
} ls_hash64;

ls_hash64 ls_hash64_start(uint64_t seed);
void ls_hash64_feed(ls_hash64 *hash, const void *words, size_t count);
uint64_t ls_hash64_end(const ls_hash64 *hash);

/* Mixes one integer into a hash. */
uint64_t ls_hash64_mix(uint64_t seed, uint64_t value);

#endif
