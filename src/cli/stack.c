/* The stack of main, and the default of threads. A limit of 64 KiB is enough for the system to start the program, and
 * ends it without a word somewhere in libhdf5 or in a kernel's buffers. */
#include "cli/stack.h"

#include "cli/output.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#define OWN_BYTES (4UL << 20)

/* What a context begins with takes no pointers. */
static struct {
    int (*function)(int argc, char **argv);
    int argc, code;
    char **argv;
    ucontext_t before, own;
} call;

static void begin(void)
{
    call.code = call.function(call.argc, call.argv);
}

static bool is_small(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           limit.rlim_cur < STACK_ENOUGH_BYTES;
}

/* Threads have what the limit says, too. */
static void raise_default(void)
{
#ifdef __GLIBC__
    pthread_attr_t attributes;
    if (pthread_getattr_default_np(&attributes) != 0)
        return;
    (void)pthread_attr_setstacksize(&attributes, STACK_ENOUGH_BYTES);
    (void)pthread_setattr_default_np(&attributes);
    (void)pthread_attr_destroy(&attributes);
#endif
}

static int fail(void)
{
    output_error("out of memory: the stack is limited (ulimit -s), and there is no address space for another of 4 MiB "
                 "(ulimit -v); raise one of the two, for instance: ulimit -s 8192");
    return LS_ERR_MEMORY;
}

int stack_call(int (*function)(int argc, char **argv), int argc, char **argv)
{
    if (!is_small())
        return function(argc, argv);
    raise_default();
    char *stack = mmap(NULL, OWN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return fail();
    (void)mprotect(stack, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE); /* what lies below is not ours */
    call.function = function;
    call.argc = argc;
    call.argv = argv;
    if (getcontext(&call.own) != 0)
        return fail();
    call.own.uc_stack.ss_sp = stack;
    call.own.uc_stack.ss_size = OWN_BYTES;
    call.own.uc_link = &call.before;
    makecontext(&call.own, begin, 0);
    if (swapcontext(&call.before, &call.own) != 0)
        return fail();
    return call.code;
}
