/* Damaged models and checkpoints in great number: seeded, deterministic, each used as the program uses such files. A
 * file that is not as it was written must be refused, one with a new seal around it must be refused or be harmless, and
 * none may crash libhdf5 or us, or go on for ever.
 *
 *   fuzz_saved FLIPS RESEALED [SEED [KIND FIRST [here]]]
 *
 *   cut       every length from 0 on, of a model and a checkpoint, where FLIPS are 10,000 at least; else some
 *   flip      FLIPS files with one to four other bits, a quarter of them within the seal's block, half of these in its
 * magic splice    FLIPS / 10 files that begin as one and end as another, or have a piece of it bare      RESEALED / 4
 * models without a seal, with other bits bent      RESEALED / 4 models and checkpoints with other bits and a new seal
 *   changed   RESEALED checkpoints of which an attribute or a dataset says something else, with a new seal; where one
 * is taken all the same, and it is not weights, slots or scores that differ, training ends as it would have
 *
 * Of a KIND from FIRST on only; and without a worker, for a debugger, with a last word. A worker process uses one file
 * after another, and does itself what the library does in a checking process, since a process for each would take half
 * of the time. A file that it crashes or hangs at, or takes for a wrong one, is used once more as the program uses it,
 * in a worker of its own: that counts, and the file is kept. SIGTERM and SIGINT end the campaign, which says what it
 * has counted by then. */
#include "fuzz_bench.h"
#include "fuzz_changes.h"

#include "base/memory.h"
#include "hdf5/check.h"
#include "hdf5/h5.h"
#include "train/trainer.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS       60 /* of the worker's processor for one file; the checking process has its own limit */
#define QUICK_SECONDS 5  /* where there is none; then the file is used once more */
#define QUICK_MEMORY  ((rlim_t)4 << 30)

enum { CUT, FLIP, SPLICE, BARE, BENT, CHANGED, KINDS };
static const char *const kinds[KINDS] = {"cut", "flip", "splice", "bare", "bent", "changed"};

enum { REFUSED, TAKEN, WRONG, OUTCOMES }; /* taken: told from nothing, or harmless */

enum { AGAIN = 3 }; /* a quick worker's exit code */

/* The files as they are written. */
enum { MODEL, EARLY, LATE, FILES };
static const char *const names[FILES] = {"model", "early", "late"};

static char directory[256];
static unsigned char *bytes[FILES];
static size_t length[FILES];
static fuzz_item *items;
static int item_count;

typedef struct shared {
    int64_t now; /* file under way */
    int64_t count[KINDS][OUTCOMES], crashes[KINDS], hangs[KINDS];
    int64_t again[KINDS]; /* files that were used once more */
} shared;

static const char *path_of(const char *name, char path[512])
{
    (void)snprintf(path, 512, "%s/%s.h5", directory, name);
    return path;
}

static void put_bytes(const char *path, const unsigned char *from, size_t count)
{
    FILE *file = fopen(path, "wb");
    fuzz_must(file != NULL && fwrite(from, 1, count, file) == count && fclose(file) == 0, path);
}

static unsigned char *get_bytes(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    fuzz_must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *into = malloc(*count + 1);
    fuzz_must(into != NULL && fread(into, 1, *count, file) == *count, path);
    (void)fclose(file);
    return into;
}

/* ---- the checking process ---- */

/* Whether this worker does without it. */
static bool quick;

typedef ls_status check_work(void *user);
ls_status __real_ls_check(const char *file, check_work *work, void *user, double seconds);
ls_status __real_ls_check_strictly(const char *file, check_work *work, void *user, double seconds);
ls_status __wrap_ls_check(const char *file, check_work *work, void *user, double seconds);
ls_status __wrap_ls_check_strictly(const char *file, check_work *work, void *user, double seconds);

ls_status __wrap_ls_check(const char *file, check_work *work, void *user, double seconds)
{
    if (!quick)
        return __real_ls_check(file, work, user, seconds);
    (void)work(user);
    return LS_OK;
}

ls_status __wrap_ls_check_strictly(const char *file, check_work *work, void *user, double seconds)
{
    return quick ? work(user) : __real_ls_check_strictly(file, work, user, seconds);
}

/* A size in a damaged file must not take the machine's memory. The address sanitizer's own has no limit. */
#ifdef __clang__
#define UNDER_ASAN __has_feature(address_sanitizer)
#elif defined __SANITIZE_ADDRESS__
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif
static void limit_memory(void)
{
#if !UNDER_ASAN
    const struct rlimit most = {QUICK_MEMORY, QUICK_MEMORY};
    (void)setrlimit(RLIMIT_DATA, &most);
#endif
}

/* ---- training ---- */

