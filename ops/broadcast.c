/* broadcast.c - BroadcastTo, BroadcastArgs, BroadcastGradientArgs, Tile. */
#include "ops/elementwise-private.h"
#include "ops/grad-private.h"

/* ---- copying with broadcasting ---- */

struct spread_run {
    leat_broadcast b;
    const char *x;
    char *out;
    size_t bytes;
};

static void fill_run(char *to, const char *value, size_t bytes, int64_t n)
{
    switch (bytes) {
    case 4: {
        uint32_t v, *t = (uint32_t *)to;
        memcpy(&v, value, sizeof v);
        for (int64_t i = 0; i < n; i++)
            t[i] = v;
        return;
    }
    case 8: {
        uint64_t v, *t = (uint64_t *)to;
        memcpy(&v, value, sizeof v);
        for (int64_t i = 0; i < n; i++)
            t[i] = v;
        return;
    }
    default:
        for (int64_t i = 0; i < n; i++)
            memcpy(to + (size_t)i * bytes, value, bytes);
    }
}

static void spread_range(int64_t begin, int64_t end, void *arg)
{
    const struct spread_run *r = arg;
    while (begin < end) {
        int64_t at, left;
        leat_broadcast_at(&r->b, begin, 1, &at, &left);
        int64_t n = LEAT_MIN(left, end - begin);
        const char *from = r->x + (size_t)at * r->bytes;
        char *to = r->out + (size_t)begin * r->bytes;
        if (r->b.stride[0][0] == 0)
            fill_run(to, from, r->bytes, n);
        else
            memcpy(to, from, (size_t)n * r->bytes);
        begin += n;
    }
}

static leat_status spread_strings(leat_kernel *k, const leat_broadcast *b)
{
    for (int64_t i = 0; i < b->elements; i++) {
        int64_t at, left;
        leat_broadcast_at(b, i, 1, &at, &left);
        const leat_string *from = (const leat_string *)k->in[0]->data + at;
        LEAT_TRY(leat_string_set((leat_string *)k->out[0].data + i, from->data, from->size));
    }
    return LEAT_OK;
}

static leat_status broadcast_to_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    leat_shape want, out;
    char a[128], b[128];
    LEAT_TRY(leat_kernel_shape(k, k->in[1], &want));
    if (leat_shape_rank(&want) < leat_shape_rank(&x->shape) ||
        !leat_shape_broadcast(&x->shape, &want, &out) || !leat_shape_equal(out, want))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "shape %s does not broadcast to %s",
                                leat_shape_print(x->shape, a, sizeof a), leat_shape_print(want, b, sizeof b));
    LEAT_TRY(leat_out_new(k, 0, &want));
    if (k->out[0].elements == 0)
        return LEAT_OK;
    struct spread_run r = {.x = x->data, .out = k->out[0].data, .bytes = leat_dtype_bytes(x->dtype)};
    leat_broadcast_plan(&r.b, &want, (const leat_shape *const[]){&x->shape}, 1);
    if (x->dtype == LEAT_STRING)
        return spread_strings(k, &r.b);
    leat_ranges(k, k->out[0].elements, LEAT_GRAIN_CHEAP, spread_range, &r);
    return LEAT_OK;
}

static leat_status broadcast_to_shape(leat_infer *c)
{
    c->out[0] = leat_infer_value_as_shape(c, 1);
    leat_shape both;
    int rank = leat_shape_rank(&c->out[0]);
    if (rank >= 0 && leat_shape_rank(c->in[0]) > rank)
        return leat_infer_fail(c, "the input has more dimensions than the shape");
    if (rank >= 0 && !leat_shape_broadcast(c->in[0], &c->out[0], &both))
        return leat_infer_fail(c, "the input does not broadcast to the shape");
    return LEAT_OK;
}

static void broadcast_to_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0);
    leat_shape have = leat_out_shape(x), out = leat_out_shape(leat_grad_out(g, 0));
    if (leat_shape_known(&have) && leat_shape_equal(have, out)) {
        g->dx[0] = g->dy[0];
        return;
    }
    leat_out shape = leat_grad_shape_of(g, x), to = leat_grad_in(g, 1);
    if (leat_out_dtype(to) != LEAT_INT32)
        to = leat_raw_cast(to, LEAT_INT32);
    leat_op *args = leat_raw_broadcast_gradient_args(shape, to);
    if (args != NULL)
        g->dx[0] = leat_raw_reshape(leat_raw_sum(g->dy[0], (leat_out){args, 0}), shape);
}

