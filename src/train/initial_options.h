/* What the file of --init says of its optimizer, as options: with --init-optimizer its settings go on as well. */
#ifndef LS_TRAIN_INITIAL_OPTIONS_H
#define LS_TRAIN_INITIAL_OPTIONS_H

#include "context/context.h"

/* Collective. Where --init-optimizer takes the state of a model that says what it was compiled with, as Keras' do: its
 * optimizer, settings, schedule and running averages become options, as if they had been given, where nobody gave any.
 * An optimizer that is given and another one stays, with its own defaults; a rate that is given stands for the
 * schedule, too. Nothing is read for a run that goes on, or once more. Files that do not say change nothing. */
ls_status ls_initial_options(ls_context *context, ls_options *options);

#endif
