/* A thing of Keras' by its name: a loss, a metric, an optimizer or a schedule, in all the ways in which configurations
 * say it. Local.
 *
 *   "mse"                                                               a name
 *   {"class_name": "Huber", "config": {"delta": 1.0, ...}, ...}         an object
 *   {"class_name": "function", "config": "mean_squared_error", ...}     a function
 *   {"class_name": "MeanMetricWrapper", "config": {"fn": ..., ...}}     a function in Keras 2's wrapper
 */
#ifndef LS_IMPORT_KERAS_NAMED_H
#define LS_IMPORT_KERAS_NAMED_H

#include "base/json_read.h"
#include "base/text.h"

typedef struct ls_keras_named {
    char name[64];               /* without what stands in front of it: "Adam" of "Custom>Adam" */
    const ls_json_value *config; /* its settings; NULL: a bare name, whose settings are Keras' defaults */
    bool object;                 /* of a class, not a name or a function */
    bool registered;             /* "package>Name": registered by somebody under a package */
    bool foreign;                /* of a module that is not Keras' */
} ls_keras_named;

/* False: it is none of these. Names are cut. */
bool ls_keras_named_read(const ls_json_document *document, const ls_json_value *value, ls_keras_named *named);

/* Whether two names are the same but for case and '_': "log_cosh", "LogCosh". */
bool ls_keras_named_same(const char *a, const char *b);

/* Appends a setting's value as the options take it: a number, true or false, a text, a list. A number that is a float32
 * is the shortest decimal of that float32: Keras keeps 0.01 as 0.009999999776482582. False: it is something else. */
bool ls_keras_named_value(const ls_json_document *document, const ls_json_value *value, ls_text *text);
/* The number meant by one of a configuration, as above. */
double ls_keras_named_number(double number);

/* Whether a setting says nothing: null, or with `zero` also false, 0 and "". */
bool ls_keras_named_silent(const ls_json_value *value, bool zero);

#endif
