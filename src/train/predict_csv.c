/* Writing predictions as CSV (RFC 4180, lines end with LF). */
#include "train/predict_csv.h"

#include "formats/csv_write.h"

static void put_delimiter(ls_predict_csv *csv)
{
    ls_text_append_bytes(&csv->text, &csv->delimiter, 1);
}

/* By hand: one a row costs more than the numbers with printf. */
static void put_integer(ls_predict_csv *csv, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        digits[--at] = '-';
    ls_text_append_bytes(&csv->text, digits + at, sizeof digits - at);
}

static ls_status write_text(ls_predict_csv *csv)
{
    LS_TRY(ls_text_status(&csv->text));
    LS_TRY(ls_textout_write(&csv->out, csv->text.data, csv->text.length));
    ls_text_clear(&csv->text);
    return LS_OK;
}

ls_status ls_predict_csv_begin(ls_predict_csv *csv)
{
    ls_text name = {0};
    ls_text_append(&csv->text, "row");
    for (int i = 0; i < ls_identities_count(csv->identities); i++) {
        put_delimiter(csv);
        ls_csv_put_field(&csv->text, "", ls_predict_names_identity(ls_identities_name(csv->identities, i), &name));
    }
    if (csv->names->classes) {
        put_delimiter(csv);
        ls_text_append(&csv->text, "class");
    }
    for (int64_t i = 0; i < csv->names->outputs; i++) {
        put_delimiter(csv);
        ls_csv_put_field(&csv->text, "", ls_predict_names_output(csv->names, i, &name));
    }
    ls_text_append(&csv->text, "\n");
    csv->text.failed = csv->text.failed || name.failed;
    ls_text_free(&name);
    return write_text(csv);
}

/* A label's name, or the label. */
static void put_label(ls_predict_csv *csv, int64_t label)
{
    const char *name = ls_class_names_of_label(&csv->names->classes_of, label);
    put_delimiter(csv);
    if (name != NULL)
        ls_csv_put_field(&csv->text, "", name);
    else
        put_integer(csv, label);
}

ls_status ls_predict_csv_rows(ls_predict_csv *csv, int64_t rows, const float *prediction, const int64_t *row,
                              const int64_t *label)
{
    const int64_t outputs = csv->names->outputs;
    const int identities = ls_identities_count(csv->identities);
    for (int64_t r = 0; r < rows; r++) {
        put_integer(csv, row[r]);
        for (int i = 0; i < identities; i++) {
            put_delimiter(csv);
            ls_csv_put_field(&csv->text, "", ls_identities_texts(csv->identities, i)[r]);
        }
        if (label != NULL)
            put_label(csv, label[r]);
        for (int64_t i = 0; i < outputs; i++) {
            put_delimiter(csv);
            ls_text_append_float(&csv->text, prediction[r * outputs + i]);
        }
        ls_text_append(&csv->text, "\n");
    }
    return write_text(csv);
}

void ls_predict_csv_free(ls_predict_csv *csv)
{
    ls_textout_free(&csv->out);
    ls_text_free(&csv->text);
}
