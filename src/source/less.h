/* Numbers that are taken from the features of a source as they are read, so that they become those of other data: less
 * the same as a converted table's, whose columns have offsets, or given back what theirs are less. */
#ifndef LS_SOURCE_LESS_H
#define LS_SOURCE_LESS_H

#include "base/status.h"

#include <stdint.h>

typedef struct ls_less ls_less;

/* Local. Of `features` columns, copied, with one holder. */
ls_status ls_less_create(int64_t features, const double *offset, const ls_less **less);
/* Local. One more holder, one less; the last one frees it. NULL is accepted. */
void ls_less_hold(const ls_less *less);
void ls_less_release(const ls_less *less);

const double *ls_less_offset(const ls_less *less); /* (features); NULL of NULL */

#endif
