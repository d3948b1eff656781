/* Names of classes and outputs. */
#include "train/label_names.h"

int64_t ls_label_of_class(const ls_label_names *names, int64_t class_)
{
    return names->network->classes ? names->network->classes[class_] : class_;
}

/* Names stand in the order of the labels. */
const char *ls_label_name(const ls_label_names *names, int64_t label)
{
    const ls_column *column = names->encoding ? ls_encoding_classes(names->encoding) : NULL;
    return column && label >= 0 && label < column->categories.count ? column->categories.text[label] : NULL;
}

const char *ls_label_names_of_output(const ls_label_names *names, int64_t j)
{
    const ls_encoding *e = names->encoding;
    for (int64_t k = 0; e && k < e->count; k++)
        if (e->column[k].role == LS_ROLE_TARGET && e->column[k].first == j && e->targets == names->network->outputs)
            return e->column[k].name;
    return NULL;
}

void ls_label_names_class(const ls_label_names *names, int64_t class_, ls_text *out)
{
    const int64_t label = ls_label_of_class(names, class_);
    const char *name = ls_label_name(names, label);
    if (name)
        ls_text_append(out, name);
    else
        ls_text_printf(out, "%lld", (long long)label);
}

void ls_label_names_output(const ls_label_names *names, int64_t j, ls_text *out)
{
    const char *name = ls_label_names_of_output(names, j);
    if (name)
        ls_text_append(out, name);
    else
        ls_text_printf(out, "%lld", (long long)j);
}
