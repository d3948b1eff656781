/* The functions of an exported C file that others call. */
#ifndef LS_EXPORT_C_BODY_H
#define LS_EXPORT_C_BODY_H

#include "export/c_file.h"

/* Local. Makes the body of the function for a row, and wants the pieces that it calls. LS_ERR_MEMORY. */
ls_status ls_c_body_make(ls_c_file *file);

/* Writes that function and the one for many rows. */
void ls_c_body_write(const ls_c_file *file, FILE *out);

#endif
