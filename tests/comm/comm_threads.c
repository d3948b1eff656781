/* A third implementation of ls_comm: a mailbox per rank, with one queue per sender. A send copies its message
 * into the receiver's mailbox and never waits; a receive waits on its mailbox' condition. */
#include "comm_threads.h"

#include "base/memory.h"

#include "comm/comm_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The collectives keep at most a few KiB on the stack; small stacks let hundreds of ranks live side by side,
 * also under the address sanitizer. */
#define STACK_BYTES ((size_t)512 << 10)

typedef struct letter {
    struct letter *next;
    int tag;
    int64_t bytes;
    char data[];
} letter;

typedef struct queue {
    letter *first, *last;
} queue;

typedef struct mailbox {
    pthread_mutex_t mutex;
    pthread_cond_t arrived;
    int awaited;   /* sender that the owner waits for; -1: none */
    queue *queues; /* (size) by sender */
} mailbox;

typedef struct world {
    int size;
    double timeout;
    mailbox *mailboxes; /* (size) */
    comm_threads_body body;
    void *user;
} world;

typedef struct thread_comm {
    ls_comm comm;
    world *all;
    /* receives of the exchanges under way */
    ls_message *receive[LS_COMM_UNDER_WAY];
    int receives[LS_COMM_UNDER_WAY];
    const char *what[LS_COMM_UNDER_WAY];
    int first;
    unsigned looks;
} thread_comm;

static bool deliver(mailbox *box, int from, const ls_message *message)
{
    letter *sent = malloc(sizeof *sent + (size_t)message->bytes);
    if (!sent)
        return false;
    sent->next = NULL;
    sent->tag = message->tag;
    sent->bytes = message->bytes;
    memcpy(sent->data, message->data, (size_t)message->bytes);
    pthread_mutex_lock(&box->mutex);
    queue *line = &box->queues[from];
    if (line->last)
        line->last->next = sent;
    else
        line->first = sent;
    line->last = sent;
    bool wake = box->awaited == from;
    pthread_mutex_unlock(&box->mutex);
    if (wake)
        pthread_cond_signal(&box->arrived);
    return true;
}

/* The oldest letter with this tag, taken out of the queue; NULL when there is none. */
static letter *take(queue *line, int tag)
{
    letter *before = NULL, *found = line->first;
    while (found && found->tag != tag) {
        before = found;
        found = found->next;
    }
    if (!found)
        return NULL;
    *(before ? &before->next : &line->first) = found->next;
    if (line->last == found)
        line->last = before;
    return found;
}

static letter *wait_for(mailbox *box, const ls_message *message, const struct timespec *deadline)
{
    letter *found;
    int code = 0;
    pthread_mutex_lock(&box->mutex);
    while (!(found = take(&box->queues[message->peer], message->tag)) && code != ETIMEDOUT) {
        box->awaited = message->peer;
        code = pthread_cond_timedwait(&box->arrived, &box->mutex, deadline);
    }
    box->awaited = -1;
    pthread_mutex_unlock(&box->mutex);
    return found;
}

/* Letters are copies, so a send is done at once; receives are remembered. */
static ls_status thread_post(ls_comm *comm, int receives, const ls_message *receive, int sends, const ls_message *send,
                             const char *what)
{
    thread_comm *self = (thread_comm *)comm;
    for (int i = 0; i < sends; i++)
        if (send[i].bytes > 0 && !deliver(&self->all->mailboxes[send[i].peer], comm->rank, &send[i]))
            return ls_comm_break(comm, "no memory for a message (%s)", what);
    const int place = (self->first + comm->under_way) % LS_COMM_UNDER_WAY;
    free(self->receive[place]);
    self->receive[place] = malloc((size_t)receives * sizeof *receive + 1);
    if (!self->receive[place])
        return ls_comm_break(comm, "no memory for a message (%s)", what);
    if (receives > 0)
        memcpy(self->receive[place], receive, (size_t)receives * sizeof *receive);
    self->receives[place] = receives;
    self->what[place] = what;
    return LS_OK;
}

