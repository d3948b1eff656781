/* Fields by the names people use. */
#include "source/find_table.h"

#include "base/memory.h"
#include "base/text.h"
#include "source/column_words.h"
#include "source/spec.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const target_names[] = {"y",      "label", "labels",  "target", "targets",
                                           "output", "class", "classes", "outputs"};
#define TARGET_NAMES ((int)(sizeof target_names / sizeof target_names[0]))

/* The first part of "pos.2", which names all of the field. */
static size_t field_length(const char *name)
{
    return strcspn(name, ".");
}

static bool is_field(const char *name, const char *field)
{
    return strlen(field) == field_length(name) && strncasecmp(name, field, field_length(name)) == 0;
}

/* The one field that is called as targets are; "" when there is none, or more. */
static void find_target(ls_h5_file *file, const ls_h5_dataset *table, char **names, int count, char target[64])
{
    int found = 0;
    target[0] = '\0';
    for (int k = 0; k < TARGET_NAMES; k++) {
        bool is = ls_h5_field_naming(file, table->path, target_names[k]) == LS_H5_NAMING_TEXT;
        if (is)
            (void)snprintf(target, 64, "%s", target_names[k]);
        for (int i = 0; i < count && !is; i++)
            if (is_field(names[i], target_names[k])) {
                (void)snprintf(target, 64, "%.*s", (int)field_length(names[i]), names[i]);
                is = true;
            }
        found += is;
    }
    if (found != 1)
        target[0] = '\0';
}

static bool has_field(char **names, int count, const char *field)
{
    for (int i = 0; i < count; i++)
        if (is_field(names[i], field))
            return true;
    return false;
}

/* "/table[a,b]" of all fields but the target and pandas' index; nothing when it is too long. */
static bool put_fields(const char *path, char **names, int count, const char *target, char *spec, size_t capacity)
{
    const bool pandas = has_field(names, count, "values_block_0");
    ls_text text = {0};
    ls_text_printf(&text, "%s[", path);
    size_t begin = text.length;
    for (int i = 0; i < count; i++) {
        const size_t length = field_length(names[i]);
        const bool again =
            i > 0 && length == field_length(names[i - 1]) && strncmp(names[i], names[i - 1], length) == 0;
        if (again || is_field(names[i], target) || (pandas && is_field(names[i], "index")))
            continue;
        if (text.length > begin)
            ls_text_append(&text, ",");
        ls_column_word_put(names[i], length, &text);
    }
    const bool any = text.length > begin;
    ls_text_append(&text, "]");
    const bool fits = any && ls_text_status(&text) == LS_OK && text.length < capacity;
    if (fits)
        memcpy(spec, ls_text_string(&text), text.length + 1);
    ls_text_free(&text);
    return fits;
}

ls_status ls_find_in_table(ls_h5_file *file, const ls_h5_dataset *table, ls_found_part *part, bool *clear)
{
    char path[sizeof part->x], target[64], **names;
    int count;
    LS_TRY(ls_h5_field_names(file, table->path, &names, &count));
    ls_spec_escape(table->path, path, sizeof path - 32);
    find_target(file, table, names, count, target);
    if (target[0] == '\0' && has_field(names, count, "values_block_1") && !has_field(names, count, "values_block_2"))
        (void)snprintf(target, sizeof target, "values_block_1");
    part->chosen = true;
    *clear = put_fields(path, names, count, target, part->x, sizeof part->x) && target[0] != '\0';
    if (!*clear && target[0] != '\0')
        target[0] = '\0'; /* the names are too many to be told */
    if (!*clear && !put_fields(path, names, count, target, part->x, sizeof part->x))
        (void)snprintf(part->x, sizeof part->x, "%.*s[FIELD,FIELD]", (int)sizeof part->x - 32, path);
    (void)snprintf(part->y, sizeof part->y, "%.*s[%s]", (int)sizeof part->y - 80, path,
                   target[0] == '\0' ? "FIELD" : target);
    ls_memory_free(names);
    return LS_OK;
}
