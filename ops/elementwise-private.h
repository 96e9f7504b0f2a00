/* elementwise-private.h - binary and unary ops over broadcast operands: a table of inner loops by dtype, run in tiles. */
#ifndef LEAT_ELEMENTWISE_PRIVATE_H
#define LEAT_ELEMENTWISE_PRIVATE_H

#include "ops/ops-private.h"
#include "ops/complex-private.h"
#include "ops/vector-private.h"

/* The loops of a binary op. half and bfloat16 go through the float loop in blocks. */
typedef struct leat_binary_loops {
    int vector; /* LEAT_VECTOR_* of the binary list + 1: float, double, int32, int64 come from there; 0: none */
    int float2;               /* of the float2 list + 1: float, double */
    int of_complex;           /* LEAT_COMPLEX_* of two operands + 1: complex64, complex128 */
    leat_loop2 *by_dtype[24]; /* what those do not give */
    int64_t grain;            /* elements of a tile; 0: LEAT_GRAIN_CHEAP */
} leat_binary_loops;

/* Output 0 = loops(input 0, input 1), broadcast as numpy does. */
leat_status leat_binary(leat_kernel *k, const leat_binary_loops *loops) LEAT_MUST_CHECK;
leat_loop2 *leat_binary_loop(const leat_binary_loops *loops, leat_dtype dtype); /* NULL: none of that dtype */
/* The same with a loop at hand. */
leat_status leat_binary_run(leat_kernel *k, leat_loop2 *loop, int64_t grain) LEAT_MUST_CHECK;

/* static void name(a, b, out, n, mode): three loops over `value`, an expression of x and y. */
#define LEAT_LOOP2(name_, type_, result_, value_)                                                            \
    static void name_(const void *a_, const void *b_, void *out_, size_t n, int mode)                        \
    {                                                                                                        \
        const type_ *a = a_, *b = b_;                                                                        \
        result_ *out = out_;                                                                                 \
        size_t da = mode != LEAT_A_SCALAR, db = mode != LEAT_B_SCALAR;                                       \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const type_ x = a[i * da], y = b[i * db];                                                        \
            out[i] = (result_)(value_);                                                                      \
        }                                                                                                    \
    }

/* The loops of a unary op, out[i] = f(x[i]). half and bfloat16 go through the float loop unless they have their own. */
typedef struct leat_unary_loops {
    int float1;     /* LEAT_VECTOR_* of the float1 list + 1: float and double come from there; 0: none */
    int of_complex; /* LEAT_COMPLEX_* of one operand + 1: complex64, complex128 */
    leat_loop1 *by_dtype[24];
    int64_t grain; /* elements of a tile; 0: LEAT_GRAIN_CHEAP */
} leat_unary_loops;

/* Output 0 = loops(input 0), of input 0's shape. */
leat_status leat_unary(leat_kernel *k, const leat_unary_loops *loops) LEAT_MUST_CHECK;
leat_status leat_unary_run(leat_kernel *k, leat_loop1 *loop, int64_t grain) LEAT_MUST_CHECK;

/* static void name(x, out, n) over `value`, an expression of x. */
#define LEAT_LOOP1(name_, type_, result_, value_)                                                            \
    static void name_(const void *x_, void *out_, size_t n)                                                  \
    {                                                                                                        \
        const type_ *in = x_;                                                                                \
        result_ *out = out_;                                                                                 \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const type_ x = in[i];                                                                           \
            out[i] = (result_)(value_);                                                                      \
        }                                                                                                    \
    }

/* ---- broadcasting ----
 * Dimensions in which both operands advance, or the same one stands still, are merged; the innermost one is run by the
 * inner loop. */
typedef struct leat_broadcast {
    int rank; /* of the merged dimensions, at least 1 */
    int64_t dims[LEAT_MAX_RANK];
    int64_t stride[3][LEAT_MAX_RANK]; /* of operand i in elements; 0 where it stands still */
    int64_t elements;
} leat_broadcast;

/* Up to three operands; every shape broadcasts to `out`. */
void leat_broadcast_plan(leat_broadcast *b, const leat_shape *out, const leat_shape *const *in, int n);
/* Offsets (in elements) of the operands at flat index i of the output. *inner_left: how many elements of the innermost
 * dimension follow, this one included. */
void leat_broadcast_at(const leat_broadcast *b, int64_t i, int n, int64_t *offset, int64_t *inner_left);

/* A kernel over the vector loops of one name (grain: CHEAP, MATH, HEAVY). */
#define LEAT_VECTOR_KERNEL1(name_, vector_, grain_)                                                          \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_##vector_ + 1,                          \
                                               .grain = LEAT_GRAIN_##grain_};                                \
        return leat_unary(k, &loops);                                                                        \
    }
/* The same, and over complex numbers of the same name. */
#define LEAT_VECTOR_KERNEL1_COMPLEX(name_, vector_, grain_)                                                  \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_unary_loops loops = {.float1 = LEAT_VECTOR_##vector_ + 1,                          \
                                               .of_complex = LEAT_COMPLEX_##vector_ + 1,                     \
                                               .grain = LEAT_GRAIN_##grain_};                                \
        return leat_unary(k, &loops);                                                                        \
    }
#define LEAT_VECTOR_KERNEL2(name_, vector_)                                                                  \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_binary_loops loops = {.float2 = LEAT_VECTOR_##vector_ + 1};                        \
        return leat_binary(k, &loops);                                                                       \
    }
/* A kernel over libm functions: f(x) for double, f_(x) for float. */
#define LEAT_LIBM_KERNEL1(name_, float_value_, double_value_)                                                \
    LEAT_LOOP1(name_##_f32, float, float, float_value_)                                                      \
    LEAT_LOOP1(name_##_f64, double, double, double_value_)                                                   \
    static leat_status name_(leat_kernel *k)                                                                 \
    {                                                                                                        \
        static const leat_unary_loops loops = {                                                              \
            .by_dtype = {[LEAT_FLOAT] = name_##_f32, [LEAT_DOUBLE] = name_##_f64},                           \
            .grain = LEAT_GRAIN_HEAVY};                                                                      \
        return leat_unary(k, &loops);                                                                        \
    }

#endif
