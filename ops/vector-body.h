/* vector-body.h - included once by each of vector-{base,avx2,avx512}.c, which define LEAT_VECTOR_NAME. */
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

#define LOOPS_ANY(t_, type_)                                                                                 \
    LOOP2(t_##_EQ, type_, uint8_t, x == y)                                                                   \
    LOOP2(t_##_NE, type_, uint8_t, x != y)                                                                   \
    LOOP2(t_##_LT, type_, uint8_t, x < y)                                                                    \
    LOOP2(t_##_LE, type_, uint8_t, x <= y)                                                                   \
    LOOP2(t_##_GT, type_, uint8_t, x > y)                                                                    \
    LOOP2(t_##_GE, type_, uint8_t, x >= y)

/* A NaN in either operand gives NaN, as TensorFlow's Maximum and Minimum propagate it. */
#define LOOPS_FLOAT(t_, type_)                                                                               \
    LOOP2(t_##_ADD, type_, type_, x + y)                                                                     \
    LOOP2(t_##_SUB, type_, type_, x - y)                                                                     \
    LOOP2(t_##_MUL, type_, type_, (x) * (y))                                                                 \
    LOOP2(t_##_DIV, type_, type_, x / y)                                                                     \
    LOOP2(t_##_MAX, type_, type_, x > y || x != x ? x : y)                                                   \
    LOOP2(t_##_MIN, type_, type_, x < y || x != x ? x : y)                                                   \
    LOOP2(t_##_SQUARED_DIFFERENCE, type_, type_, (x - y) * (x - y))                                          \
    LOOPS_ANY(t_, type_)

/* Integers wrap, as in TensorFlow: the arithmetic is unsigned. */
#define LOOPS_INT(t_, type_, unsigned_)                                                                      \
    LOOP2(t_##_ADD, type_, type_, (unsigned_)x + (unsigned_)y)                                               \
    LOOP2(t_##_SUB, type_, type_, (unsigned_)x - (unsigned_)y)                                               \
    LOOP2(t_##_MUL, type_, type_, ((unsigned_)x) * ((unsigned_)y))                                           \
    LOOP2(t_##_MAX, type_, type_, x > y ? x : y)                                                             \
    LOOP2(t_##_MIN, type_, type_, x < y ? x : y)                                                             \
    LOOP2(t_##_SQUARED_DIFFERENCE, type_, type_,                                                             \
          ((unsigned_)x - (unsigned_)y) * ((unsigned_)x - (unsigned_)y))                                     \
    LOOPS_ANY(t_, type_)

LOOPS_FLOAT(f32, float)
LOOPS_FLOAT(f64, double)
LOOPS_INT(i32, int32_t, uint32_t)
LOOPS_INT(i64, int64_t, uint64_t)

const leat_vector LEAT_VECTOR_NAME = {
    .name = LEAT_VECTOR_TEXT,
    .binary =
        {
#define LOOP2_ENTRY(name_) [LEAT_VECTOR_##name_] = {f32_##name_, f64_##name_, i32_##name_, i64_##name_},
            LEAT_VECTOR_BINARY_LIST(LOOP2_ENTRY)
#undef LOOP2_ENTRY
        },
    .div = {f32_DIV, f64_DIV},
};
