#include "fuzz_bench.h"

#include "fuzz_changes.h"

#include <stdio.h>

void fuzz_bench_must(ls_status status)
{
    if (status != LS_OK)
        fprintf(stderr, "%s\n", ls_error_message());
    fuzz_must(status == LS_OK, "making ready");
}

static ls_options *options_of(void)
{
    static const char *const set[][2] = {{"layers", "8 relu, batch_normalization, dropout 0.1, 3 softmax"},
                                         {"epochs", "4"},
                                         {"batch-size", "53"},
                                         {"metrics", "accuracy,auc"},
                                         {"normalize", "standard"},
                                         {"early-stopping", "patience=3"},
                                         {"reduce-lr-on-plateau", "patience=1 min_delta=0.5 factor=0.5"}};
    ls_options *options;
    fuzz_bench_must(ls_options_create(&options));
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        fuzz_bench_must(ls_options_set(options, set[i][0], set[i][1]));
    return options;
}

fuzz_bench fuzz_bench_start(void)
{
    static api_data data;
    fuzz_bench b = {.data = &data};
    ls_context_settings settings;
    api_data_make(&data);
    ls_context_settings_defaults(&settings);
    settings.threads = 1;
    ls_options *options = options_of();
    const ls_arrays arrays = api_data_classes(&data);
    fuzz_bench_must(ls_context_create(&settings, &b.context));
    fuzz_bench_must(ls_dataset_from_arrays(b.context, &arrays, &b.train));
    fuzz_bench_must(ls_dataset_from_arrays(b.context, &arrays, &b.validation));
    fuzz_bench_must(ls_model_create(b.context, options, b.train, &b.model));
    fuzz_bench_must(ls_trainer_create(b.context, options, b.model, b.train, b.validation, &b.trainer));
    ls_options_destroy(options);
    return b;
}
