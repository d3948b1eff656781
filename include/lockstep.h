/* Lockstep: data-parallel training of dense networks, with the same bits on every ranks x threads split.
 *
 * THE PARTS
 *
 *   ls_context   where the work runs: ranks, threads, kernel table, log. lockstep_mpi.h makes one over a communicator;
 *                without it there is one rank, and MPI is never called.
 *   ls_options   every setting, by the names of the program's options; ls_option_at lists them.
 *   ls_dataset   rows of features and targets, from an HDF5 file or from the caller's arrays.
 *   ls_model     dense layers, their weights, normalisation, loss and metrics.
 *   ls_trainer   a model being trained on a dataset: steps, epochs, checkpoints.
 *
 * A PROGRAM, without its looking at what every call returns:
 *
 *     ls_options *options;
 *     ls_options_create(&options);
 *     ls_options_set(options, "data", "digits.h5");
 *     ls_options_set(options, "layers", "64 relu, 10 softmax");
 *     ls_options_set(options, "epochs", "20");
 *     ls_context *context;
 *     ls_context_create(NULL, &context);
 *     ls_datasets data;
 *     ls_datasets_open(context, options, &data);
 *     ls_model *model;
 *     ls_model_create(context, options, data.train, &model);
 *     ls_trainer *trainer;
 *     ls_trainer_create(context, options, model, data.train, data.validation, &trainer);
 *     ls_trainer_fit(trainer, NULL, NULL);
 *     ls_model_save(context, model, "digits.weights.h5");
 *
 *     ls_trainer_destroy(trainer);
 *     ls_model_destroy(model);
 *     ls_datasets_close(&data);
 *     ls_context_destroy(context);
 *     ls_options_destroy(options);
 *
 * ERRORS. Every function that can fail returns an ls_status; LS_OK is 0. The text is then in ls_error_message(), for
 * the calling thread, until its next failing call. The library never exits, prints, or ends MPI.
 *
 * LOCAL AND COLLECTIVE. A *collective* function must be called by all ranks of the context in the same order; it
 * returns the same status on all of them, and when one rank fails, the message names it. Everything else is *local*.
 * With one rank the difference vanishes.
 *
 * OWNERSHIP. ..._create, ..._open and ..._load hand an object to the caller, who gives it to ..._destroy (which accepts
 * NULL). Objects keep no pointer to the options, which may be changed or destroyed at once. A trainer uses its context,
 * model and datasets until it is destroyed.
 *
 * THREADS. One thread at a time per context and what was made with it, except: ls_context_request_stop may be called
 * from signal handlers and other threads, and ls_model_predict_rows from any number of threads at once. The library
 * leaves the host's signals, locale, floating-point mode and HDF5 error state as they were. A trainer whose rows do not
 * fit into ls_context_settings.memory reads them in a thread of its own until it is destroyed: a host that calls
 * libhdf5 itself meanwhile needs a thread-safe build of it. Arrays are row-major, slowest index first. */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LS_API __attribute__((visibility("default")))
#else
#define LS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ------------------------------------------------------------------------------------------------------ */

/* Name, value, text. The value is also the program's exit code. */
#define LS_STATUS_LIST(X)                                                                                              \
    X(LS_OK, 0, "ok")                                                                                                  \
    X(LS_ERR_MEMORY, 1, "out of memory")                                                                               \
    X(LS_ERR_USAGE, 2, "wrong option or argument")                                                                     \
    X(LS_ERR_DATA, 3, "data cannot be used")                                                                           \
    X(LS_ERR_OUTPUT, 4, "checkpoint or output")                                                                        \
    X(LS_ERR_NUMERIC, 5, "not a finite number")                                                                        \
    X(LS_ERR_PEER, 6, "another rank failed or hangs")                                                                  \
    X(LS_STOPPED, 75, "stopped on request; a training run has saved its state")

typedef enum ls_status {
#define LS_STATUS_MEMBER_(name, value, text) name = value,
    LS_STATUS_LIST(LS_STATUS_MEMBER_)
#undef LS_STATUS_MEMBER_
} ls_status;

