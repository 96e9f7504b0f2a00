/* matmul.c - MatMul and the batched products, with gradients. */
#include "ops/gemm-private.h"
#include "ops/linalg-private.h"

static leat_status want_product(const leat_kernel *k, leat_dtype dtype)
{
    if (leat_dtype_is_integer(dtype) || leat_dtype_is_floating(dtype) || leat_dtype_is_complex(dtype))
        return LEAT_OK;
    return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "no product of %s matrices", leat_dtype_name(dtype));
}

/* ---- MatMul ---- */

static leat_status matmul_shape(leat_infer *c)
{
    char a[128], b[128];
    bool ta = leat_attr_bool(c->op, "transpose_a"), tb = leat_attr_bool(c->op, "transpose_b");
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 2));
    leat_shape x = c->in[0]->rank_plus_1 ? *c->in[0] : leat_shape_ranked(2);
    leat_shape y = c->in[1]->rank_plus_1 ? *c->in[1] : leat_shape_ranked(2);
    int64_t kx = x.dims[ta ? 0 : 1], ky = y.dims[tb ? 1 : 0];
    if (kx >= 0 && ky >= 0 && kx != ky)
        return leat_infer_fail(c, "the inner dimensions of %s%s and %s%s differ: %lld and %lld",
                               leat_shape_print(x, a, sizeof a), ta ? " (transposed)" : "",
                               leat_shape_print(y, b, sizeof b), tb ? " (transposed)" : "", (long long)kx,
                               (long long)ky);
    c->out[0] = LEAT_SHAPE(x.dims[ta ? 1 : 0], y.dims[tb ? 0 : 1]);
    return LEAT_OK;
}

/* The product of inputs 0 and 1, whose elements stand at a_data and b_data as this dtype. */
static leat_status multiply(leat_kernel *k, leat_dtype dtype, const void *a_data, const void *b_data)
{
    char text[128], other[128];
    const leat_tensor *a = k->in[0], *b = k->in[1];
    bool ta = leat_attr_bool(k->op, "transpose_a"), tb = leat_attr_bool(k->op, "transpose_b");
    LEAT_TRY(want_product(k, dtype));
    if (leat_shape_rank(&a->shape) != 2 || leat_shape_rank(&b->shape) != 2)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "both operands must be matrices: %s and %s",
                                leat_shape_print(a->shape, text, sizeof text),
                                leat_shape_print(b->shape, other, sizeof other));
    leat_gemm g = {.dtype = dtype,
                   .transpose_a = ta,
                   .transpose_b = tb,
                   .m = a->shape.dims[ta],
                   .n = b->shape.dims[!tb],
                   .k = a->shape.dims[!ta],
                   .a = a_data,
                   .b = b_data};
    if (g.k != b->shape.dims[tb])
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the inner dimensions of %s%s and %s%s differ",
                                leat_shape_print(a->shape, text, sizeof text), ta ? " (transposed)" : "",
                                leat_shape_print(b->shape, other, sizeof other), tb ? " (transposed)" : "");
    LEAT_TRY(leat_out_new(k, 0, &LEAT_SHAPE(g.m, g.n)));
    g.c = k->out[0].data;
    return leat_gemm_run(k, &g);
}

static leat_status matmul_kernel(leat_kernel *k)
{
    return multiply(k, k->in[0]->dtype, k->in[0]->data, k->in[1]->data);
}

static void matmul_grad_of(leat_grad *g, leat_out a, leat_out b, bool ta, bool tb)
{
    leat_out dy = g->dy[0];
    a = leat_grad_conj(a);
    b = leat_grad_conj(b);
    if (!ta && !tb) {
        g->dx[0] = leat_raw_mat_mul(dy, b, .transpose_b = true);
        g->dx[1] = leat_raw_mat_mul(a, dy, .transpose_a = true);
    } else if (!ta) {
        g->dx[0] = leat_raw_mat_mul(dy, b);
        g->dx[1] = leat_raw_mat_mul(dy, a, .transpose_a = true);
    } else if (!tb) {
        g->dx[0] = leat_raw_mat_mul(b, dy, .transpose_b = true);
        g->dx[1] = leat_raw_mat_mul(a, dy);
    } else {
        g->dx[0] = leat_raw_mat_mul(b, dy, .transpose_a = true, .transpose_b = true);
        g->dx[1] = leat_raw_mat_mul(dy, a, .transpose_a = true, .transpose_b = true);
    }
}

