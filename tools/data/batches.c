/* batches.c - the training rows in a new order every epoch. See data-private.h for what the order depends on. */
#include "tools/data/dataset-private.h"
#include <stdlib.h>
#include <string.h>

enum { WINDOW_BLOCKS = 64 };
static const uint64_t window_bytes = UINT64_C(256) << 20;

struct leat_batches {
    leat_data *data;
    uint64_t batch, seed, n; /* n: training rows */
    uint64_t epoch, position;
    bool placed; /* the window holds row `position` */
    leat_rows out;
    bool borrowed; /* out is the data set's memory */

    uint32_t *order; /* blocks of this epoch, in the order drawn */
    size_t n_blocks, window_blocks;
    uint64_t ordered_epoch; /* that `order` is of; UINT64_MAX: none */

    /* The window that is being handed out: rows window_start .. window_start + window_rows of the epoch. */
    size_t next_block; /* in `order`, behind the window */
    uint64_t window_start;
    size_t window_rows;
    uint64_t *rows;    /* the rows of the window, in the order of the file */
    uint32_t *shuffle; /* in the order in which they are handed out: indices into `rows` */
    leat_rows window;  /* prepared, where the data set is not in memory */
};

static uint64_t block_train_rows(const leat_batches *b, size_t block)
{
    const leat_data *d = b->data;
    uint64_t end = block + 1 < d->n_blocks ? d->blocks[block + 1].train_before : d->n_train;
    return end - d->blocks[block].train_before;
}

static void shuffle(uint32_t *items, size_t n, leat_data_random r)
{
    for (size_t i = n; i > 1; i--) { /* Fisher and Yates */
        size_t k = (size_t)leat_data_random_below(&r, i);
        uint32_t swap = items[i - 1];
        items[i - 1] = items[k];
        items[k] = swap;
    }
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Draws the epoch's order of blocks and each window's share of it; a window is then read from front to back. */
static void order_epoch(leat_batches *b)
{
    if (b->ordered_epoch != b->epoch) {
        for (size_t i = 0; i < b->n_blocks; i++)
            b->order[i] = (uint32_t)i;
        shuffle(b->order, b->n_blocks, leat_data_random_start(b->seed, b->epoch, 0));
        for (size_t i = 0; i < b->n_blocks; i += b->window_blocks)
            qsort(b->order + i, LEAT_MIN(b->window_blocks, b->n_blocks - i), sizeof *b->order, ascending);
        b->ordered_epoch = b->epoch;
    }
    b->next_block = 0;
    b->window_start = 0;
    b->window_rows = 0;
}

/* Steps to the next window of the epoch without reading it. */
static void next_window(leat_batches *b)
{
    size_t end = LEAT_MIN(b->next_block + b->window_blocks, b->n_blocks);
    b->window_start += b->window_rows;
    b->window_rows = 0;
    for (; b->next_block < end; b->next_block++)
        b->window_rows += (size_t)block_train_rows(b, b->order[b->next_block]);
}

static leat_status load_window(leat_batches *b)
{
    leat_data *d = b->data;
    size_t number = (b->next_block - 1) / b->window_blocks, n = 0;
    for (size_t i = number * b->window_blocks; i < b->next_block; i++) {
        uint64_t row = (uint64_t)b->order[i] * LEAT_BLOCK_ROWS,
                 end = LEAT_MIN(row + LEAT_BLOCK_ROWS, d->n_rows);
        for (; row < end; row++)
            if (!leat_row_held_out(d, row))
                b->rows[n++] = row;
    }
    for (size_t i = 0; i < n; i++)
        b->shuffle[i] = (uint32_t)i;
    shuffle(b->shuffle, n, leat_data_random_start(b->seed, b->epoch, 1 + number));
    for (size_t i = 0; d->memory.x == NULL && i < n; i++) {
        if (i % LEAT_BLOCK_ROWS == 0)
            LEAT_TRY(leat_data_tick(d, "reading"));
        LEAT_TRY(leat_data_seek(d, b->rows[i]));
        LEAT_TRY(leat_data_next(d));
        LEAT_TRY(leat_data_prepare(d, &b->window, i, false));
    }
    return LEAT_OK;
}

static void take_row(leat_batches *b)
{
    size_t i = b->shuffle[b->position - b->window_start];
    const leat_rows *from = b->data->memory.x != NULL ? &b->data->memory : &b->window;
    uint64_t row = b->data->memory.x != NULL ? b->rows[i] : i;
    size_t to = b->out.n++;
    memcpy(b->out.x + to * b->out.n_features, from->x + row * from->n_features,
           from->n_features * sizeof *from->x);
    if (b->out.label != NULL)
        b->out.label[to] = from->label[row];
    else
        b->out.y[to] = from->y[row];
    b->position++;
}

leat_status leat_batches_seek(leat_batches *b, uint64_t epoch, uint64_t position)
{
    if (position > b->n)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "%s: there is no training row %llu", leat_data_path(b->data),
                         (unsigned long long)position);
    b->epoch = epoch + (position == b->n);
    b->position = position == b->n ? 0 : position;
    b->placed = false;
    return LEAT_OK;
}

