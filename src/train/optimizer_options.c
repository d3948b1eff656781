/* The optimizer's words and options: two spellings of one set of settings. */
#include "train/optimizer_options.h"

#include "base/parse.h"
#include "base/text.h"
#include "base/visible.h"
#include "context/options.h"

#include <string.h>

/* ---- names ---- */

static const char *optimizer_name_at(const void *context, size_t i)
{
    (void)context;
    return ls_optimizer_at(i)->name;
}

static ls_status refuse_optimizer(const char *word)
{
    if (strchr(word, '('))
        return ls_fail(
            LS_ERR_USAGE,
            "--optimizer '%s': settings come behind the name, without parentheses, as in \"sgd learning_rate=0.1 "
            "momentum=0.9\"",
            word);
    size_t count = 0;
    ls_text names = {0};
    for (; ls_optimizer_at(count); count++)
        ls_text_printf(&names, "%s%s",
                       count == 0                   ? ""
                       : ls_optimizer_at(count + 1) ? ", "
                                                    : " or ",
                       ls_optimizer_at(count)->name);
    const char *near = ls_parse_nearest(word, count, optimizer_name_at, NULL);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "--optimizer '%s': no such optimizer%s%s%s; expected %s", word,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&names));
    ls_text_free(&names);
    return status;
}

/* The option of train that holds a setting; NULL: none does. */
static const ls_option_row *option_of(const char *key)
{
    const ls_option_row *row = ls_option_find(key);
    return row && (row->commands & LS_COMMAND_TRAIN) ? row : NULL;
}

/* The k-th setting of the optimizer that users can give; NULL behind the last. */
static const char *setting_at(const ls_optimizer_row *row, size_t k)
{
    double ignored;
    for (const ls_optimizer_default *s = row->settings; s->key; s++)
        if (k-- == 0)
            return s->key;
    for (size_t i = 0; i < ls_optimizer_setting_count; i++) {
        const char *key = ls_optimizer_setting_table[i].key;
        bool own = false;
        for (const ls_optimizer_default *s = row->settings; s->key; s++)
            own = own || strcmp(s->key, key) == 0;
        if (!own && ls_optimizer_has(row, key, &ignored) && option_of(key) && k-- == 0)
            return key;
    }
    return NULL;
}

typedef struct setting_names {
    const ls_optimizer_row *row;
} setting_names;

static const char *setting_name_at(const void *context, size_t i)
{
    return setting_at(((const setting_names *)context)->row, i);
}

static ls_status refuse_setting(const ls_optimizer_row *row, const char *word, const char *option)
{
    const setting_names names = {row};
    size_t count = 0;
    ls_text text = {0};
    for (; setting_at(row, count); count++)
        ls_text_printf(&text, "%s%s",
                       count == 0                   ? ""
                       : setting_at(row, count + 1) ? ", "
                                                    : " and ",
                       setting_at(row, count));
    const char *near =
        strcmp(word, "lr") == 0 ? "learning_rate" : ls_parse_nearest(word, count, setting_name_at, &names);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "--%s: %s has no setting '%s'%s%s%s; it has %s", option, row->name, word,
                near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", ls_text_string(&text));
    ls_text_free(&text);
    return status;
}

/* ---- running averages ---- */

static const ls_setting ema_table[] = {
    {"momentum", LS_SETTING_REAL, offsetof(ls_optimizer_settings, ema_momentum), 0, 1, NULL},
};

/* "", off, on, or settings. */
static ls_status read_ema(const char *text, ls_optimizer_settings *settings)
{
    settings->ema_momentum = 0.99;
    settings->use_ema = text[0] != '\0';
    if (settings->use_ema && !ls_visible_any(text, strlen(text)))
        return ls_fail(LS_ERR_USAGE, "--ema is '%s', in which nothing can be seen; expected on, off or \"momentum=X\"",
                       text);
    if (!settings->use_ema || ls_parse_bool(text, &settings->use_ema))
        return LS_OK;
    return ls_settings_parse("--ema", text, ema_table, 1, settings, NULL);
}

/* Equal settings are equal bytes: off is empty, and on has its momentum. */
static ls_status write_ema(ls_options *options)
{
    ls_optimizer_settings settings;
    ls_text text = {0};
    if (options->ema[0] == '\0')
        return LS_OK;
    LS_TRY(read_ema(options->ema, &settings));
    if (settings.use_ema)
        ls_settings_format(ema_table, 1, &settings, &text);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_options_fill(options, "ema", settings.use_ema ? ls_text_string(&text) + 1 : "");
    ls_text_free(&text);
    return status;
}

/* ---- resolving ---- */

/* Which settings the words have given. */
typedef struct words {
    const ls_optimizer_row *row;
    bool taken[LS_SETTINGS_MAX];
} words;