/* Local. The text of a status ("data cannot be used"); never NULL. */
LS_API const char *ls_status_text(ls_status status);

/* Local. The message of the calling thread's last failed call: what is wrong, where, what was expected, what to do. */
LS_API const char *ls_error_message(void);

/* Local. A line of the log or a message as a terminal may get it, for texts that come from files and users stand in
 * both: control characters but tab, and those that end a line or turn the direction of writing, as \u001b; bytes that
 * are no UTF-8 as \xff; what does not fit into shown[size] (size at least 4) ends in "...". Returns `shown`. */
LS_API const char *ls_line_show(const char *line, char *shown, size_t size);

/* The version of this header. While the first number is 0, the second goes up whenever a program that was built before
 * could break, and the shared library's name says both (liblockstep.so.0.2); src/README.md has the rule. */
#define LS_VERSION_MAJOR 0
#define LS_VERSION_MINOR 2
#define LS_VERSION_PATCH 0

/* Local. The version of the library that runs, "0.2.0". */
LS_API const char *ls_version(void);
/* Local. The git commit that it was built from; "" where that is not known. */
LS_API const char *ls_version_commit(void);
/* Local. What it consists of: version, git commit ("" where it is not known), compiler and build type, MPI and HDF5 as
 * they are loaded and as they were when it was compiled, and the kernel tables that this CPU runs, best first. In lines
 * of a name and a value, or as one JSON object. *text is freed with ls_text_release. */
LS_API ls_status ls_software_text(char **text);
LS_API ls_status ls_software_json(char **text);

/* ---- log --------------------------------------------------------------------------------------------------------- */

typedef enum ls_log_level {
    LS_LOG_WARNING = 1,  /* the run goes on, but probably not as wanted */
    LS_LOG_INFO = 2,     /* what is being done: data found, defaults chosen, an epoch's scores */
    LS_LOG_PROGRESS = 3, /* the progress line; each replaces the one before */
    LS_LOG_RESULT = 4    /* what a job has come to, in a line or two at its end: what a quiet program still says */
} ls_log_level;

/* Receives one line without newline. Called on rank 0 only, from the thread that called the library. */
typedef void (*ls_log_function)(void *user, ls_log_level level, const char *line);

/* ---- options ----------------------------------------------------------------------------------------------------- */

#define LS_TEXT_MAX 4096 /* bytes that an option's value takes at most, NUL included */

/* Every option's value. The table (ls_option_at) says what there is and what each means; values are set and read by
 * name, as text, as on the command line. */
typedef struct ls_options ls_options;
typedef struct ls_context ls_context;

typedef enum ls_option_type {
    LS_OPTION_TEXT,
    LS_OPTION_INTEGER,
    LS_OPTION_REAL,
    LS_OPTION_SWITCH /* on or off; on the command line the bare name means on */
} ls_option_type;

/* The commands that take an option, as bits. */
enum {
    LS_COMMAND_TRAIN = 1,
    LS_COMMAND_EVALUATE = 2,
    LS_COMMAND_PREDICT = 4,
    LS_COMMAND_INFO = 8,
    LS_COMMAND_CONVERT = 16,
    LS_COMMAND_EXPORT = 32,
    LS_COMMAND_REPORT = 64
};

typedef struct ls_option_row {
    const char *key; /* "batch-size" */
    ls_option_type type;
    const char *initial; /* the default, as text */
    const char *choices; /* "none|standard|minmax", or NULL */
    double least, most;  /* bounds of numbers, inclusive */
    unsigned commands;   /* LS_COMMAND_ bits; none: the library writes it into recipes */
    bool recipe;         /* part of the recipe: results may depend on it, so it is stored in checkpoints */
    const char *section; /* heading in the help */
    const char *value;   /* what the help calls the value: "N", "FILE" */
    const char *help;
} ls_option_row;

/* Local. The one of `names` (which end with NULL) that `word` was probably meant to be, or NULL: what the library's own
 * messages suggest, for those of programs. */
