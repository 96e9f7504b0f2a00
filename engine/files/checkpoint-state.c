/* The state file, in protobuf's text format. */
#include "config.h"
#include "checkpoint-private.h"

#include <stdio.h>
#include <string.h>
#include "bundle-writer-private.h"

enum { LARGEST = 16 << 20, NESTING = 100 };

/* ---- reading ---- */

typedef struct text_reader {
    const char *path, *dir;
    const char *start, *at, *end;
    size_t times;    /* timestamps seen */
    bool moved_told; /* that the directory was another one when the file was written */
    leat_checkpoint_state *state;
} text_reader;

static leat_status damaged(const text_reader *r, const char *reason)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "%s:%zu: %s", r->path, (size_t)(r->at - r->start), reason);
}

static void skip_blanks(text_reader *r)
{
    while (r->at < r->end) {
        if (*r->at == '#')
            while (r->at < r->end && *r->at != '\n')
                r->at++;
        else if (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
            r->at++;
        else
            return;
    }
}

static bool next_is(text_reader *r, char c)
{
    skip_blanks(r);
    return r->at < r->end && *r->at == c;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '+' || c == '-';
}

static bool take_word(text_reader *r, char *to, size_t size)
{
    size_t n = 0;
    skip_blanks(r);
    while (r->at < r->end && is_word(*r->at) && n + 1 < size)
        to[n++] = *r->at++;
    to[n] = 0;
    return n > 0 && (r->at == r->end || !is_word(*r->at));
}

static int digit(char c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 16;
    return value < base ? value : -1;
}

/* \n and its like, \ooo, \xhh; r->at stands after the backslash. */
static bool take_escape(text_reader *r, leat_buf *to)
{
    static const char from[] = "abfnrtv\\'\"?", into[] = "\a\b\f\n\r\t\v\\'\"?";
    if (r->at == r->end)
        return false;
    const char *plain = *r->at != 0 ? strchr(from, *r->at) : NULL;
    if (plain != NULL) {
        leat_buf_putc(to, into[plain - from]);
        r->at++;
        return true;
    }
    int base = *r->at == 'x' || *r->at == 'X' ? 16 : 8, most = base == 16 ? 2 : 3, value = 0, n = 0;
    r->at += base == 16;
    for (; n < most && r->at < r->end && digit(*r->at, base) >= 0; n++)
        value = value * base + digit(*r->at++, base);
    leat_buf_putc(to, (char)value);
    return n > 0 && value < 256;
}

/* One or more quoted strings, which count as one. */
static leat_status take_string(text_reader *r, leat_buf *to)
{
    leat_buf_clear(to);
    if (!next_is(r, '"') && !next_is(r, '\''))
        return damaged(r, "a string is expected");
    while (next_is(r, '"') || next_is(r, '\'')) {
        char quote = *r->at++;
        while (r->at < r->end && *r->at != quote && *r->at != '\n') {
            if (*r->at != '\\')
                leat_buf_putc(to, *r->at++);
            else if (r->at++, !take_escape(r, to))
                return damaged(r, "a string has a damaged escape");
        }
        if (r->at == r->end || *r->at != quote)
            return damaged(r, "a string does not end");
        r->at++;
    }
    return leat_buf_status(to);
}

/* Passes over the value of a field that nobody knows. */
static leat_status skip_value(text_reader *r, leat_buf *scratch)
{
    char word[64], open[NESTING];
    size_t depth = 0;
    do {
        if (next_is(r, '"') || next_is(r, '\'')) {
            LEAT_TRY(take_string(r, scratch));
        } else if (next_is(r, '{') || next_is(r, '<') || next_is(r, '[')) {
            if (depth == NESTING)
                return damaged(r, "messages are nested too deep");
            open[depth++] = *r->at++ == '{' ? '}' : r->at[-1] == '<' ? '>' : ']';
        } else if (depth > 0 && next_is(r, open[depth - 1])) {
            depth--;
            r->at++;
        } else if (depth > 0 && (next_is(r, ':') || next_is(r, ',') || next_is(r, ';'))) {
            r->at++;
        } else if (!take_word(r, word, sizeof word)) {
            return damaged(r, "a value is expected");
        }
    } while (depth > 0);
    return LEAT_OK;
}

/* ---- paths ---- */

/* Does `path` mean a file of the directory that `r` reads? Then *name is its name there, else its last part. A state file
 * may hold names, or paths that begin with the directory; nothing above the directory or beside it is ever touched. */
static bool name_within(const char *dir, const char *path, const char **name)
{
    const char *base = leat_path_base(path);
    *name = base;
    if (*base == 0 || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return false;
    if (base == path)
        return true;
    char *of_path = leat_path_dir(path);
    if (of_path == NULL)
        return false;
    bool same = leat_path_same_dir(of_path, dir);
    if (!same && *path != '/') { /* "sub/x" is relative to the directory, "./x" the same */
        char *joined = leat_path_join(dir, of_path);
        same = joined != NULL && leat_path_same_dir(joined, dir);
        leat_free(joined);
    }
    leat_free(of_path);
    return same;
}

/* TensorFlow writes absolute paths where it was given one to save to, and then can't read a run that was copied or moved. Here
 * such a path means the checkpoint of the same name in the state file's own directory, if there is one. */
static bool moved_here(text_reader *r, const char *path, const char *name)
{
    if (*path != '/' || *name == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    char *here = leat_path_join(r->dir, name);
    bool is = here != NULL && leat_checkpoint_exists(here);
    leat_free(here);
    if (is && !r->moved_told)
        leat_note(LEAT_LOG_WARNING, "%s: '%s' is not in this directory: '%s', which is, is taken for it",
                  r->path, path, name);
    r->moved_told |= is;
    return is;
}

/* *name is NULL where a checkpoint of another directory is named that this one lacks, and `required` is false. */
static leat_status take_path(text_reader *r, const leat_buf *text, bool required, char **name)
{
    const char *within;
    *name = NULL;
    if (text->size == 0 || strlen(text->data) != text->size)
        return damaged(r, "an empty path, or one with a NUL");
    if (!name_within(r->dir, text->data, &within) && !moved_here(r, text->data, within)) {
        if (!required && *text->data == '/')
            return LEAT_OK;
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s:%zu: '%s' is not in this directory", r->path,
                         (size_t)(r->at - r->start), text->data);
    }
    *name = leat_strdup(within);
    return *name != NULL ? LEAT_OK : leat_fail_memory(text->size);
}

static leat_status take_number(text_reader *r, double *value)
{
    char word[64];
    if (!take_word(r, word, sizeof word) || !leat_parse_f64(word, value))
        return damaged(r, "a number is expected");
    return LEAT_OK;
}

static leat_status take_field(text_reader *r, const char *field, leat_buf *text)
{
    leat_checkpoint_state *s = r->state;
    bool colon = next_is(r, ':');
    r->at += colon;
    if (!colon && !next_is(r, '{') && !next_is(r, '<'))
        return damaged(r, "':' is expected");
    if (strcmp(field, "model_checkpoint_path") == 0) {
        LEAT_TRY(take_string(r, text));
        leat_free(s->latest);
        s->latest = NULL;
        return take_path(r, text, true, &s->latest);
    }
    if (strcmp(field, "all_model_checkpoint_paths") == 0) {
        LEAT_TRY(take_string(r, text));
        LEAT_TRY(leat_grow(&s->items, &s->capacity, s->count + 1, sizeof *s->items));
        s->items[s->count] = (leat_checkpoint_item){0};
        return take_path(r, text, false, &s->items[s->count++].name);
    }
    double value;
    if (strcmp(field, "all_model_checkpoint_timestamps") == 0) {
        LEAT_TRY(take_number(r, &value));
        if (r->times < s->count) /* TensorFlow writes the paths first; else the times are lost, no more */
            s->items[r->times].time = value;
        r->times++;
        return LEAT_OK;
    }
    if (strcmp(field, "last_preserved_timestamp") == 0)
        return take_number(r, &s->preserved);
    return skip_value(r, text);
}

static void drop_nameless(leat_checkpoint_state *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].name != NULL)
            s->items[kept++] = s->items[i];
    s->count = kept;
}

