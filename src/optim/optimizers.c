/* The optimizers: one row each. Formulas and defaults are Keras' (keras.optimizers, 3.x); the rounding of every
 * operation is in math/README.md. Powers are by repeated multiplication, so that any resume has the same bits. */
#include "optim/optimizer.h"

#include <math.h>

static const ls_optimizer_slot momentum_slot = {.name = "momentum"};
static const ls_optimizer_slot velocity_slot = {.name = "velocity", .squares = true};

static int momentum_and_velocity(const ls_optimizer_settings *s, ls_optimizer_slot *slot)
{
    (void)s;
    slot[0] = momentum_slot;
    slot[1] = velocity_slot;
    return 2;
}

/* ---- sgd ---- */

static const ls_optimizer_default sgd_settings[] = {
    {"learning_rate", 0.01}, {"momentum", 0}, {"nesterov", 0}, {NULL, 0}};

static int sgd_slots(const ls_optimizer_settings *s, ls_optimizer_slot *slot)
{
    slot[0] = momentum_slot;
    return s->momentum != 0;
}

static void no_constants(const ls_optimizer_settings *s, int64_t updates, double rate, double *number,
                         ls_update_step *step)
{
    (void)s, (void)updates, (void)rate, (void)number, (void)step;
}

/* ---- rmsprop ---- */

static const ls_optimizer_default rmsprop_settings[] = {{"learning_rate", 0.001}, {"rho", 0.9},    {"momentum", 0},
                                                        {"epsilon", 1e-7},        {"centered", 0}, {NULL, 0}};

static int rmsprop_slots(const ls_optimizer_settings *s, ls_optimizer_slot *slot)
{
    int count = 0;
    slot[count++] = velocity_slot;
    if (s->momentum != 0)
        slot[count++] = (ls_optimizer_slot){.name = "momentum", .apart = true};
    if (s->centered)
        slot[count++] = (ls_optimizer_slot){.name = "average_gradient", .apart = true};
    return count;
}

static void rmsprop_next(const ls_optimizer_settings *s, int64_t updates, double rate, double *number,
                         ls_update_step *step)
{
    (void)updates, (void)rate, (void)number;
    step->one_minus_beta_2 = (float)(1 - s->rho);
}

/* ---- adam, adamw (Kingma & Ba 2015; Loshchilov & Hutter 2019; epsilon outside the bias correction) ---- */

static const ls_optimizer_default adam_settings[] = {{"learning_rate", 0.001}, {"beta_1", 0.9}, {"beta_2", 0.999},
                                                     {"epsilon", 1e-7},        {"amsgrad", 0},  {NULL, 0}};
static const ls_optimizer_default adamw_settings[] = {
    {"learning_rate", 0.001}, {"weight_decay", 0.004}, {"beta_1", 0.9}, {"beta_2", 0.999},
    {"epsilon", 1e-7},        {"amsgrad", 0},          {NULL, 0}};

static int adam_slots(const ls_optimizer_settings *s, ls_optimizer_slot *slot)
{
    const int count = momentum_and_velocity(s, slot);
    if (!s->amsgrad)
        return count;
    slot[count] = (ls_optimizer_slot){.name = "velocity_hat", .squares = true, .apart = true};
    return count + 1;
}

static void means(const ls_optimizer_settings *s, ls_update_step *step)
{
    step->one_minus_beta_1 = (float)(1 - s->beta_1);
    step->one_minus_beta_2 = (float)(1 - s->beta_2);
}

static void adam_next(const ls_optimizer_settings *s, int64_t updates, double rate, double *number,
                      ls_update_step *step)
{
    (void)updates;
    number[0] *= s->beta_1;
    number[1] *= s->beta_2;
    means(s, step);
    step->rate = (float)(rate * sqrt(1 - number[1]) / (1 - number[0]));
}

/* ---- adagrad (Duchi, Hazan & Singer 2011) ---- */

