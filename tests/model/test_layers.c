/* The layer list: what is read, how it is printed back, where the weights lie, and every refusal with its message. */
#include "model_test.h"

static ls_layer *parse(const char *text, int64_t features, int *count)
{
    ls_layer *layers;
    if (ls_layers_parse(text, features, &layers, count) != LS_OK)
        fail_msg("'%s': %s", text, ls_error_message());
    return layers;
}

static void canonical_text_comes_back(void **state)
{
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"1", "1"},
        {"64 relu, 10 softmax", "64 relu, 10 softmax"},
        {"  64   relu ,10\tsoftmax  ", "64 relu, 10 softmax"},
        {"64 linear, 1 linear", "64, 1"},
        {"8 activation=tanh,1 activation=sigmoid", "8 tanh, 1 sigmoid"},
        {"8 use_bias=off tanh, 1 sigmoid use_bias=no", "8 tanh use_bias=off, 1 sigmoid use_bias=off"},
        {"8 use-bias=false, 1 use_bias=on", "8 use_bias=off, 1"},
        {"8 leaky_relu(0.3), 1 leaky_relu(negative_slope=0.30)", "8 leaky_relu(0.3), 1 leaky_relu(0.3)"},
        {"8 activation=elu(alpha=0.5) use_bias=off, elu( 2 ), 1", "8 elu(0.5) use_bias=off, elu(2), 1"},
        {"8 relu(6), relu(max_value=6, negative_slope=0.1), 1 relu(threshold=0.5 max_value=2)",
         "8 relu(max_value=6), relu(max_value=6 negative_slope=0.1), 1 relu(max_value=2 threshold=0.5)"},
        {"8 leaky_relu(0.2), 8 elu(alpha=1), 8 relu(negative_slope=0), relu( ), 1 leaky_relu()",
         "8 leaky_relu, 8 elu, 8 relu, relu, 1 leaky_relu"},
        {"8 relu(negative-slope=0.1), relu(negative_slope=0.2), leaky_relu(0), 1",
         "8 leaky_relu(0.1), leaky_relu, leaky_relu(0), 1"},
        {"8, residual(8 elu(0.5), 8) leaky_relu(0.05), 1", "8, residual(8 elu(0.5), 8), leaky_relu(0.05), 1"},
        {"dropout 0.1, 64 relu, dropout 0.50, 3", "dropout 0.1, 64 relu, dropout 0.5, 3"},
        {"dropout 0, 1", "dropout 0, 1"},
        {"8, relu, tanh ,1", "8, relu, tanh, 1"},
        {"gaussian_noise 0.10, 8, gaussian_noise 0, 1", "gaussian_noise 0.1, 8, gaussian_noise 0, 1"},
        {"layer_normalization, 8, layer_normalization epsilon=1e-3 center=on scale=true, relu, 1",
         "layer_normalization, 8, layer_normalization, relu, 1"},
        {"residual( layer_normalization scale=off  epsilon=1e-5), layer_normalization center=no scale=no, 1",
         "residual(layer_normalization epsilon=1e-5 scale=off), layer_normalization center=off scale=off, 1"},
        {"8,residual( 8 relu,8 ) relu , 1", "8, residual(8 relu, 8), relu, 1"},
        {"residual(5 relu kernel_regularizer=l1_l2(1, 2), dropout 0.5), 1",
         "residual(5 relu kernel_regularizer=l1_l2(l1=1 l2=2), dropout 0.5), 1"},
        {"8, residual(residual(8 relu), relu, residual(8)), 1", "8, residual(residual(8 relu), relu, residual(8)), 1"},
        {"8,batch_normalization , relu, 1", "8, batch_normalization, relu, 1"},
        {"batch_normalization scale=off momentum=0.9, 1", "batch_normalization momentum=0.9 scale=off, 1"},
        {"batch_normalization epsilon=0.001 momentum=0.99 center=on scale=true, 1", "batch_normalization, 1"},
        {"dropout 0.9999999999, 1", "dropout 0.9999999999, 1"},
        {"1073741824, 1", "1073741824, 1"},
        {"64 relu kernel_regularizer=l2(1e-4) bias_regularizer=l1(0.001), 1",
         "64 relu kernel_regularizer=l2(0.0001) bias_regularizer=l1(0.001), 1"},
        {"8 kernel-regularizer=l2 tanh, 1 bias_regularizer=l1",
         "8 tanh kernel_regularizer=l2(0.01), 1 bias_regularizer=l1(0.01)"},
        {"8 kernel_regularizer=l1_l2(l1=1e-5, l2=1e-4),1", "8 kernel_regularizer=l1_l2(l1=1e-5 l2=0.0001), 1"},
        {"8 kernel_regularizer=l1_l2( 1e-5,1e-4 ),1", "8 kernel_regularizer=l1_l2(l1=1e-5 l2=0.0001), 1"},
        {"8 kernel_regularizer=l1_l2(l2=0.5), 1 kernel_regularizer=l2(l2=0.5)",
         "8 kernel_regularizer=l2(0.5), 1 kernel_regularizer=l2(0.5)"},
        {"8 kernel_regularizer=none bias_regularizer=off, 1 kernel_regularizer=l2(0)", "8, 1"},
        {"8 bias_constraint=non_neg kernel_constraint=max_norm, 1 use_bias=off kernel_constraint=max_norm(3)",
         "8 kernel_constraint=max_norm(2) bias_constraint=non_neg, 1 use_bias=off kernel_constraint=max_norm(3)"},
        {"8 kernel_initializer=he_normal bias-initializer=constant(0.5) relu, 1 kernel_initializer=random_normal(0, 2)",
         "8 relu kernel_initializer=he_normal bias_initializer=constant(0.5), "
         "1 kernel_initializer=random_normal(mean=0 stddev=2)"},
        {"8 kernel_initializer=glorot_uniform bias_initializer=zeros, 1 kernel_initializer=zeros "
         "bias_initializer=glorot_uniform",
         "8, 1 kernel_initializer=zeros bias_initializer=glorot_uniform"},
        {"8 kernel_constraint=max_norm(max_value=1.5) kernel_regularizer=l1, 1 kernel_constraint=none",
         "8 kernel_regularizer=l1(0.01) kernel_constraint=max_norm(1.5), 1"},
    };
    (void)state;
    for (int64_t i = 0; i < LENGTH(cases); i++) {
        int count;
        ls_layer *layers = parse(cases[i].text, 5, &count);
        ls_text text = {0};
        ls_layers_format(layers, count, &text);
        assert_string_equal(ls_text_string(&text), cases[i].canonical);
        ls_memory_free(layers);

        layers = parse(cases[i].canonical, 5, &count); /* reads back as itself */
        ls_text again = {0};
        ls_layers_format(layers, count, &again);
        assert_string_equal(ls_text_string(&again), cases[i].canonical);
        ls_memory_free(layers);
        ls_text_free(&text);
        ls_text_free(&again);
    }
}

