/* A model of Keras' as a file of Lockstep's layout, in memory. Local. */
#ifndef LS_IMPORT_TRANSLATE_H
#define LS_IMPORT_TRANSLATE_H

#include "import/open.h"

/* Local. `file` is open for reading and has no name of its own: its path is the one given. LS_ERR_DATA, LS_ERR_USAGE as
 * ls_import_open. */
ls_status ls_translate(const char *path, const ls_import_hints *hints, ls_h5_file **file);

#endif