LS_API const char *ls_name_suggest(const char *word, const char *const *names);

/* Local. The option table; NULL behind its end. Rows are the library's; later versions add members at their end. */
LS_API const ls_option_row *ls_option_at(size_t index);
/* Local. The row of a key ('_' equals '-'), or NULL. */
LS_API const ls_option_row *ls_option_find(const char *key);
/* Local. The i-th of the options of a command (an LS_COMMAND_ bit) that most users need, with a line about it in
 * *brief; NULL behind the last: at once where the command has no such list. */
LS_API const ls_option_row *ls_option_usual(unsigned command, size_t index, const char **brief);
/* Local. The i-th of the names that stand in an option's value: layers and activations of 'layers', losses of 'loss',
 * and so on; NULL behind the last, and of options that are no such names (or whose row has choices). */
LS_API const char *ls_option_word(const char *key, size_t index);

/* Local. Every option at its default. LS_ERR_MEMORY. */
LS_API ls_status ls_options_create(ls_options **options);
/* Local. The same options once more, for the caller to change. LS_ERR_MEMORY. */
LS_API ls_status ls_options_copy(const ls_options *options, ls_options **copy);
/* Local. NULL is accepted. */
LS_API void ls_options_destroy(ls_options *options);
/* Local. Sets one option from text. It then counts as given, even with the value that it had: a setting of the
 * optimizer that is given as an option and among the words of 'optimizer' too is LS_ERR_USAGE when a trainer is made.
 * LS_ERR_USAGE names key, value and what was expected, and suggests the nearest key; the option then is as it was. */
LS_API ls_status ls_options_set(ls_options *options, const char *key, const char *value);
/* Local. Back to the default, and no longer given. LS_ERR_USAGE: there is no such option. */
LS_API ls_status ls_options_reset(ls_options *options, const char *key);
/* Local. The option's value as text, NUL-terminated, into value[size]; LS_TEXT_MAX bytes are enough for any.
 * LS_ERR_USAGE: there is no such option, or the value does not fit. */
LS_API ls_status ls_options_get(const ls_options *options, const char *key, char *value, size_t size);
/* Local. Reads "key = value" lines ('#' starts a comment), or of a run.json the options that differ from their
 * defaults. A pipe will do; it is read once, and given up after 10 s without a byte. LS_ERR_USAGE names the file and
 * line. */
LS_API ls_status ls_options_read_file(ls_options *options, const char *path);
/* Collective. Whether all ranks have the same options, given or not, but for those that may differ from one to the
 * other (threads, kernels, memory), and the same `program`, which is any text. LS_ERR_USAGE names the lowest rank that
 * differs from most (of two ranks, from rank 0), the first option in which it does, and both values. */
LS_API ls_status ls_options_agree(ls_context *context, const ls_options *options, const char *program);
/* Local. The i-th remark, counted from 0, about how options were given, for people: one for each that was set by
 * another name, which it had before or has in Keras. Into text[size], cut when it does not fit; false behind the last.
 */
LS_API bool ls_options_remark(const ls_options *options, size_t index, char *text, size_t size);

/* ---- context ----------------------------------------------------------------------------------------------------- */

typedef struct ls_context_settings {
    int threads; /* per rank; 0: OMP_NUM_THREADS, else the cores this process may use, shared by its node's ranks */
    const char *kernels;   /* NULL or "auto": the fastest table this CPU runs; "portable", "avx2", ... */
    const char *reduction; /* NULL or "auto", "halving", "doubling", "direct", "grouped", "buckets" */
    double hang_timeout;   /* seconds a rank waits for another before LS_ERR_PEER; 0: for ever; negative: 600, or more
                              where training's steps and checkpoints are slow */
    const char *memory; /* rows that a rank may hold, "8GB"; others are read when needed; NULL or "auto": by the host */
    ls_log_function log; /* NULL: silent */
    void *log_user;
} ls_context_settings;

/* Local. All automatic, silent. */
LS_API void ls_context_settings_defaults(ls_context_settings *settings);
/* Local. What the options threads, kernels, reduction, hang-timeout and memory say; `log` and `log_user` stay. The
 * texts are the options', until these are set again or destroyed. */
