/* prepare.c - a row of fields to a row of float32. Training, validation, --test and predict all come through here:
 * the same row gives the same bits. */
#include "tools/data/dataset-private.h"
#include <string.h>

static leat_status prepare_number(leat_data *d, size_t column, float *x, bool count)
{
    const leat_column *c = &d->schema.columns[column];
    const leat_cell *cell = &d->table.cells[d->source[column]];
    double value = c->mean;
    if (leat_cell_missing(cell)) {
        d->gaps[column].missing += count && !d->missing_known;
    } else {
        const char *reason;
        if (!leat_cell_number(cell, &value, &reason))
            return leat_cell_fail(&d->table, d->source[column], reason);
    }
    if (d->schema.standardize)
        value = c->deviation > 0 ? (value - c->mean) / c->deviation : value - c->mean;
    *x = (float)value;
    return isfinite(*x) ? LEAT_OK
                        : leat_cell_fail(&d->table, d->source[column], "is too far from the training rows");
}

static void prepare_category(leat_data *d, size_t column, float *x, bool count)
{
    const leat_column *c = &d->schema.columns[column];
    const leat_cell *cell = &d->table.cells[d->source[column]];
    memset(x, 0, c->n_features * sizeof *x);
    if (leat_cell_missing(cell)) {
        d->gaps[column].missing += count && !d->missing_known;
        if (c->missing_category)
            x[c->categories.n] = 1;
        return;
    }
    char number[32];
    size_t size;
    const char *text = leat_cell_text(cell, number, &size);
    size_t i = leat_categories_find(&c->categories, text, size);
    if (i < c->categories.n)
        x[i] = 1;
    else
        d->gaps[column].unseen += count;
}

static leat_status prepare_target(leat_data *d, leat_rows *rows, size_t i)
{
    if (rows->label != NULL)
        rows->label[i] = -1;
    else
        rows->y[i] = NAN;
    if (d->target_source == d->table.n_columns)
        return LEAT_OK;
    const leat_cell *cell = &d->table.cells[d->target_source];
    if (leat_cell_missing(cell))
        return LEAT_OK;
    if (rows->label != NULL) {
        char number[32];
        size_t size;
        const char *text = leat_cell_text(cell, number, &size);
        size_t class = leat_categories_find(&d->schema.class_names, text, size);
        if (class < d->schema.class_names.n)
            rows->label[i] = (int32_t) class;
        else if (d->strict_classes)
            return leat_cell_fail(&d->table, d->target_source, "is a class that training does not know");
        return LEAT_OK;
    }
    double value;
    const char *reason;
    if (!leat_cell_number(cell, &value, &reason))
        return leat_cell_fail(&d->table, d->target_source, reason);
    rows->y[i] = (float)value;
    return LEAT_OK;
}

leat_status leat_data_prepare(leat_data *d, leat_rows *rows, size_t i, bool count)
{
    float *x = rows->x + i * rows->n_features;
    for (size_t k = 0; k < d->schema.n_columns; k++) {
        const leat_column *c = &d->schema.columns[k];
        if (c->categorical)
            prepare_category(d, k, x + c->first_feature, count);
        else
            LEAT_TRY(prepare_number(d, k, x + c->first_feature, count));
    }
    return prepare_target(d, rows, i);
}

leat_status leat_rows_alloc(leat_rows *r, const leat_schema *s, size_t capacity)
{
    *r = (leat_rows){.capacity = capacity, .n_features = s->n_features};
    size_t values, bytes;
    if (__builtin_mul_overflow(capacity, s->n_features, &values) ||
        __builtin_mul_overflow(values, sizeof *r->x, &bytes))
        return leat_fail_memory(SIZE_MAX);
    r->x = leat_alloc_aligned(LEAT_MAX(bytes, (size_t)1));
    void *targets = leat_alloc_aligned(LEAT_MAX(capacity, (size_t)1) * sizeof(float));
    if (s->classes)
        r->label = targets;
    else
        r->y = targets;
    if (r->x != NULL && targets != NULL)
        return LEAT_OK;
    leat_rows_free(r);
    return leat_fail_memory(bytes);
}

void leat_rows_free(leat_rows *r)
{
    leat_free_aligned(r->x);
    leat_free_aligned(r->y);
    leat_free_aligned(r->label);
    *r = (leat_rows){0};
}