static void matmul_grad(leat_grad *g)
{
    matmul_grad_of(g, leat_grad_in(g, 0), leat_grad_in(g, 1), leat_attr_bool(g->op, "transpose_a"),
                   leat_attr_bool(g->op, "transpose_b"));
}

static void matmul_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                        leat_cost *cost)
{
    double inner = leat_shape_rank(&in[0]->shape) == 2
                       ? (double)in[0]->shape.dims[leat_attr_bool(op, "transpose_a") ? 0 : 1]
                       : 0;
    cost->flops = 2.0 * (double)out[0].elements * inner;
    cost->bytes = (double)leat_dtype_bytes(out[0].dtype) *
                  (double)(in[0]->elements + in[1]->elements + out[0].elements);
}

const leat_op_def leat_op_MatMul = LEAT_OP(
    "MatMul(a: T, b: T) -> product: T; transpose_a: bool = false; transpose_b: bool = false; "
    "T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}; "
    "grad_a: bool = false; grad_b: bool = false",
    .doc =
        "The product of two matrices, either of them transposed first if asked. float sums of 4096 products and "
        "more are carried in double where the result has at most 4096 elements.",
    .shape = matmul_shape, .kernels = {{.fn = matmul_kernel, .label = "onednn"}}, .gradient = matmul_grad,
    .cost = matmul_cost);

LEAT_ROW(MatMul, "(double[3,4] -1..1, double[4,2] -1..1)", ref_mat_mul);
LEAT_ROW(MatMul, "(double[4,3] -1..1, double[2,4] -1..1) {transpose_a: true; transpose_b: true}",
         ref_mat_mul);
LEAT_ROW(MatMul, "(float[4,3] -1..1, float[4,2] -1..1) {transpose_a: true}", ref_mat_mul);
LEAT_ROW(MatMul, "(float[50,300] -1..1, float[300,70] -1..1) nograd tol 1e-5", ref_mat_mul);
LEAT_ROW(MatMul, "(float[3,5000] -1..1, float[5000,2] -1..1) nograd tol 1e-5", ref_mat_mul);
LEAT_ROW(MatMul, "(float[1,300] -1..1, float[300,70] -1..1) nograd tol 1e-5", ref_mat_mul);
LEAT_ROW(MatMul, "(int32[2,3] 1 2 3 4 5 6, int32[3,1] 1 0 -1) -> int32[2,1] -2 -2");
LEAT_ROW(MatMul, "(float[2,0], float[0,3]) nograd -> float[2,3] 0 0 0 0 0 0");
LEAT_ROW(MatMul, "(float[2,3] 0..1, float[2,3] 0..1) fails ''");
LEAT_ROW(MatMul,
         "(complex64[2,2] 1j 2 0 1, complex64[2,1] 1 1j) {transpose_a: true} -> complex64[2,1] 1j 2+1j");
LEAT_ROW(MatMul, "(complex128[1,2] 1j 2, complex128[2,2] 1 1j 0 1) -> complex128[1,2] 1j 1");

/* ---- SparseMatMul: MatMul of matrices with many zeros, or of bfloat16; the result is float ---- */

/* The matrix as float: itself, or widened in scratch memory. */
static const float *as_float(leat_kernel *k, const leat_tensor *t)
{
    if (t->dtype == LEAT_FLOAT)
        return t->data;
    float *wide = leat_scratch(k, (size_t)LEAT_MAX(t->elements, 1) * sizeof *wide);
    if (wide != NULL)
        leat_floats_from_16(t->dtype, wide, t->data, (size_t)t->elements);
    return wide;
}

