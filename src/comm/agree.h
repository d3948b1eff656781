/* Agreement: one status and one message for all ranks. */
#ifndef LS_COMM_AGREE_H
#define LS_COMM_AGREE_H

#include "base/text.h"
#include "comm/comm.h"

/* Collective. Every rank passes its own status; all return LS_OK, or the status of the lowest failing rank
 * with its message recorded everywhere ("rank 3 (node7): ..." when it is not rank 0's). An LS_ERR_PEER from
 * earlier communication is returned as it is, without talking. */
ls_status ls_agree(ls_comm *comm, ls_status status);

/* Collective. Whether all ranks hold the same 64-bit hash; LS_ERR_NUMERIC otherwise, which with more than two ranks
 * names one in the minority. */
ls_status ls_agree_hash(ls_comm *comm, uint64_t hash, const char *what);

/* Collective. Whether all ranks have the same word (*same), and the lowest rank whose word is the one that most have
 * (*usual; of two that as many have, rank 0's or the lower rank's). */
ls_status ls_agree_usual(ls_comm *comm, uint64_t word, const char *what, int *usual, bool *same);

/* Collective. Whether all ranks have the same lines; LS_ERR_USAGE names the lowest rank that differs from most (of two
 * ranks, from rank 0), the first line in which it does, and what stands there on others. `what`: of what they are, in
 * the plural. */
ls_status ls_agree_lines(ls_comm *comm, const char *text, const char *what);

/* Collective. Rank 0's text to all. */
ls_status ls_agree_text(ls_comm *comm, ls_text *text);

#endif
