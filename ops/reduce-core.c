/* reduce-core.c - the walk of reductions.
 *
 * Neighbouring dimensions that are both reduced or both kept are merged. If the innermost is reduced, each output is a
 * number of contiguous runs (rows); else a run of outputs accumulates whole rows of the input (columns). Many outputs are
 * shared out as tiles; for few, the reduced range is cut into at most 8 parts by its length, whose results are
 * combined in order. So the additions and their order are the same for any number of threads. */
#include "ops/reduce-private.h"
#include <math.h>

#define COLUMNS 256 /* outputs of one unit in the column walk */
#define MAX_PARTS 8
#define PART_ELEMENTS 65536 /* at least so many elements to a part */

typedef void row_fn(const void *x, size_t n, leat_accumulator *acc);
typedef void column_fn(const void *x, size_t n, leat_accumulator *acc);

struct reduce {
    const leat_tensor *x;
    leat_tensor *out;
    int kind;
    leat_reduce_finish finish;
    leat_dtype dtype;
    size_t bytes;
    bool is_float, is_unsigned_64;
    int64_t n_outer;       /* outputs (rows) or rows of outputs (columns) */
    int n_kept, n_reduced; /* dimensions but the innermost one, inner first */
    int64_t kept[LEAT_MAX_RANK], kept_stride[LEAT_MAX_RANK];
    int64_t reduced[LEAT_MAX_RANK], reduced_stride[LEAT_MAX_RANK];
    int64_t runs;         /* product of reduced[] */
    int64_t inner;        /* length of the innermost dimension */
    bool columns;         /* the innermost dimension is kept */
    int64_t count;        /* elements behind each output */
    int64_t parts, units; /* tiles are unit * parts + part */
    int64_t units_per_tile;
    leat_accumulator *partial; /* parts * outputs, where parts > 1 */
};

/* ---- one row, one column, by dtype ---- */

#define INT_ROW(dtype_, type_)                                                                               \
    case dtype_:                                                                                             \
        for (size_t i = 0; i < n; i++)                                                                       \
            combine_int(r, acc, (leat_accumulator){.i = (int64_t)((const type_ *)x)[i]});                    \
        return;
#define INT_COLUMN(dtype_, type_)                                                                            \
    case dtype_:                                                                                             \
        for (size_t i = 0; i < n; i++)                                                                       \
            combine_int(r, &acc[i], (leat_accumulator){.i = (int64_t)((const type_ *)x)[i]});                \
        return;

static inline void combine_int(const struct reduce *r, leat_accumulator *acc, leat_accumulator v)
{
    switch (r->kind) {
    case LEAT_REDUCE_SUM: acc->u += v.u; return;
    case LEAT_REDUCE_PROD: acc->u *= v.u; return;
    case LEAT_REDUCE_SQUARES: acc->u += v.u * v.u; return;
    case LEAT_REDUCE_MAX:
        if (r->is_unsigned_64 ? v.u > acc->u : v.i > acc->i)
            *acc = v;
        return;
    default:
        if (r->is_unsigned_64 ? v.u < acc->u : v.i < acc->i)
            *acc = v;
    }
}

static inline void combine_float(int kind, leat_accumulator *acc, double v)
{
    switch (kind) {
    case LEAT_REDUCE_SUM:
    case LEAT_REDUCE_SQUARES: acc->d += v; return;
    case LEAT_REDUCE_PROD: acc->d *= v; return;
    case LEAT_REDUCE_MAX: acc->d = v > acc->d || v != v ? v : acc->d; return;
    default: acc->d = v < acc->d || v != v ? v : acc->d;
    }
}

static void reduce_int(const struct reduce *r, const void *x, size_t n, leat_accumulator *acc, bool column)
{
    if (column)
        switch (r->dtype) {
            LEAT_FOR_INTS(INT_COLUMN)
            INT_COLUMN(LEAT_BOOL, uint8_t)
        default: return;
        }
    switch (r->dtype) {
        LEAT_FOR_INTS(INT_ROW)
        INT_ROW(LEAT_BOOL, uint8_t)
    default: return;
    }
}