static void members_and_places(void **state)
{
    static const struct {
        const char *kind, *name;
        int64_t inputs, units;
        ls_activation activation;
        bool bias;
        double rate;
    } want[] = {
        {"Dropout", "dropout", 7, 7, LS_LINEAR, false, 0.25}, {"Dense", "dense", 7, 16, LS_RELU, true, 0},
        {"Dense", "dense_1", 16, 17, LS_TANH, false, 0},      {"Dropout", "dropout_1", 17, 17, LS_LINEAR, false, 0.5},
        {"Dense", "dense_2", 17, 33, LS_SIGMOID, true, 0},    {"Dense", "dense_3", 33, 1, LS_LINEAR, true, 0},
    };
    (void)state;
    int count;
    ls_layer *layers = parse("dropout 0.25, 16 relu, 17 tanh use_bias=off, dropout 0.5, 33 sigmoid, 1", 7, &count);
    assert_int_equal(count, LENGTH(want));
    for (int l = 0; l < count; l++) {
        assert_string_equal(layers[l].kind->keras_class, want[l].kind);
        assert_int_equal(layers[l].input[0], l - 1);
        assert_int_equal(layers[l].input[1], l - 1);
        assert_string_equal(layers[l].name, want[l].name);
        assert_int_equal(layers[l].inputs, want[l].inputs);
        assert_int_equal(layers[l].units, want[l].units);
        assert_true(layers[l].rate == want[l].rate);
        assert_int_equal(layers[l].activation, want[l].activation);
        assert_int_equal(layers[l].bias, want[l].bias);
    }
    ls_memory_free(layers);
}

