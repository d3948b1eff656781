/* Where the values of a row lie between the layers of an exported C file: on the stack, in as few arrays as will do. */
#ifndef LS_EXPORT_C_ROWS_H
#define LS_EXPORT_C_ROWS_H

#include "model/network.h"

/* What a layer reads or gives is named by the layer's number, or LS_FEATURES; layers that change nothing when
 * predicting give what they read. */
typedef struct ls_c_rows {
    int *source;    /* (count) the layer whose values are this one's outputs, or LS_FEATURES; owned */
    int *last_use;  /* (1 + count) the last layer that reads them, the features' first; owned */
    int *place;     /* (1 + count) the array that has them; owned */
    int64_t *width; /* (places) floats; owned */
    int places;
} ls_c_rows;

enum { LS_C_ROWS_OUTPUTS = -1, LS_C_ROWS_FEATURES = -2 }; /* places that are the caller's arrays */

/* Local. `prepared`: features are changed before the first layer, and have a place of their own. `passes` says of a
 * layer whether it changes nothing. */
ls_status ls_c_rows_plan(const ls_network *network, bool prepared, bool (*passes)(const ls_layer *layer),
                         ls_c_rows *rows);
void ls_c_rows_free(ls_c_rows *rows);

/* The place of what layer `layer` gives, or of the features. */
int ls_c_rows_place(const ls_c_rows *rows, int layer);
/* Floats of all. */
int64_t ls_c_rows_floats(const ls_c_rows *rows);

#endif
