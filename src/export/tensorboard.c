/* Folders, tags and steps. */
#include "export/tensorboard.h"

#include "base/memory.h"
#include "export/eventfile.h"
#include "export/events.h"
#include "export/eventsteps.h"
#include "files/directory.h"
#include "files/path.h"

#include <stdio.h>
#include <string.h>

enum { TRAIN, VALIDATION, PARTS };
static const char *const folders[PARTS] = {"train", "validation"};

struct ls_tensorboard {
    int parts; /* 1 without validation */
    ls_eventfile file[PARTS];
    ls_scores names[PARTS];
    int64_t epochs; /* behind when it began */
};

/* ---- files ---- */

static ls_status make_directory(const char *path)
{
    if (ls_path_is_directory(path))
        return LS_OK;
    if (ls_path_exists(path))
        return ls_fail(LS_ERR_OUTPUT, "%s is no directory", path);
    return ls_directory_make(path);
}

/* With all directories above it. */
static ls_status make_directories(const char *path)
{
    char above[LS_TEXT_MAX];
    if (strlen(path) >= sizeof above)
        return ls_fail(LS_ERR_OUTPUT, "%.64s...: the path is too long", path);
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        (void)snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
        LS_TRY(make_directory(above));
    }
    return make_directory(path);
}

static ls_status open_file(ls_tensorboard *b, const char *directory, int part)
{
    char folder[LS_TEXT_MAX];
    LS_TRY(ls_path_join(folder, sizeof folder, directory, folders[part]));
    LS_TRY(make_directories(folder));
    b->parts++;
    return ls_eventfile_open(folder, &b->file[part]);
}

ls_status ls_tensorboard_open(const char *directory, bool validation, ls_tensorboard **board)
{
    ls_status status = LS_OK;
    LS_TRY(ls_memory_allocate(board, 1, sizeof **board, "TensorBoard's files"));
    for (int part = 0; status == LS_OK && part < (validation ? PARTS : VALIDATION); part++)
        status = open_file(*board, directory, part);
    if (status == LS_OK)
        return LS_OK;
    ls_tensorboard_close(*board);
    *board = NULL;
    return status;
}

ls_status ls_tensorboard_finish(ls_tensorboard *board)
{
    ls_status status = LS_OK;
    for (int part = 0; part < board->parts; part++) {
        const ls_status closed = ls_eventfile_close(&board->file[part]);
        status = status == LS_OK ? closed : status;
    }
    return status;
}

void ls_tensorboard_close(ls_tensorboard *board)
{
    if (!board)
        return;
    (void)ls_tensorboard_finish(board);
    for (int part = 0; part < board->parts; part++)
        ls_text_free(&board->file[part].notice);
    ls_memory_free(board);
}

void ls_tensorboard_notice(ls_tensorboard *board, ls_text *lines)
{
    for (int part = 0; part < board->parts; part++) {
        ls_text_append(lines, ls_text_string(&board->file[part].notice));
        ls_text_clear(&board->file[part].notice);
    }
}

/* ---- events ---- */

static ls_status flush(ls_tensorboard *b)
{
    for (int part = 0; part < b->parts; part++)
        LS_TRY(ls_eventfile_flush(&b->file[part]));
    return LS_OK;
}

ls_status ls_tensorboard_begin(ls_tensorboard *board, const ls_scores *train, const ls_scores *validation,
                               int64_t epochs, bool *again)
{
    int64_t last;
    *again = false;
    board->names[TRAIN] = *train;
    board->names[VALIDATION] = *validation;
    board->epochs = epochs;
    LS_TRY(ls_eventsteps_last(board->file[TRAIN].folder, &last));
    if (last < epochs)
        return flush(board);
    for (int part = 0; part < board->parts; part++)
        ls_events_restart(&board->file[part].waiting, ls_eventfile_time(), epochs);
    *again = board->parts == PARTS && epochs > 0;
    return flush(board);
}

static bool is_named(const ls_scores *names, const char *name)
{
    for (int k = 0; k < names->count; k++)
        if (strcmp(names->name[k], name) == 0)
            return true;
    return false;
}

static void put(ls_tensorboard *b, int part, int64_t step, const char *before, const char *name, const char *behind,
                double value)
{
    char tag[96];
    (void)snprintf(tag, sizeof tag, "%s_%s%s", before, name, behind);
    ls_events_scalar(&b->file[part].waiting, ls_eventfile_time(), step, tag, value);
}

static void put_scores(ls_tensorboard *b, int part, int64_t step, const char *before, const char *behind,
                       const ls_scores *scores)
{
    for (int k = 0; k < scores->count; k++)
        if (is_named(&b->names[part], scores->name[k]))
            put(b, part, step, before, scores->name[k], behind, scores->value[k]);
}

static void put_evaluation(ls_tensorboard *b, int64_t iterations, const ls_scores *validation)
{
    put_scores(b, VALIDATION, iterations, "evaluation", "_vs_iterations", validation);
}

void ls_tensorboard_again(ls_tensorboard *board, int64_t iterations, const ls_scores *validation)
{
    if (iterations >= board->epochs) /* the others still count */
        put_evaluation(board, iterations, validation);
}

ls_status ls_tensorboard_epoch(ls_tensorboard *board, int64_t iterations, const ls_epoch *epoch)
{
    const int64_t step = epoch->epoch - 1;
    put_scores(board, TRAIN, step, "epoch", "", &epoch->train);
    put(board, TRAIN, step, "epoch", "learning_rate", "", epoch->learning_rate);
    if (board->parts == PARTS) {
        put_evaluation(board, iterations, &epoch->validation);
        put_scores(board, VALIDATION, step, "epoch", "", &epoch->validation);
    }
    return flush(board);
}
