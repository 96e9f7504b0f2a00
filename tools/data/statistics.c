/* statistics.c - what is learnt from a training file before training: kinds, means, deviations, categories, classes.
 * The first pass takes all rows, so that what is wrong in any of them is told as early as can be; where rows are held
 * out, a second pass makes the statistics and categories anew from the training rows alone. */
#include "tools/data/dataset-private.h"
#include <string.h>

enum { MAX_CATEGORY_BYTES = 1024 };

/* Welford's running mean and sum of squared differences (Technometrics 4, 1962), in the order of the rows. */
struct moments {
    uint64_t n;
    double mean, squares;
};

static void add_number(struct moments *m, double x)
{
    double before = x - m->mean;
    m->n++;
    m->mean += before / (double)m->n;
    m->squares += before * (x - m->mean);
}

static leat_status add_category(leat_data *d, size_t column, leat_categories *to, const char *what)
{
    const leat_data_table *t = &d->table;
    char number[32];
    size_t size;
    const char *text = leat_cell_text(&t->cells[column], number, &size);
    if (leat_categories_find(to, text, size) < to->n)
        return LEAT_OK;
    if (to->n == LEAT_MAX_CATEGORIES)
        return leat_data_table_fail(t, column, "more than %d %s", LEAT_MAX_CATEGORIES, what);
    if (size > MAX_CATEGORY_BYTES)
        return leat_data_table_fail(t, column, "a text of %zu bytes is no category (at most %d)", size,
                                    MAX_CATEGORY_BYTES);
    if (!leat_utf8_valid(text, size))
        return leat_cell_fail(t, column, "is not UTF-8");
    return leat_categories_add(to, text, size);
}

/* The column's kind is that of its first present value. */
static leat_status decide_kind(leat_data *d, size_t k)
{
    const leat_cell *cell = &d->table.cells[d->source[k]];
    double value;
    if (cell->text == NULL || leat_number_parse(cell->text, cell->size, &value))
        return LEAT_OK;
    if (leat_cell_decimal_comma(cell))
        return leat_cell_fail(&d->table, d->source[k], "has a comma; numbers are written 1234.5");
    d->schema.columns[k].categorical = true;
    return LEAT_OK;
}

static leat_status add_feature(leat_data *d, size_t k, struct moments *m, bool first_pass)
{
    leat_column *c = &d->schema.columns[k];
    const leat_cell *cell = &d->table.cells[d->source[k]];
    if (leat_cell_missing(cell)) {
        d->gaps[k].missing += first_pass;
        c->missing_category = true;
        return LEAT_OK;
    }
    if (m->n == 0 && first_pass && !c->categorical)
        LEAT_TRY(decide_kind(d, k));
    if (c->categorical) {
        m->n++;
        return add_category(d, d->source[k], &c->categories, "categories");
    }
    double value;
    const char *reason;
    if (!leat_cell_number(cell, &value, &reason))
        return leat_cell_fail(&d->table, d->source[k], reason);
    add_number(m, value);
    return LEAT_OK;
}

static leat_status add_target(leat_data *d)
{
    double value;
    const char *reason;
    if (d->schema.classes)
        return add_category(d, d->target_source, &d->schema.class_names, "classes");
    const leat_cell *cell = &d->table.cells[d->target_source];
    if (!leat_cell_number(cell, &value, &reason)) {
        bool text = cell->text != NULL && !leat_number_parse(cell->text, cell->size, &value);
        return leat_cell_fail(&d->table, d->target_source,
                              text ? "is no number (--classes makes this a classification)" : reason);
    }
    return LEAT_OK;
}

/* Every row of the file, once. */
static leat_status on_row(leat_data *d, void *user)
{
    struct moments *moments = user;
    for (size_t k = 0; k < d->schema.n_columns; k++)
        LEAT_TRY(add_feature(d, k, &moments[k], true));
    return add_target(d);
}

/* Forgets what the rows held out have contributed. */
static leat_status add_training_rows(leat_data *d, struct moments *moments)
{
    leat_schema *s = &d->schema;
    memset(moments, 0, s->n_columns * sizeof *moments);
    for (size_t k = 0; k < s->n_columns; k++) {
        leat_categories_free(&s->columns[k].categories);
        s->columns[k].missing_category = false;
    }
    uint64_t end = d->held_out != NULL ? d->n_rows : d->n_train;
    LEAT_TRY(leat_data_seek(d, 0));
    for (uint64_t row = 0; row < end; row++) {
        if (row % LEAT_BLOCK_ROWS == 0)
            LEAT_TRY(leat_data_tick(d, "statistics"));
        LEAT_TRY(leat_data_next(d));
        for (size_t k = 0; k < s->n_columns && !leat_row_held_out(d, row); k++)
            LEAT_TRY(add_feature(d, k, &moments[k], false));
    }
    return LEAT_OK;
}

static leat_status finish(leat_data *d, const struct moments *m)
{
    leat_schema *s = &d->schema;
    const char *path = d->table.file.path;
    for (size_t k = 0; k < s->n_columns; k++) {
        leat_column *c = &s->columns[k];
        if (m[k].n == 0)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                             "%s: column '%s' has no value in any training row (leave it out with --ignore)",
                             path, c->name);
        LEAT_TRY(leat_categories_sort(&c->categories));
        c->missing_category = c->missing_category && c->categorical;
        if (!c->categorical) {
            c->mean = m[k].mean;
            c->deviation = sqrt(m[k].squares / (double)m[k].n);
        }
    }
    LEAT_TRY(leat_categories_sort(&s->class_names));
    if (s->classes && s->class_names.n < 2)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: column '%s' has only one class, '%s'", path,
                         s->target, s->class_names.names[0]);
    d->missing_known = true;
    return leat_schema_lay_out(s, path);
}

leat_status leat_data_statistics(leat_data *d, const leat_data_options *o)
{
    struct moments *moments = leat_alloc_zero(d->schema.n_columns, sizeof *moments);
    if (moments == NULL)
        return leat_fail_memory(d->schema.n_columns * sizeof *moments);
    leat_status st = leat_data_scan(d, on_row, moments);
    if (st == LEAT_OK)
        st = leat_data_split(d, o);
    if (st == LEAT_OK && d->n_train < d->n_rows)
        st = add_training_rows(d, moments);
    if (st == LEAT_OK)
        st = finish(d, moments);
    leat_free(moments);
    return st;
}
