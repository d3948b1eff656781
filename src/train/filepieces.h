/* The pieces of vectors in the order in which a file takes them, as all ranks can tell it without being asked: what
 * store/ writes tensor by tensor, some rows of a variable at a time. Local. */
#ifndef LS_TRAIN_FILEPIECES_H
#define LS_TRAIN_FILEPIECES_H

#include "model/lifted.h"

#include <stdbool.h>

/* Rows of a trained variable, of the vector with this number among those that travel. */
typedef struct ls_piece {
    int vector;
    ls_lifted rows;
} ls_piece;

/* Weights, slots, and each vector of an observer. */
enum { LS_FILEPIECES_GROUPS = 16 };

typedef struct ls_filepieces {
    const ls_network *network;
    int count;
    struct {
        int first, vectors; /* of which each variable is written in turn */
    } group[LS_FILEPIECES_GROUPS];
    int at_group, at_variable, at_vector;
    int64_t at_row;
    int64_t left; /* pieces to come */
} ls_filepieces;

/* Pieces of one vector. */
int64_t ls_filepieces_of_vector(const ls_network *network);

void ls_filepieces_begin(ls_filepieces *pieces, const ls_network *network);
/* Behind the others: of vectors [first, first + vectors), one variable after the other, all of its vectors each. */
void ls_filepieces_add(ls_filepieces *pieces, int first, int vectors);
/* Only while some are left. */
ls_piece ls_filepieces_next(ls_filepieces *pieces);

#endif
