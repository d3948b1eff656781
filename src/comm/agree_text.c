/* A text of any length: from rank 0 to all, or compared with rank 0's. */
#include "base/memory.h"
#include "comm/agree.h"
#include "comm/comm_internal.h"

#include <string.h>

ls_status ls_agree_text(ls_comm *comm, ls_text *text)
{
    int64_t length = (int64_t)text->length;
    char *bytes = NULL;
    LS_TRY(ls_comm_broadcast(comm, 0, &length, sizeof length));
    ls_status status = ls_agree(comm, ls_memory_allocate(&bytes, length + 1, 1, "text"));
    if (status == LS_OK) {
        memcpy(bytes, ls_text_string(text), text->length);
        status = ls_comm_broadcast(comm, 0, bytes, length);
    }
    if (status == LS_OK) {
        ls_text_clear(text);
        ls_text_append_bytes(text, bytes, (size_t)length);
        status = ls_agree(comm, ls_text_status(text));
    }
    ls_memory_free(bytes);
    return status;
}

/* The line that begins at `at`, without its end. */
static int line_length(const char *at)
{
    return (int)strcspn(at, "\n");
}

/* Where the first line begins in which the two differ; false: they are equal. */
static bool find_difference(const char **mine, const char **theirs)
{
    while (**mine != '\0' || **theirs != '\0') {
        const int a = line_length(*mine), b = line_length(*theirs);
        if (a != b || memcmp(*mine, *theirs, (size_t)a) != 0)
            return true;
        *mine += a + ((*mine)[a] != '\0');
        *theirs += b + ((*theirs)[b] != '\0');
    }
    return false;
}

ls_status ls_agree_lines(ls_comm *comm, const char *text, const char *what)
{
    enum { SHOWN = 200 }; /* of a line */
    ls_text first = {0};
    if (comm->rank == 0)
        ls_text_append(&first, text);
    ls_status status = ls_agree(comm, ls_text_status(&first));
    if (status == LS_OK)
        status = ls_agree_text(comm, &first);
    if (status == LS_OK) {
        const char *mine = text, *theirs = ls_text_string(&first);
        if (find_difference(&mine, &theirs))
            status = ls_fail(LS_ERR_USAGE,
                             "%s differ between ranks: '%.*s' here, '%.*s' on rank 0; start all ranks with the same "
                             "program, command line and configuration files",
                             what, line_length(mine) < SHOWN ? line_length(mine) : SHOWN, mine,
                             line_length(theirs) < SHOWN ? line_length(theirs) : SHOWN, theirs);
        status = ls_agree(comm, status);
    }
    ls_text_free(&first);
    return status;
}