static leat_status parse(text_reader *r)
{
    char field[64];
    leat_buf text = {0};
    leat_status status = LEAT_OK;
    for (skip_blanks(r); r->at < r->end && status == LEAT_OK; skip_blanks(r)) {
        status = take_word(r, field, sizeof field) ? take_field(r, field, &text)
                                                   : damaged(r, "a field's name is expected");
        if (status == LEAT_OK && (next_is(r, ',') || next_is(r, ';')))
            r->at++;
    }
    if (status == LEAT_OK && r->state->latest == NULL)
        status = damaged(r, "no model_checkpoint_path");
    drop_nameless(r->state); /* not before: the times count them */
    leat_buf_free(&text);
    return status;
}

leat_status leat_checkpoint_state_read(leat_checkpoint_state *s, const char *dir, const char *file)
{
    leat_buf text = {0};
    char *path = leat_path_join(dir, file);
    leat_status status =
        path != NULL ? leat_file_read_all(path, LARGEST, &text) : leat_fail_memory(strlen(dir));
    leat_checkpoint_state_free(s);
    if (status == LEAT_OK) {
        const char *start = text.data != NULL ? text.data : "";
        text_reader r = {
            .path = path, .dir = dir, .start = start, .at = start, .end = start + text.size, .state = s};
        status = parse(&r);
    }
    if (status != LEAT_OK)
        leat_checkpoint_state_free(s);
    leat_buf_free(&text);
    leat_free(path);
    return status;
}

