/* Parsing and printing of the layer list: entries in order, and the branches of residual(...). What an entry says is
 * its kind's business. */
#include "model/layers.h"

#include "base/memory.h"
#include "base/parse.h"
#include "math/activations.h"
#include "model/layer_kinds.h"

#include <stdio.h>
#include <string.h>

#define MAX_LAYERS   1024
#define MAX_BRANCHES 64 /* in one another */

static const char residual_word[] = "residual(";
enum { RESIDUAL = sizeof residual_word - 1 };

const char *ls_role_name(ls_role role)
{
    static const char *const names[LS_ROLES] = {"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"};
    return names[role];
}

static const ls_initializer *default_initializer(ls_role role)
{
    if (role == LS_KERNEL)
        return &ls_initializer_glorot_uniform;
    return role == LS_SCALE || role == LS_VARIANCE ? &ls_initializer_ones : &ls_initializer_zeros;
}

const ls_initializer *ls_layer_initializer(const ls_layer *layer, ls_role role)
{
    return layer->initializer[role].row ? &layer->initializer[role] : default_initializer(role);
}

void ls_layer_set_initializer(ls_layer *layer, ls_role role, const ls_initializer *initializer)
{
    const bool initial = initializer->row == default_initializer(role)->row;
    layer->initializer[role] = initial ? (ls_initializer){0} : *initializer;
}

/* ---- reading ---- */

/* The list as far as it is read. */
typedef struct list {
    ls_layer *layers; /* (most) */
    int count, most;
    int branches; /* that the reader is in */
    int64_t features;
} list;

static int64_t units_of(const list *l, int layer)
{
    return layer == LS_FEATURES ? l->features : l->layers[layer].units;
}

/* One layer more, which reads the one before it. */
static ls_status append(list *l, const ls_layer *layer)
{
    if (l->count == l->most || l->count == MAX_LAYERS)
        return ls_fail(LS_ERR_USAGE, "--layers: more than %d layers; expected at most so many", MAX_LAYERS);
    ls_layer *made = &l->layers[l->count];
    *made = *layer;
    made->input[0] = l->count - 1;
    if (made->kind != &ls_layer_add)
        made->input[1] = made->input[0];
    made->inputs = units_of(l, made->input[0]);
    if (made->units == 0)
        made->units = made->inputs;
    l->count++;
    return LS_OK;
}

static const ls_layer_kind *kind_of_word(const char *word)
{
    const ls_layer_kind *kind = NULL;
    for (size_t i = 0; (kind = ls_layer_kind_at(i)) != NULL; i++)
        if (kind->word && strcmp(kind->word, word) == 0)
            return kind;
    return NULL;
}

static ls_status parse_entry(list *l, const ls_layer_entry *e)
{
    const char *inside = e->text;
    char word[64];
    bool too_long = false;
    ls_layer layer = {0};
    ls_activation activation;
    if (e->length == 0 || !ls_parse_word(&inside, ",()", word, sizeof word, &too_long))
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d%s is empty; expected a list such as \"64 relu, 10 softmax\"",
                       e->number, l->branches > 0 ? ", in residual(...)," : "");
    if (too_long)
        return ls_layer_unknown_word(e, word);
    layer.kind = kind_of_word(word);
    if (!layer.kind)
        layer.kind = ls_activation_find(word, &activation) ? &ls_layer_activation : &ls_layer_dense;
    LS_TRY(layer.kind->parse(e, word, inside, &layer));
    return append(l, &layer);
}

static ls_status parse_list(list *l, const char **cursor, bool inner);

/* residual(LIST) [ACTIVATION]: the list's outputs and what goes into it are added. */
static ls_status parse_residual(list *l, const ls_layer_entry *e)
{
    const int source = l->count - 1;
    const char *cursor = e->text + RESIDUAL;
    char word[LS_LAYER_WORD];
    bool too_long;
    ls_layer add = {.kind = &ls_layer_add, .input = {0, source}}, layer = {.kind = &ls_layer_activation};
    if (l->branches == MAX_BRANCHES)
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d: more than %d residual(...) in one another", e->number,
                       MAX_BRANCHES);
    l->branches++;
    LS_TRY(parse_list(l, &cursor, true));
    l->branches--;
    if (*cursor != ')')
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.*s': residual( has no ')'", e->number, e->length, e->text);
    if (units_of(l, l->count - 1) != units_of(l, source))
        return ls_fail(LS_ERR_USAGE,
                       "--layers: layer %d '%.*s': the list in residual(...) ends with %lld units and begins with %lld "
                       "%s, which are added, so they must be as many; write %lld as its last layer's units",
                       e->number, e->length, e->text, (long long)units_of(l, l->count - 1),
                       (long long)units_of(l, source), source == LS_FEATURES ? "features" : "units",
                       (long long)units_of(l, source));
    LS_TRY(append(l, &add));
    cursor++;
    if (!ls_layer_next_word(&cursor, word, &too_long))
        return LS_OK;
    bool found = false;
    if (!too_long)
        LS_TRY(ls_layer_parse_activation(e, word, &layer, &found));
    if (!found || ls_layer_next_word(&cursor, word, &too_long))
        return ls_layer_unknown_word(e, word);
    return append(l, &layer);
}

