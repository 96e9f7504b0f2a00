/* index-math.c - arithmetic on indices and bits: UnravelIndex, PopulationCount, and the dimensions' order of data formats. */
#include "ops/elementwise-private.h"

/* ---- UnravelIndex ---- */

static leat_status unravel_kernel(leat_kernel *k)
{
    const leat_tensor *indices = k->in[0], *dims = k->in[1];
    int64_t product = 1, n = indices->elements, rank = dims->elements;
    if (n == 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "indices must not be empty");
    if (leat_shape_rank(&indices->shape) > 1 || leat_shape_rank(&dims->shape) != 1)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "indices must be a scalar or a vector, and dims a vector");
    for (int64_t d = 0; d < rank; d++)
        if (leat_index_at(dims, d) <= 0 || __builtin_mul_overflow(product, leat_index_at(dims, d), &product))
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                    "Input dims must be positive, and not too many elements");
    for (int64_t i = 0; i < n; i++)
        if (leat_index_at(indices, i) < 0 || leat_index_at(indices, i) >= product)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "index is out of bound as with dims");
    bool scalar = leat_shape_rank(&indices->shape) == 0;
    LEAT_TRY(leat_out_new(k, 0, scalar ? &LEAT_SHAPE(rank) : &LEAT_SHAPE(rank, n)));
    for (int64_t i = 0; i < n; i++) {
        int64_t left = leat_index_at(indices, i);
        for (int64_t d = rank - 1; d >= 0; d--) {
            leat_index_put(&k->out[0], d * n + i, left % leat_index_at(dims, d));
            left /= leat_index_at(dims, d);
        }
    }
    return LEAT_OK;
}

static leat_status unravel_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 1));
    int rank = leat_shape_rank(c->in[0]);
    int64_t n = leat_shape_rank(c->in[1]) == 1 ? c->in[1]->dims[0] : -1;
    if (rank > 1)
        return leat_infer_fail(c, "indices must be a scalar or a vector");
    if (rank >= 0)
        c->out[0] = rank == 0 ? LEAT_SHAPE(n) : LEAT_SHAPE(n, c->in[0]->dims[0]);
    return LEAT_OK;
}

