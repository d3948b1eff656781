/* Where Keras puts a layer's variables in files of weights: the groups' names, as each version of Keras counts them. */
#include "import/keras_reader.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

static bool is_said_off(const ls_keras_reader *r, const ls_json_value *config, const char *key)
{
    const ls_json_value *value = ls_json_member(r->document, config, key);
    return value && value->kind == LS_JSON_FALSE;
}

/* Whether Keras lists variables of it; of a model, of any layer in it. */
static bool has_variables(const ls_keras_reader *r, const ls_json_value *object)
{
    const char *class_name = ls_json_member_text(r->document, object, "class_name");
    const ls_json_value *config = ls_json_member(r->document, object, "config");
    const ls_json_value *layers = ls_json_member(r->document, config, "layers");
    if (!class_name)
        return false;
    for (const ls_json_value *v = layers ? ls_json_first(r->document, layers) : NULL; v;
         v = ls_json_next(r->document, v))
        if (has_variables(r, v))
            return true;
    if (strcmp(class_name, "Normalization") == 0)
        return !ls_keras_member(r, config, "mean");
    if (strcmp(class_name, "LayerNormalization") == 0)
        return !is_said_off(r, config, "center") || !is_said_off(r, config, "scale");
    return strcmp(class_name, "Dense") == 0 || strstr(class_name, "BatchNormalization");
}

static int by_class(const void *a, const void *b)
{
    const ls_keras_item *x = *(ls_keras_item *const *)a, *y = *(ls_keras_item *const *)b;
    const int order = strcmp(x->class_name, y->class_name);
    return order != 0 ? order : x < y ? -1 : x > y;
}

/* Within each class, as keras/src/saving/saving_lib.py counts. That of Keras 2.13 goes through two lists of layers, of
 * which one has those with variables only. */
ls_status ls_keras_paths_number(const ls_keras_reader *r, ls_keras_item *items, int count)
{
    ls_keras_item **sorted;
    LS_TRY(ls_memory_allocate(&sorted, count, sizeof *sorted, "layers of a configuration"));
    for (int i = 0; i < count; i++)
        sorted[i] = &items[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_class);
    for (int i = 1; i < count; i++) {
        const ls_keras_item *before = sorted[i - 1];
        if (strcmp(sorted[i]->class_name, before->class_name) != 0)
            continue;
        sorted[i]->ordinal = before->ordinal + 1;
        sorted[i]->ordinal_213 = before->ordinal_213 + (has_variables(r, before->object) ? 2 : 1);
    }
    ls_memory_free(sorted);
    return LS_OK;
}

/* ---- names ---- */

static ls_status put(const ls_text *within, const char *list, const ls_keras_item *item, int ordinal, ls_text *path)
{
    if (within)
        ls_text_printf(path, "%s/", ls_text_string(within));
    ls_text_printf(path, "%s/", list);
    ls_keras_snake(item->class_name, path);
    if (ordinal > 0)
        ls_text_printf(path, "_%d", ordinal);
    return ls_text_status(path);
}

ls_status ls_keras_paths_make(const ls_keras_paths *within, const ls_keras_item *item, ls_keras_paths *paths)
{
    static const char earlier[] = "_layer_checkpoint_dependencies";
    LS_TRY(put(within ? &within->saved : NULL, "layers", item, item->ordinal, &paths->saved));
    LS_TRY(put(within ? &within->saved_214 : NULL, earlier, item, item->ordinal, &paths->saved_214));
    return put(within ? &within->saved_213 : NULL, earlier, item, item->ordinal_213, &paths->saved_213);
}

const char *ls_keras_paths_last(const ls_keras_paths *paths)
{
    return strrchr(ls_text_string(&paths->saved), '/') + 1;
}

void ls_keras_paths_free(ls_keras_paths *paths)
{
    ls_text_free(&paths->saved);
    ls_text_free(&paths->saved_214);
    ls_text_free(&paths->saved_213);
}