void leat_checkpoint_state_free(leat_checkpoint_state *s)
{
    for (size_t i = 0; i < s->count; i++)
        leat_free(s->items[i].name);
    leat_free(s->items);
    leat_free(s->latest);
    *s = (leat_checkpoint_state){0};
}

/* ---- writing ---- */

static void put_path(leat_buf *b, const char *field, const char *path)
{
    leat_buf_printf(b, "%s: \"", field);
    for (; *path != 0; path++) {
        uint8_t c = (uint8_t)*path;
        if (c == '"' || c == '\\')
            leat_buf_printf(b, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            leat_buf_printf(b, "\\%03o", c);
        else
            leat_buf_putc(b, (char)c);
    }
    leat_buf_puts(b, "\"\n");
}

static void put_time(leat_buf *b, const char *field, double time)
{
    char number[32];
    leat_buf_printf(b, "%s: %s\n", field, leat_format_f64(number, time));
}

leat_status leat_checkpoint_state_write(const leat_checkpoint_state *s, const char *dir)
{
    leat_buf text = {0};
    if (s->latest != NULL)
        put_path(&text, "model_checkpoint_path", s->latest);
    for (size_t i = 0; i < s->count; i++)
        put_path(&text, "all_model_checkpoint_paths", s->items[i].name);
    for (size_t i = 0; i < s->count; i++)
        put_time(&text, "all_model_checkpoint_timestamps", s->items[i].time);
    if (s->preserved != 0)
        put_time(&text, "last_preserved_timestamp", s->preserved);
    char *path = leat_path_join(dir, LEAT_CHECKPOINT_STATE);
    leat_status status = path != NULL ? leat_buf_status(&text) : leat_fail_memory(strlen(dir));
    if (status == LEAT_OK) {
        leat_commit c;
        status = leat_commit_begin(&c, path, LEAT_SAVE_INFIX, false);
        if (status == LEAT_OK)
            status = leat_file_write(&c.file, text.data, text.size);
        status = leat_commit_end(&c, status, true);
    }
    leat_free(path);
    leat_buf_free(&text);
    return status;
}
