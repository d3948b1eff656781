/* Losses: what a model is trained for. Each is one row of the table in losses.c: names, settings, what targets it
 * takes, what classes mean, the activation it is fused with. Nobody else asks which one it is. A row's value is
 * float64, the gradient that of the last layer's z (before its activation, when the two are fused) or a; the loops are
 * a kernel (kernels.h, losses.inc). Local. */
#ifndef LS_MATH_LOSSES_H
#define LS_MATH_LOSSES_H

#include "base/settings.h"
#include "math/kernels.h"

#include <stdbool.h>

/* Settings of all losses, by Keras' words; each loss has its own of them. */
typedef struct ls_loss_settings {
    bool from_logits;           /* the last layer is linear, and sigmoid or softmax are the loss' own */
    double label_smoothing;     /* this part of each target goes to both answers, or to all classes, alike */
    double delta;               /* where huber turns from squares to absolute values */
    ls_setting_list tau;        /* the quantiles */
    double alpha, gamma;        /* the weight of yes, and how much more hard rows count */
    bool apply_class_balancing; /* alpha is used */
} ls_loss_settings;

/* A loss with its settings. Holds no pointers: ranks send it to each other as it is. */
typedef struct ls_loss {
    ls_loss_settings settings;
    ls_loss_numbers numbers; /* the same for the kernels, and which loss it is */
} ls_loss;

/* What the targets say of classes. */
typedef enum ls_loss_class {
    LS_CLASSES_NONE = 0, /* targets are values */
    LS_CLASSES_EACH,     /* each output is a yes or no of its own: yes above ls_loss_threshold */
    LS_CLASSES_ONE       /* one of the outputs: the largest, the first of equals */
} ls_loss_class;

/* ---- by name ---- */

/* The loss with its defaults. */
ls_loss ls_loss_plain(ls_loss_kind kind);

/* Reads "name setting=value ..." or "name(setting=value, ...)", by Keras' name, short name or class name, in any case.
 * `what` is what messages begin with ("--loss"). LS_ERR_USAGE names what is wrong and what there is. */
ls_status ls_loss_parse(const char *what, const char *text, ls_loss *loss);

/* Appends the text that ls_loss_parse reads back: the name, and the settings that are not the defaults, so that equal
 * losses are equal bytes. */
void ls_loss_format(const ls_loss *loss, ls_text *text);

/* The Keras name ("mean_squared_error"). */
const char *ls_loss_name(const ls_loss *loss);

/* Setting `index` of those it has; NULL behind the last. */
const ls_setting *ls_loss_setting(const ls_loss *loss, size_t index);
/* Whether all of them have their defaults. */
bool ls_loss_plainly(const ls_loss *loss);

/* The class of Keras that does the same, with those settings that ls_loss_keras_has; NULL: there is none. */
const char *ls_loss_keras_class(const ls_loss *loss);
bool ls_loss_keras_has(const ls_loss *loss, const ls_setting *setting);

/* ---- what it is about ---- */

/* Whether targets are class numbers, one a row, and not a number for each output. */
bool ls_loss_takes_labels(const ls_loss *loss);

ls_loss_class ls_loss_classes(const ls_loss *loss);

/* What the target of a yes is above, whatever the loss: the targets are 0 and 1, or chances. */
#define LS_LOSS_TARGET_THRESHOLD 0.5f

/* The output, as the network gives it, above which the answer is yes; where targets are values, they too are parted by
 * LS_LOSS_TARGET_THRESHOLD. */
float ls_loss_threshold(const ls_loss *loss);

/* Whether outputs are chances of classes, once *link was applied to them (LS_LINEAR: they are as they stand). */
bool ls_loss_chances(const ls_loss *loss, ls_activation *link);

/* How many outputs, side by side, have the same column of the targets: as many as there are quantiles, else 1. */
int64_t ls_loss_spread(const ls_loss *loss);
/* Appends what tells output j from the others of its column ("tau0.1"); nothing where it is alone. */
void ls_loss_put_share(const ls_loss *loss, int64_t j, ls_text *text);

/* What is wrong with a target, in words that follow the loss' name ("takes targets from 0 to 1"); NULL: nothing. */
const char *ls_loss_refuses(const ls_loss *loss, float target);

/* Whether targets may be scaled (--normalize-targets): values with any unit. */
bool ls_loss_scales(const ls_loss *loss);

/* What may help where the loss is no number, or a last layer is linear, as the end of a sentence; "": nothing of its
 * own. */
const char *ls_loss_advice(const ls_loss *loss);

/* ---- the last layer ---- */

/* The activation that the last layer must have; LS_ACTIVATION_COUNT: any. */
ls_activation ls_loss_last(const ls_loss *loss);

/* The activation that the loss is fused with, whoever applies it; LS_LINEAR: none. */
ls_activation ls_loss_fused_with(const ls_loss *loss);

/* Whether the gradient is that of the last layer's z already, and needs no activate_backward. */
bool ls_loss_fused(const ls_loss *loss);

#endif
