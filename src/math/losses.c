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
    const char *alias; /* a short name, or NULL; the name of Keras' class is the name, but for case and '_' */
    const char *keras; /* its class; NULL: Keras has none */
    const ls_setting *settings;
    size_t count;
    const char *ours;           /* a setting that Keras' class lacks, or NULL */
    const target_kind *targets; /* NULL: any numbers */
    bool labels;                /* targets are class numbers */
    bool scales;                /* targets may be scaled */
    ls_loss_class classes;
    float threshold;     /* of LS_CLASSES_EACH, with the activation that it is fused with, if any */
    ls_activation fused; /* with the last layer's; LS_LINEAR: with none */
    bool chances;        /* outputs are chances of classes, behind that activation */
    const char *advice;  /* where the loss is no number, or NULL */
} loss_row;

/* ---- targets ---- */

static bool is_probability(float y)
{
    return y >= 0 && y <= 1;
}

static bool is_not_negative(float y)
{
    return y >= 0;
}

static bool is_yes_or_no(float y)
{
    return y == 0 || y == 1;
}

static const target_kind probabilities = {is_probability, "takes targets from 0 to 1"};
static const target_kind amounts = {is_not_negative, "takes targets from 0 up"};
static const target_kind answers = {is_yes_or_no, "takes two labels, or 0 and 1, as targets"};

/* ---- settings ---- */

#define SETTING(key, type, least, most) LS_SETTING(ls_loss_settings, key, type, least, most, NULL)

static const ls_setting of_entropy[] = {
    SETTING(from_logits, SWITCH, 0, 0),
    SETTING(label_smoothing, REAL, 0, 1),
};
static const ls_setting of_focus[] = {
    SETTING(apply_class_balancing, SWITCH, 0, 0), SETTING(alpha, REAL, 0, 1),           SETTING(gamma, REAL, 0, 1e3),
    SETTING(from_logits, SWITCH, 0, 0),           SETTING(label_smoothing, REAL, 0, 1),
};
static const ls_setting of_huber[] = {SETTING(delta, REAL, 1e-30, 1e30)};
static const ls_setting of_quantile[] = {SETTING(tau, LIST, 1e-6, 0.999999)};

#define SETTINGS(table) .settings = (table), .count = sizeof(table) / sizeof *(table)

/* Keras'; quantile: the median. */
static const ls_loss_settings defaults = {.delta = 1, .tau = {1, {0.5}}, .alpha = 0.25, .gamma = 2};

/* ---- the table ---- */

