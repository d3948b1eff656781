/* Writes a data file whose columns have names, for the scripts that compare names and look at parts.
 *
 *   make_named FILE PART... [encoding=JSON]
 *
 * PART is GROUP:FIRST:ROWS:COLUMNS[:WORD...], as in train:0:600:abc. Its x has a column for each letter; a letter means
 * the same values wherever it stands, 'z' has no value at all. The class of a row is the largest of a, b and c. GROUP
 * may be empty: x and y at the top. Words:
 *   plain          the columns have no names
 *   index=N        an attribute first_index in place of names
 *   classes=A,B,C  an attribute class_names of y
 *   targets=pq     y has these columns of values, with names: p and q are two sums
 *   plus=N         labels are counted from N
 *   sorted         row r has the class that belongs to its place
 *   turned         samples on the last axis
 *   nan=R          column 0 of row R has no value
 *   label=R        row R has the label 7
 *   id=N           row r has the identifier N + r, of uint64; N up to 2^64 - 1
 *   real=N         the same of float64, N + r / 2
 *   few=N          identifiers of as many rows as there are columns
 *   group=a,b,c    row r has the group r % 3, whose names are these; =, without names: groups are numbers */
#include "base/memory.h"
#include "base/parse.h"
#include "base/status.h"
#include "hdf5/h5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES 3
#define WORDS   12

typedef struct part {
    char *word[WORDS]; /* group, first, rows, columns, further ones */
    int words;
    int64_t first, rows, columns;
    char x[64], y[64];
} part;

static void need(ls_status status)
{
    if (status == LS_OK)
        return;
    fprintf(stderr, "make_named: %s\n", ls_error_message());
    exit(1);
}

/* A number in [0, 1): the high bits of a multiplicative hash. */
static float cell(int64_t row, char column)
{
    return (float)((uint32_t)(row * 26 + (column - 'a') + 1) * UINT32_C(2654435761) >> 8) * 0x1p-24f;
}

static int32_t class_of(int64_t row)
{
    const float a = cell(row, 'a'), b = cell(row, 'b'), c = cell(row, 'c');
    return a >= b && a >= c ? 0 : b >= c ? 1 : 2;
}

/* What stands behind "key=" in one of the words, "" behind "key" alone, or NULL. */
static char *word_of(const part *p, const char *key)
{
    const size_t length = strlen(key);
    for (int i = 4; i < p->words; i++)
        if (strncmp(p->word[i], key, length) == 0 && strchr("=", p->word[i][length]) != NULL)
            return p->word[i] + length + (p->word[i][length] == '=');
    return NULL;
}

static int64_t number_of(const char *text)
{
    int64_t number;
    if (text == NULL || !ls_parse_int64(text, &number)) {
        fprintf(stderr, "make_named: '%s' is no number\n", text ? text : "");
        exit(2);
    }
    return number;
}

static void put_texts(ls_h5_file *file, const char *path, const char *name, char *text, const char *between)
{
    const char *texts[64];
    char letters[64][2];
    int count = 0;
    if (between == NULL)
        for (; text[count] != '\0'; count++) {
            letters[count][0] = text[count];
            letters[count][1] = '\0';
            texts[count] = letters[count];
        }
    else
        for (char *t = strtok(text, between); t != NULL; t = strtok(NULL, between))
            texts[count++] = t;
    need(ls_h5_set_texts(file, path, name, texts, count));
}

static void put_x(ls_h5_file *file, const part *p)
{
    const char *columns = p->word[3];
    const bool turned = word_of(p, "turned") != NULL;
    const int64_t shape[2] = {turned ? p->columns : p->rows, turned ? p->rows : p->columns};
    float *x;
    need(ls_memory_allocate(&x, p->rows * p->columns + 1, sizeof *x, "features"));
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t c = 0; c < p->columns; c++)
            x[turned ? c * p->rows + r : r * p->columns + c] = columns[c] == 'z' ? NAN : cell(p->first + r, columns[c]);
    if (word_of(p, "nan"))
        x[number_of(word_of(p, "nan")) * p->columns] = NAN;
    need(ls_h5_write_float(file, p->x, 2, shape, x));
    if (word_of(p, "index"))
        need(ls_h5_set_int64(file, p->x, "first_index", number_of(word_of(p, "index"))));
    else if (!word_of(p, "plain"))
        put_texts(file, p->x, "column_names", p->word[3], NULL);
    ls_memory_free(x);
}

static void put_values(ls_h5_file *file, const part *p, char *names)
{
    const int64_t shape[2] = {p->rows, (int64_t)strlen(names)};
    float *y;
    need(ls_memory_allocate(&y, shape[0] * shape[1] + 1, sizeof *y, "targets"));
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t c = 0; c < shape[1]; c++) {
            const float a = cell(p->first + r, 'a'), b = cell(p->first + r, 'b');
            y[r * shape[1] + c] = names[c] == 'p' ? a + b : 2 * a - b;
        }
    need(ls_h5_write_float(file, p->y, 2, shape, y));
    put_texts(file, p->y, "column_names", names, NULL);
    ls_memory_free(y);
}