/* Reads the window that holds the next row. Not done by a seek: behind the last batch of all nothing is to be read. */
static leat_status place(leat_batches *b)
{
    order_epoch(b);
    do
        next_window(b);
    while (b->position >= b->window_start + b->window_rows);
    LEAT_TRY(load_window(b));
    b->placed = true;
    return LEAT_OK;
}

leat_status leat_batches_next(leat_batches *b, const leat_rows **rows)
{
    *rows = &b->out;
    if (b->batch == 0) {
        b->epoch++;
        return LEAT_OK;
    }
    if (!b->placed)
        LEAT_TRY(place(b));
    uint64_t want = LEAT_MIN(b->batch, b->n - b->position);
    for (b->out.n = 0; b->out.n < want;) {
        while (b->position == b->window_start + b->window_rows) {
            next_window(b);
            if (b->window_rows > 0)
                LEAT_TRY(load_window(b));
        }
        take_row(b);
    }
    return b->position == b->n ? leat_batches_seek(b, b->epoch + 1, 0) : LEAT_OK;
}

/* All training rows as one batch: the data set's own memory where they are all there in one piece. */
static leat_status make_whole(leat_batches *b)
{
    leat_data *d = b->data;
    if (d->memory.x == NULL)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT,
                         "%s: all %llu rows at once are too large for memory: give a --batch",
                         leat_data_path(d), (unsigned long long)b->n);
    if (d->held_out == NULL) {
        b->borrowed = true;
        b->out = d->memory;
        b->out.n = (size_t)b->n;
        return LEAT_OK;
    }
    LEAT_TRY(leat_rows_alloc(&b->out, &d->schema, (size_t)b->n));
    return leat_data_read(d, LEAT_PART_TRAIN, 0, &b->out);
}

static leat_status make_windows(leat_batches *b)
{
    leat_data *d = b->data;
    uint64_t block_bytes = (uint64_t)LEAT_BLOCK_ROWS * d->schema.n_features * sizeof(float);
    uint64_t blocks = d->held_out != NULL ? d->n_blocks : (b->n + LEAT_BLOCK_ROWS - 1) / LEAT_BLOCK_ROWS;
    if (blocks > UINT32_MAX)
        return leat_fail(LEAT_ERR_OUT_OF_RANGE, "%s: too many rows", leat_data_path(d));
    b->n_blocks = (size_t)blocks;
    b->window_blocks =
        (size_t)LEAT_MAX(LEAT_MIN(window_bytes / block_bytes, (uint64_t)WINDOW_BLOCKS), (uint64_t)1);
    size_t capacity = LEAT_MIN(b->window_blocks, b->n_blocks) * LEAT_BLOCK_ROWS;
    b->order = leat_alloc_zero(b->n_blocks, sizeof *b->order);
    b->rows = leat_alloc_zero(capacity, sizeof *b->rows);
    b->shuffle = leat_alloc_zero(capacity, sizeof *b->shuffle);
    if (b->order == NULL || b->rows == NULL || b->shuffle == NULL)
        return leat_fail_memory(capacity * sizeof *b->rows);
    if (d->memory.x == NULL)
        LEAT_TRY(leat_rows_alloc(&b->window, &d->schema, capacity));
    LEAT_TRY(leat_rows_alloc(&b->out, &d->schema, (size_t)b->batch));
    return leat_batches_seek(b, 0, 0);
}

leat_status leat_batches_new(leat_batches **out, leat_data *d, uint64_t batch, uint64_t seed)
{
    leat_batches *b = *out = leat_alloc_zero(1, sizeof *b);
    if (b == NULL)
        return leat_fail_memory(sizeof *b);
    *b = (leat_batches){.data = d, .seed = seed, .n = d->n_train, .ordered_epoch = UINT64_MAX};
    b->batch = LEAT_MIN(batch, b->n);
    leat_status st = b->batch == 0 ? make_whole(b) : make_windows(b);
    if (st != LEAT_OK) {
        leat_batches_free(b);
        *out = NULL;
    }
    return st;
}

void leat_batches_free(leat_batches *b)
{
    if (b == NULL)
        return;
    if (!b->borrowed)
        leat_rows_free(&b->out);
    leat_rows_free(&b->window);
    leat_free(b->order);
    leat_free(b->rows);
    leat_free(b->shuffle);
    leat_free(b);
}

uint64_t leat_batches_epoch(const leat_batches *b)
{
    return b->epoch;
}

uint64_t leat_batches_position(const leat_batches *b)
{
    return b->position;
}

uint64_t leat_batches_per_epoch(const leat_batches *b)
{
    return b->batch == 0 ? 1 : (b->n + b->batch - 1) / b->batch;
}