/* Accumulates n elements from element `at`: into *acc, or (column) each into its own accumulator. */
static void reduce_run(const struct reduce *r, int64_t at, int64_t n, leat_accumulator *acc, bool column)
{
    const char *x = (const char *)r->x->data + (size_t)at * r->bytes;
    if (!r->is_float) {
        reduce_int(r, x, (size_t)n, acc, column);
        return;
    }
    const leat_vector *v = leat_vector_get();
    if (!leat_dtype_is_16bit_float(r->dtype)) {
        int type = r->dtype == LEAT_DOUBLE ? LEAT_VECTOR_F64 : LEAT_VECTOR_F32;
        if (column)
            v->reduce_column[r->kind][type](x, (size_t)n, &acc->d);
        else
            combine_float(r->kind, acc, v->reduce_row[r->kind][type](x, (size_t)n));
        return;
    }
    float block[COLUMNS];
    for (int64_t i = 0; i < n; i += COLUMNS) {
        size_t m = (size_t)LEAT_MIN(n - i, COLUMNS);
        leat_floats_from_16(r->dtype, block, (const uint16_t *)x + i, m);
        if (column)
            v->reduce_column[r->kind][LEAT_VECTOR_F32](block, m, &acc[i].d);
        else
            combine_float(r->kind, acc, v->reduce_row[r->kind][LEAT_VECTOR_F32](block, m));
    }
}

static leat_accumulator identity(const struct reduce *r)
{
    switch (r->kind) {
    case LEAT_REDUCE_SUM:
    case LEAT_REDUCE_SQUARES: return r->is_float ? (leat_accumulator){.d = 0} : (leat_accumulator){.i = 0};
    case LEAT_REDUCE_PROD: return r->is_float ? (leat_accumulator){.d = 1} : (leat_accumulator){.i = 1};
    case LEAT_REDUCE_MAX:
        if (r->is_float)
            return (leat_accumulator){.d = -INFINITY};
        break;
    default:
        if (r->is_float)
            return (leat_accumulator){.d = INFINITY};
    }
    bool max = r->kind == LEAT_REDUCE_MAX;
    switch (r->dtype) { /* what an empty extreme gives */
    case LEAT_BOOL: return (leat_accumulator){.i = !max};
    case LEAT_INT8: return (leat_accumulator){.i = max ? INT8_MIN : INT8_MAX};
    case LEAT_INT16: return (leat_accumulator){.i = max ? INT16_MIN : INT16_MAX};
    case LEAT_INT32: return (leat_accumulator){.i = max ? INT32_MIN : INT32_MAX};
    case LEAT_INT64: return (leat_accumulator){.i = max ? INT64_MIN : INT64_MAX};
    case LEAT_UINT8: return (leat_accumulator){.u = max ? 0 : UINT8_MAX};
    case LEAT_UINT16: return (leat_accumulator){.u = max ? 0 : UINT16_MAX};
    case LEAT_UINT32: return (leat_accumulator){.u = max ? 0 : UINT32_MAX};
    default: return (leat_accumulator){.u = max ? 0 : UINT64_MAX};
    }
}

/* ---- results ---- */

static void store_int(const struct reduce *r, int64_t i, leat_accumulator v)
{
    if (r->finish == LEAT_FINISH_MEAN && r->count > 0) {
        if (r->is_unsigned_64)
            v.u /= (uint64_t)r->count;
        else
            v.i /= r->count;
    }
    if (r->finish == LEAT_FINISH_ROOT)
        v.i = (int64_t)sqrt(r->is_unsigned_64 ? (double)v.u : (double)LEAT_MAX(v.i, 0));
    switch (r->dtype) {
#define STORE(dtype_, type_)                                                                                 \
    case dtype_: ((type_ *)r->out->data)[i] = (type_)v.i; return;
        LEAT_FOR_INTS(STORE)
        STORE(LEAT_BOOL, uint8_t)
#undef STORE
    default: return;
    }
}

static void store(const struct reduce *r, int64_t i, leat_accumulator v)
{
    if (!r->is_float) {
        store_int(r, i, v);
        return;
    }
    double d = r->finish == LEAT_FINISH_MEAN   ? v.d / (double)r->count
               : r->finish == LEAT_FINISH_ROOT ? sqrt(v.d)
                                               : v.d;
    float f = (float)d;
    if (r->dtype == LEAT_DOUBLE)
        ((double *)r->out->data)[i] = d;
    else if (r->dtype == LEAT_FLOAT)
        ((float *)r->out->data)[i] = f;
    else
        leat_floats_to_16(r->dtype, (uint16_t *)r->out->data + i, &f, 1);
}

