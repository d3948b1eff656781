/* Runs of the reduction on ranks that are threads, with symbols for numbers: what they are told, and what is expected
 * of every step of them. A failed expectation is noted, and told when the plan is over. */
#ifndef LS_TESTS_REDUCE_PLANS_H
#define LS_TESTS_REDUCE_PLANS_H

#include "comm/reduce_internal.h"
#include "comm_threads.h"
#include "symbols.h"

enum { WIDTH = SYMBOLS_WIDTH, SHORT = 37, TURNS = 4 };

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

typedef struct run {
    int64_t n, shards;
    ls_reduce_scheme scheme;
    bool shared;   /* partners read each other's memory */
    bool hold;     /* new weights stay until they are spread */
    bool slow;     /* every second rank */
    int per_host;  /* ranks; 0: all on one */
    float *common; /* (TURNS, n) weights of all ranks, new ones for each step; NULL: each has its own */
    const ls_reduce_cuts *cuts;
    int64_t small;         /* up to here `direct` gives everybody everything */
    const uint32_t *total; /* (n) */
    double numbers[WIDTH];
    uint32_t bits, tally;
    char failure[512]; /* of any rank */
} run;

typedef struct plan {
    run runs[16];
    int count;
} plan;

void note(run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define EXPECT(condition, ...) ((condition) ? (void)0 : note(r, __VA_ARGS__))

/* A call that fails everywhere, or after which there is nothing to wait for. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((call) != LS_OK) {                                                                                         \
            note(r, "%s: %s", #call, ls_error_message());                                                              \
            goto cleanup;                                                                                              \
        }                                                                                                              \
    } while (0)

/* What the owner of a slice sees and does. */
typedef struct owner {
    run *r;
    int rank;
    float *w;
    int64_t next;
} owner;

uint32_t weight_symbol(uint32_t sum, int64_t element);
/* Those of an update; the user is an owner. */
bool begin(void *user, const ls_reduce_header *total);
void apply(void *user, int64_t first, int64_t n, const float *sum);
/* What a pass of this rank reads is what was there before the step: nobody has an update while a rank's part is
 * missing. */
void check_unchanged(run *r, int rank, const float *w);
/* With every rank of the same host that this one exchanges vectors with, and with no other. */
void share(const ls_comm *comm, run *r, ls_reduce *reduce);

/* Another run, of a vector of n elements. */
void plan_add(plan *all, int ranks, int64_t shards, int64_t n, ls_reduce_scheme scheme, int64_t small);
/* Runs and empties the plan. */
void plan_run(plan *all, int ranks);

#endif
