/* Options as the library sees them: one struct, whose members are described by the rows of a table. What is public sets
 * and reads them by name; the rooms above take the members. */
#ifndef LS_CONTEXT_OPTIONS_H
#define LS_CONTEXT_OPTIONS_H

#include "base/status.h"
#include "base/text.h"

#include <lockstep.h>

#include <stdbool.h>
#include <stdint.h>

#define LS_OPTIONS_MAX 128 /* rows of a table */

/* One option: what users see, and the member of ls_options that holds it. */
typedef struct ls_options_entry {
    ls_option_row row;
    size_t offset, size;
    /* further conditions on the text; NULL: none. Records its own message. */
    ls_status (*check)(const char *key, const char *value);
    const char *other_name; /* that it had before, or has in Keras: understood, with a remark; NULL: none */
    bool later;             /* of a recipe: added after 0.1, so at its default it writes no line, and recipes without it
                               keep their bytes */
} ls_options_entry;

typedef struct ls_options_table {
    const ls_options_entry *entry; /* (count) */
    size_t count;
} ls_options_table;

/* The program's. */
extern const ls_options_table ls_options_program_table;

/* A member that nobody set has the default of its row; a text without one is empty. */
struct ls_options {
    const ls_options_table *table;
    bool given[LS_OPTIONS_MAX];      /* (table->count) set by somebody, and not reset since */
    bool other_name[LS_OPTIONS_MAX]; /* by its other name */
    bool settled;                    /* what nobody gave is a saved run's, and no default takes its place */
    bool compiled_taken;             /* what --init was compiled with is among them (train/initial_options.h) */

    /* data */
    char data[LS_TEXT_MAX];            /* HDF5 file; a pattern or a list with commas: several, one behind the other */
    char x[LS_TEXT_MAX];               /* "[FILE:]PATH[COLUMNS],...": the features */
    char y[LS_TEXT_MAX];               /* the targets, named in the same way */
    char samples_axis[16];             /* "first", "last" or a number: axis of the rows in every dataset */
    bool follow_links;                 /* external links and virtual datasets may lead outside the directory */
    bool trust_sizes;                  /* declared sizes out of proportion are believed */
    bool check_data;                   /* rank 0 forks a process that looks at the files first */
    char validation_data[LS_TEXT_MAX]; /* FILE[:GROUP], or the name of a part of the data file */
    char validation_x[LS_TEXT_MAX];
    char validation_y[LS_TEXT_MAX];
    double validation_split;            /* fraction of the training rows */
    char validation_method[32];         /* which of them: tail random stratified group */
    char validation_group[LS_TEXT_MAX]; /* PATH[:COLUMN]: rows with equal values stay together */
    int64_t limit_rows;                 /* training rows used at most; 0: all */
    char sample_weights[LS_TEXT_MAX];   /* path of the training rows' weights */
    char validation_sample_weights[LS_TEXT_MAX];
    char class_weights[1024];         /* "0=1, 1=5", "no=1, yes=5", or balanced */
    char missing[32];                 /* what nan and inf mean: error drop mean zero */
    char missing_values[LS_TEXT_MAX]; /* words and numbers that stand for no value */
    char unknown[32];                 /* categories that a model has not seen: error ignore */
    char part[32];                    /* which part evaluate and predict use: auto train validation test all */
    /* model */
    char layers[LS_TEXT_MAX];     /* "64 relu, dropout 0.2, 10 softmax" */
    char model[LS_TEXT_MAX];      /* a file of Keras' that says the layers instead */
    char kernel_regularizer[128]; /* "l2(1e-4)": of dense layers that say nothing themselves */
    char bias_regularizer[128];
    char kernel_initializer[128]; /* "he_normal": likewise */
    char bias_initializer[128];
    char loss[LS_TEXT_MAX]; /* "huber delta=1"; empty: chosen by the last layer and the targets */
    char metrics[1024];
    double threshold;   /* evaluate */
    char normalize[32]; /* none standard minmax */
    bool use_ema;       /* evaluate, predict, export: the running averages of the weights */
    bool normalize_targets;
    char init[LS_TEXT_MAX];   /* run, model file or checkpoint that a new run begins with */
    bool init_optimizer;      /* its optimizer's state too */
    char initial_weights[65]; /* SHA-256 of what init gave (train/initial.h); written by trainers */
    /* training */
    int64_t epochs;
    int64_t batch_size; /* rows of a step over all ranks */
    char precision[32]; /* of the training steps' products: float32 bfloat16 */
    char optimizer[256];
    char schedule[LS_TEXT_MAX]; /* "cosine_decay decay_epochs=10 ..."; empty: the rate stays */
    double learning_rate;
    double beta_1;
    double beta_2;
    double epsilon;
    double rho;
    double momentum;
    double initial_accumulator_value;
    bool nesterov, centered, amsgrad;
    double weight_decay;                         /* 0: none; and so below */
    double clipnorm, global_clipnorm, clipvalue; /* one of them */
    int64_t gradient_accumulation_steps;         /* steps whose gradients' mean is one update */
    char ema[64];                                /* "momentum=0.99": running averages of the weights; empty: none */
    bool shuffle;
    int64_t shuffle_window;         /* rows; 0: default */
    int64_t shards;                 /* power of two; 0: default */
    int64_t seed;                   /* 0 .. 2^32-1 */
    int64_t validation_freq;        /* epochs from one validation to the next */
    char early_stopping[512];       /* "monitor=val_loss patience=5 ..."; empty: off */
    char reduce_lr_on_plateau[512]; /* "monitor=val_loss factor=0.1 ..."; empty: off */
    /* run */
    char output[LS_TEXT_MAX];  /* directory of train, file of predict and convert */
    char checkpoint_every[64]; /* "10min", "500 steps", "2 epochs", "never" */
    char checkpoint_async[8];  /* auto on off: whether they are written beside training */
    int64_t keep;              /* checkpoints kept */
    char time_limit[64];       /* "auto", "off", "3h" */
    char on_preempt[8];        /* what the program does once a signal has stopped it: exit wait */
    bool resume;
    char change[256]; /* options whose new values a resumed run takes: "learning-rate,schedule" */
    /* directory of TensorBoard's event files; "off": none */
    char tensorboard[LS_TEXT_MAX];
    bool overwrite;
    bool quiet;          /* of the log only warnings and results are shown */
    bool report;         /* collected while training, written at its end */
    bool verbose;        /* the model's layers and memory are told before training */
    bool json;           /* info: findings as JSON */
    bool normalization;  /* export: part of the file */
    int64_t log_every;   /* steps between extra log rows; 0: none */
    int64_t check_every; /* steps between comparisons of the weights over ranks; 0: never */
    /* machine */
    int64_t threads;       /* per rank; 0: found by itself */
    char kernels[32];      /* auto portable avx2 ... */
    char reduction[32];    /* auto halving doubling direct grouped buckets: how gradients travel; never changes a bit */
    char hang_timeout[32]; /* "auto", or seconds to wait for another rank; 0: for ever */
    char memory[64];       /* rows that a rank may hold, "8GB"; auto: by the host */
    /* conversion */
    char target[LS_TEXT_MAX];     /* columns, or the file or array of the targets */
    char ignore[LS_TEXT_MAX];     /* columns */
    char id[LS_TEXT_MAX];         /* columns that say which row it is */
    char weights[LS_TEXT_MAX];    /* column */
    char group[LS_TEXT_MAX];      /* column */
    char like[LS_TEXT_MAX];       /* converted file, run or model whose encoding is taken */
    char test_method[32];         /* random stratified group */
    int64_t max_categories;       /* 0: the rule */
    char categories[LS_TEXT_MAX]; /* columns */
    char decimal[8];              /* auto . , */
    char thousands[32];           /* a character or its name, or none; empty: as the model's table had them */
    bool keep_default_missing;
    char date_format[1024];
    char date_parts[256];
    int64_t skip_lines;   /* in front of a table's header */
    char comment[8];      /* first character of lines that are passed over; empty: none */
    int64_t features;     /* of libsvm text; 0: by the greatest index */
    char first_index[8];  /* of libsvm text: auto 0 1 */
    double test_split;    /* fraction of the rows for the test part */
    char categorical[32]; /* onehot codes */
    char delimiter[32];   /* auto, a character or its name */
    char header[32];      /* auto on off */
    char format[32];      /* auto csv npy npz idx libsvm */
    /* report */
    int64_t ranks; /* for how many ranks info tells the memory */
};

