/* Optimizers as Keras defines them: each is a row (optimizers.c) with its settings, its slots and the constants of a
 * step in float64; the update itself is in the kernel tables. Nobody else asks which one it is. Local. */
#ifndef LS_OPTIM_OPTIMIZER_H
#define LS_OPTIM_OPTIMIZER_H

#include "base/settings.h"
#include "math/kernels.h"

#include <stdbool.h>
#include <stdint.h>

/* Slots beside an optimizer's own: sums of accumulated gradients, and running averages of the weights. */
#define LS_OPTIMIZER_SLOTS   (LS_UPDATE_SLOTS + 2)
#define LS_OPTIMIZER_NUMBERS 2

/* Settings of all optimizers, by Keras' words, which are the options' too. Each optimizer has its own, and all have
 * those of Keras' base class. */
typedef struct ls_optimizer_settings {
    double learning_rate;
    double beta_1, beta_2;
    double epsilon;
    double rho;
    double momentum;
    double initial_accumulator_value;
    bool nesterov, centered, amsgrad;
    /* of the base class; 0: off */
    double weight_decay;
    double clipnorm, global_clipnorm, clipvalue;
    double ema_momentum;
    bool use_ema;
    int64_t gradient_accumulation_steps;
} ls_optimizer_settings;

/* The table that describes it, for ls_settings_... */
extern const ls_setting ls_optimizer_setting_table[];
extern const size_t ls_optimizer_setting_count;

typedef struct ls_optimizer ls_optimizer;

/* One of an optimizer's own settings, and Keras' default for it. */
typedef struct ls_optimizer_default {
    const char *key;
    double value; /* of a switch: 0 or 1 */
} ls_optimizer_default;

/* State of a parameter. */
typedef struct ls_optimizer_slot {
    const char *name; /* Keras': "momentum" */
    double initial;
    bool squares; /* never negative */
    bool apart;   /* Keras stores it for all variables behind what came before, not variable by variable beside it */
} ls_optimizer_slot;

/* An optimizer. */
typedef struct ls_optimizer_row {
    const char *name; /* in --optimizer */
    const char *keras_class;
    ls_update update;
    bool trust_ratio;    /* the update only gives a direction, whose length is to be the weights': LAMB */
    bool keras_unlisted; /* Keras has the class, but its load_model does not know it: no training_config is written, so
                            that the model loads without being compiled */
    bool keras_number;   /* Keras stores the last of the numbers too, as a variable behind the slots */
    const ls_optimizer_default *settings; /* its own, in Keras' order; key NULL behind the last */
    /* Its own slots with these settings, in Keras' order. Returns how many. */
    int (*slots)(const ls_optimizer_settings *settings, ls_optimizer_slot slot[LS_UPDATE_SLOTS]);
    /* Numbers that change with every update and are state: each is 1 at first and falls. NULL behind the last. */
    const char *numbers[LS_OPTIMIZER_NUMBERS];
    /* Advances the numbers and writes the constants (rows, rate, epsilon and switches are there) of the update after
     * `updates`. */
    void (*next)(const ls_optimizer_settings *settings, int64_t updates, double rate,
                 double number[LS_OPTIMIZER_NUMBERS], ls_update_step *step);
} ls_optimizer_row;

/* The optimizers, in the order in which messages list them; NULL behind the last. */
const ls_optimizer_row *ls_optimizer_at(size_t index);
/* By name, in any case; NULL: there is none. */
const ls_optimizer_row *ls_optimizer_find(const char *name);
/* Whether it has the setting, among its own or the base class'; *initial is Keras' default for it. */
bool ls_optimizer_has(const ls_optimizer_row *row, const char *key, double *initial);

/* Settings (recipe) and state. The slots live where the parameters' owner keeps them. */
struct ls_optimizer {
    const ls_optimizer_row *row;
    ls_optimizer_settings settings;
    /* state */
    int64_t iterations; /* steps done: Keras' iteration */
    double number[LS_OPTIMIZER_NUMBERS];
};

/* Nothing done yet. */
void ls_optimizer_start(const ls_optimizer_row *row, const ls_optimizer_settings *settings, ls_optimizer *optimizer);

/* Updates done: steps, or every k-th of them while gradients are accumulated. */
int64_t ls_optimizer_updates(const ls_optimizer *optimizer);
/* Whether the next step updates the weights, and does not only add to the accumulated gradients. */
bool ls_optimizer_due(const ls_optimizer *optimizer);

/* Advances by a step, whose global rows and rate are given, and gives the update's constants; of a step that only
 * accumulates, rows. */
ls_update_step ls_optimizer_next(ls_optimizer *optimizer, double rate, int64_t rows);

/* So many steps done: iterations and numbers as if each had been taken, from nothing done on. */
void ls_optimizer_forward(ls_optimizer *optimizer, int64_t iterations);

/* What the numbers can be after its iterations, whatever it says now: one value each, and after very many updates those
 * from 0 to the value at which counting was given up. */
void ls_optimizer_number_range(const ls_optimizer *optimizer, double least[LS_OPTIMIZER_NUMBERS],
                               double most[LS_OPTIMIZER_NUMBERS]);

/* All slots, in the order in which Keras stores them: running averages and accumulated gradients, where they are on,
 * then its own. Returns how many. */
int ls_optimizer_slots(const ls_optimizer *optimizer, ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS]);
/* Where among them the running averages and the accumulated gradients are; -1: off. Its own begin behind them. */
int ls_optimizer_average_slot(const ls_optimizer *optimizer);
int ls_optimizer_accumulator_slot(const ls_optimizer *optimizer);
int ls_optimizer_first_slot(const ls_optimizer *optimizer);

/* Where Keras stores slot k of variable `index` of so many, counted from the first: slots that are not apart lie beside
 * the one before them, variable by variable; the others behind those of all variables. */
int ls_optimizer_slot_place(const ls_optimizer *optimizer, int variables, int index, int k);

/* Whether a step needs the length of gradients, updates or weights, and so all of the gradient before it begins. */
bool ls_optimizer_needs_norms(const ls_optimizer *optimizer);

#endif
