/* A program of somebody else's: trains on arrays, step by step, and predicts, as the manual in lockstep.h
 * shows. Built from the installed package; exits with 0 when the model learned. */
#include <lockstep.h>

#include <stdio.h>
#include <stdlib.h>

#define ROWS     256
#define FEATURES 2
#define STEPS    400

static float x[ROWS][FEATURES], y[ROWS][1];

static void check(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "%s: %s\n", ls_status_text(status), ls_error_message());
    exit(1);
}

int main(void)
{
    for (int r = 0; r < ROWS; r++) { /* a plane: y = 2 x0 - x1 + 0.5 */
        x[r][0] = (float)(r % 16) / 16.0f;
        x[r][1] = (float)(r / 16) / 16.0f;
        y[r][0] = 2.0f * x[r][0] - x[r][1] + 0.5f;
    }

    ls_options *options;
    check(ls_options_create(&options));
    check(ls_options_set(options, "layers", "8 relu, 1"));
    check(ls_options_set(options, "learning-rate", "0.01"));

    ls_context *context;
    check(ls_context_create(NULL, &context));
    ls_dataset *train;
    check(ls_dataset_from_arrays(
        context, &(ls_arrays){.rows = ROWS, .features = FEATURES, .x = &x[0][0], .outputs = 1, .y = &y[0][0]}, &train));
    ls_model *model;
    check(ls_model_create(context, options, train, &model));
    ls_trainer *trainer;
    check(ls_trainer_create(context, options, model, train, NULL, &trainer));

    double first = 0;
    ls_step step;
    for (int i = 0; i < STEPS; i++) {
        check(ls_trainer_step(trainer, &step));
        if (i == 0)
            first = step.loss;
    }
    ls_trainer_destroy(trainer);

    const float at[1][FEATURES] = {{0.25f, 0.5f}};
    float prediction[1][1];
    check(ls_model_predict_rows(model, 1, &at[0][0], &prediction[0][0]));
    printf("lockstep %s: loss %g, after %d steps %g; f(0.25, 0.5) = %g, expected 0.5\n", ls_version(), first, STEPS,
           step.loss, (double)prediction[0][0]);

    ls_model_destroy(model);
    ls_dataset_destroy(train);
    ls_context_destroy(context);
    ls_options_destroy(options);
    return step.loss < first / 20 && prediction[0][0] > 0.3f && prediction[0][0] < 0.7f ? 0 : 1;
}
