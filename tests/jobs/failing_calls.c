/* Calls that fail on request. Every function is passed through with eight machine words, whatever its arguments are:
 * those of integers and pointers lie in the same registers, and what the function does not take is not looked at. */
#include "failing_calls.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH = 6, OWN = 2 /* innermost frames, which are here */, PLACES = 8192 };

typedef struct place {
    const char *name;
    void *callers[DEPTH]; /* the innermost first */
} place;

static enum { OFF, RECORDING, FAILING } doing;
static failing_kind wanted;
static place places[PLACES];
static int count, chosen, depth; /* depth: callers that count */
static bool reached;
static pid_t process;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static bool equal(const place *a, const place *b)
{
    return a->name == b->name && memcmp(a->callers, b->callers, sizeof a->callers) == 0;
}

static void note(const place *here)
{
    for (int i = 0; i < count; i++)
        if (equal(&places[i], here))
            return;
    if (count < PLACES)
        places[count++] = *here;
}

static __attribute__((noinline)) bool fails(failing_kind kind, const char *name)
{
    void *frames[OWN + DEPTH] = {NULL};
    place here = {.name = name};
    bool failed = false;
    if (doing == OFF || kind != wanted || getpid() != process)
        return false;
    const int saved = errno;
    const int found = backtrace(frames, OWN + depth);
    if (found > OWN)
        memcpy(here.callers, frames + OWN, (size_t)(found - OWN) * sizeof frames[0]);
    pthread_mutex_lock(&mutex);
    if (doing == RECORDING)
        note(&here);
    else
        failed = !reached && equal(&places[chosen], &here);
    reached = reached || failed;
    pthread_mutex_unlock(&mutex);
    errno = saved;
    return failed;
}

#define WORDS     intptr_t a, intptr_t b, intptr_t c, intptr_t d, intptr_t e, intptr_t f, intptr_t g, intptr_t h
#define THE_WORDS a, b, c, d, e, f, g, h
#define DECLARE(function)                                                                                              \
    intptr_t __real_##function(WORDS);                                                                                 \
    intptr_t __wrap_##function(WORDS);
#define CALL(kind, function, failure, number)                                                                          \
    DECLARE(function)                                                                                                  \
    intptr_t __wrap_##function(WORDS)                                                                                  \
    {                                                                                                                  \
        if (!fails(FAILING_##kind, #function))                                                                         \
            return __real_##function(THE_WORDS);                                                                       \
        errno = number;                                                                                                \
        return failure;                                                                                                \
    }
#define CLOSE(kind, function, failure, number)                                                                         \
    DECLARE(function)                                                                                                  \
    intptr_t __wrap_##function(WORDS)                                                                                  \
    {                                                                                                                  \
        const bool failed = fails(FAILING_##kind, #function);                                                          \
        const intptr_t result = __real_##function(THE_WORDS);                                                          \
        if (!failed)                                                                                                   \
            return result;                                                                                             \
        errno = number;                                                                                                \
        return failure;                                                                                                \
    }
#include "failing_calls.def"

void failing_calls_record(failing_kind kind, int callers)
{
    void *frame;
    (void)backtrace(&frame, 1); /* loads what it needs */
    process = getpid();
    wanted = kind;
    depth = callers < DEPTH ? callers : DEPTH;
    doing = RECORDING;
}

void failing_calls_fail(int number)
{
    chosen = number;
    reached = false;
    doing = FAILING;
}

int failing_calls_end(void)
{
    doing = OFF;
    return count;
}

bool failing_calls_reached(void)
{
    return reached;
}

const char *failing_calls_name(int number)
{
    return places[number].name;
}

void failing_calls_explain(int number)
{
    fflush(stderr);
    backtrace_symbols_fd(places[number].callers, DEPTH, STDERR_FILENO);
}
