/* elementwise.c - broadcasting, tiling and half precision of binary ops. */
#include "ops/elementwise-private.h"

void leat_broadcast_plan(leat_broadcast *b, const leat_shape *out, const leat_shape *const *in, int n)
{
    int rank = leat_shape_rank(out);
    int64_t step[3] = {1, 1, 1};
    b->rank = 0;
    b->elements = leat_dims_product(out, 0, rank);
    /* From the innermost dimension outwards; b->dims is built reversed. */
    for (int d = rank - 1; d >= 0; d--) {
        int64_t size = out->dims[d], stride[3] = {0, 0, 0};
        if (size == 1)
            continue;
        for (int i = 0; i < n; i++) {
            int at = d - rank + leat_shape_rank(in[i]);
            if (at >= 0 && in[i]->dims[at] != 1) {
                stride[i] = step[i];
                step[i] *= in[i]->dims[at];
            }
        }
        int last = b->rank - 1;
        bool merges = b->rank > 0;
        for (int i = 0; i < n && merges; i++)
            merges =
                b->stride[i][last] == 0 ? stride[i] == 0 : stride[i] == b->stride[i][last] * b->dims[last];
        if (merges) {
            b->dims[last] *= size;
            continue;
        }
        b->dims[b->rank] = size;
        for (int i = 0; i < n; i++)
            b->stride[i][b->rank] = stride[i];
        b->rank++;
    }
    if (b->rank == 0) {
        b->rank = 1;
        b->dims[0] = 1;
        for (int i = 0; i < n; i++)
            b->stride[i][0] = 0;
    }
}

void leat_broadcast_at(const leat_broadcast *b, int64_t i, int n, int64_t *offset, int64_t *inner_left)
{
    for (int o = 0; o < n; o++)
        offset[o] = 0;
    if (i == 0) { /* small tensors are one range; divisions would be half of their time */
        *inner_left = b->dims[0];
        return;
    }
    *inner_left = b->dims[0] - i % b->dims[0];
    for (int d = 0; d < b->rank; d++) {
        int64_t at = i % b->dims[d];
        i /= b->dims[d];
        for (int o = 0; o < n; o++)
            offset[o] += at * b->stride[o][d];
    }
}

struct binary_run {
    leat_broadcast b;
    leat_loop2 *loop;
    const char *a, *c; /* operands */
    char *out;
    size_t in_bytes, out_bytes;
    leat_dtype lifted; /* HALF or BFLOAT16: computed in float; else NONE */
};

/* The inner loop over n elements whose operands advance by stride 0 or 1. */
static void run_inner(const struct binary_run *r, int64_t a, int64_t c, int64_t out, int64_t n, int mode)
{
    r->loop(r->a + (size_t)a * r->in_bytes, r->c + (size_t)c * r->in_bytes,
            r->out + (size_t)out * r->out_bytes, (size_t)n, mode);
}

#define LIFT_BLOCK 512
static void run_inner_lifted(const struct binary_run *r, int64_t a, int64_t c, int64_t out, int64_t n,
                             int mode)
{
    float x[LIFT_BLOCK], y[LIFT_BLOCK], z[LIFT_BLOCK];
    for (int64_t i = 0; i < n; i += LIFT_BLOCK) {
        size_t m = (size_t)LEAT_MIN(n - i, LIFT_BLOCK);
        const uint16_t *p = (const uint16_t *)r->a + a + (mode == LEAT_A_SCALAR ? 0 : i);
        const uint16_t *q = (const uint16_t *)r->c + c + (mode == LEAT_B_SCALAR ? 0 : i);
        leat_floats_from_16(r->lifted, x, p, mode == LEAT_A_SCALAR ? 1 : m);
        leat_floats_from_16(r->lifted, y, q, mode == LEAT_B_SCALAR ? 1 : m);
        if (r->out_bytes == 1) { /* a comparison */
            r->loop(x, y, r->out + out + i, m, mode);
            continue;
        }
        r->loop(x, y, z, m, mode);
        leat_floats_to_16(r->lifted, (uint16_t *)r->out + out + i, z, m);
    }
}

/* Where the innermost dimension is short, the operands of a block of results are laid out one by one, so that the inner loop
 * is long. */
#define SHORT_INNER 32
#define EXPAND_BLOCK 512

#define EXPAND_CASE(bytes_, type_)                                                                           \
    case bytes_:                                                                                             \
        for (int64_t i = 0; i < m; i++)                                                                      \
            ((type_ *)to)[done + i] = ((const type_ *)from)[at + i * step];                                  \
        break;

