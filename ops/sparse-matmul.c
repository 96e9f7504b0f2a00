/* sparse-matmul.c - a sparse matrix times a dense one. */
#include "ops/sparse-private.h"

typedef struct product {
    const leat_tensor *indices, *values, *b;
    leat_tensor *out;
    bool adjoint_a, adjoint_b;
    int64_t columns; /* of the product */
} product;

/* A range of columns of the product: the entries are added in their order. */
static void multiply_columns(int64_t begin, int64_t end, void *arg)
{
    const product *p = arg;
    int64_t b_columns = p->b->shape.dims[1];
    for (int64_t e = 0; e < p->values->elements; e++) {
        int64_t row = leat_index_at(p->indices, 2 * e + p->adjoint_a),
                inner = leat_index_at(p->indices, 2 * e + !p->adjoint_a);
        double a = leat_element_get(p->values, e);
        for (int64_t j = begin; j < end; j++) {
            int64_t to = row * p->columns + j,
                    from = p->adjoint_b ? j * b_columns + inner : inner * b_columns + j;
            if (p->out->dtype == LEAT_FLOAT)
                ((float *)p->out->data)[to] += (float)a * ((const float *)p->b->data)[from];
            else if (p->out->dtype == LEAT_DOUBLE)
                ((double *)p->out->data)[to] += a * ((const double *)p->b->data)[from];
            else
                leat_element_put(p->out, to, leat_element_get(p->out, to) + a * leat_element_get(p->b, from));
        }
    }
}

static leat_status multiply_kernel(leat_kernel *k)
{
    static const char zero[sizeof(double)];
    const leat_tensor *shape = k->in[2];
    product p = {.indices = k->in[0],
                 .values = k->in[1],
                 .b = k->in[3],
                 .out = &k->out[0],
                 .adjoint_a = leat_attr_bool(k->op, "adjoint_a"),
                 .adjoint_b = leat_attr_bool(k->op, "adjoint_b")};
    if (leat_shape_rank(&p.b->shape) != 2 || leat_shape_rank(&shape->shape) != 1 || shape->elements != 2 ||
        leat_shape_rank(&p.values->shape) != 1 || leat_shape_rank(&p.indices->shape) != 2 ||
        p.indices->shape.dims[1] != 2 || p.indices->shape.dims[0] != p.values->elements)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "a and b must be matrices");
    int64_t rows = leat_index_at(shape, p.adjoint_a), inner = leat_index_at(shape, !p.adjoint_a);
    p.columns = p.b->shape.dims[!p.adjoint_b];
    if (rows < 0 || inner != p.b->shape.dims[p.adjoint_b])
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "Cannot multiply A and B because inner dimension does not match: %lld vs. %lld", (long long)inner,
            (long long)p.b->shape.dims[p.adjoint_b]);
    for (int64_t i = 0; i < p.indices->elements; i++) {
        int64_t x = leat_index_at(p.indices, i);
        if (x < 0 || x >= leat_index_at(shape, i % 2))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "a_indices[%lld,%lld] = %lld is out of bounds", (long long)(i / 2),
                                    (long long)(i % 2), (long long)x);
    }
    LEAT_TRY(leat_out_fill(k, &LEAT_SHAPE(rows, p.columns), zero));
    int64_t grain = LEAT_GRAIN_CHEAP / LEAT_MAX(p.values->elements, 1);
    leat_ranges(k, p.columns, LEAT_MAX(grain, 8), multiply_columns, &p);
    return LEAT_OK;
}

static leat_status multiply_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 0, 2));
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    LEAT_TRY(leat_infer_want_rank(c, 2, 1));
    LEAT_TRY(leat_infer_want_rank(c, 3, 2));
    leat_shape a = leat_infer_value_as_shape(c, 2);
    bool adjoint_a = leat_attr_bool(c->op, "adjoint_a"), adjoint_b = leat_attr_bool(c->op, "adjoint_b");
    if (a.rank_plus_1 != 0 && leat_shape_rank(&a) != 2)
        return leat_infer_fail(c, "a_shape must have 2 elements");
    c->out[0] = LEAT_SHAPE(a.rank_plus_1 != 0 ? a.dims[adjoint_a] : -1,
                           c->in[3]->rank_plus_1 != 0 ? c->in[3]->dims[!adjoint_b] : -1);
    return LEAT_OK;
}

