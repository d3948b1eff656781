/* The areas under the curves of one class' scores, over all ranks: exact, equal scores counted as equal. */
#ifndef LS_TRAIN_AREAS_H
#define LS_TRAIN_AREAS_H

#include "comm/comm.h"
#include "model/metrics.h"

#include <stdint.h>

/* Working space of some 2.5 MiB and 4 bytes for each of up to `rows` rows of this rank. */
typedef struct ls_areas ls_areas;

/* Local. Keeps a pointer to comm. */
ls_status ls_areas_create(ls_comm *comm, int64_t rows, ls_areas **areas);
/* Bytes of the working space, but for the rows. */
int64_t ls_areas_bytes(void);
void ls_areas_destroy(ls_areas *areas); /* NULL is accepted */

/* Collective. keys (yes + no): those of this rank's rows (base/keys.h), first of the class, then the others; they are
 * sorted on the way. The same bits whichever rank has which row. */
ls_status ls_areas_find(ls_areas *areas, uint32_t *keys, int64_t yes, int64_t no, ls_area *area);

#endif
