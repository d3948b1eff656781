/* What the columns of predictions are called, in CSV files and as the attribute column_names of /prediction. */
#ifndef LS_TRAIN_PREDICT_NAMES_H
#define LS_TRAIN_PREDICT_NAMES_H

#include "base/text.h"
#include "data/class_names.h"

typedef struct ls_predict_names {
    ls_class_names classes_of; /* points to the network */
    int64_t outputs;
    bool classes; /* rows are given a class */
} ls_predict_names;

/* Local. `encoding`: the JSON text of the model's columns, or NULL. */
ls_status ls_predict_names_read(const char *encoding, const ls_network *network, ls_predict_names *names);
void ls_predict_names_free(ls_predict_names *names); /* back to {0} */

/* Of an output, made in `text`: "probability_yes" of a class, "score_yes" where outputs are logits; of a value the
 * target's name, so that it joins the table that it was learnt from, or "prediction", "prediction_1" where targets have
 * no names, or numbers for names; of guesses of it "price_tau0.9". Labels without a name stand for themselves. */
const char *ls_predict_names_output(const ls_predict_names *names, int64_t output, ls_text *text);
/* Of a column of identifiers: its name, or "id_row" where predictions have a column of that name themselves. */
const char *ls_predict_names_identity(const char *name, ls_text *text);

#endif