const leat_op_def leat_op_BroadcastTo = LEAT_OP(
    "BroadcastTo(input: T, shape: Tidx) -> output: T; T: type; Tidx: {int32, int64} = int32",
    .doc = "The input repeated along dimensions of size 1, to this shape.", .shape = broadcast_to_shape,
    .kernels = {{broadcast_to_kernel}}, .gradient = broadcast_to_grad, .cost = leat_cost_moves);

LEAT_ROW(BroadcastTo, "(double[3,1] 1 2 3, int32[2] 3 2) -> double[3,2] 1 1 2 2 3 3");
LEAT_ROW(BroadcastTo, "(double[3] 1 2 3, int32[2] 2 3) -> double[2,3] 1 2 3 1 2 3");
LEAT_ROW(BroadcastTo, "(double[1,2,1] 1 2, int64[3] 2 2 2) -> double[2,2,2] 1 1 2 2 1 1 2 2");
LEAT_ROW(BroadcastTo, "(string[] 'a', int32[1] 2) -> string[2] 'a' 'a'");
LEAT_ROW(BroadcastTo, "(int8[1] 5, int32[1] 0) -> int8[0]");
LEAT_ROW(BroadcastTo, "(float[2] 1 2, int32[1] 3) fails 'broadcast'");
LEAT_ROW(BroadcastTo, "(float[3,1] 1 2 3, int32[1] 3) fails ''");

/* ---- shapes as tensors ---- */

static leat_status shapes_of_inputs(leat_kernel *k, leat_shape shapes[2])
{
    for (int i = 0; i < 2; i++)
        LEAT_TRY(leat_kernel_shape(k, k->in[i], &shapes[i]));
    return LEAT_OK;
}

static leat_status out_dims(leat_kernel *k, int i, const int64_t *dims, int n)
{
    leat_shape shape = leat_shape_1d(n);
    LEAT_TRY(leat_out_new(k, i, &shape));
    for (int d = 0; d < n; d++)
        leat_index_put(&k->out[i], d, dims[d]);
    return LEAT_OK;
}

static leat_status broadcast_args_kernel(leat_kernel *k)
{
    leat_shape s[2], out;
    LEAT_TRY(shapes_of_inputs(k, s));
    LEAT_TRY(leat_kernel_broadcast(k, &s[0], &s[1], &out));
    return out_dims(k, 0, out.dims, leat_shape_rank(&out));
}

static leat_status broadcast_args_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    int64_t a = leat_shape_rank(c->in[0]) == 1 ? c->in[0]->dims[0] : -1;
    int64_t b = leat_shape_rank(c->in[1]) == 1 ? c->in[1]->dims[0] : -1;
    c->out[0] = leat_shape_1d(a < 0 || b < 0 ? -1 : LEAT_MAX(a, b));
    return LEAT_OK;
}

/* For each operand the axes over which its gradient is summed: those where it is 1 (or absent) and was spread, and those
 * where both are 1, as TensorFlow counts them. */
static leat_status gradient_args_kernel(leat_kernel *k)
{
    leat_shape s[2], out;
    LEAT_TRY(shapes_of_inputs(k, s));
    LEAT_TRY(leat_kernel_broadcast(k, &s[0], &s[1], &out));
    bool same = leat_shape_equal(s[0], s[1]);
    int rank = leat_shape_rank(&out);
    for (int i = 0; i < 2; i++) {
        int64_t axes[LEAT_MAX_RANK];
        int n = 0, lack = rank - leat_shape_rank(&s[i]);
        for (int d = 0; d < rank && !same; d++)
            if (d < lack || s[i].dims[d - lack] == 1)
                axes[n++] = d;
        LEAT_TRY(out_dims(k, i, axes, n));
    }
    return LEAT_OK;
}

static leat_status gradient_args_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 1));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    c->out[0] = c->out[1] = leat_shape_1d(-1);
    return LEAT_OK;
}