/* Who reads whom: the branch the layer before it, the sum the branch's last and what the branch began with. */
static void inputs_of_branches(void **state)
{
    static const int want[][2] = {{-1, -1}, {0, 0}, {1, 1}, {2, 1}, {3, 0}, {4, 4}, {5, 5}};
    (void)state;
    int count;
    ls_layer *layers = parse("4, residual(4 relu, residual(4)) tanh, 1", 3, &count);
    assert_int_equal(count, LENGTH(want));
    for (int l = 0; l < count; l++) {
        assert_int_equal(layers[l].input[0], want[l][0]);
        assert_int_equal(layers[l].input[1], want[l][1]);
        assert_int_equal(layers[l].inputs, l == 0 ? 3 : 4);
    }
    ls_memory_free(layers);
}

/* Keras counts per kind: dense, dense_1, ... dense_10. */
static void names_count_per_kind(void **state)
{
    (void)state;
    int count;
    ls_layer *layers = parse("1,dropout 0,1,1,dropout 0,1,1,1,1,1,1,1,1", 1, &count);
    assert_string_equal(layers[4].name, "dropout_1");
    assert_string_equal(layers[count - 1].name, "dense_10");
    ls_memory_free(layers);
}

#define GRAMMAR                                                                                                        \
    ". A layer is UNITS [ACTIVATION] [use_bias=off] [kernel_regularizer=l2(0.01)], dropout RATE, gaussian_noise "      \
    "STDDEV, layer_normalization, batch_normalization, ACTIVATION or residual(LAYERS), with activations linear, "      \
    "relu, sigmoid, tanh, "                                                                                            \
    "softmax, leaky_relu, elu, selu, gelu, silu, "                                                                     \
    "softplus, softsign, hard_sigmoid, mish, exponential; leaky_relu(0.3), elu(0.5) and relu(max_value=6) have "       \
    "settings"

