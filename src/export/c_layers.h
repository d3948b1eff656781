/* Kinds of layers as exported C files have them: values, and statements for one row. */
#ifndef LS_EXPORT_C_LAYERS_H
#define LS_EXPORT_C_LAYERS_H

#include "export/c_file.h"

/* Whether a layer gives what it reads when predicting. */
bool ls_c_layers_passes(const ls_layer *layer);

/* Local. LS_ERR_USAGE: a C file does not hold layer l or its activation; one of its weights. The other functions are
 * for layers of which the first says LS_OK. */
ls_status ls_c_layers_check(const ls_c_file *file, int l);
ls_status ls_c_layers_check_weights(const ls_c_file *file, int l);

/* Local. Writes its values, as arrays. LS_ERR_MEMORY. */
ls_status ls_c_layers_values(const ls_c_file *file, int l, FILE *out);

/* Appends its statements to the body, from the row x (and the second one, `beside`) to y, and wants what they call. */
void ls_c_layers_body(ls_c_file *file, int l, const char *x, const char *beside, const char *y);

#endif
