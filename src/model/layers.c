/* Parsing and printing of the layer list. */
#include "model/layers.h"

#include "base/memory.h"
#include "base/parse.h"
#include "math/activations.h"

#include <stdio.h>
#include <string.h>

#define MAX_LAYERS 1024
/* Of the beginning of messages. */
#define ENTRY_MAX 400
#define MAX_UNITS (INT64_C(1) << 30)

/* Everything one entry of the list is parsed with. */
typedef struct entry {
    int number; /* from 1, for messages */
    const char *text;
    int length;
} entry;

/* Longer than any word that means something. */
enum { WORD_MAX = 256 };

static const char *const regularizer_words[LS_LAYER_TENSORS] = {"kernel_regularizer", "bias_regularizer"};
static const char *const constraint_words[LS_LAYER_TENSORS] = {"kernel_constraint", "bias_constraint"};

static const char *const words[] = {"dropout",          "use_bias",          "activation",     "kernel_regularizer",
                                    "bias_regularizer", "kernel_constraint", "bias_constraint"};

static const char *word_at(const void *context, size_t i)
{
    (void)context;
    return i < LS_ACTIVATION_COUNT ? ls_activation_name((ls_activation)i) : words[i - LS_ACTIVATION_COUNT];
}

/* Bytes up to the comma that ends the entry; those in parentheses belong to its words. */
static size_t entry_length(const char *text)
{
    bool inside = false;
    size_t i = 0;
    for (; text[i] && (inside || text[i] != ','); i++)
        inside = text[i] == '(' || (inside && text[i] != ')');
    return i;
}

/* The entry's next word; spaces and commas in parentheses belong to it. */
static bool next_word(const char **cursor, char word[WORD_MAX], bool *too_long)
{
    const char *start = *cursor + strspn(*cursor, " \t\r\n");
    const size_t most = entry_length(start);
    size_t length = 0;
    bool inside = false;
    for (; length < most && (inside || !strchr(" \t\r\n", start[length])); length++)
        inside = start[length] == '(' || (inside && start[length] != ')');
    *too_long = length >= WORD_MAX;
    snprintf(word, WORD_MAX, "%.*s", (int)length, start);
    *cursor = start + length;
    return length > 0;
}

static ls_status unknown_word(const entry *e, const char *word)
{
    const char *near = ls_parse_nearest(word, LS_ACTIVATION_COUNT + sizeof words / sizeof *words, word_at, NULL);
    const bool misplaced = near && strcmp(near, word) == 0; /* as in "64 relu dropout 0.2", where a comma is missing */
    if (misplaced)
        near = NULL;
    return ls_fail(
        LS_ERR_USAGE,
        "--layers: layer %d '%.*s': %s word '%s'%s%s%s. A layer is UNITS [ACTIVATION] [use_bias=off] "
        "[kernel_regularizer=l2(0.01)] or dropout RATE, with activations linear, relu, sigmoid, tanh, softmax",
        e->number, e->length, e->text, misplaced ? "misplaced" : "unknown", word, near ? " (did you mean '" : "",
        near ? near : "", near ? "'?)" : "");
}

/* What stands in front of a message about one word. */
static void name_word(const entry *e, const char *word, char what[ENTRY_MAX])
{
    snprintf(what, ENTRY_MAX, "--layers: layer %d '%.*s': %s", e->number,
             e->length < ENTRY_MAX - 100 ? e->length : ENTRY_MAX - 100, e->text, word);
}

static int find_word(const char *const list[LS_LAYER_TENSORS], const char *word)
{
    int i = 0;
    while (i < LS_LAYER_TENSORS && strcmp(list[i], word) != 0)
        i++;
    return i;
}

/* Regularizers and constraints; *taken: the word is one of theirs. */
static ls_status parse_rule(const entry *e, const char *word, const char *value, ls_layer *layer, bool *taken)
{
    const int regularizer = find_word(regularizer_words, word), constraint = find_word(constraint_words, word);
    char what[ENTRY_MAX];
    *taken = regularizer < LS_LAYER_TENSORS || constraint < LS_LAYER_TENSORS;
    if (!*taken)
        return LS_OK;
    name_word(e, word, what);
    if (constraint < LS_LAYER_TENSORS)
        return layer->constraint[constraint].kind == LS_CONSTRAINT_NONE
                   ? ls_constraint_parse(what, value, &layer->constraint[constraint])
                   : ls_fail(LS_ERR_USAGE, "%s is given twice; leave one of them out", what);
    if (layer->regularizer_said[regularizer])
        return ls_fail(LS_ERR_USAGE, "%s is given twice; leave one of them out", what);
    layer->regularizer_said[regularizer] = true;
    return ls_regularizer_parse(what, value, &layer->regularizer[regularizer]);
}

