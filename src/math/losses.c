/* The losses: one row each, and what is asked of them. The loops are compiled once per instruction set (losses.inc). */
#include "math/losses.h"

#include "base/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Which numbers may be targets. */
typedef struct target_kind {
    bool (*takes)(float y);
    const char *refusal; /* follows the loss' name */
} target_kind;

typedef struct loss_row {
    const char *name;
    const char *alias; /* Keras' short name, or NULL; the name of its class is the name, but for case and '_' */
    const ls_setting *settings;
    size_t count;
    const target_kind *targets; /* NULL: any numbers */
    bool labels;                /* targets are class numbers */
    ls_loss_class classes;
    ls_activation fused; /* with the last layer's; LS_LINEAR: with none */
} loss_row;

static bool is_probability(float y)
{
    return y >= 0 && y <= 1;
}

static const target_kind probabilities = {is_probability, "takes targets from 0 to 1"};

static const loss_row table[LS_LOSS_COUNT] = {
    [LS_MEAN_SQUARED_ERROR] = {.name = "mean_squared_error", .alias = "mse"},
    [LS_MEAN_ABSOLUTE_ERROR] = {.name = "mean_absolute_error", .alias = "mae"},
    [LS_BINARY_CROSSENTROPY] = {.name = "binary_crossentropy",
                                .alias = "bce",
                                .targets = &probabilities,
                                .classes = LS_CLASSES_EACH,
                                .fused = LS_SIGMOID},
    [LS_CATEGORICAL_CROSSENTROPY] = {.name = "categorical_crossentropy",
                                     .targets = &probabilities,
                                     .classes = LS_CLASSES_ONE,
                                     .fused = LS_SOFTMAX},
    [LS_SPARSE_CATEGORICAL_CROSSENTROPY] = {.name = "sparse_categorical_crossentropy",
                                            .labels = true,
                                            .classes = LS_CLASSES_ONE,
                                            .fused = LS_SOFTMAX},
};

static const ls_loss_settings defaults = {0};

static const loss_row *row_of(const ls_loss *loss)
{
    return &table[loss->numbers.kind];
}

/* ---- by name ---- */

/* Keras' functions and classes differ in case and '_' only: log_cosh, LogCosh. */
static bool same_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        a += strspn(a, "_-");
        b += strspn(b, "_-");
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (*a == '\0')
            return true;
    }
}

static const loss_row *find(const char *name)
{
    for (int i = 0; i < LS_LOSS_COUNT; i++)
        if (same_name(name, table[i].name) || (table[i].alias && same_name(name, table[i].alias)))
            return &table[i];
    return NULL;
}

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return table[i].name;
}

static ls_status refuse_name(const char *what, const char *name)
{
    const char *near = ls_parse_nearest(name, LS_LOSS_COUNT, name_at, NULL);
    ls_text names = {0};
    for (int i = 0; i < LS_LOSS_COUNT; i++) {
        ls_text_printf(&names, "%s%s", i == 0 ? "" : i + 1 == LS_LOSS_COUNT ? " or " : ", ", table[i].name);
        if (table[i].alias)
            ls_text_printf(&names, " (%s)", table[i].alias);
    }
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "%s: no loss is called '%s'%s%s%s; expected %s", what, name,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

/* The settings as the kernels have them. */
static void round_settings(const loss_row *row, ls_loss *loss)
{
    loss->numbers = (ls_loss_numbers){.kind = (ls_loss_kind)(row - table)};
}

ls_loss ls_loss_plain(ls_loss_kind kind)
{
    ls_loss loss = {.settings = defaults};
    round_settings(&table[kind], &loss);
    return loss;
}

ls_status ls_loss_parse(const char *what, const char *text, ls_loss *loss)
{
    char name[64], whose[128];
    bool too_long = false;
    ls_loss made = {.settings = defaults};
    if (!ls_parse_word(&text, "", name, sizeof name, &too_long))
        name[0] = '\0';
    const loss_row *row = find(name);
    if (!row)
        return refuse_name(what, name);
    snprintf(whose, sizeof whose, "%s %s", what, row->name);
    LS_TRY(ls_settings_parse(whose, text, row->settings, row->count, &made.settings, NULL));
    round_settings(row, &made);
    *loss = made;
    return LS_OK;
}

void ls_loss_format(const ls_loss *loss, ls_text *text)
{
    const loss_row *row = row_of(loss);
    ls_text here = {0}, initial = {0};
    ls_text_append(text, row->name);
    for (size_t i = 0; i < row->count; i++) {
        ls_text_clear(&here);
        ls_text_clear(&initial);
        ls_settings_format(&row->settings[i], 1, &loss->settings, &here);
        ls_settings_format(&row->settings[i], 1, &defaults, &initial);
        if (strcmp(ls_text_string(&here), ls_text_string(&initial)) != 0)
            ls_text_append(text, ls_text_string(&here));
    }
    text->failed = text->failed || here.failed || initial.failed;
    ls_text_free(&here);
    ls_text_free(&initial);
}

const char *ls_loss_name(const ls_loss *loss)
{
    return row_of(loss)->name;
}

/* ---- what it is about ---- */

bool ls_loss_takes_labels(const ls_loss *loss)
{
    return row_of(loss)->labels;
}

ls_loss_class ls_loss_classes(const ls_loss *loss)
{
    return row_of(loss)->classes;
}

float ls_loss_threshold(const ls_loss *loss)
{
    (void)loss;
    return 0.5f;
}

bool ls_loss_chances(const ls_loss *loss, ls_activation *link)
{
    *link = LS_LINEAR;
    return row_of(loss)->classes != LS_CLASSES_NONE;
}

const char *ls_loss_refuses(const ls_loss *loss, float target)
{
    const target_kind *targets = row_of(loss)->targets;
    return targets && !targets->takes(target) ? targets->refusal : NULL;
}

bool ls_loss_scales(const ls_loss *loss)
{
    return row_of(loss)->classes == LS_CLASSES_NONE;
}

/* ---- the last layer ---- */

ls_activation ls_loss_last(const ls_loss *loss)
{
    const ls_activation fused = row_of(loss)->fused;
    return fused != LS_LINEAR ? fused : LS_ACTIVATION_COUNT;
}

bool ls_loss_fused(const ls_loss *loss)
{
    return row_of(loss)->fused != LS_LINEAR;
}
