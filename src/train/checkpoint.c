/* Saving a trainer while all ranks wait. What is spread over them travels to rank 0 as it is written, piece by piece.
 */
#include "train/checkpoint.h"

#include "comm/agree.h"
#include "train/contents.h"
#include "train/counting.h"
#include "train/watch.h"

static ls_status write_any(ls_trainer *t, ls_contents *c)
{
    ls_comm *comm = t->context->comm;
    LS_TRY(ls_watch_look(t));
    ls_status status = ls_contents_check(t);
    if (status == LS_OK)
        status = ls_travel_begin(t, &c->travel);
    LS_TRY_CLEANUP(ls_agree(comm, status));
    if (c->checkpoint)
        LS_TRY_CLEANUP(ls_counting_sum(t));
    ls_contents_list(c);
    status = ls_travel_work(&c->travel, ls_contents_write, c, "rank 0 writes a checkpoint");
cleanup:
    ls_travel_end(&c->travel, status);
    return status;
}

/* The trainer as it is. */
static ls_snapshot present(const ls_trainer *t)
{
    return (ls_snapshot){.optimizer = t->optimizer, .rate = t->rate, .slots = t->slots};
}

ls_status ls_checkpoint_write(ls_trainer *trainer, const char *path, const ls_logmark *log)
{
    const ls_snapshot snapshot = present(trainer);
    ls_contents c = {.trainer = trainer, .path = path, .checkpoint = true, .log = log, .snapshot = &snapshot};
    return write_any(trainer, &c);
}

ls_status ls_checkpoint_write_model(ls_trainer *trainer, const char *path)
{
    const ls_snapshot snapshot = present(trainer);
    return ls_checkpoint_write_snapshot(trainer, path, &snapshot);
}

ls_status ls_checkpoint_write_snapshot(ls_trainer *trainer, const char *path, const ls_snapshot *snapshot)
{
    ls_contents c = {.trainer = trainer, .path = path, .snapshot = snapshot};
    return write_any(trainer, &c);
}

ls_status ls_trainer_save(ls_trainer *trainer, const char *path)
{
    const ls_logmark none = {.length = 0};
    return ls_checkpoint_write(trainer, path, &none);
}