/* One "name=value" of the words. */
static ls_status take_setting(char *word, ls_options *options, words *w)
{
    char *equals = strchr(word, '=');
    double ignored;
    if (!equals)
        return ls_fail(LS_ERR_USAGE,
                       "--optimizer: '%s' is not a setting; expected name=value, as in \"%s learning_rate=0.01\"", word,
                       w->row->name);
    *equals = '\0';
    const ls_setting *s = ls_settings_find(ls_optimizer_setting_table, ls_optimizer_setting_count, word);
    const ls_option_row *option = s ? option_of(s->key) : NULL;
    if (s && !option)
        return ls_fail(LS_ERR_USAGE,
                       "--optimizer: running averages have an option of their own: say --ema "
                       "\"momentum=0.99\" in place of %s",
                       word);
    if (!option || !ls_optimizer_has(w->row, s->key, &ignored))
        return refuse_setting(w->row, word, "optimizer");
    bool *taken = &w->taken[s - ls_optimizer_setting_table];
    if (*taken && ls_options_given(options, "optimizer")) /* in a recipe of version 0.1 the last one counts */
        return ls_fail(LS_ERR_USAGE, "--optimizer '%s' gives %s twice; leave one of them out", options->optimizer,
                       word);
    if (!*taken && ls_options_given(options, s->key))
        return ls_fail(
            LS_ERR_USAGE,
            "%s is given twice, by --%s and in --optimizer '%s': these are two spellings of one setting; leave "
            "one of them out",
            word, option->key, options->optimizer);
    *taken = true;
    return ls_options_set(options, s->key, equals + 1);
}

/* Options of other optimizers are refused, and those that are left open take this one's default. */
static ls_status fill_in(ls_options *options, const ls_optimizer_row *row, bool saved)
{
    for (size_t i = 0; i < ls_optimizer_setting_count; i++) {
        const ls_setting *s = &ls_optimizer_setting_table[i];
        double initial;
        char number[32];
        if (!option_of(s->key))
            continue;
        const bool given = ls_options_given(options, s->key), has = ls_optimizer_has(row, s->key, &initial);
        if (given && !has)
            return refuse_setting(row, s->key, option_of(s->key)->key);
        if (given || !has || saved || options->settled)
            continue;
        const bool is_switch = s->type == LS_SETTING_SWITCH;
        LS_TRY(ls_options_fill(options, s->key,
                               is_switch ? (initial != 0 ? "on" : "off") : ls_format_double(initial, number)));
    }
    return LS_OK;
}

static ls_status read_schedule(const ls_options *o, ls_schedule *schedule)
{
    const bool rate_given = ls_options_given(o, "learning-rate") && ls_options_given(o, "schedule");
    LS_TRY(ls_schedule_parse(o->schedule, schedule));
    return ls_schedule_take_rate(schedule, o->learning_rate, rate_given);
}

static ls_status check(const ls_options *o)
{
    if ((o->clipnorm > 0) + (o->global_clipnorm > 0) + (o->clipvalue > 0) > 1)
        return ls_fail(LS_ERR_USAGE, "--clipnorm, --global-clipnorm and --clipvalue exclude each other; give one");
    if (o->nesterov && o->momentum == 0)
        return ls_fail(LS_ERR_USAGE, "--nesterov looks ahead along the momentum, which is 0; give --momentum, as in "
                                     "--optimizer \"sgd momentum=0.9 nesterov=true\"");
    ls_schedule schedule;
    return read_schedule(o, &schedule);
}

/* What is said to be off, in the words of what was never said. */
static ls_status write_nothing(ls_options *options)
{
    if (strcmp(options->schedule, "off") == 0 || strcmp(options->schedule, "none") == 0)
        LS_TRY(ls_options_fill(options, "schedule", ""));
    if (options->gradient_accumulation_steps == 1)
        LS_TRY(ls_options_fill(options, "gradient-accumulation-steps", "0"));
    return LS_OK;
}

ls_status ls_optimizer_options_resolve(ls_options *options, bool saved)
{
    const char *cursor = options->optimizer;
    char word[128];
    bool too_long = false;
    const bool named = ls_parse_word(&cursor, "", word, sizeof word, &too_long);
    words w = {.row = named ? ls_optimizer_find(word) : NULL};
    if (!w.row)
        return refuse_optimizer(named ? word : "");
    while (ls_parse_word(&cursor, "", word, sizeof word, &too_long)) {
        if (too_long)
            return ls_fail(LS_ERR_USAGE, "--optimizer: the setting '%.40s...' is longer than %zu bytes", word,
                           sizeof word - 1);
        LS_TRY(take_setting(word, options, &w));
    }
    LS_TRY(fill_in(options, w.row, saved));
    LS_TRY(write_nothing(options));
    LS_TRY(write_ema(options));
    LS_TRY(check(options));
    return ls_options_set(options, "optimizer", w.row->name);
}

ls_status ls_optimizer_options_schedule(ls_options *options, int64_t steps_per_epoch, ls_schedule *schedule)
{
    char number[32];
    ls_text text = {0};
    LS_TRY(read_schedule(options, schedule));
    LS_TRY(ls_schedule_resolve(schedule, steps_per_epoch));
    ls_schedule_format(schedule, &text);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK && schedule->row)
        status = ls_options_set(options, "schedule", ls_text_string(&text));
    if (status == LS_OK && schedule->initial_learning_rate >= 0 && !ls_options_given(options, "learning-rate"))
        status = ls_options_fill(options, "learning-rate", ls_format_double(schedule->initial_learning_rate, number));
    ls_text_free(&text);
    return status;
}

/* ---- a new optimizer ---- */

ls_status ls_optimizer_options_start(const ls_options *options, ls_optimizer *optimizer)
{
    ls_optimizer_settings settings = {0};
    char value[64];
    for (size_t i = 0; i < ls_optimizer_setting_count; i++) {
        const ls_setting *s = &ls_optimizer_setting_table[i];
        if (!option_of(s->key))
            continue;
        LS_TRY(ls_options_get(options, s->key, value, sizeof value));
        LS_TRY(ls_settings_set("--optimizer", s, value, &settings));
    }
    LS_TRY(read_ema(options->ema, &settings));
    ls_optimizer_start(ls_optimizer_find(options->optimizer), &settings, optimizer);
    return LS_OK;
}
