/* Calls of the system on a thread of their own. */
#include "files/disk.h"

#include "base/alive.h"
#include "base/descriptor.h"
#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* One call, what it is about and what came of it. */
typedef struct disk_call {
    int fd, flags;
    const char *path, *to;
    const void *bytes;
    size_t count;
    off_t at;
    ssize_t result;
    int error;
} disk_call;

/* errno is a thread's own. */
static void keep(disk_call *c, ssize_t result)
{
    c->result = result;
    c->error = errno;
}

static ssize_t make(disk_call *c, void (*call)(void *user))
{
    ls_alive_during(call, c);
    errno = c->error;
    return c->result;
}

static void do_sync(void *user)
{
    disk_call *c = user;
    (void)ls_fault("disk-sync"); /* for disks that are slow; other failures are injected where they are told of */
    keep(c, ls_descriptor_sync(c->fd));
}

static void do_close(void *user)
{
    disk_call *c = user;
    keep(c, ls_descriptor_close(c->fd));
}

static void do_rename(void *user)
{
    disk_call *c = user;
    (void)ls_fault("disk-rename");
    keep(c, rename(c->path, c->to));
}

static void do_remove(void *user)
{
    disk_call *c = user;
    (void)ls_fault("disk-remove");
    keep(c, unlink(c->path));
}

static void do_make(void *user)
{
    disk_call *c = user;
    keep(c, ls_descriptor_open(c->path, c->flags, 0666));
}

static void do_write(void *user)
{
    disk_call *c = user;
    (void)ls_fault("disk-write");
    keep(c, pwrite(c->fd, c->bytes, c->count, c->at));
}

int ls_disk_sync(int fd)
{
    return (int)make(&(disk_call){.fd = fd}, do_sync);
}

int ls_disk_close(int fd)
{
    return (int)make(&(disk_call){.fd = fd}, do_close);
}

int ls_disk_rename(const char *from, const char *to)
{
    return (int)make(&(disk_call){.path = from, .to = to}, do_rename);
}

int ls_disk_remove(const char *path)
{
    return (int)make(&(disk_call){.path = path}, do_remove);
}

int ls_disk_make(const char *path, int flags)
{
    return (int)make(&(disk_call){.path = path, .flags = flags}, do_make);
}

ssize_t ls_disk_write(int fd, const void *bytes, size_t count, int64_t at)
{
    return make(&(disk_call){.fd = fd, .bytes = bytes, .count = count, .at = (off_t)at}, do_write);
}
