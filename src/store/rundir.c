/* The output directory: its names, its lock, its checkpoints. */
#include "store/rundir.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/memory.h"
#include "base/reason.h"
#include "base/sha256.h"
#include "files/directory.h"
#include "files/disk.h"
#include "files/path.h"
#include "store/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_NAME "step-%012lld.h5"

/* Steps in a name of our own form, -1 in any other. */
static int64_t steps_of(const char *name)
{
    char again[64];
    int64_t steps = 0;
    const char *digits = name + sizeof "step-" - 1;
    if (strncmp(name, "step-", sizeof "step-" - 1) != 0)
        return -1;
    for (; *digits >= '0' && *digits <= '9' && steps < INT64_MAX / 10 - 1; digits++)
        steps = 10 * steps + (*digits - '0');
    snprintf(again, sizeof again, CHECKPOINT_NAME, (long long)steps);
    return strcmp(name, again) == 0 ? steps : -1;
}

static bool has_checkpoint_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return steps_of(slash ? slash + 1 : path) >= 0;
}

static void name_files(ls_rundir *d)
{
    snprintf(d->model, sizeof d->model, "%s/model.weights.h5", d->path);
    snprintf(d->best, sizeof d->best, "%s/best.weights.h5", d->path);
    snprintf(d->checkpoints, sizeof d->checkpoints, "%s/checkpoints", d->path);
    snprintf(d->log, sizeof d->log, "%s/log.csv", d->path);
    snprintf(d->timing, sizeof d->timing, "%s/timing.csv", d->path);
    snprintf(d->card, sizeof d->card, "%s/run.json", d->path);
    snprintf(d->report, sizeof d->report, "%s/report.json", d->path);
    snprintf(d->page, sizeof d->page, "%s/report.html", d->path);
    snprintf(d->machine, sizeof d->machine, "%s/report-machine.html", d->path);
}

