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

typedef struct request {
    ls_context *context;
    const char *const *runs;
    int count;
    const ls_options *options;
} request;

static ls_status write_page(const char *path, ls_text *html)
{
    ls_status status = ls_text_status(html);
    if (status == LS_OK)
        status = ls_textfile_replace(path, ls_text_string(html));
    return status;
}

/* Beside the page of a run alone, in its directory. */
static ls_status write_machine(const char *run, const sources *s)
{
    char path[LS_TEXT_MAX], title[128];
    ls_text html = {0};
    LS_TRY(ls_path_join(path, sizeof path, run, "report-machine.html"));
    ls_status status = ls_report_machine(title_of(run, title), s->card, s->timing ? s->timing : "", &html);
    if (status == LS_OK)
        status = write_page(path, &html);
    ls_text_free(&html);
    return status;
}

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

/* A file that is no page is not replaced without being asked. */
static ls_status check_page(const request *q, const char *path)
{
    ls_inputs inputs = {0};
    ls_status status = LS_OK;
    if (!q->options->output[0])
        return LS_OK;
    for (int i = 0; i < q->count && status == LS_OK; i++)
        for (int k = 0; k < 2 && status == LS_OK; k++) {
            char file[LS_TEXT_MAX];
            status = ls_path_join(file, sizeof file, q->runs[i], k == 0 ? "log.csv" : "run.json");
            if (status == LS_OK)
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

typedef struct work {
    sources source[LS_REPORT_RUNS];
    ls_report report[LS_REPORT_RUNS];
    char title[LS_REPORT_RUNS][128];
    int read;
} work;

static ls_status read_runs(const request *q, work *w)
{
    for (int i = 0; i < q->count; i++) {
        sources *s = &w->source[i];
        w->read++;
        LS_TRY(read_sources(q->runs[i], s));
        const ls_status status =
            ls_report_read(title_of(q->runs[i], w->title[i]), s->json ? s->json : s->card, s->log, &w->report[i]);
        if (status != LS_OK)
            return ls_fail_prefix(status, "%s: ", q->runs[i]);
    }
    return LS_OK;
}

static ls_status make_pages(const request *q, work *w)
{
    char path[LS_TEXT_MAX];
    ls_text html = {0};
    LS_TRY(name_page(q, path));
    LS_TRY(check_page(q, path));
    LS_TRY(read_runs(q, w));
    ls_report_page(w->report, q->count, &html);
    ls_status status = write_page(path, &html);
    ls_text_free(&html);
    if (status == LS_OK && q->count == 1 && !q->options->output[0])
        status = write_machine(q->runs[0], &w->source[0]);
    if (status == LS_OK)
        ls_log_line(&q->context->log, LS_LOG_RESULT, "report in %s", path);
    return status;
}

static ls_status run_alone(void *user)
{
    const request *q = user;
    work *w;
    LS_TRY(ls_memory_allocate(&w, 1, sizeof *w, "report"));
    const ls_status status = make_pages(q, w);
    for (int i = 0; i < w->read; i++) {
        free_sources(&w->source[i]);
        ls_report_free(&w->report[i]);
    }
    ls_memory_free(w);
    return status;
}

ls_status ls_run_report(ls_context *context, const char *const *runs, int count, const ls_options *options)
{
    request q = {context, runs, count, options};
    if (count < 1 || count > LS_REPORT_RUNS)
        return ls_fail(LS_ERR_USAGE, "report takes 1 to %d runs, not %d", LS_REPORT_RUNS, count);
    return ls_lead_alone(context->comm, run_alone, &q, "rank 0 writes the report");
}
