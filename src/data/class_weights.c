/* Weights by class: a list of labels, or balanced by how often each class occurs. */
#include "data/class_weights.h"

#include "base/memory.h"
#include "base/parse.h"
#include "base/text.h"
#include "comm/agree.h"
#include "context/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the longest list. */
enum { LIST_MAX = sizeof((ls_options *)0)->class_weights };

/* At most capacity - 1 bytes of [from, to), without the blanks at both ends. */
static void cut(const char *from, const char *to, char *text, size_t capacity)
{
    while (from < to && strchr(" \t", *from))
        from++;
    while (to > from && strchr(" \t", to[-1]))
        to--;
    snprintf(text, capacity, "%.*s", (int)(to - from), from);
}

static bool balanced(const ls_options *options)
{
    char word[LIST_MAX];
    cut(options->class_weights, options->class_weights + strlen(options->class_weights), word, sizeof word);
    return strcmp(word, "balanced") == 0;
}

ls_status ls_class_weights_check(const ls_options *options, const ls_network *network, const ls_dataset *train)
{
    if (!options->class_weights[0])
        return LS_OK;
    if (ls_dataset_weight(train, 0))
        return ls_fail(LS_ERR_USAGE, "--class-weights and --sample-weights exclude each other, as in Keras");
    const ls_loss_class classes = ls_loss_classes(&network->loss);
    if (classes == LS_CLASSES_ONE || (classes == LS_CLASSES_EACH && network->outputs == 1))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "--class-weights needs classes: softmax outputs or a single sigmoid, with their losses; "
                   "the loss is %s with %lld outputs",
                   ls_loss_name(&network->loss), (long long)network->outputs);
}

/* ---- rows ---- */

/* The class of row r as training takes it. */
static int64_t class_of(const ls_rows *rows, int64_t r)
{
    if (rows->label)
        return rows->label[r];
    const float *y = rows->y + r * rows->outputs;
    if (rows->outputs == 1)
        return y[0] > LS_LOSS_TARGET_THRESHOLD;
    int64_t best = 0;
    for (int64_t j = 1; j < rows->outputs; j++)
        if (y[j] > y[best])
            best = j;
    return best;
}

/* ---- the list ---- */

/* One entry: a class and its weight, as they are written. */
typedef struct entry {
    char class[LIST_MAX], weight[LIST_MAX];
    bool quoted; /* then `class` is a name whatever it looks like */
} entry;

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " \t");
}

/* A name in quotes, where "" is one. false: they are not closed. */
static bool unquote(const char **at, char *text, size_t capacity)
{
    size_t length = 0;
    for (const char *c = *at + 1; *c; c++) {
        if (*c == '"' && *++c != '"') {
            text[length] = '\0';
            *at = c;
            return true;
        }
        if (length + 1 < capacity)
            text[length++] = *c;
    }
    return false;
}

/* Takes the entry at *at apart, and moves behind it: to the comma, or the end. What is not in quotes ends at its last
 * '=', so that names may have some. false: it is none. */
static bool next_entry(const char **at, entry *e)
{
    skip_blanks(at);
    e->quoted = **at == '"';
    if (e->quoted && !unquote(at, e->class, sizeof e->class))
        return false;
    const char *end = *at + strcspn(*at, ","), *equals = end;
    while (equals > *at && equals[-1] != '=')
        equals--;
    if (equals == *at)
        return false;
    char rest[LIST_MAX];
    cut(*at, equals - 1, rest, sizeof rest);
    if (e->quoted && rest[0])
        return false;
    if (!e->quoted)
        snprintf(e->class, sizeof e->class, "%s", rest);
    cut(equals, end, e->weight, sizeof e->weight);
    *at = end;
    return true;
}

static ls_status no_entry(const char *text, const ls_class_names *names)
{
    ls_text classes = {0};
    ls_class_names_list(names, &classes);
    const ls_status status = ls_fail(
        LS_ERR_USAGE,
        "--class-weights: '%.*s' is no CLASS=WEIGHT with a weight from 0 to 3.4e38; expected a list such as \"0=1, "
        "1=5\" or \"no=1, yes=5\", names with commas in double quotes, or balanced; the classes are %s",
        text[0] == '"' ? (int)strlen(text) : (int)strcspn(text, ","), text, ls_text_string(&classes));
    ls_text_free(&classes);
    return status;
}

/* The class that an entry names: a label wherever it is one, as before classes had names. -1: none. */
static int64_t find_class(const entry *e, const ls_class_names *names, int64_t *shadowed)
{
    int64_t label;
    const int64_t named = ls_class_names_find(names, e->class);
    if (e->quoted || !ls_parse_int64(e->class, &label))
        return named;
    const int64_t k = ls_class_names_find_label(names, label);
    if (k >= 0 && named >= 0 && named != k && shadowed && *shadowed < 0)
        *shadowed = named;
    return k >= 0 ? k : named;
}

