/* The scores of an evaluation's rows, kept until their areas are known: of as many classes at once as fit into memory.
 * For the classes that do not, the rows go through the network again. */
#ifndef LS_TRAIN_RANKING_H
#define LS_TRAIN_RANKING_H

#include "context/context.h"
#include "model/pass.h"

typedef struct ls_ranking ls_ranking;

/* Collective. For `rows` rows of this rank. Counts what it holds against the context's limit. */
ls_status ls_ranking_create(ls_context *context, const ls_network *network, int64_t rows, ls_ranking **ranking);
void ls_ranking_destroy(ls_ranking *ranking); /* NULL is accepted */

/* Bytes that it holds for its rows. */
int64_t ls_ranking_held(const ls_ranking *ranking);

/* Local. Begins with class `first`. */
void ls_ranking_begin(ls_ranking *ranking, int64_t first);
/* Local. The rows of the pass' batch, which it has just scored, are this rank's from `at` on. */
void ls_ranking_take(ls_ranking *ranking, const ls_pass *pass, const ls_batch *batch, int64_t at);
/* Local. The first of this rank's rows with a score that is no number; -1: there is none. */
int64_t ls_ranking_odd(const ls_ranking *ranking);
/* Collective. areas (classes) of the classes taken are filled in; *next: the class to begin with, or all of them when
 * that is done. */
ls_status ls_ranking_find(ls_ranking *ranking, ls_area *areas, int64_t *next);

#endif