const leat_op_def leat_op_BroadcastArgs =
    LEAT_OP("BroadcastArgs(s0: T, s1: T) -> r0: T; T: {int32, int64} = int32",
            .doc = "The shape that two shapes broadcast to.", .shape = broadcast_args_shape,
            .kernels = {{broadcast_args_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_BroadcastGradientArgs =
    LEAT_OP("BroadcastGradientArgs(s0: T, s1: T) -> r0: T, r1: T; T: {int32, int64} = int32",
            .doc = "The axes over which the gradients of two broadcast operands are summed.",
            .shape = gradient_args_shape, .kernels = {{gradient_args_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(BroadcastArgs, "(int32[2] 3 1, int32[3] 2 1 4) -> int32[3] 2 3 4");
LEAT_ROW(BroadcastArgs, "(int64[0], int64[2] 2 1) -> int64[2] 2 1");
LEAT_ROW(BroadcastArgs, "(int32[1] 3, int32[1] 2) fails 'do not broadcast'");
LEAT_ROW(BroadcastGradientArgs, "(int32[2] 3 1, int32[3] 2 1 4) dynamic -> int32[2] 0 2, int32[1] 1");
LEAT_ROW(BroadcastGradientArgs, "(int32[2] 3 1, int32[2] 3 1) dynamic -> int32[0], int32[0]");
LEAT_ROW(BroadcastGradientArgs, "(int32[2] 3 1, int32[0]) dynamic -> int32[1] 1, int32[2] 0 1");
LEAT_ROW(BroadcastGradientArgs, "(int64[2] 3 2, int64[1] 3) fails 'do not broadcast'");

/* ---- Tile ---- */

struct tile_run {
    int rank;
    int64_t in[LEAT_MAX_RANK], out[LEAT_MAX_RANK]; /* dimensions, inner first; the innermost are whole runs */
    int64_t run;
    const leat_tensor *x;
    leat_tensor *y;
    size_t bytes;
};

static int64_t tile_source(const struct tile_run *r, int64_t i)
{
    int64_t from = 0, step = 1;
    for (int d = 0; d < r->rank; d++) {
        from += i % r->out[d] % r->in[d] * step;
        i /= r->out[d];
        step *= r->in[d];
    }
    return from;
}

/* Elements begin..end of the output: each run lies in one row of the input. */
static void tile_range(int64_t begin, int64_t end, void *arg)
{
    const struct tile_run *r = arg;
    while (begin < end) {
        int64_t n = LEAT_MIN(r->in[0] - begin % r->out[0] % r->in[0], end - begin);
        if (begin % r->out[0] == 0 && r->out[0] <= end - begin) { /* a whole row: doubled until it is full */
            char *to = (char *)r->y->data + (size_t)begin * r->bytes;
            int64_t done = r->in[0];
            memcpy(to, (const char *)r->x->data + (size_t)tile_source(r, begin) * r->bytes,
                   (size_t)done * r->bytes);
            for (; done < r->out[0]; done += n) {
                n = LEAT_MIN(done, r->out[0] - done);
                memcpy(to + (size_t)done * r->bytes, to, (size_t)n * r->bytes);
            }
            begin += r->out[0];
            continue;
        }
        memcpy((char *)r->y->data + (size_t)begin * r->bytes,
               (const char *)r->x->data + (size_t)tile_source(r, begin) * r->bytes, (size_t)n * r->bytes);
        begin += n;
    }
}

static leat_status tile_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *multiples = k->in[1];
    int rank = leat_shape_rank(&x->shape);
    if (leat_shape_rank(&multiples->shape) != 1 || multiples->elements != rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "Expected multiples argument to be a vector of length %d but got length %lld",
                                rank, (long long)multiples->elements);
    leat_shape out = x->shape;
    for (int d = 0; d < rank; d++) {
        int64_t m = leat_index_at(multiples, d);
        if (m < 0)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "Expected multiples[%d] >= 0, but got %lld",
                                    d, (long long)m);
        if (__builtin_mul_overflow(out.dims[d], m, &out.dims[d]))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "multiples[%d] = %lld is too large", d,
                                    (long long)m);
    }
    LEAT_TRY(leat_out_new(k, 0, &out));
    struct tile_run r = {.x = x, .y = &k->out[0], .bytes = leat_dtype_bytes(x->dtype)};
    for (int d = rank - 1; d >= 0; d--) {
        /* a dimension that is not repeated makes longer runs of the one outside it */
        if (r.rank > 0 && r.in[r.rank - 1] == r.out[r.rank - 1]) {
            r.in[r.rank - 1] *= x->shape.dims[d];
            r.out[r.rank - 1] *= out.dims[d];
            continue;
        }
        r.in[r.rank] = x->shape.dims[d];
        r.out[r.rank++] = out.dims[d];
    }
    if (r.rank == 0)
        r.in[0] = r.out[0] = r.rank = 1;
    if (x->dtype == LEAT_STRING) {
        for (int64_t i = 0; i < k->out[0].elements; i++) {
            const leat_string *from = (const leat_string *)x->data + tile_source(&r, i);
            LEAT_TRY(leat_string_set((leat_string *)k->out[0].data + i, from->data, from->size));
        }
        return LEAT_OK;
    }
    leat_ranges(k, k->out[0].elements, LEAT_GRAIN_CHEAP, tile_range, &r);
    return LEAT_OK;
}

static leat_status tile_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    leat_shape multiples = leat_infer_value_as_shape(c, 1);
    if (rank < 0) {
        if (leat_shape_rank(&multiples) >= 0)
            c->out[0] = leat_shape_ranked(leat_shape_rank(&multiples));
        return LEAT_OK;
    }
    c->out[0] = leat_shape_ranked(rank);
    if (leat_shape_rank(&multiples) < 0)
        return LEAT_OK;
    if (leat_shape_rank(&multiples) != rank)
        return leat_infer_fail(c, "Expected multiples argument to be a vector of length %d but got length %d",
                               rank, leat_shape_rank(&multiples));
    leat_tensor *known =
        leat_infer_value(c, 1); /* as a shape, a negative one is not told from an unknown one */
    for (int d = 0; known != NULL && d < rank; d++) {
        int64_t times = leat_index_at(known, d);
        if (times < 0) {
            leat_tensor_unref(known);
            return leat_infer_fail(c, "Expected multiples[%d] >= 0, but got %lld", d, (long long)times);
        }
    }
    leat_tensor_unref(known);
    for (int d = 0; d < rank; d++)
        if (c->in[0]->dims[d] >= 0 && multiples.dims[d] >= 0 &&
            __builtin_mul_overflow(c->in[0]->dims[d], multiples.dims[d], &c->out[0].dims[d]))
            return leat_infer_fail(c, "multiples[%d] is too large", d);
    return LEAT_OK;
}

/* Each dimension is split in (multiple, size); the multiples are summed. With static shapes the split is a constant. */
static void tile_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), multiples = leat_grad_in(g, 1);
    leat_shape in = leat_out_shape(x), out = leat_out_shape(leat_grad_out(g, 0));
    int rank = leat_shape_rank(&in);
    if (rank == 0) {
        g->dx[0] = g->dy[0];
        return;
    }
    if (leat_shape_known(&in) && leat_shape_known(&out) && leat_shape_elements(in) > 0 &&
        2 * rank <= LEAT_MAX_RANK) {
        int64_t split[LEAT_MAX_RANK], axes[LEAT_MAX_RANK];
        for (int d = 0; d < rank; d++) {
            split[2 * d] = out.dims[d] / in.dims[d];
            split[2 * d + 1] = in.dims[d];
            axes[d] = 2 * d;
        }
        leat_out parts = leat_raw_reshape(g->dy[0], leat_grad_dims(g, split, 2 * rank));
        g->dx[0] = leat_raw_sum(parts, leat_grad_dims(g, axes, rank));
        return;
    }
    leat_out shape = leat_raw_shape(x), zero = leat_scalar_int(g->graph, 0),
             two = leat_scalar_int(g->graph, 2);
    if (leat_out_dtype(multiples) != LEAT_INT32)
        multiples = leat_raw_cast(multiples, LEAT_INT32);
    leat_out pairs = leat_raw_pack(LEAT_OUTS(multiples, shape), .axis = 1);
    leat_out split = leat_raw_reshape(pairs, leat_grad_dims(g, (const int64_t[]){-1}, 1));
    leat_out axes = leat_raw_range(zero, leat_raw_size(split), two);
    leat_out sum = leat_raw_sum(leat_raw_reshape(g->dy[0], split), axes);
    g->dx[0] = leat_raw_reshape(sum, shape);
}

