/* The names that the values of options are made of, from the tables that give them their meaning: for completion. */
#include "math/kernels.h"
#include "model/layer_kinds.h"
#include "model/metric_rows.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <lockstep.h>

#include <string.h>

#define NAME(NAME, name, ...) #name,

static const char *const activations[] = {LS_ACTIVATIONS(NAME)};
static const char *const losses[] = {LS_LOSSES(NAME)};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Layers that have a word, then activations: dense ones begin with their units. A branch's word stands in the parser.
 */
static const char *layer_word(size_t index)
{
    if (index-- == 0)
        return "residual";
    for (size_t i = 0; ls_layer_kind_at(i) != NULL; i++) {
        if (ls_layer_kind_at(i)->word != NULL && index-- == 0)
            return ls_layer_kind_at(i)->word;
    }
    return index < COUNT(activations) ? activations[index] : NULL;
}

static const char *loss_word(size_t index)
{
    return index < COUNT(losses) ? losses[index] : NULL;
}

static const char *metric_word(size_t index)
{
    const ls_metric_row *row = index < 1000 ? ls_metric_row_at((int)index) : NULL;
    return row == NULL ? NULL : row->name;
}

static const char *optimizer_word(size_t index)
{
    const ls_optimizer_row *row = ls_optimizer_at(index);
    return row == NULL ? NULL : row->name;
}

static const char *schedule_word(size_t index)
{
    const ls_schedule_row *row = ls_schedule_at(index);
    return row == NULL ? NULL : row->name;
}

static const struct {
    const char *key;
    const char *(*word)(size_t index);
} lists[] = {{"layers", layer_word},
             {"loss", loss_word},
             {"metrics", metric_word},
             {"optimizer", optimizer_word},
             {"schedule", schedule_word}};

const char *ls_option_word(const char *key, size_t index)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        if (strcmp(lists[i].key, key) == 0)
            return lists[i].word(index);
    }
    return NULL;
}
