/* complex-private.h - the loops over complex64 and complex128 that elementwise ops take. complex.c has them all, so that what the
 * arithmetic of complex numbers is stands in one place. */
#ifndef LEAT_COMPLEX_PRIVATE_H
#define LEAT_COMPLEX_PRIVATE_H

#include "ops/vector-private.h"

typedef enum leat_complex2 {
    LEAT_COMPLEX_ADD,
    LEAT_COMPLEX_SUB,
    LEAT_COMPLEX_MUL,
    LEAT_COMPLEX_DIV,
    LEAT_COMPLEX_DIV_NO_NAN,
    LEAT_COMPLEX_SQRT_GRAD, /* of outputs and gradients, as all such: with the outputs' conjugates */
    LEAT_COMPLEX_INV_GRAD,
    LEAT_COMPLEX_LOOPS2
} leat_complex2;

typedef enum leat_complex1 {
    LEAT_COMPLEX_NEG,
    LEAT_COMPLEX_SQUARE,
    LEAT_COMPLEX_RECIPROCAL,
    LEAT_COMPLEX_SQRT,
    LEAT_COMPLEX_EXP,
    LEAT_COMPLEX_LOG,
    LEAT_COMPLEX_LOOPS1
} leat_complex1;

/* [0]: complex64, [1]: complex128 */
extern leat_loop2 *const leat_complex_loops2[LEAT_COMPLEX_LOOPS2][2];
extern leat_loop1 *const leat_complex_loops1[LEAT_COMPLEX_LOOPS1][2];

#endif
