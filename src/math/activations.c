/* Activation names. */
#include "math/activations.h"

#include <stddef.h>
#include <string.h>

static const char *const names[LS_ACTIVATION_COUNT] = {
    [LS_LINEAR] = "linear", [LS_RELU] = "relu", [LS_SIGMOID] = "sigmoid", [LS_TANH] = "tanh", [LS_SOFTMAX] = "softmax",
};

const char *ls_activation_name(ls_activation activation)
{
    return names[activation];
}

bool ls_activation_find(const char *name, ls_activation *activation)
{
    for (int i = 0; i < LS_ACTIVATION_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *activation = (ls_activation)i;
            return true;
        }
    return false;
}
