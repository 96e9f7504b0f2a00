/* vector-body.h - included once by each of vector-{base,avx2,avx512}.c, which define LEAT_VECTOR_NAME. */
#include <math.h>
#include "ops/vector-private.h"

#ifdef __clang__
#define IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define IVDEP _Pragma("GCC ivdep")
#endif

/* One loop for each mode: the compiler vectorises all three. */
#define LOOP2(name_, type_, result_, value_)                                                                 \
    static void name_(const void *a_, const void *b_, void *out_, size_t n, int mode)                        \
    {                                                                                                        \
        const type_ *a = a_, *b = b_;                                                                        \
        result_ *out = out_;                                                                                 \
        if (mode == LEAT_BOTH) {                                                                             \
            IVDEP for (size_t i = 0; i < n; i++)                                                             \
            {                                                                                                \
                const type_ x = a[i], y = b[i];                                                              \
                out[i] = (result_)(value_);                                                                  \
            }                                                                                                \
        } else if (mode == LEAT_A_SCALAR) {                                                                  \
            const type_ x = a[0];                                                                            \
            IVDEP for (size_t i = 0; i < n; i++)                                                             \
            {                                                                                                \
                const type_ y = b[i];                                                                        \
                out[i] = (result_)(value_);                                                                  \
            }                                                                                                \
        } else {                                                                                             \
            const type_ y = b[0];                                                                            \
            IVDEP for (size_t i = 0; i < n; i++)                                                             \
            {                                                                                                \
                const type_ x = a[i];                                                                        \
                out[i] = (result_)(value_);                                                                  \
            }                                                                                                \
        }                                                                                                    \
    }
#define LOOP1(name_, type_, value_)                                                                          \
    static void name_(const void *x_, void *out_, size_t n)                                                  \
    {                                                                                                        \
        const type_ *in = x_;                                                                                \
        type_ *out = out_;                                                                                   \
        IVDEP for (size_t i = 0; i < n; i++)                                                                 \
        {                                                                                                    \
            const type_ x = in[i];                                                                           \
            out[i] = (type_)(value_);                                                                        \
        }                                                                                                    \
    }

