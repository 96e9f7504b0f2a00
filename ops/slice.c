/* slice.c - Slice, Reverse, ReverseV2. */
#include "ops/strided-private.h"
#include "ops/grad-private.h"

/* ---- Slice ---- */

static leat_status slice_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *begin = k->in[1], *size = k->in[2];
    int rank = leat_shape_rank(&x->shape);
    if (leat_shape_rank(&begin->shape) != 1 || leat_shape_rank(&size->shape) != 1 ||
        begin->elements != rank || size->elements != rank)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "begin and size must be vectors of length %d, got %lld and %lld", rank,
                                (long long)begin->elements, (long long)size->elements);
    leat_strided s = {.rank = rank};
    leat_shape out = {.rank_plus_1 = rank + 1};
    leat_shape_strides(&x->shape, s.stride);
    for (int d = 0; d < rank; d++) {
        int64_t b = leat_index_at(begin, d), n = leat_index_at(size, d), dim = x->shape.dims[d];
        if (b < 0 || b > dim)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Expected begin[%d] in [0, %lld], but got %lld", d, (long long)dim,
                                    (long long)b);
        if (n == -1)
            n = dim - b;
        if (n < 0 || n > dim - b)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Expected size[%d] in [0, %lld], but got %lld", d, (long long)(dim - b),
                                    (long long)n);
        s.dims[d] = out.dims[d] = n;
        s.offset += b * s.stride[d];
    }
    LEAT_TRY(leat_out_new(k, 0, &out));
    return leat_copy_strided(k, x->dtype, k->out[0].data, x->data, &s, false);
}

static leat_status slice_shape(leat_infer *c)
{
    int rank = leat_shape_rank(c->in[0]);
    for (int i = 1; i < 3; i++) {
        LEAT_TRY(leat_infer_want_rank(c, i, 1));
        int64_t n = leat_shape_rank(c->in[i]) == 1 ? c->in[i]->dims[0] : -1;
        if (n >= 0 && rank >= 0 && n != rank)
            return leat_infer_fail(c, "begin and size must be vectors of length %d", rank);
        if (rank < 0 && n >= 0 && n <= LEAT_MAX_RANK)
            rank = (int)n;
    }
    if (rank < 0)
        return LEAT_OK;
    c->out[0] = leat_shape_ranked(rank);
    leat_tensor *begin = leat_infer_value(c, 1), *size = leat_infer_value(c, 2);
    leat_shape sizes = size == NULL ? leat_infer_value_as_shape(c, 2) : (leat_shape){0};
    leat_status status = LEAT_OK;
    for (int d = 0; d < rank && status == LEAT_OK; d++) {
        int64_t dim = leat_shape_rank(c->in[0]) >= 0 ? c->in[0]->dims[d] : -1;
        int64_t b = begin != NULL ? leat_index_at(begin, d) : -1, n = -1;
        if (size != NULL)
            n = leat_index_at(size, d);
        else if (leat_shape_rank(&sizes) == rank)
            n = sizes.dims[d];
        if (size != NULL && n == -1 && dim >= 0 && b >= 0)
            n = dim - b;
        if (n < -1 || b < -1 || (begin != NULL && b < 0) || (dim >= 0 && b > dim) ||
            (dim >= 0 && n >= 0 && n > dim - LEAT_MAX(b, 0)))
            status = leat_infer_fail(c, "begin and size of dimension %d do not lie in it", d);
        c->out[0].dims[d] = n;
    }
    leat_tensor_unref(begin);
    leat_tensor_unref(size);
    return status;
}

/* The gradient padded with zeros to the input's shape: by constants where begin and the shapes are known. */
static void slice_grad(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), begin = leat_grad_in(g, 1);
    leat_shape in = leat_out_shape(x), out = leat_out_shape(leat_grad_out(g, 0));
    if (leat_out_dtype(begin) != LEAT_INT32)
        begin = leat_raw_cast(begin, LEAT_INT32);
    int rank = leat_shape_rank(&in);
    if (rank == 0) {
        g->dx[0] = g->dy[0];
        return;
    }
    (void)out;
    leat_out size = leat_raw_shape(leat_grad_out(g, 0));
    leat_out after = leat_raw_sub(leat_raw_sub(leat_grad_shape_of(g, x), size), begin);
    g->dx[0] = leat_raw_pad(g->dy[0], leat_raw_pack(LEAT_OUTS(begin, after), .axis = 1));
}

