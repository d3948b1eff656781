/* Lines that say how far a run is, and how good. */
#include "jobs/run_lines.h"

#include <math.h>

void ls_run_lines_step(ls_text *out, const ls_run_lines_place *place)
{
    char loss[32], rate[32], left[32];
    ls_text_printf(out, "epoch %lld/%lld  step %lld/%lld  loss %s  %s samples/s  %s left", (long long)place->epoch,
                   (long long)place->epochs, (long long)place->step, (long long)place->steps,
                   ls_format_score(place->loss, loss), ls_format_count(place->rate, rate),
                   ls_format_duration(place->left, left));
}

/* The first `most` scores. */
static void put_scores(ls_text *out, const char *between, const char *prefix, const ls_scores *scores, int most)
{
    char value[32];
    for (int k = 0; k < scores->count && k < most; k++)
        ls_text_printf(out, "%s%s%s %s", between, prefix, scores->name[k], ls_format_score(scores->value[k], value));
}

/* One way to write an epoch's line. */
typedef struct form {
    const char *between; /* two fields */
    const char *speed;   /* what follows the rate; NULL: it is left out */
    bool time;
} form;

/* From the one that says most. */
static const form forms[] = {
    {"  ", " samples/s", true}, {"  ", "/s", true}, {"  ", NULL, true}, {"  ", NULL, false}, {" ", NULL, false},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* Scores that are told of an epoch; validation may have more. */
static int columns(const ls_epoch *epoch)
{
    return epoch->train.count > epoch->validation.count ? epoch->train.count : epoch->validation.count;
}

/* With the first `most` of the scores. */
static void put_epoch(ls_text *out, const form *f, const ls_epoch *epoch, int64_t epochs, int most)
{
    char text[32];
    ls_text_printf(out, "epoch %lld/%lld", (long long)epoch->epoch, (long long)epochs);
    put_scores(out, f->between, "", &epoch->train, most);
    put_scores(out, f->between, "val_", &epoch->validation, most);
    if (most < columns(epoch))
        ls_text_printf(out, "%s...", f->between);
    if (f->speed)
        ls_text_printf(out, "%s%s%s", f->between,
                       ls_format_count((double)epoch->train.rows / (epoch->seconds > 0 ? epoch->seconds : 1e-9), text),
                       f->speed);
    if (f->time)
        ls_text_printf(out, "%s%s", f->between, ls_format_duration(epoch->seconds, text));
}

void ls_run_lines_epoch(ls_text *out, const ls_epoch *epoch, int64_t epochs)
{
    ls_text line = {0};
    bool fits = false;
    const int all = columns(epoch);
    for (int most = all; most > 0 && !fits; most--) {
        for (int i = 0; i < FORMS && !fits; i++) {
            ls_text_clear(&line);
            put_epoch(&line, &forms[i], epoch, epochs, most);
            fits = line.length <= LS_RUN_LINES_COLUMNS;
        }
    }
    ls_text_append(out, ls_text_string(&line)); /* the shortest when none fits */
    out->failed = out->failed || line.failed;
    ls_text_free(&line);
}

void ls_run_lines_part(ls_text *out, const char *part, const char *prefix, const ls_scores *scores, double base_rate)
{
    char value[32];
    ls_text_printf(out, "%s, %lld rows:", part, (long long)scores->rows);
    put_scores(out, "  ", prefix, scores, scores->count);
    if (!isnan(base_rate))
        ls_text_printf(out, "  (always the most frequent class: %s)", ls_format_score(base_rate, value));
}