const leat_op_def leat_op_Tile =
    LEAT_OP("Tile(input: T, multiples: Tmultiples) -> output: T; T: type; Tmultiples: {int32, int64} = int32",
            .doc = "The input repeated multiples[d] times along each dimension d.", .shape = tile_shape,
            .kernels = {{tile_kernel}}, .gradient = tile_grad, .cost = leat_cost_moves);

LEAT_ROW(Tile, "(double[2,2] 1 2 3 4, int32[2] 2 2) -> double[4,4] 1 2 1 2 3 4 3 4 1 2 1 2 3 4 3 4");
LEAT_ROW(Tile, "(double[2] 1 2, int64[1] 3) -> double[6] 1 2 1 2 1 2");
LEAT_ROW(Tile, "(double[2,1,2] 1 2 3 4, int32[3] 1 2 1) -> double[2,2,2] 1 2 1 2 3 4 3 4");
LEAT_ROW(Tile, "(int8[] 5, int32[0]) -> int8[] 5");
LEAT_ROW(Tile, "(float[2] 1 2, int32[1] 0) nograd -> float[0]");
LEAT_ROW(Tile, "(string[1] 'a', int32[1] 3) -> string[3] 'a' 'a' 'a'");
LEAT_ROW(Tile, "(float[2,3] 0..1, int32[1] 2) fails 'vector of length 2'");
LEAT_ROW(Tile, "(float[2] 0..1, int32[1] -1) fails ''");
LEAT_ROW(Tile, "(float[2] 0..1, int64[1] 4611686018427387904) fails ''");
