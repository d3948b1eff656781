/* What a run says of its model before it trains. */
#include "context/options.h"
#include "jobs/run.h"
#include "jobs/summary.h"

#include <string.h>

void ls_run_say_model(const ls_run *r)
{
    const ls_network *network = r->model->network;
    const ls_shards *plan = &r->trainer->set.plan;
    ls_text text = {0};
    ls_layers_format(network->layers, network->count, &text);
    const ls_log *log = &r->context->log;
    ls_log_line(log, LS_LOG_INFO, "model: %lld features -> %s; %lld parameters", (long long)network->features,
                ls_text_string(&text), (long long)network->parameters);
    ls_text_clear(&text);
    ls_loss_format(&network->loss, &text);
    ls_log_line(log, LS_LOG_INFO, "loss: %s", ls_text_string(&text));
    ls_log_line(log, LS_LOG_INFO, "steps: %lld epoch%s of %lld step%s, batches of %lld rows in %lld shards",
                (long long)r->trainer->epochs, r->trainer->epochs == 1 ? "" : "s", (long long)plan->steps,
                plan->steps == 1 ? "" : "s", (long long)plan->batch, (long long)plan->shards);
    if (r->trainer->purpose == LS_PASS_TRAIN_BFLOAT16)
        ls_log_line(log, LS_LOG_INFO, "precision: products of training in bfloat16, %s",
                    r->context->kernels->bfloat16.instruction
                        ? "by this CPU's instruction (AVX-512 BF16)"
                        : "rounded and multiplied in float32, with the same results: no instruction for bfloat16 here");
    ls_log_line(log, LS_LOG_INFO, "results: in %s", r->directory.path);
    ls_text_free(&text);
}

/* The lines of a text, each by itself. */
static void log_lines(const ls_log *log, const char *text)
{
    for (size_t length; *text != '\0'; text += length + (text[length] != '\0')) {
        length = strcspn(text, "\n");
        ls_log_line(log, LS_LOG_INFO, "%.*s", (int)length, text);
    }
}

ls_status ls_run_say_summary(const ls_run *r)
{
    ls_footprint_setup setup;
    ls_footprint footprint;
    ls_text text = {0};
    LS_TRY(ls_footprint_of(r->trainer, r->beside ? LS_SAVER_ON : LS_SAVER_OFF, &setup, &footprint));
    setup.beside = ls_saver_wish_of(r->options); /* all ranks have decided */
    ls_summary_layers(r->model->network, &text);
    ls_summary_memory(&setup, &footprint, &text);
    const ls_status status = ls_text_status(&text);
    log_lines(&r->context->log, ls_text_string(&text));
    ls_text_free(&text);
    return status;
}
