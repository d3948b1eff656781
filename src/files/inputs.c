/* Inputs by device and inode. */
#include "files/inputs.h"

#include "base/memory.h"
#include "files/state.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct ls_input {
    ls_file_state state;
    char *name; /* owned */
} ls_input;

static const ls_input *find(const ls_inputs *inputs, const struct stat *info)
{
    for (int64_t i = 0; i < inputs->count; i++)
        if (ls_file_state_is_of(&inputs->file[i].state, info))
            return &inputs->file[i];
    return NULL;
}

ls_status ls_inputs_add(ls_inputs *inputs, const char *path)
{
    struct stat info;
    char *name;
    if (path[0] == '\0' || stat(path, &info) != 0 || find(inputs, &info) != NULL)
        return LS_OK;
    LS_TRY(ls_memory_grow(&inputs->file, &inputs->capacity, inputs->count + 1, sizeof *inputs->file, "list of inputs"));
    LS_TRY(ls_memory_allocate(&name, (int64_t)strlen(path) + 1, 1, "list of inputs"));
    strcpy(name, path);
    inputs->file[inputs->count++] = (ls_input){ls_file_state_of(&info), name};
    return LS_OK;
}

ls_status ls_inputs_add_all(ls_inputs *inputs, const ls_inputs *others)
{
    for (int64_t i = 0; i < others->count; i++)
        LS_TRY(ls_inputs_add(inputs, others->file[i].name));
    return LS_OK;
}

void ls_inputs_free(ls_inputs *inputs)
{
    for (int64_t i = 0; i < inputs->count; i++)
        ls_memory_free(inputs->file[i].name);
    ls_memory_free(inputs->file);
    memset(inputs, 0, sizeof *inputs);
}

ls_status ls_inputs_check_same(const ls_inputs *inputs, const char *name)
{
    struct stat now;
    const ls_input *then = NULL;
    for (int64_t i = 0; i < inputs->count && then == NULL; i++)
        if (strcmp(inputs->file[i].name, name) == 0)
            then = &inputs->file[i];
    if (then == NULL)
        return LS_OK;
    if (stat(name, &now) != 0)
        return ls_fail(LS_ERR_DATA, "%s: %s, but it was there when reading began", name, strerror(errno));
    if (!ls_file_state_is_of(&then->state, &now))
        return ls_fail(LS_ERR_DATA, "%s: is not the file any more that it was when reading began; start again", name);
    if (now.st_size != then->state.size)
        return ls_fail(LS_ERR_DATA,
                       "%s: has %lld bytes, but had %lld when reading began; data must stay as they are while "
                       "they are read",
                       name, (long long)now.st_size, (long long)then->state.size);
    if (!ls_file_state_is_now(&then->state, &now))
        return ls_fail(LS_ERR_DATA,
                       "%s: has been written to since reading began; data must stay as they are while they are "
                       "read",
                       name);
    return LS_OK;
}

const char *ls_inputs_name(const ls_inputs *inputs, int64_t i)
{
    return inputs->file[i].name;
}

bool ls_inputs_have(const ls_inputs *inputs, const char *path, const char **name)
{
    struct stat info;
    const ls_input *found = stat(path, &info) == 0 ? find(inputs, &info) : NULL;
    if (found != NULL)
        *name = found->name;
    return found != NULL;
}

/* What is there that is no regular file. */
static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode) ? "a directory" : S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

ls_status ls_inputs_check_output(const ls_inputs *inputs, const char *path, bool overwrite)
{
    struct stat info;
    const char *name;
    if (stat(path, &info) != 0) {
        if (overwrite || lstat(path, &info) != 0)
            return LS_OK;
        return ls_fail(LS_ERR_OUTPUT, "%s is a link that leads to no file; give --overwrite or another name", path);
    }
    if (!S_ISREG(info.st_mode))
        return ls_fail(LS_ERR_USAGE, "%s is %s, in whose place no file is put; name another one to write", path,
                       kind_of(info.st_mode));
    if (ls_inputs_have(inputs, path, &name) && strcmp(path, name) == 0)
        return ls_fail(LS_ERR_USAGE, "%s is read here, and would be lost; name another file to write", path);
    if (ls_inputs_have(inputs, path, &name))
        return ls_fail(LS_ERR_USAGE, "%s is the file that is read as %s, and would be lost; name another one to write",
                       path, name);
    if (!overwrite)
        return ls_fail(LS_ERR_OUTPUT, "%s exists; give --overwrite or another name", path);
    return LS_OK;
}
