/* Loss names. The loops are compiled once per instruction set (losses.inc). */
#include "math/losses.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    const char *alias; /* Keras' short name, or NULL */
    ls_activation fused;
} table[LS_LOSS_COUNT] = {
    [LS_MEAN_SQUARED_ERROR] = {"mean_squared_error", "mse", LS_LINEAR},
    [LS_MEAN_ABSOLUTE_ERROR] = {"mean_absolute_error", "mae", LS_LINEAR},
    [LS_BINARY_CROSSENTROPY] = {"binary_crossentropy", NULL, LS_SIGMOID},
    [LS_CATEGORICAL_CROSSENTROPY] = {"categorical_crossentropy", NULL, LS_SOFTMAX},
    [LS_SPARSE_CATEGORICAL_CROSSENTROPY] = {"sparse_categorical_crossentropy", NULL, LS_SOFTMAX},
};

const char *ls_loss_name(ls_loss loss)
{
    return table[loss].name;
}

bool ls_loss_find(const char *name, ls_loss *loss)
{
    for (int i = 0; i < LS_LOSS_COUNT; i++)
        if (strcmp(name, table[i].name) == 0 || (table[i].alias && strcmp(name, table[i].alias) == 0)) {
            *loss = (ls_loss)i;
            return true;
        }
    return false;
}

ls_activation ls_loss_fused_activation(ls_loss loss)
{
    return table[loss].fused;
}