const leat_op_def leat_op_Slice = LEAT_OP(
    "Slice(input: T, begin: Index, size: Index) -> output: T; T: type; Index: {int32, int64}",
    .doc = "The block of input that begins at `begin` and has this size; -1: all that is left.",
    .shape = slice_shape, .kernels = {{slice_kernel}}, .gradient = slice_grad, .cost = leat_cost_moves);

LEAT_ROW(Slice, "(double[3,3] 1 2 3 4 5 6 7 8 9, int32[2] 1 0, int32[2] 2 2) -> double[2,2] 4 5 7 8");
LEAT_ROW(Slice, "(double[3,3] 1 2 3 4 5 6 7 8 9, int64[2] 0 1, int64[2] -1 -1) -> double[3,2] 2 3 5 6 8 9");
LEAT_ROW(Slice, "(string[3] 'a' 'b' 'c', int32[1] 1, int32[1] 2) -> string[2] 'b' 'c'");
LEAT_ROW(Slice, "(float[3] 1 2 3, int32[1] 3, int32[1] 0) nograd -> float[0]");
LEAT_ROW(Slice, "(double[] 7, int32[0], int32[0]) -> double[] 7");
LEAT_ROW(Slice, "(float[3,2] 0..1, int32[2] 1 0, int32[2] 3 -1) fails ''");
LEAT_ROW(Slice, "(float[3] 0..1, int32[1] -1, int32[1] 1) fails ''");
LEAT_ROW(Slice, "(float[3] 0..1, int32[2] 0 0, int32[2] 1 1) fails ''");

/* ---- Reverse: flags for each dimension; ReverseV2: the dimensions ---- */

static leat_status reverse_dims(leat_kernel *k, unsigned mask)
{
    const leat_tensor *x = k->in[0];
    leat_strided s = {.rank = leat_shape_rank(&x->shape)};
    leat_shape_strides(&x->shape, s.stride);
    for (int d = 0; d < s.rank; d++) {
        s.dims[d] = x->shape.dims[d];
        if (mask >> d & 1) {
            s.offset += (s.dims[d] - 1) * s.stride[d];
            s.stride[d] = -s.stride[d];
        }
    }
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    return leat_copy_strided(k, x->dtype, k->out[0].data, x->data, &s, false);
}

static leat_status reverse_kernel(leat_kernel *k)
{
    const leat_tensor *flags = k->in[1];
    unsigned mask = 0;
    if (leat_shape_rank(&flags->shape) != 1 || flags->elements != leat_shape_rank(&k->in[0]->shape))
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "dims must have one flag for each of %d dimensions",
                                leat_shape_rank(&k->in[0]->shape));
    for (int64_t i = 0; i < flags->elements; i++)
        mask |= (unsigned)(((const uint8_t *)flags->data)[i] != 0) << i;
    return reverse_dims(k, mask);
}

static leat_status reverse_v2_kernel(leat_kernel *k)
{
    unsigned mask;
    if (leat_shape_rank(&k->in[1]->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "axis must be a vector");
    LEAT_TRY(leat_kernel_axes(k, k->in[1], leat_shape_rank(&k->in[0]->shape), &mask));
    return reverse_dims(k, mask);
}

static void reverse_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_reverse(g->dy[0], leat_grad_in(g, 1));
}
static void reverse_v2_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_reverse_v2(g->dy[0], leat_grad_in(g, 1));
}

const leat_op_def leat_op_Reverse =
    LEAT_OP("Reverse(tensor: T, dims: bool) -> output: T; T: type",
            .doc = "The tensor backwards along the dimensions whose flag is true.", .shape = leat_shape_same,
            .kernels = {{reverse_kernel}}, .gradient = reverse_grad, .cost = leat_cost_moves);

const leat_op_def leat_op_ReverseV2 =
    LEAT_OP("ReverseV2(tensor: T, axis: Tidx) -> output: T; Tidx: {int32, int64} = int32; T: type",
            .doc = "The tensor backwards along these axes.", .shape = leat_shape_same,
            .kernels = {{reverse_v2_kernel}}, .gradient = reverse_v2_grad, .cost = leat_cost_moves);

