/* Memory that ranks of one host share. Each offers a nameless file in memory, which those that it exchanges with open
 * through /proc and map. Unlike a window of MPI's it can be let go of without the others' help, and no size of /dev/shm
 * limits it. Where it does not work (another user, another container), messages do. */
#include "comm/comm_internal.h"

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/fault.h"
#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The offer's token lies behind the block: a process of the same number in another container has another. */
enum { TOKEN_BYTES = 64 };

enum { LARGE_PAGE = 2 << 20, COLLAPSE = 25 /* MADV_COLLAPSE, which older headers lack */ };

static const char *const what = "shared memory";

/* ---- peers --------------------------------------------------------------------------------------- */

ls_status ls_shared_create(ls_shared *shared, int most)
{
    return ls_memory_allocate(&shared->peer, most, sizeof *shared->peer, "ranks of this host");
}

void ls_shared_add(ls_shared *shared, const ls_comm *comm, int rank, int64_t bytes)
{
    if (rank == comm->rank || comm->hosts[rank] != comm->hosts[comm->rank])
        return;
    int at = shared->count++;
    for (; at > 0 && shared->peer[at - 1].rank > rank; at--)
        shared->peer[at] = shared->peer[at - 1];
    shared->peer[at] = (ls_shared_peer){.rank = rank, .begin = shared->bytes};
    shared->bytes += bytes;
}

const ls_shared_peer *ls_shared_with(const ls_shared *shared, int rank)
{
    for (int i = 0; i < shared->count; i++)
        if (shared->peer[i].rank == rank)
            return shared->peer[i].block ? &shared->peer[i] : NULL;
    return NULL;
}

/* ---- files --------------------------------------------------------------------------------------- */

/* Not executable, where the kernel knows the flag: some systems allow no others. */
static int make_file(void)
{
    const unsigned no_exec = 8; /* MFD_NOEXEC_SEAL, Linux 6.3 */
    const int fd = ls_descriptor_raise(memfd_create("lockstep", MFD_CLOEXEC | no_exec));
    return fd >= 0 ? fd : ls_descriptor_raise(memfd_create("lockstep", MFD_CLOEXEC));
}

/* Addresses for `bytes`, whole pages, that begin where a large page does. */
static char *reserve(size_t bytes)
{
    char *all = mmap(NULL, bytes + LARGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    const size_t before = (LARGE_PAGE - (size_t)((uintptr_t)all % LARGE_PAGE)) % LARGE_PAGE;
    if (before > 0)
        munmap(all, before);
    if (before < LARGE_PAGE)
        munmap(all + before + bytes, LARGE_PAGE - before);
    return all + before;
}

/* In large pages where the system has some to spare (Linux 6.1): with small ones a pass over many weights waits for the
 * addresses of as many. */
static char *map(int fd, int64_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), all = ((size_t)bytes + page - 1) / page * page;
    char *at = bytes >= LARGE_PAGE ? reserve(all) : NULL;
    void *memory = mmap(at, all, PROT_READ | PROT_WRITE, MAP_SHARED | (at ? MAP_FIXED : 0), fd, 0);
    if (memory == MAP_FAILED)
        return NULL; /* whether the addresses are still reserved is not known */
    if (at)
        madvise(memory, all, COLLAPSE);
    return memory;
}

/* This rank's block; returns its file, or -1. All pages are taken at once: later there would be no way to say that
 * there are none left. */
static int make_own(ls_shared *shared, ls_comm_offer *offer)
{
    const int64_t bytes = shared->bytes + TOKEN_BYTES;
    const int fd = ls_fault("share") == LS_OK ? make_file() : -1;
    char *memory = fd >= 0 && posix_fallocate(fd, 0, (off_t)bytes) == 0 ? map(fd, bytes) : NULL;
    if (!memory) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    const double now = ls_clock();
    offer->process = (int32_t)getpid();
    offer->file = fd;
    offer->bytes = bytes;
    memcpy(&offer->token, &now, sizeof now);
    offer->token ^= (uint64_t)(uintptr_t)memory;
    memcpy(memory + shared->bytes, &offer->token, sizeof offer->token);
    shared->own = memory;
    return fd;
}

static void let_go(ls_shared_peer *peer)
{
    if (peer->block)
        munmap(peer->block, (size_t)peer->bytes);
    peer->block = NULL;
}

static void map_peer(ls_shared_peer *peer, const ls_comm_offer *offer)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/%ld", (long)offer->process, (long)offer->file);
    /* In another container this may be anything, a pipe for instance. */
    const int fd = ls_descriptor_open(path, O_RDWR | O_NONBLOCK | O_NOCTTY, 0);
    peer->bytes = offer->bytes;
    peer->block = fd >= 0 && lseek(fd, 0, SEEK_END) == (off_t)offer->bytes ? map(fd, offer->bytes) : NULL;
    if (fd >= 0)
        close(fd);
    if (peer->block && memcmp(peer->block + (offer->bytes - TOKEN_BYTES), &offer->token, sizeof offer->token) != 0)
        let_go(peer);
}

/* ---- sharing ------------------------------------------------------------------------------------- */

/* Collective between the two. Both or neither have mapped the other's block; each tells where in its own the places
 * for the other begin. */
static ls_status agree_with(ls_comm *comm, ls_shared_peer *peer)
{
    int64_t mine = peer->block ? peer->begin : -1, theirs = -1;
    const ls_message send = {peer->rank, LS_TAG_SHARE, &mine, (int64_t)sizeof mine};
    const ls_message receive = {peer->rank, LS_TAG_SHARE, &theirs, (int64_t)sizeof theirs};
    LS_TRY(ls_comm_exchange(comm, 1, &receive, 1, &send, what));
    if (mine < 0 || theirs < 0 || theirs > peer->bytes)
        let_go(peer);
    peer->theirs = theirs;
    return LS_OK;
}

/* Peers ascend on every rank, so two that wait for each other come to it: who waits for a higher one waits for a chain
 * of ever lower ones that ends. */
ls_status ls_comm_share(ls_comm *comm, ls_shared *shared)
{
    ls_comm_offer *offers = comm->offers;
    offers[comm->rank] = (ls_comm_offer){.file = -1};
    const int fd = shared->count > 0 ? make_own(shared, &offers[comm->rank]) : -1;
    ls_status status = ls_comm_gather_blocks(comm, NULL, sizeof *offers, offers, what);
    for (int i = 0; status == LS_OK && i < shared->count; i++)
        if (fd >= 0 && offers[shared->peer[i].rank].file >= 0)
            map_peer(&shared->peer[i], &offers[shared->peer[i].rank]);
    int left = 0;
    for (int i = 0; status == LS_OK && i < shared->count; i++) {
        status = agree_with(comm, &shared->peer[i]);
        left += shared->peer[i].block != NULL;
    }
    if (fd >= 0) /* all have opened it that could */
        close(fd);
    if (status != LS_OK || left == 0)
        ls_comm_unshare(shared);
    return status;
}

void ls_comm_unshare(ls_shared *shared)
{
    for (int i = 0; i < shared->count; i++)
        let_go(&shared->peer[i]);
    if (shared->own)
        munmap(shared->own, (size_t)(shared->bytes + TOKEN_BYTES));
    shared->own = NULL;
}

void ls_shared_free(ls_shared *shared)
{
    ls_comm_unshare(shared);
    ls_memory_free(shared->peer);
    *shared = (ls_shared){0};
}