/* Links that lead nowhere too. */
static bool is_there(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

static bool has_run(const ls_rundir *d)
{
    char **paths;
    int count = 0;
    if (ls_rundir_list(d->path, &paths, &count) == LS_OK)
        ls_memory_free(paths);
    return count > 0 || is_there(d->model) || is_there(d->best) || is_there(d->log) || is_there(d->card);
}

/* Who makes the directory has the name: of several that start at once each gets another one. Empty ones that a start
 * has left behind are passed over like all others. */
static ls_status make_next(const char *data, ls_rundir *d)
{
    const char *base = strrchr(data, '/') ? strrchr(data, '/') + 1 : data;
    const char *dot = strrchr(base, '.');
    const int length = dot && dot > base ? (int)(dot - base) : (int)strlen(base);
    if (length == 0 || strpbrk(data, "*?[,") != NULL)
        return ls_fail(LS_ERR_USAGE, "--output is needed: no name can be made from %s",
                       data[0] == '\0' ? "data that --x names" : data);
    for (int number = 1; number < 100000; number++) {
        snprintf(d->path, sizeof d->path, "%.*s-%03d", length, base, number);
        if (mkdir(d->path, 0777) == 0)
            return LS_OK;
        if (errno != EEXIST)
            return ls_fail(LS_ERR_OUTPUT, "%s: the directory cannot be made: %s", d->path, ls_reason(errno));
    }
    return ls_fail(LS_ERR_OUTPUT, "%.*s-001 and all numbers up to 99999 are taken; give --output", length, base);
}

static ls_status in_use(const ls_rundir *d)
{
    return ls_fail(LS_ERR_OUTPUT, "%s is in use by another running lockstep; wait for it or give another --output",
                   d->path);
}

static ls_status lock_file(ls_rundir *d, const char *path)
{
    d->lock = ls_descriptor_open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (d->lock < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be written: %s", path, ls_reason(errno));
    if (ls_descriptor_lock(d->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return in_use(d);
    /* removed since it was opened: another process may have made and locked a new one */
    const int is = ls_descriptor_is_at(d->lock, path);
    if (is < 0)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be examined: %s", path, ls_reason(errno));
    return is == 0 ? in_use(d) : LS_OK;
}

/* One process at a time. The directory is locked as well, where that can be done: .lock may be removed while a run goes
 * on. Where the file system has no locks (some network file systems) the run goes on without. */
static ls_status lock(ls_rundir *d)
{
    char path[4096 + 32];
    d->lock_directory = ls_descriptor_open(d->path, O_RDONLY | O_DIRECTORY, 0);
    if (d->lock_directory >= 0 && ls_descriptor_lock(d->lock_directory, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return in_use(d);
    snprintf(path, sizeof path, "%s/.lock", d->path);
    return lock_file(d, path);
}

/* Its files but for checkpoints. */
enum { FILES = 8 };

static void list_files(const ls_rundir *d, const char *files[FILES])
{
    files[0] = d->model;
    files[1] = d->best;
    files[2] = d->log;
    files[3] = d->timing;
    files[4] = d->card;
    files[5] = d->report;
    files[6] = d->page;
    files[7] = d->machine;
}

static ls_status check_input(const char *path, const ls_inputs *inputs)
{
    const char *name;
    if (!ls_inputs_have(inputs, path, &name))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE, "%s is read here, and the run would put its own in its place; give another --output",
                   strcmp(name, path) == 0 ? path : name);
}

/* None of what the run writes, or removes, is what it reads. */
static ls_status check_inputs(const ls_rundir *d, const ls_inputs *inputs)
{
    const char *files[FILES];
    char **paths;
    int count;
    list_files(d, files);
    for (int i = 0; i < FILES; i++)
        LS_TRY(check_input(files[i], inputs));
    LS_TRY(ls_rundir_list(d->path, &paths, &count));
    ls_status status = LS_OK;
    for (int i = 0; i < count && status == LS_OK; i++)
        status = check_input(paths[i], inputs);
    ls_memory_free(paths);
    return status;
}

/* A checkpoint too: one that stays would be in the way of the new run's. */
static ls_status remove_old(const char *path)
{
    if (ls_disk_remove(path) == 0 || errno == ENOENT)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: cannot be removed for --overwrite: %s", path, ls_reason(errno));
}

/* One that cannot be examined is not passed over: it may be of the old run. */
static ls_status remove_checkpoint(const char *path)
{
    struct stat info;
    if (!has_checkpoint_name(path))
        return LS_OK;
    if (lstat(path, &info) == 0)
        return S_ISREG(info.st_mode) ? remove_old(path) : LS_OK;
    if (errno == ENOENT)
        return LS_OK;
    return ls_fail(LS_ERR_OUTPUT, "%s: cannot be examined for --overwrite: %s", path, ls_reason(errno));
}

/* The model first, and for good: with checkpoints alone the old run goes on, with a model alone nothing does. */
static ls_status remove_run(const ls_rundir *d)
{
    const char *files[FILES];
    list_files(d, files);
    char **paths;
    int count;
    LS_TRY(ls_rundir_list(d->path, &paths, &count));
    ls_status status = LS_OK;
    if (is_there(d->model)) {
        status = remove_old(d->model);
        if (status == LS_OK)
            status = ls_directory_sync(d->path);
    }
    for (int i = 0; i < count && status == LS_OK; i++)
        status = remove_checkpoint(paths[i]);
    ls_memory_free(paths);
    for (int i = 0; i < FILES && status == LS_OK; i++)
        status = remove_old(files[i]);
    return status;
}

static ls_status refuse_run(const ls_rundir *d)
{
    return ls_fail(
        LS_ERR_OUTPUT,
        "%s holds a run already; give --resume to go on with it, --overwrite to replace it, or another --output",
        d->path);
}

static ls_status prepare(ls_rundir *d, ls_rundir_mode mode, const ls_inputs *inputs, bool *holds_run)
{
    LS_TRY(lock(d));
    /* only now: another process may have begun and ended since */
    if (mode == LS_RUNDIR_NEW && has_run(d))
        return refuse_run(d);
    LS_TRY(check_inputs(d, inputs));
    if (mode == LS_RUNDIR_OVERWRITE)
        LS_TRY(remove_run(d));
    *holds_run = mode == LS_RUNDIR_RESUME && has_run(d);
    LS_TRY(ls_directory_make(d->checkpoints));
    LS_TRY(ls_sealed_clean(d->checkpoints));
    return ls_sealed_clean(d->path);
}

ls_status ls_rundir_open(const char *output, const char *data, ls_rundir_mode mode, const ls_inputs *inputs,
                         ls_rundir *directory, bool *holds_run)
{
    memset(directory, 0, sizeof *directory);
    directory->lock = directory->lock_directory = -1;
    *holds_run = false;
    if (output[0])
        snprintf(directory->path, sizeof directory->path, "%s", output);
    else if (mode == LS_RUNDIR_RESUME)
        return ls_fail(LS_ERR_USAGE, "--resume needs --output, the directory of the run to go on with");
    else
        LS_TRY(make_next(data, directory));
    name_files(directory);
    if (mode == LS_RUNDIR_NEW && has_run(directory)) /* before anything is made in it */
        return refuse_run(directory);
    LS_TRY(ls_directory_make(directory->path));
    const ls_status status = prepare(directory, mode, inputs, holds_run);
    if (status != LS_OK)
        ls_rundir_close(directory);
    return status;
}

void ls_rundir_close(ls_rundir *directory)
{
    if (directory->lock >= 0)
        close(directory->lock);
    if (directory->lock_directory >= 0)
        close(directory->lock_directory);
    directory->lock = directory->lock_directory = -1;
}

void ls_rundir_checkpoint(const ls_rundir *directory, int64_t steps, char *path)
{
    snprintf(path, 4200, "%s/" CHECKPOINT_NAME, directory->checkpoints, (long long)steps);
}

bool ls_rundir_is_checkpoint(const char *path)
{
    struct stat info;
    return has_checkpoint_name(path) && lstat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* The newest first, and behind them what others have put there. */
static int by_steps(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    const int64_t p = steps_of(x), q = steps_of(y);
    return p != q ? (p < q) - (p > q) : -strcmp(x, y);
}

ls_status ls_rundir_list(const char *path, char ***paths, int *count)
{
    char checkpoints[4200];
    char **names;
    snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", path);
    LS_TRY(ls_directory_list(checkpoints, "step-", ".h5", &names, count));
    if (*count > 0)
        qsort(names, (size_t)*count, sizeof *names, by_steps);
    const size_t each = strlen(checkpoints) + 300;
    ls_status status = ls_memory_allocate(paths, 1, ((size_t)*count + 1) * (sizeof **paths + each), "checkpoint list");
    char *text = status == LS_OK ? (char *)(*paths + *count) : NULL;
    for (int i = 0; status == LS_OK && i < *count; i++, text += each) {
        snprintf(text, each, "%s/%s", checkpoints, names[i]);
        (*paths)[i] = text;
    }
    ls_memory_free(names);
    return status;
}

bool ls_rundir_owns(const char *path)
{
    static const char *const names[] = {"log.csv", "timing.csv", "run.json"};
    char card[4096 + 16];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    bool known = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        known = known || strcmp(name, names[i]) == 0;
    snprintf(card, sizeof card, "%.*srun.json", (int)(name - path), path);
    return known && ls_path_exists(path) && ls_path_exists(card);
}

ls_status ls_rundir_digest(const char *path, char hex[65])
{
    uint8_t digest[32], buffer[65536];
    ls_sha256 hash;
    struct stat info;
    const int fd = ls_descriptor_open(path, O_RDONLY | O_NONBLOCK, 0); /* not blocking, or a named pipe would hang us */
    FILE *file = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? fdopen(fd, "r") : NULL;
    if (!file) {
        const ls_status status =
            ls_fail(LS_ERR_OUTPUT, "%s: %s", path, fd < 0 ? ls_reason(errno) : "is not a regular file");
        if (fd >= 0)
            (void)close(fd);
        return status;
    }
    ls_sha256_start(&hash);
    for (size_t n; (n = fread(buffer, 1, sizeof buffer, file)) > 0;) {
        ls_sha256_update(&hash, buffer, n);
        ls_alive();
    }
    const bool failed = ferror(file) != 0;
    fclose(file);
    if (failed)
        return ls_fail(LS_ERR_OUTPUT, "%s: cannot be read", path);
    ls_sha256_finish(&hash, digest);
    ls_sha256_hex(digest, hex);
    return LS_OK;
}
