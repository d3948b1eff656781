/* Rows of a variable lifted out of its matrix: [panel][rows][16], in the order in which they lie in the block. So what
 * a part of the block has of them lies together, and whoever has that part can send it without knowing of the others.
 */
#ifndef LS_MODEL_LIFTED_H
#define LS_MODEL_LIFTED_H

#include "model/network.h"

typedef struct ls_lifted {
    const ls_network *network;
    int index;            /* of the variable */
    int64_t first, count; /* its rows */
} ls_lifted;

/* Floats of them all, the last panel's padding included. */
int64_t ls_lifted_floats(const ls_lifted *rows);
/* Floats of them that lie in the block in front of float `at`. */
int64_t ls_lifted_before(const ls_lifted *rows, int64_t at);

/* Lifts floats [from, to) of them out of a vector over the block into lifted, where the first of them all has number 0;
 * and the way back. `part` is where float `origin` of the block lies. */
void ls_lifted_take(const ls_lifted *rows, int64_t from, int64_t to, const float *part, int64_t origin, float *lifted);
void ls_lifted_put(const ls_lifted *rows, int64_t from, int64_t to, const float *lifted, float *part, int64_t origin);

/* Lifted rows as values (count, columns), and the way back, which clears the padding. */
void ls_lifted_unpack(const ls_lifted *rows, const float *lifted, float *values);
void ls_lifted_pack(const ls_lifted *rows, const float *values, float *lifted);

#endif
