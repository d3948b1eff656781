/* A Keras model's optimizer on its way into Lockstep's layout. */
#include "import/translate_state.h"

#include "store/modelfile_layout.h"

#include <string.h>

static void prepare(const ls_keras_compiled *compiled, ls_translate_state *s)
{
    ls_optimizer_slot slot[LS_OPTIMIZER_SLOTS];
    ls_optimizer_forward(&s->optimizer, s->state.iterations);
    s->writing = (ls_modelfile_optimizer){
        .optimizer = &s->optimizer,
        .rate = s->state.rate >= 0 ? s->state.rate : compiled->settings.learning_rate,
        .schedule = &compiled->plan,
    };
    for (int k = 0, slots = ls_optimizer_slots(&s->optimizer, slot); k < slots; k++) {
        s->slot[k] = (ls_keras_slot){&s->state, k};
        s->writing.slot[k] = (ls_modelblock){.bring = ls_keras_slot_bring, .user = &s->slot[k]};
    }
}

/* As model.to_json() leaves the optimizer out. */
static ls_status tell_unnamed(const ls_keras_file *file, ls_keras_compiled *compiled)
{
    const bool there = file->variables && !file->legacy && ls_h5_exists(file->variables, LS_MODELFILE_OPTIMIZER "/0");
    if (there && !compiled->row && compiled->optimizer_fault.length == 0)
        ls_text_append(&compiled->optimizer_fault,
                       "its configuration does not say which optimizer it is of; files that "
                       "Keras' model.save has written do");
    return ls_text_status(&compiled->optimizer_fault);
}

ls_status ls_translate_state_find(const ls_keras_file *file, const ls_keras_model *model, const ls_network *network,
                                  ls_keras_compiled *compiled, ls_translate_state *s)
{
    memset(s, 0, sizeof *s);
    if (!compiled->row || !file->variables)
        return tell_unnamed(file, compiled);
    ls_optimizer_start(compiled->row, &compiled->settings, &s->optimizer);
    LS_TRY(ls_keras_state_find(file->variables, file->legacy, model, network, &s->optimizer, &s->state, &s->found));
    if (s->found)
        prepare(compiled, s);
    else
        ls_text_append(&compiled->optimizer_fault, ls_text_string(&s->state.fault));
    return ls_text_status(&compiled->optimizer_fault);
}

void ls_translate_state_free(ls_translate_state *s)
{
    ls_keras_state_free(&s->state);
    memset(s, 0, sizeof *s);
}
