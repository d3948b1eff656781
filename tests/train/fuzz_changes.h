/* Changes to what a checkpoint says, made with libhdf5 itself, and seals around what has become of it. */
#ifndef LS_TESTS_FUZZ_CHANGES_H
#define LS_TESTS_FUZZ_CHANGES_H

#include <hdf5.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUZZ_NAME = 256 };

/* An attribute, or a dataset where the name is empty. */
typedef struct fuzz_item {
    char object[FUZZ_NAME], attribute[FUZZ_NAME];
} fuzz_item;

/* All of a file; freed with free. Returns how many. */
int fuzz_items(const char *path, fuzz_item **items);

/* splitmix64 */
uint64_t fuzz_draw(uint64_t *state);

/* Makes one of the items another one: another value, type or shape, or none. What was done is written into what. */
void fuzz_change(const char *path, const fuzz_item *item, uint64_t *state, char what[FUZZ_NAME]);

/* Puts an attribute of `count` values in the place of the one of this name. */
void fuzz_put_attribute(hid_t object, const char *name, hid_t type, const void *value, int count);

/* Seals the file as it is now. */
void fuzz_seal(const char *path);

/* Ends the program. */
void fuzz_must(bool good, const char *what);

#endif
