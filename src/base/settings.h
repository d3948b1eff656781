/* Things with settings, as Keras' constructors take them: "name key=value key=value". One table of settings describes a
 * struct; parsing, checking and printing come from it. */
#ifndef LS_BASE_SETTINGS_H
#define LS_BASE_SETTINGS_H

#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LS_SETTINGS_MAX     24 /* of one thing */
#define LS_SETTING_TEXT_MAX 64
#define LS_SETTING_LIST_MAX 64

typedef enum ls_setting_type {
    LS_SETTING_REAL,    /* double */
    LS_SETTING_INTEGER, /* int64_t */
    LS_SETTING_SWITCH,  /* bool */
    LS_SETTING_TEXT,    /* char[LS_SETTING_TEXT_MAX] */
    LS_SETTING_LIST,    /* ls_setting_list */
    LS_SETTING_WHOLES   /* ls_setting_list of whole numbers */
} ls_setting_type;

/* Reals, written "1,2.5,3" or "[1,2.5,3]", without spaces. */
typedef struct ls_setting_list {
    int64_t count;
    double value[LS_SETTING_LIST_MAX];
} ls_setting_list;

/* One setting: Keras' word, and the member of the described struct that holds it. */
typedef struct ls_setting {
    const char *key; /* '_' equals '-' when users write it */
    ls_setting_type type;
    size_t offset;
    double least, most;  /* of numbers, and of a list's */
    const char *choices; /* "auto|min|max", of texts; NULL: anything */
} ls_setting;

/* A table of them: member `key` of `struct_type`. */
#define LS_SETTING(struct_type, key, type, least, most, choices)                                                       \
    {                                                                                                                  \
#key, LS_SETTING_##type, offsetof(struct_type, key), least, most, choices                                      \
    }

/* Local. Reads the words "key=value ..." of `text` into the members of `target`, which hold the defaults before.
 * given (count) says which of them were there; may be NULL. `what` names the thing in messages ("--early-stopping").
 * LS_ERR_USAGE names the word and what was expected: no such setting (with those there are), one that is twice there, a
 * value out of bounds. */
ls_status ls_settings_parse(const char *what, const char *text, const ls_setting *table, size_t count, void *target,
                            bool *given);

/* Local. The same where the thing may be off: "", "off" and "false" are that, "on" and "true" leave all defaults. */
ls_status ls_settings_parse_switched(const char *what, const char *text, const ls_setting *table, size_t count,
                                     void *target, bool *on);

/* Local. Sets one member from its text, as above. */
ls_status ls_settings_set(const char *what, const ls_setting *setting, const char *value, void *target);

/* The row of a key; NULL: there is none. */
const ls_setting *ls_settings_find(const ls_setting *table, size_t count, const char *key);

/* Appends " key=value" of each member, in table order, so that equal settings are equal bytes and ls_settings_parse
 * reads them back. Texts that are empty, lists without entries and reals that are NaN, which stands for no number, are
 * left out. */
void ls_settings_format(const ls_setting *table, size_t count, const void *source, ls_text *text);

/* Whether a member is the same in both: would be written the same. */
bool ls_settings_same(const ls_setting *setting, const void *a, const void *b);

#endif
