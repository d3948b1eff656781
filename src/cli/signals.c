/* Signal handlers. The first signal sets the context's flag, which all ranks learn with the next step's first message.
 * Handlers of several threads may run at once, so what they share is atomic, and they call async-signal-safe functions
 * only. */
#include "cli/signals.h"

#include "cli/commands.h"
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#define TOGETHER_MS  3000 /* signals this close to the first are one wish */
#define PATIENCE     10   /* seconds without a sign of a save after which a later SIGTERM ends the process */
#define ORPHANED     300  /* the same where nobody is left to send one */
#define SIGN_OF_SAVE 4096 /* bytes; looking for them reads a few hundred */

/* The last is our own clock. SIGHUP is a terminal that has gone, SIGXCPU a limit of processor time that has been
 * reached, with some seconds left to the hard one: both end a job that could go on. */
static const int stop_signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGHUP, SIGALRM};
#define STOP_SIGNALS (sizeof stop_signals / sizeof stop_signals[0])

static bool is_speaker, has_state;
static _Atomic(ls_context *) stopping;
static atomic_llong first_at;          /* milliseconds; 0: no signal yet */
static atomic_bool watches;            /* a later SIGTERM came */
static atomic_ullong moved;            /* bytes, when last looked */
static atomic_int wait_code, followed; /* process; 0: none */
static atomic_bool orphaned;
static atomic_llong late_at; /* milliseconds; of the first signal that came when the work was over */

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1 + (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sums the numbers of /proc/self/io: bytes read, written and on their way to a disk, which grow also within one large
 * write; 0 where there is none. */
static unsigned long long bytes_moved(void)
{
    char text[512];
    unsigned long long sum = 0, number = 0;
    int file = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    const ssize_t length = read(file, text, sizeof text);
    close(file);
    for (ssize_t i = 0; i < length; i++) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        sum += digit ? 0 : number;
        number = digit ? 10 * number + (unsigned)(text[i] - '0') : 0;
    }
    return sum + number;
}

static void say(const char *line)
{
    if (is_speaker)
        output_interject(line);
}

/* Whether a stop has something to save: not yet while data is read. */
static bool saves_now(void)
{
    const ls_context *context = atomic_load(&stopping);
    return has_state && context != NULL && ls_context_has_state(context);
}

static void ask(int number)
{
    const bool again = number == SIGINT || number == SIGTERM;
    if (saves_now())
        say(again ? "lockstep: saving; again to abort\n" : "lockstep: saving\n");
    else
        say(again ? "lockstep: stopping; again to abort\n" : "lockstep: stopping\n");
    ls_context *context = atomic_load(&stopping);
    if (context != NULL)
        ls_context_request_stop(context);
}

/* Rank 0 is the one that writes. The others cannot tell whether it does, and hear from MPI when it ends. */
static void watch_saving(unsigned patience)
{
    if (!is_speaker || atomic_exchange(&watches, true))
        return;
    atomic_store(&moved, bytes_moved());
    alarm(patience);
}

static void look_at_saving(void)
{
    const unsigned long long now = bytes_moved();
    if (now - atomic_exchange(&moved, now) < SIGN_OF_SAVE) {
        say("lockstep: aborted, since nothing is being saved\n");
        _exit(SIGNALS_ENDED_BY_TERM);
    }
    alarm(PATIENCE);
}

static void end_at_once(int number)
{
    say("lockstep: aborted\n");
    _exit(number == SIGINT ? SIGNALS_ENDED_BY_INT : SIGNALS_ENDED_BY_TERM);
}

static void handle(int number)
{
    const int saved = errno;
    long long first = 0;
    const long long now = now_ms();
    if (number == SIGALRM)
        look_at_saving();
    else if (atomic_compare_exchange_strong(&first_at, &first, now))
        ask(number);
    else if (now - first >= TOGETHER_MS && (number == SIGINT || (number == SIGTERM && !saves_now())))
        end_at_once(number);
    else if (now - first >= TOGETHER_MS && number == SIGTERM)
        watch_saving(PATIENCE);
    errno = saved;
}

/* The work is over, and what is left, MPI's end above all, ends by itself, or hangs. */
static void handle_late(int number)
{
    long long first = 0;
    const long long now = now_ms();
    if (number == SIGALRM || atomic_compare_exchange_strong(&late_at, &first, now))
        return;
    if (now - first >= TOGETHER_MS && (number == SIGINT || number == SIGTERM))
        end_at_once(number);
}

/* Whoever started the program with nohup wants it to outlive its terminal. */
static bool outlives_terminal(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void set_all(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    const bool outlives = outlives_terminal();
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaddset(&action.sa_mask, stop_signals[i]);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        if (stop_signals[i] != SIGHUP || !outlives)
            sigaction(stop_signals[i], &action, NULL);
}

static void mask(int how)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaddset(&set, stop_signals[i]);
    sigprocmask(how, &set, NULL);
}

void signals_take_errors(void)
{
    signal(SIGXFSZ, SIG_IGN);
}

void signals_hold(int argc, char **argv)
{
    const cli_command *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (command != NULL && !command->single)
        mask(SIG_BLOCK); /* not ignored, which would lose them: what is pending stays so through an exec */
}

void signals_release(void)
{
    mask(SIG_UNBLOCK);
}

#ifdef __GLIBC__ /* it hands over the line */
__attribute__((constructor(101))) static void hold_first(int argc, char **argv)
{
    signals_hold(argc, argv);
}
#endif

void signals_start(bool speaks, bool saves)
{
    is_speaker = speaks;
    has_state = saves;
    signal(SIGPIPE, SIG_IGN);
    set_all(handle);
    signals_release(); /* before threads and processes inherit the mask */
}

void signals_lead_to(ls_context *context)
{
    atomic_store(&stopping, context);
    if (atomic_load(&first_at) != 0) /* it came before the context did */
        ls_context_request_stop(context);
}

void signals_end(void)
{
    alarm(0);
    set_all(handle_late);
    atomic_store(&stopping, NULL);
}

/* ---- the end of the parent ---- */

#ifdef __linux__

/* The system tells of the end of the thread that started us, which need not be the process'. */
static void lose_parent(int number)
{
    const int saved = errno;
    long long first = 0;
    (void)number;
    if (getppid() != atomic_load(&followed) && !atomic_exchange(&orphaned, true)) {
        if (atomic_compare_exchange_strong(&first_at, &first, now_ms()))
            ask(SIGUSR1);
        watch_saving(ORPHANED);
    }
    errno = saved;
}

void signals_follow(int parent)
{
    const int number = SIGRTMIN + 5; /* nobody's */
    struct sigaction action = {.sa_handler = lose_parent, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    atomic_store(&followed, parent);
    if (sigaction(number, &action, NULL) == 0 && prctl(PR_SET_PDEATHSIG, number) == 0)
        raise(number); /* it may be gone already */
}

#else

void signals_follow(int parent)
{
    (void)parent;
}

#endif

bool signals_are_orphans(void)
{
    return atomic_load(&orphaned);
}

bool signals_have_come(void)
{
    return atomic_load(&first_at) != 0;
}

static void end_wait(int number)
{
    (void)number;
    if (now_ms() - atomic_load(&first_at) >= TOGETHER_MS)
        _exit(atomic_load(&wait_code));
}

void signals_wait(int code)
{
    long long first = 0;
    atomic_compare_exchange_strong(&first_at, &first, now_ms()); /* another rank's may be on its way to this one */
    atomic_store(&wait_code, code);
    alarm(0);
    set_all(end_wait);
    for (;;)
        pause();
}
