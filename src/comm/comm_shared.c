/* Memory that two ranks of one host share: rank and rank ^ 1, the partners of halving's first round. Each offers a
 * nameless file in memory, which the other opens through /proc and maps. Unlike a window of MPI's it can be let go of
 * without the other's help, and no size of /dev/shm limits it. Where it does not work (another user, another
 * container), messages do. */
#include "comm/comm_internal.h"

#include "base/clock.h"
#include "base/hash64.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The offer's token lies behind the block: a process of the same number in another container has another. */
enum { TOKEN_BYTES = 64 };
#define MAPPED_BYTES ((size_t)LS_COMM_SHARED_BYTES + TOKEN_BYTES)

/* Not executable, where the kernel knows the flag: some systems allow no others. */
static int make_file(void)
{
    const unsigned no_exec = 8; /* MFD_NOEXEC_SEAL, Linux 6.3 */
    const int fd = memfd_create("lockstep", MFD_CLOEXEC | no_exec);
    return fd >= 0 ? fd : memfd_create("lockstep", MFD_CLOEXEC);
}

static void *map(int fd, int protection)
{
    void *memory = mmap(NULL, MAPPED_BYTES, protection, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* This rank's block; returns its file, or -1. All pages are taken at once: later there would be no way to say that
 * there are none left. */
static int make_own(ls_comm *comm, ls_comm_offer *offer)
{
    const int fd = make_file();
    void *memory = fd >= 0 && posix_fallocate(fd, 0, (off_t)MAPPED_BYTES) == 0 ? map(fd, PROT_READ | PROT_WRITE) : NULL;
    if (!memory) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    const double now = ls_clock();
    offer->process = (int32_t)getpid();
    offer->file = fd;
    memcpy(&offer->token, &now, sizeof now);
    offer->token ^= (uint64_t)(uintptr_t)memory;
    memcpy((char *)memory + LS_COMM_SHARED_BYTES, &offer->token, sizeof offer->token);
    comm->shared[comm->rank] = memory;
    return fd;
}

static void map_partner(ls_comm *comm, int partner, const ls_comm_offer *offer)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd/%ld", (long)offer->process, (long)offer->file);
    /* In another container this may be anything, a pipe for instance. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    void *memory = fd >= 0 && lseek(fd, 0, SEEK_END) == (off_t)MAPPED_BYTES ? map(fd, PROT_READ) : NULL;
    if (fd >= 0)
        close(fd);
    if (memory && memcmp((char *)memory + LS_COMM_SHARED_BYTES, &offer->token, sizeof offer->token) != 0) {
        munmap(memory, MAPPED_BYTES);
        memory = NULL;
    }
    comm->shared[partner] = memory;
}

static void let_go(ls_comm *comm, int rank)
{
    if (comm->shared[rank])
        munmap(comm->shared[rank], MAPPED_BYTES);
    comm->shared[rank] = NULL;
}

ls_status ls_comm_share(ls_comm *comm)
{
    const int partner = comm->rank ^ 1;
    const uint64_t host = ls_hash64_words(0, comm->host, sizeof comm->host / 4);
    ls_comm_offer *offers = comm->offers;
    offers[comm->rank] = (ls_comm_offer){.host = host, .file = -1};
    const int fd = partner < comm->size ? make_own(comm, &offers[comm->rank]) : -1;
    ls_status status = ls_comm_gather_blocks(comm, NULL, sizeof *offers, offers, "shared memory");
    if (status == LS_OK && fd >= 0 && offers[partner].file >= 0 && offers[partner].host == host)
        map_partner(comm, partner, &offers[partner]);
    comm->words[comm->rank] = partner < comm->size && comm->shared[partner];
    if (status == LS_OK) /* both or neither; and the files may be closed once all have opened what they could */
        status = ls_comm_gather_blocks(comm, NULL, sizeof *comm->words, comm->words, "shared memory");
    if (fd >= 0)
        close(fd);
    if (status != LS_OK || partner >= comm->size || !comm->words[comm->rank] || !comm->words[partner])
        ls_comm_unshare(comm);
    return status;
}

void ls_comm_unshare(ls_comm *comm)
{
    const int partner = comm->rank ^ 1;
    let_go(comm, comm->rank);
    if (partner < comm->size)
        let_go(comm, partner);
}
