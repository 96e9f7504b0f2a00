/* data-private.h - the data of `leat train` and `leat predict`: a table's rows as float32 matrices, prepared the same
 * way, to the same bits, wherever they come from.
 *
 * Policies, which doc and train.json repeat:
 * - A column is numeric if its first present value is a number, else categorical; a text in a numeric column is then an
 *   error that names line and column (`categorical` makes it a category on purpose).
 * - Missing are: an empty field, NA, N/A, null, NULL, None, and nan in any case and with a sign. A missing number becomes the mean of the
 *   training rows, a missing category is a category of its own if training rows have any, rows without a target are
 *   left out of training. Each is counted and told. Infinities, and numbers beyond float32, are refused.
 * - A categorical column becomes one feature (0 or 1) per category; the categories are those of the training rows, in
 *   order of their bytes (of their values, if all are numbers). At most 1,000 of them in the file. A category that training did
 *   not see sets none of the features; it is counted and told.
 * - Means and population standard deviations are of the present values of the training rows only, in double, in the
 *   order of the file. `standardize` makes (x - mean) / deviation of numeric features (x - mean where the deviation is
 *   0), in double, rounded once; one-hot features stay 0 and 1.
 * - Features stand in the order of the columns of the training file.
 *
 * Not thread-safe; a leat_data belongs to one thread at a time. */
#ifndef LEAT_DATA_PRIVATE_H
#define LEAT_DATA_PRIVATE_H

#include "base/base-private.h"

enum { LEAT_MAX_CATEGORIES = 1000 };

/* ---- schema: how rows become features; saved in train.json ---- */

typedef struct leat_categories {
    char **names; /* in feature order */
    size_t n;
    leat_map index; /* name -> its entry in `names` */
} leat_categories;

typedef struct leat_column {
    char *name;
    bool categorical;
    /* numeric: of the training rows' present values */
    double mean, deviation;
    leat_categories categories; /* categorical */
    bool missing_category;      /* one more feature, behind the categories: the value is missing */
    size_t first_feature, n_features;
} leat_column;

typedef struct leat_schema {
    leat_column *columns; /* without the target and the ignored ones, in the order of the training file */
    size_t n_columns, n_features;
    char *target;
    bool classes;                /* classification: the target is one of class_names */
    leat_categories class_names; /* in the order of their bytes, or of their values if all are numbers */
    bool standardize;
} leat_schema;

void leat_schema_free(leat_schema *s); /* back to all zero */
leat_status leat_schema_copy(leat_schema *to, const leat_schema *from) LEAT_MUST_CHECK;
/* "age", "zone=north", "zone (missing)": cut to `size`. Returns buf. */
char *leat_schema_feature_name(const leat_schema *s, size_t feature, char *buf, size_t size);

/* ---- a file with its schema, split into parts ---- */

typedef enum leat_part {
    LEAT_PART_ALL,
    LEAT_PART_TRAIN,
    LEAT_PART_VALIDATION,
} leat_part;

typedef struct leat_data_options {
    const char *target;
    bool classes, standardize;
    const char *const *ignore;      /* columns that are no features */
    const char *const *categorical; /* columns that are categories although they look like numbers */
    size_t n_ignore, n_categorical;
    double validation; /* fraction of the rows held out, 0 <= f < 1: the last ones, round(f * rows) of them */
    bool shuffle_split; /* hold out as many at random instead, drawn by split_seed */
    uint64_t split_seed;
    uint64_t
        memory; /* keep the prepared rows in memory if they take at most this many bytes; 0: the default */
    /* May be NULL. Called now and then while a file is read: bytes done of all. */
    void (*progress)(void *user, const char *what, uint64_t done, uint64_t total);
    void *user;
} leat_data_options;
#define LEAT_DATA_MEMORY (UINT64_C(512) << 20)

/* What a file's content is known by: --resume refuses another. */
typedef struct leat_fingerprint {
    uint64_t size;   /* bytes */
    uint32_t crc32c; /* of all of them */
    uint64_t rows;   /* without those left out */
} leat_fingerprint;

typedef struct leat_data leat_data;

/* Reads the file once, once more if rows are held out, and once more if its rows go to memory. SIGINT or
 * SIGTERM end it with LEAT_ERR_CANCELLED. *out is NULL after a failure. */
leat_status leat_data_open(leat_data **out, const char *path,
                           const leat_data_options *options) LEAT_MUST_CHECK;

/* Opens new data for a schema (copied). Columns are found by name, in any order; one that is missing is an error, one
 * too many is told and passed over. `need_target`: the target's column must be there, rows without one are left out,
 * and a class that training did not see is an error (--test FILE). Otherwise every row counts, and where there is no
 * target, or an unknown class, y is NaN and label -1 (predict). All rows are LEAT_PART_ALL. */
leat_status leat_data_open_with(leat_data **out, const char *path, const leat_schema *schema,
                                bool need_target, uint64_t memory) LEAT_MUST_CHECK;
void leat_data_free(leat_data *d);

const leat_schema *leat_data_schema(const leat_data *d);
const char *leat_data_path(const leat_data *d);
uint64_t leat_data_count(const leat_data *d, leat_part part);
bool leat_data_in_memory(const leat_data *d);
leat_fingerprint leat_data_fingerprint(const leat_data *d);
uint64_t leat_data_rows_left_out(const leat_data *d); /* without a target */

/* Rows as the engine takes them. */
typedef struct leat_rows {
    float *x;       /* [capacity][n_features], 64-byte aligned */
    float *y;       /* [capacity]; NULL for a classification */
    int32_t *label; /* [capacity]; NULL for a regression */
    size_t n, capacity, n_features;
} leat_rows;
leat_status leat_rows_alloc(leat_rows *r, const leat_schema *s, size_t capacity) LEAT_MUST_CHECK;
void leat_rows_free(leat_rows *r);

/* Fills `to` with the rows first .. of a part, in the order of the file; to->n is how many there were, at most
 * to->capacity. Reading on where the last call ended is cheap, another place costs up to 1,024 rows more. */
leat_status leat_data_read(leat_data *d, leat_part part, uint64_t first, leat_rows *to) LEAT_MUST_CHECK;

/* ---- batches of the training part, shuffled anew every epoch ----
 *
 * The order depends on the file's rows, the split, the seed and the epoch only, not on memory or threads: the blocks
 * of 1,024 rows are drawn in random order, and the rows of 64 blocks at a time (fewer if they would take more than
 * 256 MiB) are mixed. So up to 65,536 rows are shuffled completely, and a file larger than memory is read in pieces.
 * (seed, epoch, position) is the whole state: --resume seeks there. */

typedef struct leat_batches leat_batches;

/* batch 0: all training rows at once, in the order of the file (they must fit in memory). */
leat_status leat_batches_new(leat_batches **out, leat_data *d, uint64_t batch, uint64_t seed) LEAT_MUST_CHECK;
void leat_batches_free(leat_batches *b);
/* Continues at row `position` of an epoch's order. */
leat_status leat_batches_seek(leat_batches *b, uint64_t epoch, uint64_t position) LEAT_MUST_CHECK;
/* The next batch; a batch never reaches into the next epoch: the last one of an epoch may be short. The rows are the
 * batches' own, valid until the next call. */
leat_status leat_batches_next(leat_batches *b, const leat_rows **rows) LEAT_MUST_CHECK;
/* Where the next batch comes from. */
uint64_t leat_batches_epoch(const leat_batches *b);
uint64_t leat_batches_position(const leat_batches *b);
uint64_t leat_batches_per_epoch(const leat_batches *b);

#endif
