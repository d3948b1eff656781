/* Making options, setting them from text, and their values as text. */
#include "context/options.h"

#include "base/memory.h"
#include "base/parse.h"
#include "context/options_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- names ---- */

static bool same_key(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
            return false;
    }
    return *a == *b;
}

static bool is_other_name(const ls_options_entry *e, const char *key)
{
    return e->other_name != NULL && same_key(key, e->other_name);
}

const ls_options_entry *ls_options_find(const ls_options_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (same_key(key, table->entry[i].row.key) || is_other_name(&table->entry[i], key))
            return &table->entry[i];
    }
    return NULL;
}

static const char *key_at(const void *context, size_t i)
{
    return ((const ls_options_table *)context)->entry[i].row.key;
}

static ls_status find(const ls_options *options, const char *key, const ls_options_entry **found)
{
    const ls_options_table *table = options->table;
    *found = ls_options_find(table, key);
    if (*found != NULL)
        return LS_OK;
    const ls_options_word *word = ls_options_words_find(key);
    const char *near = word != NULL ? word->key : ls_parse_nearest(key, table->count, key_at, table);
    if (word != NULL && word->advice != NULL)
        return ls_fail(LS_ERR_USAGE, "unknown option '%.200s'; here: %s", key, word->advice);
    if (near != NULL)
        return ls_fail(LS_ERR_USAGE, "unknown option '%.200s'; did you mean '%s'?", key, near);
    return ls_fail(LS_ERR_USAGE, "unknown option '%.200s'", key);
}

/* ---- setting ---- */

/* One of the choices "a|b|c", where it begins; NULL behind the last. */
static const char *choice_at(const char *choices, size_t index)
{
    while (index-- > 0) {
        choices += strcspn(choices, "|");
        if (*choices++ == '\0')
            return NULL;
    }
    return choices;
}

static bool is_choice(const char *choices, const char *value)
{
    const size_t length = strlen(value);
    const char *choice;
    for (size_t i = 0; (choice = choice_at(choices, i)) != NULL; i++)
        if (strcspn(choice, "|") == length && strncmp(choice, value, length) == 0)
            return true;
    return false;
}

/* For ls_parse_nearest, which takes names that end: the choices with NUL between them. */
static const char *ended_choice_at(const void *context, size_t i)
{
    const char *name = context;
    while (i-- > 0)
        name += strlen(name) + 1;
    return name;
}

static ls_status refuse_choice(const ls_options_entry *e, const char *value)
{
    const char *choices = e->row.choices, *choice;
    ls_text names = {0}, ended = {0};
    size_t count = 0;
    for (; (choice = choice_at(choices, count)) != NULL; count++) {
        const char *before = count == 0 ? "" : choice_at(choices, count + 1) == NULL ? " or " : ", ";
        ls_text_printf(&names, "%s%.*s", before, (int)strcspn(choice, "|"), choice);
        ls_text_append_bytes(&ended, choice, strcspn(choice, "|"));
        ls_text_append_bytes(&ended, "", 1);
    }
    const char *near = ended.failed ? NULL : ls_parse_nearest(value, count, ended_choice_at, ended.data);
    const ls_status status =
        ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected %s%s%s%s", e->row.key, value, ls_text_string(&names),
                near == NULL ? "" : "; did you mean '", near == NULL ? "" : near, near == NULL ? "" : "'?");
    ls_text_free(&names);
    ls_text_free(&ended);
    return status;
}

/* Of any type, since messages have the value in them, and room for so much. */
static ls_status check_bytes(const ls_options_entry *e, const char *value)
{
    const size_t length = strlen(value);
    const size_t room = e->row.type == LS_OPTION_TEXT && e->row.choices == NULL ? e->size : LS_TEXT_MAX;
    if (length >= room)
        return ls_fail(LS_ERR_USAGE, "option '%s' has %zu bytes; at most %zu fit", e->row.key, length, room - 1);
    for (const char *c = value; *c != '\0'; c++) {
        /* The recipe and the configuration are kept as lines. */
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return ls_fail(LS_ERR_USAGE, "option '%s' holds a control character (byte %d at position %td)", e->row.key,
                           *c, c - value + 1);
    }
    return LS_OK;
}

static ls_status set_text(const ls_options_entry *e, char *member, const char *value)
{
    size_t length = strlen(value);
    if (e->row.choices != NULL && !is_choice(e->row.choices, value))
        return refuse_choice(e, value);
    memmove(member, value, length);
    memset(member + length, 0, e->size - length); /* equal settings are equal bytes */
    return LS_OK;
}

static ls_status set_integer(const ls_options_entry *e, int64_t *member, const char *value)
{
    int64_t number, least = (int64_t)e->row.least, most = (int64_t)e->row.most;
    if (!ls_parse_int64(value, &number) || number < least || number > most)
        return ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected a whole number from %" PRId64 " to %" PRId64,
                       e->row.key, value, least, most);
    *member = number;
    return LS_OK;
}

static ls_status set_real(const ls_options_entry *e, double *member, const char *value)
{
    double number;
    char least[32], most[32];
    if (!ls_parse_double(value, &number) || number < e->row.least || number > e->row.most)
        return ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected a number from %s to %s", e->row.key, value,
                       ls_format_double(e->row.least, least), ls_format_double(e->row.most, most));
    *member = number == 0 ? 0 : number; /* -0 is 0: equal settings are equal bytes */
    return LS_OK;
}