static leat_status sparse_matmul_kernel(leat_kernel *k)
{
    const float *a = as_float(k, k->in[0]), *b = as_float(k, k->in[1]);
    if (a == NULL || b == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for the matrices as float");
    return multiply(k, LEAT_FLOAT, a, b);
}

static void sparse_matmul_grad(leat_grad *g)
{
    leat_out in[2] = {leat_grad_in(g, 0), leat_grad_in(g, 1)};
    bool t[2] = {leat_attr_bool(g->op, "transpose_a"), leat_attr_bool(g->op, "transpose_b")};
    leat_dtype dtypes[2] = {leat_out_dtype(in[0]), leat_out_dtype(in[1])};
    for (int i = 0; i < 2; i++)
        if (dtypes[i] != LEAT_FLOAT)
            in[i] = leat_raw_cast(in[i], LEAT_FLOAT);
    matmul_grad_of(g, in[0], in[1], t[0], t[1]);
    for (int i = 0; i < 2; i++)
        if (dtypes[i] != LEAT_FLOAT)
            g->dx[i] = leat_raw_cast(g->dx[i], dtypes[i]);
}

const leat_op_def leat_op_SparseMatMul = LEAT_OP(
    "SparseMatMul(a: Ta, b: Tb) -> product: float; transpose_a: bool = false; transpose_b: bool = false; "
    "a_is_sparse: bool = false; b_is_sparse: bool = false; Ta: {float, bfloat16} = float; "
    "Tb: {float, bfloat16} = float",
    .doc = "MatMul, said to be of matrices with many zeros: they are multiplied as any others.",
    .shape = matmul_shape, .kernels = {{.fn = sparse_matmul_kernel, .label = "onednn"}},
    .gradient = sparse_matmul_grad, .cost = matmul_cost);

LEAT_ROW(SparseMatMul, "(float[3,4] -1..1, float[4,2] -1..1) {a_is_sparse: true}", ref_mat_mul);
LEAT_ROW(
    SparseMatMul,
    "(float[2,3] 0 1 0 2 0 0, bfloat16[2,3] 1 2 3 4 5 6) {transpose_b: true} nograd -> float[2,2] 2 5 2 8");
LEAT_ROW(SparseMatMul, "(float[2,3] 0..1, float[2,3] 0..1) fails 'inner dimensions'");

/* ---- BatchMatMul, V2 and V3: the last two dimensions are matrices; V2 and V3 broadcast the others ---- */

static leat_status batch_shape_parts(const leat_shape *s, leat_shape *batch, int64_t dims[2])
{
    int rank = leat_shape_rank(s);
    *batch = LEAT_UNKNOWN_SHAPE;
    dims[0] = dims[1] = -1;
    if (rank < 0)
        return LEAT_OK;
    if (rank < 2)
        return LEAT_ERR_INVALID_ARGUMENT;
    *batch = leat_shape_of(rank - 2, s->dims);
    dims[0] = s->dims[rank - 2];
    dims[1] = s->dims[rank - 1];
    return LEAT_OK;
}

/* The shape of the result, for inference and for running; *why says what is wrong. */
static leat_status batch_result(const leat_op *op, const leat_shape *x, const leat_shape *y, leat_shape *out,
                                const char **why)
{
    leat_shape bx, by, batch;
    int64_t dx[2], dy[2];
    bool ax = leat_attr_bool(op, "adj_x"), ay = leat_attr_bool(op, "adj_y");
    *why = "operands must be matrices or batches of them";
    LEAT_TRY(batch_shape_parts(x, &bx, dx));
    LEAT_TRY(batch_shape_parts(y, &by, dy));
    *why = "the inner dimensions differ";
    if (dx[ax ? 0 : 1] >= 0 && dy[ay ? 1 : 0] >= 0 && dx[ax ? 0 : 1] != dy[ay ? 1 : 0])
        return LEAT_ERR_INVALID_ARGUMENT;
    *why = "the batches do not agree";
    bool v1 = strcmp(op->type_name, "BatchMatMul") == 0;
    if (v1 ? !leat_shape_merge(&bx, &by, &batch) : !leat_shape_broadcast(&bx, &by, &batch))
        return LEAT_ERR_INVALID_ARGUMENT;
    *out = LEAT_UNKNOWN_SHAPE;
    int rank = leat_shape_rank(&batch);
    if (rank < 0)
        return LEAT_OK;
    if (rank + 2 > LEAT_MAX_RANK)
        return LEAT_ERR_INVALID_ARGUMENT;
    *out = batch;
    out->rank_plus_1 = rank + 3;
    out->dims[rank] = dx[ax ? 1 : 0];
    out->dims[rank + 1] = dy[ay ? 0 : 1];
    return LEAT_OK;
}

static leat_status batch_matmul_shape(leat_infer *c)
{
    const char *why;
    char a[128], b[128];
    if (batch_result(c->op, c->in[0], c->in[1], &c->out[0], &why) == LEAT_OK)
        return LEAT_OK;
    return leat_infer_fail(c, "%s: %s and %s", why, leat_shape_print(*c->in[0], a, sizeof a),
                           leat_shape_print(*c->in[1], b, sizeof b));
}

/* Where the matrices of batch element i of the result begin, in the operand of shape `s`. */
static int64_t operand_offset(const leat_shape *out, const leat_shape *s, int64_t i)
{
    int rank = leat_shape_rank(out) - 2, own = leat_shape_rank(s) - 2;
    int64_t offset = 0, stride = s->dims[own] * s->dims[own + 1];
    for (int d = rank - 1; d >= 0; d--) {
        int64_t at = i % out->dims[d];
        int e = d - (rank - own);
        i /= out->dims[d];
        if (e < 0)
            continue;
        if (s->dims[e] != 1)
            offset += at * stride;
        stride *= s->dims[e];
    }
    return offset;
}

static leat_status batch_run(leat_kernel *k, const leat_tensor *x, const leat_tensor *y)
{
    const leat_shape *out = &k->out[0].shape;
    bool ax = leat_attr_bool(k->op, "adj_x"), ay = leat_attr_bool(k->op, "adj_y");
    int rx = leat_shape_rank(&x->shape), rank = leat_shape_rank(out);
    leat_gemm g = {.dtype = x->dtype,
                   .transpose_a = ax,
                   .transpose_b = ay,
                   .adjoint = true,
                   .m = out->dims[rank - 2],
                   .n = out->dims[rank - 1],
                   .k = x->shape.dims[ax ? rx - 2 : rx - 1],
                   .a = x->data,
                   .b = y->data,
                   .c = k->out[0].data};
    int64_t count = leat_dims_product(out, 0, rank - 2);
    if (count == 0 || g.m == 0 || g.n == 0)
        return LEAT_OK;
    leat_gemm_offset *offsets = leat_realloc_array(NULL, (size_t)count, sizeof *offsets);
    if (offsets == NULL)
        return leat_kernel_fail(k, LEAT_ERR_NO_MEMORY, "no memory for %lld offsets", (long long)count);
    for (int64_t i = 0; i < count; i++)
        offsets[i] = (leat_gemm_offset){operand_offset(out, &x->shape, i), operand_offset(out, &y->shape, i),
                                        i * g.m * g.n};
    leat_status status = leat_gemm_batch(k, &g, offsets, count);
    leat_free(offsets);
    return status;
}

static leat_status batch_matmul_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0], *y = k->in[1];
    const char *why;
    char a[128], b[128];
    leat_shape shape;
    LEAT_TRY(want_product(k, x->dtype));
    if (x->dtype != y->dtype || x->dtype != k->op->outputs[0].dtype)
        return leat_kernel_fail(k, LEAT_ERR_UNIMPLEMENTED, "products of %s and %s into %s",
                                leat_dtype_name(x->dtype), leat_dtype_name(y->dtype),
                                leat_dtype_name(k->op->outputs[0].dtype));
    if (batch_result(k->op, &x->shape, &y->shape, &shape, &why) != LEAT_OK)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "%s: %s and %s", why,
                                leat_shape_print(x->shape, a, sizeof a),
                                leat_shape_print(y->shape, b, sizeof b));
    LEAT_TRY(leat_out_new(k, 0, &shape));
    return batch_run(k, x, y);
}

