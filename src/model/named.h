/* Things that Keras makes objects of, with a few settings: "l2(0.01)", "random_normal(mean=0, stddev=0.1)". A table has
 * a row each; how they are read, printed and put into Keras' configuration is the same for all. */
#ifndef LS_MODEL_NAMED_H
#define LS_MODEL_NAMED_H

#include "base/json.h"
#include "base/settings.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>

/* What a row begins with. Settings are written by their names, or without in this order. */
typedef struct ls_named {
    const char *name, *keras; /* our word, Keras' class */
    const ls_setting *settings;
    size_t count;
} ls_named;

typedef struct ls_named_table {
    const char *kind, *example; /* for messages: "regularizer", "l2(0.01)" */
    bool or_none;               /* "none" and "off" are taken, too */
    const ls_named *(*at)(size_t i);
    size_t count;
} ls_named_table;

/* Local. The row that `text` names (table->count: none), and into *settings the words in its parentheses, each with its
 * setting's name, for ls_settings_parse; the caller frees them, whatever is returned. `what` stands in front of
 * messages. LS_ERR_USAGE: no such thing, with those there are; parentheses or settings that it lacks. */
ls_status ls_named_find(const char *what, const ls_named_table *table, const char *text, size_t *found,
                        ls_text *settings);

/* Appends "l2(0.01)", "l1_l2(l1=1e-5 l2=0.0001)" or "non_neg", from the members of `source`. */
void ls_named_format(const ls_named *named, const void *source, ls_text *text);

/* Append a key with Keras' class; the settings go between the two. */
void ls_named_config_begin(const ls_named *named, const char *key, ls_json *json);
void ls_named_config_end(ls_json *json);

#endif
