/* nn-vector-body.h - included once by each of nn-vector-{base,avx2,avx512}.c, which define LEAT_NN_VECTOR_NAME. */
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "ops/nn-vector-private.h"

#ifdef __clang__
#define IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define IVDEP _Pragma("GCC ivdep")
#endif

#define T float
#define SQRT(x_) __builtin_sqrtf(x_)
#define FABS(x_) __builtin_fabsf(x_)
#define EXP(x_) expf(x_)
#define POW(x_, y_) powf((x_), (y_))
#define FMAX(x_, y_) ((x_) < (y_) ? (y_) : (x_))
#define RULE(name_) name_##_f32
#include "ops/training-loops.h"
#undef T
#undef SQRT
#undef FABS
#undef EXP
#undef POW
#undef RULE

#define T double
#define SQRT(x_) __builtin_sqrt(x_)
#define FABS(x_) __builtin_fabs(x_)
#define EXP(x_) exp(x_)
#define POW(x_, y_) pow((x_), (y_))
#define RULE(name_) name_##_f64
#include "ops/training-loops.h"
#undef T
#undef SQRT
#undef FABS
#undef EXP
#undef POW
#undef RULE

#include "ops/random-loops.h"

const leat_nn_vector LEAT_NN_VECTOR_NAME = {
    .name = LEAT_NN_VECTOR_TEXT,
    .rule =
        {
#define RULE_ENTRY(enum_, function_) [LEAT_RULE_##enum_] = {function_##_f32, function_##_f64},
            LEAT_RULE_LIST(RULE_ENTRY)
#undef RULE_ENTRY
        },
    .philox = philox,
    .uniform = uniform,
};