static void batch_matmul_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                              leat_cost *cost)
{
    int rank = leat_shape_rank(&in[0]->shape);
    double inner =
        rank >= 2 ? (double)in[0]->shape.dims[leat_attr_bool(op, "adj_x") ? rank - 2 : rank - 1] : 0;
    cost->flops = 2.0 * (double)out[0].elements * inner;
    cost->bytes = (double)leat_dtype_bytes(out[0].dtype) *
                  (double)(in[0]->elements + in[1]->elements + out[0].elements);
}

/* The products of one form of batch matmul, so that the gradient of V1 is made of V1. */
static leat_out batch_product(const leat_grad *g, leat_out x, leat_out y, bool adj_x, bool adj_y)
{
    if (strcmp(g->op->type_name, "BatchMatMul") == 0)
        return leat_raw_batch_mat_mul(x, y, .adj_x = adj_x, .adj_y = adj_y);
    if (strcmp(g->op->type_name, "BatchMatMulV2") == 0)
        return leat_raw_batch_mat_mul_v2(x, y, .adj_x = adj_x, .adj_y = adj_y);
    return leat_raw_batch_mat_mul_v3(x, y, leat_out_dtype(x), .adj_x = adj_x, .adj_y = adj_y);
}

static void batch_matmul_products(leat_grad *g)
{
    leat_out x = leat_grad_in(g, 0), y = leat_grad_in(g, 1), dy = g->dy[0];
    bool ax = leat_attr_bool(g->op, "adj_x"), ay = leat_attr_bool(g->op, "adj_y");
    if (!ax) {
        g->dx[0] = batch_product(g, dy, y, false, !ay);
        g->dx[1] = ay ? batch_product(g, dy, x, true, false) : batch_product(g, x, dy, true, false);
    } else {
        g->dx[0] = batch_product(g, y, dy, ay, true);
        g->dx[1] = ay ? batch_product(g, dy, x, true, true) : batch_product(g, x, dy, false, false);
    }
}

