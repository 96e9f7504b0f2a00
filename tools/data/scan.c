/* scan.c - the first pass over a file: how many rows, where they are, what the content is known by; and the split. */
#include "tools/data/dataset-private.h"
#include "tools/tool-private.h"
#include <string.h>

leat_status leat_data_tick(leat_data *d, const char *what)
{
    if (d->progress != NULL)
        d->progress(d->user, what, d->table.next.offset, d->table.file.size);
    int signal = leat_signals_caught();
    return signal == 0
               ? LEAT_OK
               : leat_fail(LEAT_ERR_CANCELLED, "%s: stopped by signal %d", d->table.file.path, signal);
}

static leat_status add_block(leat_data *d)
{
    LEAT_TRY(leat_grow(&d->blocks, &d->blocks_capacity, d->n_blocks + 1, sizeof *d->blocks));
    d->blocks[d->n_blocks++] = (struct leat_block){.place = d->table.row};
    return LEAT_OK;
}

leat_status leat_data_scan(leat_data *d, leat_status (*on_row)(leat_data *d, void *user), void *user)
{
    leat_data_table *t = &d->table;
    for (;;) {
        bool end;
        LEAT_TRY(leat_data_table_next(t, &end));
        if (end)
            break;
        if (d->leave_out && leat_cell_missing(&t->cells[d->target_source])) {
            d->left_out++;
            continue;
        }
        if (d->n_rows % LEAT_BLOCK_ROWS == 0) {
            LEAT_TRY(leat_data_tick(d, "scanning"));
            LEAT_TRY(add_block(d));
        }
        d->n_rows++;
        if (on_row != NULL)
            LEAT_TRY(on_row(d, user));
    }
    d->n_train = d->n_rows;
    d->next_row = d->n_rows;
    d->fingerprint = (leat_fingerprint){.size = t->file.size, .crc32c = t->crc, .rows = d->n_rows};
    if (d->n_rows == 0 && d->left_out > 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: no row has a value in column '%s'", t->file.path,
                         d->schema.target);
    if (d->n_rows == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: no rows", t->file.path);
    if (d->left_out > 0)
        leat_note(LEAT_LOG_WARNING, "%s: %llu rows without a value in column '%s' are left out", t->file.path,
                  (unsigned long long)d->left_out, d->schema.target);
    return LEAT_OK;
}

/* Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): exactly `held` of the rows, each
 * subset as likely as any other, in one pass. */
static leat_status draw_held_out(leat_data *d, uint64_t held, uint64_t seed)
{
    d->held_out = leat_alloc_zero((size_t)(d->n_rows / 8 + 1), 1);
    if (d->held_out == NULL)
        return leat_fail_memory((size_t)(d->n_rows / 8 + 1));
    leat_data_random r = leat_data_random_start(seed, 0, 0);
    for (uint64_t row = 0; held > 0; row++)
        if (leat_data_random_below(&r, d->n_rows - row) < held) {
            d->held_out[row / 8] |= (uint8_t)(1 << row % 8);
            held--;
        }
    return LEAT_OK;
}

leat_status leat_data_split(leat_data *d, const leat_data_options *o)
{
    const char *path = d->table.file.path;
    uint64_t held = (uint64_t)floor(o->validation * (double)d->n_rows + 0.5);
    if (o->validation > 0 && (held == 0 || held >= d->n_rows))
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: a fraction of %g of %llu rows leaves %s", path,
                         o->validation, (unsigned long long)d->n_rows,
                         held == 0 ? "none for validation" : "none for training");
    d->n_train = d->n_rows - held;
    if (o->shuffle_split && held > 0)
        LEAT_TRY(draw_held_out(d, held, o->split_seed));
    uint64_t train = 0;
    for (uint64_t row = 0; row < d->n_rows; row++) {
        if (row % LEAT_BLOCK_ROWS == 0)
            d->blocks[row / LEAT_BLOCK_ROWS].train_before = train;
        train += !leat_row_held_out(d, row);
    }
    return LEAT_OK;
}
