/* A text of any length: from rank 0 to all, or compared over all ranks. */
#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "comm/comm_internal.h"

#include <string.h>

/* Collective. The text of `root` to all. */
static ls_status spread(ls_comm *comm, int root, ls_text *text)
{
    int64_t length = (int64_t)text->length;
    char *bytes = NULL;
    LS_TRY(ls_comm_broadcast(comm, root, &length, sizeof length));
    ls_status status = ls_agree(comm, ls_memory_allocate(&bytes, length + 1, 1, "text"));
    if (status == LS_OK) {
        if (comm->rank == root)
            memcpy(bytes, ls_text_string(text), text->length);
        status = ls_comm_broadcast(comm, root, bytes, length);
    }
    if (status == LS_OK) {
        ls_text_clear(text);
        ls_text_append_bytes(text, bytes, (size_t)length);
        status = ls_agree(comm, ls_text_status(text));
    }
    ls_memory_free(bytes);
    return status;
}

ls_status ls_agree_text(ls_comm *comm, ls_text *text)
{
    return spread(comm, 0, text);
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

/* Local. What is said on a rank whose lines are others than those of `usual`. */
static ls_status tell_difference(const ls_comm *comm, const char *text, int usual, const char *theirs, const char *what)
{
    enum { SHOWN = 200 }; /* of a line */
    if (!find_difference(&text, &theirs))
        return LS_OK;
    const ls_status status =
        ls_fail(LS_ERR_USAGE,
                "%s differ between ranks: '%.*s' here, '%.*s' on rank %d; start all ranks with the same program, "
                "command line and configuration files",
                what, line_length(text) < SHOWN ? line_length(text) : SHOWN, text,
                line_length(theirs) < SHOWN ? line_length(theirs) : SHOWN, theirs, comm->given[usual]);
    if (comm->rank == 0) /* ls_agree names every rank but this one */
        ls_fail_prefix(status, "rank 0 (%s): ", comm->host);
    return status;
}

/* Collective. They differ: who has not what most have says so. */
static ls_status name_difference(ls_comm *comm, const char *text, int usual, const char *what)
{
    ls_text theirs = {0};
    if (comm->rank == usual)
        ls_text_append(&theirs, text);
    ls_status status = ls_agree(comm, ls_text_status(&theirs));
    if (status == LS_OK)
        status = spread(comm, usual, &theirs);
    if (status == LS_OK)
        status = ls_agree(comm, tell_difference(comm, text, usual, ls_text_string(&theirs), what));
    ls_text_free(&theirs);
    return status;
}

ls_status ls_agree_lines(ls_comm *comm, const char *text, const char *what)
{
    uint64_t hash = 1;
    for (const char *c = text; *c != '\0'; c++)
        hash = ls_hash64_mix(hash, (unsigned char)*c);
    int usual;
    bool same;
    LS_TRY(ls_agree_usual(comm, hash, what, &usual, &same));
    return same ? LS_OK : name_difference(comm, text, usual, what);
}
