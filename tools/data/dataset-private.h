/* dataset-private.h - what the files of tools/data share about an open data set. */
#ifndef LEAT_DATASET_PRIVATE_H
#define LEAT_DATASET_PRIVATE_H

#include <math.h>
#include "tools/data/data-private.h"
#include "tools/data/table-private.h"

enum { LEAT_BLOCK_ROWS = 1024 };

/* LEAT_BLOCK_ROWS rows (the last block: those that are left), without the rows left out. */
struct leat_block {
    leat_place place;      /* of its first row */
    uint64_t train_before; /* training rows in all blocks before it */
};

/* How many values of a schema column were replaced in the rows read so far. */
typedef struct leat_data_gaps {
    uint64_t missing, unseen;
} leat_data_gaps;

struct leat_data {
    leat_data_table table;
    leat_schema schema;
    size_t *source;       /* the table's column of each schema column */
    size_t target_source; /* the table's column of the target; table.n_columns: none */
    bool leave_out;       /* rows without a target do not count */
    bool strict_classes;  /* a class that is not in the schema is an error */

    uint64_t n_rows, n_train, left_out;
    struct leat_block *blocks;
    size_t n_blocks, blocks_capacity;
    uint8_t *held_out; /* bit r: row r is for validation; NULL: the rows from n_train on are */
    leat_fingerprint fingerprint;

    uint64_t next_row; /* the row that the table gives next */

    leat_rows memory; /* all rows prepared, or memory.x == NULL */

    /* By schema column. `missing` is complete from the start where statistics were made; else both are counted the
     * first time that a row is prepared in order, up to row counted_to. */
    leat_data_gaps *gaps;
    bool missing_known, missing_told, unseen_told;
    uint64_t counted_to;

    void (*progress)(void *user, const char *what, uint64_t done, uint64_t total);
    void *user;
};

static inline bool leat_row_held_out(const leat_data *d, uint64_t row)
{
    return d->held_out != NULL ? (d->held_out[row / 8] >> (row % 8) & 1) != 0 : row >= d->n_train;
}

/* ---- cells (cell.c, number.c) ---- */

/* As leat_parse_f64_n, and the same values, only faster for what tables hold. */
bool leat_number_parse(const char *text, size_t n, double *out);

bool leat_cell_missing(const leat_cell *c);
/* true and *value (never NaN or infinite, within float32's range) or false; *reason then says why, for a message that
 * begins with the cell's text. A missing cell is not asked. */
bool leat_cell_number(const leat_cell *c, double *value, const char **reason);
/* The cell's text; a number's is written to buf (32 bytes). */
const char *leat_cell_text(const leat_cell *c, char *buf, size_t *size);
/* "12,5": a number in another country's notation, which nobody means as a category. */
bool leat_cell_decimal_comma(const leat_cell *c);
/* Fails as leat_data_table_fail does, with "'text' reason", the text cut to a decent length. */
leat_status leat_cell_fail(const leat_data_table *t, size_t column, const char *reason);

/* ---- categories (schema.c) ---- */

/* Index of a name, or `n`. */
size_t leat_categories_find(const leat_categories *c, const char *text, size_t size);
leat_status leat_categories_add(leat_categories *c, const char *text, size_t size) LEAT_MUST_CHECK;
leat_status leat_categories_sort(leat_categories *c) LEAT_MUST_CHECK;
void leat_categories_free(leat_categories *c);
/* Sets first_feature, n_features and s->n_features from the categories. */
leat_status leat_schema_lay_out(leat_schema *s, const char *path) LEAT_MUST_CHECK;

/* ---- reading (read.c, prepare.c) ---- */

/* The next row that counts, into the table's cells; the file must have it. */
leat_status leat_data_next(leat_data *d) LEAT_MUST_CHECK;
/* Makes `row` the next one. */
leat_status leat_data_seek(leat_data *d, uint64_t row) LEAT_MUST_CHECK;
/* Prepares the table's current row into rows at index i. `count`: add to the gaps. */
leat_status leat_data_prepare(leat_data *d, leat_rows *rows, size_t i, bool count) LEAT_MUST_CHECK;
/* Tells leat_log, once, how many values were replaced. */
void leat_data_tell_gaps(leat_data *d);
/* Prepares all rows into d->memory. */
leat_status leat_data_load(leat_data *d) LEAT_MUST_CHECK;

/* ---- passes over the file (scan.c, statistics.c) ---- */

/* Called every LEAT_BLOCK_ROWS rows: progress, and LEAT_ERR_CANCELLED after a signal. */
leat_status leat_data_tick(leat_data *d, const char *what) LEAT_MUST_CHECK;
/* Counts rows, makes the index of blocks and the fingerprint. on_row (may be NULL) sees every row that counts. */
leat_status leat_data_scan(leat_data *d, leat_status (*on_row)(leat_data *d, void *user),
                           void *user) LEAT_MUST_CHECK;
leat_status leat_data_split(leat_data *d, const leat_data_options *o) LEAT_MUST_CHECK;
/* Scans, splits, and fills the schema. */
leat_status leat_data_statistics(leat_data *d, const leat_data_options *o) LEAT_MUST_CHECK;

/* ---- random numbers (random.c): SplitMix64, the same on every machine ---- */

typedef struct leat_data_random {
    uint64_t state;
} leat_data_random;
/* A stream of its own for each (seed, a, b). */
leat_data_random leat_data_random_start(uint64_t seed, uint64_t a, uint64_t b);
uint64_t leat_data_random_below(leat_data_random *r, uint64_t n); /* uniform in 0 .. n-1, n > 0 */

#endif
