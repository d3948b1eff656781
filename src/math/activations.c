/* Activation names and settings. The loops are compiled once per instruction set (elementwise.inc). */
#include "math/activations.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define ROW(NAME, name, alias, reads_z) [LS_##NAME] = {#name, alias, reads_z},

static const struct {
    const char *name;
    const char *alias; /* another word for it, or NULL */
    bool reads_z;
} table[LS_ACTIVATION_COUNT] = {LS_ACTIVATIONS(ROW)};

const char *ls_activation_name(ls_activation activation)
{
    return table[activation].name;
}

bool ls_activation_find(const char *name, ls_activation *activation)
{
    for (int i = 0; i < LS_ACTIVATION_COUNT; i++)
        if (strcmp(name, table[i].name) == 0 || (table[i].alias && strcmp(name, table[i].alias) == 0)) {
            *activation = (ls_activation)i;
            return true;
        }
    return false;
}

bool ls_activation_reads_z(ls_activation activation)
{
    return table[activation].reads_z;
}

/* ---- settings ---- */

int ls_activation_setting_count(ls_activation activation)
{
    return activation == LS_RELU ? 3 : activation == LS_LEAKY_RELU || activation == LS_ELU ? 1 : 0;
}

ls_activation_settings ls_activation_defaults(ls_activation activation)
{
    return (ls_activation_settings){
        .max_value = NAN, .negative_slope = activation == LS_LEAKY_RELU ? 0.2 : 0, .alpha = 1};
}

void ls_activation_settle(ls_activation *activation, ls_activation_settings *s)
{
    if (*activation == LS_RELU && isnan(s->max_value) && s->threshold == 0 && s->negative_slope != 0)
        *activation = LS_LEAKY_RELU;
    const ls_activation_settings initial = ls_activation_defaults(*activation);
    s->set = !isnan(s->max_value) || s->negative_slope != initial.negative_slope || s->threshold != 0 ||
             s->alpha != initial.alpha;
    if (*activation == LS_RELU) {
        s->number[0] = isnan(s->max_value) ? INFINITY : (float)s->max_value;
        s->number[1] = (float)s->negative_slope;
        s->number[2] = (float)s->threshold;
    } else {
        s->number[0] = (float)(*activation == LS_ELU ? s->alpha : s->negative_slope);
    }
}