const leat_op_def leat_op_UnravelIndex =
    LEAT_OP("UnravelIndex(indices: Tidx, dims: Tidx) -> output: Tidx; Tidx: {int32, int64} = int32",
            .doc = "The coordinates of flat indices in a tensor of shape dims, a row for each dimension.",
            .shape = unravel_shape, .kernels = {{unravel_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(UnravelIndex, "(int32[3] 2 5 7, int32[2] 3 3) -> int32[2,3] 0 1 2 2 2 1");
LEAT_ROW(UnravelIndex, "(int64[] 22, int64[3] 2 3 4) -> int64[3] 1 2 2");
LEAT_ROW(UnravelIndex, "(int32[1] 9, int32[2] 3 3) fails 'out of bound'");
LEAT_ROW(UnravelIndex, "(int32[1] 0, int32[2] 3 0) fails 'positive'");
LEAT_ROW(UnravelIndex, "(int32[0], int32[2] 3 3) fails 'empty'");

/* ---- PopulationCount ---- */

#define COUNT_LOOP(dtype_, type_)                                                                            \
    LEAT_LOOP1(count_##dtype_, type_, uint8_t,                                                               \
               __builtin_popcountll((uint64_t)x &(UINT64_MAX >> (64 - 8 * sizeof(type_)))))
LEAT_FOR_INTS(COUNT_LOOP)
#define COUNT_ENTRY(dtype_, type_) [dtype_] = count_##dtype_,

static leat_status count_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.by_dtype = {LEAT_FOR_INTS(COUNT_ENTRY)}};
    return leat_unary(k, &loops);
}

const leat_op_def leat_op_PopulationCount =
    LEAT_OP("PopulationCount(x: T) -> y: uint8; T: integer", .doc = "How many bits of each element are 1.",
            .shape = leat_shape_same, .kernels = {{count_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(PopulationCount, "(int8[3] -1 0 5) -> uint8[3] 8 0 2");
LEAT_ROW(PopulationCount, "(int64[2] -1 255) -> uint8[2] 64 8");
LEAT_ROW(PopulationCount, "(uint16[1] 65535) -> uint8[1] 16");

/* ---- DataFormatDimMap, DataFormatVecPermute ---- */

/* Where each letter of `to` is in `from`; the formats are permutations of each other, 4 or 5 letters. */
static leat_status format_map(const leat_kernel *k, int64_t *map, int64_t *n)
{
    const leat_attr_value *from = leat_attr(k->op, "src_format"), *to = leat_attr(k->op, "dst_format");
    bool good = from->n == to->n && (from->n == 4 || from->n == 5);
    for (uint32_t i = 0; i < to->n && good; i++) {
        const char *at = memchr(from->s, to->s[i], from->n);
        good = at != NULL && memchr(to->s, to->s[i], i) == NULL;
        map[i] = good ? at - from->s : 0;
    }
    if (!good)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "src_format and dst_format must be permutations of 4 or 5 letters");
    *n = from->n;
    return LEAT_OK;
}

static leat_status dim_map_kernel(leat_kernel *k)
{
    int64_t map[5], inverse[5] = {0}, n;
    LEAT_TRY(format_map(k, map, &n));
    for (int64_t i = 0; i < n; i++)
        inverse[map[i]] = i;
    LEAT_TRY(leat_out_new(k, 0, &k->in[0]->shape));
    for (int64_t i = 0; i < k->in[0]->elements; i++) {
        int64_t x = leat_index_at(k->in[0], i);
        if (x < -n || x >= n)
            return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "dimension %lld is not in [-%lld, %lld)",
                                    (long long)x, (long long)n, (long long)n);
        leat_index_put(&k->out[0], i, inverse[x < 0 ? x + n : x]);
    }
    return LEAT_OK;
}

/* A vector of all dimensions or of the two spatial ones (H and W of 4 letters), or such with pairs. */
static leat_status permute_kernel(leat_kernel *k)
{
    const leat_tensor *x = k->in[0];
    int64_t map[5], n, rank = leat_shape_rank(&x->shape), places[5], m = 0, pairs;
    LEAT_TRY(format_map(k, map, &n));
    pairs = rank == 2 ? x->shape.dims[1] : 1;
    int64_t rows = rank == 1 || rank == 2 ? x->shape.dims[0] : -1;
    if ((rank == 2 && pairs != 2) || (rows != n && rows != n - 2))
        return leat_kernel_fail(
            k, LEAT_ERR_INVALID_ARGUMENT,
            "input must be a vector of a number, or a matrix of a pair, for every dimension or every "
            "spatial one");
    const char *from = leat_attr_string(k->op, "src_format");
    for (int64_t i = 0; i < n; i++) { /* spatial ones alone: count those before */
        int64_t before = 0;
        if (rows != n && (from[map[i]] == 'N' || from[map[i]] == 'C'))
            continue;
        for (int64_t j = 0; j < map[i]; j++)
            before += rows == n || (from[j] != 'N' && from[j] != 'C');
        places[m++] = before;
    }
    if (m != rows)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT, "the formats have no N and C");
    LEAT_TRY(leat_out_new(k, 0, &x->shape));
    for (int64_t i = 0; i < x->elements; i++)
        leat_index_put(&k->out[0], i, leat_index_at(x, places[i / pairs] * pairs + i % pairs));
    return LEAT_OK;
}

const leat_op_def leat_op_DataFormatDimMap = LEAT_OP(
    "DataFormatDimMap(x: T) -> y: T; T: {int32, int64} = int32; src_format: string = 'NHWC'; dst_format: string = 'NCHW'",
    .doc = "Dimensions of one data format as those of another.", .shape = leat_shape_same,
    .kernels = {{dim_map_kernel}}, .gradient = leat_grad_none);

const leat_op_def leat_op_DataFormatVecPermute = LEAT_OP(
    "DataFormatVecPermute(x: T) -> y: T; T: {int32, int64} = int32; src_format: string = 'NHWC'; dst_format: string = "
    "'NCHW'",
    .doc = "Numbers (or pairs) for each dimension of one data format in the order of another.",
    .shape = leat_shape_same, .kernels = {{permute_kernel}}, .gradient = leat_grad_none);

LEAT_ROW(DataFormatDimMap, "(int32[4] 0 1 -1 3) -> int32[4] 0 2 1 1");
LEAT_ROW(DataFormatDimMap, "(int32[1] 4) fails 'dimension 4'");
LEAT_ROW(DataFormatDimMap, "(int32[1] 1) {src_format: 'NHWC'; dst_format: 'NHW'} fails 'permutations'");
LEAT_ROW(DataFormatVecPermute, "(int32[4] 1 2 3 4) -> int32[4] 1 4 2 3");
LEAT_ROW(
    DataFormatVecPermute,
    "(int64[4,2] 1 2 3 4 5 6 7 8) {src_format: 'NCHW'; dst_format: 'NHWC'} -> int64[4,2] 1 2 5 6 7 8 3 4");
LEAT_ROW(DataFormatVecPermute, "(int32[2] 7 9) {src_format: 'NHWC'; dst_format: 'NCHW'} -> int32[2] 7 9");
LEAT_ROW(DataFormatVecPermute, "(int32[3] 7 9 8) fails 'every dimension'");