/* ---- the walk ---- */

static int64_t offset_of(int64_t index, int n, const int64_t *dims, const int64_t *stride)
{
    int64_t offset = 0;
    for (int d = 0; d < n; d++) {
        offset += index % dims[d] * stride[d];
        index /= dims[d];
    }
    return offset;
}

/* Combines what two parts accumulated. */
static void merge(const struct reduce *r, leat_accumulator *acc, leat_accumulator v)
{
    if (r->is_float)
        combine_float(r->kind, acc, v.d);
    else if (r->kind == LEAT_REDUCE_SQUARES)
        acc->u += v.u;
    else
        combine_int(r, acc, v);
}

/* m adjacent runs of a few columns, from element `at`: a multiple of them is taken as one wide run. */
static void reduce_narrow(const struct reduce *r, int64_t at, int64_t m, leat_accumulator *acc)
{
    int64_t n = r->inner, group = COLUMNS / n;
    if (m >= 2 * group) {
        leat_accumulator wide[COLUMNS];
        for (int64_t i = 0; i < group * n; i++)
            wide[i] = identity(r);
        for (; m >= group; m -= group, at += group * n)
            reduce_run(r, at, group * n, wide, true);
        for (int64_t i = 0; i < group * n; i++)
            merge(r, &acc[i % n], wide[i]);
    }
    for (; m > 0; m--, at += n)
        reduce_run(r, at, n, acc, true);
}

/* Part `part` of one unit: a single output (rows) or up to COLUMNS of them (columns). */
static void reduce_unit(const struct reduce *r, int64_t unit, int64_t part, leat_accumulator *acc)
{
    int64_t per_run = r->columns ? 1 : r->inner, total = r->runs * per_run;
    /* in this order the products stay below `total` * 8, which int64 holds: a tensor has fewer bytes */
    int64_t begin = total / r->parts * part + total % r->parts * part / r->parts;
    int64_t end = total / r->parts * (part + 1) + total % r->parts * (part + 1) / r->parts;
    int64_t chunks = r->columns ? (r->inner + COLUMNS - 1) / COLUMNS : 1;
    int64_t base = offset_of(unit / chunks, r->n_kept, r->kept, r->kept_stride);
    if (r->columns) {
        int64_t first = unit % chunks * COLUMNS, n = LEAT_MIN(r->inner - first, COLUMNS);
        while (begin < end) {
            int64_t at = base + first + offset_of(begin, r->n_reduced, r->reduced, r->reduced_stride), m = 1;
            if (r->n_reduced > 0 && r->inner <= COLUMNS / 2) {
                m = LEAT_MIN(end - begin, r->reduced[0] - begin % r->reduced[0]);
                reduce_narrow(r, at, m, acc);
            } else {
                reduce_run(r, at, n, acc, true);
            }
            begin += m;
        }
        return;
    }
    while (begin < end) {
        int64_t run = begin / r->inner, at = begin % r->inner, n = LEAT_MIN(r->inner - at, end - begin);
        reduce_run(r, base + at + offset_of(run, r->n_reduced, r->reduced, r->reduced_stride), n, acc, false);
        begin += n;
    }
}

/* Outputs of a unit: first and count. */
static int64_t unit_outputs(const struct reduce *r, int64_t unit, int64_t *first)
{
    if (!r->columns) {
        *first = unit;
        return 1;
    }
    int64_t chunks = (r->inner + COLUMNS - 1) / COLUMNS, column = unit % chunks * COLUMNS;
    *first = unit / chunks * r->inner + column;
    return LEAT_MIN(r->inner - column, COLUMNS);
}

/* Outputs unit..last of float or double rows that follow each other: nothing but the rows takes time. */
static void reduce_plain_rows(const struct reduce *r, int64_t unit, int64_t last)
{
    int type = r->dtype == LEAT_DOUBLE ? LEAT_VECTOR_F64 : LEAT_VECTOR_F32;
    double (*row)(const void *, size_t) = leat_vector_get()->reduce_row[r->kind][type];
    const char *x = (const char *)r->x->data + (size_t)(unit * r->inner) * r->bytes;
    for (; unit < last; unit++, x += (size_t)r->inner * r->bytes)
        store(r, unit, (leat_accumulator){.d = row(x, (size_t)r->inner)});
}