#define COMPARISONS(t_, type_)                                                                               \
    LOOP2(t_##_EQ, type_, uint8_t, x == y)                                                                   \
    LOOP2(t_##_NE, type_, uint8_t, x != y)                                                                   \
    LOOP2(t_##_LT, type_, uint8_t, x < y)                                                                    \
    LOOP2(t_##_LE, type_, uint8_t, x <= y)                                                                   \
    LOOP2(t_##_GT, type_, uint8_t, x > y)                                                                    \
    LOOP2(t_##_GE, type_, uint8_t, x >= y)

/* A NaN in either operand of MAX and MIN gives NaN, as TensorFlow propagates it. */
#define FLOAT_ARITHMETIC(t_, type_)                                                                          \
    LOOP2(t_##_ADD, type_, type_, x + y)                                                                     \
    LOOP2(t_##_SUB, type_, type_, x - y)                                                                     \
    LOOP2(t_##_MUL, type_, type_, (x) * (y))                                                                 \
    LOOP2(t_##_DIV, type_, type_, x / y)                                                                     \
    LOOP2(t_##_MAX, type_, type_, x > y || x != x ? x : y)                                                   \
    LOOP2(t_##_MIN, type_, type_, x < y || x != x ? x : y)                                                   \
    LOOP2(t_##_SQUARED_DIFFERENCE, type_, type_, (x - y) * (x - y))                                          \
    LOOP2(t_##_DIV_NO_NAN, type_, type_, y == 0 ? 0 : x / y)                                                 \
    LOOP2(t_##_MUL_NO_NAN, type_, type_, y == 0 ? 0 : (x) * (y))                                             \
    COMPARISONS(t_, type_)

/* x is the gradient, y the features (RELU*) or the outputs (ELU, SELU). */
#define ACTIVATION_GRADIENTS(t_, type_)                                                                      \
    LOOP2(t_##_RELU_GRAD, type_, type_, x *(y > 0 ? (type_)1 : (type_)0))                                    \
    LOOP2(t_##_RELU6_GRAD, type_, type_, x *(y > 0 && y < 6 ? (type_)1 : (type_)0))                          \
    LOOP2(t_##_ELU_GRAD, type_, type_, y < 0 ? (y + 1) * x : x)                                              \
    LOOP2(t_##_SELU_GRAD, type_, type_,                                                                      \
          y < 0 ? x * (y + (type_)1.7580993408473768599402175208123)                                         \
                : x * (type_)1.0507009873554804934193349852946)                                              \
    LOOP2(t_##_SOFTSIGN_GRAD, type_, type_, x / ((1 + (y < 0 ? -y : y)) * (1 + (y < 0 ? -y : y))))

/* x is the function's output, y the gradient. */
#define FUNCTION_GRADIENTS(t_, type_, sqrt_)                                                                 \
    LOOP2(t_##_TANH_GRAD, type_, type_, y *(1 - x * x))                                                      \
    LOOP2(t_##_SIGMOID_GRAD, type_, type_, y *x *(1 - x))                                                    \
    LOOP2(t_##_SQRT_GRAD, type_, type_, y *(type_)0.5 / x)                                                   \
    LOOP2(t_##_RSQRT_GRAD, type_, type_, (type_)-0.5 * (y * x) * (x * x))                                    \
    LOOP2(t_##_INV_GRAD, type_, type_, -y *(x * x))

/* Integers wrap, as in TensorFlow: the arithmetic is unsigned. */
#define INT_ARITHMETIC(t_, type_, unsigned_)                                                                 \
    LOOP2(t_##_ADD, type_, type_, (unsigned_)x + (unsigned_)y)                                               \
    LOOP2(t_##_SUB, type_, type_, (unsigned_)x - (unsigned_)y)                                               \
    LOOP2(t_##_MUL, type_, type_, ((unsigned_)x) * ((unsigned_)y))                                           \
    LOOP2(t_##_MAX, type_, type_, x > y ? x : y)                                                             \
    LOOP2(t_##_MIN, type_, type_, x < y ? x : y)                                                             \
    LOOP2(t_##_SQUARED_DIFFERENCE, type_, type_,                                                             \
          ((unsigned_)x - (unsigned_)y) * ((unsigned_)x - (unsigned_)y))                                     \
    COMPARISONS(t_, type_)

/* SIGN keeps NaN; RELU and RELU6 do too, and a negative zero becomes zero. */
#define FLOAT_SIMPLE(t_, type_, f_)                                                                          \
    LOOP1(t_##_NEG, type_, -x)                                                                               \
    LOOP1(t_##_ABS, type_, fabs##f_(x))                                                                      \
    LOOP1(t_##_SIGN, type_, x != x ? x : (type_)(x > 0) - (type_)(x < 0))                                    \
    LOOP1(t_##_SQUARE, type_, (x) * (x))                                                                     \
    LOOP1(t_##_SQRT, type_, sqrt##f_(x))                                                                     \
    LOOP1(t_##_RSQRT, type_, 1 / sqrt##f_(x))                                                                \
    LOOP1(t_##_RECIPROCAL, type_, 1 / x)                                                                     \
    LOOP1(t_##_FLOOR, type_, floor##f_(x))                                                                   \
    LOOP1(t_##_CEIL, type_, ceil##f_(x))                                                                     \
    LOOP1(t_##_RINT, type_, rint##f_(x))                                                                     \
    LOOP1(t_##_RELU, type_, x > 0 || x != x ? x : 0)                                                         \
    LOOP1(t_##_RELU6, type_, x > 6 ? 6 : x > 0 || x != x ? x : 0)                                            \
    LOOP1(t_##_SOFTSIGN, type_, x / (1 + fabs##f_(x)))

FLOAT_ARITHMETIC(f32, float)
FLOAT_ARITHMETIC(f64, double)
ACTIVATION_GRADIENTS(f32, float)
ACTIVATION_GRADIENTS(f64, double)
FUNCTION_GRADIENTS(f32, float, sqrtf)
FUNCTION_GRADIENTS(f64, double, sqrt)
FLOAT_SIMPLE(f32, float, f)
FLOAT_SIMPLE(f64, double, )
INT_ARITHMETIC(i32, int32_t, uint32_t)
INT_ARITHMETIC(i64, int64_t, uint64_t)

#include "ops/vector-math.h"
#include "ops/vector-reduce.h"

const leat_vector LEAT_VECTOR_NAME = {
    .name = LEAT_VECTOR_TEXT,
#define ENTRY4(name_) [LEAT_VECTOR_##name_] = {f32_##name_, f64_##name_, i32_##name_, i64_##name_},
#define ENTRY2(name_) [LEAT_VECTOR_##name_] = {f32_##name_, f64_##name_},
    .binary = {LEAT_VECTOR_BINARY_LIST(ENTRY4)},
    .float2 = {LEAT_VECTOR_FLOAT2_LIST(ENTRY2)},
    .float1 = {LEAT_VECTOR_FLOAT1_LIST(ENTRY2)},
#define ENTRY_ROW(name_) [LEAT_REDUCE_##name_] = {f32_ROW_##name_, f64_ROW_##name_},
#define ENTRY_COLUMN(name_) [LEAT_REDUCE_##name_] = {f32_COL_##name_, f64_COL_##name_},
    .reduce_row = {LEAT_VECTOR_REDUCE_LIST(ENTRY_ROW)},
    .reduce_column = {LEAT_VECTOR_REDUCE_LIST(ENTRY_COLUMN)},
};
