/* The same options on all ranks: a configuration file that one node has in another version would else make ranks wait
 * for each other in different places. */
#include "context/options.h"

#include "comm/agree.h"
#include "context/context.h"

#include <string.h>

/* What may be right for one rank and wrong for another, and changes no result. */
static bool may_differ(const char *key)
{
    static const char *const keys[] = {"threads", "kernels", "memory"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* An option that somebody gives at its default is not what it is when nobody gives it: an optimizer or a model has a
 * default of its own. */
static ls_status list(const ls_options *options, const char *program, ls_text *out)
{
    char value[LS_TEXT_MAX];
    ls_text_printf(out, "%s\n", program);
    for (size_t i = 0; i < options->table->count; i++) {
        const char *key = options->table->entry[i].row.key;
        if (may_differ(key))
            continue;
        LS_TRY(ls_options_get(options, key, value, sizeof value));
        ls_text_printf(out, "%s = %s%s\n", key, value, options->given[i] ? "" : " (not given)");
    }
    return ls_text_status(out);
}

ls_status ls_options_agree(ls_context *context, const ls_options *options, const char *program)
{
    ls_text text = {0};
    ls_status status = ls_agree(context->comm, list(options, program, &text));
    if (status == LS_OK)
        status = ls_agree_lines(context->comm, ls_text_string(&text), "options");
    ls_text_free(&text);
    return status;
}
