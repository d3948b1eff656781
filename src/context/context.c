/* Contexts: kernel table, threads, and one line that says so. */
#include "context/context.h"

#include "base/halt.h"
#include "base/memory.h"
#include "base/parse.h"
#include "comm/agree.h"
#include "context/cores.h"
#include "context/options.h"
#include "context/placement.h"
#include "context/trial.h"
#include "math/selftest.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ls_context_settings_defaults(ls_context_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->hang_timeout = -1;
}

void ls_context_settings_from_options(ls_context_settings *settings, const ls_options *options)
{
    settings->threads = (int)options->threads;
    settings->kernels = options->kernels;
    settings->reduction = options->reduction;
    if (ls_patience_parse(options->hang_timeout, &settings->hang_timeout) != LS_OK) /* checked when it was set */
        settings->hang_timeout = -1;
    settings->memory = options->memory;
}

/* What each rank tells the others about its cores. */
typedef struct core_report {
    uint64_t key; /* mask and host */
    int32_t threads;
    int32_t usable;
} core_report;

/* More threads than cores: says so, with the cure in the launchers' words. */
static void warn_of_stacking(const ls_context *context, int threads, int ranks, const ls_cores *cores)
{
    const int fair = cores->usable / ranks > 0 ? cores->usable / ranks : 1;
    char cure[64] = "";
    if (context->threads > fair)
        snprintf(cure, sizeof cure, "; or --threads %d", fair);
    if (ranks == 1)
        ls_log_line(&context->log, LS_LOG_WARNING, "%d threads share %d core%s; waits sleep instead of spinning%s",
                    threads, cores->usable, cores->usable == 1 ? "" : "s", cure);
    else
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "%d ranks with %d threads share %d core%s; waits sleep instead of spinning. To spread them over free "
            "cores: mpirun --bind-to "
            "none or --map-by slot:PE=%d (Open MPI), mpiexec -bind-to core:%d (MPICH), srun --cpus-per-task=%d%s",
            ranks, threads, cores->usable, cores->usable == 1 ? "" : "s", context->threads, context->threads,
            context->threads, cure);
}

/* Local. The threads are there, so the spare is looked for beside their stacks; later they may have ended for a while.
 */
static ls_status try_own_threads(int threads, ls_trial **trial)
{
    LS_TRY(ls_trial_begin(threads, trial));
    LS_TRY(ls_memory_keep(LS_CONTEXT_SPARE_BYTES));
    return LS_OK;
}

/* Collective. All ranks hold their threads at once, since those of one host may share a limit. */
static ls_status try_threads(const ls_context *context)
{
    ls_trial *trial = NULL;
    ls_status status = ls_agree(context->comm, try_own_threads(context->threads, &trial));
    const int64_t stacks = ls_trial_bytes(trial);
    ls_trial_end(trial);
    if (status == LS_OK)
        status = ls_agree(context->comm, ls_memory_keep(LS_CONTEXT_SPARE_BYTES + stacks));
    return status;
}

