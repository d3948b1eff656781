/* The wish for waits that suit the machine, told to the OpenMP runtime before it starts, or by starting the program
 * anew. */
#include "cli/waits.h"

#include "cli/commands.h"
#include "cli/stack.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESTARTED "LOCKSTEP_RESTARTED" /* set in the process that waits_settle starts */
#define SELF      "/proc/self/exe"     /* the program itself, also when its file has been removed */

/* How often libgomp looks before a waiting thread sleeps; its own 300,000 times are a millisecond and more, in which
 * a thread whose core another program wants keeps that core from its own team. This is longer than threads of a step
 * wait for each other. */
#define LOOKS "3000"

typedef enum waits { AS_THEY_ARE, BRIEF, ASLEEP } waits;

enum { POLICY, SPINS, YIELD, VARIABLES };

static const struct {
    const char *name, *brief, *asleep; /* NULL: not set */
} variables[VARIABLES] = {
    [POLICY] = {"OMP_WAIT_POLICY", NULL, "passive"},
    [SPINS] = {"GOMP_SPINCOUNT", LOOKS, "0"}, /* even when passive it looks a little */
    [YIELD] = {"OMPI_MCA_mpi_yield_when_idle", NULL, "1"},
};

static bool is_users[VARIABLES]; /* set by the user, and left alone */
static waits done = AS_THEY_ARE; /* what the OpenMP runtime of this process has been told */

/* ---- what is wanted ---- */

static int number(const char *text, int otherwise)
{
    char *end;
    if (text == NULL)
        return otherwise;
    const long value = strtol(text, &end, 10);
    return end == text || value < 0 || value > INT_MAX ? otherwise : (int)value;
}

/* Cores that this host's ranks have together, as far as one of them can see before MPI starts. A rank that
 * its launcher bound to cores of its own has a smaller mask than its parent: then only its own threads share
 * them. */
static int cores_of_ranks(int *sharing)
{
    cpu_set_t mine, parents;
    CPU_ZERO(&mine);
    CPU_ZERO(&parents);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0)
        return INT_MAX;
    if (sched_getaffinity(getppid(), sizeof parents, &parents) == 0 && !CPU_EQUAL(&mine, &parents))
        *sharing = 1;
    int cores = CPU_COUNT(&mine);
    double quota = 0, period = 0; /* a container's share of the machine */
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (file != NULL) {
        if (fscanf(file, "%lf %lf", &quota, &period) == 2 && period > 0 && quota < cores * period)
            cores = quota > period ? (int)(quota / period) : 1;
        fclose(file);
    }
    return cores;
}

static waits wanted(const cli_launcher *launcher, int64_t threads)
{
    if (is_users[POLICY])
        return AS_THEY_ARE;
    int sharing = launcher->local_size > 0 ? launcher->local_size : 1;
    const int cores = cores_of_ranks(&sharing);
    if (threads == 0) /* without either, ranks share the cores by themselves */
        threads = number(getenv("OMP_NUM_THREADS"), cores / sharing);
    if (threads * sharing > cores && threads * sharing > 1)
        return ASLEEP;
    return threads <= 1 || is_users[SPINS] ? AS_THEY_ARE : BRIEF;
}

/* ---- the environment that says so ---- */

static void note_users(void)
{
    for (int i = 0; i < VARIABLES; i++)
        is_users[i] = getenv(variables[i].name) != NULL;
}

static void tell(waits wish)
{
    for (int i = 0; i < VARIABLES; i++) {
        const char *value = wish == ASLEEP ? variables[i].asleep : wish == BRIEF ? variables[i].brief : NULL;
        if (is_users[i])
            continue;
        if (value != NULL)
            setenv(variables[i].name, value, 1);
        else
            unsetenv(variables[i].name);
    }
}

/* ---- their stacks ---- */

/* Bytes of "64k", which is what OMP_STACKSIZE looks like; without a letter they are KiB. -1: it says nothing. */
static long long stack_of(const char *text)
{
    static const char units[] = "bkmg";
    char *end;
    if (text == NULL)
        return -1;
    const long long value = strtoll(text, &end, 10);
    if (end == text || value < 0)
        return -1;
    end += strspn(end, " ");
    const char *unit = *end != '\0' ? strchr(units, *end | 0x20) : units + 1;
    return unit == NULL ? -1 : value > LLONG_MAX >> 30 ? LLONG_MAX : value << 10 * (unit - units);
}

/* A stack that is too small would end the program without a word, so what the environment asks for is a wish. */
static bool raise_stacks(void)
{
    const char *text = getenv("OMP_STACKSIZE");
    const long long bytes = stack_of(text != NULL ? text : getenv("GOMP_STACKSIZE"));
    if (bytes < 0 || bytes >= STACK_ENOUGH_BYTES)
        return false;
    setenv("OMP_STACKSIZE", STACK_ENOUGH_WORD, 1);
    return true;
}

#ifdef LOCKSTEP_OWN_OPENMP
/* The last --threads of the line; 0 when there is none. A configuration file may say otherwise: waits_settle sees to
 * it. */
static int64_t threads_of_line(int argc, char **argv)
{
    static const char key[] = "--threads";
    int64_t threads = 0;
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], key) == 0 && i + 1 < argc)
            threads = number(argv[i + 1], 0);
        else if (strncmp(argv[i], key, sizeof key - 1) == 0 && argv[i][sizeof key - 1] == '=')
            threads = number(argv[i] + sizeof key, 0);
    }
    return threads;
}

/* Before the runtime's own constructor, which has no number; glibc hands over the line. */
__attribute__((constructor(101))) static void tell_first(int argc, char **argv)
{
    const cli_command *command = argc > 1 ? command_find(argv[1]) : NULL;
    (void)raise_stacks();
    if (command == NULL || command->single || getenv(RESTARTED) != NULL)
        return;
    const cli_launcher launcher = launcher_find();
    note_users();
    done = wanted(&launcher, threads_of_line(argc, argv));
    if (done != AS_THEY_ARE)
        tell(done);
}
#endif

/* ---- starting anew ---- */

/* The program's own file by its path, which gives the process its name; false when there is no such path (any more), or
 * something else is there. */
static bool own_path(char *path, size_t capacity)
{
    struct stat found, self;
    const ssize_t length = readlink(SELF, path, capacity);
    if (length <= 0 || (size_t)length >= capacity)
        return false;
    path[length] = '\0';
    return stat(path, &found) == 0 && stat(SELF, &self) == 0 && found.st_dev == self.st_dev &&
           found.st_ino == self.st_ino;
}

/* Valgrind loads a library of its own into the programs it runs. What they start anew it would let go, or refuse. */
static bool under_valgrind(void)
{
    const char *preload = getenv("LD_PRELOAD");
    return preload != NULL && strstr(preload, "vgpreload_") != NULL;
}

void waits_settle(const cli_launcher *launcher, int64_t threads, char **argv)
{
    if (getenv(RESTARTED) != NULL || under_valgrind())
        return;
    if (done == AS_THEY_ARE)
        note_users();
    const waits wish = wanted(launcher, threads);
    if (wish == AS_THEY_ARE && done == ASLEEP)
        tell(wish); /* one thread waits in MPI only, which has not started */
    const bool as_told = wish == AS_THEY_ARE || wish == done;
    if (!raise_stacks() && as_told)
        return;
    if (!as_told)
        tell(wish);
    setenv(RESTARTED, "1", 1);
    char path[PATH_MAX];
    if (own_path(path, sizeof path))
        execv(path, argv);
    execv(SELF, argv); /* returns only where there is no /proc: then it stays as slow as it was */
}
