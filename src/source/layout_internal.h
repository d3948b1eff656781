/* What the layout*.c files share. */
#ifndef LS_SOURCE_LAYOUT_INTERNAL_H
#define LS_SOURCE_LAYOUT_INTERNAL_H

#include "source/layout.h"

#include "base/text.h"

typedef struct ls_segment {
    int64_t first, rows;         /* rows of the matrix */
    int64_t file;                /* offset of its name in the names */
    int32_t first_range, ranges; /* columns of the dataset, in the order wanted; none: all */
} ls_segment;

typedef struct ls_stack {
    char path[1024];
    int64_t width;       /* columns of the dataset, chosen or not */
    int64_t at, columns; /* place in the matrix */
    int32_t axis;
    int32_t first_segment, segments;
    ls_h5_naming naming; /* of targets that are read as texts */
    char field[512];     /* of a compound that holds them; empty: the dataset itself */
} ls_stack;

typedef struct ls_matrix {
    int32_t first_stack, stacks;
    ls_layout_facts facts;
} ls_matrix;

/* The arrays follow the head: stacks, segments, ranges, names. */
struct ls_layout {
    int64_t bytes;
    int64_t holders;
    int32_t stacks, segments, ranges;
    int32_t names;          /* bytes */
    ls_matrix matrix[2];    /* features, targets */
    int64_t unapplied_file; /* of the first features with attributes that are not applied: offset of its name, */
    int32_t unapplied_stack;
    int32_t unapplied_count; /* how many have any */
    char unapplied[64];      /* the attributes of the first */
    char left_out[64];       /* fields of the features that are no numbers */
    double codes[LS_H5_CODES];
    int32_t code_count;
    int32_t row_rank; /* shape of a row of features */
    int64_t row_shape[LS_H5_MAX_RANK];
};

/* The arrays while they grow, as bytes. */
typedef struct ls_layout_arrays {
    ls_text stacks, segments, ranges, names;
} ls_layout_arrays;

/* Local. One block of head and arrays, with one holder; of the head everything counts but bytes, holders and how many
 * there are of what. */
ls_status ls_layout_pack(const ls_layout *head, const ls_layout_arrays *arrays, ls_layout **layout);
void ls_layout_arrays_free(ls_layout_arrays *arrays); /* back to {0} */

static inline ls_stack *ls_layout_stacks(const ls_layout *l)
{
    return (ls_stack *)(l + 1);
}

static inline ls_segment *ls_layout_segments(const ls_layout *l)
{
    return (ls_segment *)(ls_layout_stacks(l) + l->stacks);
}

static inline ls_h5_range *ls_layout_ranges(const ls_layout *l)
{
    return (ls_h5_range *)(ls_layout_segments(l) + l->segments);
}

/* The columns of a segment's dataset, in the order wanted; NULL: all of them. */
static inline const ls_h5_range *ls_layout_ranges_of(const ls_layout *l, const ls_segment *segment)
{
    return segment->ranges == 0 ? NULL : ls_layout_ranges(l) + segment->first_range;
}

static inline char *ls_layout_names(const ls_layout *l)
{
    return (char *)(ls_layout_ranges(l) + l->ranges);
}

#endif
