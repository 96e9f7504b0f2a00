/* read.c - rows of a part, from memory or from the file. */
#include "tools/data/dataset-private.h"
#include <string.h>

leat_status leat_data_next(leat_data *d)
{
    bool end;
    do {
        LEAT_TRY(leat_data_table_next(&d->table, &end));
        if (end)
            return leat_fail(
                LEAT_ERR_DATA_LOSS, "%s: the file ends at row %llu of %llu: it was changed while it was read",
                d->table.file.path, (unsigned long long)d->next_row, (unsigned long long)d->n_rows);
    } while (d->leave_out && leat_cell_missing(&d->table.cells[d->target_source]));
    d->next_row++;
    return LEAT_OK;
}

leat_status leat_data_seek(leat_data *d, uint64_t row)
{
    uint64_t block = row / LEAT_BLOCK_ROWS;
    if (row < d->next_row || block * LEAT_BLOCK_ROWS > d->next_row) {
        leat_data_table_seek(&d->table, d->blocks[block].place);
        d->next_row = block * LEAT_BLOCK_ROWS;
    }
    while (d->next_row < row)
        LEAT_TRY(leat_data_next(d));
    return LEAT_OK;
}

static bool in_part(const leat_data *d, leat_part part, uint64_t row)
{
    return part == LEAT_PART_ALL || leat_row_held_out(d, row) == (part == LEAT_PART_VALIDATION);
}

/* Rows of the part before a block. */
static uint64_t part_before(const leat_data *d, leat_part part, size_t block)
{
    uint64_t all = (uint64_t)block * LEAT_BLOCK_ROWS, train = d->blocks[block].train_before;
    return part == LEAT_PART_ALL ? all : part == LEAT_PART_TRAIN ? train : all - train;
}

/* The row that is number i of a part (i is less than its count). */
static uint64_t row_of(const leat_data *d, leat_part part, uint64_t i)
{
    if (part == LEAT_PART_ALL)
        return i;
    size_t low = 0, high = d->n_blocks; /* part_before(low) <= i, and i < part_before(high) */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (part_before(d, part, middle) <= i)
            low = middle;
        else
            high = middle;
    }
    uint64_t row = (uint64_t)low * LEAT_BLOCK_ROWS, skip = i - part_before(d, part, low);
    for (;; row++)
        if (in_part(d, part, row) && skip-- == 0)
            return row;
}

static void copy_row(leat_rows *to, size_t i, const leat_rows *from, uint64_t row)
{
    memcpy(to->x + i * to->n_features, from->x + row * from->n_features, to->n_features * sizeof *to->x);
    if (to->label != NULL)
        to->label[i] = from->label[row];
    else
        to->y[i] = from->y[row];
}

leat_status leat_data_read(leat_data *d, leat_part part, uint64_t first, leat_rows *to)
{
    uint64_t count = leat_data_count(d, part);
    to->n = 0;
    if (first >= count || to->capacity == 0)
        return LEAT_OK;
    size_t want = (size_t)LEAT_MIN(count - first, (uint64_t)to->capacity);
    uint64_t row = row_of(d, part, first);
    for (; to->n < want; row++) {
        if (!in_part(d, part, row))
            continue;
        if (d->memory.x != NULL) {
            copy_row(to, to->n++, &d->memory, row);
            continue;
        }
        LEAT_TRY(leat_data_seek(d, row));
        LEAT_TRY(leat_data_next(d));
        LEAT_TRY(leat_data_prepare(d, to, to->n++, row >= d->counted_to));
        d->counted_to = LEAT_MAX(d->counted_to, row + 1);
    }
    if (d->memory.x == NULL && first + want == count && part != LEAT_PART_TRAIN)
        leat_data_tell_gaps(d);
    return LEAT_OK;
}

void leat_data_tell_gaps(leat_data *d)
{
    const leat_schema *s = &d->schema;
    for (size_t k = 0; k < s->n_columns; k++) {
        const leat_column *c = &s->columns[k];
        unsigned long long missing = d->gaps[k].missing, unseen = d->gaps[k].unseen;
        char mean[32];
        if (missing > 0 && !d->missing_told && !c->categorical)
            leat_note(LEAT_LOG_WARNING, "%s: column '%s': %llu missing values are replaced by the mean, %s",
                      leat_data_path(d), c->name, missing, leat_format_f64(mean, c->mean));
        else if (missing > 0 && !d->missing_told)
            leat_note(LEAT_LOG_WARNING, "%s: column '%s': %llu missing values %s", leat_data_path(d), c->name,
                      missing,
                      c->missing_category ? "are a category of their own" : "set none of its features");
        if (unseen > 0 && !d->unseen_told)
            leat_note(LEAT_LOG_WARNING,
                      "%s: column '%s': %llu values that training did not see set none of its features",
                      leat_data_path(d), c->name, unseen);
    }
    d->missing_told |= d->missing_known || d->counted_to > 0;
    d->unseen_told |= d->counted_to > 0;
}

leat_status leat_data_load(leat_data *d)
{
    LEAT_TRY(leat_rows_alloc(&d->memory, &d->schema, (size_t)d->n_rows));
    LEAT_TRY(leat_data_seek(d, 0));
    for (uint64_t row = 0; row < d->n_rows; row++) {
        if (row % LEAT_BLOCK_ROWS == 0)
            LEAT_TRY(leat_data_tick(d, "reading"));
        LEAT_TRY(leat_data_next(d));
        LEAT_TRY(leat_data_prepare(d, &d->memory, (size_t)row, true));
    }
    d->memory.n = (size_t)d->n_rows;
    d->counted_to = d->n_rows;
    leat_data_tell_gaps(d);
    return LEAT_OK;
}
