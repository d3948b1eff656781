/* The table of the observers that options ask for. */
#include "train/trainer_observers.h"

#include "context/options.h"

typedef struct observer_row {
    /* NULL: it has no option of its own. */
    ls_status (*resolve)(ls_options *options, const ls_network *network, bool validation);
    ls_status (*observe)(ls_trainer *trainer, const ls_options *options);
} observer_row;

/* In the order in which they are called. */
static const observer_row rows[] = {
    {NULL, ls_best_observe},
    {ls_early_stopping_resolve, ls_early_stopping_observe},
    {ls_plateau_resolve, ls_plateau_observe},
    {NULL, ls_reporting_observe},
};
enum { ROWS = sizeof rows / sizeof *rows };

ls_status ls_trainer_observers_resolve(ls_options *options, const ls_network *network, bool validation)
{
    for (int i = 0; i < ROWS; i++)
        if (rows[i].resolve)
            LS_TRY(rows[i].resolve(options, network, validation));
    return LS_OK;
}

ls_status ls_trainer_observers_create(ls_trainer *trainer, const ls_options *options)
{
    for (int i = 0; i < ROWS; i++)
        LS_TRY(rows[i].observe(trainer, options));
    return LS_OK;
}

ls_status ls_trainer_observers_set(ls_options *options, const char *key, const ls_setting *table, size_t count,
                                   const void *settings)
{
    ls_text text = {0};
    ls_settings_format(table, count, settings, &text);
    ls_status status = ls_text_status(&text);
    if (status == LS_OK)
        status = ls_options_set(options, key, ls_text_string(&text) + 1); /* without the space in front */
    ls_text_free(&text);
    return status;
}
