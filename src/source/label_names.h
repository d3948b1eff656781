/* Names of labels that are stored as texts, or that numbers stand for: label k is the k-th. One block of memory without
 * pointers, so that one rank can send it to others, and never changes. */
#ifndef LS_SOURCE_LABEL_NAMES_H
#define LS_SOURCE_LABEL_NAMES_H

#include "formats/dictionary.h"

typedef struct ls_label_names ls_label_names;

/* Local. In the dictionary's order. The names have one holder. */
ls_status ls_label_names_create(const ls_dictionary *texts, const ls_label_names **names);
/* Local. One more holder, one less; the last one frees it. NULL is accepted. */
void ls_label_names_hold(const ls_label_names *names);
void ls_label_names_release(const ls_label_names *names);

/* The block, for sending; ls_label_names_adopt makes names with one holder of a copy of it. NULL has 0 bytes. */
int64_t ls_label_names_bytes(const ls_label_names *names);
ls_status ls_label_names_adopt(const void *block, int64_t bytes, const ls_label_names **names);

int64_t ls_label_names_count(const ls_label_names *names);
const char *ls_label_names_text(const ls_label_names *names, int64_t label);
/* The label of a text, -1 when there is none. */
int64_t ls_label_names_find(const ls_label_names *names, const char *text);

#endif