LS_API void ls_context_settings_from_options(ls_context_settings *settings, const ls_options *options);
/* Local. A context of one rank that never calls MPI. `settings` may be NULL. */
LS_API ls_status ls_context_create(const ls_context_settings *settings, ls_context **context);
/* Collective over the context's ranks. */
LS_API void ls_context_destroy(ls_context *context);
/* Local. The rank is the caller's communicator's. */
LS_API int ls_context_rank(const ls_context *context);
LS_API int ls_context_size(const ls_context *context);
LS_API int ls_context_threads(const ls_context *context);
/* Local. One line for users: hosts x ranks x threads, where the number comes from, idle cores, kernel table. */
LS_API const char *ls_context_description(const ls_context *context);
/* Local, async-signal-safe. All ranks stop: training at the next step boundary, ls_run_train also between the
 * stages before the first, evaluation and prediction after the rows at hand. The job returns LS_STOPPED, and the
 * request is used up. Without a running job it waits for the next one; so it does when the running job is done before
 * it can stop, and returns LS_OK. A request on another rank, or one that comes after a job has stopped, counts as
 * another and stops the next job: ask on one rank. */
LS_API void ls_context_request_stop(ls_context *context);
/* Local, async-signal-safe. Whether ls_run_train has begun to train, or goes on with a run, so that a stop saves its
 * state: a host that ends the process earlier loses nothing. */
LS_API bool ls_context_has_state(const ls_context *context);
/* Collective. Makes a status that may differ between ranks the same on all: LS_OK only if every rank passes LS_OK, else
 * that of the lowest failing rank, whose ls_error_message() every rank then has, with rank and host in front when it is
 * not rank 0's. For callers that do local work between collective calls. */
LS_API ls_status ls_context_agree(ls_context *context, ls_status status);

/* ---- datasets ---------------------------------------------------------------------------------------------------- */

/* The rows of one part: features (rows, features) and targets. Opening reads shapes and types only; a rank reads rows
 * when a trainer, evaluation or prediction needs them, and only its own. */
typedef struct ls_dataset ls_dataset;

typedef struct ls_datasets {
    ls_dataset *train;
    ls_dataset *validation; /* NULL when there is none */
    ls_dataset *test;       /* NULL when there is none */
} ls_datasets;

/* Collective. Finds the parts of the option 'data' by the usual names (see README), or by x, y, validation_...; leaves
 * rows with missing values out for missing "drop"; splits rows off for validation_split. Columns that have names are
 * put in the order of those of the training part, of the model of 'init' where that is given, by their names.
 * LS_ERR_DATA lists what the file has when nothing fits, or names the columns, categories or classes that differ. */
LS_API ls_status ls_datasets_open(ls_context *context, const ls_options *options, ls_datasets *datasets);
/* Local. Destroys the members and sets them to NULL. */
LS_API void ls_datasets_close(ls_datasets *datasets);
/* Collective. The rows that the option 'part' names, targets optional; for evaluate and predict, with a model whose
 * columns are in the same order. */
LS_API ls_status ls_dataset_open(ls_context *context, const ls_options *options, ls_dataset **dataset);

/* The caller's arrays: all rows, the same on every rank (a rank touches only its own rows). Borrowed until the dataset
 * is destroyed. Give `y` or `labels`, or neither for prediction. */
typedef struct ls_arrays {
    int64_t rows;
    int64_t features;
    const float *x;        /* (rows, features) */
    int64_t outputs;       /* columns of y */
    const float *y;        /* (rows, outputs) */
    const int32_t *labels; /* (rows) class labels; others than 0, 1, ... are mapped in ascending order */
    const float *weights;  /* (rows) weights of the rows' losses, or NULL */
} ls_arrays;

