/* vector-private.h - inner loops compiled once for every instruction set, chosen by the processor's features.
 *
 * ops/vector-body.h is the one source: vector-base.c, vector-avx2.c and vector-avx512.c include it under their own
 * compiler flags. The loops use IEEE operations only (no fused multiply-add, no reassociation), so that a value is the
 * same bits at any position of an array and under any instruction set. */
#ifndef LEAT_VECTOR_PRIVATE_H
#define LEAT_VECTOR_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

/* out[i] = f(a[i], b[i]); mode says which operand is one value only. out may be a or b. */
enum { LEAT_BOTH = 0, LEAT_A_SCALAR = 1, LEAT_B_SCALAR = 2 };
typedef void leat_loop2(const void *a, const void *b, void *out, size_t n, int mode);
/* out[i] = f(x[i]); out may be x. */
typedef void leat_loop1(const void *x, void *out, size_t n);

/* Binary functions of float, double, int32, int64. */
/* clang-format does not come to rest on these lists. */
/* clang-format off */
#define LEAT_VECTOR_BINARY_LIST(X)                                                                           \
    X(ADD) X(SUB) X(MUL) X(MAX) X(MIN) X(SQUARED_DIFFERENCE) X(EQ) X(NE) X(LT) X(LE) X(GT) X(GE)
/* Binary functions of float and double. The gradients are f(y or x, dy) as their ops order them. */
#define LEAT_VECTOR_FLOAT2_LIST(X)                                                                           \
    X(DIV)                                                                                                   \
    X(DIV_NO_NAN)                                                                                            \
    X(MUL_NO_NAN)                                                                                            \
    X(RELU_GRAD)                                                                                             \
    X(RELU6_GRAD) X(ELU_GRAD) X(SELU_GRAD) X(SOFTSIGN_GRAD) X(TANH_GRAD) X(SIGMOID_GRAD) X(SQRT_GRAD)        \
        X(RSQRT_GRAD) X(INV_GRAD)
/* Unary functions of float and double. */
#define LEAT_VECTOR_FLOAT1_LIST(X)                                                                           \
    X(NEG)                                                                                                   \
    X(ABS)                                                                                                   \
    X(SIGN)                                                                                                  \
    X(SQUARE)                                                                                                \
    X(SQRT) X(RSQRT) X(RECIPROCAL) X(FLOOR) X(CEIL) X(RINT) X(RELU) X(RELU6) X(SOFTSIGN) X(EXP) X(EXPM1)     \
        X(LOG) X(LOG1P) X(TANH) X(SIGMOID) X(SIN) X(COS) X(ERF) X(SOFTPLUS) X(ELU) X(SELU)

/* Reductions of float and double to double. */
/* clang-format on */
#define LEAT_VECTOR_REDUCE_LIST(X) X(SUM) X(PROD) X(MAX) X(MIN) X(SQUARES)

enum {
#define LEAT_VECTOR_ENUM(name_) LEAT_VECTOR_##name_,
    LEAT_VECTOR_BINARY_LIST(LEAT_VECTOR_ENUM) LEAT_VECTOR_BINARY_COUNT
};
enum { LEAT_VECTOR_FLOAT2_LIST(LEAT_VECTOR_ENUM) LEAT_VECTOR_FLOAT2_COUNT };
enum { LEAT_VECTOR_FLOAT1_LIST(LEAT_VECTOR_ENUM) LEAT_VECTOR_FLOAT1_COUNT };
enum {
#define LEAT_VECTOR_REDUCE_ENUM(name_) LEAT_REDUCE_##name_,
    LEAT_VECTOR_REDUCE_LIST(LEAT_VECTOR_REDUCE_ENUM) LEAT_REDUCE_COUNT
#undef LEAT_VECTOR_REDUCE_ENUM
#undef LEAT_VECTOR_ENUM
};

/* The element types of the tables; the float ones come first. */
enum { LEAT_VECTOR_F32, LEAT_VECTOR_F64, LEAT_VECTOR_I32, LEAT_VECTOR_I64, LEAT_VECTOR_TYPES };

typedef struct leat_vector {
    const char *name; /* "base", "avx2", "avx512" */
    leat_loop2 *binary[LEAT_VECTOR_BINARY_COUNT][LEAT_VECTOR_TYPES];
    leat_loop2 *float2[LEAT_VECTOR_FLOAT2_COUNT][2];
    leat_loop1 *float1[LEAT_VECTOR_FLOAT1_COUNT][2];
    double (*reduce_row[LEAT_REDUCE_COUNT][2])(const void *x, size_t n); /* n elements to one */
    void (*reduce_column[LEAT_REDUCE_COUNT][2])(const void *x, size_t n,
                                                double *acc); /* into n accumulators */
} leat_vector;

extern const leat_vector leat_vector_base, leat_vector_avx2, leat_vector_avx512;

/* The best set that this processor has and the environment variable LEAT_ISA (base, avx2, avx512) allows. */
const leat_vector *leat_vector_get(void);

#endif
