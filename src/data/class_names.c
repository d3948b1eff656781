/* Names stand in the order of the labels, which the training rows may number anew as classes. */
#include "data/class_names.h"

#include "base/memory.h"
#include "base/parse.h"
#include "formats/csv_write.h"

#include <stdio.h>
#include <string.h>

#define LISTED 20 /* classes in messages */

/* One column of targets a class: by their names, unless they are a path or only numbers by which they stand. */
static ls_status take_columns(ls_class_names *names)
{
    const ls_encoding *e = &names->encoding;
    char place[32];
    if (e->targets != names->count || names->count < 2 || names->network->classes != NULL)
        return LS_OK;
    bool named = true;
    for (int64_t j = 0, number; j < names->count && named; j++) {
        const char *name = ls_class_names_of_output(names, j);
        (void)snprintf(place, sizeof place, "%lld", (long long)j);
        named = name != NULL && strcmp(name, place) != 0;
        if (named)
            LS_TRY(ls_dictionary_add(&names->columns, name, (int64_t)strlen(name), &number));
        named = named && number == j;
    }
    if (named)
        names->names = &names->columns;
    return LS_OK;
}

ls_status ls_class_names_read(const char *encoding, const ls_network *network, ls_class_names *names)
{
    *names = (ls_class_names){.network = network, .count = ls_class_names_count(network)};
    if (encoding == NULL)
        return LS_OK;
    LS_TRY(ls_encoding_read(encoding, "the names of the columns", &names->encoding));
    const ls_column *column = ls_encoding_classes(&names->encoding);
    names->names = column != NULL ? &column->categories : NULL;
    return column == NULL && ls_loss_classes(&network->loss) == LS_CLASSES_ONE ? take_columns(names) : LS_OK;
}

void ls_class_names_free(ls_class_names *names)
{
    ls_encoding_free(&names->encoding);
    ls_dictionary_free(&names->columns);
    memset(names, 0, sizeof *names);
}

/* The encoding without the classes' names. */
static ls_status drop_names(ls_class_names *names, char **encoding)
{
    ls_column *column = (ls_column *)(uintptr_t)ls_encoding_classes(&names->encoding);
    ls_text text = {0};
    column->kind = LS_COLUMN_INTEGER;
    ls_dictionary_free(&column->categories);
    ls_encoding_number(&names->encoding);
    ls_encoding_write(&names->encoding, &text);
    ls_memory_free(*encoding);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_memory_allocate(encoding, (int64_t)text.length + 1, 1, "names of the columns");
    else
        *encoding = NULL;
    if (status == LS_OK)
        memcpy(*encoding, text.data, text.length + 1);
    ls_text_free(&text);
    return status;
}

ls_status ls_class_names_fit(const ls_log *log, const ls_network *network, char **encoding)
{
    ls_class_names names;
    ls_status status = LS_OK;
    if (*encoding == NULL || network->classes == NULL)
        return LS_OK;
    LS_TRY(ls_class_names_read(*encoding, network, &names));
    const int64_t last = network->classes[network->class_count - 1];
    if (names.names != NULL && last >= names.names->count) {
        ls_log_line(log, LS_LOG_WARNING,
                    "the %lld names of classes are not used: they count labels from 0, and the labels go up to %lld",
                    (long long)names.names->count, (long long)last);
        names.names = NULL;
        status = drop_names(&names, encoding);
    }
    ls_class_names_free(&names);
    return status;
}

int64_t ls_class_names_label(const ls_class_names *names, int64_t k)
{
    return names->network->classes ? names->network->classes[k] : k;
}

const char *ls_class_names_of_label(const ls_class_names *names, int64_t label)
{
    return names->names && label >= 0 && label < names->names->count ? names->names->text[label] : NULL;
}

const char *ls_class_names_name(const ls_class_names *names, int64_t k)
{
    return ls_class_names_of_label(names, ls_class_names_label(names, k));
}

const char *ls_class_names_of_output(const ls_class_names *names, int64_t j)
{
    const ls_encoding *e = &names->encoding;
    const int64_t each = ls_loss_spread(&names->network->loss);
    for (int64_t k = 0; k < e->count && e->targets * each == names->network->outputs; k++)
        if (e->column[k].role == LS_ROLE_TARGET && e->column[k].first == j / each)
            return ls_column_is_path(&e->column[k]) ? NULL : e->column[k].name;
    return NULL;
}

int64_t ls_class_names_find_label(const ls_class_names *names, int64_t label)
{
    for (int64_t k = 0; k < names->count; k++)
        if (ls_class_names_label(names, k) == label)
            return k;
    return -1;
}

int64_t ls_class_names_find(const ls_class_names *names, const char *name)
{
    const int64_t label = names->names ? ls_dictionary_find(names->names, name, (int64_t)strlen(name)) : -1;
    return label < 0 ? -1 : ls_class_names_find_label(names, label);
}

static const char *name_at(const void *context, size_t i)
{
    return ls_class_names_name(context, (int64_t)i);
}

const char *ls_class_names_nearest(const ls_class_names *names, const char *word)
{
    int64_t named = 0;
    while (named < names->count && ls_class_names_name(names, named))
        named++;
    return ls_parse_nearest(word, (size_t)named, name_at, names);
}

void ls_class_names_put(const ls_class_names *names, int64_t k, ls_text *text)
{
    const char *name = ls_class_names_name(names, k);
    if (name)
        ls_csv_put_field(text, "", name);
    else
        ls_text_printf(text, "%lld", (long long)ls_class_names_label(names, k));
}

void ls_class_names_put_output(const ls_class_names *names, int64_t j, ls_text *text)
{
    const char *name = ls_class_names_of_output(names, j);
    if (name)
        ls_csv_put_field(text, "", name);
    else
        ls_text_printf(text, "%lld", (long long)j);
}

void ls_class_names_list(const ls_class_names *names, ls_text *text)
{
    for (int64_t k = 0; k < names->count && k < LISTED; k++) {
        ls_text_append(text, k ? ", " : "");
        ls_class_names_put(names, k, text);
    }
    if (names->count > LISTED)
        ls_text_printf(text, " and %lld more", (long long)(names->count - LISTED));
}
