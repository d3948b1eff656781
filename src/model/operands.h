/* What the products of a training pass read under --precision bfloat16: samples, weights and deltas rounded to bfloat16
 * and laid out as the kernel table takes them (ls_bfloat16_kernels). Everything else of a pass stays float32. */
#ifndef LS_MODEL_OPERANDS_H
#define LS_MODEL_OPERANDS_H

#include "base/status.h"
#include "math/kernels.h"
#include "model/network.h"

#include <stdint.h>

/* Of one dense layer; strides in floats, panel to panel. */
typedef struct ls_dense_operands {
    float *samples; /* of what the layer reads, [panel]: sample operands */
    float *rows;    /* likewise: row operands; the sample operands themselves where a lane holds one value */
    float *weights; /* [panel]: weight operands */
    float *back;    /* [panel]: back operands; likewise. NULL where no delta flows through the layer */
    int64_t samples_stride, rows_stride, weights_stride, back_stride;
} ls_dense_operands;

typedef struct ls_operands {
    int values; /* of a lane */
    int layers;
    ls_dense_operands *layer; /* (layers); all 0 for other kinds */
    float *delta;             /* [panel]: sample operands of the delta that flows */
    int64_t delta_stride;
} ls_operands;

/* Local. For up to `panels` sample panels; `first_trained` is the layer through which no delta flows. */
ls_status ls_operands_create(const ls_network *network, const ls_kernels *kernels, int64_t panels, int first_trained,
                             ls_operands **operands);
void ls_operands_destroy(ls_operands *operands); /* NULL is accepted */

/* Bytes for each row, and beside them. */
int64_t ls_operands_row_bytes(const ls_network *network, int values);
int64_t ls_operands_bytes(const ls_network *network, int values, int first_trained);

#endif
