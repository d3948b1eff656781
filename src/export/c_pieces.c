/* Cuts C sources that are laid out as this project's into definitions, and writes some of them. */
#include "export/c_pieces.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* ---- lines ---- */

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static int line_length(const char *line)
{
    return (int)strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return *line ? line + 1 : line;
}

static bool ends(const char *line, char with)
{
    const int length = line_length(line);
    return length > 0 && line[length - 1] == with;
}

/* Behind the last line of the comment that begins here. */
static const char *behind_comment(const char *line)
{
    const char *end = strstr(line, "*/");
    return next_line(end ? end : line + strlen(line));
}

/* ---- one definition ---- */

/* Behind a macro's last line. */
static const char *behind_macro(const char *line)
{
    while (ends(line, '\\'))
        line = next_line(line);
    return next_line(line);
}

/* Behind the line that ends what begins here: "}" or "} name;" in its first column, or before any '{' a ';', or a ')'
 * that no '{' follows. */
static const char *behind_definition(const char *line)
{
    bool open = false;
    for (; *line; line = next_line(line)) {
        const char *next = next_line(line);
        open = open || memchr(line, '{', (size_t)line_length(line)) != NULL;
        if (line[0] == '}' || (!open && (ends(line, ';') || (ends(line, ')') && !begins(next, "{")))))
            return next;
    }
    return line;
}

static void set_name(ls_c_piece *piece, const char *name, int length)
{
    piece->name = name;
    piece->name_length = length;
}

/* The word that ends in front of `end`. */
static void name_before(ls_c_piece *piece, const char *end)
{
    const char *begin = end;
    while (begin > piece->text && is_word(begin[-1]))
        begin--;
    set_name(piece, begin, (int)(end - begin));
}

/* A type's name stands at its end, a function's in front of its first parenthesis. False: neither is there. */
static bool name_definition(ls_c_piece *piece, const char *first, const char *end)
{
    if (end[-1] == '\n')
        end--;
    if (begins(first, "typedef ")) {
        name_before(piece, end - 1);
        return true;
    }
    const char *parenthesis = memchr(first, '(', (size_t)(end - first));
    if (!parenthesis || end[-1] != '}')
        return false;
    name_before(piece, parenthesis);
    return true;
}

static void keep(ls_c_pieces *pieces, const ls_c_piece *piece, const char *end)
{
    if (pieces->count == LS_C_PIECES || piece->name_length == 0)
        return;
    pieces->piece[pieces->count] = *piece;
    pieces->piece[pieces->count++].length = (int)(end - piece->text);
}

static void cut(ls_c_pieces *pieces, const char *line)
{
    const char *comment = NULL; /* the one that ends in front of this line */
    while (*line) {
        ls_c_piece piece = {.text = comment ? comment : line};
        const char *first = line;
        comment = NULL;
        if (begins(line, "/*")) {
            comment = line;
            line = behind_comment(line);
        } else if (begins(line, "#define ")) {
            set_name(&piece, line + 8,
                     (int)strspn(line + 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"));
            line = behind_macro(line);
            keep(pieces, &piece, line);
        } else if (line[0] == '#' || line[0] == '\n') {
            line = next_line(line);
        } else {
            line = behind_definition(line);
            if (name_definition(&piece, first, line))
                keep(pieces, &piece, line);
        }
    }
}

void ls_c_pieces_find(ls_c_pieces *pieces)
{
    memset(pieces, 0, sizeof *pieces);
    for (int i = 0; ls_c_pieces_texts[i]; i++)
        cut(pieces, ls_c_pieces_texts[i]);
}

/* ---- words of a piece ---- */

/* The next thing in front of `end`: a comment, a word (*word), a number, or one character; returns its length. */
static int next_token(const char *at, const char *end, bool *word)
{
    const char *from = at;
    *word = isalpha((unsigned char)*at) || *at == '_';
    if (at[0] == '/' && at[1] == '*') {
        const char *close = strstr(at, "*/");
        return close && close < end ? (int)(close + 2 - from) : (int)(end - from);
    }
    if (!is_word(*at))
        return 1;
    while (at < end && (is_word(*at) || (!*word && (*at == '.' || ((*at == '-' || *at == '+') && at[-1] == 'p')))))
        at++;
    return (int)(at - from);
}

/* Words of this program, and what C99 has for them. */
static const struct {
    const char *word, *c99;
} translated[] = {{"LS_INLINE", "static inline"}, {"__builtin_fmaf", "fmaf"}, {"__builtin_fma", "fma"}};

static const char *translate(const char *word, int length)
{
    for (size_t i = 0; i < sizeof translated / sizeof *translated; i++)
        if (strlen(translated[i].word) == (size_t)length && memcmp(translated[i].word, word, (size_t)length) == 0)
            return translated[i].c99;
    return NULL;
}

static int find_piece(const ls_c_pieces *pieces, const char *name, int length)
{
    for (int i = 0; i < pieces->count; i++)
        if (pieces->piece[i].name_length == length && memcmp(pieces->piece[i].name, name, (size_t)length) == 0)
            return i;
    return -1;
}

static void want(ls_c_pieces *pieces, int index)
{
    ls_c_piece *piece = &pieces->piece[index];
    const char *at = piece->text, *end = at + piece->length;
    if (piece->wanted)
        return;
    piece->wanted = true;
    while (at < end) {
        bool word;
        const int length = next_token(at, end, &word);
        const int used = word && !translate(at, length) ? find_piece(pieces, at, length) : -1;
        if (used >= 0)
            want(pieces, used);
        at += length;
    }
}

bool ls_c_pieces_have(const ls_c_pieces *pieces, const char *name)
{
    return find_piece(pieces, name, (int)strlen(name)) >= 0;
}

bool ls_c_pieces_want(ls_c_pieces *pieces, const char *name)
{
    const int index = find_piece(pieces, name, (int)strlen(name));
    if (index >= 0)
        want(pieces, index);
    return index >= 0;
}

/* ---- writing ---- */

static void write_word(const ls_c_pieces *pieces, const char *prefix, const char *word, int length, FILE *out)
{
    const char *c99 = translate(word, length);
    const bool own = length > 3 && begins(word, "ls_");
    if (c99)
        (void)fputs(c99, out);
    else if (own)
        (void)fprintf(out, "%s_%.*s", prefix, length - 3, word + 3);
    else if (find_piece(pieces, word, length) >= 0)
        (void)fprintf(out, "%s_unit_%.*s", prefix, length, word);
    else
        (void)fwrite(word, 1, (size_t)length, out);
}

static void write_piece(const ls_c_pieces *pieces, const ls_c_piece *piece, const char *prefix, FILE *out)
{
    const char *at = piece->text, *end = at + piece->length;
    while (at < end) {
        bool word;
        const int length = next_token(at, end, &word);
        if (word)
            write_word(pieces, prefix, at, length, out);
        else
            (void)fwrite(at, 1, (size_t)length, out);
        at += length;
    }
    (void)fputc('\n', out);
}

void ls_c_pieces_write(const ls_c_pieces *pieces, const char *prefix, FILE *out)
{
    for (int i = 0; i < pieces->count; i++)
        if (pieces->piece[i].wanted)
            write_piece(pieces, &pieces->piece[i], prefix, out);
}
