/* Strict parsing of what users type: the whole text must be consumed, overflow is an error, the locale has no say. */
#ifndef LS_BASE_PARSE_H
#define LS_BASE_PARSE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each returns false, leaving *value as it was, when `text` is not exactly one such value (spaces around it are
 * allowed); no message is recorded, since the caller knows the option's name and bounds. */
bool ls_parse_int64(const char *text, int64_t *value);
bool ls_parse_double(const char *text, double *value); /* finite decimals only: no nan, inf, hex */
bool ls_parse_bool(const char *text, bool *value);     /* on off true false yes no 1 0 */

/* A size in bytes: "8GB", "1.5 GiB", "512M", "4096": decimals and a unit, of 1000 (kB MB GB TB) or 1024 (KiB MiB GiB
 * TiB, and K M G T as Slurm has them), in any case. */
bool ls_parse_bytes(const char *text, int64_t *value);

/* The name nearest to `word` by edit distance (Damerau-Levenshtein, '-' equals '_', case ignored), or NULL when none of
 * the `count` names is near enough to suggest (distance above a third of the length, at least 1 and at most 3).
 * `name_at(context, i)` gives the i-th name. */
const char *ls_parse_nearest(const char *word, size_t count, const char *(*name_at)(const void *context, size_t i),
                             const void *context);

/* Splits off the next word: skips spaces, copies up to the next space or any of `stops` into word[capacity] and moves
 * *cursor behind it. false at the end of the text or in front of a stop character; a word that does not fit is cut;
 * `*too_long` says whether that happened to this word. */
bool ls_parse_word(const char **cursor, const char *stops, char *word, size_t capacity, bool *too_long);

/* Takes the next item of a list with commas between them into word[capacity], without the blanks around it, and moves
 * *cursor behind it and its comma. Quotes (") at its beginning, or behind = or !, keep commas and blanks, and are left
 * out; in them "" is a quote. false at the end; an item that does not fit is cut. */
bool ls_parse_listed(const char **cursor, char *word, size_t capacity);

#endif