LEAT_ROW(Reverse, "(double[2,3] 1 2 3 4 5 6, bool[2] false true) -> double[2,3] 3 2 1 6 5 4");
LEAT_ROW(Reverse, "(float[2,3] 1 2 3 4 5 6, bool[1] true) fails ''");
LEAT_ROW(ReverseV2, "(double[2,3] 1 2 3 4 5 6, int32[1] 0) -> double[2,3] 4 5 6 1 2 3");
LEAT_ROW(ReverseV2, "(double[2,3] 1 2 3 4 5 6, int64[2] -1 0) -> double[2,3] 6 5 4 3 2 1");
LEAT_ROW(ReverseV2, "(string[3] 'a' 'b' 'c', int32[1] 0) -> string[3] 'c' 'b' 'a'");
LEAT_ROW(ReverseV2, "(int8[0,2], int32[1] 0) -> int8[0,2]");
LEAT_ROW(ReverseV2, "(float[2] 1 2, int32[1] 1) fails 'out of range'");
LEAT_ROW(ReverseV2, "(float[2] 1 2, int32[] 0) fails 'axis must be a vector'");

/* ---- ReverseSequence ---- */

static leat_status reverse_sequence_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *lengths = k->in[1];
    int rank = leat_shape_rank(&x->shape), seq, batch;
    int64_t asked_seq = leat_attr_int(k->op, "seq_dim"), asked_batch = leat_attr_int(k->op, "batch_dim");
    if (asked_seq < 0 || asked_batch < 0 || !leat_axis_normal(asked_seq, rank, &seq) ||
        !leat_axis_normal(asked_batch, rank, &batch) || seq == batch)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "seq_dim and batch_dim must be two of %d dimensions", rank);
    if (leat_shape_rank(&lengths->shape) != 1 || lengths->elements != x->shape.dims[batch])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "seq_lengths must be a vector of length %lld",
                                (long long)x->shape.dims[batch]);
    for (int64_t i = 0; i < lengths->elements; i++)
        if (leat_index_at(lengths, i) < 0 || leat_index_at(lengths, i) > x->shape.dims[seq])
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "seq_lengths[%lld] = %lld is not in [0, %lld]", (long long)i,
                                    (long long)leat_index_at(lengths, i), (long long)x->shape.dims[seq]);
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    int64_t stride[LEAT_MAX_RANK], n = x->shape.dims[seq];
    leat_shape_strides(&x->shape, stride);
    size_t bytes = leat_dtype_bytes(x->dtype);
    int inner = LEAT_MAX(seq, batch);
    int64_t run = stride[inner];
    for (int64_t at = 0; at < x->elements; at += run) { /* runs in which neither dimension advances */
        int64_t b = at / stride[batch] % x->shape.dims[batch], s = at / stride[seq] % n;
        int64_t length = leat_index_at(lengths, b),
                from = s < length ? at + (length - 1 - 2 * s) * stride[seq] : at;
        LEAT_TRY(leat_copy_elements(x->dtype, (char *)k->out[0].data + (size_t)at * bytes,
                                    (const char *)x->data + (size_t)from * bytes, run));
    }
    return LEAT_OK;
}

static leat_status reverse_sequence_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    c->out[0] = *c->in[0];
    return LEAT_OK;
}

static void reverse_sequence_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_reverse_sequence(g->dy[0], leat_grad_in(g, 1), leat_attr_int(g->op, "seq_dim"),
                                         .batch_dim = leat_attr_int(g->op, "batch_dim"));
}

const leat_op_def leat_op_ReverseSequence = LEAT_OP(
    "ReverseSequence(input: T, seq_lengths: Tlen) -> output: T; seq_dim: int; batch_dim: int = 0; T: type; Tlen: "
    "{int32, int64} = int64",
    .doc = "The first seq_lengths[b] slices of each batch entry b backwards, the rest as it was.",
    .shape = reverse_sequence_shape, .kernels = {{reverse_sequence_kernel}},
    .gradient = reverse_sequence_grad, .cost = leat_cost_moves);

LEAT_ROW(ReverseSequence, "(double[2,3] 1 2 3 4 5 6, int64[2] 2 3) {seq_dim: 1} -> double[2,3] 2 1 3 6 5 4");
LEAT_ROW(ReverseSequence,
         "(double[3,2] 1 2 3 4 5 6, int32[2] 2 0) {seq_dim: 0; batch_dim: 1} -> double[3,2] 3 2 1 4 5 6");
LEAT_ROW(ReverseSequence, "(float[2,3] 0..1, int64[2] 2 4) {seq_dim: 1} fails ''");
LEAT_ROW(ReverseSequence, "(float[2,3] 0..1, int64[2] 2 2) {seq_dim: 0} fails ''");
LEAT_ROW(ReverseSequence, "(float[2,3] 0..1, int64[2] 2 2) {seq_dim: -1} fails 'seq_dim'");
