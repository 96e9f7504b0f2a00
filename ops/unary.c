/* unary.c - functions of one operand. */
#include "ops/elementwise-private.h"
#include "leat/raw-ops.h"

/* Signed integers wrap (the arithmetic is unsigned): -INT_MIN is INT_MIN. */
LEAT_LOOP1(neg_f32, float, float, -x)
LEAT_LOOP1(neg_f64, double, double, -x)
LEAT_LOOP1(neg_8, uint8_t, uint8_t, 0U - x)
LEAT_LOOP1(neg_16, uint16_t, uint16_t, 0U - x)
LEAT_LOOP1(neg_32, uint32_t, uint32_t, 0U - x)
LEAT_LOOP1(neg_64, uint64_t, uint64_t, UINT64_C(0) - x)

static leat_status neg_kernel(leat_kernel *k)
{
    static const leat_unary_loops loops = {.by_dtype = {[LEAT_FLOAT] = neg_f32,
                                                        [LEAT_DOUBLE] = neg_f64,
                                                        [LEAT_INT8] = neg_8,
                                                        [LEAT_UINT8] = neg_8,
                                                        [LEAT_INT16] = neg_16,
                                                        [LEAT_UINT16] = neg_16,
                                                        [LEAT_INT32] = neg_32,
                                                        [LEAT_UINT32] = neg_32,
                                                        [LEAT_INT64] = neg_64,
                                                        [LEAT_UINT64] = neg_64}};
    return leat_unary(k, &loops);
}

static void neg_grad(leat_grad *g)
{
    g->dx[0] = leat_raw_neg(g->dy[0]);
}

const leat_op_def leat_op_Neg =
    LEAT_OP("Neg(x: T) -> y: T; T: real", .doc = "y = -x.", .shape = leat_shape_same,
            .kernels = {{neg_kernel}}, .gradient = neg_grad, .flags = LEAT_OP_INPLACE);

LEAT_ROW(Neg, "(float[2,3] -3..3)", -x);
LEAT_ROW(Neg, "(int8[3] 1 -128 5) -> int8[3] -1 -128 -5");