/* Entries up to the end, or in a branch up to its parenthesis, where *cursor is left. */
static ls_status parse_list(list *l, const char **cursor, bool inner)
{
    for (;;) {
        *cursor += strspn(*cursor, " \t\r\n");
        const ls_layer_entry e = {l->count + 1, *cursor, (int)ls_layer_entry_length(*cursor)};
        if (!inner && e.text[e.length] == ')')
            return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.*s': a ')' without its '('", e.number, e.length + 1,
                           e.text);
        LS_TRY(strncmp(e.text, residual_word, RESIDUAL) == 0 ? parse_residual(l, &e) : parse_entry(l, &e));
        *cursor += e.length;
        if (**cursor != ',')
            return LS_OK;
        (*cursor)++;
    }
}

static void name_layers(ls_layer *layers, int count)
{
    for (int l = 0; l < count; l++) {
        int number = 0;
        for (int k = 0; k < l; k++)
            number += layers[k].kind == layers[l].kind;
        if (number == 0)
            snprintf(layers[l].name, sizeof layers[l].name, "%s", layers[l].kind->stem);
        else
            snprintf(layers[l].name, sizeof layers[l].name, "%s_%d", layers[l].kind->stem, number);
    }
}

/* What the list can come to at most: entries, and two layers more for each branch. */
static int most_layers(const char *text)
{
    int64_t most = 1;
    for (const char *c = text; *c; c++)
        most += *c == ',' ? 1 : *c == '(' ? 3 : 0;
    return most < MAX_LAYERS ? (int)most : MAX_LAYERS;
}

ls_status ls_layers_parse(const char *text, int64_t features, ls_layer **layers, int *count)
{
    list l = {.most = most_layers(text), .features = features};
    const char *cursor = text;
    ls_status status;
    *layers = NULL;
    *count = 0;
    LS_TRY(ls_memory_allocate(&l.layers, l.most, sizeof *l.layers, "layers"));
    LS_TRY_CLEANUP(parse_list(&l, &cursor, false));
    if (!l.layers[l.count - 1].kind->last)
        LS_TRY_CLEANUP(
            ls_fail(LS_ERR_USAGE, "--layers '%s': the last layer must be a dense one, such as '10 softmax'", text));
    name_layers(l.layers, l.count);
    *layers = l.layers;
    *count = l.count;
    return LS_OK;
cleanup:
    ls_memory_free(l.layers);
    return status;
}

/* ---- what holds for all layers ---- */

static bool has_role(const ls_layer *layer, ls_role role)
{
    ls_layer_matrix matrix[LS_LAYER_MATRICES];
    const int count = layer->kind->matrices ? layer->kind->matrices(layer, matrix) : 0;
    for (int m = 0; m < count; m++)
        if (matrix[m].vector == (int)role || (role == LS_KERNEL && matrix[m].inputs > 0))
            return true;
    return false;
}

bool ls_layers_regularize(ls_layer *layers, int count, ls_role role, const ls_regularizer *regularizer)
{
    bool taken = false;
    for (int l = 0; l < count; l++)
        if (has_role(&layers[l], role) && !layers[l].regularizer_said[role]) {
            layers[l].regularizer[role] = *regularizer;
            taken = true;
        }
    return taken;
}

bool ls_layers_initialize(ls_layer *layers, int count, ls_role role, const ls_initializer *initializer)
{
    bool taken = false;
    for (int l = 0; l < count; l++)
        if (has_role(&layers[l], role) && !layers[l].initializer_said[role]) {
            ls_layer_set_initializer(&layers[l], role, initializer);
            taken = true;
        }
    return taken;
}

/* ---- printing ---- */

void ls_layers_format(const ls_layer *layers, int count, ls_text *text)
{
    for (int l = 0; l < count; l++) {
        if (layers[l].kind == &ls_layer_add) {
            ls_text_append(text, ")");
            continue;
        }
        ls_text_append(text, l ? ", " : "");
        for (int branch = l + 1; branch < count; branch++)
            if (layers[branch].kind == &ls_layer_add && layers[branch].input[1] == l - 1)
                ls_text_append(text, residual_word);
        layers[l].kind->format(&layers[l], text);
    }
}
