/* Parsing and printing of the layer list. */
#include "model/layers.h"

#include "base/memory.h"
#include "base/parse.h"
#include "math/activations.h"

#include <stdio.h>
#include <string.h>

#define MAX_LAYERS 1024
#define MAX_UNITS  (INT64_C(1) << 30)

/* Everything one entry of the list is parsed with. */
typedef struct entry {
    int number; /* from 1, for messages */
    const char *text;
    int length;
} entry;

static const char *word_at(const void *context, size_t i)
{
    (void)context;
    if (i < LS_ACTIVATION_COUNT)
        return ls_activation_name((ls_activation)i);
    return i == LS_ACTIVATION_COUNT ? "dropout" : i == LS_ACTIVATION_COUNT + 1 ? "use_bias" : "activation";
}

static ls_status unknown_word(const entry *e, const char *word)
{
    const char *near = ls_parse_nearest(word, LS_ACTIVATION_COUNT + 3, word_at, NULL);
    const bool misplaced = near && strcmp(near, word) == 0; /* as in "64 relu dropout 0.2", where a comma is missing */
    if (misplaced)
        near = NULL;
    return ls_fail(LS_ERR_USAGE,
                   "--layers: layer %d '%.*s': %s word '%s'%s%s%s. A layer is UNITS [ACTIVATION] [use_bias=off] or "
                   "dropout RATE, with activations linear, relu, sigmoid, tanh, softmax",
                   e->number, e->length, e->text, misplaced ? "misplaced" : "unknown", word,
                   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static ls_status parse_setting(const entry *e, char *word, ls_layer *layer)
{
    char *value = strchr(word, '=');
    *value++ = '\0';
    for (char *c = word; *c; c++) {
        if (*c == '-')
            *c = '_';
    }
    if (strcmp(word, "use_bias") == 0) {
        if (ls_parse_bool(value, &layer->bias))
            return LS_OK;
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.*s': use_bias=%s; expected on or off", e->number, e->length,
                       e->text, value);
    }
    if (strcmp(word, "activation") == 0) {
        if (layer->activation == LS_ACTIVATION_COUNT && ls_activation_find(value, &layer->activation))
            return LS_OK;
        return unknown_word(e, value);
    }
    return unknown_word(e, word);
}

static ls_status parse_dropout(const entry *e, const char *cursor, ls_layer *layer)
{
    char word[64];
    bool too_long = false;
    layer->kind = LS_LAYER_DROPOUT;
    if (!ls_parse_word(&cursor, ",", word, sizeof word, &too_long) || too_long ||
        !ls_parse_double(word, &layer->rate) || layer->rate < 0 || layer->rate >= 1 ||
        ls_parse_word(&cursor, ",", word, sizeof word, &too_long)) {
        return ls_fail(LS_ERR_USAGE,
                       "--layers: layer %d '%.*s': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'",
                       e->number, e->length, e->text);
    }
    return LS_OK;
}

static ls_status parse_dense(const entry *e, const char *first, const char *cursor, ls_layer *layer)
{
    layer->kind = LS_LAYER_DENSE;
    layer->bias = true;
    layer->activation = LS_ACTIVATION_COUNT; /* none said yet */
    const bool number = ls_parse_int64(first, &layer->units);
    if (!number && (first[0] < '0' || first[0] > '9'))
        return unknown_word(e, first);
    if (!number || layer->units < 1 || layer->units > MAX_UNITS) {
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.*s': %s units; expected a whole number from 1 to %lld",
                       e->number, e->length, e->text, first, (long long)MAX_UNITS);
    }
    char word[64];
    bool too_long = false; /* a word that was cut matches nothing below */
    while (ls_parse_word(&cursor, ",", word, sizeof word, &too_long)) {
        if (strchr(word, '=')) {
            LS_TRY(parse_setting(e, word, layer));
        } else if (layer->activation != LS_ACTIVATION_COUNT || !ls_activation_find(word, &layer->activation)) {
            return unknown_word(e, word);
        }
    }
    if (layer->activation == LS_ACTIVATION_COUNT)
        layer->activation = LS_LINEAR;
    return LS_OK;
}