static void expand(const leat_broadcast *b, int o, size_t bytes, const char *from, int64_t begin, int64_t n,
                   char *to)
{
    int64_t index[LEAT_MAX_RANK], at = 0, step = b->stride[o][0], left = begin;
    for (int d = 0; d < b->rank; d++) {
        index[d] = left % b->dims[d];
        left /= b->dims[d];
        at += index[d] * b->stride[o][d];
    }
    for (int64_t done = 0, m; done < n; done += m) {
        m = LEAT_MIN(b->dims[0] - index[0], n - done);
        switch (bytes) {
            EXPAND_CASE(1, uint8_t)
            EXPAND_CASE(2, uint16_t)
            EXPAND_CASE(4, uint32_t)
        default:
            for (int64_t i = 0; i < m; i++)
                ((uint64_t *)to)[done + i] = ((const uint64_t *)from)[at + i * step];
        }
        at -= index[0] * step;
        index[0] = 0;
        for (int d = 1; d < b->rank; d++) { /* the next row */
            at += b->stride[o][d];
            if (++index[d] < b->dims[d])
                break;
            at -= b->dims[d] * b->stride[o][d];
            index[d] = 0;
        }
    }
}

/* Does the operand have every element of the result, in its order? */
static bool is_dense(const leat_broadcast *b, int o)
{
    int64_t step = 1;
    for (int d = 0; d < b->rank; d++) {
        if (b->stride[o][d] != step)
            return false;
        step *= b->dims[d];
    }
    return true;
}

static void binary_range_expanded(const struct binary_run *r, int64_t begin, int64_t end)
{
    uint64_t block[2][EXPAND_BLOCK];
    const char *operand[2] = {r->a, r->c};
    bool dense[2] = {is_dense(&r->b, 0), is_dense(&r->b, 1)};
    for (int64_t n; begin < end; begin += n) {
        struct binary_run part = *r;
        const char *from[2];
        n = LEAT_MIN(end - begin, EXPAND_BLOCK);
        for (int o = 0; o < 2; o++) {
            from[o] = dense[o] ? operand[o] + (size_t)begin * r->in_bytes : (const char *)block[o];
            if (!dense[o])
                expand(&r->b, o, r->in_bytes, operand[o], begin, n, (char *)block[o]);
        }
        part.a = from[0];
        part.c = from[1];
        if (r->lifted != LEAT_DTYPE_NONE)
            run_inner_lifted(&part, 0, 0, begin, n, LEAT_BOTH);
        else
            run_inner(&part, 0, 0, begin, n, LEAT_BOTH);
    }
}

static void binary_range(int64_t begin, int64_t end, void *arg)
{
    const struct binary_run *r = arg;
    const leat_broadcast *b = &r->b;
    bool fits = r->in_bytes <= sizeof(uint64_t); /* complex128 does not */
    if (fits && b->rank > 1 && b->dims[0] < SHORT_INNER && end - begin > 2 * b->dims[0]) {
        binary_range_expanded(r, begin, end);
        return;
    }
    int mode = b->stride[0][0] == 0 && b->dims[0] > 1   ? LEAT_A_SCALAR
               : b->stride[1][0] == 0 && b->dims[0] > 1 ? LEAT_B_SCALAR
                                                        : LEAT_BOTH;
    while (begin < end) {
        int64_t offset[2], left;
        leat_broadcast_at(b, begin, 2, offset, &left);
        int64_t n = LEAT_MIN(left, end - begin);
        if (r->lifted != LEAT_DTYPE_NONE)
            run_inner_lifted(r, offset[0], offset[1], begin, n, mode);
        else
            run_inner(r, offset[0], offset[1], begin, n, mode);
        begin += n;
    }
}

leat_loop2 *leat_binary_loop(const leat_binary_loops *loops, leat_dtype dtype)
{
    int type = dtype == LEAT_FLOAT    ? LEAT_VECTOR_F32
               : dtype == LEAT_DOUBLE ? LEAT_VECTOR_F64
               : dtype == LEAT_INT32  ? LEAT_VECTOR_I32
               : dtype == LEAT_INT64  ? LEAT_VECTOR_I64
                                      : -1;
    if (loops->by_dtype[dtype] == NULL && type >= 0) {
        if (loops->vector != 0)
            return leat_vector_get()->binary[loops->vector - 1][type];
        if (loops->float2 != 0 && type <= LEAT_VECTOR_F64)
            return leat_vector_get()->float2[loops->float2 - 1][type];
    }
    if (loops->of_complex != 0 && leat_dtype_is_complex(dtype))
        return leat_complex_loops2[loops->of_complex - 1][dtype == LEAT_COMPLEX128];
    return loops->by_dtype[dtype];
}