static void reduce_tile(size_t tile, void *arg)
{
    const struct reduce *r = arg;
    if (r->parts > 1) {
        int64_t first, n = unit_outputs(r, (int64_t)tile / r->parts, &first), part = (int64_t)tile % r->parts;
        leat_accumulator *acc = r->partial + part * r->out->elements + first;
        for (int64_t i = 0; i < n; i++)
            acc[i] = identity(r);
        reduce_unit(r, (int64_t)tile / r->parts, part, acc);
        return;
    }
    int64_t unit = (int64_t)tile * r->units_per_tile, last = LEAT_MIN(unit + r->units_per_tile, r->units);
    if (!r->columns && r->n_reduced == 0 && r->n_kept <= 1 &&
        (r->dtype == LEAT_FLOAT || r->dtype == LEAT_DOUBLE)) {
        reduce_plain_rows(r, unit, last);
        return;
    }
    for (; unit < last; unit++) {
        leat_accumulator acc[COLUMNS];
        int64_t first, n = unit_outputs(r, unit, &first);
        for (int64_t i = 0; i < n; i++)
            acc[i] = identity(r);
        reduce_unit(r, unit, 0, acc);
        for (int64_t i = 0; i < n; i++)
            store(r, first + i, acc[i]);
    }
}

/* ---- the plan ---- */

/* Merges dimensions; fills r->kept, r->reduced (inner first) and the innermost one. */
static void plan_dims(struct reduce *r, unsigned mask)
{
    const leat_shape *s = &r->x->shape;
    int64_t stride = 1, dims[LEAT_MAX_RANK], strides[LEAT_MAX_RANK];
    bool is_reduced[LEAT_MAX_RANK];
    int n = 0;
    r->count = 1;
    for (int d = leat_shape_rank(s) - 1; d >= 0; d--) {
        bool reduced = mask >> d & 1;
        if (reduced)
            r->count *= s->dims[d];
        if (s->dims[d] == 1)
            continue;
        if (n > 0 && is_reduced[n - 1] == reduced) {
            dims[n - 1] *= s->dims[d];
        } else {
            dims[n] = s->dims[d];
            strides[n] = stride;
            is_reduced[n++] = reduced;
        }
        stride *= s->dims[d];
    }
    r->columns = n > 0 && !is_reduced[0];
    r->inner = n > 0 ? dims[0] : 1;
    r->n_kept = r->n_reduced = 0;
    r->runs = r->n_outer = 1;
    for (int d = 1; d < n; d++)
        if (is_reduced[d]) {
            r->reduced[r->n_reduced] = dims[d];
            r->reduced_stride[r->n_reduced++] = strides[d];
            r->runs *= dims[d];
        } else {
            r->kept[r->n_kept] = dims[d];
            r->kept_stride[r->n_kept++] = strides[d];
            r->n_outer *= dims[d];
        }
}

static void plan_tiles(struct reduce *r)
{
    r->units = r->n_outer * (r->columns ? (r->inner + COLUMNS - 1) / COLUMNS : 1);
    int64_t per_unit = r->x->elements / LEAT_MAX(r->units, 1);
    r->parts = 1;
    r->units_per_tile = LEAT_MAX(LEAT_GRAIN_CHEAP / LEAT_MAX(per_unit, 1), 1);
    if (r->units < MAX_PARTS)
        r->parts = LEAT_MIN(MAX_PARTS, LEAT_MAX(per_unit / PART_ELEMENTS, 1));
    if (r->parts > 1 && r->columns)
        r->parts = LEAT_MIN(r->parts, r->runs);
}

static leat_status combine_parts(leat_kernel *k, struct reduce *r)
{
    r->partial = leat_scratch(k, (size_t)(r->parts * r->out->elements) * sizeof *r->partial);
    if (r->partial == NULL)
        return leat_fail_memory((size_t)(r->parts * r->out->elements) * sizeof *r->partial);
    leat_tiles(k, (size_t)(r->units * r->parts), reduce_tile, r);
    for (int64_t i = 0; i < r->out->elements; i++) {
        leat_accumulator acc = r->partial[i];
        for (int64_t p = 1; p < r->parts; p++)
            merge(r, &acc, r->partial[p * r->out->elements + i]);
        store(r, i, acc);
    }
    return LEAT_OK;
}

