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

/* X(enumerator): binary functions of float, double, int32, int64. */
#define LEAT_VECTOR_BINARY_LIST(X)                                                                           \
    X(ADD) X(SUB) X(MUL) X(MAX) X(MIN) X(SQUARED_DIFFERENCE) X(EQ) X(NE) X(LT) X(LE) X(GT) X(GE)

enum {
#define LEAT_VECTOR_ENUM(name_) LEAT_VECTOR_##name_,
    LEAT_VECTOR_BINARY_LIST(LEAT_VECTOR_ENUM)
#undef LEAT_VECTOR_ENUM
        LEAT_VECTOR_BINARY_COUNT
};

/* The four element types of the tables. */
enum { LEAT_VECTOR_F32, LEAT_VECTOR_F64, LEAT_VECTOR_I32, LEAT_VECTOR_I64, LEAT_VECTOR_TYPES };

typedef struct leat_vector {
    const char *name; /* "base", "avx2", "avx512" */
    leat_loop2 *binary[LEAT_VECTOR_BINARY_COUNT][LEAT_VECTOR_TYPES];
    leat_loop2 *div[2]; /* F32, F64 */
} leat_vector;

extern const leat_vector leat_vector_base, leat_vector_avx2, leat_vector_avx512;

/* The best set that this processor has and the environment variable LEAT_ISA (base, avx2, avx512) allows. */
const leat_vector *leat_vector_get(void);

#endif
