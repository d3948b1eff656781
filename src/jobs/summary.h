/* What a network consists of and what a rank needs to train it, as Keras' model.summary() tells it: lines of at most 80
 * columns, and JSON. Local. */
#ifndef LS_JOBS_SUMMARY_H
#define LS_JOBS_SUMMARY_H

#include "base/json.h"
#include "base/text.h"
#include "train/footprint.h"

/* Appends a line for each layer of the model file, input and normalisations included: name and kind, output shape,
 * parameters, and what it is connected to where that is not the layer before it alone. Then the sums. */
void ls_summary_layers(const ls_network *network, ls_text *text);
/* Appends the memory of a rank, part by part. */
void ls_summary_memory(const ls_footprint_setup *setup, const ls_footprint *footprint, ls_text *text);

/* The same as members of the present JSON object: "layers", "trainable_parameters", "other_parameters"; "memory". */
void ls_summary_layers_json(const ls_network *network, ls_json *json);
void ls_summary_memory_json(const ls_footprint_setup *setup, const ls_footprint *footprint, ls_json *json);

#endif
