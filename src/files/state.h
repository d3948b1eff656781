/* Which file it is, by device and inode, whatever it is called; and in which state, by size and the time of the last
 * write. Inodes of removed files come again. */
#ifndef LS_FILES_STATE_H
#define LS_FILES_STATE_H

#include <stdbool.h>
#include <sys/stat.h>

typedef struct ls_file_state {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec written;
} ls_file_state;

static inline ls_file_state ls_file_state_of(const struct stat *info)
{
    return (ls_file_state){info->st_dev, info->st_ino, info->st_size, info->st_mtim};
}

static inline bool ls_file_state_is_of(const ls_file_state *state, const struct stat *info)
{
    return state->device == info->st_dev && state->inode == info->st_ino;
}

/* Nobody has written to it. */
static inline bool ls_file_state_is_now(const ls_file_state *state, const struct stat *info)
{
    return state->size == info->st_size && state->written.tv_sec == info->st_mtim.tv_sec &&
           state->written.tv_nsec == info->st_mtim.tv_nsec;
}

#endif