/* Local. */
LS_API ls_status ls_dataset_from_arrays(ls_context *context, const ls_arrays *arrays, ls_dataset **dataset);
/* Collective. Leaves rows with missing values (nan or infinity in features or targets) out of a dataset of arrays, as
 * the option missing = drop does when files are opened; *dropped: how many. Before the dataset is used for anything.
 * The rows keep their numbers: messages and random numbers go by the arrays. LS_ERR_DATA when nothing is left,
 * LS_ERR_USAGE for a dataset of files. */
LS_API ls_status ls_dataset_drop_missing(ls_context *context, ls_dataset *dataset, int64_t *dropped);
LS_API void ls_dataset_destroy(ls_dataset *dataset);
LS_API int64_t ls_dataset_rows(const ls_dataset *dataset);
LS_API int64_t ls_dataset_features(const ls_dataset *dataset);

/* ---- models ------------------------------------------------------------------------------------------------------ */

typedef struct ls_model ls_model;

/* A weight tensor as Keras has it: kernel (inputs, units) or bias (units). */
typedef struct ls_variable {
    char name[64]; /* "dense/kernel", "dense_1/bias" */
    int dimensions;
    int64_t shape[2];
} ls_variable;

/* Collective. Builds the layers of the option 'layers' for the dataset's features, chooses loss and metrics where the
 * options leave them open, fits the normalisation on the dataset over all ranks, and draws Glorot-uniform weights from
 * the seed. Where the features are in files and fit into every rank's memory, the dataset keeps what this has read of
 * them for ls_trainer_create, or until it is closed. With the option 'init' it is the model of that file or run
 * instead, for these rows: LS_ERR_USAGE when options say otherwise, LS_ERR_DATA when the rows do not fit it. */
LS_API ls_status ls_model_create(ls_context *context, const ls_options *options, const ls_dataset *train,
                                 ls_model **model);
/* Collective. Reads a model file, also one of Keras' (.keras, .h5), or the model in a run's directory
 * (model.weights.h5, else the newest good checkpoint). */
LS_API ls_status ls_model_load(ls_context *context, const char *path, ls_model **model);
/* Collective. The same with the running averages of the weights that training with the option 'ema' kept, in place of
 * the weights. LS_ERR_USAGE: the file has none. */
LS_API ls_status ls_model_load_averages(ls_context *context, const char *path, ls_model **model);
/* Collective. The same as the options tell: `use-ema` for the averages, and `model` or `layers` for the layers of a
 * file of Keras' that has only weights. */
LS_API ls_status ls_model_load_with(ls_context *context, const char *path, const ls_options *options, ls_model **model);
/* Collective; rank 0 writes. A file that keras.models.load_model opens. Replaces an existing file atomically. */
LS_API ls_status ls_model_save(ls_context *context, const ls_model *model, const char *path);
/* Local. */
LS_API void ls_model_destroy(ls_model *model);
LS_API int64_t ls_model_features(const ls_model *model);
LS_API int64_t ls_model_outputs(const ls_model *model);
LS_API int64_t ls_model_parameters(const ls_model *model); /* weights and biases */
LS_API int ls_model_variables(const ls_model *model);
LS_API ls_status ls_model_variable(const ls_model *model, int index, ls_variable *variable);
/* Local. Copies a tensor out of or into the model; `values` has the variable's shape. Set the same values on all ranks.
 */
LS_API ls_status ls_model_get(const ls_model *model, int index, float *values);
LS_API ls_status ls_model_set(ls_model *model, int index, const float *values);

/* Local, thread-safe, needs no MPI. Predictions of `rows` rows in original units: x (rows, features) raw features,
 * which lose the model's offsets here, prediction (rows, outputs). */
LS_API ls_status ls_model_predict_rows(const ls_model *model, int64_t rows, const float *x, float *prediction);

/* Collective. As ls_dataset_open, in the order of the model's columns by their names: those the model does not have are
 * passed over, LS_ERR_DATA says which are not there, or have other categories. A CSV file (by its suffix: .csv, .tsv,
 * .tab, .txt) is read through the encoding of the model, which must know the names of its columns; targets are
 * optional. The model may be destroyed before the dataset. */
