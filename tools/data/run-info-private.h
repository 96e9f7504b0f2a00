/* run-info-private.h - train.json: what a run was trained on and with. `predict` prepares new rows from it, --resume
 * checks itself against it. */
#ifndef LEAT_RUN_INFO_PRIVATE_H
#define LEAT_RUN_INFO_PRIVATE_H

#include "tools/data/data-private.h"

typedef struct leat_flag {
    char *name, *value;
} leat_flag;

/* A file that the run has read. */
typedef struct leat_run_data {
    char *path; /* as given; NULL: there is none */
    leat_fingerprint fingerprint;
    uint64_t training_rows, validation_rows, rows_left_out;
} leat_run_data;

typedef struct leat_run_info {
    leat_schema schema;
    leat_run_data data, test;
    leat_flag *flags; /* what decides the result, as text, in the order they were added */
    size_t n_flags, flags_capacity;
} leat_run_info;

/* Starts as all zero. Takes copies of what the open data say; `test` may be NULL. */
leat_status leat_run_info_from(leat_run_info *r, const leat_data *data,
                               const leat_data *test) LEAT_MUST_CHECK;
void leat_run_info_free(leat_run_info *r);

/* Adds a flag. Give every option that changes what is computed; leave out those that do not (--threads, --logdir). */
leat_status leat_run_info_add(leat_run_info *r, const char *name, const char *value) LEAT_MUST_CHECK;
/* A flag's value, or NULL. */
const char *leat_run_info_flag(const leat_run_info *r, const char *name);

/* The file is replaced as a whole, durably. Doubles come back as the same bits. */
leat_status leat_run_info_write(const leat_run_info *r, const char *path) LEAT_MUST_CHECK;
/* Checks everything that is used later; what is wrong is told with the file's name and the key. */
leat_status leat_run_info_read(leat_run_info *r, const char *path) LEAT_MUST_CHECK;

/* May a run continue? LEAT_ERR_FAILED_PRECONDITION names every flag and file that differs. */
leat_status leat_run_info_same(const leat_run_info *saved, const leat_run_info *now,
                               const char *path) LEAT_MUST_CHECK;

#endif