/* Local. Options over another table than the program's, whose entries are members of the same struct: for tests. */
ls_status ls_options_create_over(const ls_options_table *table, ls_options **options);

/* The entry of a key ('_' equals '-') or of another name; NULL: there is none. */
const ls_options_entry *ls_options_find(const ls_options_table *table, const char *key);

/* Local. ls_options_set of what nobody gave: it does not count as given. */
ls_status ls_options_fill(ls_options *options, const char *key, const char *value);

/* Whether somebody has set the option; `key` must be there. */
bool ls_options_given(const ls_options *options, const char *key);

/* Local. Appends "key = value" lines of the recipe rows, in table order, reals as shortest decimals: equal
 * recipes give equal bytes. LS_ERR_MEMORY. */
ls_status ls_options_recipe(const ls_options *options, ls_text *out);
/* Local. The other way: sets what the lines of a recipe say, of this version or an older one, without counting it as
 * given. LS_ERR_USAGE: a line of it is no option of this version, or not one of its values. */
ls_status ls_options_read_recipe(ls_options *options, const char *recipe);

/* Local. Appends the text of a configuration file or run.json, which may be a pipe: it is read once, up to 1 MiB (a
 * run.json: 16 MiB), and waited for not much longer than 10 s. LS_ERR_USAGE. */
ls_status ls_options_read_text(const char *path, ls_text *text);
/* Whether such a text is a run.json's. */
bool ls_options_text_is_card(const char *text);

/* Local. The options in the run.json that a run has left, none of them given; those of a newer version are passed over.
 * What is about one start only (resume, overwrite, change) is not taken. LS_ERR_OUTPUT: it is not there, or damaged. */
ls_status ls_options_read_card(const char *path, ls_options **saved);
/* Local. The same of its text; `path` is what messages call it. */
ls_status ls_options_take_card(const char *path, const ls_text *text, ls_options **saved);

#endif