/* Keras takes a bias' words without a bias in silence. */
static ls_status check_bias(const entry *e, const ls_layer *layer)
{
    char what[ENTRY_MAX];
    if (layer->bias ||
        (!ls_regularizer_is_set(&layer->regularizer[LS_BIAS]) && layer->constraint[LS_BIAS].kind == LS_CONSTRAINT_NONE))
        return LS_OK;
    name_word(e, layer->constraint[LS_BIAS].kind ? constraint_words[LS_BIAS] : regularizer_words[LS_BIAS], what);
    return ls_fail(LS_ERR_USAGE, "%s, but the layer has no bias; leave it or use_bias=off out", what);
}

static ls_status parse_setting(const entry *e, char *word, ls_layer *layer)
{
    bool taken;
    char *value = strchr(word, '=');
    *value++ = '\0';
    for (char *c = word; *c; c++) {
        if (*c == '-')
            *c = '_';
    }
    LS_TRY(parse_rule(e, word, value, layer, &taken));
    if (taken)
        return LS_OK;
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
    char word[WORD_MAX];
    bool too_long = false;
    while (next_word(&cursor, word, &too_long)) {
        if (too_long)
            return unknown_word(e, word);
        if (strchr(word, '=')) {
            LS_TRY(parse_setting(e, word, layer));
        } else if (layer->activation != LS_ACTIVATION_COUNT || !ls_activation_find(word, &layer->activation)) {
            return unknown_word(e, word);
        }
    }
    if (layer->activation == LS_ACTIVATION_COUNT)
        layer->activation = LS_LINEAR;
    return check_bias(e, layer);
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
    for (const char *c = text + entry_length(text); *c; c += 1 + entry_length(c + 1))
        commas++;
    if (commas > MAX_LAYERS)
        return ls_fail(LS_ERR_USAGE, "--layers: %d layers; expected at most %d", commas, MAX_LAYERS);
    LS_TRY(ls_memory_allocate(layers, commas, sizeof **layers, "layers"));

    ls_status status = LS_OK;
    const char *cursor = text;
    bool has_dense = false;
    for (int l = 0; l < commas; l++) {
        cursor += strspn(cursor, " \t\r\n");
        entry e = {l + 1, cursor, (int)entry_length(cursor)};
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

void ls_layers_regularize(ls_layer *layers, int count, int tensor, const ls_regularizer *regularizer)
{
    for (int l = 0; l < count; l++) {
        const bool there = layers[l].kind == LS_LAYER_DENSE && (tensor == LS_KERNEL || layers[l].bias);
        if (there && !layers[l].regularizer_said[tensor])
            layers[l].regularizer[tensor] = *regularizer;
    }
}

static void format_dense(const ls_layer *layer, ls_text *text)
{
    ls_text_printf(text, "%lld", (long long)layer->units);
    if (layer->activation != LS_LINEAR)
        ls_text_printf(text, " %s", ls_activation_name(layer->activation));
    if (!layer->bias)
        ls_text_append(text, " use_bias=off");
    for (int t = 0; t < LS_LAYER_TENSORS; t++)
        if (ls_regularizer_is_set(&layer->regularizer[t])) {
            ls_text_printf(text, " %s=", regularizer_words[t]);
            ls_regularizer_format(&layer->regularizer[t], text);
        }
    for (int t = 0; t < LS_LAYER_TENSORS; t++)
        if (layer->constraint[t].kind != LS_CONSTRAINT_NONE) {
            ls_text_printf(text, " %s=", constraint_words[t]);
            ls_constraint_format(&layer->constraint[t], text);
        }
}

void ls_layers_format(const ls_layer *layers, int count, ls_text *text)
{
    for (int l = 0; l < count; l++) {
        ls_text_append(text, l ? ", " : "");
        if (layers[l].kind == LS_LAYER_DROPOUT) {
            ls_text_append(text, "dropout ");
            ls_text_append_double(text, layers[l].rate);
        } else {
            format_dense(&layers[l], text);
        }
    }
}
