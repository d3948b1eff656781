/* Model files: what is taken predicts and is described, and saved and loaded it predicts the same. */
#include "saved.h"

#include <stdlib.h>
#include <string.h>

enum { PREDICTED = 16, OUTPUTS = 64 };

static void use(const saved_files *s, ls_model *model)
{
    static float x[PREDICTED * 64], first[PREDICTED * OUTPUTS];
    for (int i = 0; i < PREDICTED * 64; i++)
        x[i] = s->bench.data->x[i];
    if (ls_model_features(model) <= 64 && ls_model_outputs(model) <= OUTPUTS)
        (void)fuzz_taken(ls_model_predict_rows(model, PREDICTED, x, first));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const saved_files *s = saved_get();
    fuzz_input in = {bytes, size};
    const char *path = saved_change(&s->model, &in);
    ls_model *model;
    char *text;
    if (fuzz_taken(ls_model_load(s->bench.context, path, &model))) {
        use(s, model);
        ls_model_destroy(model);
    }
    if (fuzz_taken(ls_describe_file(path, &text)))
        ls_text_release(text);
    return 0;
}
