/* Weights, groups, identifiers and written indices in what convert says. */
#include "jobs/convert_beside.h"

#include "context/options.h"

void ls_convert_beside_put(const ls_conversion *conversion, int64_t i, ls_text *text)
{
    const ls_column *c = &conversion->encoding.column[i];
    const ls_import *import = &conversion->import[0];
    ls_text_append(text, c->role == LS_ROLE_WEIGHT  ? "weight of the row"
                         : c->role == LS_ROLE_GROUP ? "group of the row"
                                                    : "identifier of the row");
    if (c->role != LS_ROLE_WEIGHT)
        ls_text_append(text, c->kind == LS_COLUMN_INTEGER ? ", whole number"
                             : c->role == LS_ROLE_ID      ? ", text"
                                                          : ", codes of text");
    for (int k = 0; k < import->besides; k++)
        if (import->beside[k].column == c->name)
            ls_text_printf(text, "; kept as /train/%s", import->beside[k].name);
}

void ls_convert_beside_warn(const ls_context *context, const ls_options *options, const ls_conversion *conversion)
{
    if (conversion->facts.counter)
        ls_log_line(
            &context->log, LS_LOG_WARNING,
            "%s: column 1 has no name and counts the rows, as a data frame's index does when it is written, and "
            "is a feature; --ignore 1 leaves it out, --id 1 keeps it to tell the rows apart",
            options->data);
}
