/* Activation names. The loops are compiled once per instruction set (elementwise.inc). */
#include "math/activations.h"

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