static void put_labels(ls_h5_file *file, const part *p)
{
    const int32_t plus = word_of(p, "plus") ? (int32_t)number_of(word_of(p, "plus")) : 0;
    int32_t *y;
    need(ls_memory_allocate(&y, p->rows + 1, sizeof *y, "labels"));
    for (int64_t r = 0; r < p->rows; r++)
        y[r] = plus + (word_of(p, "sorted") ? (int32_t)(r * CLASSES / p->rows) : class_of(p->first + r));
    if (word_of(p, "label"))
        y[number_of(word_of(p, "label"))] = 7;
    need(ls_h5_write_int32(file, p->y, 1, &p->rows, y));
    if (word_of(p, "classes"))
        put_texts(file, p->y, "class_names", word_of(p, "classes"), ",");
    ls_memory_free(y);
}

static uint64_t natural_of(const char *text)
{
    return text[0] == '\0' ? 0 : strtoull(text, NULL, 10);
}

/* What tells the rows apart. */
static void put_identities(ls_h5_file *file, const part *p)
{
    const char *id = word_of(p, "id"), *real = word_of(p, "real"), *few = word_of(p, "few");
    const int64_t rows = few ? p->columns : p->rows;
    char path[80];
    uint64_t *whole;
    double *half;
    (void)snprintf(path, sizeof path, "%s%s/id", p->word[0][0] ? "/" : "", p->word[0]);
    need(ls_memory_allocate(&whole, rows, sizeof *whole, "identifiers"));
    need(ls_memory_allocate(&half, rows, sizeof *half, "identifiers"));
    for (int64_t r = 0; r < rows; r++) {
        whole[r] = natural_of(few ? few : id ? id : "") + (uint64_t)r;
        half[r] = (double)natural_of(real ? real : "") + (double)r / 2;
    }
    if (id || few)
        need(ls_h5_write_uint64(file, path, 1, &rows, whole));
    else if (real)
        need(ls_h5_write_double(file, path, 1, &rows, half));
    ls_memory_free(whole);
    ls_memory_free(half);
}

static void put_groups(ls_h5_file *file, const part *p)
{
    char *names = word_of(p, "group"), path[80];
    int64_t *group;
    if (names == NULL)
        return;
    (void)snprintf(path, sizeof path, "%s%s/group", p->word[0][0] ? "/" : "", p->word[0]);
    need(ls_memory_allocate(&group, p->rows, sizeof *group, "groups"));
    for (int64_t r = 0; r < p->rows; r++)
        group[r] = r % 3;
    need(ls_h5_write_int64(file, path, 1, &p->rows, group));
    need(ls_h5_set_texts(file, path, "column_names", &(const char *){"g"}, 1));
    if (names[0] != ',')
        put_texts(file, path, "names", names, ",");
    ls_memory_free(group);
}

static void put_part(ls_h5_file *file, char *text)
{
    part p = {.words = 1, .word = {text}};
    for (char *at = text; (at = strchr(at, ':')) != NULL && p.words < WORDS;) {
        *at++ = '\0';
        p.word[p.words++] = at;
    }
    if (p.words < 4) {
        fprintf(stderr, "make_named: a part is GROUP:FIRST:ROWS:COLUMNS\n");
        exit(2);
    }
    p.first = number_of(p.word[1]);
    p.rows = number_of(p.word[2]);
    p.columns = (int64_t)strlen(p.word[3]);
    (void)snprintf(p.x, sizeof p.x, "%s%s/x", p.word[0][0] ? "/" : "", p.word[0]);
    (void)snprintf(p.y, sizeof p.y, "%s%s/y", p.word[0][0] ? "/" : "", p.word[0]);
    put_x(file, &p);
    if (word_of(&p, "targets"))
        put_values(file, &p, word_of(&p, "targets"));
    else
        put_labels(file, &p);
    put_identities(file, &p);
    put_groups(file, &p);
}

int main(int argc, char **argv)
{
    static const char encoding[] = "encoding=";
    ls_h5_file *file;
    if (argc < 3) {
        fprintf(stderr, "usage: make_named FILE GROUP:FIRST:ROWS:COLUMNS[:WORD...]... [encoding=JSON]\n");
        return 2;
    }
    need(ls_h5_create(argv[1], 0, &file));
    for (int i = 2; i < argc; i++)
        if (strncmp(argv[i], encoding, strlen(encoding)) == 0)
            need(ls_h5_set_text(file, "/", "lockstep_encoding", argv[i] + strlen(encoding)));
        else
            put_part(file, argv[i]);
    need(ls_h5_finish(file));
    return 0;
}
