/* Names of outputs. */
#include "train/predict_names.h"

#include <string.h>

ls_status ls_predict_names_read(const char *encoding, const ls_network *network, ls_predict_names *names)
{
    const ls_loss_class classes = ls_loss_classes(&network->loss);
    *names = (ls_predict_names){.outputs = network->outputs,
                                .classes =
                                    classes == LS_CLASSES_ONE || (classes == LS_CLASSES_EACH && network->outputs == 1)};
    return ls_class_names_read(encoding, network, &names->classes_of);
}

void ls_predict_names_free(ls_predict_names *names)
{
    ls_class_names_free(&names->classes_of);
    *names = (ls_predict_names){0};
}

/* Columns that predictions have whatever the data. */
static bool is_taken(const char *name)
{
    return strcmp(name, "row") == 0 || strcmp(name, "class") == 0;
}

static void put_class(const ls_predict_names *names, int64_t output, ls_text *text)
{
    ls_activation link;
    const ls_class_names *of = &names->classes_of;
    const bool chances = ls_loss_chances(&of->network->loss, &link) && link == LS_LINEAR;
    const int64_t class_ = names->outputs == 1 ? 1 : output; /* one sigmoid output is the chance of class 1 */
    const int64_t label = ls_class_names_label(of, class_);
    const char *name = ls_class_names_of_label(of, label);
    ls_text_append(text, chances ? "probability_" : "score_");
    if (name != NULL)
        ls_text_append(text, name);
    else
        ls_text_printf(text, "%lld", (long long)label);
}

static void put_value(const ls_predict_names *names, int64_t output, ls_text *text)
{
    const ls_network *network = names->classes_of.network;
    const int64_t each = ls_loss_spread(&network->loss);
    const char *name = ls_class_names_of_output(&names->classes_of, output);
    const bool plain = name != NULL && !is_taken(name) && names->classes_of.encoding.header;
    if (!plain)
        ls_text_append(text, "prediction");
    if (name != NULL)
        ls_text_printf(text, "%s%s", plain ? "" : "_", name);
    else if (names->outputs > each)
        ls_text_printf(text, "_%lld", (long long)(output / each));
    if (each > 1)
        ls_text_append(text, "_");
    ls_loss_put_share(&network->loss, output, text);
}

const char *ls_predict_names_output(const ls_predict_names *names, int64_t output, ls_text *text)
{
    ls_text_clear(text);
    if (names->classes)
        put_class(names, output, text);
    else
        put_value(names, output, text);
    return ls_text_string(text);
}

const char *ls_predict_names_identity(const char *name, ls_text *text)
{
    ls_text_clear(text);
    ls_text_printf(text, "%s%s", is_taken(name) ? "id_" : "", name);
    return ls_text_string(text);
}
