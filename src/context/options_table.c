/* The option table: one row is one member of ls_options; nothing else knows an option's name, default or bounds. */
#include "context/options.h"
#include "context/options_check.h"

#include "math/kernels.h"

#include <stddef.h>

/* ---- the rows ---- */

#define TRAIN   LS_COMMAND_TRAIN
#define PREDICT LS_COMMAND_PREDICT
#define CONVERT LS_COMMAND_CONVERT
#define SCORE   (LS_COMMAND_EVALUATE | LS_COMMAND_PREDICT | LS_COMMAND_REPORT)
#define ALL     (TRAIN | SCORE)
#define INFO    LS_COMMAND_INFO
#define EXPORT  LS_COMMAND_EXPORT
#define REPORT  LS_COMMAND_REPORT
/* Bounds of counts: far above any use, and exact as a double. */
#define MANY 1e12

#define ACTIVATION_WORD(NAME, name, alias, reads_z) " " #name ","

/* The columns of a row. */
#define ROW(member, key, type, initial, choices, least, most, commands, recipe, section, value, help, condition)       \
    ENTRY(NULL, false, member, key, type, initial, choices, least, most, commands, recipe, section, value, help,       \
          condition)

/* Of the recipe, and added after 0.1: without a line in it at the default. */
#define ROW_LATER(member, key, type, initial, choices, least, most, commands, section, value, help, condition)         \
    ENTRY(NULL, true, member, key, type, initial, choices, least, most, commands, true, section, value, help, condition)

/* Of one that had another name before, or has one in Keras. */
#define ROW_CALLED(other, member, key, type, initial, choices, least, most, commands, recipe, section, value, help,    \
                   condition)                                                                                          \
    ENTRY(other, false, member, key, type, initial, choices, least, most, commands, recipe, section, value, help,      \
          condition)

