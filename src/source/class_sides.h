/* Classes that have names on one side only: another part, another file, a model. */
#ifndef LS_SOURCE_CLASS_SIDES_H
#define LS_SOURCE_CLASS_SIDES_H

#include "formats/encoding.h"

/* One side: `name` for messages, its encoding (perhaps without targets: they have no names), its columns of targets. */
typedef struct ls_class_side {
    const char *name;
    const ls_encoding *encoding;
    int64_t outputs;
} ls_class_side;

/* Local. Both have names of classes, or neither: nothing. One has: the other's numbers are taken to be those of the
 * names, which is appended to `remarks`; but numbers that texts got by the order of their bytes are nobody else's:
 * LS_ERR_DATA names both sides and the cure. */
ls_status ls_class_sides_compare(const ls_class_side *ours, const ls_class_side *theirs, ls_text *remarks);

/* Local. LS_ERR_DATA: the labels of `texts` (with `names`, or NULL) are texts, and those of `numbers` bare numbers. */
ls_status ls_class_sides_refuse(const char *texts, const ls_dictionary *names, const char *numbers);

#endif
