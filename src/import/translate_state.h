/* The optimizer of a model that is translated: how it was compiled, and its state. Local. */
#ifndef LS_IMPORT_TRANSLATE_STATE_H
#define LS_IMPORT_TRANSLATE_STATE_H

#include "import/keras_compile.h"
#include "import/keras_file.h"
#include "import/keras_optimizer.h"
#include "store/modelfile.h"

typedef struct ls_translate_state {
    ls_optimizer optimizer;
    ls_keras_state state;
    ls_keras_slot slot[LS_OPTIMIZER_SLOTS];
    ls_modelfile_optimizer writing; /* what ls_modelfile_write takes; its rows are brought */
    bool found;
} ls_translate_state;

/* Local. Finds it; all that is given must stay, and *s where it is, until it is freed. Where there is no state,
 * compiled->optimizer_fault says why, if there is a reason. LS_ERR_MEMORY. */
ls_status ls_translate_state_find(const ls_keras_file *file, const ls_keras_model *model, const ls_network *network,
                                  ls_keras_compiled *compiled, ls_translate_state *s);
void ls_translate_state_free(ls_translate_state *s); /* back to {0} */

#endif
