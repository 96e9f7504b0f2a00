/* csv.c - comma-separated rows, RFC 4180: a header, quotes, lines that end in LF or CR LF, UTF-8 with or without a
 * byte order mark. Blanks around an unquoted field do not count, blank lines are passed over.
 *
 * A line without a quote needs no state machine: it is split in place, in one pass over its bytes. A row with one goes
 * line by line to libcsv, so that the place of every row is known exactly. Both ways give the same fields. */
#include "tools/data/table-private.h"
#include "base/crc-private.h"
#include <csv.h>
#include <string.h>

enum {
    READ_SIZE = 1 << 20,  /* bytes asked of the system at once */
    ROW_LIMIT = 64 << 20, /* bytes of a row: more is a quote that is never closed, or no CSV */
    COLUMN_LIMIT = 1000000,
};

/* A row in libcsv's hands. */
struct leat_csv_rows {
    struct csv_parser parser;
    leat_buf text; /* of the fields, one after the other */
    size_t *ends;  /* of each field in `text` */
    size_t n, capacity;
    bool ended, failed, extra; /* the row is complete; out of memory; a field came behind its end */
};

/* ---- the buffer ---- */

/* Makes buffer[t->next.offset - t->buffer_offset] on hold at least one byte more than `have`, if the file has it.
 * *got is then the number of bytes there. */
static leat_status fill(leat_data_table *t, size_t have, size_t *got)
{
    size_t start = 0;
    if (t->next.offset < t->buffer_offset || t->next.offset > t->buffer_offset + t->filled) {
        t->filled = 0; /* a seek to elsewhere */
        t->buffer_offset = t->next.offset;
    } else {
        start = (size_t)(t->next.offset - t->buffer_offset);
    }
    *got = t->filled - start;
    if (*got > have)
        return LEAT_OK;
    if (start > 0) {
        memmove(t->buffer, t->buffer + start, *got);
        t->filled = *got;
        t->buffer_offset += start;
    }
    if (t->buffer_size - t->filled < READ_SIZE) {
        size_t larger = LEAT_MAX(2 * t->buffer_size, (size_t)2 * READ_SIZE);
        char *grown = leat_realloc(t->buffer, larger);
        if (grown == NULL)
            return leat_fail_memory(larger);
        t->buffer = grown;
        t->buffer_size = larger;
    }
    size_t n;
    LEAT_TRY(
        leat_file_read_some(&t->file, t->buffer_offset + t->filled, t->buffer + t->filled, READ_SIZE, &n));
    t->crc = leat_crc32c_extend(t->crc, t->buffer + t->filled, n);
    t->filled += n;
    *got += n;
    return LEAT_OK;
}

/* The line that begins `skip` bytes behind t->next: *line of *size bytes without its LF; *after counts that too.
 * *size and *after are 0 at the end of the file. The pointer is valid until the next call. */
static leat_status get_line(leat_data_table *t, size_t skip, const char **line, size_t *size, size_t *after)
{
    size_t got, searched = skip;
    LEAT_TRY(fill(t, skip, &got));
    for (;;) {
        const char *at = t->buffer + (t->next.offset - t->buffer_offset);
        const char *lf = got > searched ? memchr(at + searched, '\n', got - searched) : NULL;
        *line = at + skip;
        if (lf != NULL) {
            *size = (size_t)(lf - *line);
            *after = *size + 1;
            return LEAT_OK;
        }
        searched = got;
        if (got > ROW_LIMIT)
            return leat_data_table_fail_row(
                t, t->next.line, "the row has more than %d MiB: is a quote never closed?", ROW_LIMIT >> 20);
        LEAT_TRY(fill(t, searched, &got));
        if (got == searched) {
            *line = t->buffer + (t->next.offset - t->buffer_offset) + skip;
            *size = *after = got - skip;
            return LEAT_OK;
        }
    }
}

/* ---- a line without quotes ---- */

static leat_cell trimmed(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (leat_cell){.text = start, .size = (size_t)(end - start)};
}

static leat_status control_byte(const leat_data_table *t, char c)
{
    if (c == '\r')
        return leat_data_table_fail_row(t, t->row.line, "a carriage return in the middle of the line");
    return leat_data_table_fail_row(t, t->row.line, "a NUL byte: this is no text in UTF-8");
}

/* Splits [line, line + size) into `cells` (room for `limit`; more are counted only). *quoted: a quote was met, nothing
 * else counts. */
