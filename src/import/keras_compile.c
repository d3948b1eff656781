/* What compile() said: its parts, and their texts. */
#include "import/keras_compile.h"

#include "import/keras_compile_parts.h"

#include <string.h>

/* HDF5 files have optimizer_config, the others optimizer. */
static const ls_json_value *optimizer_of(const ls_json_document *document, const ls_json_value *config)
{
    const ls_json_value *old = ls_json_member(document, config, "optimizer_config");
    return old ? old : ls_json_member(document, config, "optimizer");
}

static ls_status check_texts(const ls_keras_compiled *c)
{
    const ls_text *const texts[] = {&c->loss,       &c->metrics,         &c->optimizer, &c->schedule,
                                    &c->loss_fault, &c->optimizer_fault, &c->ema,       &c->metrics_passed_over};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        LS_TRY(ls_text_status(texts[i]));
    return LS_OK;
}

ls_status ls_keras_compile_read(const ls_json_document *document, const ls_json_value *config, const char *name,
                                ls_keras_compiled *compiled)
{
    memset(compiled, 0, sizeof *compiled);
    if (!config || config->kind == LS_JSON_NULL)
        return LS_OK;
    if (config->kind != LS_JSON_OBJECT)
        return ls_fail(LS_ERR_DATA, "%s: what the model was compiled with is no JSON object", name);
    ls_status status = ls_keras_compile_loss(document, config, compiled);
    if (status == LS_OK)
        status = ls_keras_compile_metrics(document, config, compiled);
    if (status == LS_OK)
        status = ls_keras_compile_optimizer(document, optimizer_of(document, config), compiled);
    if (status == LS_OK)
        status = check_texts(compiled);
    if (status != LS_OK)
        ls_keras_compiled_free(compiled);
    return status;
}

void ls_keras_compiled_free(ls_keras_compiled *compiled)
{
    ls_text_free(&compiled->loss);
    ls_text_free(&compiled->metrics);
    ls_text_free(&compiled->optimizer);
    ls_text_free(&compiled->schedule);
    ls_text_free(&compiled->loss_fault);
    ls_text_free(&compiled->optimizer_fault);
    ls_text_free(&compiled->metrics_passed_over);
    ls_text_free(&compiled->ema);
    memset(compiled, 0, sizeof *compiled);
}