static leat_shape reduced_shape(const leat_shape *s, unsigned mask, bool keep)
{
    leat_shape out = {.rank_plus_1 = 1};
    for (int d = 0; d < leat_shape_rank(s); d++)
        if (!(mask >> d & 1))
            out.dims[out.rank_plus_1++ - 1] = s->dims[d];
        else if (keep)
            out.dims[out.rank_plus_1++ - 1] = 1;
    return out;
}

/* *t shows the complex numbers of `from` as pairs of real ones. */
static void as_pairs(leat_tensor *t, const leat_tensor *from)
{
    memcpy(t, from, sizeof *t);
    t->dtype = t->dtype == LEAT_COMPLEX64 ? LEAT_FLOAT : LEAT_DOUBLE;
    t->elements *= 2;
    t->shape.dims[t->shape.rank_plus_1++ - 1] = 2;
}

leat_status leat_reduce(leat_kernel *k, int kind, leat_reduce_finish finish)
{
    const leat_tensor *x = k->in[0];
    unsigned mask;
    LEAT_TRY(leat_kernel_axes(k, k->in[1], leat_shape_rank(&x->shape), &mask));
    leat_shape shape = reduced_shape(&x->shape, mask, leat_attr_bool(k->op, "keep_dims"));
    LEAT_TRY(leat_out_new(k, 0, &shape));
    leat_tensor pairs, sums, *out = &k->out[0];
    if (leat_dtype_is_complex(x->dtype) && kind == LEAT_REDUCE_SUM &&
        leat_shape_rank(&x->shape) < LEAT_MAX_RANK) {
        as_pairs(&pairs, x); /* both parts are summed alike: a last dimension, which is kept */
        as_pairs(&sums, out);
        x = &pairs;
        out = &sums;
    }
    struct reduce r = {.x = x,
                       .out = out,
                       .kind = kind,
                       .finish = finish,
                       .dtype = x->dtype,
                       .bytes = leat_dtype_bytes(x->dtype),
                       .is_float = leat_dtype_is_floating(x->dtype),
                       .is_unsigned_64 = x->dtype == LEAT_UINT64};
    if (!r.is_float && !leat_dtype_is_integer(x->dtype) && x->dtype != LEAT_BOOL)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(x->dtype));
    if (r.out->elements == 0)
        return LEAT_OK;
    plan_dims(&r, mask);
    if (x->elements == 0) {
        if (x == &pairs) /* TensorFlow's mean of no complex numbers is 0, of no real ones not a number */
            r.finish = LEAT_FINISH_NONE;
        for (int64_t i = 0; i < r.out->elements; i++)
            store(&r, i, identity(&r));
        return LEAT_OK;
    }
    plan_tiles(&r);
    if (r.parts > 1)
        return combine_parts(k, &r);
    size_t tiles = (size_t)((r.units + r.units_per_tile - 1) / r.units_per_tile);
    if (tiles == 1)
        reduce_tile(0, &r);
    else
        leat_tiles(k, tiles, reduce_tile, &r);
    return LEAT_OK;
}

/* ---- shapes ---- */

static leat_status unknown_axes(leat_infer *c, bool keep)
{
    int rank = leat_shape_rank(c->in[0]);
    if (rank >= 0 && keep)
        c->out[0] = leat_shape_ranked(rank);
    return LEAT_OK;
}

leat_status leat_reduce_shape(leat_infer *c)
{
    bool keep = leat_attr_bool(c->op, "keep_dims");
    int rank = leat_shape_rank(c->in[0]);
    if (leat_shape_rank(c->in[1]) == 1 && c->in[1]->dims[0] == 0) {
        c->out[0] = *c->in[0];
        return LEAT_OK;
    }
    leat_tensor *axes = rank < 0 ? NULL : leat_infer_value(c, 1);
    if (axes == NULL)
        return unknown_axes(c, keep);
    unsigned mask = 0;
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < axes->elements && status == LEAT_OK; i++) {
        int axis;
        int64_t value = leat_index_at(axes, i);
        if (!leat_axis_normal(value, rank, &axis))
            status = leat_infer_fail(c, "axis %lld is out of range for rank %d", (long long)value, rank);
        else if (mask >> axis & 1)
            status = leat_infer_fail(c, "axis %lld is named twice", (long long)value);
        else
            mask |= 1U << axis;
    }
    leat_tensor_unref(axes);
    if (status == LEAT_OK)
        c->out[0] = reduced_shape(c->in[0], mask, keep);
    return status;
}
