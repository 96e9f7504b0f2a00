/* npy-table.c - a two-dimensional .npy array of numbers as a table: the columns are named 0, 1, 2, ... */
#include "tools/data/table-private.h"
#include "base/crc-private.h"
#include "engine/files/npy-private.h"
#include "ops/ops-private.h"
#include <stdio.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 20, WHOLE_LIMIT = 1 << 30 };

struct leat_npy_rows {
    leat_npy array;
    char *chunk;
    size_t chunk_rows, item; /* rows that `chunk` has room for; bytes of an element */
    int64_t first, n;        /* the rows that are in it */
};

/* X(TensorFlow's name, C type) of what becomes a number. */
#define NUMBER_TYPES(X)                                                                                      \
    X(FLOAT, float)                                                                                          \
    X(DOUBLE, double)                                                                                        \
    X(INT8, int8_t)                                                                                          \
    X(INT16, int16_t)                                                                                        \
    X(INT32, int32_t)                                                                                        \
    X(INT64, int64_t)                                                                                        \
    X(UINT8, uint8_t)                                                                                        \
    X(UINT16, uint16_t)                                                                                      \
    X(UINT32, uint32_t)                                                                                      \
    X(UINT64, uint64_t)                                                                                      \
    X(BOOL, uint8_t)

static size_t item_size(int dtype)
{
    switch (dtype) {
#define ITEM_SIZE(name_, type_)                                                                              \
    case LEAT_DATA_TYPE_##name_: return sizeof(type_);
        NUMBER_TYPES(ITEM_SIZE)
#undef ITEM_SIZE
    case LEAT_DATA_TYPE_HALF: return 2;
    }
    return 0;
}

static double element(int dtype, const char *at)
{
    switch (dtype) {
#define ELEMENT(name_, type_)                                                                                \
    case LEAT_DATA_TYPE_##name_: {                                                                           \
        type_ value;                                                                                         \
        memcpy(&value, at, sizeof value);                                                                    \
        return (double)value;                                                                                \
    }
        NUMBER_TYPES(ELEMENT)
#undef ELEMENT
    case LEAT_DATA_TYPE_HALF: {
        uint16_t half;
        memcpy(&half, at, sizeof half);
        return (double)leat_half_to_float(half);
    }
    }
    return 0;
}

/* The content is known by all its bytes, as a CSV's is. */
static leat_status file_crc(leat_data_table *t, char *buffer)
{
    for (uint64_t at = 0; at < t->file.size;) {
        size_t n;
        LEAT_TRY(leat_file_read_some(&t->file, at, buffer, CHUNK_BYTES, &n));
        if (n == 0)
            return leat_fail(LEAT_ERR_DATA_LOSS, "%s: the file shrank while it was read", t->file.path);
        t->crc = leat_crc32c_extend(t->crc, buffer, n);
        at += n;
    }
    return LEAT_OK;
}

static leat_status name_columns(leat_data_table *t, size_t n)
{
    leat_cell *names = leat_alloc_zero(n, sizeof *names);
    char(*texts)[24] = leat_alloc_zero(n, sizeof *texts);
    leat_status st = LEAT_OK;
    if (names == NULL || texts == NULL)
        st = leat_fail_memory(n * (sizeof *names + sizeof *texts));
    for (size_t i = 0; st == LEAT_OK && i < n; i++)
        names[i] = (leat_cell){texts[i], (size_t)snprintf(texts[i], sizeof *texts, "%zu", i), 0};
    if (st == LEAT_OK)
        st = leat_data_table_set_columns(t, names, n);
    leat_free(names);
    leat_free(texts);
    return st;
}

static leat_status npy_open(leat_data_table *t)
{
    enum { COLUMN_LIMIT = 1000000 };
    struct leat_npy_rows *r = t->npy = leat_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return leat_fail_memory(sizeof *r);
    r->array.file.fd = -1;
    LEAT_TRY(leat_npy_open(&r->array, t->file.path));
    const leat_npy *a = &r->array;
    if (a->rank != 2)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: a table has 2 dimensions, this array %d",
                         t->file.path, a->rank);
    r->item = item_size(a->dtype);
    if (r->item == 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: the array does not hold integers or real numbers",
                         t->file.path);
    if (a->dims[1] < 1 || a->dims[1] > COLUMN_LIMIT)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: %lld columns", t->file.path, (long long)a->dims[1]);
    size_t row_bytes = (size_t)a->dims[1] * r->item;
    /* Columns in Fortran order lie far apart: such an array is read whole. */
    r->chunk_rows = a->fortran ? (size_t)a->dims[0] : LEAT_MAX(CHUNK_BYTES / row_bytes, (size_t)1);
    if (a->fortran && (uint64_t)a->elements > WHOLE_LIMIT / r->item)
        return leat_fail(
            LEAT_ERR_INVALID_ARGUMENT,
            "%s: an array of more than 1 GiB in Fortran order; save it with numpy.ascontiguousarray",
            t->file.path);
    r->chunk = leat_alloc(LEAT_MAX(r->chunk_rows * row_bytes, (size_t)CHUNK_BYTES));
    if (r->chunk == NULL)
        return leat_fail_memory(r->chunk_rows * row_bytes);
    LEAT_TRY(file_crc(t, r->chunk));
    t->next = (leat_place){.offset = 0, .line = 1};
    return name_columns(t, (size_t)a->dims[1]);
}

static leat_status load_chunk(struct leat_npy_rows *r, int64_t row)
{
    const leat_npy *a = &r->array;
    r->n = 0;
    if (a->fortran)
        LEAT_TRY(leat_npy_read(&r->array, r->chunk));
    r->first = a->fortran ? 0 : row;
    int64_t n = LEAT_MIN((int64_t)r->chunk_rows, a->dims[0] - r->first);
    if (!a->fortran)
        LEAT_TRY(leat_npy_read_part(&r->array, row * a->dims[1], n * a->dims[1], r->chunk));
    r->n = n;
    return LEAT_OK;
}

/* A place's `line` is the row's number, from 1. */
static leat_status npy_next(leat_data_table *t, bool *end)
{
    struct leat_npy_rows *r = t->npy;
    int64_t row = (int64_t)t->next.line - 1;
    *end = row >= r->array.dims[0];
    if (*end)
        return LEAT_OK;
    if (row < r->first || row >= r->first + r->n)
        LEAT_TRY(load_chunk(r, row));
    const char *at = r->chunk + (size_t)(row - r->first) * t->n_columns * r->item;
    for (size_t i = 0; i < t->n_columns; i++)
        t->cells[i] = (leat_cell){.number = element(r->array.dtype, at + i * r->item)};
    t->row = t->next;
    t->next.line++;
    t->next.offset = (uint64_t)((double)t->file.size * (double)(row + 1) / (double)r->array.dims[0]);
    return LEAT_OK;
}

static void npy_close(leat_data_table *t)
{
    if (t->npy == NULL)
        return;
    leat_npy_close(&t->npy->array);
    leat_free(t->npy->chunk);
    leat_free(t->npy);
}

const struct leat_data_table_kind leat_data_table_npy = {
    .open = npy_open, .next = npy_next, .close = npy_close, .line_word = "row "};
