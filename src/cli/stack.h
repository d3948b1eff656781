/* A stack that is large enough, whatever `ulimit -s` says. */
#ifndef LOCKSTEP_CLI_STACK_H
#define LOCKSTEP_CLI_STACK_H

/* Local; once. Calls `function`, on a stack of its own where the process's may not grow far enough; threads started
 * from now on have as much by default. Returns its code, or LS_ERR_MEMORY with a line on standard error when there is
 * no memory for a stack. */
int stack_call(int (*function)(int argc, char **argv), int argc, char **argv);

/* The least size that is enough, for OMP_STACKSIZE. */
#define STACK_ENOUGH_BYTES (1024L << 10)
#define STACK_ENOUGH_WORD  "1M"

#endif