static const loss_row table[LS_LOSS_COUNT] = {
    [LS_MEAN_SQUARED_ERROR] = {.name = "mean_squared_error",
                               .alias = "mse",
                               .keras = "MeanSquaredError",
                               .scales = true},
    [LS_MEAN_ABSOLUTE_ERROR] = {.name = "mean_absolute_error",
                                .alias = "mae",
                                .keras = "MeanAbsoluteError",
                                .scales = true},
    [LS_BINARY_CROSSENTROPY] = {.name = "binary_crossentropy",
                                .alias = "bce",
                                .keras = "BinaryCrossentropy",
                                SETTINGS(of_entropy),
                                .targets = &probabilities,
                                .classes = LS_CLASSES_EACH,
                                .threshold = 0.5f,
                                .fused = LS_SIGMOID,
                                .chances = true},
    [LS_CATEGORICAL_CROSSENTROPY] = {.name = "categorical_crossentropy",
                                     .keras = "CategoricalCrossentropy",
                                     SETTINGS(of_entropy),
                                     .targets = &probabilities,
                                     .classes = LS_CLASSES_ONE,
                                     .fused = LS_SOFTMAX,
                                     .chances = true},
    [LS_SPARSE_CATEGORICAL_CROSSENTROPY] = {.name = "sparse_categorical_crossentropy",
                                            .keras = "SparseCategoricalCrossentropy",
                                            SETTINGS(of_entropy),
                                            .ours = "label_smoothing",
                                            .labels = true,
                                            .classes = LS_CLASSES_ONE,
                                            .fused = LS_SOFTMAX,
                                            .chances = true},
    [LS_HUBER] = {.name = "huber", .keras = "Huber", SETTINGS(of_huber), .scales = true},
    [LS_LOG_COSH] = {.name = "log_cosh", .keras = "LogCosh", .scales = true},
    [LS_MEAN_ABSOLUTE_PERCENTAGE_ERROR] = {.name = "mean_absolute_percentage_error",
                                           .alias = "mape",
                                           .keras = "MeanAbsolutePercentageError"},
    [LS_MEAN_SQUARED_LOGARITHMIC_ERROR] = {.name = "mean_squared_logarithmic_error",
                                           .alias = "msle",
                                           .keras = "MeanSquaredLogarithmicError",
                                           .targets = &amounts},
    [LS_POISSON] = {.name = "poisson",
                    .keras = "Poisson",
                    .targets = &amounts,
                    .advice =
                        "; poisson takes the logarithm of the outputs, which are above 0 behind a last layer such "
                        "as '1 exponential' or '1 softplus'"},
    [LS_KL_DIVERGENCE] = {.name = "kl_divergence",
                          .alias = "kld",
                          .keras = "KLDivergence",
                          .targets = &probabilities,
                          .classes = LS_CLASSES_ONE,
                          .chances = true},
    [LS_HINGE] = {.name = "hinge", .keras = "Hinge", .targets = &answers, .classes = LS_CLASSES_EACH},
    [LS_SQUARED_HINGE] = {.name = "squared_hinge",
                          .keras = "SquaredHinge",
                          .targets = &answers,
                          .classes = LS_CLASSES_EACH},
    [LS_QUANTILE] = {.name = "quantile", .alias = "pinball", SETTINGS(of_quantile), .scales = true},
    [LS_BINARY_FOCAL_CROSSENTROPY] = {.name = "binary_focal_crossentropy",
                                      .alias = "bfce",
                                      .keras = "BinaryFocalCrossentropy",
                                      SETTINGS(of_focus),
                                      .targets = &probabilities,
                                      .classes = LS_CLASSES_EACH,
                                      .threshold = 0.5f,
                                      .fused = LS_SIGMOID,
                                      .chances = true},
};

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
    const ls_loss_settings *s = &loss->settings;
    loss->numbers = (ls_loss_numbers){.kind = (ls_loss_kind)(row - table),
                                      .link = s->from_logits ? row->fused : LS_LINEAR,
                                      .keep = (float)(1 - s->label_smoothing),
                                      .smoothing = (float)s->label_smoothing,
                                      .delta = (float)s->delta,
                                      .alpha = (float)s->alpha,
                                      .gamma = (float)s->gamma,
                                      .balanced = s->apply_class_balancing,
                                      .taus = (int32_t)s->tau.count};
    for (int64_t i = 0; i < s->tau.count; i++)
        loss->numbers.tau[i] = (float)s->tau.value[i];
}

ls_loss ls_loss_plain(ls_loss_kind kind)
{
    ls_loss loss = {.settings = defaults};
    round_settings(&table[kind], &loss);
    return loss;
}

static bool starts_setting(const char *text)
{
    text += strspn(text, " ");
    return text[strcspn(text, " ,=")] == '=';
}

/* "(key=value, key=value)", as in Python, as the words inside; other text as it is. A comma in front of a key is no
 * part of the value before it. */
static ls_status unwrap(const char *whose, const char *text, ls_text *settings)
{
    text += strspn(text, " ");
    ls_text_append(settings, text + (*text == '('));
    LS_TRY(ls_text_status(settings));
    char *end = settings->data + settings->length;
    while (end > settings->data && end[-1] == ' ')
        end--;
    *end = '\0';
    if (*text != '(')
        return LS_OK;
    if (end == settings->data || end[-1] != ')')
        return ls_fail(LS_ERR_USAGE, "%s: '%.40s' has no ')' at its end; write key=value, or (key=value)", whose, text);
    end[-1] = '\0';
    for (char *c = settings->data; *c; c++)
        if (*c == ',' && starts_setting(c + 1))
            *c = ' ';
    return LS_OK;
}

static ls_status read_settings(const char *whose, const char *text, const loss_row *row, ls_loss_settings *made)
{
    ls_text settings = {0};
    ls_status status = unwrap(whose, text, &settings);
    if (status == LS_OK && row->count == 0 && settings.data[0] != '\0')
        status = ls_fail(LS_ERR_USAGE, "%s: takes no settings; leave '%.40s' out", whose, settings.data);
    if (status == LS_OK)
        status = ls_settings_parse(whose, settings.data, row->settings, row->count, made, NULL);
    ls_text_free(&settings);
    return status;
}

