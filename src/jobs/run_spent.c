/* Where a run's time went. */
#include "jobs/run_spent.h"

#include <math.h>

/* Below either nobody loses much. */
#define WORTH_SAYING 0.1 /* of the mean */
#define WORTH_A_LINE 1.0 /* s */

/* To a millionth; nobody reads more. */
static double rounded(double value)
{
    return round(value * 1e6) / 1e6;
}

static void put_range(ls_json *json, const char *key, const ls_comm *comm, const ls_spent_range *range)
{
    ls_json_key(json, key);
    ls_json_object_begin(json);
    ls_json_put_double(json, "min", rounded(range->min));
    ls_json_put_double(json, "mean", rounded(range->mean));
    ls_json_put_double(json, "max", rounded(range->max));
    ls_json_put_integer(json, "min_rank", ls_comm_given_rank(comm, range->min_rank));
    ls_json_put_string(json, "min_host", ls_comm_host_of(comm, range->min_rank));
    ls_json_put_integer(json, "max_rank", ls_comm_given_rank(comm, range->max_rank));
    ls_json_put_string(json, "max_host", ls_comm_host_of(comm, range->max_rank));
    ls_json_object_end(json);
}

void ls_run_spent_put(ls_json *json, const ls_comm *comm, const ls_spent_report *report)
{
    ls_json_key(json, "rank_seconds");
    ls_json_object_begin(json);
    for (int kind = 0; kind < LS_SPENT_KINDS; kind++)
        put_range(json, ls_spent_name((ls_spent_kind)kind), comm, &report->kind[kind]);
    put_range(json, "work", comm, &report->work);
    ls_json_put_double(json, "imbalance", rounded(ls_spent_imbalance(report)));
    ls_json_object_end(json);
}

/* More shards than others have. Their number is a power of two, so of ranks too it is the powers that share them
 * evenly.
 */
static void put_shards(ls_text *out, const ls_spent_report *report)
{
    int64_t even = 1;
    while (2 * even <= report->ranks && 2 * even <= report->shards)
        even *= 2;
    ls_text_printf(out, "it has %lld of %lld shards, and the mean is %.3g; %lld", (long long)report->most_shards,
                   (long long)report->shards, (double)report->shards / report->ranks, (long long)even);
    if (2 * even <= report->shards)
        ls_text_printf(out, " or %lld", 2 * (long long)even);
    ls_text_printf(out, even == 1 && report->shards == 1 ? " rank has" : " ranks have");
    ls_text_append(out, " equally many");
}

/* The host has more ranks than another, so perhaps less for each of them. */
static bool put_crowd(ls_text *out, const ls_comm *comm, int rank)
{
    const int ranks = ls_comm_host_size(comm, rank);
    int fewest = ranks;
    for (int r = 0; r < ls_comm_size(comm); r += ls_comm_host_size(comm, r))
        fewest = ls_comm_host_size(comm, r) < fewest ? ls_comm_host_size(comm, r) : fewest;
    if (fewest < ranks)
        ls_text_printf(out, "%s has %d ranks, another host only %d; place them evenly", ls_comm_host_of(comm, rank),
                       ranks, fewest);
    return fewest < ranks;
}

void ls_run_spent_line(ls_text *out, const ls_comm *comm, const ls_spent_report *report)
{
    const ls_spent_range *work = &report->work, *data = &report->kind[LS_SPENT_DATA];
    const double more = ls_spent_imbalance(report);
    const double shards = (double)report->most_shards * report->ranks / (double)(report->shards + !report->shards) - 1;
    char name[LS_COMM_NAME], seconds[32];
    if (more <= WORTH_SAYING || work->max - work->mean < WORTH_A_LINE)
        return;
    ls_text_printf(out, "%s took %s for data and compute, %.0f %% more than the mean of %d ranks: ",
                   ls_comm_name(comm, work->max_rank, name), ls_format_duration(work->max, seconds), 100 * more,
                   report->ranks);
    if (shards >= more / 2)
        put_shards(out, report);
    else if (data->max_rank == work->max_rank && data->max - data->mean > (work->max - work->mean) / 2)
        ls_text_append(out, "most of it for data; is its way to the file slower, or another program using it?");
    else if (!put_crowd(out, comm, work->max_rank))
        ls_text_append(out, "is another program on its cores, or are they fewer or slower?");
}

ls_status ls_run_spent_compare(ls_run *r)
{
    const ls_trainer *t = r->trainer;
    ls_spent_report report;
    ls_text line = {0};
    LS_TRY(ls_spent_compare(r->context->comm, &t->spent, t->set.last - t->set.first, &report));
    r->spent = report;
    ls_run_spent_line(&line, r->context->comm, &report);
    if (line.length > 0)
        ls_log_line(&r->context->log, LS_LOG_INFO, "%s", ls_text_string(&line));
    ls_text_free(&line);
    return LS_OK;
}
