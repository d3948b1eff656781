/* Class labels: which there are, and how they become class numbers. */
#ifndef LS_TRAIN_CLASSES_H
#define LS_TRAIN_CLASSES_H

#include "base/text.h"
#include "model/network.h"
#include "train/context.h"
#include "train/dataset.h"

/* Collective. Where the loss takes classes and one label a row, finds the labels of the training rows. When they are
 * not class numbers of the last layer already, they are mapped in ascending order: network->classes. LS_ERR_DATA when
 * there are more or fewer than the layer has, naming them and what would fit. */
ls_status ls_classes_fit(ls_context *context, const ls_dataset *train, ls_network *network);

/* Appends "-1, 1"; of many the first few. */
void ls_classes_list(const int64_t *classes, int64_t count, ls_text *text);

#endif
