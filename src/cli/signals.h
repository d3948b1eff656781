/* Signals that ask a run to stop, and those that end it. */
#ifndef LOCKSTEP_CLI_SIGNALS_H
#define LOCKSTEP_CLI_SIGNALS_H

#include <lockstep.h>

#include <stdbool.h>

#define SIGNALS_ENDED_BY_INT  130 /* exit codes of a program that was told to end at once, as shells have them */
#define SIGNALS_ENDED_BY_TERM 143

/* Local. A file that grows beyond the limit (ulimit -f) is an error of the write, and no signal that ends the process.
 */
void signals_take_errors(void);
/* Local. Signals that ask for a stop wait from now on until signals_start or signals_release, also through an exec.
 * Nothing when the line is not of a command that such signals stop. main calls it before anything else; where the C
 * library is glibc it was called before that, as soon as the program's libraries were loaded. */
void signals_hold(int argc, char **argv);
/* Local. Those that waited, and later ones, do what they did before: they end the process. */
void signals_release(void);
/* Local. From now on SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU and, unless it is ignored already, SIGHUP ask for a
 * stop: the first is passed to the context once there is one. Others within three seconds are the same wish (a terminal
 * and mpirun both send it). Later a SIGINT ends the process at once with 130, and a SIGTERM with 143; but where there
 * is a state to save, it does so on the rank that `speaks`, and when no bytes have moved for ten seconds, so that
 * whoever loses patience does not cut off a save. Rank 0 `speaks`, and answers on standard error; `saves`: there will
 * be a state to save. SIGPIPE is ignored: a closed pager must not end a run. */
void signals_start(bool speaks, bool saves);
/* Local. The context that is to stop. */
void signals_lead_to(ls_context *context);
/* Local. Must be called before the context is destroyed: one wish more is ignored from then on, while the program ends
 * by itself; a SIGINT or SIGTERM three seconds after that ends it, with 130 or 143. */
void signals_end(void);
/* Local. Whether one of them has come to this process. */
bool signals_have_come(void);
/* Local, after signals_start. The end of the process `parent`, which started this one, is such a signal too: nobody
 * else would end it. Nothing where the system cannot tell. */
void signals_follow(int parent);
/* Local. Whether that has come. */
bool signals_are_orphans(void);
/* Local; does not return. Sleeps until the process is killed, or until one of the signals comes that is no part of the
 * first wish: then it ends with `code`. MPI must be over: it would keep a core busy. */
void signals_wait(int code) __attribute__((noreturn));

#endif