#define ENTRY(other, is_later, member, key, type, initial, choices, least, most, commands, recipe, section, value,     \
              help, condition)                                                                                         \
    {                                                                                                                  \
        .row = {key, LS_OPTION_##type, initial, choices, least, most, commands, recipe, section, value, help},         \
        .offset = offsetof(ls_options, member), .size = sizeof(((ls_options *)NULL)->member), .check = condition,      \
        .other_name = other, .later = is_later,                                                                        \
    }

/* clang-format off */
static const ls_options_entry entries[] = {
    ROW(data, "data", TEXT, "", NULL, 0, 0, ALL, false, "Data", "FILE",
        "HDF5 file with the data; the same as the argument DATA. Several files of the same layout, one behind the "
        "other: a quoted pattern 'part-*.h5' (in the order of their names) or a list with commas",
        ls_options_check_path),
    ROW(x, "x", TEXT, "", NULL, 0, 0, ALL | CONVERT | INFO, false, "Data", "[FILE:]PATH[COLUMNS],...",
        "dataset of the features (in convert: array of an .npz archive); found by its usual names when not given. Several, with commas, are put side by side; "
        "COLUMNS in brackets chooses some: \"/table[0:10]\", \"/x[3,5,7:]\", \"/x[age,weight]\" by the dataset's "
        "attribute column_names, \"/jets[pt,eta]\" by the fields of a table; names with commas or brackets in double quotes",
        ls_options_check_path),
    ROW(y, "y", TEXT, "", NULL, 0, 0, ALL | INFO, false, "Data", "[FILE:]PATH[COLUMNS],...",
        "dataset of the targets, named in the same way; texts, or a field of texts, are classes by their names",
        ls_options_check_path),
    ROW(samples_axis, "samples-axis", TEXT, "first", NULL, 0, 0, ALL | INFO, false, "Data", "first|last|N",
        "axis of the datasets that counts the rows; last for files from MATLAB", ls_options_check_axis),
    ROW(follow_links, "follow-links", SWITCH, "off", NULL, 0, 0, ALL | INFO, false, "Data", NULL,
        "external links and virtual datasets may lead to files outside the data file's directory", NULL),
    ROW(trust_sizes, "trust-sizes", SWITCH, "off", NULL, 0, 0, ALL | INFO, false, "Data", NULL,
        "datasets may claim more than 4 GiB and 1000 times what is stored, and have chunks above 1 GiB", NULL),
    ROW(check_data, "check-data", SWITCH, "on", NULL, 0, 0, ALL | INFO, false, "Data", NULL,
        "rank 0 looks at the data files in a process of its own first, so that one that crashes libhdf5 ends in a "
        "message",
        NULL),
    ROW(validation_data, "validation-data", TEXT, "", NULL, 0, 0, ALL | INFO, false, "Data", "FILE[:GROUP]",
        "the validation rows: another file, several as in DATA, or the name of a part of the data file", ls_options_check_path),
    ROW(validation_x, "validation-x", TEXT, "", NULL, 0, 0, ALL | INFO, false, "Data", "[FILE:]PATH[COLUMNS],...",
        "dataset of the validation features, named as in --x", ls_options_check_path),
    ROW(validation_y, "validation-y", TEXT, "", NULL, 0, 0, ALL | INFO, false, "Data", "[FILE:]PATH[COLUMNS],...",
        "dataset of the validation targets", ls_options_check_path),
    ROW(validation_split, "validation-split", REAL, "0", NULL, 0, 0.99, ALL | INFO, true, "Data", "FRACTION",
        "the validation rows are this share of the training rows", NULL),
    ROW(validation_method, "validation-method", TEXT, "tail", "tail|random|stratified|group", 0, 0, ALL | INFO, true, "Data",
        "HOW",
        "which of the training rows --validation-split takes: their tail as Keras does, any at random, at random with "
        "the same share of every class, or whole groups of rows",
        NULL),
    ROW(validation_group, "validation-group", TEXT, "", NULL, 0, 0, ALL | INFO, false, "Data", "[FILE:]PATH[COLUMN]",
        "dataset, or one column of it, that says which rows belong together: rows with equal values are never parted",
        ls_options_check_path),
    ROW(limit_rows, "limit-rows", INTEGER, "0", NULL, 0, MANY, TRAIN | INFO, true, "Data", "N",
        "train on the first N training rows only, for a quick try; 0 takes all", NULL),
    ROW(missing, "missing", TEXT, "error", "error|drop|mean|zero", 0, 0, ALL | CONVERT | INFO, true, "Data", "HOW",
        "what to do about nan and infinities: refuse them, drop the rows that have any, or put the column's mean over "
        "the training rows or 0 in place of features (of what is left where a column loses an offset); the model keeps "
        "what was put, and evaluate and predict do the same. In "
        "convert: error or drop, rows of a table that have no target; missing features are written as NaN",
        NULL),
    ROW_LATER(missing_values, "missing-values", TEXT, "", NULL, 0, 0, ALL | CONVERT | INFO, "Data", "LIST",
        "further words and numbers that stand for no value, with commas between them: \"-999, 9999, unknown\". In HDF5 and "
        "arrays numbers only, in features and targets, beside those that attributes tell (_FillValue, missing_value, "
        "rhdf5-NA.OK). The model keeps them; evaluate and predict add to them. In tables '!None' takes a usual word back: "
        "None is a text then",
        NULL),
    ROW(unknown, "unknown", TEXT, "error", "error|ignore", 0, 0, SCORE | CONVERT, false, "Data", "HOW",
        "a category that the model has not seen, in a row of a CSV file (in convert: one that --like has not): an error, or "
        "counted, and 0 in all of the column's features (with codes: a code behind the others)",
        NULL),
    ROW(part, "part", TEXT, "auto", "auto|train|validation|test|all", 0, 0, SCORE, false, "Data", "PART",
        "which rows to use; auto takes the test part, or the training part when there is no test part", NULL),
    ROW_CALLED("sample-weight", sample_weights, "sample-weights", TEXT, "", NULL, 0, 0, TRAIN | LS_COMMAND_EVALUATE, false, "Data",
        "[FILE:]PATH[COLUMN]",
        "dataset with a weight for the loss of each training row, in evaluate of each row evaluated, as Keras' "
        "sample_weight; metrics are not weighted", ls_options_check_path),
    ROW(validation_sample_weights, "validation-sample-weights", TEXT, "", NULL, 0, 0, TRAIN, false, "Data", "[FILE:]PATH[COLUMN]",
        "the same for a validation part of its own; rows that --validation-split takes keep theirs", ls_options_check_path),
    ROW_CALLED("class-weight", class_weights, "class-weights", TEXT, "", NULL, 0, 0, TRAIN, true, "Data", "LIST",
        "weight of each class' rows when training, by label or name: \"0=1, 1=5\", \"no=1, yes=5\" (others 1), or "
        "balanced: all classes weigh the same", NULL),

    ROW(layers, "layers", TEXT, "", NULL, 0, 0, TRAIN | SCORE | INFO | EXPORT, true, "Model", "LIST",
        "layers from first to last, separated by commas: \"UNITS [ACTIVATION]\", \"dropout RATE\", "
        "\"gaussian_noise STDDEV\", \"batch_normalization\", \"layer_normalization\", an activation, or \"residual(LAYERS)\", which adds what "
        "goes into the list to what it gives; activations are" LS_ACTIVATIONS(ACTIVATION_WORD) " and swish, which is "
        "silu, some with settings: leaky_relu(0.3), elu(alpha=0.5), relu(max_value=6 negative_slope=0.1 threshold=0.5); "
        "further words of UNITS are use_bias=off, kernel_regularizer=l2(0.01) (l1, l2, l1_l2, none), "
        "bias_regularizer=, kernel_constraint=max_norm(2) (max_norm, non_neg), bias_constraint=, "
        "kernel_initializer=he_normal and bias_initializer=. In evaluate, predict, info and export: of a .weights.h5 of "
        "Keras', which does not say them",
        NULL),
    ROW(model, "model", TEXT, "", NULL, 0, 0, TRAIN | SCORE | INFO | EXPORT, false, "Model", "FILE",
        "a model of Keras' whose architecture is taken in place of --layers, with new weights: what model.to_json() "
        "gives, .keras or .h5. In evaluate, predict, info and export, and with --init: the layers of a .weights.h5",
        ls_options_check_path),
    ROW_LATER(kernel_regularizer, "kernel-regularizer", TEXT, "", NULL, 0, 0, TRAIN, "Model", "NAME(VALUE)",
        "regularizer of the kernels of all layers that say nothing about it in --layers, as Keras' l2(0.01), l1(0.01) "
        "or \"l1_l2(l1=1e-5, l2=1e-4)\": added to the loss, of the validation rows too",
        NULL),
    ROW_LATER(bias_regularizer, "bias-regularizer", TEXT, "", NULL, 0, 0, TRAIN, "Model", "NAME(VALUE)",
        "the same for the biases", NULL),
    ROW_LATER(kernel_initializer, "kernel-initializer", TEXT, "", NULL, 0, 0, TRAIN, "Model", "NAME(VALUE)",
        "what the kernels of all layers that say nothing about it in --layers begin with, as Keras' glorot_uniform (the "
        "default), he_normal or \"random_normal(stddev=0.05)\"; a word that is none of them lists all",
        NULL),
    ROW_LATER(bias_initializer, "bias-initializer", TEXT, "", NULL, 0, 0, TRAIN, "Model", "NAME(VALUE)",
        "the same for the biases; zeros when not given", NULL),
    ROW(loss, "loss", TEXT, "", NULL, 0, 0, TRAIN | LS_COMMAND_EVALUATE, true, "Model", "NAME SETTING=VALUE ...",
        "loss by its Keras name, with settings: mean_squared_error (mse), mean_absolute_error (mae), \"huber delta=1\", "
        "log_cosh, mape, msle, poisson, kl_divergence, hinge, squared_hinge, \"quantile tau=0.1,0.5,0.9\", "
        "binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy, binary_focal_crossentropy "
        "(from_logits=true, label_smoothing=0.1); chosen by the last activation and the targets when not given",
        NULL),
    ROW(metrics, "metrics", TEXT, "", NULL, 0, 0, TRAIN | LS_COMMAND_EVALUATE, true, "Model", "LIST",
        "metrics with their settings, separated by commas, as in \"accuracy, auc, f1_score average=weighted\": accuracy, "
        "top_k_categorical_accuracy, precision, recall, f1_score, confusion_matrix, auc, pr_auc, log_loss, brier; mae, "
        "mse, rmse, mape, r2; or none. When not given: accuracy for classes, mae and r2 for values; in evaluate those "
        "of the model", NULL),
    ROW(threshold, "threshold", REAL, "0.5", NULL, -1e30, 1e30, LS_COMMAND_EVALUATE, false, "Model", "X",
        "an output above it says yes, of a sigmoid for example, in place of the model's threshold", NULL),
    ROW(use_ema, "use-ema", SWITCH, "off", NULL, 0, 0, LS_COMMAND_EVALUATE | LS_COMMAND_PREDICT | EXPORT, false, "Model", NULL,
        "score with (export: write) the running averages of the weights, which training keeps when told to", NULL),
    ROW(normalize, "normalize", TEXT, "none", "none|standard|minmax", 0, 0, TRAIN, true, "Model", "HOW",
        "scale each feature by what the training rows say, and keep the scales in the model: standard gives mean 0 "
        "and deviation 1, minmax the range 0 to 1, whatever the units: tiny and huge values are multiplied by a power "
        "of two first",
        NULL),
    ROW(normalize_targets, "normalize-targets", SWITCH, "off", NULL, 0, 0, TRAIN, true, "Model", NULL,
        "scale the targets of a regression as well; predictions and metrics stay in original units", NULL),
    ROW(init, "init", TEXT, "", NULL, 0, 0, TRAIN, false, "Model", "RUN|FILE",
        "begin a new run with the model of another one, a model file (Keras' too: .keras, .h5) or a checkpoint: its layers, weights, "
        "normalisation, fill values, classes and names; loss and metrics too where none are given. The optimizer "
        "starts anew, and is the options': of a Keras model, too",
        ls_options_check_path),
    ROW(init_optimizer, "init-optimizer", SWITCH, "off", NULL, 0, 0, TRAIN, false, "Model", NULL,
        "take the optimizer's slots and steps from --init as well, and its rate unless --learning-rate is given; a "
        "schedule goes on from these steps. Of a Keras model, which says what it was compiled with, optimizer, settings, "
        "schedule and averages too, where they are not given",
        NULL),
    ROW_LATER(initial_weights, "initial-weights", TEXT, "", NULL, 0, 0, 0, "Model", "SHA-256",
        "what --init gave; written by the program", NULL),

    ROW(epochs, "epochs", INTEGER, "1", NULL, 0, 1e9, TRAIN, false, "Training", "N",
        "passes over the training rows; may grow on --resume", NULL),
    ROW(batch_size, "batch-size", INTEGER, "32", NULL, 1, MANY, TRAIN | INFO, true, "Training", "N",
        "rows of one step, over all ranks together", NULL),
    ROW_LATER(precision, "precision", TEXT, "float32", "float32|bfloat16", 0, 0, TRAIN | INFO, "Training", "TYPE",
        "what the products of training steps multiply; bfloat16 rounds inputs, weights and deltas to 8 bits of mantissa, as "
        "PyTorch's autocast and Keras' mixed_bfloat16 do, and sums in float32: for CPUs that multiply such pairs (AVX-512 "
        "BF16), with the same results, but slower than float32, on others. Weights, optimizer, files, validation and "
        "predictions stay float32",
        NULL),
    ROW(optimizer, "optimizer", TEXT, "adam", NULL, 0, 0, TRAIN, true, "Training", "NAME",
        "sgd, rmsprop, adam, adamw, adagrad, nadam or lamb, alone or with settings: \"sgd learning_rate=0.01 "
        "momentum=0.9\". A setting is given here or by the option of its name, with Keras' default when it is not",
        NULL),
    ROW(learning_rate, "learning-rate", REAL, "0.001", NULL, 0, 1000, TRAIN, true, "Training", "X",
        "step size of the optimizer; sgd's default is 0.01", NULL),
    ROW_LATER(schedule, "schedule", TEXT, "", NULL, 0, 0, TRAIN, "Training", "NAME SETTING=VALUE ...",
        "learning rate as a function of the step, by Keras' names and settings: cosine_decay, cosine_decay_restarts, "
        "exponential_decay, piecewise_constant_decay, polynomial_decay or inverse_time_decay, as in \"cosine_decay "
        "decay_epochs=10 warmup_epochs=0.5 warmup_target=0.01\". Lengths are in ..._steps or ..._epochs; "
        "initial_learning_rate is --learning-rate when not given",
        NULL),
    ROW(beta_1, "beta-1", REAL, "0.9", NULL, 0, 0.999999, TRAIN, true, "Training", "X",
        "decay of the running mean of the gradient (adam, adamw, nadam, lamb)", NULL),
    ROW(beta_2, "beta-2", REAL, "0.999", NULL, 0, 0.999999, TRAIN, true, "Training", "X",
        "decay of the running mean of the squared gradient (adam, adamw, nadam, lamb)", NULL),
    ROW(epsilon, "epsilon", REAL, "1e-7", NULL, 1e-30, 1, TRAIN, true, "Training", "X",
        "added to the root in the denominator (in rmsprop and adagrad under it); sgd has none", NULL),
    ROW_LATER(rho, "rho", REAL, "0.9", NULL, 0, 0.999999, TRAIN, "Training", "X",
        "decay of rmsprop's running mean of the squared gradient", NULL),
    ROW_LATER(momentum, "momentum", REAL, "0", NULL, 0, 1, TRAIN, "Training", "X",
        "share of the last update that goes on (sgd, rmsprop)", NULL),
    ROW_LATER(nesterov, "nesterov", SWITCH, "off", NULL, 0, 0, TRAIN, "Training", NULL,
        "Nesterov's momentum (sgd)", NULL),
    ROW_LATER(centered, "centered", SWITCH, "off", NULL, 0, 0, TRAIN, "Training", NULL,
        "divide by the gradient's deviation instead of its square's mean (rmsprop)", NULL),
    ROW_LATER(amsgrad, "amsgrad", SWITCH, "off", NULL, 0, 0, TRAIN, "Training", NULL,
        "divide by the largest mean of squares so far (adam, adamw)", NULL),
    ROW_LATER(initial_accumulator_value, "initial-accumulator-value", REAL, "0.1", NULL, 0, 1e6, TRAIN, "Training", "X",
        "what adagrad's sums of squares start with", NULL),
    ROW_LATER(weight_decay, "weight-decay", REAL, "0", NULL, 0, 1000, TRAIN, "Training", "X",
        "every step takes this share, times the learning rate, off all weights and biases before the update; adamw's "
        "default is 0.004", NULL),
    ROW_LATER(clipvalue, "clipvalue", REAL, "0", NULL, 0, 1e30, TRAIN, "Training", "X",
        "cut every element of the gradient to [-X, X]; 0 does not", NULL),
    ROW_LATER(clipnorm, "clipnorm", REAL, "0", NULL, 0, 1e30, TRAIN, "Training", "X",
        "scale the gradient of each kernel and bias down to length X; 0 does not", NULL),
    ROW_LATER(global_clipnorm, "global-clipnorm", REAL, "0", NULL, 0, 1e30, TRAIN, "Training", "X",
        "scale the gradient of all weights together down to length X; 0 does not", NULL),
    ROW_LATER(gradient_accumulation_steps, "gradient-accumulation-steps", INTEGER, "0", NULL, 0, 1e9, TRAIN, "Training",
        "N", "update once in N steps, with the mean of their gradients; 0 and 1 update in every step", NULL),
    ROW_LATER(ema, "ema", TEXT, "", NULL, 0, 0, TRAIN, "Training", "on|\"momentum=X\"",
        "keep exponential moving averages of the weights beside them, for evaluate with use-ema; unlike Keras' use_ema "
        "the model's own weights stay what they are. momentum is 0.99 when not given", NULL),
    ROW_LATER(validation_freq, "validation-freq", INTEGER, "1", NULL, 1, MANY, TRAIN, "Training", "N",
        "validate after every N-th epoch only; what watches validation looks at no other", NULL),
    ROW_LATER(early_stopping, "early-stopping", TEXT, "", NULL, 0, 0, TRAIN, "Training", "SETTINGS",
        "end training when a column of the log has not got better for some epochs, \"monitor=val_loss min_delta=0 "
        "patience=0 mode=auto restore_best_weights=false start_from_epoch=0\" and baseline=X, or on for these defaults, "
        "which are Keras'; mode auto goes by what is watched, restore_best_weights makes the best epoch's weights the model",
        NULL),
    ROW_LATER(reduce_lr_on_plateau, "reduce-lr-on-plateau", TEXT, "", NULL, 0, 0, TRAIN, "Training", "SETTINGS",
        "multiply the learning rate when a column of the log has not got better for some epochs, \"monitor=val_loss "
        "factor=0.1 patience=10 min_delta=1e-4 mode=auto cooldown=0 min_lr=0\", or on for these defaults, which are Keras'",
        NULL),
    ROW(shuffle, "shuffle", SWITCH, "on", NULL, 0, 0, TRAIN, true, "Training", NULL,
        "visit the rows in a new order in every epoch", NULL),
    ROW(shuffle_window, "shuffle-window", INTEGER, "0", NULL, 0, MANY, TRAIN | INFO, true, "Training", "ROWS",
        "shuffle whole windows of this many rows, then the rows inside each; 0 chooses by the size of a row", NULL),
    ROW(shards, "shards", INTEGER, "0", NULL, 0, 65536, TRAIN | INFO, true, "Training", "N",
        "pieces that the rows are cut into, a power of two and at least the number of ranks; 0 chooses by the batch "
        "size, at least 8",
        ls_options_check_shards),
    ROW(seed, "seed", INTEGER, "0", NULL, 0, 4294967295.0, ALL | CONVERT | INFO, true, "Training", "N",
        "start of all random numbers: initial weights, shuffling, dropout, validation rows; the choice of test rows in "
        "convert",
        NULL),

    ROW(output, "output", TEXT, "", NULL, 0, 0, TRAIN | PREDICT | REPORT, false, "Output", "PATH",
        "train: directory of the run (<data>-001, or the next free number); predict: file to write, by its suffix: .h5, .hdf5, .hdf, "
        "or text as .csv, .tsv, .tab, .txt, each with .gz behind it; - is standard output (<data>-prediction.h5); report: the "
        "page (report.html in the run, or of several runs here)",
        ls_options_check_path),
    ROW(overwrite, "overwrite", SWITCH, "off", NULL, 0, 0, TRAIN | PREDICT | CONVERT | EXPORT | REPORT, false, "Output", NULL,
        "replace a run or file that is already there", NULL),
    ROW(resume, "resume", SWITCH, "off", NULL, 0, 0, TRAIN, false, "Output", NULL,
        "go on from the newest good checkpoint in --output, on any number of ranks and threads, with the data and "
        "options of the run; starts when there is no run yet. Options that are given must be the run's, but for "
        "--epochs, which may grow, those that the results do not depend on, and those of --change",
        NULL),
    ROW(change, "change", TEXT, "", NULL, 0, 0, TRAIN, false, "Output", "NAMES",
        "with --resume: the given values of these options take the place of the run's from here on, and checkpoints "
        "tell so: learning-rate, schedule, precision, early-stopping, reduce-lr-on-plateau (the last two begin to watch "
        "anew), with commas between them. A schedule counts the steps from the run's beginning. checkpointing "
        "(--checkpoint-every, --keep) may be named too, but needs no change: no result depends on it",
        NULL),
    ROW(checkpoint_every, "checkpoint-every", TEXT, "10min", NULL, 0, 0, TRAIN, false, "Output", "INTERVAL",
        "time, steps or epochs between checkpoints: \"30 s\", \"10min\", \"2h\", \"500 steps\", \"2 epochs\" or never",
        ls_options_check_interval),
    ROW(checkpoint_async, "checkpoint-async", TEXT, "auto", "auto|on|off", 0, 0, TRAIN, false, "Output", "HOW",
        "write checkpoints beside training, which goes on from a copy of the state: auto does where the state has 16 MiB or "
        "more and a rank, with that copy, stays within --memory; on does in any case; with off all ranks wait for the file. "
        "The files are the same",
        NULL),
    ROW(keep, "keep", INTEGER, "3", NULL, 2, 1e6, TRAIN, false, "Output", "N", "checkpoints to keep, the newest ones",
        NULL),
    ROW(time_limit, "time-limit", TEXT, "auto", NULL, 0, 0, TRAIN, false, "Output", "auto|off|TIME",
        "end training with its state saved and exit code 75 after this time from the start, \"90min\" or \"3h\"; auto "
        "goes by SLURM_JOB_END_TIME where it is set, less 60 s or three times what the last checkpoint took",
        ls_options_check_time_limit),
    ROW(on_preempt, "on-preempt", TEXT, "exit", "exit|wait", 0, 0, TRAIN, false, "Output", "HOW",
        "after a signal has stopped training and the state is saved: exit with code 75, or wait to be killed, without "
        "using the CPU, for a scheduler that puts only jobs that are still there back into its queue; a later "
        "signal ends the waiting with code 75",
        NULL),
    ROW(quiet, "quiet", SWITCH, "off", NULL, 0, 0, ALL | CONVERT | EXPORT, false, "Output", NULL,
        "say nothing but warnings, errors and, at the end, what came of it", NULL),
    ROW(verbose, "verbose", SWITCH, "off", NULL, 0, 0, TRAIN, false, "Output", NULL,
        "say more before training: a table of the layers, and the memory that a rank takes, part by part", NULL),
    ROW(report, "report", SWITCH, "on", NULL, 0, 0, TRAIN, false, "Output", NULL,
        "collect while training what a page about the run tells, and write it at the end: report.html",
        NULL),
    ROW(log_every, "log-every", INTEGER, "0", NULL, 0, MANY, TRAIN, false, "Output", "STEPS",
        "steps between extra rows of log.csv; 0 writes one row per epoch", NULL),
    ROW(tensorboard, "tensorboard", TEXT, "off", NULL, 0, 0, TRAIN, false, "Output", "off|DIR",
        "write event files for TensorBoard into DIR/train and DIR/validation after every epoch, with the tags of Keras' "
        "callback: epoch_loss, epoch_learning_rate, ...; a resumed run goes on in files of its own beside them",
        ls_options_check_directory),

    ROW(target, "target", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "COLUMN[,...]",
        "columns of a table that are the targets, in this order, by name or number (from 1, or -1 for the last), or none; the only one "
        "called target, label, labels, class or y when not given. For arrays: the .npy or IDX file that holds the "
        "targets, or the name of the array in an .npz archive",
        NULL),
    ROW_CALLED("drop", ignore, "ignore", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "COLUMN[,...]",
        "columns of a table to leave out", NULL),
    ROW(id, "id", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "COLUMN[,...]",
        "columns that say which row it is: they are kept as /train/id (several: /train/id_COLUMN), come back in predictions, and "
        "are no features",
        NULL),
    ROW(weights, "weights", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "COLUMN",
        "column with the weight of each row's loss, from 0 up: kept as /train/w, for --sample-weights, and no feature", NULL),
    ROW(group, "group", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "COLUMN",
        "column that says which rows belong together: kept as /train/group, for --validation-group, and no feature",
        NULL),
    ROW(like, "like", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "FILE|RUN",
        "take columns, categories and classes as they were when FILE was converted, or RUN's data: for a second table of "
        "the same kind",
        ls_options_check_path),
    ROW(test_split, "test-split", REAL, "0", NULL, 0, 0.99, CONVERT, false, "Conversion", "FRACTION",
        "share of the rows for the test part, drawn at random by --seed; rows keep their order, and their numbers in /test/row", NULL),
    ROW(test_method, "test-method", TEXT, "random", "random|stratified|group", 0, 0, CONVERT, false, "Conversion", "HOW",
        "which rows --test-split takes: any, any with the same share of every class, or whole groups of --group", NULL),
    ROW(categorical, "categorical", TEXT, "onehot", "onehot|codes", 0, 0, CONVERT, false, "Conversion", "HOW",
        "what columns of text become: one feature a category, or its number", NULL),
    ROW(delimiter, "delimiter", TEXT, "auto", NULL, 0, 0, CONVERT | SCORE, false, "Conversion", "CHARACTER",
        "between the fields of a table: a character, or comma, semicolon, tab, space (any number of blanks and tabs) or bar; "
        "auto looks at the first lines",
        NULL),
    ROW(max_categories, "max-categories", INTEGER, "0", NULL, 0, 1e6, CONVERT, false, "Conversion", "N",
        "take columns of text with up to so many different texts as categories, whatever they look like; 0 refuses more "
        "than 100 that are more than half of the rows, more than 1000 features, and what is nearly all numbers or dates",
        NULL),
    ROW(categories, "categories", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "COLUMN[,...]",
        "columns whose texts are categories as they are written, whatever they look like: numbers that are only names, such "
        "as districts and postal codes. Of a target they are its classes",
        NULL),
    ROW(decimal, "decimal", TEXT, "auto", "auto|.|,", 0, 0, CONVERT | SCORE, false, "Conversion", "CHARACTER",
        "between a number's whole part and its fraction; auto is a point, in evaluate and predict what the model's table had",
        NULL),
    ROW(thousands, "thousands", TEXT, "", NULL, 0, 0, CONVERT | SCORE, false, "Conversion", "CHARACTER",
        "between a number's groups of three digits: a character, or comma, point, space, apostrophe or none", NULL),
    ROW(keep_default_missing, "keep-default-missing", SWITCH, "on", NULL, 0, 0, CONVERT, false, "Conversion", NULL,
        "the usual words for no value count as well (NA, NaN, null, None, ...: those of pandas' read_csv); off takes them as "
        "texts, but for those of --missing-values; an empty field never has a value",
        NULL),
    ROW(date_format, "date-format", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "[COLUMN=]FORMAT[,...]",
        "how dates are written, as in \"%d.%m.%Y\", or times of day, \"%H:%M:%S\" (letters of strptime: Y y m d j H I p M S f b "
        "B z); ISO 8601 is seen by itself. The model keeps it",
        NULL),
    ROW(date_parts, "date-parts", TEXT, "", NULL, 0, 0, CONVERT, false, "Conversion", "LIST",
        "what a date becomes: any of days (since 1970-01-01 UTC; what is taken when nothing is given), year, month, day, "
        "weekday, hour, minute, second, with commas between them",
        NULL),
    ROW(skip_lines, "skip-lines", INTEGER, "0", NULL, 0, MANY, CONVERT | SCORE, false, "Conversion", "N",
        "lines in front of a table's header that do not belong to it, such as a title", NULL),
    ROW(comment, "comment", TEXT, "", NULL, 0, 0, CONVERT | SCORE, false, "Conversion", "CHARACTER",
        "lines of a table that begin with it are passed over, wherever they stand; lines with # and sep= in front of the "
        "header always are",
        NULL),
    ROW(features, "features", INTEGER, "0", NULL, 0, 1e8, CONVERT, false, "Conversion", "N",
        "features of libsvm text; 0 goes by the greatest index", NULL),
    ROW(first_index, "first-index", TEXT, "auto", "auto|0|1", 0, 0, CONVERT, false, "Conversion", "N",
        "index of the first feature of libsvm text; auto is 1, or 0 where the file has a 0", NULL),
    ROW(header, "header", TEXT, "auto", "auto|on|off", 0, 0, CONVERT, false, "Conversion", "WHETHER",
        "whether the first line of a table names the columns; auto says so when no field of it is a number, or when its "
        "numbers ascend and stand over other values",
        NULL),
    ROW(format, "format", TEXT, "auto", "auto|csv|npy|npz|idx|libsvm", 0, 0, CONVERT, false, "Conversion", "FORMAT",
        "what the input is; auto goes by its first bytes and its name", NULL),

    ROW(normalization, "normalization", SWITCH, "on", NULL, 0, 0, EXPORT, false, "Export", NULL,
        "what is done to features (offsets, missing values, normalisation) and targets is part of the file; off: it takes "
        "features as the first layer reads them, and gives targets as the last layer does",
        NULL),

    ROW(ranks, "ranks", INTEGER, "1", NULL, 1, 65536, INFO, false, "Report", "N",
        "tell the memory that each of so many ranks needs, for its rows, or to train a model; none is started", NULL),
    ROW(json, "json", SWITCH, "off", NULL, 0, 0, INFO | LS_COMMAND_EVALUATE, false, "Report", NULL,
        "the findings as one JSON object, for programs", NULL),

    ROW(threads, "threads", INTEGER, "0", NULL, 0, 4096, ALL | INFO, false, "Machine", "N",
        "threads of each rank; 0 takes OMP_NUM_THREADS, else the cores the rank may use", NULL),
    ROW(memory, "memory", TEXT, "auto", NULL, 0, 0, ALL | INFO, false, "Machine", "SIZE",
        "rows that each rank may hold in memory, such as 8GB or 512MiB; training rows that need more stream from the "
        "file, with the same results. auto takes half of the host's memory (or of the cgroup's or Slurm's limit), "
        "shared by its ranks. A copy of the state is kept where all that a rank has fits into it (--checkpoint-async)",
        ls_options_check_memory),
    ROW(kernels, "kernels", TEXT, "auto", "auto|portable|avx2|avx512|avx512_bf16|neon", 0, 0, ALL, false, "Machine", "SET",
        "instruction set; auto takes the fastest that this CPU has", NULL),
    ROW(reduction, "reduction", TEXT, "auto", "auto|halving|doubling|direct|grouped|buckets", 0, 0, TRAIN, false, "Machine", "SCHEME",
        "how gradients travel between ranks", NULL),
    ROW(check_every, "check-every", INTEGER, "100", NULL, 0, MANY, TRAIN, false, "Machine", "STEPS",
        "steps between comparisons of the weights over ranks by hash, and looks whether they and the optimizer's slots are "
        "finite; 0 leaves it", NULL),
    ROW(hang_timeout, "hang-timeout", TEXT, "auto", NULL, 0, 0, ALL, false, "Machine", "SECONDS",
        "give up when another rank is silent for this long; 0 waits for ever, auto 600 s, or 50 times the slowest step and 5 "
        "times the slowest checkpoint so far where that is more. MPI has as long to start and to end, at least 5 s",
        ls_options_check_hang_timeout),
};
/* clang-format on */

#define ROWS (sizeof entries / sizeof entries[0])

_Static_assert(ROWS <= LS_OPTIONS_MAX, "every row has its marks in ls_options");

const ls_options_table ls_options_program_table = {entries, ROWS};

const ls_option_row *ls_option_at(size_t index)
{
    return index < ROWS ? &entries[index].row : NULL;
}

const ls_option_row *ls_option_find(const char *key)
{
    const ls_options_entry *found = ls_options_find(&ls_options_program_table, key);
    return found == NULL ? NULL : &found->row;
}
