/* open.c - opening a file for training, or for a schema that training made. */
#include "tools/data/dataset-private.h"
#include "tools/tool-private.h"
#include <string.h>

/* ---- which column is what ---- */

static leat_status no_column(const leat_data_table *t, const char *what, const char *name)
{
    leat_nearest near = {.word = name};
    for (size_t i = 0; i < t->n_columns; i++)
        leat_nearest_offer(&near, t->columns[i]);
    if (near.best != NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: %s: there is no column '%s'; did you mean '%s'?",
                         t->file.path, what, name, near.best);
    const char *only = t->n_columns == 1 ? strpbrk(t->columns[0], ";\t") : NULL;
    if (only != NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s: %s: there is no column '%s': fields are separated by commas, not by %s",
                         t->file.path, what, name, *only == ';' ? "semicolons" : "tabs");
    leat_buf list = {0};
    enum { SHOWN = 12 };
    for (size_t i = 0; i < t->n_columns && i < SHOWN; i++)
        leat_buf_printf(&list, "%s'%s'", i > 0 ? ", " : "", t->columns[i]);
    leat_status st =
        leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: %s: there is no column '%s' among %s%s", t->file.path, what,
                  name, list.data != NULL ? list.data : "", t->n_columns > SHOWN ? ", ..." : "");
    leat_buf_free(&list);
    return st;
}

static leat_status find_column(const leat_data_table *t, const char *what, const char *name, size_t *to)
{
    *to = leat_data_table_find(t, name);
    return *to < t->n_columns ? LEAT_OK : no_column(t, what, name);
}

/* Marks the named columns in `set`, one flag a column of the table. */
static leat_status mark_columns(const leat_data_table *t, const char *what, const char *const *names,
                                size_t n, bool *set)
{
    for (size_t i = 0; i < n; i++) {
        size_t column;
        LEAT_TRY(find_column(t, what, names[i], &column));
        set[column] = true;
    }
    return LEAT_OK;
}

static leat_status choose_columns(leat_data *d, const leat_data_options *o, bool *ignored, bool *categorical)
{
    leat_data_table *t = &d->table;
    leat_schema *s = &d->schema;
    LEAT_TRY(find_column(t, "--target", o->target, &d->target_source));
    LEAT_TRY(mark_columns(t, "--ignore", o->ignore, o->n_ignore, ignored));
    LEAT_TRY(mark_columns(t, "--categorical", o->categorical, o->n_categorical, categorical));
    if (ignored[d->target_source])
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: column '%s' is the target: it cannot be ignored",
                         t->file.path, o->target);
    if (categorical[d->target_source])
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s: column '%s' is the target: it cannot be a category (--classes?)", t->file.path,
                         o->target);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (i == d->target_source || ignored[i])
            continue;
        if (t->columns[i][0] == '\0') {
            leat_note(LEAT_LOG_WARNING, "%s: column %zu has no name and is passed over", t->file.path, i + 1);
            continue;
        }
        leat_column *c = &s->columns[s->n_columns];
        c->name = leat_strdup(t->columns[i]);
        if (c->name == NULL)
            return leat_fail_memory(strlen(t->columns[i]));
        c->categorical = categorical[i];
        d->source[s->n_columns++] = i;
    }
    return s->n_columns > 0
               ? LEAT_OK
               : leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: no column but the target", t->file.path);
}

static leat_status make_schema(leat_data *d, const leat_data_options *o)
{
    size_t n = d->table.n_columns;
    leat_schema *s = &d->schema;
    s->classes = o->classes;
    s->standardize = o->standardize;
    s->target = leat_strdup(o->target);
    s->columns = leat_alloc_zero(n, sizeof *s->columns);
    d->source = leat_alloc_zero(n, sizeof *d->source);
    d->gaps = leat_alloc_zero(n, sizeof *d->gaps);
    bool *flags = leat_alloc_zero(2 * n, sizeof *flags);
    leat_status st =
        s->target != NULL && s->columns != NULL && d->source != NULL && d->gaps != NULL && flags != NULL
            ? choose_columns(d, o, flags, flags + n)
            : leat_fail_memory(n * sizeof *s->columns);
    leat_free(flags);
    return st;
}

/* ---- opening ---- */

static leat_status load_if_small(leat_data *d, uint64_t budget)
{
    uint64_t bytes;
    budget = budget > 0 ? budget : LEAT_DATA_MEMORY;
    if (__builtin_mul_overflow(d->n_rows, (d->schema.n_features + 1) * sizeof(float), &bytes) ||
        bytes > budget)
        return LEAT_OK;
    return leat_data_load(d);
}

