/* Changes: which there may be, their lines, and what they do to a recipe. */
#include "train/changes.h"

#include "base/memory.h"
#include "base/parse.h"
#include "context/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What --change can name, and the options that are then given, the first one of the recipe; NULL behind the last. */
static const struct {
    const char *name;
    const char *keys[4];
} names[] = {
    {"learning-rate", {"learning-rate"}},   {"schedule", {"schedule"}},
    {"early-stopping", {"early-stopping"}}, {"reduce-lr-on-plateau", {"reduce-lr-on-plateau"}},
    {"precision", {"precision"}},           {"checkpointing", {"checkpoint-every", "keep", "checkpoint-async"}},
};
enum { NAMES = sizeof names / sizeof *names };

/* ---- names ---- */

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return names[i].name;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && (*a == *b || (*a == '-' && *b == '_')); a++, b++) {
    }
    return *a == *b;
}

static ls_status take_name(const char *word, unsigned *named)
{
    for (size_t i = 0; i < NAMES; i++) {
        if (!same_name(names[i].name, word))
            continue;
        *named |= 1u << i;
        return LS_OK;
    }
    const char *near = ls_parse_nearest(word, NAMES, name_at, NULL);
    const ls_option_row *row = ls_option_find(word);
    if (row && !row->recipe)
        return ls_fail(LS_ERR_USAGE, "--change: '%s' may differ from one start to the next; give it without --change",
                       word);
    return ls_fail(LS_ERR_USAGE,
                   "--change: '%s' %s%s%s%s; expected learning-rate, schedule, precision, early-stopping, "
                   "reduce-lr-on-plateau or checkpointing, with commas between them%s",
                   word, ls_option_find(word) ? "may not change" : "is no option", near ? " (did you mean '" : "",
                   near ? near : "", near ? "'?)" : "",
                   ls_option_find(word) ? "; for anything else choose another --output" : "");
}

ls_status ls_changes_parse(const ls_options *options, unsigned *named)
{
    char word[64];
    bool too_long = false;
    *named = 0;
    for (const char *cursor = options->change; *cursor != '\0'; cursor += *cursor == ',')
        if (ls_parse_word(&cursor, ",", word, sizeof word, &too_long))
            LS_TRY(take_name(word, named));
    return LS_OK;
}

ls_status ls_changes_check(const ls_options *options)
{
    unsigned named;
    LS_TRY(ls_changes_parse(options, &named));
    for (size_t i = 0; i < NAMES; i++) {
        bool given = false;
        for (int k = 0; names[i].keys[k]; k++)
            given = given || ls_options_given(options, names[i].keys[k]);
        if ((named & 1u << i) && !given)
            return ls_fail(LS_ERR_USAGE, "--change %s: there is no new value; give it with --%s%s%s", names[i].name,
                           names[i].keys[0], names[i].keys[1] ? " or --" : "",
                           names[i].keys[1] ? names[i].keys[1] : "");
    }
    return LS_OK;
}

static bool is_named(unsigned named, const char *key)
{
    for (size_t i = 0; i < NAMES; i++)
        if ((named & 1u << i) && strcmp(names[i].keys[0], key) == 0)
            return true;
    return false;
}

bool ls_changes_possible(const char *key)
{
    return is_named(LS_CHANGES_ALL, key);
}

bool ls_changes_allow(unsigned named, const ls_options *saved, const ls_options *ours, const char *key)
{
    if (strcmp(key, "learning-rate") != 0)
        return is_named(named, key);
    if (strcmp(saved->schedule, ours->schedule) != 0 && is_named(named, "schedule"))
        return true;
    return ours->schedule[0] == '\0' && is_named(named, key);
}

/* ---- lines ---- */

/* Cuts `text` behind `mark`, which must be there. */
static char *cut(char *text, const char *mark)
{
    char *at = strstr(text, mark);
    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + strlen(mark);
}

ls_status ls_changes_next(const char **cursor, ls_change *change, bool *there)
{
    char line[2 * LS_TEXT_MAX + 128];
    const size_t length = strcspn(*cursor, "\n");
    *there = length > 0;
    if (!*there)
        return LS_OK;
    snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line), *cursor);
    *cursor += length + ((*cursor)[length] == '\n');
    char *key = cut(line, ": "), *before = key ? cut(key, " = ") : NULL, *after = before ? cut(before, " -> ") : NULL;
    if (after == NULL || strncmp(line, "step ", 5) != 0 || !ls_parse_int64(line + 5, &change->step))
        return ls_fail(LS_ERR_OUTPUT, "'%.80s' is no change 'step S: key = old -> new'", line);
    snprintf(change->key, sizeof change->key, "%s", key);
    snprintf(change->before, sizeof change->before, "%s", before);
    snprintf(change->after, sizeof change->after, "%s", after);
    return LS_OK;
}

ls_status ls_changes_check_text(const char *text, int64_t steps)
{
    ls_change change;
    int64_t least = 0;
    bool there;
    for (;;) {
        LS_TRY(ls_changes_next(&text, &change, &there));
        if (!there)
            return *text == '\0' ? LS_OK : ls_fail(LS_ERR_OUTPUT, "has an empty line between changes");
        const ls_option_row *row = ls_option_find(change.key);
        if (change.step < least || change.step > steps)
            return ls_fail(LS_ERR_OUTPUT, "has a change at step %lld, expected %lld to %lld", (long long)change.step,
                           (long long)least, (long long)steps);
        if (row == NULL || !row->recipe)
            return ls_fail(LS_ERR_OUTPUT, "has a change of '%.64s', expected an option of the recipe", change.key);
        least = change.step;
    }
}

ls_status ls_changes_find(const ls_options *saved, const ls_options *ours, int64_t steps, ls_text *text)
{
    char a[LS_TEXT_MAX], b[LS_TEXT_MAX];
    const ls_option_row *row;
    for (size_t i = 0; (row = ls_option_at(i)); i++) {
        if (!row->recipe)
            continue;
        LS_TRY(ls_options_get(saved, row->key, a, sizeof a));
        LS_TRY(ls_options_get(ours, row->key, b, sizeof b));
        if (strcmp(a, b) != 0)
            ls_text_printf(text, "step %" PRId64 ": %s = %s -> %s\n", steps, row->key, a, b);
    }
    return ls_text_status(text);
}

ls_status ls_changes_undo(const char *text, ls_options *recipe)
{
    ls_change change;
    bool there;
    for (;;) {
        LS_TRY(ls_changes_next(&text, &change, &there));
        if (!there)
            return LS_OK;
        LS_TRY(ls_options_fill(recipe, change.key, change.before));
    }
}