static const ls_optimizer_default adagrad_settings[] = {
    {"learning_rate", 0.001}, {"initial_accumulator_value", 0.1}, {"epsilon", 1e-7}, {NULL, 0}};

static int adagrad_slots(const ls_optimizer_settings *s, ls_optimizer_slot *slot)
{
    slot[0] = (ls_optimizer_slot){.name = "accumulator", .initial = s->initial_accumulator_value, .squares = true};
    return 1;
}

/* ---- nadam (Dozat 2016) ---- */

static const ls_optimizer_default nadam_settings[] = {
    {"learning_rate", 0.001}, {"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {NULL, 0}};

/* 0.96^n, n >= 1, by the same multiplications for every n; below 2^-60 no longer seen beside 1. */
static double nadam_decay(int64_t n)
{
    double power = 0.96;
    for (int64_t k = 1; k < n && power > 0x1p-60; k++)
        power *= 0.96;
    return power;
}

static void nadam_next(const ls_optimizer_settings *s, int64_t updates, double rate, double *number,
                       ls_update_step *step)
{
    const double decay = nadam_decay(updates + 1);
    const double now = s->beta_1 * (1 - 0.5 * decay), then = s->beta_1 * (1 - 0.5 * (decay * 0.96));
    (void)rate;
    number[0] *= s->beta_2;
    number[1] *= now;
    means(s, step);
    step->scale_m = (float)(then / (1 - number[1] * then));
    step->scale_g = (float)((1 - now) / (1 - number[1]));
    step->scale_v = (float)(1 / (1 - number[0]));
}

/* ---- lamb (You et al. 2020) ---- */

static void lamb_next(const ls_optimizer_settings *s, int64_t updates, double rate, double *number,
                      ls_update_step *step)
{
    (void)updates, (void)rate;
    number[0] *= s->beta_1;
    number[1] *= s->beta_2;
    means(s, step);
    step->scale_m = (float)(1 / (1 - number[0]));
    step->scale_v = (float)(1 / (1 - number[1]));
}

/* ---- the table ---- */

#define ADAM_NUMBERS                                                                                                   \
    {                                                                                                                  \
        "beta_1_power", "beta_2_power"                                                                                 \
    }

static const ls_optimizer_row rows[] = {
    {.name = "sgd",
     .keras_class = "SGD",
     .update = LS_UPDATE_SGD,
     .settings = sgd_settings,
     .slots = sgd_slots,
     .next = no_constants},
    {.name = "rmsprop",
     .keras_class = "RMSprop",
     .update = LS_UPDATE_RMSPROP,
     .settings = rmsprop_settings,
     .slots = rmsprop_slots,
     .next = rmsprop_next},
    {.name = "adam",
     .keras_class = "Adam",
     .update = LS_UPDATE_ADAM,
     .settings = adam_settings,
     .slots = adam_slots,
     .numbers = ADAM_NUMBERS,
     .next = adam_next},
    {.name = "adamw",
     .keras_class = "AdamW",
     .update = LS_UPDATE_ADAM,
     .settings = adamw_settings,
     .slots = adam_slots,
     .numbers = ADAM_NUMBERS,
     .next = adam_next},
    {.name = "adagrad",
     .keras_class = "Adagrad",
     .update = LS_UPDATE_ADAGRAD,
     .settings = adagrad_settings,
     .slots = adagrad_slots,
     .next = no_constants},
    {.name = "nadam",
     .keras_class = "Nadam",
     .update = LS_UPDATE_NADAM,
     .settings = nadam_settings,
     .slots = momentum_and_velocity,
     .numbers = {"beta_2_power", "u_product"},
     .keras_number = true,
     .next = nadam_next},
    {.name = "lamb",
     .keras_class = "Lamb",
     .keras_unlisted = true,
     .update = LS_UPDATE_LAMB,
     .trust_ratio = true,
     .settings = nadam_settings,
     .slots = momentum_and_velocity,
     .numbers = ADAM_NUMBERS,
     .next = lamb_next},
};

const ls_optimizer_row *ls_optimizer_at(size_t index)
{
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}
