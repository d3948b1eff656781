/* Vectors over the block on their way between the ranks that own them and a file of rank 0's, a few rows of a variable
 * at a time: nobody holds more of them than its own slices and such a piece, of 1 MiB and at least a row. Rank 0 works
 * at the file and asks for the pieces, or hands them out; the others do as it says (comm/lead.h). */
#ifndef LS_TRAIN_TRAVEL_H
#define LS_TRAIN_TRAVEL_H

#include "comm/lead.h"
#include "store/modelblock.h"
#include "train/filepieces.h"
#include "train/trainer.h"

/* The model's weights, those and the slots of some other moment, and those of an observer. */
enum { LS_TRAVEL_VECTORS = 2 * (1 + LS_OPTIMIZER_SLOTS) + 1 };

/* A vector as this rank has it. */
typedef struct ls_travel_vector {
    struct ls_travel *travel;
    float *values;     /* (slice) or, where all have all of it, (network->trainable) */
    float *statistics; /* (ls_network_statistics) what comes behind it, on all ranks; NULL: nothing does */
    bool everywhere;
} ls_travel_vector;

/* Stays where it is made. */
typedef struct ls_travel {
    const ls_trainer *trainer;
    ls_lead *lead; /* rank 0's, while it works */
    float *lifted; /* a piece */
    /* Where others collect the pieces (saver.h): waits for one. NULL: rank 0 asks for them while it works. */
    ls_status (*wait)(void *waiting, const ls_piece *piece, float *values);
    void *waiting;
    int count;
    ls_travel_vector vector[LS_TRAVEL_VECTORS];
} ls_travel;

/* Local. Makes room for pieces. */
ls_status ls_travel_begin(const ls_trainer *trainer, ls_travel *travel);
/* Local. `status`: what has become of it; after LS_ERR_PEER the room stays, since messages may still be under way in
 * it. */
void ls_travel_end(ls_travel *travel, ls_status status);

/* Local. The same vectors in the same order on all ranks, though each with its values. Returns the vector's number. A
 * vector that is only written is not changed. */
int ls_travel_add(ls_travel *travel, const ls_travel_vector *vector);

/* By rank 0, within its work. How a vector comes into a file, and out of it. */
ls_modelblock ls_travel_out(ls_travel *travel, int number);
ls_modelblock_place ls_travel_in(ls_travel *travel, int number);

/* Collective. Rank 0 has a piece in travel->lifted then. Fails as messages do. */
ls_status ls_travel_collect(ls_travel *travel, const ls_piece *piece);

/* Collective. Rank 0's `work`, whose status all ranks get. `what` is waited for, for the message of a time-out. */
ls_status ls_travel_work(ls_travel *travel, ls_status (*work)(void *user), void *user, const char *what);

#endif
