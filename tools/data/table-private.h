/* table-private.h - a table as a stream of rows: the one interface behind which CSV and .npy files are the same. */
#ifndef LEAT_TABLE_PRIVATE_H
#define LEAT_TABLE_PRIVATE_H

#include "base/file-private.h"

/* One field of the current row. A CSV field is text (not NUL-terminated, blanks around an unquoted one removed); a
 * .npy field is a number, and text is NULL. */
typedef struct leat_cell {
    const char *text;
    size_t size;
    double number;
} leat_cell;

/* Where a row begins: what leat_data_table_seek takes, and what an index of rows is made of. */
typedef struct leat_place {
    uint64_t offset; /* in bytes */
    uint64_t line;   /* counted from 1; of a .npy file the row's number */
} leat_place;

typedef struct leat_data_table leat_data_table;

struct leat_data_table_kind {
    /* Reads the header: fills columns. */
    leat_status (*open)(leat_data_table *t);
    /* Fills cells and row from the row at `next`, and moves `next` behind it. */
    leat_status (*next)(leat_data_table *t, bool *end);
    void (*close)(leat_data_table *t);
    const char *line_word; /* what `line` counts, in messages: "" for lines of text */
};

struct leat_data_table {
    const struct leat_data_table_kind *kind;
    leat_file file;
    char **columns; /* names, valid UTF-8, no duplicates; "" where the file names none */
    size_t n_columns;
    leat_cell *cells;     /* of the current row; valid until the next call */
    leat_place row, next; /* where the current row begins, and the one after it */
    uint32_t crc;         /* CRC32C of the bytes read so far, if read from the start without a seek */
    /* CSV */
    char *buffer;
    size_t buffer_size, filled;
    uint64_t buffer_offset; /* of buffer[0] in the file */
    char separator;
    struct leat_csv_rows *quoted; /* libcsv's side, made at the first quoted row */
    /* .npy */
    struct leat_npy_rows *npy;
};

extern const struct leat_data_table_kind leat_data_table_csv, leat_data_table_npy;

/* Opens FILE.npy as an array, FILE.tsv with tabs, anything else as CSV; reads the header. Free with leat_data_table_close,
 * also after a failure. */
leat_status leat_data_table_open(leat_data_table *t, const char *path) LEAT_MUST_CHECK;
void leat_data_table_close(leat_data_table *t);

/* Reads the next row; *end where there is none. */
leat_status leat_data_table_next(leat_data_table *t, bool *end) LEAT_MUST_CHECK;
/* Continues at a row met before (its t->row). */
void leat_data_table_seek(leat_data_table *t, leat_place place);

/* Index of a column, or n_columns. */
size_t leat_data_table_find(const leat_data_table *t, const char *name);

/* Fails with "FILE:LINE: column 'NAME': reason" for the current row. */
leat_status leat_data_table_fail(const leat_data_table *t, size_t column, const char *format, ...)
    LEAT_PRINTF(3, 4);
/* The same without a column. */
leat_status leat_data_table_fail_row(const leat_data_table *t, uint64_t line, const char *format, ...)
    LEAT_PRINTF(3, 4);

/* Names are copied into t->columns after these checks: valid UTF-8, not twice the same, at least one. */
leat_status leat_data_table_set_columns(leat_data_table *t, const leat_cell *names, size_t n) LEAT_MUST_CHECK;

#endif