LS_API ls_status ls_dataset_open_for_model(ls_context *context, const ls_options *options, const ls_model *model,
                                           ls_dataset **dataset);
/* Collective. The same for ls_predict only: targets that are there do not count, so that missing "drop" keeps rows
 * whose features are all there. */
LS_API ls_status ls_dataset_open_to_predict(ls_context *context, const ls_options *options, const ls_model *model,
                                            ls_dataset **dataset);

/* ---- evaluation and prediction ----------------------------------------------------------------------------------- */

#define LS_SCORES_MAX 16

/* Loss and metrics over some rows; scores[0] is the loss. With regularizers it includes their penalty, which is the
 * last of the scores too. */
typedef struct ls_scores {
    int64_t rows;
    int count;
    char name[LS_SCORES_MAX][32];
    double value[LS_SCORES_MAX];
} ls_scores;

/* Collective. Each row counts exactly once; the same bits for every split. */
LS_API ls_status ls_evaluate(ls_context *context, const ls_model *model, const ls_dataset *dataset, ls_scores *scores);

/* An evaluation that looks closer: by class, by output, which class was taken for which. */
typedef struct ls_evaluation ls_evaluation;

/* Collective. As ls_evaluate. By the metrics of the option 'metrics', where that is not empty, else the model's; with
 * the option 'threshold', where it was set, in place of that of outputs that say yes or no. `options` may be NULL. The
 * model must live as long as the evaluation; the dataset need not. LS_ERR_USAGE: metrics that do not go with the model,
 * or auc and pr_auc of rows with weights; LS_ERR_NUMERIC: scores that these cannot rank, naming the row. */
LS_API ls_status ls_evaluation_create(ls_context *context, const ls_options *options, const ls_model *model,
                                      const ls_dataset *dataset, ls_evaluation **evaluation);
/* Local, as all that follow; what they tell is the same on all ranks. */
LS_API void ls_evaluation_destroy(ls_evaluation *evaluation);
LS_API void ls_evaluation_scores(const ls_evaluation *evaluation, ls_scores *scores);
/* The accuracy of always giving the most frequent answer; NaN without classes. *rare: a class is so rare (with less
 * than a fifth of its equal share of the rows) that accuracy should be read beside it. */
LS_API double ls_evaluation_base_rate(const ls_evaluation *evaluation, bool *rare);
/* Classes that are told apart: of a single yes-or-no output 2, no and yes; of values, and of several such outputs, 0.
 */
LS_API int64_t ls_evaluation_classes(const ls_evaluation *evaluation);

/* One class; NaN is what metrics did not ask for, or what there is none of. */
typedef struct ls_class_scores {
    int64_t label;   /* in the data */
    int64_t support; /* rows that have it */
    double precision, recall, f1_score, auc, pr_auc;
} ls_class_scores;

/* LS_ERR_USAGE: there is no class k. */
LS_API ls_status ls_evaluation_class(const ls_evaluation *evaluation, int64_t k, ls_class_scores *scores);
/* Rows of one class that were given another, or the same. LS_ERR_USAGE: there is none, or no metric counts. */
LS_API ls_status ls_evaluation_confusion(const ls_evaluation *evaluation, int64_t class_, int64_t given, int64_t *rows);
/* All of it as one JSON object: rows, the scores by name, base_rate, per_class, per_output, confusion_matrix, each
 * where there is one; and the classes or outputs as a table for a screen, empty where there are none. *text is freed
 * with ls_text_release. */
LS_API ls_status ls_evaluation_json(const ls_evaluation *evaluation, char **text);
LS_API ls_status ls_evaluation_table(const ls_evaluation *evaluation, char **text);

/* Receives predictions on rank 0, in row order, each row once: prediction (rows, outputs) for rows first ...
 * Return LS_OK, or a status to stop with (all ranks then return it). */
typedef ls_status (*ls_prediction_function)(void *user, int64_t first, int64_t rows, const float *prediction);

/* Collective. Predicts all rows of the dataset; `function` is called on rank 0 only. */
LS_API ls_status ls_predict(ls_context *context, const ls_model *model, const ls_dataset *dataset,
                            ls_prediction_function function, void *user);