static float *copy_block(const ls_model *model)
{
    const size_t size = (size_t)model->network->block * sizeof(float);
    float *copy = malloc(size);
    fuzz_must(copy != NULL, "memory");
    memcpy(copy, model->block, size);
    return copy;
}

static bool same_block(const ls_model *model, const float *block, const ls_model *like)
{
    return model->network->block == like->network->block &&
           memcmp(model->block, block, (size_t)like->network->block * sizeof(float)) == 0;
}

/* What the worker compares with. */
static fuzz_bench start_worker(void)
{
    char path[512];
    ls_model *model;
    fuzz_bench b = fuzz_bench_start();
    fuzz_bench_must(ls_model_load(b.context, path_of(names[MODEL], path), &model));
    b.block = copy_block(model);
    ls_model_destroy(model);
    fuzz_bench_must(ls_trainer_load(b.trainer, path_of(names[LATE], path)));
    fuzz_bench_must(ls_trainer_fit(b.trainer, NULL, NULL));
    b.final = copy_block(b.model);
    return b;
}

/* A model, a checkpoint in mid-epoch and a later one behind the best epoch. */
static void make_files(void)
{
    char path[512];
    ls_epoch epoch;
    fuzz_bench b = fuzz_bench_start();
    fuzz_bench_must(ls_trainer_step(b.trainer, NULL));
    fuzz_bench_must(ls_trainer_save(b.trainer, path_of(names[EARLY], path)));
    for (int i = 0; i < 2; i++)
        fuzz_bench_must(ls_trainer_epoch(b.trainer, &epoch));
    for (int i = 0; i < 3; i++)
        fuzz_bench_must(ls_trainer_step(b.trainer, NULL));
    fuzz_bench_must(ls_trainer_save(b.trainer, path_of(names[LATE], path)));
    fuzz_bench_must(ls_model_save(b.context, b.model, path_of(names[MODEL], path)));
    _exit(0);
}

/* ---- damage ---- */

static void flip(unsigned char *copy, size_t size, size_t from, size_t end, uint64_t *state)
{
    const int times = 1 + (int)(fuzz_draw(state) % 4);
    end = end < size ? end : size;
    for (int i = 0; i < times; i++)
        copy[from + fuzz_draw(state) % (end - from)] ^= (unsigned char)(1u << fuzz_draw(state) % 8);
}

static void damage_block(unsigned char *copy, size_t size, uint64_t *state)
{
    flip(copy, size, 0, fuzz_draw(state) % 2 ? 8 : 512, state);
    if (fuzz_draw(state) % 2) /* and behind it */
        flip(copy, size, 512, size, state);
}

static void join(unsigned char *copy, size_t *size, int other, uint64_t *state)
{
    const uint64_t step = fuzz_draw(state) % 2 ? 512 : 1;
    const size_t least = *size < length[other] ? *size : length[other];
    const size_t at = fuzz_draw(state) % (least / step) * step;
    const size_t run = fuzz_draw(state) % 2 ? length[other] - at : 1 + fuzz_draw(state) % (least - at);
    memcpy(copy + at, bytes[other] + at, run);
    if (run == length[other] - at)
        *size = length[other];
}

/* Half of the time where libhdf5's records are, which begin the file. */
static void bend(unsigned char *copy, size_t size, uint64_t *state)
{
    flip(copy, size, 512, fuzz_draw(state) % 2 ? size : 4096, state);
}

static void name_file(int kind, int64_t number, char path[512])
{
    (void)snprintf(path, 512, "%s/%s-%" PRId64 ".h5", directory, kinds[kind], number);
}

/* Returns which file it was. */
static int write_damaged(int kind, uint64_t seed, int64_t number, const char *path, fuzz_item *changed,
                         char what[FUZZ_NAME])
{
    uint64_t state = (seed * KINDS + (uint64_t)kind) * 0x9E3779B97F4A7C15u ^ (uint64_t)number * 0xD1342543DE82EF95u;
    int which = kind == BARE ? MODEL : kind == CHANGED ? LATE : (int)(fuzz_draw(&state) % FILES);
    if (kind == CUT)
        which = (size_t)number < length[MODEL] ? MODEL : LATE;
    size_t size = length[which];
    unsigned char *copy = malloc(length[MODEL] + length[EARLY] + length[LATE]);
    fuzz_must(copy != NULL, "memory");
    memcpy(copy, bytes[which], size);
    if (kind == CUT)
        size = which == MODEL ? (size_t)number : (size_t)number - length[MODEL];
    else if (kind == FLIP && fuzz_draw(&state) % 4 == 0)
        damage_block(copy, size, &state);
    else if (kind == FLIP)
        flip(copy, size, 0, size, &state);
    else if (kind == SPLICE)
        join(copy, &size, (which + 1 + (int)(fuzz_draw(&state) % (FILES - 1))) % FILES, &state);
    else if (kind == BARE || kind == BENT)
        bend(copy, size, &state);
    put_bytes(path, kind == BARE ? copy + 512 : copy, kind == BARE ? size - 512 : size);
    if (kind == CHANGED) {
        *changed = items[fuzz_draw(&state) % (uint64_t)item_count];
        fuzz_change(path, changed, &state, what);
    }
    if (kind == BENT || kind == CHANGED)
        fuzz_seal(path);
    free(copy);
    return which;
}

