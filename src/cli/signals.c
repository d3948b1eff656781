/* Signal handlers: they only set the context's flag, which all ranks learn with the next step's first
 * message. */
#include "cli/signals.h"

#include <signal.h>
#include <unistd.h>

static const int stop_signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
#define STOP_SIGNALS (sizeof stop_signals / sizeof stop_signals[0])

static ls_context *volatile stopping;
static volatile sig_atomic_t interrupted;

static void handle(int number)
{
    if (number == SIGINT && interrupted++)
        _exit(130);
    ls_context_request_stop(stopping);
}

static void set_all(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaddset(&action.sa_mask, stop_signals[i]);
    for (size_t i = 0; i < STOP_SIGNALS; i++)
        sigaction(stop_signals[i], &action, NULL);
}

void signals_start(ls_context *context)
{
    stopping = context;
    signal(SIGPIPE, SIG_IGN);
    set_all(handle);
}

void signals_end(void)
{
    set_all(SIG_IGN);
    stopping = NULL;
}
