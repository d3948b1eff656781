/* Writing predictions as CSV (RFC 4180, lines end with LF). */
#include "train/predict_csv.h"

#include "files/replace.h"
#include "formats/csv_write.h"

static void put_number(ls_text *text, const char *prefix, int64_t number)
{
    ls_text_printf(text, "%s%lld", prefix, (long long)number);
}

/* A label's name, or the label. */
static void put_label(ls_predict_csv *csv, const char *prefix, int64_t label)
{
    const char *name = ls_class_names_of_label(&csv->names, label);
    if (name != NULL)
        ls_csv_put_field(&csv->text, prefix, name);
    else
        put_number(&csv->text, prefix, label);
}

static ls_status write_text(ls_predict_csv *csv)
{
    LS_TRY(ls_text_status(&csv->text));
    LS_TRY(ls_replace_write(csv->fd, csv->path, csv->text.data, csv->text.length, (size_t)csv->length));
    csv->length += (int64_t)csv->text.length;
    ls_text_clear(&csv->text);
    return LS_OK;
}

/* Of a value: the target's name, or its number where there are several; and which guess of it, of several. */
static void put_value(ls_predict_csv *csv, int64_t i)
{
    const ls_network *network = csv->names.network;
    const int64_t each = ls_loss_spread(&network->loss);
    ls_text column = {0};
    const char *name = ls_class_names_of_output(&csv->names, i);
    if (name != NULL)
        ls_text_append(&column, name);
    else if (network->outputs > each)
        put_number(&column, "", i / each);
    ls_text_append(&column, each > 1 && column.length > 0 ? "_" : "");
    ls_loss_put_share(&network->loss, i, &column);
    if (column.length > 0)
        ls_csv_put_field(&csv->text, "prediction_", ls_text_string(&column));
    else
        ls_text_append(&csv->text, "prediction");
    csv->text.failed = csv->text.failed || column.failed;
    ls_text_free(&column);
}

ls_status ls_predict_csv_begin(ls_predict_csv *csv)
{
    const int64_t outputs = csv->names.network->outputs;
    ls_activation link;
    const bool chances = ls_loss_chances(&csv->names.network->loss, &link) && link == LS_LINEAR;
    if (csv->numbered)
        ls_text_append(&csv->text, "row,");
    if (csv->classes)
        ls_text_append(&csv->text, "class");
    for (int64_t i = 0; i < outputs; i++) {
        const int64_t class_ = csv->classes && outputs == 1 ? 1 : i; /* one sigmoid output is the chance of class 1 */
        ls_text_append(&csv->text, csv->classes || i > 0 ? "," : "");
        if (csv->classes)
            put_label(csv, chances ? "probability_" : "score_", ls_class_names_label(&csv->names, class_));
        else
            put_value(csv, i);
    }
    ls_text_append(&csv->text, "\n");
    return write_text(csv);
}

ls_status ls_predict_csv_rows(ls_predict_csv *csv, int64_t rows, const float *prediction, const int64_t *label,
                              const int64_t *row)
{
    const int64_t outputs = csv->names.network->outputs;
    for (int64_t r = 0; r < rows; r++) {
        if (row != NULL) {
            put_number(&csv->text, "", row[r]);
            ls_text_append(&csv->text, ",");
        }
        if (label != NULL)
            put_label(csv, "", label[r]);
        for (int64_t i = 0; i < outputs; i++) {
            ls_text_append(&csv->text, label != NULL || i > 0 ? "," : "");
            ls_text_append_float(&csv->text, prediction[r * outputs + i]);
        }
        ls_text_append(&csv->text, "\n");
    }
    return write_text(csv);
}

void ls_predict_csv_free(ls_predict_csv *csv)
{
    ls_text_free(&csv->text);
}