static void refusals_say_what_to_do(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"64 rellu, 1", "--layers: layer 1 '64 rellu': unknown word 'rellu' (did you mean 'relu'?)" GRAMMAR},
        {"64 ReLU, 1", "--layers: layer 1 '64 ReLU': unknown word 'ReLU' (did you mean 'relu'?)" GRAMMAR},
        {"64, 10 softmx", "--layers: layer 2 '10 softmx': unknown word 'softmx' (did you mean 'softmax'?)" GRAMMAR},
        {"64 elephant, 1", "--layers: layer 1 '64 elephant': unknown word 'elephant'" GRAMMAR},
        {"8, batch_normalization relu, 1",
         "--layers: layer 2 'batch_normalization relu': 'relu' is not a setting; expected "
         "key=value, without spaces around or in it, as in \"momentum=...\""},
        {"8, batch_normalisation, 1",
         "--layers: layer 2 'batch_normalisation': unknown word 'batch_normalisation' (did "
         "you mean 'batch_normalization'?)" GRAMMAR},
        {"8, batch_normalization momentun=0.9, 1",
         "--layers: layer 2 'batch_normalization momentun=0.9': no setting is called 'momentun' "
         "(did you mean 'momentum'?); expected momentum, epsilon, center or scale"},
        {"8, batch_normalization momentum=1.5, 1", "--layers: layer 2 'batch_normalization momentum=1.5': "
                                                   "momentum=1.5; expected a number from 0 to 1"},
        {"8, batch_normalization epsilon=0, 1",
         "--layers: layer 2 'batch_normalization epsilon=0': epsilon=0; expected a number from "
         "1e-12 to 1"},
        {"8, batch_normalization",
         "--layers '8, batch_normalization': the last layer must be a dense one, such as '10 softmax'"},
        {"relu tanh, 1", "--layers: layer 1 'relu tanh': misplaced word 'tanh'" GRAMMAR},
        {"use_bias=off, 1", "--layers: layer 1 'use_bias=off': unknown word 'use_bias=off'" GRAMMAR},
        {"8, gaussian_noise, 1",
         "--layers: layer 2 'gaussian_noise': gaussian_noise needs one standard deviation, from 0 "
         "to 1, as in 'gaussian_noise 0.1'"},
        {"8, gaussian_noise 1.5, 1",
         "--layers: layer 2 'gaussian_noise 1.5': gaussian_noise needs one standard deviation, "
         "from 0 to 1, as in 'gaussian_noise 0.1'"},
        {"8, gaussian_noise 0.1 0.2, 1",
         "--layers: layer 2 'gaussian_noise 0.1 0.2': gaussian_noise needs one standard "
         "deviation, from 0 to 1, as in 'gaussian_noise 0.1'"},
        {"8, layer_normalisation, 1",
         "--layers: layer 2 'layer_normalisation': unknown word 'layer_normalisation' (did "
         "you mean 'layer_normalization'?)" GRAMMAR},
        {"8, layer_normalization epsilon=0, 1",
         "--layers: layer 2 'layer_normalization epsilon=0': epsilon=0; expected a "
         "number from 1e-12 to 1"},
        {"8, layer_normalization centre=off, 1",
         "--layers: layer 2 'layer_normalization centre=off': no setting is called "
         "'centre' (did you mean 'center'?); expected epsilon, center or scale"},
        {"8, layer_normalization relu, 1",
         "--layers: layer 2 'layer_normalization relu': 'relu' is not a setting; expected "
         "key=value, without spaces around or in it, as in \"epsilon=...\""},
        {"8, layer_normalization",
         "--layers '8, layer_normalization': the last layer must be a dense one, such as '10 softmax'"},
        {"8, residual(8 relu, 7), 1", "--layers: layer 2 'residual(8 relu, 7)': the list in residual(...) ends with 7 "
                                      "units and begins with 8 units, "
                                      "which are added, so they must be as many; write 8 as its last layer's units"},
        {"residual(8 relu), 1", "--layers: layer 1 'residual(8 relu)': the list in residual(...) ends with 8 units and "
                                "begins with 3 features, "
                                "which are added, so they must be as many; write 3 as its last layer's units"},
        {"3, residual (3), 1", "--layers: layer 2 'residual (3)': residual is followed by '(' without a space, and the "
                               "layers of its branch, as "
                               "in \"64 relu, residual(64 relu, 64), 10 softmax\""},
        {"3, residual(3, 1", "--layers: layer 2 'residual(3, 1': residual( has no ')'"},
        {"3, residual(), 1",
         "--layers: layer 2, in residual(...), is empty; expected a list such as \"64 relu, 10 softmax\""},
        {"3, residual(3,), 1",
         "--layers: layer 3, in residual(...), is empty; expected a list such as \"64 relu, 10 softmax\""},
        {"3), 1", "--layers: layer 1 '3)': a ')' without its '('"},
        {"3, residual(3)), 1", "--layers: layer 2 'residual(3))': a ')' without its '('"},
        {"3, residual(3) 4, 1", "--layers: layer 2 'residual(3) 4': unknown word '4'" GRAMMAR},
        {"3, residual(3) relu tanh, 1", "--layers: layer 2 'residual(3) relu tanh': misplaced word 'tanh'" GRAMMAR},
        {"3, residual(3)", "--layers '3, residual(3)': the last layer must be a dense one, such as '10 softmax'"},
        {"3, softmax", "--layers '3, softmax': the last layer must be a dense one, such as '10 softmax'"},
        {"droput 0.5, 1", "--layers: layer 1 'droput 0.5': unknown word 'droput' (did you mean 'dropout'?)" GRAMMAR},
        {"64 relu dropout 0.2, 1", "--layers: layer 1 '64 relu dropout 0.2': misplaced word 'dropout'" GRAMMAR},
        {"64 relu tanh, 1", "--layers: layer 1 '64 relu tanh': misplaced word 'tanh'" GRAMMAR},
        {"64 relu activation=tanh, 1", "--layers: layer 1 '64 relu activation=tanh': misplaced word 'tanh'" GRAMMAR},
        {"64 linear relu, 1", "--layers: layer 1 '64 linear relu': misplaced word 'relu'" GRAMMAR},
        {"64 use_bias off, 1", "--layers: layer 1 '64 use_bias off': misplaced word 'use_bias'" GRAMMAR},
        {"64 usebias=off, 1",
         "--layers: layer 1 '64 usebias=off': unknown word 'usebias' (did you mean 'use_bias'?)" GRAMMAR},
        {"64 activation=rlu, 1",
         "--layers: layer 1 '64 activation=rlu': unknown word 'rlu' (did you mean 'relu'?)" GRAMMAR},
        {"64 leaky_relu(-0.1), 1",
         "--layers: layer 1 '64 leaky_relu(-0.1)': leaky_relu: negative_slope=-0.1; expected a "
         "number from 0 to 1e30"},
        {"8, leaky_relu(inf), 1",
         "--layers: layer 2 'leaky_relu(inf)': leaky_relu: negative_slope=inf; expected a number from 0 to 1e30"},
        {"8, residual(8) elu(alpha=nan), 1",
         "--layers: layer 2 'residual(8) elu(alpha=nan)': elu: alpha=nan; expected a number from 0 to 1e30"},
        {"8 relu(max_value=0), 1",
         "--layers: layer 1 '8 relu(max_value=0)': relu: max_value=0; expected a number from 1e-30 to 1e30"},
        {"8 relu(threshold=-1), 1",
         "--layers: layer 1 '8 relu(threshold=-1)': relu: threshold=-1; expected a number from 0 to 1e30"},
        {"8 activation=leaky_relu(alpha=0.3), 1",
         "--layers: layer 1 '8 activation=leaky_relu(alpha=0.3)': leaky_relu: no "
         "setting is called 'alpha'; expected negative_slope"},
        {"8 elu(0.5 0.5), 1", "--layers: layer 1 '8 elu(0.5 0.5)': elu: elu takes 1 setting, and '0.5' is one more"},
        {"8 relu(6, max_value=6), 1",
         "--layers: layer 1 '8 relu(6, max_value=6)': relu: max_value is given twice; leave one of them out"},
        {"8 tanh(2), 1", "--layers: layer 1 '8 tanh(2)': tanh has no settings; relu, leaky_relu and elu have, as in "
                         "leaky_relu(0.3)"},
        {"8 leaky_relu(0.3, 1",
         "--layers: layer 1 '8 leaky_relu(0.3, 1': leaky_relu: 'leaky_relu(0.3, 1' has no ')' at "
         "its end; expected something like leaky_relu(0.3)"},
        {"8 relu relu(6), 1", "--layers: layer 1 '8 relu relu(6)': misplaced word 'relu(6)'" GRAMMAR},
        {"leaky_rel(0.3), 1", "--layers: layer 1 'leaky_rel(0.3)': unknown word 'leaky_rel' (did you mean "
                              "'leaky_relu'?)" GRAMMAR},
        {"8 leakyrelu(0.3), 1", "--layers: layer 1 '8 leakyrelu(0.3)': unknown word 'leakyrelu(0.3)' (did you mean "
                                "'leaky_relu'?)" GRAMMAR},
        {"8 elu (0.3), 1", "--layers: layer 1 '8 elu (0.3)': unknown word '(0.3)'" GRAMMAR},
        {"64 use_bias=maybe, 1", "--layers: layer 1 '64 use_bias=maybe': use_bias=maybe; expected on or off"},
        {"", "--layers: layer 1 is empty; expected a list such as \"64 relu, 10 softmax\""},
        {"  ", "--layers: layer 1 is empty; expected a list such as \"64 relu, 10 softmax\""},
        {"64,,1", "--layers: layer 2 is empty; expected a list such as \"64 relu, 10 softmax\""},
        {"64,", "--layers: layer 2 is empty; expected a list such as \"64 relu, 10 softmax\""},
        {"dropout 1, 1", "--layers: layer 1 'dropout 1': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'"},
        {"dropout -0.1, 1",
         "--layers: layer 1 'dropout -0.1': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'"},
        {"dropout, 1", "--layers: layer 1 'dropout': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'"},
        {"dropout 0.1 0.2, 1",
         "--layers: layer 1 'dropout 0.1 0.2': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'"},
        {"dropout nan, 1",
         "--layers: layer 1 'dropout nan': dropout needs one rate, 0 <= rate < 1, as in 'dropout 0.2'"},
        {"64 relu, dropout 0.2",
         "--layers '64 relu, dropout 0.2': the last layer must be a dense one, such as '10 softmax'"},
        {"dropout 0.2", "--layers 'dropout 0.2': the last layer must be a dense one, such as '10 softmax'"},
        {"0 relu", "--layers: layer 1 '0 relu': 0 units; expected a whole number from 1 to 1073741824"},
        {"-3, 1", "--layers: layer 1 '-3': -3 units; expected a whole number from 1 to 1073741824"},
        {"1.5, 1", "--layers: layer 1 '1.5': 1.5 units; expected a whole number from 1 to 1073741824"},
        {"64relu, 1", "--layers: layer 1 '64relu': 64relu units; expected a whole number from 1 to 1073741824"},
        {"1073741825",
         "--layers: layer 1 '1073741825': 1073741825 units; expected a whole number from 1 to 1073741824"},
        {"99999999999999999999", "--layers: layer 1 '99999999999999999999': 99999999999999999999 units; expected a "
                                 "whole number from 1 to 1073741824"},
        {"64 kernel_regularizer=l3(1), 1",
         "--layers: layer 1 '64 kernel_regularizer=l3(1)': kernel_regularizer: no regularizer is called 'l3' (did you "
         "mean 'l1'?); expected l1, l2, l1_l2 or none"},
        {"64, 8 bias_constraint=maxnorm(1), 1",
         "--layers: layer 2 '8 bias_constraint=maxnorm(1)': bias_constraint: no constraint is called 'maxnorm' (did "
         "you mean 'max_norm'?); expected max_norm, non_neg or none"},
        {"64 kernel_regularizer=none(1), 1",
         "--layers: layer 1 '64 kernel_regularizer=none(1)': kernel_regularizer: no regularizer is called 'none'; "
         "expected l1, l2, l1_l2 or none"},
        {"64 kernel_regularizer=l2(-1), 1",
         "--layers: layer 1 '64 kernel_regularizer=l2(-1)': kernel_regularizer: l2=-1; expected a number from 0 to "
         "1e30"},
        {"64 kernel_regularizer=l2(l1=1), 1",
         "--layers: layer 1 '64 kernel_regularizer=l2(l1=1)': kernel_regularizer: no setting is called 'l1' (did you "
         "mean 'l2'?); expected l2"},
        {"64 kernel_regularizer=l2(1 2), 1",
         "--layers: layer 1 '64 kernel_regularizer=l2(1 2)': kernel_regularizer: l2 takes 1 setting, and '2' is one "
         "more"},
        {"64 kernel_regularizer=l1_l2, 1", "--layers: layer 1 '64 kernel_regularizer=l1_l2': kernel_regularizer: l1_l2 "
                                           "needs l1 or l2, whose defaults are 0, "
                                           "as in l1_l2(l1=1e-5, l2=1e-4)"},
        {"64 kernel_regularizer=l1_l2(1, l1=2), 1",
         "--layers: layer 1 '64 kernel_regularizer=l1_l2(1, l1=2)': kernel_regularizer: l1 is given twice; leave one "
         "of them out"},
        {"64 kernel_constraint=non_neg(1), 1",
         "--layers: layer 1 '64 kernel_constraint=non_neg(1)': kernel_constraint: non_neg takes 0 settings, and '1' is "
         "one more"},
        {"64 kernel_regularizer=l2(1, 1",
         "--layers: layer 1 '64 kernel_regularizer=l2(1, 1': kernel_regularizer: 'l2(1, 1' has no ')' at its end; "
         "expected something like l2(0.01)"},
        {"64 kernel_regularizer=l2(1)relu, 1",
         "--layers: layer 1 '64 kernel_regularizer=l2(1)relu': kernel_regularizer: 'l2(1)relu' has no ')' at its end; "
         "expected something like l2(0.01)"},
        {"64 kernel_regularizer=none kernel_regularizer=l2, 1",
         "--layers: layer 1 '64 kernel_regularizer=none kernel_regularizer=l2': kernel_regularizer is given twice; "
         "leave one of them out"},
        {"64 bias_constraint=non_neg bias_constraint=non_neg, 1",
         "--layers: layer 1 '64 bias_constraint=non_neg bias_constraint=non_neg': bias_constraint is given twice; "
         "leave one of them out"},
        {"64 kernel_initializer=he, 1",
         "--layers: layer 1 '64 kernel_initializer=he': kernel_initializer: no initializer is called 'he'; expected "
         "glorot_uniform, zeros, ones, constant, random_uniform, random_normal, truncated_normal, glorot_normal, "
         "he_uniform, he_normal, lecun_uniform or lecun_normal"},
        {"64 bias_initializer=zeros bias_initializer=ones, 1",
         "--layers: layer 1 '64 bias_initializer=zeros bias_initializer=ones': bias_initializer is given twice; leave "
         "one of them out"},
        {"64 bias_initializer=ones use_bias=off, 1", "--layers: layer 1 '64 bias_initializer=ones use_bias=off': "
                                                     "bias_initializer, but the layer has no bias; leave "
                                                     "it or use_bias=off out"},
        {"64 bias_regularizer=l2 use_bias=off, 1",
         "--layers: layer 1 '64 bias_regularizer=l2 use_bias=off': bias_regularizer, but the layer has no bias; leave "
         "it or use_bias=off out"},
        {"64 relu kernel_regularizer l2, 1",
         "--layers: layer 1 '64 relu kernel_regularizer l2': misplaced word 'kernel_regularizer'" GRAMMAR},
        {"64 regularizer=l2, 1", "--layers: layer 1 '64 regularizer=l2': unknown word 'regularizer'" GRAMMAR},
    };
    (void)state;
    for (int64_t i = 0; i < LENGTH(cases); i++) {
        ls_layer guard, *layers = &guard;
        int count = 99;
        assert_int_equal(ls_layers_parse(cases[i].text, 3, &layers, &count), LS_ERR_USAGE);
        assert_string_equal(ls_error_message(), cases[i].message);
        assert_null(layers);
        assert_int_equal(count, 0);
    }
}

