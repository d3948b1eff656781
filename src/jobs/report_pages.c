/* `lockstep report`: the page of a run from what it has left, or of several beside each other. */
#include "jobs/report_pages.h"

#include "base/memory.h"
#include "base/text.h"
#include "comm/lead.h"
#include "context/context.h"
#include "context/options.h"
#include "files/inputs.h"
#include "files/path.h"
#include "files/textfile.h"
#include "store/sealed.h"
#include "train/evaluation.h"

#include <stdio.h>
#include <string.h>

#define LOG_MAX  ((int64_t)1 << 32) /* bytes of a log.csv that are read */
#define CARD_MAX ((int64_t)1 << 28)

/* The texts of a run's files. */
typedef struct sources {
    char *json, *card, *log, *timing;
} sources;

static void free_sources(sources *s)
{
    ls_memory_free(s->json);
    ls_memory_free(s->card);
    ls_memory_free(s->log);
    ls_memory_free(s->timing);
}

static ls_status read_file(const char *run, const char *name, int64_t limit, char **text)
{
    char path[LS_TEXT_MAX];
    LS_TRY(ls_path_join(path, sizeof path, run, name));
    return ls_textfile_read(path, limit, text);
}

static bool has_file(const char *run, const char *name)
{
    char path[LS_TEXT_MAX];
    return ls_path_join(path, sizeof path, run, name) == LS_OK && ls_path_exists(path);
}

static ls_status check_run(const char *run)
{
    if (!ls_path_is_directory(run))
        return ls_fail(LS_ERR_USAGE,
                       "%s: is no directory; report takes the output directory of a run, which has log.csv", run);
    if (!has_file(run, "log.csv") || !has_file(run, "run.json"))
        return ls_fail(LS_ERR_USAGE, "%s: has no %s; report takes the output directory of a run", run,
                       has_file(run, "log.csv") ? "run.json" : "log.csv");
    return LS_OK;
}

static ls_status read_sources(const char *run, sources *s)
{
    LS_TRY(check_run(run));
    LS_TRY(read_file(run, "log.csv", LOG_MAX, &s->log));
    LS_TRY(read_file(run, "run.json", CARD_MAX, &s->card));
    if (has_file(run, "timing.csv"))
        LS_TRY(read_file(run, "timing.csv", LOG_MAX, &s->timing));
    if (!has_file(run, "report.json"))
        return LS_OK;
    LS_TRY(read_file(run, "report.json", CARD_MAX, &s->json));
    return ls_report_file_check(run, s->json);
}

/* A run that went on without a report has left one of an earlier end. */
static bool is_stale(const ls_report *of_report, const ls_report *of_card)
{
    return of_report->steps != of_card->steps;
}

static ls_status read_report(const char *run, const char *title, const sources *s, ls_report *report)
{
    ls_report card;
    LS_TRY(ls_report_read(title, s->card, s->log, &card));
    ls_status status = s->json ? ls_report_read(title, s->json, s->log, report) : LS_OK;
    if (status == LS_OK && s->json && !is_stale(report, &card)) {
        ls_report_free(&card);
        return LS_OK;
    }
    if (status == LS_OK && s->json)
        ls_report_free(report);
    if (status == LS_OK)
        *report = card;
    else
        ls_report_free(&card);
    return status == LS_OK ? LS_OK : ls_fail_prefix(status, "%s: ", run);
}