static leat_status split(const leat_data_table *t, const char *line, size_t size, leat_cell *cells,
                         size_t limit, size_t *n, bool *quoted)
{
    const char *end = line + size, *field = line;
    const char separator = t->separator;
    size_t count = 0;
    for (const char *c = line; c < end; c++) {
        /* Nearly every byte of a table of numbers is a digit or a point: one comparison. */
        if ((unsigned char)*c > ',')
            continue;
        if (*c == separator) {
            if (count < limit)
                cells[count] = trimmed(field, c);
            count++;
            field = c + 1;
        } else if (*c == '"') {
            *quoted = true;
            return LEAT_OK;
        } else if (*c == '\r' || *c == '\0') {
            return control_byte(t, *c);
        }
    }
    if (count < limit)
        cells[count] = trimmed(field, end);
    *n = count + 1;
    return LEAT_OK;
}

/* ---- a row with quotes: libcsv ---- */

static void on_field(void *text, size_t size, void *user)
{
    struct leat_csv_rows *q = user;
    q->extra |= q->ended;
    if (leat_grow(&q->ends, &q->capacity, q->n + 1, sizeof *q->ends) != LEAT_OK) {
        q->failed = true;
        return;
    }
    leat_buf_append(&q->text, text != NULL ? text : "", size);
    q->ends[q->n++] = q->text.size;
}

static void on_row(int terminator, void *user)
{
    struct leat_csv_rows *q = user;
    (void)terminator;
    q->ended = true;
}

static leat_status quoted_start(leat_data_table *t)
{
    struct leat_csv_rows *q = t->quoted;
    if (q == NULL) {
        q = t->quoted = leat_alloc_zero(1, sizeof *q);
        if (q == NULL)
            return leat_fail_memory(sizeof *q);
    } else {
        csv_free(&q->parser);
    }
    if (csv_init(&q->parser, CSV_STRICT) != 0)
        return leat_fail(LEAT_ERR_INTERNAL, "libcsv cannot be initialised");
    csv_set_realloc_func(&q->parser, leat_realloc);
    csv_set_free_func(&q->parser, leat_free);
    csv_set_blk_size(&q->parser,
                     1 << 20); /* libcsv grows by this much at a time: copies of a long cell are few */
    csv_set_delim(&q->parser, (unsigned char)t->separator);
    leat_buf_clear(&q->text);
    q->n = 0;
    q->ended = q->failed = q->extra = false;
    return LEAT_OK;
}

static leat_status quoted_feed(leat_data_table *t, const char *bytes, size_t n, uint64_t line)
{
    struct leat_csv_rows *q = t->quoted;
    if (csv_parse(&q->parser, bytes, n, on_field, on_row, q) != n) {
        if (csv_error(&q->parser) == CSV_ENOMEM)
            return leat_fail_memory(n);
        return leat_data_table_fail_row(
            t, line, "a quote in the middle of a field (write it twice, in a quoted field)");
    }
    if (q->failed)
        return LEAT_ERR_NO_MEMORY;
    if (q->extra)
        return control_byte(t, '\r');
    return leat_buf_status(&q->text);
}

/* The row that begins at t->next, however many lines it has: its fields to t->quoted, *after bytes and *lines lines
 * to the next row. */
static leat_status quoted_row(leat_data_table *t, size_t *after, uint64_t *lines)
{
    struct leat_csv_rows *q;
    LEAT_TRY(quoted_start(t));
    q = t->quoted;
    *after = 0;
    *lines = 0;
    while (!q->ended) {
        const char *line;
        size_t size, step;
        LEAT_TRY(get_line(t, *after, &line, &size, &step));
        if (step == 0)
            return leat_data_table_fail_row(t, t->row.line, "a quote is never closed");
        if (*after > ROW_LIMIT)
            return leat_data_table_fail_row(
                t, t->row.line, "the row has more than %d MiB: is a quote never closed?", ROW_LIMIT >> 20);
        const char *nul = memchr(line, '\0', size);
        if (nul != NULL)
            return control_byte(t, *nul);
        LEAT_TRY(quoted_feed(t, line, step, t->next.line + *lines));
        if (step == size && !q->ended) /* the last line has no LF; libcsv ends the row only at one */
            LEAT_TRY(quoted_feed(t, "\n", 1, t->next.line + *lines));
        *after += step;
        ++*lines;
    }
    return LEAT_OK;
}