static void batch_matmul_grad(leat_grad *g)
{
    batch_matmul_products(g);
    if (strcmp(g->op->type_name, "BatchMatMul") == 0)
        return;
    leat_grad_unbatch2(g);
}

const leat_op_def leat_op_BatchMatMul =
    LEAT_OP("BatchMatMul(x: T, y: T) -> output: T; "
            "T: {bfloat16, half, float, double, int32, int64, complex64, complex128}; adj_x: bool = false; "
            "adj_y: bool = false; grad_x: bool = false; grad_y: bool = false",
            .doc = "Products of the matrices in the last two dimensions; the other dimensions are equal.",
            .shape = batch_matmul_shape, .kernels = {{.fn = batch_matmul_kernel, .label = "onednn"}},
            .gradient = batch_matmul_grad, .cost = batch_matmul_cost);

LEAT_ROW(BatchMatMul, "(double[2,3,4] -1..1, double[2,4,2] -1..1)", ref_mat_mul);
LEAT_ROW(BatchMatMul,
         "(complex128[1,2,1] 1j 2, complex128[1,2,1] 1 1j) {adj_x: true} -> complex128[1,1,1] 1j");

const leat_op_def leat_op_BatchMatMulV2 = LEAT_OP(
    "BatchMatMulV2(x: T, y: T) -> output: T; "
    "T: {bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}; "
    "adj_x: bool = false; adj_y: bool = false; grad_x: bool = false; grad_y: bool = false",
    .doc = "Products of the matrices in the last two dimensions; the other dimensions are broadcast.",
    .shape = batch_matmul_shape, .kernels = {{.fn = batch_matmul_kernel, .label = "onednn"}},
    .gradient = batch_matmul_grad, .cost = batch_matmul_cost);

LEAT_ROW(BatchMatMulV2, "(double[2,1,3,4] -1..1, double[5,4,2] -1..1)", ref_mat_mul);
LEAT_ROW(BatchMatMulV2, "(double[2,4,3] -1..1, double[2,2,4] -1..1) {adj_x: true; adj_y: true}", ref_mat_mul);
LEAT_ROW(BatchMatMulV2, "(float[3,20,30] -1..1, float[30,10] -1..1) nograd tol 1e-5", ref_mat_mul);
LEAT_ROW(BatchMatMulV2,
         "(complex64[2,1,2] 1j 2 1 1, complex64[1,2] 1 1j) {adj_y: true} -> complex64[2,1,1] -1j 1-1j");

const leat_op_def leat_op_BatchMatMulV3 =
    LEAT_OP("BatchMatMulV3(x: Ta, y: Tb) -> output: Tout; "
            "Ta: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}; "
            "Tb: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}; "
            "Tout: {bfloat16, half, float, double, int16, int32, int64, complex64, complex128}; "
            "adj_x: bool = false; adj_y: bool = false; grad_x: bool = false; grad_y: bool = false",
            .doc = "BatchMatMulV2 with a result type of its own; Leat computes it where the three are one.",
            .shape = batch_matmul_shape, .kernels = {{.fn = batch_matmul_kernel, .label = "onednn"}},
            .gradient = batch_matmul_grad, .cost = batch_matmul_cost);

LEAT_ROW(BatchMatMulV3, "(double[2,3,4] -1..1, double[2,4,2] -1..1) {Tout: double} nograd", ref_mat_mul);
