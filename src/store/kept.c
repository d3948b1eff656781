/* Counting checkpoints that can be relied on. */
#include "store/kept.h"

#include "base/memory.h"
#include "files/disk.h"
#include "files/state.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A file as it was when it was judged. */
typedef struct ls_kept_file {
    ls_file_state state;
    ls_verdict verdict;
} ls_kept_file;

static ls_kept_file *find(const ls_kept *kept, const struct stat *info)
{
    for (int64_t i = 0; i < kept->count; i++) {
        ls_kept_file *f = &kept->file[i];
        if (ls_file_state_is_of(&f->state, info))
            return f;
    }
    return NULL;
}

void ls_kept_note(ls_kept *kept, const char *path, ls_verdict verdict)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return;
    ls_kept_file *f = find(kept, &info);
    if (!f && ls_memory_grow(&kept->file, &kept->capacity, kept->count + 1, sizeof *kept->file,
                             "list of checkpoints") == LS_OK)
        f = &kept->file[kept->count++];
    if (f)
        *f = (ls_kept_file){ls_file_state_of(&info), verdict};
}

void ls_kept_free(ls_kept *kept)
{
    ls_memory_free(kept->file);
    memset(kept, 0, sizeof *kept);
}

/* Inodes of removed files come again. */
static void remove_file(ls_kept *kept, const char *path)
{
    struct stat info;
    ls_kept_file *f = lstat(path, &info) == 0 ? find(kept, &info) : NULL;
    if (ls_disk_remove(path) == 0 && f)
        *f = kept->file[--kept->count];
}

typedef struct looking {
    ls_kept *kept;
    ls_kept_judge judge;
    void *user;
    ls_text *notice;
} looking;

static ls_verdict verdict_now(const looking *l, const char *path)
{
    const ls_verdict verdict = l->judge(l->user, path);
    ls_kept_note(l->kept, path, verdict);
    return verdict;
}

/* Of a file with one of our names. */
static ls_verdict verdict_of(const looking *l, const char *path, const struct stat *info)
{
    const ls_kept_file *f = find(l->kept, info);
    if (f && ls_file_state_is_now(&f->state, info))
        return f->verdict;
    const ls_verdict verdict = verdict_now(l, path);
    if (verdict != LS_VERDICT_GOOD)
        ls_text_printf(l->notice, "checkpoint not counted: %s; it stays\n", ls_error_message());
    return verdict;
}

static bool is_good(const looking *l, const char *path)
{
    struct stat info;
    return ls_rundir_is_checkpoint(path) && lstat(path, &info) == 0 && verdict_of(l, path, &info) == LS_VERDICT_GOOD;
}

/* What looked damaged may only have been unreadable at that moment: before it is lost, it is looked at again. */
static bool may_be_overwritten(const looking *l, const char *path, const struct stat *info)
{
    const ls_verdict verdict = verdict_of(l, path, info);
    return (verdict == LS_VERDICT_DAMAGED ? verdict_now(l, path) : verdict) != LS_VERDICT_FOREIGN;
}

void ls_kept_step_aside(ls_kept *kept, const char *path, ls_kept_judge judge, void *user, ls_text *notice)
{
    const looking l = {kept, judge, user, notice};
    char aside[4200 + 32];
    struct stat info;
    if (lstat(path, &info) != 0 || (S_ISREG(info.st_mode) && may_be_overwritten(&l, path, &info)))
        return;
    for (int number = 1; number < 1000; number++) {
        snprintf(aside, sizeof aside, number > 1 ? "%s.foreign-%d" : "%s.foreign", path, number);
        if (lstat(aside, &info) == 0)
            continue;
        if (ls_disk_rename(path, aside) == 0)
            ls_text_printf(notice, "%s is in the way of a checkpoint and not of this run; it is now %s\n", path, aside);
        return;
    }
}

ls_status ls_kept_prune(ls_kept *kept, const ls_rundir *directory, int64_t keep, ls_kept_judge judge, void *user,
                        ls_text *notice)
{
    const looking l = {kept, judge, user, notice};
    char **paths;
    int count;
    int64_t good = 0;
    const int64_t least = keep > 2 ? keep : 2;
    LS_TRY(ls_rundir_list(directory->path, &paths, &count));
    for (int i = 0; i < count; i++)
        if (is_good(&l, paths[i]) && ++good > least)
            remove_file(kept, paths[i]);
    ls_memory_free(paths);
    return LS_OK;
}

bool ls_kept_give_up_one(ls_kept *kept, const ls_rundir *directory, ls_kept_judge judge, void *user, ls_text *notice)
{
    const looking l = {kept, judge, user, notice};
    const char *oldest = NULL;
    char **paths;
    int count, good = 0;
    if (ls_rundir_list(directory->path, &paths, &count) != LS_OK)
        return false;
    for (int i = 0; i < count; i++)
        if (is_good(&l, paths[i]) && ++good > 1)
            oldest = paths[i];
    if (oldest) {
        remove_file(kept, oldest);
        ls_text_printf(notice, "no room: %s was removed\n", oldest);
    }
    ls_memory_free(paths);
    return oldest != NULL;
}

bool ls_kept_has_good(ls_kept *kept, const ls_rundir *directory, ls_kept_judge judge, void *user, ls_text *notice)
{
    const looking l = {kept, judge, user, notice};
    bool has = false;
    char **paths;
    int count;
    if (ls_rundir_list(directory->path, &paths, &count) != LS_OK)
        return false;
    for (int i = 0; i < count && !has; i++)
        has = is_good(&l, paths[i]);
    ls_memory_free(paths);
    return has;
}