static void quoted_cells(const struct leat_csv_rows *q, leat_cell *cells, size_t limit)
{
    size_t start = 0;
    for (size_t i = 0; i < q->n && i < limit; i++) {
        cells[i] =
            (leat_cell){.text = q->text.size > 0 ? q->text.data + start : "", .size = q->ends[i] - start};
        start = q->ends[i];
    }
}

/* ---- rows ---- */

/* The row at t->next (*end: none): its fields to `cells`, their number to *n. */
static leat_status read_row(leat_data_table *t, leat_cell *cells, size_t limit, size_t *n, bool *end)
{
    *end = false;
    for (;;) {
        const char *line;
        size_t size, after;
        uint64_t lines = 1;
        bool quoted = false;
        LEAT_TRY(get_line(t, 0, &line, &size, &after));
        t->row = t->next;
        if (after == 0) {
            *end = true;
            return LEAT_OK;
        }
        /* CR LF ends a line, and so does the CR of a last line whose LF was lost. */
        size_t text_size = size > 0 && line[size - 1] == '\r' ? size - 1 : size;
        LEAT_TRY(split(t, line, text_size, cells, limit, n, &quoted));
        if (quoted) {
            LEAT_TRY(quoted_row(t, &after, &lines));
            *n = t->quoted->n;
            quoted_cells(t->quoted, cells, limit);
        }
        t->next.offset += after;
        t->next.line += lines;
        bool blank = !quoted && *n == 1 && trimmed(line, line + text_size).size == 0;
        if (!blank)
            return LEAT_OK;
    }
}

static leat_status csv_next(leat_data_table *t, bool *end)
{
    size_t n;
    LEAT_TRY(read_row(t, t->cells, t->n_columns, &n, end));
    if (!*end && n != t->n_columns)
        return leat_data_table_fail_row(t, t->row.line, "%zu fields where the header has %zu", n,
                                        t->n_columns);
    return LEAT_OK;
}

/* Refuses what is no UTF-8 text before it is taken for a strange header, and steps over a byte order mark. */
static leat_status look_at_start(leat_data_table *t)
{
    size_t got;
    LEAT_TRY(fill(t, 0, &got));
    const unsigned char *b = (const unsigned char *)t->buffer;
    if (got == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: the file is empty", t->file.path);
    if (got >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s:1: this is UTF-16; save it as UTF-8", t->file.path);
    if (got >= 3 && memcmp(b, "\xef\xbb\xbf", 3) == 0)
        t->next.offset = 3;
    const char *cr = memchr(t->buffer, '\r', got);
    if (cr != NULL && cr + 1 < t->buffer + got && cr[1] != '\n' && memchr(t->buffer, '\n', got) == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s:1: lines end in CR alone; only LF and CR LF are read",
                         t->file.path);
    return LEAT_OK;
}

static leat_status csv_open(leat_data_table *t)
{
    t->next.line = 1;
    LEAT_TRY(look_at_start(t));
    size_t n = 0, room = 64;
    leat_cell *names = NULL;
    leat_status st;
    bool end;
    do { /* once more where the header has more fields than there is room */
        room = LEAT_MAX(n, room);
        leat_cell *larger = leat_realloc_array(names, room, sizeof *names);
        leat_place start = t->next;
        st = larger != NULL ? LEAT_OK : leat_fail_memory(room * sizeof *names);
        names = larger != NULL ? larger : names;
        if (st == LEAT_OK)
            st = read_row(t, names, room, &n, &end);
        if (st == LEAT_OK && end)
            st = leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: the file has no header", t->file.path);
        if (st == LEAT_OK && n > COLUMN_LIMIT)
            st = leat_data_table_fail_row(t, t->row.line, "more than %d columns", COLUMN_LIMIT);
        if (st == LEAT_OK && n > room)
            t->next = start;
    } while (st == LEAT_OK && n > room);
    if (st == LEAT_OK)
        st = leat_data_table_set_columns(t, names, n);
    leat_free(names);
    return st;
}

static void csv_close(leat_data_table *t)
{
    if (t->quoted != NULL) {
        csv_free(&t->quoted->parser);
        leat_buf_free(&t->quoted->text);
        leat_free(t->quoted->ends);
        leat_free(t->quoted);
    }
    leat_free(t->buffer);
}

const struct leat_data_table_kind leat_data_table_csv = {
    .open = csv_open, .next = csv_next, .close = csv_close, .line_word = ""};