/* Collective. Threads of this rank, whether they are stacked on cores, and the line that says all this. */
static ls_status plan_threads(ls_context *context, int wished)
{
    const ls_comm *comm = context->comm;
    const int size = ls_comm_size(comm);
    const ls_cores cores = ls_cores_find();
    const char *variable = getenv("OMP_NUM_THREADS");
    const char *reason = "as asked";
    int64_t count = 0;
    core_report *all;
    ls_status status = ls_agree(context->comm, ls_memory_allocate(&all, size, sizeof *all, "thread counts"));
    if (status != LS_OK) {
        ls_memory_free(all);
        return status;
    }

    core_report mine = {.key = cores.key, .usable = cores.usable};
    for (const char *c = ls_comm_host(comm); *c; c++)
        mine.key = mine.key * 31 + (unsigned char)*c;
    status = ls_comm_allgather(context->comm, &mine, sizeof mine, all);
    int sharing = 0;
    for (int r = 0; status == LS_OK && r < size; r++)
        sharing += all[r].key == mine.key;
    sharing = sharing > 0 ? sharing : 1;

    if (wished > 0) {
        context->threads = wished;
    } else if (variable && ls_parse_int64(variable, &count) && count > 0 && count <= INT_MAX) {
        context->threads = (int)count;
        reason = "OMP_NUM_THREADS";
    } else {
        context->threads = cores.usable / sharing;
        reason = sharing > 1 ? "sharing the cores" : "the cores it may use";
    }
    if (context->threads < 1)
        context->threads = 1;
    if (status == LS_OK)
        status = try_threads(context);

    mine.threads = context->threads;
    if (status == LS_OK)
        status = ls_comm_allgather(context->comm, &mine, sizeof mine, all);
    int stacked = 0, fewest = context->threads, most = context->threads;
    for (int r = 0; status == LS_OK && r < size; r++) {
        stacked += all[r].key == mine.key ? all[r].threads : 0;
        fewest = all[r].threads < fewest ? all[r].threads : fewest;
        most = all[r].threads > most ? all[r].threads : most;
    }
    ls_memory_free(all);
    if (status != LS_OK)
        return status;

    const int on_host = ls_comm_local_size(comm) * context->threads;
    char placement[LS_PLACEMENT_MAX];
    ls_placement_put(comm, fewest, most, placement);
    snprintf(context->description, sizeof context->description, "%s (%s) on %d of %d cores of %s, kernels %s",
             placement, reason, on_host < cores.online ? on_host : cores.online, cores.online, ls_comm_host(comm),
             context->kernels->name);
    ls_log_line(&context->log, LS_LOG_INFO, "%s", context->description);
    if (getenv("OMPI_COMM_WORLD_SIZE") && cores.mask == 1 &&
        on_host < cores.online) /* Open MPI's default up to 2 ranks */
        ls_log_line(&context->log, LS_LOG_INFO,
                    "mpirun bound each rank to one core; for more: --bind-to none or --map-by slot:PE=%d",
                    cores.online / ls_comm_local_size(comm));
    if (stacked > cores.usable) {
        ls_comm_set_passive(context->comm, true);
        warn_of_stacking(context, stacked, sharing, &cores);
    }
    return LS_OK;
}

static const char *const scheme_names[] = {"auto", "halving", "doubling", "direct", "grouped", "buckets"};

/* A rank's warning that tables failed their self-test; empty: none. */
typedef struct kernels_warning {
    char line[640]; /* a host name has up to 255 bytes */
} kernels_warning;

/* Local. */
static ls_status choose_kernels(ls_context *context, const ls_context_settings *settings, kernels_warning *warning)
{
    char failed[128], who[300] = "";
    LS_TRY(ls_selftest_choose(settings->kernels, &context->kernels, failed, sizeof failed));
    if (!context->kernels) {
        return ls_fail(LS_ERR_USAGE,
                       "kernels '%s': no such kernel table, or this CPU lacks its instructions; use auto or portable",
                       settings->kernels);
    }
    if (ls_comm_rank(context->comm) > 0)
        snprintf(who, sizeof who, "rank %d (%s): ", ls_comm_given_rank(context->comm, ls_comm_rank(context->comm)),
                 ls_comm_host(context->comm));
    if (failed[0] != '\0')
        snprintf(warning->line, sizeof warning->line,
                 "%skernels fail their self-test: %s; using %s, which gives the same results. Suspect the processor or "
                 "the build",
                 who, failed, context->kernels->name);
    return LS_OK;
}

