/* Whether something is in a file: libhdf5's yes, its no, and what is neither. */
#include "hdf5/h5_internal.h"

#include <stdarg.h>
#include <stdio.h>

typedef struct reason {
    bool known;
    bool broken; /* memory or the disk */
} reason;

static herr_t note_reason(unsigned n, const H5E_error2_t *error, void *user)
{
    reason *r = user;
    (void)n;
    r->known = true;
    r->broken = r->broken || error->maj_num == H5E_IO || error->maj_num == H5E_RESOURCE ||
                error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC;
    return 0;
}

/* libhdf5 fails, too, where a group on the way is missing or a link leads nowhere, and says so: these are a no. */
bool ls_h5_answer(ls_h5_file *file, htri_t answer, const char *format, ...)
{
    char what[LS_TEXT_MAX];
    reason r = {.known = false};
    va_list arguments;
    if (answer >= 0)
        return answer > 0;
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_reason, &r);
    if (r.known && !r.broken)
        return false;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const ls_status status = ls_h5_fail(LS_ERR_DATA, file, "it cannot be told whether it has %s", what);
    for (ls_h5_file *f = file; f != NULL; f = f->main)
        if (f->unanswered[0] == '\0') {
            (void)snprintf(f->unanswered, sizeof f->unanswered, "%s", ls_error_message());
            f->unanswered_as = status;
        }
    return false;
}

ls_status ls_h5_answered(const ls_h5_file *file)
{
    return file->unanswered[0] == '\0' ? LS_OK : ls_fail(file->unanswered_as, "%s", file->unanswered);
}