/* Collective; rank 0 writes what the suffix of the path asks for, and any other is LS_ERR_USAGE. ".h5", ".hdf5",
 * ".hdf": an HDF5 file with /prediction float32 (rows, outputs), /row int64 (rows), the rows' numbers in the data or in
 * the dataset `row` beside the features; for classifiers /class, int32 or, where labels are not 0, 1, ..., int64
 * (rows), and /class_names where classes have names; /id where rows have identifiers. ".csv": the same as text; ".tsv",
 * ".tab" and
 * ".txt": with tabs; ".gz" behind these: packed. "-": CSV to standard output, until nobody reads it any more, which is
 * no failure. An existing file is replaced only when `overwrite`. */
LS_API ls_status ls_predict_file(ls_context *context, const ls_model *model, const ls_dataset *dataset,
                                 const char *path, bool overwrite);

/* ---- training ---------------------------------------------------------------------------------------------------- */

typedef struct ls_trainer ls_trainer;

typedef struct ls_step {
    int64_t epoch;      /* from 1 */
    int64_t step;       /* steps done since the start of training */
    int64_t rows;       /* rows of this step over all ranks */
    double loss;        /* mean over its rows, with penalties, before the update */
    bool epoch_is_over; /* this was the epoch's last step */
} ls_step;

typedef struct ls_epoch {
    int64_t epoch; /* from 1 */
    int64_t step;
    ls_scores train;      /* means over the epoch's rows as they were trained */
    ls_scores validation; /* count 0 when there is no validation part, or not after this epoch */
    double learning_rate;
    double seconds;             /* of the epoch, validation included */
    double seconds_data;        /* gathering rows */
    double seconds_compute;     /* forward, backward, optimizer */
    double seconds_communicate; /* reductions and waiting for other ranks */
    bool stop;                  /* training ends after this epoch: early stopping sets it, and the callback may */
} ls_epoch;

/* Called on every rank after each epoch with the same values. */
typedef void (*ls_epoch_function)(void *user, ls_epoch *epoch);

/* Collective. Each rank reads its shards of `train` (and its blocks of `validation`, which may be NULL) into memory.
 * With the options 'init' and 'init-optimizer' the optimizer goes on where that file's was. */
LS_API ls_status ls_trainer_create(ls_context *context, const ls_options *options, ls_model *model,
                                   const ls_dataset *train, const ls_dataset *validation, ls_trainer **trainer);
/* Local. The model stays the caller's. */
LS_API void ls_trainer_destroy(ls_trainer *trainer);
/* Collective. One synchronised step. `step` may be NULL. What is done at an epoch's end (validation, best epoch, early
 * stopping, plateau) is ls_trainer_epoch's and ls_trainer_fit's. LS_STOPPED when a stop was requested; the step is done
 * all the same. LS_ERR_NUMERIC when the loss is not finite, or a gradient whose length counts (nothing was updated), or
 * when weights or slots are found not to be. */
LS_API ls_status ls_trainer_step(ls_trainer *trainer, ls_step *step);
/* Collective. Steps to the end of the current epoch, then validation, and what the options early-stopping and
 * reduce-lr-on-plateau ask for: epoch->stop says that early stopping would end training here. LS_STOPPED when a stop
 * was requested; one that comes in the epoch's last step, or later, waits for the next job, since the epoch is done:
 * LS_OK. */
LS_API ls_status ls_trainer_epoch(ls_trainer *trainer, ls_epoch *epoch);
/* Collective. Epochs until the option 'epochs' are done, the function says stop or early stopping ends training; then,
 * with its restore_best_weights, the model gets the best epoch's weights (nothing else of the trainer changes). Once
 * early stopping has ended it, another fit does nothing. LS_STOPPED also between two of them: after a request in an
 * epoch's last step that epoch's validation and callback come first. One in the last step of all, or after it, waits
 * for the next job: LS_OK. */
