/* What of a recipe may change when a run goes on (--change), and the list of what did. Local.
 *
 * Results are a function of the recipe and of this list, which checkpoints carry as text, the oldest first, a line
 * each:
 *
 *   step S: key = old -> new        after S steps, values as recipes write them
 *
 * The recipe beside it has the newest values. */
#ifndef LS_TRAIN_CHANGES_H
#define LS_TRAIN_CHANGES_H

#include "base/text.h"

#include <lockstep.h>

#include <stdbool.h>
#include <stdint.h>

/* All that can be named, as ls_changes_parse gives it. */
#define LS_CHANGES_ALL (~0u)

/* A training's. */
typedef struct ls_changes {
    char *text;   /* owned; NULL: none */
    size_t fresh; /* where those begin that this start has brought */
} ls_changes;

/* One of them. */
typedef struct ls_change {
    int64_t step;
    char key[64];
    char before[LS_TEXT_MAX], after[LS_TEXT_MAX];
} ls_change;

/* The next line at *cursor; *there is false behind the last. LS_ERR_OUTPUT: it is none. */
ls_status ls_changes_next(const char **cursor, ls_change *change, bool *there);

/* Whether all lines are changes of a recipe, one after the other, up to `steps`. LS_ERR_OUTPUT, as what the text "has"
 * or is. */
ls_status ls_changes_check_text(const char *text, int64_t steps);

/* What the option 'change' names, as bits. LS_ERR_USAGE. */
ls_status ls_changes_parse(const ls_options *options, unsigned *named);
/* The same, and each of them must be given. */
ls_status ls_changes_check(const ls_options *options);
/* Whether an option of the recipe can be named. */
bool ls_changes_possible(const char *key);

/* Whether an option of the recipe may differ between a saved recipe and `ours` where `named` are: it is one of them, or
 * it is the rate, of which a new schedule has its own. A rate that a schedule gives is not changed by itself. */
bool ls_changes_allow(unsigned named, const ls_options *saved, const ls_options *ours, const char *key);

/* Appends a line for each option of the recipe that differs. */
ls_status ls_changes_find(const ls_options *saved, const ls_options *ours, int64_t steps, ls_text *text);

/* Sets the options of a recipe to what they were before the lines of `text`, which ls_changes_find has written. */
ls_status ls_changes_undo(const char *text, ls_options *recipe);

#endif
