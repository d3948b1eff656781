/* Fault points for the failure tests; empty in builds without LS_FAULTS. */
#include "base/fault.h"
#include "base/descriptor.h"

#ifdef LS_FAULTS

#include "base/parse.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef enum fault_action {
    ACTION_ERROR,
    ACTION_MEMORY,
    ACTION_OUTPUT,
    ACTION_EXIT,
    ACTION_KILL,
    ACTION_HANG,
    ACTION_STOP,
    ACTION_SLEEP,
    ACTION_DRIP,
    ACTION_SLOW,
    ACTION_COUNT
} fault_action;

static const char *const action_names[ACTION_COUNT] = {"error", "memory", "output", "exit", "kill",
                                                       "hang",  "stop",   "sleep",  "drip", "slow"};

typedef struct fault {
    char point[64];
    int64_t rank; /* -1: every rank */
    fault_action action;
    int64_t count;
} fault;

static pthread_mutex_t fault_mutex = PTHREAD_MUTEX_INITIALIZER;
static int fault_rank;
static char fault_seen[256];   /* the text that `fault_passages` counts for */
static int64_t fault_passages; /* of the point in that text */

void ls_fault_set_rank(int rank)
{
    fault_rank = rank;
}

bool ls_fault_host(int rank, char *host, size_t size)
{
    const char *hosts = getenv("LOCKSTEP_FAULT_HOSTS");
    bool too_long;
    while (hosts && rank-- > 0)
        hosts = (hosts = strchr(hosts, ',')) ? hosts + 1 : NULL;
    return hosts && ls_parse_word(&hosts, ",", host, size, &too_long) && !too_long;
}

/* One field of "POINT:RANK:ACTION[:COUNT]"; false when it is missing, empty or too long. */
static bool take_field(const char **text, char *field, size_t capacity)
{
    bool too_long;
    bool found = ls_parse_word(text, ":", field, capacity, &too_long) && !too_long;
    if (**text == ':')
        (*text)++;
    return found;
}

bool ls_fault_flip(int64_t *kind, int64_t *element, int64_t *bit)
{
    const char *text = getenv("LOCKSTEP_FAULT_FLIP");
    int64_t *const numbers[] = {kind, element, bit};
    bool whole = text != NULL;
    for (int i = 0; whole && i < 3; i++) {
        char field[32];
        whole = take_field(&text, field, sizeof field) && ls_parse_int64(field, numbers[i]) && *numbers[i] >= 0;
    }
    return whole;
}

static bool parse_fault(const char *text, fault *result)
{
    char rank[16], action[16];
    if (strlen(text) >= sizeof fault_seen || !take_field(&text, result->point, sizeof result->point) ||
        !take_field(&text, rank, sizeof rank) || !take_field(&text, action, sizeof action))
        return false;
    result->rank = -1;
    if (strcmp(rank, "*") != 0 && (!ls_parse_int64(rank, &result->rank) || result->rank < 0))
        return false;
    result->count = 1;
    if (*text != '\0' && (!ls_parse_int64(text, &result->count) || result->count < 1))
        return false;
    for (int i = 0; i < ACTION_COUNT; i++) {
        if (strcmp(action, action_names[i]) == 0) {
            result->action = (fault_action)i;
            return true;
        }
    }
    return false;
}

/* Whether this passage is the one that fails, or a later one of those that are slow. A new text starts a new count, so
 * one process can test several. */
static bool is_due(const char *text, const fault *wanted)
{
    pthread_mutex_lock(&fault_mutex);
    if (strcmp(fault_seen, text) != 0) {
        strcpy(fault_seen, text);
        fault_passages = 0;
    }
    const int64_t passage = ++fault_passages;
    const bool due = passage == wanted->count || (wanted->action == ACTION_SLOW && passage > wanted->count);
    pthread_mutex_unlock(&fault_mutex);
    return due;
}

static void drip(void)
{
    static char bytes[65536];
    const int zeros = ls_descriptor_open("/dev/zero", O_RDONLY, 0);
    for (int i = 0; i < 200 && read(zeros, bytes, sizeof bytes) > 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    close(zeros);
}

ls_status ls_fault(const char *point)
{
    const char *text = getenv("LOCKSTEP_FAULT");
    fault wanted;
    if (text == NULL || text[0] == '\0')
        return LS_OK;
    if (!parse_fault(text, &wanted)) /* a test with a misspelt fault must not pass */
        return ls_fail(LS_ERR_USAGE,
                       "LOCKSTEP_FAULT is \"%s\", expected POINT:RANK:ACTION[:COUNT] with RANK a number or * and "
                       "ACTION one of error memory output exit kill hang stop sleep drip slow",
                       text);
    if (strcmp(point, wanted.point) != 0 || (wanted.rank >= 0 && wanted.rank != fault_rank) || !is_due(text, &wanted))
        return LS_OK;
    switch (wanted.action) {
    case ACTION_ERROR:
        return ls_fail(LS_ERR_DATA, "injected fault at %s", point);
    case ACTION_MEMORY:
        return ls_fail(LS_ERR_MEMORY, "injected fault at %s", point);
    case ACTION_OUTPUT:
        return ls_fail(LS_ERR_OUTPUT, "injected fault at %s", point);
    case ACTION_EXIT:
        _exit(9);
    case ACTION_KILL:
        raise(SIGKILL);
        break;
    case ACTION_HANG:
        for (;;)
            pause();
    case ACTION_STOP:
        kill(getpid(), SIGSTOP);
        break;
    case ACTION_SLEEP:
        nanosleep(&(struct timespec){.tv_sec = 5}, NULL);
        break;
    case ACTION_DRIP:
        drip();
        break;
    case ACTION_SLOW:
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        break;
    case ACTION_COUNT:
        break;
    }
    return LS_OK;
}

#endif