static ls_status set_switch(const ls_options_entry *e, bool *member, const char *value)
{
    if (!ls_parse_bool(value, member))
        return ls_fail(LS_ERR_USAGE, "option '%s' is '%s'; expected on or off", e->row.key, value);
    return LS_OK;
}

static ls_status set(ls_options *options, const ls_options_entry *e, const char *value)
{
    void *member = (char *)options + e->offset;
    LS_TRY(check_bytes(e, value));
    if (e->check != NULL)
        LS_TRY(e->check(e->row.key, value));
    switch (e->row.type) {
    case LS_OPTION_INTEGER:
        return set_integer(e, member, value);
    case LS_OPTION_REAL:
        return set_real(e, member, value);
    case LS_OPTION_SWITCH:
        return set_switch(e, member, value);
    case LS_OPTION_TEXT:
        break;
    }
    return set_text(e, member, value);
}

static void mark(ls_options *options, const ls_options_entry *e, bool given, bool other_name)
{
    options->given[e - options->table->entry] = given;
    options->other_name[e - options->table->entry] = other_name;
}

ls_status ls_options_set(ls_options *options, const char *key, const char *value)
{
    const ls_options_entry *e;
    LS_TRY(find(options, key, &e));
    LS_TRY(set(options, e, value));
    mark(options, e, true, is_other_name(e, key));
    return LS_OK;
}

ls_status ls_options_fill(ls_options *options, const char *key, const char *value)
{
    const ls_options_entry *e;
    LS_TRY(find(options, key, &e));
    return set(options, e, value);
}

ls_status ls_options_reset(ls_options *options, const char *key)
{
    const ls_options_entry *e;
    LS_TRY(find(options, key, &e));
    mark(options, e, false, false);
    return set(options, e, e->row.initial);
}

bool ls_options_given(const ls_options *options, const char *key)
{
    return options->given[ls_options_find(options->table, key) - options->table->entry];
}

bool ls_options_remark(const ls_options *options, size_t index, char *text, size_t size)
{
    for (size_t i = 0; i < options->table->count; i++) {
        const ls_options_entry *e = &options->table->entry[i];
        if (!options->other_name[i] || index-- > 0)
            continue;
        snprintf(text, size, "option '%s' is called '%s' here; taken as that", e->other_name, e->row.key);
        return true;
    }
    return false;
}

/* ---- making ---- */

ls_status ls_options_create_over(const ls_options_table *table, ls_options **options)
{
    LS_TRY(ls_memory_allocate(options, 1, sizeof **options, "options"));
    (*options)->table = table;
    for (size_t i = 0; i < table->count; i++)
        (void)set(*options, &table->entry[i], table->entry[i].row.initial);
    return LS_OK;
}

ls_status ls_options_create(ls_options **options)
{
    return ls_options_create_over(&ls_options_program_table, options);
}

ls_status ls_options_copy(const ls_options *options, ls_options **copy)
{
    LS_TRY(ls_memory_allocate(copy, 1, sizeof **copy, "options"));
    **copy = *options;
    return LS_OK;
}

void ls_options_destroy(ls_options *options)
{
    ls_memory_free(options);
}

/* ---- values as text ---- */

/* The value, and its length; a text member as it is, else made in `number`. */
static const char *value_of(const ls_options *options, const ls_options_entry *e, char number[32])
{
    const void *member = (const char *)options + e->offset;
    switch (e->row.type) {
    case LS_OPTION_INTEGER:
        snprintf(number, 32, "%" PRId64, *(const int64_t *)member);
        return number;
    case LS_OPTION_REAL:
        return ls_format_double(*(const double *)member, number);
    case LS_OPTION_SWITCH:
        return *(const bool *)member ? "on" : "off";
    case LS_OPTION_TEXT:
        break;
    }
    return member;
}

ls_status ls_options_get(const ls_options *options, const char *key, char *value, size_t size)
{
    char number[32];
    const ls_options_entry *e;
    LS_TRY(find(options, key, &e));
    const char *text = value_of(options, e, number);
    if (strlen(text) >= size)
        return ls_fail(LS_ERR_USAGE, "the value of option '%s' takes %zu bytes, there is room for %zu", e->row.key,
                       strlen(text) + 1, size);
    memcpy(value, text, strlen(text) + 1);
    return LS_OK;
}

ls_status ls_options_recipe(const ls_options *options, ls_text *out)
{
    char number[32];
    for (size_t i = 0; i < options->table->count; i++) {
        const ls_options_entry *e = &options->table->entry[i];
        const char *value = value_of(options, e, number);
        if (e->row.recipe && !(e->later && strcmp(value, e->row.initial) == 0))
            ls_text_printf(out, "%s = %s\n", e->row.key, value);
    }
    return ls_text_status(out);
}

ls_status ls_options_read_recipe(ls_options *options, const char *recipe)
{
    char line[LS_TEXT_MAX + 128];
    for (size_t length; *recipe != '\0'; recipe += length + (recipe[length] == '\n')) {
        const ls_options_entry *e;
        length = strcspn(recipe, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line), recipe);
        char *equals = strstr(line, " = ");
        if (equals == NULL)
            return ls_fail(LS_ERR_USAGE, "the recipe's line '%.80s' is no 'key = value'", line);
        *equals = '\0';
        LS_TRY(find(options, line, &e));
        LS_TRY(set(options, e, equals + 3));
    }
    return LS_OK;
}
