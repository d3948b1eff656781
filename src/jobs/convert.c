/* `lockstep convert`: the job, and how it went. */
#include "jobs/convert.h"

#include "base/clock.h"
#include "base/fpenv.h"
#include "base/memory.h"
#include "base/text.h"
#include "context/options.h"
#include "source/find.h"

#include <string.h>

void ls_conversion_close(ls_conversion *conversion)
{
    for (int i = 0; i < conversion->count; i++)
        ls_import_close(&conversion->import[i]);
    ls_encoding_free(&conversion->encoding);
    ls_table_facts_free(&conversion->facts);
    memset(conversion, 0, sizeof *conversion);
}

static void say_end(const ls_context *context, const ls_options *options, const ls_conversion *conversion,
                    double seconds)
{
    char in[32], rate[32], duration[32];
    ls_log_line(&context->log, LS_LOG_RESULT, "converted %s into %s in %s (%s/s)",
                ls_format_bytes((double)conversion->bytes, in), options->output, ls_format_duration(seconds, duration),
                ls_format_bytes((double)conversion->bytes / (seconds > 1e-9 ? seconds : 1e-9), rate));
}

/* Arrays keep their own names, which need not be those that train looks for. */
static void warn_of_names(const ls_context *context, const ls_options *options)
{
    ls_h5_file *file;
    ls_found found;
    if (ls_h5_open(options->output, &file) != LS_OK)
        return;
    if (ls_find_parts(file, true, &found) != LS_OK)
        ls_log_line(&context->log, LS_LOG_WARNING, "%s", ls_error_message());
    ls_h5_close(file);
}

static ls_status convert(ls_context *context, const ls_options *options, ls_conversion *conversion)
{
    const double start = ls_clock();
    LS_TRY(ls_conversion_check_output(options));
    LS_TRY(ls_conversion_open(context, options, conversion));
    LS_TRY(ls_conversion_write(context, options, conversion));
    if (conversion->name[0][0] != '\0')
        warn_of_names(context, options);
    say_end(context, options, conversion, ls_clock() - start);
    return LS_OK;
}

ls_status ls_run_convert(ls_context *context, const ls_options *options)
{
    ls_conversion *conversion;
    if (ls_comm_size(context->comm) > 1)
        return ls_fail(LS_ERR_USAGE, "convert is the work of one process; start it without %d ranks",
                       ls_comm_size(context->comm));
    if (options->data[0] == '\0' || options->output[0] == '\0')
        return ls_fail(LS_ERR_USAGE, "convert needs a file to read and one to write: lockstep convert IN OUT.h5");
    LS_TRY(ls_memory_allocate(&conversion, 1, sizeof *conversion, "conversion"));
    const ls_fpenv saved = ls_fpenv_enter();
    ls_status status = convert(context, options, conversion);
    ls_fpenv_leave(saved);
    ls_conversion_close(conversion);
    ls_memory_free(conversion);
    if (status == LS_STOPPED) {
        context->stop = 0;
        status = ls_fail(LS_STOPPED, "stopped on request before all rows were converted; nothing was written");
    }
    return status;
}