static ls_status no_class(const entry *e, const ls_class_names *names)
{
    ls_text text = {0};
    const char *near = ls_class_names_nearest(names, e->class);
    ls_class_names_list(names, &text);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "--class-weights: there is no class '%s'%s%s%s; the classes are %s", e->class,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

ls_status ls_class_weights_parse(const char *list, const ls_class_names *names, float *weight, int64_t *shadowed)
{
    entry e;
    bool *given;
    ls_status status = LS_OK;
    if (shadowed)
        *shadowed = -1;
    LS_TRY(ls_memory_allocate(&given, names->count, sizeof *given, "class weights"));
    for (const char *at = list; *at;) {
        double value;
        skip_blanks(&at);
        const char *begin = at;
        if (!next_entry(&at, &e) || !ls_parse_double(e.weight, &value) || !(value >= 0) || !isfinite((float)value))
            LS_TRY_CLEANUP(no_entry(begin, names));
        const int64_t k = find_class(&e, names, shadowed);
        if (k < 0)
            LS_TRY_CLEANUP(no_class(&e, names));
        if (given[k])
            LS_TRY_CLEANUP(ls_fail(LS_ERR_USAGE, "--class-weights: the class '%s' is there twice", e.class));
        given[k] = true;
        weight[k] = (float)value;
        if (*at == ',' && *++at == '\0')
            LS_TRY_CLEANUP(ls_fail(LS_ERR_USAGE, "--class-weights: nothing follows the last comma"));
    }
cleanup:
    ls_memory_free(given);
    return status;
}

/* ---- balanced ---- */

void ls_class_weights_count(const ls_rows *rows, int64_t *counts)
{
    for (int64_t r = 0; r < rows->count; r++)
        counts[class_of(rows, r)]++;
}

/* weight = rows / (classes that occur * rows of the class), as scikit-learn's "balanced". */
static void balance(int64_t total, const int64_t *counts, int64_t classes, float *weight)
{
    int64_t there = 0;
    for (int64_t k = 0; k < classes; k++)
        there += counts[k] > 0;
    for (int64_t k = 0; k < classes; k++)
        if (counts[k] > 0)
            weight[k] = (float)((double)total / ((double)there * (double)counts[k]));
}

/* ---- both ---- */

static ls_status check_any(int64_t total, const int64_t *counts, int64_t classes, const float *weight)
{
    for (int64_t k = 0; k < classes; k++)
        if (counts[k] > 0 && weight[k] > 0)
            return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "--class-weights: the classes of all %lld training rows have the weight 0, so that none of them "
                   "counts; give one that occurs a weight above 0",
                   (long long)total);
}

static void say(ls_context *context, const ls_class_names *names, const float *weight, int64_t shadowed)
{
    enum { NAMED = 10 };
    ls_text text = {0};
    for (int64_t k = 0; k < names->count && k < NAMED; k++) {
        ls_text_append(&text, k ? ", " : "");
        ls_class_names_put(names, k, &text);
        ls_text_printf(&text, "=%.6g", (double)weight[k]);
    }
    ls_log_line(&context->log, LS_LOG_INFO, "class weights: %s%s", ls_text_string(&text),
                names->count > NAMED ? ", ..." : "");
    ls_text_free(&text);
    if (shadowed >= 0)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "--class-weights: %s is taken as a label; the class of that name is written \"%s\", in quotes",
                    ls_class_names_name(names, shadowed), ls_class_names_name(names, shadowed));
}

ls_status ls_class_weights_find(ls_context *context, const ls_options *options, const ls_network *network,
                                const char *encoding, int64_t total, int64_t *counts, float **weights)
{
    ls_class_names names = {0};
    float *weight = NULL;
    int64_t shadowed = -1;
    ls_status status;
    *weights = NULL;
    if (!options->class_weights[0])
        return LS_OK;
    status = ls_class_names_read(encoding, network, &names);
    if (status == LS_OK)
        status = ls_memory_allocate(&weight, names.count, sizeof *weight, "class weights");
    for (int64_t k = 0; status == LS_OK && k < names.count; k++)
        weight[k] = 1;
    if (status == LS_OK && !balanced(options))
        status = ls_class_weights_parse(options->class_weights, &names, weight, &shadowed);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));
    LS_TRY_CLEANUP(ls_comm_sum_int64(context->comm, counts, names.count));
    if (balanced(options))
        balance(total, counts, names.count, weight);
    LS_TRY_CLEANUP(check_any(total, counts, names.count, weight));
    say(context, &names, weight, shadowed);
    *weights = weight;
    weight = NULL;
cleanup:
    ls_class_names_free(&names);
    ls_memory_free(weight);
    return status;
}

ls_status ls_class_weights_apply(const float *weights, ls_rows *rows)
{
    LS_TRY(ls_memory_allocate(&rows->weight, rows->count, sizeof *rows->weight, "weights"));
    for (int64_t r = 0; r < rows->count; r++)
        rows->weight[r] = weights[class_of(rows, r)];
    return LS_OK;
}
