/* Prints what TensorBoard shows of a directory, or what it ought to show of a run: lines "train epoch_loss 0 0.25",
 * values with all digits of float32.
 *
 *   print_events DIR          of the event files in DIR/train and DIR/validation
 *   print_events --log FILE   of a log.csv with a row for each epoch, and perhaps more within, in front of it
 */
#include "events_reader.h"

#include <dirent.h>
#include <stdlib.h>

enum { LINES = 4096, FILES = 64, COLUMNS = 64 };

static void give_up(const char *what, const char *where)
{
    fprintf(stderr, "print_events: %s: %s\n", where, what);
    exit(1);
}

static void print_value(const char *part, const char *tag, int64_t step, double value)
{
    printf("%s %s %lld %.9g\n", part, tag, (long long)step, (double)(float)value);
}

/* ---- event files ---- */

typedef struct board {
    event event[LINES];
    int count;
    bool started;
} board;

/* As TensorBoard does it (plugin_event_accumulator.py): the first start is the beginning, later ones take back. */
static void take(board *b, const event *e)
{
    int kept = 0;
    if (e->session == 1 && b->started) {
        for (int i = 0; i < b->count; i++)
            if (b->event[i].step < e->step)
                b->event[kept++] = b->event[i];
        b->count = kept;
    }
    b->started = b->started || e->session == 1;
    if (e->tag[0] != '\0' && b->count < LINES)
        b->event[b->count++] = *e;
}

static void read_file(board *b, const char *path)
{
    static unsigned char bytes[1 << 20];
    event e;
    FILE *file = fopen(path, "rb");
    if (!file)
        give_up("cannot be opened", path);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    for (const unsigned char *at = bytes; count > 0; take(b, &e))
        if (!event_next(&at, &count, &e))
            give_up("a record is damaged", path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void print_part(const char *path, const char *part)
{
    static board b;
    char folder[1024], names[FILES][1400];
    int count = 0;
    struct dirent *entry;
    b = (board){.count = 0};
    (void)snprintf(folder, sizeof folder, "%s/%s", path, part);
    DIR *directory = opendir(folder);
    while (directory && (entry = readdir(directory)) && count < FILES)
        if (strstr(entry->d_name, "tfevents"))
            (void)snprintf(names[count++], sizeof names[0], "%s/%s", folder, entry->d_name);
    if (directory)
        (void)closedir(directory);
    qsort(names, (size_t)count, sizeof names[0], by_name);
    for (int i = 0; i < count; i++)
        read_file(&b, names[i]);
    for (int i = 0; i < b.count; i++)
        print_value(part, b.event[i].tag, b.event[i].step, (double)b.event[i].value);
}

/* ---- log.csv ---- */

static int split(char *line, char *field[COLUMNS])
{
    int count = 0;
    for (char *end = line; end && count < COLUMNS; line = end + 1) {
        end = strpbrk(line, ",\n");
        field[count++] = line;
        const bool last = !end || *end == '\n';
        if (end)
            *end = '\0';
        if (last)
            break;
    }
    return count;
}

static void print_row(char *const *name, char *const *field, int count)
{
    char tag[128];
    const int64_t epoch = atoll(field[0]) - 1, step = atoll(field[1]);
    for (int i = 2; i < count; i++) {
        const bool validation = strncmp(name[i], "val_", 4) == 0;
        if (field[i][0] == '\0')
            continue;
        (void)snprintf(tag, sizeof tag, "epoch_%s", name[i] + (validation ? 4 : 0));
        print_value(validation ? "validation" : "train", tag, epoch, atof(field[i]));
        (void)snprintf(tag, sizeof tag, "evaluation_%s_vs_iterations", name[i] + 4);
        if (validation)
            print_value("validation", tag, step, atof(field[i]));
    }
}

static void print_log(const char *path)
{
    static char head[8192], line[2][8192];
    char *name[COLUMNS], *field[2][COLUMNS];
    FILE *file = fopen(path, "r");
    if (!file || !fgets(head, sizeof head, file))
        give_up("cannot be read", path);
    const int count = split(head, name);
    int now = 0, before = 0;
    while (fgets(line[now], sizeof line[0], file)) {
        const int here = split(line[now], field[now]);
        if (before > 0 && strcmp(field[1 - now][0], field[now][0]) != 0)
            print_row(name, field[1 - now], before);
        before = here < count ? here : count;
        now = 1 - now;
    }
    if (before > 0)
        print_row(name, field[1 - now], before);
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--log") == 0) {
        print_log(argv[2]);
    } else if (argc == 2) {
        print_part(argv[1], "train");
        print_part(argv[1], "validation");
    } else {
        fprintf(stderr, "usage: print_events DIR | --log FILE\n");
        return 2;
    }
    return 0;
}
