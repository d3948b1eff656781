/* The functions of a C file that is written come from the sources of this program: texts that the build keeps as
 * strings, cut into pieces (functions, types, macros) of which a file gets those that it needs. */
#ifndef LS_EXPORT_C_PIECES_H
#define LS_EXPORT_C_PIECES_H

#include "base/status.h"

#include <stdbool.h>
#include <stdio.h>

enum { LS_C_PIECES = 192 };

/* One definition with the comment in front of it. */
typedef struct ls_c_piece {
    const char *text, *name;
    int length, name_length;
    bool wanted;
} ls_c_piece;

typedef struct ls_c_pieces {
    int count;
    ls_c_piece piece[LS_C_PIECES]; /* in the order of the sources, which define before they use */
} ls_c_pieces;

/* Cuts the sources; none is wanted yet. */
void ls_c_pieces_find(ls_c_pieces *pieces);

/* Whether there is one of this name. */
bool ls_c_pieces_have(const ls_c_pieces *pieces, const char *name);

/* Wants the one of this name and all that it uses. False: there is none. */
bool ls_c_pieces_want(ls_c_pieces *pieces, const char *name);

/* Writes those that are wanted as C99. What is ls_<word> here is <prefix>_<word> there, other definitions (those of
 * single units) are <prefix>_unit_<word>: so several such files can be parts of one program, or of one file. */
void ls_c_pieces_write(const ls_c_pieces *pieces, const char *prefix, FILE *out);

/* The sources (c_texts.cmake), NULL behind the last. */
extern const char *const ls_c_pieces_texts[];

#endif