leat_status leat_binary_run(leat_kernel *k, leat_loop2 *loop, int64_t grain)
{
    const leat_tensor *a = k->in[0], *c = k->in[1];
    leat_shape out;
    LEAT_TRY(leat_kernel_broadcast(k, &a->shape, &c->shape, &out));
    LEAT_TRY(leat_out_reuse(k, 0, leat_shape_equal(a->shape, out) ? 0 : 1, &out));
    struct binary_run
        r; /* field by field: to clear the broadcast's arrays takes longer than a scalar's whole op */
    r.loop = loop;
    r.a = a->data;
    r.c = c->data;
    r.out = k->out[0].data;
    r.in_bytes = leat_dtype_bytes(a->dtype);
    r.out_bytes = leat_dtype_bytes(k->out[0].dtype);
    r.lifted = leat_dtype_is_16bit_float(a->dtype) ? a->dtype : LEAT_DTYPE_NONE;
    leat_broadcast_plan(&r.b, &out, (const leat_shape *const[]){&a->shape, &c->shape}, 2);
    leat_ranges(k, k->out[0].elements, grain, binary_range, &r);
    return LEAT_OK;
}

leat_status leat_binary(leat_kernel *k, const leat_binary_loops *loops)
{
    leat_dtype dtype = k->in[0]->dtype;
    leat_loop2 *loop = leat_binary_loop(loops, leat_dtype_is_16bit_float(dtype) ? LEAT_FLOAT : dtype);
    if (loop == NULL)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(dtype));
    return leat_binary_run(k, loop, loops->grain ? loops->grain : LEAT_GRAIN_CHEAP);
}

struct unary_run {
    leat_loop1 *loop;
    const char *x;
    char *out;
    size_t in_bytes, out_bytes;
    leat_dtype lifted;
};

static void unary_range(int64_t begin, int64_t end, void *arg)
{
    const struct unary_run *r = arg;
    if (r->lifted == LEAT_DTYPE_NONE) {
        r->loop(r->x + (size_t)begin * r->in_bytes, r->out + (size_t)begin * r->out_bytes,
                (size_t)(end - begin));
        return;
    }
    float x[LIFT_BLOCK], z[LIFT_BLOCK];
    for (int64_t i = begin; i < end; i += LIFT_BLOCK) {
        size_t m = (size_t)LEAT_MIN(end - i, LIFT_BLOCK);
        leat_floats_from_16(r->lifted, x, (const uint16_t *)r->x + i, m);
        if (r->out_bytes == 1) {
            r->loop(x, r->out + i, m);
            continue;
        }
        r->loop(x, z, m);
        leat_floats_to_16(r->lifted, (uint16_t *)r->out + i, z, m);
    }
}

leat_status leat_unary_run(leat_kernel *k, leat_loop1 *loop, int64_t grain)
{
    const leat_tensor *x = k->in[0];
    LEAT_TRY(leat_out_reuse(k, 0, 0, &x->shape));
    struct unary_run r = {.loop = loop,
                          .x = x->data,
                          .out = k->out[0].data,
                          .in_bytes = leat_dtype_bytes(x->dtype),
                          .out_bytes = leat_dtype_bytes(k->out[0].dtype),
                          .lifted = leat_dtype_is_16bit_float(x->dtype) ? x->dtype : LEAT_DTYPE_NONE};
    leat_ranges(k, x->elements, grain, unary_range, &r);
    return LEAT_OK;
}

leat_status leat_unary(leat_kernel *k, const leat_unary_loops *loops)
{
    leat_dtype dtype = k->in[0]->dtype;
    leat_dtype computed = leat_dtype_is_16bit_float(dtype) ? LEAT_FLOAT : dtype;
    leat_loop1 *loop = loops->by_dtype[computed];
    if (loops->of_complex != 0 && leat_dtype_is_complex(dtype))
        loop = leat_complex_loops1[loops->of_complex - 1][dtype == LEAT_COMPLEX128];
    if (loop == NULL && loops->float1 != 0 && (computed == LEAT_FLOAT || computed == LEAT_DOUBLE))
        loop = leat_vector_get()
                   ->float1[loops->float1 - 1][computed == LEAT_FLOAT ? LEAT_VECTOR_F32 : LEAT_VECTOR_F64];
    if (loop == NULL)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no kernel for %s", leat_dtype_name(dtype));
    return leat_unary_run(k, loop, loops->grain ? loops->grain : LEAT_GRAIN_CHEAP);
}
