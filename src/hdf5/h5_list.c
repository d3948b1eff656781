/* The datasets of a file, also those of files beside it that it links to. */
#include "hdf5/h5_internal.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More are refused: each costs more than a kilobyte. */
#define LISTED_MOST 50000

typedef struct listing {
    ls_h5_file *file;
    const char *group; /* without trailing slash: "" for the root */
    ls_h5_dataset *list;
    int count;
    int64_t capacity;
    ls_status status;
} listing;

static ls_status listing_grow(listing *l)
{
    return ls_memory_grow(&l->list, &l->capacity, l->count + 1, sizeof *l->list, "list of datasets");
}

static herr_t list_one(hid_t group, const char *name, const void *info, void *user)
{
    listing *l = user;
    (void)info;
    char path[sizeof l->list->path];
    bool itself = strcmp(name, ".") == 0;
    int length = snprintf(path, sizeof path, "%s%s%s", l->group, itself ? "" : "/", itself ? "" : name);
    if (length < 0 || length >= (int)sizeof path)
        return 0; /* cannot be named on a command line either */
    l->status = l->count < LISTED_MOST
                    ? listing_grow(l)
                    : ls_fail(LS_ERR_DATA,
                              "%s: holds more than %d datasets, which are too many to look through; name the ones to "
                              "use with --x and --y, or put the values into one dataset with a row per example",
                              l->file->path, LISTED_MOST);
    if (l->status != LS_OK)
        return -1;
    ls_h5_dataset *d = &l->list[l->count++];
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    if (dataset >= 0) {
        ls_h5_describe_open(dataset, path, d);
        (void)H5Dclose(dataset);
        return 0;
    }
    memset(d, 0, sizeof *d); /* a newer format or damage: listed all the same, so that the user learns of it */
    memcpy(d->path, path, (size_t)length + 1);
    d->class_ = LS_H5_OTHER;
    (void)snprintf(d->type, sizeof d->type, "unreadable");
    return 0;
}

/* H5Ovisit follows hard links only and comes to each object once; its form changed with 1.10.3 and 1.12. */
#if H5_VERSION_GE(1, 12, 0)
static herr_t visit_one(hid_t group, const char *name, const H5O_info2_t *info, void *user)
{
    return info->type == H5O_TYPE_DATASET ? list_one(group, name, info, user) : 0;
}
#define VISIT(object, user) H5Ovisit3(object, H5_INDEX_NAME, H5_ITER_INC, visit_one, user, H5O_INFO_BASIC)
#else
static herr_t visit_one(hid_t group, const char *name, const H5O_info_t *info, void *user)
{
    return info->type == H5O_TYPE_DATASET ? list_one(group, name, info, user) : 0;
}
#if H5_VERSION_GE(1, 10, 3)
#define VISIT(object, user) H5Ovisit2(object, H5_INDEX_NAME, H5_ITER_INC, visit_one, user, H5O_INFO_BASIC)
#else
#define VISIT(object, user) H5Ovisit(object, H5_INDEX_NAME, H5_ITER_INC, visit_one, user)
#endif
#endif

/* ---- links to other files ---- */

/* Files behind files. */
#define DEPTH_MOST 4

/* Which object it is, whatever the path to it. */
typedef struct identity {
    unsigned long file;
    unsigned char place[16];
} identity;

static bool identify(hid_t object, identity *id)
{
    memset(id, 0, sizeof *id);
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info;
    if (H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0)
        return false;
    memcpy(id->place, &info.token, sizeof id->place);
#else
    H5O_info_t info;
    if (H5Oget_info(object, &info) < 0)
        return false;
    memcpy(id->place, &info.addr, sizeof info.addr);
#endif
    id->file = info.fileno;
    return true;
}

/* Names of the external links below a group, one behind the other. */
typedef struct links {
    ls_text names;
    int count;
} links;

static herr_t note_link(const char *name, bool external, links *all)
{
    if (external && all->count++ < LISTED_MOST)
        ls_text_append_bytes(&all->names, name, strlen(name) + 1);
    return ls_text_status(&all->names) == LS_OK ? 0 : -1;
}

#if H5_VERSION_GE(1, 12, 0)
static herr_t visit_link(hid_t group, const char *name, const H5L_info2_t *info, void *user)
{
    (void)group;
    return note_link(name, info->type == H5L_TYPE_EXTERNAL, user);
}
#define VISIT_LINKS(object, user) H5Lvisit2(object, H5_INDEX_NAME, H5_ITER_INC, visit_link, user)
#else
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    (void)group;
    return note_link(name, info->type == H5L_TYPE_EXTERNAL, user);
}
#define VISIT_LINKS(object, user) H5Lvisit(object, H5_INDEX_NAME, H5_ITER_INC, visit_link, user)
#endif

