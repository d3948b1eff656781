/* What a layer's weights pay for, and what they are held to: Keras' regularizers and constraints, one table row each.
 */
#ifndef LS_MODEL_REGULARIZERS_H
#define LS_MODEL_REGULARIZERS_H

#include "base/json.h"
#include "base/status.h"
#include "base/text.h"

#include <stdbool.h>

/* Adds l1 * (sum of abs(w)) + l2 * (sum of w * w) over a tensor to the loss. All regularizers are such; {0} is none. */
typedef struct ls_regularizer {
    double l1, l2;
} ls_regularizer;

/* Of the weights after each update. MAX_NORM: those of a column (of a bias: all) times min(norm, max_value) /
 * (norm + 1e-7); NON_NEG: at least 0. */
typedef enum ls_constraint_kind {
    LS_CONSTRAINT_NONE = 0,
    LS_CONSTRAINT_MAX_NORM,
    LS_CONSTRAINT_NON_NEG
} ls_constraint_kind;

typedef struct ls_constraint {
    ls_constraint_kind kind;
    double max_value;
} ls_constraint;

static inline bool ls_regularizer_is_set(const ls_regularizer *regularizer)
{
    return regularizer->l1 != 0 || regularizer->l2 != 0;
}

/* Local. From "l2(0.01)", "l1_l2(l1=1e-5, l2=1e-4)", "l2" with Keras' default, or "none". `what` stands in front of
 * messages. LS_ERR_USAGE: no such thing, with those there are; settings that it lacks or out of bounds. */
ls_status ls_regularizer_parse(const char *what, const char *text, ls_regularizer *regularizer);
/* "max_norm(3)", "max_norm", "non_neg", or "none". */
ls_status ls_constraint_parse(const char *what, const char *text, ls_constraint *constraint);

/* Append the canonical text, which is read back as the same; of one that is set. */
void ls_regularizer_format(const ls_regularizer *regularizer, ls_text *text);
void ls_constraint_format(const ls_constraint *constraint, ls_text *text);

/* Append a key with Keras' configuration; nothing where none is set. */
void ls_regularizer_config(const ls_regularizer *regularizer, const char *key, ls_json *json);
void ls_constraint_config(const ls_constraint *constraint, const char *key, ls_json *json);

#endif
