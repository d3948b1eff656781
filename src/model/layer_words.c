/* The words of an entry of the layer list. */
#include "model/layer_kinds.h"

#include "base/parse.h"
#include "math/activations.h"

#include <stdio.h>
#include <string.h>

size_t ls_layer_entry_length(const char *text)
{
    int depth = 0;
    size_t i = 0;
    for (; text[i] && (depth > 0 || (text[i] != ',' && text[i] != ')')); i++)
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    return i;
}

bool ls_layer_next_word(const char **cursor, char word[LS_LAYER_WORD], bool *too_long)
{
    const char *start = *cursor + strspn(*cursor, " \t\r\n");
    const size_t most = ls_layer_entry_length(start);
    size_t length = 0;
    int depth = 0;
    for (; length < most && (depth > 0 || !strchr(" \t\r\n", start[length])); length++)
        depth += start[length] == '(' ? 1 : start[length] == ')' ? -1 : 0;
    *too_long = length >= LS_LAYER_WORD;
    snprintf(word, LS_LAYER_WORD, "%.*s", (int)length, start);
    *cursor = start + length;
    return length > 0;
}

char *ls_layer_split_word(char *word)
{
    char *value = strpbrk(word, "=(");
    if (!value || *value == '(')
        return NULL;
    *value++ = '\0';
    for (char *c = word; *c; c++)
        if (*c == '-')
            *c = '_';
    return value;
}

/* Leaves room for 70 bytes more; returns its length. */
static int name_entry(const ls_layer_entry *e, char what[LS_LAYER_ENTRY])
{
    const int most = LS_LAYER_ENTRY - 100;
    return snprintf(what, LS_LAYER_ENTRY, "--layers: layer %d '%.*s'", e->number, e->length < most ? e->length : most,
                    e->text);
}

bool ls_layer_only_number(const char *cursor, double *number)
{
    char word[64];
    bool too_long = false;
    return ls_parse_word(&cursor, ",)", word, sizeof word, &too_long) && !too_long && ls_parse_double(word, number) &&
           !ls_parse_word(&cursor, ",)", word, sizeof word, &too_long);
}

ls_status ls_layer_parse_settings(const ls_layer_entry *e, const char *cursor, const ls_setting *table, size_t count,
                                  ls_layer *layer)
{
    char words[1024], what[LS_LAYER_ENTRY];
    const size_t length = ls_layer_entry_length(cursor);
    if (length >= sizeof words)
        return ls_fail(LS_ERR_USAGE, "--layers: layer %d '%.40s...' is longer than %zu bytes", e->number, e->text,
                       sizeof words - 1);
    snprintf(words, sizeof words, "%.*s", (int)length, cursor);
    name_entry(e, what);
    return ls_settings_parse(what, words, table, count, layer, NULL);
}

/* ---- messages ---- */

static const char *const settings[] = {"use_bias",          "activation",         "kernel_initializer",
                                       "bias_initializer",  "kernel_regularizer", "bias_regularizer",
                                       "kernel_constraint", "bias_constraint"};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* Activations, words of kinds, settings. */
static const char *word_at(const void *context, size_t i)
{
    size_t kinds = 0;
    (void)context;
    if (i < LS_ACTIVATION_COUNT)
        return ls_activation_name((ls_activation)i);
    i -= LS_ACTIVATION_COUNT;
    if (i < SETTINGS)
        return settings[i];
    i -= SETTINGS;
    for (const ls_layer_kind *kind; (kind = ls_layer_kind_at(kinds)) != NULL; kinds++)
        if (kind->word && i-- == 0)
            return kind->word;
    return NULL;
}

static size_t word_count(void)
{
    size_t count = 0;
    while (word_at(NULL, count))
        count++;
    return count;
}

ls_status ls_layer_unknown_word(const ls_layer_entry *e, const char *word)
{
    char activations[512] = "", name[LS_LAYER_WORD];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "("), word);
    const char *near = ls_parse_nearest(name, word_count(), word_at, NULL);
    const bool misplaced = near && strcmp(near, name) == 0; /* as in "64 relu dropout 0.2", where a comma is missing */
    if (misplaced)
        near = NULL;
    for (int a = 0, used = 0; a < LS_ACTIVATION_COUNT && used < (int)sizeof activations; a++)
        used += snprintf(activations + used, sizeof activations - (size_t)used, "%s%s", a ? ", " : "",
                         ls_activation_name((ls_activation)a));
    if (strncmp(word, "residual", strlen("residual")) == 0)
        return ls_fail(LS_ERR_USAGE,
                       "--layers: layer %d '%.*s': residual is followed by '(' without a space, and the layers of its "
                       "branch, as in \"64 relu, residual(64 relu, 64), 10 softmax\"",
                       e->number, e->length, e->text);
    return ls_fail(LS_ERR_USAGE,
                   "--layers: layer %d '%.*s': %s word '%s'%s%s%s. A layer is UNITS [ACTIVATION] [use_bias=off] "
                   "[kernel_regularizer=l2(0.01)], dropout RATE, gaussian_noise STDDEV, layer_normalization, "
                   "batch_normalization, ACTIVATION or residual(LAYERS), with activations %s; leaky_relu(0.3), "
                   "elu(0.5) and relu(max_value=6) have "
                   "settings",
                   e->number, e->length, e->text, misplaced ? "misplaced" : "unknown", word,
                   near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", activations);
}

void ls_layer_name_word(const ls_layer_entry *e, const char *word, char what[LS_LAYER_ENTRY])
{
    const int used = name_entry(e, what);
    snprintf(what + used, LS_LAYER_ENTRY - (size_t)used, ": %s", word);
}