/* What a run is called among others. */
static const char *title_of(const char *run, char title[128])
{
    size_t length = strlen(run);
    while (length > 1 && run[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && run[begin - 1] != '/')
        begin--;
    snprintf(title, 128, "%.*s", (int)(length - begin < 127 ? length - begin : 127), run + begin);
    return title;
}

/* ---- pages ---- */

static ls_status write_page(const char *path, ls_text *html)
{
    ls_status status = ls_text_status(html);
    if (status == LS_OK)
        status = ls_textfile_replace(path, ls_text_string(html));
    ls_text_free(html);
    return status;
}

/* Beside the page of a run alone, in its directory. */
static ls_status write_machine(const char *run, const sources *s)
{
    char path[LS_TEXT_MAX], title[128];
    ls_text html = {0};
    LS_TRY(ls_path_join(path, sizeof path, run, "report-machine.html"));
    const ls_status status = ls_report_machine(title_of(run, title), s->card, s->timing ? s->timing : "", &html);
    if (status == LS_OK)
        return write_page(path, &html);
    ls_text_free(&html);
    return status;
}

typedef struct work {
    sources source[LS_REPORT_RUNS];
    ls_report report[LS_REPORT_RUNS];
    char title[LS_REPORT_RUNS][128];
    int sources, reports;
} work;

static ls_status read_runs(const char *const *runs, int count, work *w)
{
    for (int i = 0; i < count; i++) {
        w->sources++;
        LS_TRY(read_sources(runs[i], &w->source[i]));
        LS_TRY(read_report(runs[i], title_of(runs[i], w->title[i]), &w->source[i], &w->report[i]));
        w->reports++;
    }
    return LS_OK;
}

static void free_work(work *w)
{
    for (int i = 0; w && i < w->sources; i++)
        free_sources(&w->source[i]);
    for (int i = 0; w && i < w->reports; i++)
        ls_report_free(&w->report[i]);
    ls_memory_free(w);
}

/* The page at `path`; of a run alone with the other one beside it. */
static ls_status write_all(const char *const *runs, int count, const char *path, bool machine, ls_report_part *data)
{
    work *w;
    ls_text html = {0};
    LS_TRY(ls_memory_allocate(&w, 1, sizeof *w, "report"));
    ls_status status = read_runs(runs, count, w);
    if (status == LS_OK) {
        ls_report *first = &w->report[0];
        if (data && data->values && first->parts < LS_REPORT_PARTS) {
            first->part[first->parts++] = *data;
            *data = (ls_report_part){.rows = 0};
        }
        ls_report_page(w->report, count, &html);
        status = write_page(path, &html);
    }
    if (status == LS_OK && machine)
        status = write_machine(runs[0], &w->source[0]);
    free_work(w);
    return status;
}

ls_status ls_report_write_pages(const char *run)
{
    char path[LS_TEXT_MAX];
    LS_TRY(ls_path_join(path, sizeof path, run, "report.html"));
    return write_all(&run, 1, path, true, NULL);
}

/* ---- the command ---- */

typedef struct request {
    ls_context *context;
    const char *const *runs;
    int count;
    const ls_options *options;
    ls_report_part data; /* what its rows show; without values: none are asked for */
} request;

/* Where the page goes: --output, else beside the run's files, or of several runs here. */
static ls_status name_page(const request *q, char path[LS_TEXT_MAX])
{
    if (q->options->output[0]) {
        snprintf(path, LS_TEXT_MAX, "%s", q->options->output);
        return LS_OK;
    }
    if (q->count == 1)
        return ls_path_join(path, LS_TEXT_MAX, q->runs[0], "report.html");
    snprintf(path, LS_TEXT_MAX, "report.html");
    return LS_OK;
}

/* What is read is not written, and a file that is named and there not without being asked. */
static ls_status check_page(const request *q, const char *path)
{
    static const char *const files[] = {"log.csv", "run.json", "report.json", "timing.csv"};
    ls_inputs inputs = {0};
    ls_status status = LS_OK;
    if (!q->options->output[0])
        return LS_OK;
    for (int i = 0; i < q->count; i++)
        for (int k = 0; k < 4 && status == LS_OK; k++) {
            char file[LS_TEXT_MAX];
            status = ls_path_join(file, sizeof file, q->runs[i], files[k]);
            if (status == LS_OK && ls_path_exists(file))
                status = ls_inputs_add(&inputs, file);
        }
    if (status == LS_OK)
        status = ls_inputs_check_output(&inputs, path, q->options->overwrite);
    if (status == LS_OK && ls_sealed_is(path))
        status =
            ls_fail(LS_ERR_USAGE, "%s is a model or a checkpoint, and would be lost; name another file to write", path);
    ls_inputs_free(&inputs);
    return status;
}

/* By rank 0. */
static ls_status run_alone(void *user)
{
    request *q = user;
    char path[LS_TEXT_MAX];
    LS_TRY(name_page(q, path));
    LS_TRY(check_page(q, path));
    LS_TRY(write_all(q->runs, q->count, path, q->count == 1 && !q->options->output[0], &q->data));
    ls_log_line(&q->context->log, LS_LOG_RESULT, "report in %s", path);
    return LS_OK;
}

/* By rank 0: before any row is read. */
static ls_status check_alone(void *user)
{
    const request *q = user;
    char path[LS_TEXT_MAX];
    for (int i = 0; i < q->count; i++)
        LS_TRY(check_run(q->runs[i]));
    LS_TRY(name_page(q, path));
    return check_page(q, path);
}

/* Collective. One pass over the rows with the run's model. */
static ls_status look_at_data(request *q)
{
    ls_model *model = NULL;
    ls_dataset *dataset = NULL;
    ls_evaluation *evaluation = NULL;
    ls_status status = ls_model_load(q->context, q->runs[0], &model);
    if (status == LS_OK)
        status = ls_dataset_open_for_model(q->context, q->options, model, &dataset);
    q->context->reports = true;
    if (status == LS_OK)
        status = ls_evaluation_create(q->context, NULL, model, dataset, &evaluation);
    if (status == LS_OK)
        status = ls_evaluation_report(evaluation, "data", 0, &q->data);
    q->context->reports = false;
    ls_evaluation_destroy(evaluation);
    ls_dataset_destroy(dataset);
    ls_model_destroy(model);
    return status;
}

ls_status ls_run_report(ls_context *context, const char *const *runs, int count, const ls_options *options)
{
    request q = {.context = context, .runs = runs, .count = count, .options = options};
    const bool has_data = options->data[0] || strchr(options->x, ':');
    if (count < 1 || count > LS_REPORT_RUNS)
        return ls_fail(LS_ERR_USAGE, "report takes 1 to %d runs, not %d", LS_REPORT_RUNS, count);
    if (has_data && count > 1)
        return ls_fail(LS_ERR_USAGE, "--data is looked at with the model of one run; give %d runs without it", count);
    LS_TRY(ls_lead_alone(context->comm, check_alone, &q, "rank 0 looks at the run"));
    ls_status status = has_data ? look_at_data(&q) : LS_OK;
    if (status == LS_OK)
        status = ls_lead_alone(context->comm, run_alone, &q, "rank 0 writes the report");
    ls_report_part_free(&q.data);
    return status;
}
