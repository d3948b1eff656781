/* Further conditions on the texts of options, for the rows of the table. */
#ifndef LS_CONTEXT_OPTIONS_CHECK_H
#define LS_CONTEXT_OPTIONS_CHECK_H

#include "base/status.h"

/* All are local: LS_ERR_USAGE says what is expected of the option that is called `key`. */
ls_status ls_options_check_interval(const char *key, const char *value);
ls_status ls_options_check_time_limit(const char *key, const char *value);
ls_status ls_options_check_shards(const char *key, const char *value);
ls_status ls_options_check_axis(const char *key, const char *value);
ls_status ls_options_check_memory(const char *key, const char *value);
ls_status ls_options_check_hang_timeout(const char *key, const char *value);
ls_status ls_options_check_path(const char *key, const char *value);
/* The same, and not empty: "off" is what stands for none. */
ls_status ls_options_check_directory(const char *key, const char *value);

#endif
