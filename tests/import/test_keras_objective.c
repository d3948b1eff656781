/* From compile()'s words to a network's loss and metrics, and when the loss is left open. */
#include "io_test.h"

#include "import/keras_objective.h"

typedef struct objective {
    const char *layers, *loss, *metrics, *fault; /* what compile() says; loss NULL: not compiled */
    const char *taken;                           /* the network's loss */
    const char *kept, *passed_over;              /* metrics */
    bool open;
    const char *why; /* loss_fault has this */
} objective;

static const objective cases[] = {
    {"4 relu, 2", "mean_squared_error", "log_loss, mae, r2", "", "mean_squared_error", "mae,r2", "log_loss", false, ""},
    {"4 relu, 2", "huber delta=0.5", "", "", "huber delta=0.5", "", "", false, ""},
    {"3 softmax", "categorical_crossentropy", "accuracy", "", "categorical_crossentropy", "accuracy", "", false, ""},
    {"3", "sparse_categorical_crossentropy from_logits=true", "accuracy", "",
     "sparse_categorical_crossentropy from_logits=true", "accuracy", "", false, ""},
    {"4 relu, 2", NULL, "", "", "mean_squared_error", "mae,r2", "", true, ""},
    {"1 sigmoid", NULL, "", "", "binary_crossentropy", "accuracy", "", true, ""},
    {"3 softmax", NULL, "", "", "sparse_categorical_crossentropy", "accuracy", "", true, ""},
    {"2", "", "", "no such loss; nearest: huber", "mean_squared_error", "mae,r2", "", true, "nearest: huber"},
    {"3", "categorical_crossentropy", "", "", "mean_squared_error", "mae,r2", "", true,
     "categorical_crossentropy is of softmax outputs, and the last layer is linear; take --loss "
     "\"categorical_crossentropy from_logits=true\""},
    {"3 softmax", "categorical_crossentropy from_logits=true", "", "", "sparse_categorical_crossentropy", "accuracy",
     "", true,
     "from_logits=true is of linear outputs, and the last layer is softmax; take --loss categorical_crossentropy"},
    {"2 tanh", "binary_crossentropy", "", "", "mean_squared_error", "mae,r2", "", true, "and the last layer is tanh"},
    {"1 softmax", "categorical_crossentropy", "", "", "mean_squared_error", "mae,r2", "", true, "there is one output"},
    {"3", "quantile tau=0.1,0.9", "", "", "mean_squared_error", "mae,r2", "", true, "2 quantiles, which 3 outputs"},
};

static void loss_and_metrics_are_taken(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS(cases); i++) {
        const objective *c = &cases[i];
        ls_keras_compiled compiled = {.from_logits = false};
        ls_text loss = {0}, metrics = {0};
        ls_network *network;
        assert_int_equal(ls_network_create(c->layers, 3, &network), LS_OK);
        if (c->loss) {
            ls_text_append(&compiled.loss, c->loss);
            ls_text_append(&compiled.metrics, c->metrics);
            ls_text_append(&compiled.loss_fault, c->fault);
        }
        if (ls_keras_objective_take(c->loss ? &compiled : NULL, network) != LS_OK)
            fail_msg("%s", ls_error_message());
        ls_loss_format(&network->loss, &loss);
        ls_metrics_format(&network->metrics, &metrics);
        assert_string_equal(ls_text_string(&loss), c->taken);
        assert_string_equal(ls_text_string(&metrics), c->kept);
        assert_string_equal(ls_text_string(&compiled.metrics_passed_over), c->passed_over);
        assert_int_equal(network->loss_open, c->open);
        if (strstr(network->loss_fault, c->why) == NULL || (c->why[0] == '\0') != (network->loss_fault[0] == '\0'))
            fail_msg("%s, %s: '%s', expected '%s'", c->layers, c->loss, network->loss_fault, c->why);
        ls_text_free(&loss);
        ls_text_free(&metrics);
        ls_keras_compiled_free(&compiled);
        ls_network_destroy(network);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(loss_and_metrics_are_taken)};
    return cmocka_run_group_tests(tests, directory_setup, directory_teardown);
}
