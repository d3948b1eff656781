/* Counting the classes of the validation rows. */
#include "train/tail.h"

#include "context/options.h"
#include "data/classes.h"
#include "data/dataset.h"

#include <string.h>

/* Different labels that are counted, and rows for each class from which on one that is missing means something. */
#define LABELS_MOST 4096
#define ROWS_EACH   4

/* Classes by which rows may be sorted: of labels, one a row; 0: there are none. */
static int64_t classes_of(const ls_network *network, const ls_source *source)
{
    if (source->target != LS_TARGET_LABELS)
        return 0;
    if (ls_loss_classes(&network->loss) == LS_CLASSES_ONE)
        return network->outputs;
    return ls_loss_classes(&network->loss) == LS_CLASSES_EACH && network->outputs == 1 ? 2 : 0;
}

ls_status ls_tail_remark(ls_context *context, const ls_options *options, const ls_network *network,
                         const ls_dataset *validation)
{
    if (validation == NULL || options->validation_split <= 0 || strcmp(options->validation_method, "tail") != 0)
        return LS_OK;
    const int64_t classes = classes_of(network, ls_dataset_source(validation));
    if (classes == 0 || classes > LABELS_MOST || validation->rows < ROWS_EACH * classes)
        return LS_OK;
    ls_labels labels = {.tally = {.limit = LABELS_MOST}, .odd_row = -1};
    const ls_status status = ls_labels_find(context, validation, &labels);
    if (status == LS_OK && labels.odd_row < 0 && !labels.tally.beyond && 2 * labels.tally.count <= classes)
        ls_log_line(&context->log, LS_LOG_WARNING,
                    "the validation rows, the last %lld, hold %lld of the %lld classes: where rows are sorted by class "
                    "their scores say little; --validation-method stratified takes the same share of every class",
                    (long long)validation->rows, (long long)labels.tally.count, (long long)classes);
    ls_tally_free(&labels.tally);
    return status;
}
