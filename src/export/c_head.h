/* The top of an exported C file, and its last lines. */
#ifndef LS_EXPORT_C_HEAD_H
#define LS_EXPORT_C_HEAD_H

#include "export/c_file.h"

/* Local. What the file is, for people; declarations; what compilers are told. LS_ERR_MEMORY. */
ls_status ls_c_head_write(const ls_c_file *file, FILE *out);

/* Takes back what compilers were told. */
void ls_c_head_close(FILE *out);

#endif