/* ---- use ---- */

/* Whether damage of this kind is to be seen: by the seal, unless nothing is another byte. */
static bool is_seen(int kind, int which, const char *path)
{
    size_t size;
    if (kind > SPLICE)
        return false;
    unsigned char *now = get_bytes(path, &size);
    bool same = false;
    for (int i = 0; i < FILES && !same; i++)
        same = size == length[i] && memcmp(now, bytes[i], size) == 0;
    (void)which;
    free(now);
    return !same;
}

static int use_model(const fuzz_bench *b, const char *path, bool seen)
{
    ls_model *model;
    char *text;
    float prediction[3 * 16];
    if (!seen && ls_describe_file(path, &text) == LS_OK)
        ls_text_release(text);
    if (ls_model_load(b->context, path, &model) != LS_OK)
        return REFUSED;
    if (ls_model_features(model) == FEATURES && ls_model_outputs(model) <= 3)
        (void)ls_model_predict_rows(model, 16, b->data->x, prediction);
    ls_model_destroy(model);
    return seen ? WRONG : TAKEN;
}

/* What a run cannot know: values that any training may have had. */
static bool is_believed(const fuzz_item *item)
{
    static const char *const state[] = {"/model_weights/",          "/layers/",        "/optimizer/vars/",
                                        "/lockstep/running",        "/lockstep/best",  "/lockstep/plateau",
                                        "/lockstep/early_stopping", "/lockstep/counts"};
    for (size_t i = 0; i < sizeof state / sizeof state[0]; i++)
        if (strncmp(item->object, state[i], strlen(state[i])) == 0)
            return strcmp(item->object, "/optimizer/vars/0") != 0;
    return false;
}

static int use_checkpoint(const fuzz_bench *b, const char *path, bool seen, const fuzz_item *changed)
{
    char good[512], *text;
    if (!seen && ls_describe_file(path, &text) == LS_OK)
        ls_text_release(text);
    if (ls_trainer_load(b->trainer, path) != LS_OK)
        return REFUSED;
    if (seen)
        return WRONG;
    const ls_status status = ls_trainer_fit(b->trainer, NULL, NULL);
    const bool same = status == LS_OK && same_block(b->model, b->final, b->model);
    fuzz_bench_must(ls_trainer_load(b->trainer, path_of(names[LATE], good)));
    return !same && changed && !is_believed(changed) ? WRONG : TAKEN;
}

/* The process ends with SIGPROF when it takes longer from now on. */
static void limit_time(void)
{
    const struct itimerval timer = {.it_value = {quick ? QUICK_SECONDS : SECONDS, 0}};
    (void)setitimer(ITIMER_PROF, &timer, NULL);
}

static void work(int kind, uint64_t seed, int64_t first, int64_t end, int64_t step, shared *s)
{
    char path[512], what[FUZZ_NAME] = "";
    fuzz_item changed;
    const fuzz_bench b = start_worker();
    if (quick)
        limit_memory();
    for (s->now = first; s->now < end; s->now += step) {
        name_file(kind, s->now, path);
        const int which = write_damaged(kind, seed, s->now, path, &changed, what);
        limit_time();
        const bool seen = is_seen(kind, which, path);
        const int outcome = which == MODEL ? use_model(&b, path, seen)
                                           : use_checkpoint(&b, path, seen, kind == CHANGED ? &changed : NULL);
        if (quick && outcome == WRONG)
            _exit(AGAIN);
        s->count[kind][outcome]++;
        if (outcome == WRONG)
            printf("WRONG: %s %" PRId64 " of seed %" PRIu64 " is taken (%s %s: %s); %s\n", kinds[kind], s->now, seed,
                   kind == CHANGED ? changed.object : names[which], kind == CHANGED ? changed.attribute : "", what,
                   path);
        else
            (void)unlink(path);
    }
    (void)fflush(stdout);
    _exit(0); /* not libhdf5's exit handler */
}

/* A campaign that is told to end says what it has counted. */
static volatile sig_atomic_t ended;
static volatile pid_t worker;

static void end_campaign(int number)
{
    (void)number;
    ended = 1;
    if (worker > 0)
        (void)kill(worker, SIGKILL);
}