/* A word too long for the parser's buffer must not be taken for its beginning: 62 zeros and "640" would read as 6. */
static void long_words_are_not_cut(void **state)
{
    (void)state;
    char text[200];
    ls_layer *layers;
    int count;
    memset(text, '0', 62);
    snprintf(text + 62, sizeof text - 62, "640, 1");
    assert_int_equal(ls_layers_parse(text, 3, &layers, &count), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "unknown word '000"));

    snprintf(text, sizeof text, "dropout 0.%0*d, 1", 100, 5);
    assert_int_equal(ls_layers_parse(text, 3, &layers, &count), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "dropout needs one rate"));

    snprintf(text, sizeof text, "5 %0100d, 1", 0);
    assert_int_equal(ls_layers_parse(text, 3, &layers, &count), LS_ERR_USAGE);
    assert_non_null(strstr(ls_error_message(), "unknown word '000"));
}

static void check_regularizers(const ls_layer *layers, const double want[][2])
{
    for (int l = 0; l < 3; l++)
        for (int t = LS_KERNEL; t <= LS_BIAS; t++)
            assert_true(layers[l].regularizer[t].l2 == want[l][t] && layers[l].regularizer[t].l1 == 0);
}

/* "For all" are the variables that have the role: a normalisation has neither kernel nor bias. */
static void regularizers_not_for_scales(void **state)
{
    (void)state;
    int count;
    ls_layer *layers = parse("4, layer_normalization, residual(4), gaussian_noise 0.1, 6", 3, &count);
    ls_layers_regularize(layers, count, LS_KERNEL, &(ls_regularizer){.l2 = 1});
    ls_layers_regularize(layers, count, LS_BIAS, &(ls_regularizer){.l2 = 2});
    for (int l = 0; l < count; l++)
        for (int role = 0; role < LS_ROLES; role++) {
            const double want = layers[l].kind != &ls_layer_dense ? 0 : role == LS_KERNEL ? 1 : role == LS_BIAS ? 2 : 0;
            assert_true(layers[l].regularizer[role].l2 == want);
        }
    ls_memory_free(layers);
}

