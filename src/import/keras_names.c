/* Lists of names, read. */
#include "import/keras_names.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define PART_BYTES 64

static ls_status append(ls_h5_file *file, const char *object, const char *name, ls_keras_names *names)
{
    char **texts;
    int count;
    if (!ls_h5_has_texts(file, object, name))
        return LS_OK;
    LS_TRY(ls_h5_attribute_texts(file, object, name, &texts, &count));
    for (int i = 0; i < count; i++)
        ls_text_append_bytes(&names->text, texts[i], strlen(texts[i]) + 1);
    names->count += count;
    ls_memory_free(texts);
    return ls_text_status(&names->text);
}

static void name_part(const char *name, int part, char text[PART_BYTES])
{
    (void)snprintf(text, PART_BYTES, "%.40s%d", name, part);
}

bool ls_keras_names_there(ls_h5_file *file, const char *object, const char *name)
{
    char part[PART_BYTES];
    name_part(name, 0, part);
    return ls_h5_has_attribute(file, object, name) || ls_h5_has_attribute(file, object, part);
}

ls_status ls_keras_names_read(ls_h5_file *file, const char *object, const char *name, ls_keras_names *names)
{
    char part[PART_BYTES];
    if (ls_h5_has_attribute(file, object, name))
        return append(file, object, name, names);
    for (int i = 0;; i++) {
        name_part(name, i, part);
        if (!ls_h5_has_attribute(file, object, part))
            return LS_OK;
        LS_TRY(append(file, object, part, names));
    }
}

void ls_keras_names_free(ls_keras_names *names)
{
    ls_text_free(&names->text);
    names->count = 0;
}

const char *ls_keras_names_next(const ls_keras_names *names, const char *name)
{
    const char *text = ls_text_string(&names->text);
    const char *next = name ? name + strlen(name) + 1 : text;
    return next < text + names->text.length ? next : NULL;
}
