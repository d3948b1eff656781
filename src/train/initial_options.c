/* Options from what a model was compiled with. */
#include "train/initial_options.h"

#include "base/memory.h"
#include "base/parse.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "hdf5/h5.h"
#include "import/open.h"
#include "optim/optimizer.h"
#include "train/model.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Sent to all ranks as it is; empty texts: the file does not say. */
typedef struct compiled {
    char optimizer[LS_TEXT_MAX], schedule[LS_TEXT_MAX], ema[64];
} compiled;

typedef struct reading {
    const ls_options *options;
    compiled compiled;
} reading;

/* ---- the file (rank 0) ---- */

static ls_status read_text(ls_h5_file *file, const char *name, char *text, size_t size)
{
    char *found;
    text[0] = '\0';
    if (!ls_h5_has_attribute(file, "/lockstep", name))
        return LS_OK;
    LS_TRY(ls_h5_attribute_text(file, "/lockstep", name, &found));
    const bool fits = snprintf(text, size, "%s", found) < (int)size;
    ls_memory_free(found);
    return fits ? LS_OK : ls_fail(LS_ERR_DATA, "%s: its %s has more than %zu bytes", ls_h5_path(file), name, size - 1);
}

static ls_status read_compiled(void *user)
{
    reading *r = user;
    compiled *c = &r->compiled;
    ls_h5_file *file;
    LS_TRY(ls_model_open(r->options->init, r->options, &file));
    ls_status status = read_text(file, LS_IMPORT_OPTIMIZER, c->optimizer, sizeof c->optimizer);
    if (status == LS_OK)
        status = read_text(file, LS_IMPORT_SCHEDULE, c->schedule, sizeof c->schedule);
    if (status == LS_OK)
        status = read_text(file, LS_IMPORT_EMA, c->ema, sizeof c->ema);
    ls_h5_close(file);
    return status;
}

/* ---- options ---- */

/* Whether the words of --optimizer give a setting, as "adam beta_1=0.8" does. */
static bool is_in_words(const ls_options *options, const char *key)
{
    const char *cursor = options->optimizer;
    char word[128];
    bool too_long;
    while (ls_parse_word(&cursor, "", word, sizeof word, &too_long)) {
        word[strcspn(word, "=")] = '\0';
        for (char *c = word; *c; c++)
            *c = *c == '-' ? '_' : *c;
        if (strcmp(word, key) == 0)
            return true;
    }
    return false;
}

static bool is_given(const ls_options *options, const char *key)
{
    return ls_options_given(options, key) || is_in_words(options, key);
}

/* Whether the optimizer that is given, if one is, is the file's. */
static bool is_same(const ls_options *options, const char *name)
{
    const char *cursor = options->optimizer;
    char word[128];
    bool too_long;
    return !ls_options_given(options, "optimizer") ||
           (ls_parse_word(&cursor, "", word, sizeof word, &too_long) && strcasecmp(word, name) == 0);
}

/* The rate is the state's, which may have changed since. */
static ls_status take_setting(const char *word, ls_options *options)
{
    char key[64];
    const char *equals = strchr(word, '=');
    snprintf(key, sizeof key, "%.*s", equals ? (int)(equals - word) : 0, word);
    if (!equals || strcmp(key, "learning_rate") == 0 || is_given(options, key))
        return LS_OK;
    return ls_options_set(options, key, equals + 1);
}

static ls_status take_optimizer(const char *text, ls_options *options)
{
    char word[128], name[64];
    bool too_long;
    const char *cursor = text;
    if (!ls_parse_word(&cursor, "", name, sizeof name, &too_long) || !is_same(options, name))
        return LS_OK;
    if (!ls_options_given(options, "optimizer"))
        LS_TRY(ls_options_set(options, "optimizer", name));
    while (ls_parse_word(&cursor, "", word, sizeof word, &too_long))
        LS_TRY(take_setting(word, options));
    return LS_OK;
}

static ls_status take(const compiled *c, ls_options *options)
{
    const bool scheduled = ls_options_given(options, "schedule") || is_given(options, "learning_rate");
    LS_TRY(take_optimizer(c->optimizer, options));
    if (c->schedule[0] && !scheduled)
        LS_TRY(ls_options_set(options, "schedule", c->schedule));
    if (c->ema[0] && !ls_options_given(options, "ema"))
        LS_TRY(ls_options_set(options, "ema", c->ema));
    return LS_OK;
}

ls_status ls_initial_options(ls_context *context, ls_options *options)
{
    reading r = {.options = options};
    if (!options->init[0] || !options->init_optimizer || options->initial_weights[0] || options->settled ||
        options->resume || options->compiled_taken)
        return LS_OK;
    LS_TRY(ls_lead_alone(context->comm, read_compiled, &r, "rank 0 reads what the model was compiled with"));
    LS_TRY(ls_comm_broadcast(context->comm, 0, &r.compiled, sizeof r.compiled));
    ls_status status = take(&r.compiled, options);
    if (status != LS_OK)
        ls_fail_prefix(status, "--init-optimizer: what %s was compiled with: ", options->init);
    options->compiled_taken = true;
    return ls_agree(context->comm, status);
}