/* Collective. Rank 0 logs the warnings of all ranks, which need not use the same table: all give the same bits. */
static ls_status warn_of_kernels(const ls_context *context, const kernels_warning *mine)
{
    kernels_warning *all;
    const int size = ls_comm_size(context->comm);
    ls_status status = ls_agree(context->comm, ls_memory_allocate(&all, size, sizeof *all, "warnings"));
    if (status == LS_OK)
        status = ls_comm_allgather(context->comm, mine, sizeof *mine, all);
    for (int r = 0; status == LS_OK && r < size; r++)
        if (all[r].line[0] != '\0')
            ls_log_line(&context->log, LS_LOG_WARNING, "%s", all[r].line);
    ls_memory_free(all);
    return status;
}

static ls_status choose_reduction(ls_context *context, const ls_context_settings *settings)
{
    const char *wanted = settings->reduction ? settings->reduction : "auto";
    for (int i = 0; i < (int)(sizeof scheme_names / sizeof *scheme_names); i++) {
        if (strcmp(wanted, scheme_names[i]) == 0) {
            context->reduction = (ls_reduce_scheme)i;
            return LS_OK;
        }
    }
    return ls_fail(LS_ERR_USAGE, "reduction '%s'; expected auto, halving, doubling, direct, grouped or buckets",
                   wanted);
}

/* Local. What a rank can do of a context by itself. */
static ls_status start(ls_comm *comm, const ls_context_settings *settings, kernels_warning *warning,
                       ls_context **context)
{
    LS_TRY(ls_memory_allocate(context, 1, sizeof **context, "context"));
    ls_context *c = *context;
    c->comm = comm;
    if (ls_comm_rank(comm) == 0)
        c->log = (ls_log){settings->log, settings->log_user};
    LS_TRY(choose_kernels(c, settings, warning));
    LS_TRY(ls_memory_limit(settings->memory, ls_comm_local_size(comm), &c->memory, c->memory_from));
    return choose_reduction(c, settings);
}

/* The communicator was there before the context, and agreeing needs nothing else: so a rank that has no memory for its
 * context can say so. */
ls_status ls_context_create_over(ls_comm *comm, const ls_context_settings *settings, ls_context **context)
{
    ls_context_settings defaults;
    ls_context_settings_defaults(&defaults);
    settings = settings ? settings : &defaults;
    kernels_warning warning = {.line = ""};
    ls_context *c = NULL;
    *context = NULL;
    const ls_patience patience = ls_patience_begin(settings->hang_timeout);
    ls_comm_set_timeout(comm, patience.timeout);
    ls_status status = ls_agree(comm, start(comm, settings, &warning, &c));
    if (status == LS_OK)
        status = warn_of_kernels(c, &warning);
    if (status == LS_OK)
        status = plan_threads(c, settings->threads);
    if (status != LS_OK) {
        ls_comm_destroy(comm);
        ls_memory_free(c);
        return status;
    }
    c->patience = patience;
    *context = c;
    return LS_OK;
}

ls_status ls_context_create(const ls_context_settings *settings, ls_context **context)
{
    ls_comm *comm;
    *context = NULL;
    LS_TRY(ls_comm_create_single(&comm));
    return ls_context_create_over(comm, settings, context);
}

void ls_context_destroy(ls_context *context)
{
    if (!context)
        return;
    ls_comm_destroy(context->comm);
    ls_memory_free(context);
}

int ls_context_rank(const ls_context *context)
{
    return ls_comm_given_rank(context->comm, ls_comm_rank(context->comm));
}

int ls_context_size(const ls_context *context)
{
    return ls_comm_size(context->comm);
}

int ls_context_threads(const ls_context *context)
{
    return context->threads;
}

const char *ls_context_description(const ls_context *context)
{
    return context->description;
}

void ls_context_request_stop(ls_context *context)
{
    context->stop = 1;
}

static bool is_asked(void *user)
{
    return ((const ls_context *)user)->stop != 0;
}

void ls_context_heed(ls_context *context, bool heeds)
{
    ls_halt_set(heeds ? is_asked : NULL, context);
}

bool ls_context_has_state(const ls_context *context)
{
    return context->has_state != 0;
}

ls_status ls_context_agree(ls_context *context, ls_status status)
{
    return ls_agree(context->comm, status);
}