ls_status ls_loss_parse(const char *what, const char *text, ls_loss *loss)
{
    char name[64], whose[128];
    bool too_long = false;
    ls_loss made = {.settings = defaults};
    if (!ls_parse_word(&text, "(", name, sizeof name, &too_long))
        name[0] = '\0';
    const loss_row *row = find(name);
    if (!row)
        return refuse_name(what, name);
    snprintf(whose, sizeof whose, "%s %s", what, row->name);
    LS_TRY(read_settings(whose, text, row, &made.settings));
    round_settings(row, &made);
    *loss = made;
    return LS_OK;
}

/* Whether the setting has its default. Without a text of it, which memory might not be there for: what is asked decides
 * what is written into a model. */
static bool is_default(const ls_loss *loss, const ls_setting *setting)
{
    return ls_settings_same(setting, &loss->settings, &defaults);
}

void ls_loss_format(const ls_loss *loss, ls_text *text)
{
    const loss_row *row = row_of(loss);
    ls_text_append(text, row->name);
    for (size_t i = 0; i < row->count; i++)
        if (!is_default(loss, &row->settings[i]))
            ls_settings_format(&row->settings[i], 1, &loss->settings, text);
}

const char *ls_loss_name(const ls_loss *loss)
{
    return row_of(loss)->name;
}

const ls_setting *ls_loss_setting(const ls_loss *loss, size_t index)
{
    const loss_row *row = row_of(loss);
    return index < row->count ? &row->settings[index] : NULL;
}

bool ls_loss_plainly(const ls_loss *loss)
{
    bool plain = true;
    for (size_t i = 0; i < row_of(loss)->count; i++)
        plain = plain && is_default(loss, &row_of(loss)->settings[i]);
    return plain;
}

const char *ls_loss_keras_class(const ls_loss *loss)
{
    const loss_row *row = row_of(loss);
    const ls_setting *ours = row->ours ? ls_settings_find(row->settings, row->count, row->ours) : NULL;
    return ours && !is_default(loss, ours) ? NULL : row->keras;
}

bool ls_loss_keras_has(const ls_loss *loss, const ls_setting *setting)
{
    const char *ours = row_of(loss)->ours;
    return !ours || strcmp(setting->key, ours) != 0;
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
    const loss_row *row = row_of(loss);
    if (loss->settings.from_logits)
        return 0; /* whose sigmoid is a half */
    return row->classes == LS_CLASSES_EACH ? row->threshold : LS_LOSS_TARGET_THRESHOLD;
}

bool ls_loss_chances(const ls_loss *loss, ls_activation *link)
{
    *link = loss->numbers.link;
    return row_of(loss)->chances;
}

int64_t ls_loss_spread(const ls_loss *loss)
{
    return loss->numbers.taus;
}

void ls_loss_put_share(const ls_loss *loss, int64_t j, ls_text *text)
{
    char number[32];
    const ls_setting_list *tau = &loss->settings.tau;
    if (ls_loss_spread(loss) > 1)
        ls_text_printf(text, "tau%s", ls_format_double(tau->value[j % tau->count], number));
}

const char *ls_loss_refuses(const ls_loss *loss, float target)
{
    const target_kind *targets = row_of(loss)->targets;
    return targets && !targets->takes(target) ? targets->refusal : NULL;
}

bool ls_loss_scales(const ls_loss *loss)
{
    return row_of(loss)->scales;
}

const char *ls_loss_advice(const ls_loss *loss)
{
    return row_of(loss)->advice ? row_of(loss)->advice : "";
}

/* ---- the last layer ---- */

ls_activation ls_loss_last(const ls_loss *loss)
{
    const ls_activation fused = row_of(loss)->fused;
    return fused == LS_LINEAR ? LS_ACTIVATION_COUNT : loss->settings.from_logits ? LS_LINEAR : fused;
}

ls_activation ls_loss_fused_with(const ls_loss *loss)
{
    return row_of(loss)->fused;
}

bool ls_loss_fused(const ls_loss *loss)
{
    return row_of(loss)->fused != LS_LINEAR;
}