LS_API ls_status ls_trainer_fit(ls_trainer *trainer, ls_epoch_function function, void *user);
/* Collective; rank 0 writes. The whole state at this step, whatever the split. */
LS_API ls_status ls_trainer_save(ls_trainer *trainer, const char *path);
/* Collective. Continues from a checkpoint made with the same recipe and data on any split; what the option 'change'
 * named when the trainer was made may differ, and takes the place of the checkpoint's from here on. LS_ERR_USAGE names
 * the option and LS_ERR_DATA the shard that differs; LS_ERR_OUTPUT: the file is damaged, or says what cannot be. The
 * trainer is then as it was; only where a file that was found good cannot be read again (the message says so), weights
 * and slots are of neither, and are to be loaded from a file before the next step. */
LS_API ls_status ls_trainer_load(ls_trainer *trainer, const char *path);

/* ---- the program's jobs -------------------------------------------------------------------------------------------
 */

/* Collective. `lockstep train`: output directory, log.csv, timing.csv, run.json, checkpoints, resume, test part. With
 * the option 'resume', what is not given is as in the run of 'output', data too; what is given must be the same unless
 * results do not depend on it or 'change' names it. */
LS_API ls_status ls_run_train(ls_context *context, const ls_options *options);

/* Collective. The options that say which rows the run of a model was trained on (data, x, y, validation_split ...),
 * from its run.json, where they are not given: so that ls_dataset_open_for_model with 'part' validation opens the run's
 * validation rows. `run`: a run's directory, or a model or checkpoint in it. LS_ERR_USAGE: there is no run.json. */
LS_API ls_status ls_run_data_options(ls_context *context, const char *run, ls_options *options);

/* Local; on more than one rank LS_ERR_USAGE. `lockstep convert`: the option 'data', a file of another format, becomes
 * the HDF5 file the option 'output', by the options for it (target, test_split, ...). Replaced atomically; LS_STOPPED
 * leaves nothing. */
LS_API ls_status ls_run_convert(ls_context *context, const ls_options *options);

/* Local; on more than one rank LS_ERR_USAGE. `lockstep export`: the model of `run` (as ls_model_load takes it, with the
 * option 'use_ema' its running averages) as the file that the option 'output' names, whose suffix says the form: .onnx,
 * .safetensors, .keras, .json; with 'normalization' off without what is done to features and targets. Replaced
 * atomically. LS_ERR_USAGE names what the form cannot hold. */
LS_API ls_status ls_run_export(ls_context *context, const char *run, const ls_options *options);

/* Collective; rank 0 works. `lockstep report`: report.html of the output directories `runs` (count, 1 to 16) of runs,
 * from their log.csv, run.json and report.json; beside each other where they are several. It is written to the option
 * 'output', else into the directory of a single run (with report-machine.html), or of several here. Replaced
 * atomically; a file that 'output' names needs 'overwrite'. LS_ERR_USAGE: one is no run. */
LS_API ls_status ls_run_report(ls_context *context, const char *const *runs, int count, const ls_options *options);

/* Local. What an HDF5 dataset, a model or a checkpoint holds, as text for people; *text is freed with ls_text_release.
 */
LS_API ls_status ls_describe_file(const char *path, char **text);
/* Local. `lockstep info`: ls_describe_file of the option 'data' for a model, a checkpoint or a run, with the memory of
 * training by 'batch_size', 'shards', 'ranks' and 'threads', as JSON with 'json'. A data file is read
 * row by row, in bounded memory, without ranks: *text says its parts, their targets, columns (mean, deviation, range,
 * NaN), duplicate rows, memory for as many ranks as the option 'ranks' says and how its chunks suit reading by rows; as
 * JSON with 'json'. NaN are counted. Options that say where and which rows are (x, y, samples_axis, validation_...,
 * missing) hold as in training. Data that is not found is no error but what the text says, unless x or y name it; what
 * cannot be read is LS_ERR_DATA. *text is freed with ls_text_release. */
LS_API ls_status ls_run_info(const ls_options *options, char **text);
LS_API void ls_text_release(char *text);

#ifdef __cplusplus
}
#endif

#endif