/* One that is not followed is listed, so that the user learns of it. */
static ls_status list_refused(listing *l, const char *path)
{
    LS_TRY(listing_grow(l));
    ls_h5_dataset *d = &l->list[l->count++];
    memset(d, 0, sizeof *d);
    (void)snprintf(d->path, sizeof d->path, "%s", path);
    d->class_ = LS_H5_OTHER;
    (void)snprintf(d->type, sizeof d->type, "%s",
                   l->file->refused[0] == '\0'          ? "link that leads nowhere"
                   : l->file->links == LS_H5_LINKS_NONE ? "link to another file"
                                                        : "external link, not followed (--follow-links)");
    return LS_OK;
}

static ls_status list_object(listing *l, hid_t object, identity *above, int depth);

/* A link that leads to a group in which it lies is passed over. */
static ls_status list_link(listing *l, const char *path, identity *above, int depth)
{
    hid_t object = H5Oopen(l->file->id, path, ls_h5_link_access(l->file));
    if (object < 0)
        return list_refused(l, path);
    const char *group = l->group;
    ls_status status = LS_OK;
    bool again = !identify(object, &above[depth]);
    for (int i = 0; i < depth && !again; i++)
        again = memcmp(&above[i], &above[depth], sizeof above[i]) == 0;
    l->group = path;
    if (!again)
        status = list_object(l, object, above, depth);
    l->group = group;
    (void)H5Oclose(object);
    return status;
}

/* Everything in an open group, or the dataset that it is; above[depth] is the group itself. */
static ls_status list_object(listing *l, hid_t object, identity *above, int depth)
{
    links all = {.count = 0};
    char path[sizeof l->list->path];
    ls_status status = LS_OK;
    if (VISIT(object, l) < 0)
        return l->status != LS_OK ? l->status
                                  : ls_h5_fail(LS_ERR_DATA, l->file, "the objects below %s cannot be listed",
                                               l->group[0] == '\0' ? "/" : l->group);
    if (H5Iget_type(object) == H5I_GROUP && depth < DEPTH_MOST)
        (void)VISIT_LINKS(object, &all);
    for (size_t at = 0; status == LS_OK && at < all.names.length; at += strlen(all.names.data + at) + 1) {
        const int length = snprintf(path, sizeof path, "%s/%s", l->group, all.names.data + at);
        if (length > 0 && length < (int)sizeof path)
            status = list_link(l, path, above, depth + 1);
    }
    ls_text_free(&all.names);
    return status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const ls_h5_dataset *)a)->path, ((const ls_h5_dataset *)b)->path);
}

ls_status ls_h5_list_inside(ls_h5_file *file, const char *group, ls_h5_dataset **list, int *count)
{
    char prefix[sizeof(*list)->path];
    int length = snprintf(prefix, sizeof prefix, "%s%s", group[0] == '/' ? "" : "/", group);
    if (length < 0 || length >= (int)sizeof prefix)
        return ls_fail(LS_ERR_DATA, "%s: the group's path %.64s... is too long", file->path, group);
    while (length > 0 && prefix[length - 1] == '/')
        prefix[--length] = '\0';
    listing l = {.file = file, .group = prefix, .status = LS_OK};
    hid_t object = H5Oopen(file->id, length == 0 ? "/" : prefix, ls_h5_link_access(file));
    if (object < 0)
        return ls_h5_fail(LS_ERR_DATA, file, "has no group %s", prefix);
    identity above[DEPTH_MOST + 1];
    ls_status status = listing_grow(&l); /* so that an empty list is a pointer too */
    if (status == LS_OK && !identify(object, &above[0]))
        status = ls_h5_fail(LS_ERR_DATA, file, "%s cannot be looked at", prefix);
    if (status == LS_OK)
        status = list_object(&l, object, above, 0);
    (void)H5Oclose(object);
    if (status != LS_OK) {
        ls_memory_free(l.list);
        return status;
    }
    qsort(l.list, (size_t)l.count, sizeof *l.list, by_path);
    *list = l.list;
    *count = l.count;
    return LS_OK;
}

ls_status ls_h5_list(ls_h5_file *file, const char *group, ls_h5_dataset **list, int *count)
{
    ls_h5_guard guard;
    *list = NULL;
    *count = 0;
    LS_TRY(ls_h5_answered(file));
    ls_h5_enter(&guard);
    ls_status status = ls_h5_list_inside(file, group, list, count);
    ls_h5_leave(&guard);
    return status;
}
