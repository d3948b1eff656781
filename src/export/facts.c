/* Facts of a model as texts. */
#include "export/facts.h"

#include "base/json.h"
#include "export/maps.h"

typedef struct teller {
    void (*tell)(void *user, const char *key, const char *value);
    void *user;
    ls_text text;
} teller;

static ls_status tell(teller *t, const char *key)
{
    LS_TRY(ls_text_status(&t->text));
    t->tell(t->user, key, ls_text_string(&t->text));
    ls_text_clear(&t->text);
    return LS_OK;
}

static ls_status tell_names(teller *t, const char *key, const char *const *names, int64_t count)
{
    ls_json json = {.text = &t->text};
    if (names == NULL)
        return LS_OK;
    ls_json_array_begin(&json);
    for (int64_t i = 0; i < count; i++)
        ls_json_string(&json, names[i]);
    ls_json_array_end(&json);
    return tell(t, key);
}

static ls_status tell_labels(teller *t, const ls_network *network)
{
    ls_json json = {.text = &t->text};
    if (network->classes == NULL)
        return LS_OK;
    ls_json_array_begin(&json);
    for (int64_t k = 0; k < network->class_count; k++)
        ls_json_integer(&json, network->classes[k]);
    ls_json_array_end(&json);
    return tell(t, "class_labels");
}

static ls_status tell_all(teller *t, const ls_exported *model)
{
    const ls_network *network = model->network;
    ls_text_append(&t->text, ls_version());
    LS_TRY(tell(t, "lockstep_version"));
    ls_layers_format(network->layers, network->count, &t->text);
    LS_TRY(tell(t, "layers"));
    if (!network->loss_open) {
        ls_loss_format(&network->loss, &t->text);
        LS_TRY(tell(t, "loss"));
    }
    if (network->prepared[0] != '\0') {
        ls_text_append(&t->text, network->prepared);
        LS_TRY(tell(t, "data"));
    }
    ls_text_append(&t->text, !ls_maps_any(network) ? "none" : model->maps ? "included" : "left out");
    LS_TRY(tell(t, "normalization"));
    LS_TRY(tell_names(t, "feature_names", model->features, network->features));
    LS_TRY(tell_names(t, "class_names", model->classes, network->outputs));
    return tell_labels(t, network);
}

ls_status ls_facts_tell(const ls_exported *model, void (*tell_one)(void *user, const char *key, const char *value),
                        void *user)
{
    teller t = {.tell = tell_one, .user = user};
    const ls_status status = tell_all(&t, model);
    ls_text_free(&t.text);
    return status;
}