static leat_status open_training(leat_data *d, const char *path, const leat_data_options *o)
{
    d->progress = o->progress;
    d->user = o->user;
    d->leave_out = d->strict_classes = true;
    LEAT_TRY(leat_data_table_open(&d->table, path));
    LEAT_TRY(make_schema(d, o));
    LEAT_TRY(leat_data_statistics(d, o));
    leat_data_tell_gaps(d);
    return load_if_small(d, o->memory);
}

leat_status leat_data_open(leat_data **out, const char *path, const leat_data_options *options)
{
    *out = leat_alloc_zero(1, sizeof **out);
    if (*out == NULL)
        return leat_fail_memory(sizeof **out);
    (*out)->table.file.fd = -1;
    leat_status st = open_training(*out, path, options);
    if (st != LEAT_OK) {
        leat_data_free(*out);
        *out = NULL;
    }
    return st;
}

/* Tells about columns that the schema does not use. */
static void tell_extra(const leat_data *d, const bool *used)
{
    leat_buf list = {0};
    size_t n = 0;
    for (size_t i = 0; i < d->table.n_columns; i++)
        if (!used[i] && i != d->target_source && d->table.columns[i][0] != '\0' && n++ < 8)
            leat_buf_printf(&list, "%s'%s'", n > 1 ? ", " : "", d->table.columns[i]);
    if (n > 0 && list.data != NULL)
        leat_note(LEAT_LOG_WARNING, "%s: columns that training did not use are passed over: %s%s",
                  d->table.file.path, list.data, n > 8 ? ", ..." : "");
    leat_buf_free(&list);
}

static leat_status map_columns(leat_data *d, bool *used)
{
    const leat_schema *s = &d->schema;
    for (size_t k = 0; k < s->n_columns; k++) {
        LEAT_TRY(find_column(&d->table, "training had it", s->columns[k].name, &d->source[k]));
        used[d->source[k]] = true;
    }
    return LEAT_OK;
}

static leat_status use_schema(leat_data *d, const leat_schema *schema, bool need_target)
{
    LEAT_TRY(leat_schema_copy(&d->schema, schema));
    size_t n = LEAT_MAX(d->table.n_columns, schema->n_columns);
    d->source = leat_alloc_zero(n, sizeof *d->source);
    d->gaps = leat_alloc_zero(n, sizeof *d->gaps);
    bool *used = leat_alloc_zero(n, sizeof *used);
    leat_status st = d->source != NULL && d->gaps != NULL && used != NULL
                         ? map_columns(d, used)
                         : leat_fail_memory(n * sizeof *d->source);
    d->target_source = leat_data_table_find(&d->table, schema->target);
    if (st == LEAT_OK && need_target)
        st = find_column(&d->table, "the target", schema->target, &d->target_source);
    if (st == LEAT_OK)
        tell_extra(d, used);
    leat_free(used);
    return st;
}

static leat_status open_with(leat_data *d, const char *path, const leat_schema *schema, bool need_target,
                             uint64_t memory)
{
    d->leave_out = d->strict_classes = need_target;
    LEAT_TRY(leat_data_table_open(&d->table, path));
    LEAT_TRY(use_schema(d, schema, need_target));
    LEAT_TRY(leat_data_scan(d, NULL, NULL));
    LEAT_TRY(leat_data_split(d, &(leat_data_options){0}));
    return load_if_small(d, memory);
}

leat_status leat_data_open_with(leat_data **out, const char *path, const leat_schema *schema,
                                bool need_target, uint64_t memory)
{
    *out = leat_alloc_zero(1, sizeof **out);
    if (*out == NULL)
        return leat_fail_memory(sizeof **out);
    (*out)->table.file.fd = -1;
    leat_status st = open_with(*out, path, schema, need_target, memory);
    if (st != LEAT_OK) {
        leat_data_free(*out);
        *out = NULL;
    }
    return st;
}

void leat_data_free(leat_data *d)
{
    if (d == NULL)
        return;
    leat_data_table_close(&d->table);
    leat_schema_free(&d->schema);
    leat_rows_free(&d->memory);
    leat_free(d->source);
    leat_free(d->gaps);
    leat_free(d->blocks);
    leat_free(d->held_out);
    leat_free(d);
}

/* ---- what is known ---- */

const leat_schema *leat_data_schema(const leat_data *d)
{
    return &d->schema;
}

const char *leat_data_path(const leat_data *d)
{
    return d->table.file.path;
}

uint64_t leat_data_count(const leat_data *d, leat_part part)
{
    return part == LEAT_PART_ALL ? d->n_rows : part == LEAT_PART_TRAIN ? d->n_train : d->n_rows - d->n_train;
}

bool leat_data_in_memory(const leat_data *d)
{
    return d->memory.x != NULL;
}

leat_fingerprint leat_data_fingerprint(const leat_data *d)
{
    return d->fingerprint;
}

uint64_t leat_data_rows_left_out(const leat_data *d)
{
    return d->left_out;
}