/* A regularizer for all leaves alone those who said theirs, none too, and a bias that is not there. */
static void regularizers_for_all(void **state)
{
    (void)state;
    static const double before[][2] = {{0, 0.25}, {0, 0}, {0.5, 0}}, after[][2] = {{1, 0.25}, {0, 0}, {0.5, 2}};
    int count;
    ls_layer *layers = parse("4 bias_regularizer=l2(0.25), 5 use_bias=off kernel_regularizer=none, "
                             "6 kernel_regularizer=l2(0.5)",
                             3, &count);
    check_regularizers(layers, before);
    ls_layers_regularize(layers, count, LS_KERNEL, &(ls_regularizer){.l2 = 1});
    ls_layers_regularize(layers, count, LS_BIAS, &(ls_regularizer){.l2 = 2});
    check_regularizers(layers, after);
    ls_memory_free(layers);
}

/* So does an initializer; the default, too, may be said against it. */
static void initializers_for_all(void **state)
{
    (void)state;
    int count;
    ls_text text = {0};
    ls_initializer he;
    ls_layer *layers =
        parse("4 kernel_initializer=ones, 5 use_bias=off, 6 kernel_initializer=glorot_uniform", 3, &count);
    assert_int_equal(ls_initializer_parse("he", "he_normal", &he), LS_OK);
    ls_layers_initialize(layers, count, LS_KERNEL, &he);
    ls_layers_initialize(layers, count, LS_BIAS, &he);
    ls_layers_format(layers, count, &text);
    assert_string_equal(ls_text_string(&text), "4 kernel_initializer=ones bias_initializer=he_normal, 5 use_bias=off "
                                               "kernel_initializer=he_normal, 6 bias_initializer=he_normal");
    ls_layers_initialize(layers, count, LS_BIAS, &ls_initializer_zeros);
    assert_null(layers[0].initializer[LS_BIAS].row);
    ls_text_free(&text);
    ls_memory_free(layers);
}

