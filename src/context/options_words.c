/* The words of Keras, PyTorch's scripts and scikit-learn for what has another name here. They are not taken for the
 * option: a value may mean something else (a `verbose`, an `l2`), and one name in configurations and recipes is easier
 * to read. Names that only lack a letter or have a dash elsewhere need no row: the nearest option is suggested anyway.
 */
#include "context/options_words.h"

#include <stdbool.h>

static const ls_options_word words[] = {
    {"lr", "learning-rate", NULL},
    {"eta", "learning-rate", NULL},
    {"step-size", "learning-rate", NULL},
    {"initial-learning-rate", "learning-rate", NULL},
    {"wd", "weight-decay", NULL},
    {"decay", "weight-decay", NULL},
    {"l1", "kernel-regularizer", "--kernel-regularizer \"l1(0.01)\""},
    {"l2", "kernel-regularizer", "--kernel-regularizer \"l2(0.01)\""},
    {"alpha", "kernel-regularizer", "--kernel-regularizer \"l2(0.01)\""},
    {"regularizer", "kernel-regularizer", NULL},
    {"initializer", "kernel-initializer", NULL},
    {"init-weights", "kernel-initializer",
     "--kernel-initializer he_normal, or --init RUN for those of a trained model"},
    {"weight-init", "kernel-initializer", NULL},
    {"activity-regularizer", NULL,
     "of a layer only kernel and bias are regularized: --kernel-regularizer \"l2(0.01)\""},
    {"bs", "batch-size", NULL},
    {"batch", "batch-size", NULL},
    {"mini-batch-size", "batch-size", NULL},
    {"n-epochs", "epochs", NULL},
    {"num-epochs", "epochs", NULL},
    {"max-epochs", "epochs", NULL},
    {"max-iter", "epochs", NULL},
    {"opt", "optimizer", NULL},
    {"solver", "optimizer", NULL},
    {"scheduler", "schedule", NULL},
    {"lr-scheduler", "schedule", NULL},
    {"warmup", "schedule", "--schedule \"cosine_decay decay_epochs=10 warmup_epochs=1 warmup_target=0.01\""},
    {"criterion", "loss", NULL},
    {"loss-fn", "loss", NULL},
    {"objective", "loss", NULL},
    {"hidden-layers", "layers", "--layers \"64 relu, 10 softmax\""},
    {"hidden-layer-sizes", "layers", "--layers \"64 relu, 10 softmax\""},
    {"units", "layers", "--layers \"64 relu, 10 softmax\""},
    {"hidden", "layers", "--layers \"64 relu, 10 softmax\""},
    {"activation", "layers", "--layers \"64 relu, 10 softmax\""},
    {"dropout", "layers", "--layers \"64 relu, dropout 0.2, 10 softmax\""},
    {"architecture", "layers", "--layers \"64 relu, 10 softmax\""},
    {"patience", "early-stopping", "--early-stopping \"patience=5\""},
    {"callbacks", "early-stopping", "--early-stopping, --reduce-lr-on-plateau and --checkpoint-every"},
    {"clip-grad", "global-clipnorm", NULL},
    {"grad-clip", "global-clipnorm", NULL},
    {"max-grad-norm", "global-clipnorm", NULL},
    {"accumulation-steps", "gradient-accumulation-steps", NULL},
    {"val-split", "validation-split", NULL},
    {"validation-fraction", "validation-split", NULL},
    {"val-data", "validation-data", NULL},
    {"validation-steps", NULL, "validation always takes all of its rows"},
    {"validation-batch-size", NULL, "validation does not depend on a batch size"},
    {"steps-per-epoch", NULL, "an epoch takes every row once; --limit-rows takes fewer"},
    {"initial-epoch", "resume", "--resume goes on after the last epoch"},
    {"random-state", "seed", NULL},
    {"random-seed", "seed", NULL},
    {"out", "output", NULL},
    {"output-dir", "output", NULL},
    {"save-dir", "output", NULL},
    {"log-dir", "output", NULL},
    {"force", "overwrite", NULL},
    {"save-every", "checkpoint-every", NULL},
    {"save-freq", "checkpoint-every", NULL},
    {"async-save", "checkpoint-async", NULL},
    {"async-checkpoint", "checkpoint-async", NULL},
    {"resume-from", "resume", "--resume with the --output of the run"},
    {"jobs", "threads", NULL},
    {"n-jobs", "threads", NULL},
    {"workers", NULL, "more processes are started by mpirun -n 4 lockstep ..., more threads by --threads"},
    {"np", NULL, "more processes are started by mpirun -n 4 lockstep ..."},
    {"device", NULL, "training runs on the processor's cores, all of them: --threads takes fewer"},
    {"gpu", NULL, "training runs on the processor's cores, all of them: --threads takes fewer"},
    {"silent", "quiet", NULL},
    {"standardize", "normalize", "--normalize standard"},
    {"scale", "normalize", "--normalize standard, or minmax"},
    {"labels", "y", NULL},
    {"target-column", "y", "--y '/table[NAME]'; in convert --target"},
    {"sep", "delimiter", NULL},
};

const ls_options_word *ls_options_words_at(size_t i)
{
    return i < sizeof words / sizeof *words ? &words[i] : NULL;
}

/* With the name in the table written with dashes. */
static bool is_word(const char *word, const char *name)
{
    for (; *word != '\0' && (*word == *name || (*word == '_' && *name == '-')); word++)
        name++;
    return *word == *name;
}

const ls_options_word *ls_options_words_find(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(word, words[i].word))
            return &words[i];
    return NULL;
}
