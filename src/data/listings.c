/* What patterns stand for, compared over ranks. */
#include "data/listings.h"

#include "base/hash64.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "files/files.h"

#include <stdio.h>
#include <string.h>

/* What one rank has found. */
typedef struct listing {
    uint64_t hash;
    int64_t files;
    char missing[256]; /* begin of the pattern that fits nothing; empty: there is none */
} listing;

static void mix(listing *found, const char *name)
{
    do
        found->hash = ls_hash64_mix(found->hash, (unsigned char)*name);
    while (*name++ != '\0');
}

/* Local. A text without pattern is not looked at: its files are opened by that name, and compared then. */
static void list(const char *text, listing *found)
{
    char **paths = NULL;
    int count = 0;
    if (strpbrk(text, "*?[") == NULL)
        return;
    if (ls_files_expand(text, &paths, &count) != LS_OK)
        (void)snprintf(found->missing, sizeof found->missing, "%s", text);
    for (int i = 0; i < count && paths != NULL; i++)
        mix(found, paths[i]);
    found->files += count;
    ls_memory_free(paths);
}

/* Local. Without the group behind the files. */
static void list_validation(const char *text, listing *found)
{
    char path[LS_TEXT_MAX];
    (void)snprintf(path, sizeof path, "%s", text);
    char *colon = strrchr(path, ':');
    if (colon != NULL)
        *colon = '\0';
    list(path, found);
}

static ls_status tell(const ls_comm *comm, const listing *mine, const listing *theirs, int usual)
{
    const ls_status status =
        mine->missing[0] != '\0'
            ? ls_fail(LS_ERR_DATA, "%s: no file fits this pattern here, but on rank %d", mine->missing, usual)
            : ls_fail(LS_ERR_DATA,
                      "files that fit the patterns of the data are not the same on all ranks: %lld here, %lld on rank "
                      "%d; copy what is missing, remove what does not belong there, or name files that all hosts see",
                      (long long)mine->files, (long long)theirs->files, usual);
    if (ls_comm_rank(comm) == 0) /* ls_agree names every rank but this one */
        ls_fail_prefix(status, "rank 0 (%s): ", ls_comm_host(comm));
    return status;
}

ls_status ls_listings_check(ls_context *context, const ls_options *options)
{
    ls_comm *comm = context->comm;
    listing mine = {.hash = 1}, theirs;
    int usual;
    bool same;
    if (ls_comm_size(comm) == 1)
        return LS_OK;
    list(options->data, &mine);
    list_validation(options->validation_data, &mine);
    LS_TRY(ls_agree_usual(comm, mine.hash, "files of a pattern", &usual, &same));
    if (same)
        return LS_OK;
    theirs = mine;
    LS_TRY(ls_comm_broadcast(comm, usual, &theirs, sizeof theirs));
    return ls_agree(comm,
                    mine.hash != theirs.hash ? tell(comm, &mine, &theirs, ls_comm_given_rank(comm, usual)) : LS_OK);
}