static ls_status thread_settle(ls_comm *comm)
{
    thread_comm *self = (thread_comm *)comm;
    const int place = self->first;
    const char *what = self->what[place];
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += (time_t)comm->timeout;
    self->first = (self->first + 1) % LS_COMM_UNDER_WAY;
    for (int i = 0; i < self->receives[place]; i++) {
        const ls_message *receive = &self->receive[place][i];
        if (receive->bytes == 0)
            continue;
        letter *got = wait_for(&self->all->mailboxes[comm->rank], receive, &deadline);
        if (!got)
            return ls_comm_break(comm, "waited %g s for rank %d (%s)", comm->timeout, receive->peer, what);
        bool fits = got->bytes == receive->bytes;
        if (fits)
            memcpy(receive->data, got->data, (size_t)got->bytes);
        free(got);
        if (!fits)
            return ls_comm_break(comm, "rank %d sent another length than expected (%s)", receive->peer, what);
    }
    return LS_OK;
}

/* Now and then, as if the messages took their time; true when all have come. */
static bool thread_ready(ls_comm *comm)
{
    thread_comm *self = (thread_comm *)comm;
    const int place = self->first;
    mailbox *box = &self->all->mailboxes[comm->rank];
    bool there = ++self->looks % 3 == 0;
    pthread_mutex_lock(&box->mutex);
    for (int i = 0; there && i < self->receives[place]; i++) {
        const ls_message *receive = &self->receive[place][i];
        const letter *sent = box->queues[receive->peer].first;
        while (sent && sent->tag != receive->tag)
            sent = sent->next;
        there = receive->bytes == 0 || sent;
    }
    pthread_mutex_unlock(&box->mutex);
    return there;
}

/* What was remembered is never looked at again. */
static void thread_poll(ls_comm *comm)
{
    (void)comm;
}

static void thread_abandon(ls_comm *comm)
{
    (void)comm;
}

/* The block lives on the rank's stack. */
static void thread_destroy(ls_comm *comm)
{
    for (int i = 0; i < LS_COMM_UNDER_WAY; i++)
        free(((thread_comm *)comm)->receive[i]);
    ls_comm_finish(comm);
}

static const ls_comm_operations thread_operations = {thread_post, thread_settle,  thread_ready,
                                                     thread_poll, thread_abandon, thread_destroy};

typedef struct rank_start {
    world *all;
    int rank;
} rank_start;

static void *run_rank(void *argument)
{
    const rank_start *start = argument;
    thread_comm self = {.all = start->all};
    if (ls_comm_start(&self.comm, &thread_operations, start->rank, start->all->size) == LS_OK) {
        self.comm.timeout = start->all->timeout;
        start->all->body(&self.comm, start->all->user);
    }
    ls_comm_destroy(&self.comm);
    return NULL;
}

static void discard_letters(mailbox *box, int size)
{
    for (int r = 0; r < size; r++)
        for (letter *next, *old = box->queues[r].first; old; old = next) {
            next = old->next;
            free(old);
        }
}

bool comm_threads_run(int size, double timeout, comm_threads_body body, void *user)
{
    size_t count = (size_t)size;
    const int64_t memory = ls_memory_used();
    world all = {size, timeout, calloc(count, sizeof(mailbox)), body, user};
    queue *queues = calloc(count * count, sizeof *queues);
    pthread_t *threads = calloc(count, sizeof *threads);
    rank_start *starts = calloc(count, sizeof *starts);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    bool good = all.mailboxes && queues && threads && starts;
    int started = 0;
    for (int r = 0; good && r < size; r++) {
        pthread_mutex_init(&all.mailboxes[r].mutex, NULL);
        pthread_cond_init(&all.mailboxes[r].arrived, NULL);
        all.mailboxes[r].awaited = -1;
        all.mailboxes[r].queues = queues + (size_t)r * count;
        starts[r] = (rank_start){&all, r};
    }
    while (good && started < size) {
        good = pthread_create(&threads[started], &attributes, run_rank, &starts[started]) == 0;
        started += good;
    }
    for (int r = 0; r < started; r++)
        pthread_join(threads[r], NULL);
    for (int r = 0; started > 0 && r < size; r++) {
        discard_letters(&all.mailboxes[r], size);
        pthread_mutex_destroy(&all.mailboxes[r].mutex);
        pthread_cond_destroy(&all.mailboxes[r].arrived);
    }
    pthread_attr_destroy(&attributes);
    free(starts);
    free(threads);
    free(queues);
    free(all.mailboxes);
    return good && ls_memory_used() == memory;
}