/* Returns the process's wait status. */
static int run_process(int kind, uint64_t seed, int64_t first, int64_t end, int64_t step, shared *s)
{
    int status = 0;
    (void)fflush(stdout);
    const pid_t process = fork();
    fuzz_must(process >= 0, "fork");
    if (process == 0) {
        (void)signal(SIGTERM, SIG_DFL);
        (void)signal(SIGINT, SIG_DFL);
    }
    if (process == 0 && kind < 0)
        make_files();
    if (process == 0)
        work(kind, seed, first, end, step, s);
    worker = process;
    fuzz_must(waitpid(process, &status, 0) == process, "waitpid");
    return status;
}

static void campaign(int kind, uint64_t seed, int64_t first, int64_t end, int64_t step, shared *s)
{
    char path[512];
    for (int64_t next = first; next < end && !ended; next = s->now + step) {
        s->now = -1;
        quick = true;
        int status = run_process(kind, seed, next, end, step, s);
        if (status == 0 || ended)
            return;
        fuzz_must(s->now >= 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 2), "a worker");
        quick = false;
        s->again[kind]++;
        const int64_t file = s->now;
        status = run_process(kind, seed, file, file + 1, 1, s);
        s->now = file;
        if (status == 0 || ended)
            continue;
        fuzz_must(!(WIFEXITED(status) && WEXITSTATUS(status) == 2), "a worker");
        const bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
        (hung ? s->hangs : s->crashes)[kind]++;
        name_file(kind, s->now, path);
        printf("FAILED: %s %" PRId64 " of seed %" PRIu64 " %s (%d); %s\n", kinds[kind], s->now, seed,
               hung ? "hangs" : "crashes", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), path);
    }
}

static int64_t say(const shared *s)
{
    int64_t bad = 0, all = 0, wrong = 0, crashes = 0, hangs = 0;
    for (int k = 0; k < KINDS; k++) {
        const int64_t *c = s->count[k];
        printf("%-8s %8" PRId64 " refused, %6" PRId64 " taken, %" PRId64 " silent wrong, %" PRId64 " crashes, %" PRId64
               " hangs; %" PRId64 " used twice\n",
               kinds[k], c[REFUSED], c[TAKEN], c[WRONG], s->crashes[k], s->hangs[k], s->again[k]);
        all += c[REFUSED] + c[TAKEN] + c[WRONG] + s->crashes[k] + s->hangs[k];
        wrong += c[WRONG];
        crashes += s->crashes[k];
        hangs += s->hangs[k];
    }
    bad = wrong + crashes + hangs;
    printf("%" PRId64 " files: silent wrong %" PRId64 ", crash %" PRId64 ", hang %" PRId64 "\n", all, wrong, crashes,
           hangs);
    return bad;
}

static void remove_files(void)
{
    char path[512];
    for (int i = 0; i < FILES; i++)
        (void)unlink(path_of(names[i], path));
    (void)rmdir(directory);
}

int main(int argc, char **argv)
{
    const int64_t flips = argc > 1 ? atoll(argv[1]) : 1000, sealed = argc > 2 ? atoll(argv[2]) : 100;
    const uint64_t seed = argc > 3 ? (uint64_t)atoll(argv[3]) : 1;
    const int64_t first = argc > 5 ? atoll(argv[5]) : 0;
    const char *base = getenv("TMPDIR");
    char path[512];
    (void)snprintf(directory, sizeof directory, "%s/lockstep-fuzz-XXXXXX", base ? base : "/tmp");
    fuzz_must(mkdtemp(directory) != NULL, "making a directory");
    (void)signal(SIGTERM, end_campaign);
    (void)signal(SIGINT, end_campaign);
    shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fuzz_must(s != MAP_FAILED && run_process(-1, 0, 0, 0, 1, s) == 0, "making the files");
    for (int i = 0; i < FILES; i++)
        bytes[i] = get_bytes(path_of(names[i], path), &length[i]);
    item_count = fuzz_items(path_of(names[LATE], path), &items);
    const int64_t lengths = (int64_t)(length[MODEL] + length[LATE]);
    const int64_t counts[KINDS] = {lengths, flips, flips / 10, sealed / 4, sealed / 4, sealed};
    for (int k = 0; k < KINDS; k++) {
        const int64_t step = k == CUT && flips < 10000 ? 97 : 1;
        if (argc > 4 && strcmp(argv[4], kinds[k]) != 0)
            continue;
        if (argc > 6)
            work(k, seed, first, counts[k], step, s);
        campaign(k, seed, first, counts[k], step, s);
    }
    const int64_t bad = say(s);
    if (bad == 0)
        remove_files();
    free(items);
    return bad > 0;
}