static void at_most_1024_layers(void **state)
{
    (void)state;
    char text[2 * 1025 + 1] = "";
    for (int i = 0; i < 1024; i++)
        memcpy(text + 2 * i, "1,", 3);
    text[2 * 1024 - 1] = '\0';
    int count;
    ls_memory_free(parse(text, 1, &count));
    assert_int_equal(count, 1024);
    strcat(text, ",1");
    ls_layer *layers;
    assert_int_equal(ls_layers_parse(text, 1, &layers, &count), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "--layers: more than 1024 layers; expected at most so many");
}

/* A file may say more than a command line can. */
static void branches_in_branches_end(void **state)
{
    enum { DEEP = 6000 };
    static char text[16 * DEEP];
    ls_layer *layers;
    int count;
    (void)state;
    strcpy(text, "3, ");
    for (int i = 0; i < DEEP; i++)
        strcat(text, "residual(");
    assert_int_equal(ls_layers_parse(text, 3, &layers, &count), LS_ERR_USAGE);
    assert_string_equal(ls_error_message(), "--layers: layer 2: more than 64 residual(...) in one another");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_text_comes_back), cmocka_unit_test(members_and_places),
        cmocka_unit_test(inputs_of_branches),        cmocka_unit_test(names_count_per_kind),
        cmocka_unit_test(refusals_say_what_to_do),   cmocka_unit_test(long_words_are_not_cut),
        cmocka_unit_test(at_most_1024_layers),       cmocka_unit_test(branches_in_branches_end),
        cmocka_unit_test(regularizers_for_all),      cmocka_unit_test(regularizers_not_for_scales),
        cmocka_unit_test(initializers_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
