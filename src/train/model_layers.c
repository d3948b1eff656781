/* The architecture of a model of Keras' in place of --layers. */
#include "base/text.h"
#include "comm/agree.h"
#include "comm/lead.h"
#include "context/options.h"
#include "import/open.h"
#include "train/model.h"

#include <string.h>

typedef struct asking {
    const char *path;
    const ls_log *log;
    ls_text layers;
} asking;

/* Rank 0's part. */
static ls_status read_layers(void *user, ls_lead *lead)
{
    asking *a = user;
    ls_text remarks = {0};
    (void)lead;
    const ls_status status = ls_import_layers(a->path, &a->layers, &remarks);
    for (const char *line = ls_text_string(&remarks); status == LS_OK && *line;) {
        const size_t length = strcspn(line, "\n");
        ls_log_line(a->log, LS_LOG_WARNING, "%.*s", (int)length, line);
        line += length + (line[length] == '\n');
    }
    ls_text_free(&remarks);
    return status;
}

ls_status ls_model_take_layers(ls_context *context, ls_options *options)
{
    asking a = {.path = options->model, .log = &context->log};
    const ls_lead_parts parts = {.work = read_layers, .user = &a, .what = "rank 0 reads the layers of --model"};
    if (!options->model[0] || options->init[0])
        return LS_OK;
    if (options->layers[0] && !options->settled) /* a run that goes on has its own, which are compared */
        return ls_fail(LS_ERR_USAGE, "--model and --layers both say the layers; leave one of them out");
    ls_status status = ls_lead_work(context->comm, &parts);
    if (status == LS_OK)
        status = ls_agree_text(context->comm, &a.layers);
    if (status == LS_OK)
        status = ls_options_fill(options, "layers", ls_text_string(&a.layers));
    if (status == LS_ERR_USAGE)
        ls_fail_prefix(status, "--model %s: ", options->model);
    status = ls_agree(context->comm, status);
    options->model[0] = '\0';
    ls_text_free(&a.layers);
    return status;
}