static void name_layers(ls_layer *layers, int count)
{
    int numbers[2] = {0, 0};
    for (int l = 0; l < count; l++) {
        const char *stem = layers[l].kind == LS_LAYER_DENSE ? "dense" : "dropout";
        int number = numbers[layers[l].kind]++;
        if (number == 0)
            snprintf(layers[l].name, sizeof layers[l].name, "%s", stem);
        else
            snprintf(layers[l].name, sizeof layers[l].name, "%s_%d", stem, number);
    }
}

/* Inputs of every layer and the place of its weights. */
static ls_status lay_out(ls_layer *layers, int count, int64_t features)
{
    int64_t inputs = features, offset = 0;
    for (int l = 0; l < count; l++) {
        layers[l].inputs = inputs;
        if (layers[l].kind == LS_LAYER_DROPOUT) {
            layers[l].units = inputs;
            continue;
        }
        layers[l].offset = offset;
        layers[l].panels = (layers[l].units + LS_PANEL - 1) / LS_PANEL;
        int64_t floats;
        if (__builtin_mul_overflow(layers[l].panels * LS_PANEL, ls_layer_weight_rows(&layers[l]), &floats) ||
            __builtin_add_overflow(offset, floats, &offset) || offset > (INT64_C(1) << 40)) {
            return ls_fail(LS_ERR_USAGE,
                           "--layers: the weights up to layer %d do not fit a computer's memory (%lld x %lld)", l + 1,
                           (long long)layers[l].inputs, (long long)layers[l].units);
        }
        inputs = layers[l].units;
    }
    return LS_OK;
}

ls_status ls_layers_parse(const char *text, int64_t features, ls_layer **layers, int *count)
{
    *layers = NULL;
    *count = 0;
    int commas = 1;
    for (const char *c = text; *c; c++)
        commas += *c == ',';
    if (commas > MAX_LAYERS)
        return ls_fail(LS_ERR_USAGE, "--layers: %d layers; expected at most %d", commas, MAX_LAYERS);
    LS_TRY(ls_memory_allocate(layers, commas, sizeof **layers, "layers"));

    ls_status status = LS_OK;
    const char *cursor = text;
    bool has_dense = false;
    for (int l = 0; l < commas; l++) {
        cursor += strspn(cursor, " \t\r\n");
        entry e = {l + 1, cursor, (int)strcspn(cursor, ",")};
        const char *inside = cursor;
        char word[64];
        bool too_long = false;
        if (!ls_parse_word(&inside, ",", word, sizeof word, &too_long)) {
            LS_TRY_CLEANUP(ls_fail(
                LS_ERR_USAGE, "--layers: layer %d is empty; expected a list such as \"64 relu, 10 softmax\"", l + 1));
        }
        if (strcmp(word, "dropout") == 0) {
            LS_TRY_CLEANUP(parse_dropout(&e, inside, &(*layers)[l]));
        } else if (too_long) {
            LS_TRY_CLEANUP(unknown_word(&e, word));
        } else {
            LS_TRY_CLEANUP(parse_dense(&e, word, inside, &(*layers)[l]));
            has_dense = true;
        }
        cursor += e.length + 1;
    }
    if (!has_dense || (*layers)[commas - 1].kind != LS_LAYER_DENSE)
        LS_TRY_CLEANUP(
            ls_fail(LS_ERR_USAGE, "--layers '%s': the last layer must be a dense one, such as '10 softmax'", text));
    *count = commas;
    name_layers(*layers, *count);
    LS_TRY_CLEANUP(lay_out(*layers, *count, features));
    return LS_OK;

cleanup:
    ls_memory_free(*layers);
    *layers = NULL;
    *count = 0;
    return status;
}

void ls_layers_format(const ls_layer *layers, int count, ls_text *text)
{
    for (int l = 0; l < count; l++) {
        ls_text_append(text, l ? ", " : "");
        if (layers[l].kind == LS_LAYER_DROPOUT) {
            ls_text_append(text, "dropout ");
            ls_text_append_double(text, layers[l].rate);
            continue;
        }
        ls_text_printf(text, "%lld", (long long)layers[l].units);
        if (layers[l].activation != LS_LINEAR)
            ls_text_printf(text, " %s", ls_activation_name(layers[l].activation));
        if (!layers[l].bias)
            ls_text_append(text, " use_bias=off");
    }
}