static void multiply_grad(leat_grad *g)
{
    leat_out indices = leat_grad_in(g, 0), b = leat_grad_in(g, 3), axis = leat_grad_int(g, 1);
    bool adjoint_a = leat_attr_bool(g->op, "adjoint_a"), adjoint_b = leat_attr_bool(g->op, "adjoint_b");
    leat_out swap = leat_grad_ints(g, (const int32_t[]){1, 0}, 2);
    if (leat_grad_wanted(g, 3)) {
        g->dx[3] = leat_raw_sparse_tensor_dense_mat_mul(indices, leat_grad_in(g, 1), leat_grad_in(g, 2),
                                                        g->dy[0], .adjoint_a = !adjoint_a);
        if (adjoint_b)
            g->dx[3] = leat_raw_transpose(g->dx[3], swap);
    }
    if (!leat_grad_wanted(g, 1))
        return;
    leat_out zero = leat_grad_int(g, 0), rows = leat_raw_gather_v2(indices, zero, axis),
             columns = leat_raw_gather_v2(indices, axis, axis);
    leat_out of_a = leat_raw_gather_v2(g->dy[0], adjoint_a ? columns : rows, zero);
    leat_out of_b =
        leat_raw_gather_v2(adjoint_b ? leat_raw_transpose(b, swap) : b, adjoint_a ? rows : columns, zero);
    g->dx[1] = leat_grad_sum(g, leat_raw_mul(of_a, of_b), leat_grad_ints(g, (const int32_t[]){1}, 1), false);
}

/* Each value is multiplied with a row of b. */
static void multiply_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out,
                          leat_cost *cost)
{
    (void)op;
    if (leat_shape_rank(&out[0].shape) == 2)
        cost->flops = 2 * (double)in[1]->elements * (double)out[0].shape.dims[1];
}

const leat_op_def leat_op_SparseTensorDenseMatMul = LEAT_OP(
    "SparseTensorDenseMatMul(a_indices: Tindices, a_values: T, a_shape: int64, b: T) -> product: T; T: real; Tindices: "
    "{int32, int64} = int64; adjoint_a: bool = false; adjoint_b: bool = false",
    .doc = "The product of a sparse and a dense matrix, each perhaps transposed.", .shape = multiply_shape,
    .kernels = {{multiply_kernel}}, .gradient = multiply_grad, .cost = multiply_cost);

LEAT_ROW(SparseTensorDenseMatMul,
         "(int64[3,2] 0 1 1 0 1 2, double[3] 2 3 4, int64[2] 2 3, double[3,2] 1 2 3 4 5 6) -> "
         "double[2,2] 6 8 23 30");
LEAT_ROW(SparseTensorDenseMatMul, "(int32[2,2] 0 1 1 0, float[2] 2 3, int64[2] 2 3, float[2,2] 1 2 3 4) "
                                  "{adjoint_a: true; adjoint_b: true} -> float[3,2] 6 12 2 6 0 0");
LEAT_ROW(SparseTensorDenseMatMul,
         "(int64[1,2] 0 1, int32[1] 2, int64[2] 1 2, int32[2,1] 5 7) -> int32[1,1] 14");
LEAT_ROW(SparseTensorDenseMatMul,
         "(int64[1,2] 0 3, float[1] 2, int64[2] 2 3, float[3,1] 1 2 3) fails 'out of bounds'");
LEAT_ROW(SparseTensorDenseMatMul,
         "(int64[1,2] 0 1, float[1] 2, int64[2] 2 3, float[2,1] 1 2) fails 'inner dimension'");
