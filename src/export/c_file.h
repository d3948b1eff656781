/* A C file on its way: what it is made of, and its names. */
#ifndef LS_EXPORT_C_FILE_H
#define LS_EXPORT_C_FILE_H

#include "base/text.h"
#include "export/c_pieces.h"
#include "export/c_rows.h"
#include "export/maps.h"

enum { LS_C_NAME = 64 };

typedef struct ls_c_file {
    const ls_exported *model;
    const ls_network *network; /* the model's, as its block */
    const float *block;
    char name[LS_C_NAME];  /* what functions and arrays begin with */
    char macro[LS_C_NAME]; /* and macros: the same in capitals */
    ls_c_pieces pieces;
    ls_c_rows rows;
    ls_text body; /* of the function for one row */
} ls_c_file;

/* The type of features. */
static inline const char *ls_c_file_type(const ls_c_file *file)
{
    return ls_maps_offset(file->model) ? "double" : "float";
}

/* Bytes of stack that the values of a row take. */
static inline long long ls_c_file_stack(const ls_c_file *file)
{
    return (long long)(ls_c_rows_floats(&file->rows) * (int64_t)sizeof(float));
}

#endif
