/* nn-vector-body.h - included once by each of nn-vector-{base,avx2,avx512}.c, which define LEAT_NN_VECTOR_NAME. */
#if defined __AVX2__ || defined __AVX512F__
#include <immintrin.h>
#endif
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "ops/nn-vector-private.h"

#ifdef __clang__
#define IVDEP _Pragma("clang loop vectorize(assume_safety)")
#define UNROLL _Pragma("unroll")
#else
#define IVDEP _Pragma("GCC ivdep")
#define UNROLL _Pragma("GCC unroll 16")
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
#include "ops/norm-loops.h"

/* Permutation of a whole vector by variable lanes: none in the base set, and for double from AVX-512 on. */
#ifdef __AVX512F__
#define FLAT_MAX 10
#define FLAT_LANES 16
#define FLAT_INDEX __v16si
#define FLAT_PERMUTE(v_, index_) ((GEMV(wide))_mm512_permutexvar_ps((__m512i)(index_), (__m512)(v_)))
#elif defined __AVX2__
#define FLAT_MAX 10
#define FLAT_LANES 8
#define FLAT_INDEX __v8si
#define FLAT_PERMUTE(v_, index_) ((GEMV(wide))_mm256_permutevar8x32_ps((__m256)(v_), (__m256i)(index_)))
#endif

#define T float
#define BITS int32_t
#define A float
#define GEMV(name_) gemv_##name_##_f32
#include "ops/gemv-loops.h"
#undef A
#undef GEMV
#define A double
#define GEMV(name_) gemv_##name_##_f32_wide
#include "ops/gemv-loops.h"
#undef T
#undef GEMV
#ifdef FLAT_LANES
#undef FLAT_LANES
#undef FLAT_INDEX
#undef FLAT_PERMUTE
#endif
#ifdef __AVX512F__
#define FLAT_LANES 8
#define FLAT_INDEX __v8di
#define FLAT_PERMUTE(v_, index_) ((GEMV(wide))_mm512_permutexvar_pd((__m512i)(index_), (__m512d)(v_)))
#endif
#undef BITS
#define BITS int64_t
#define T double
#define GEMV(name_) gemv_##name_##_f64
#include "ops/gemv-loops.h"

#undef T
#undef BITS
#define T float
#define BITS int32_t
#define SOFTMAX(name_) softmax_##name_##_f32
#include "ops/softmax-loops.h"
#undef T
#undef SOFTMAX
#undef BITS
#define T double
#define BITS int64_t
#define SOFTMAX(name_) softmax_##name_##_f64
#include "ops/softmax-loops.h"

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
    .softmax = {{softmax_shift_f32, softmax_sums_f32, softmax_scale_f32, softmax_divide_f32,
                 softmax_subtract_f32, softmax_column_sums_f32},
                {softmax_shift_f64, softmax_sums_f64, softmax_scale_f64, softmax_divide_f64,
                 softmax_subtract_f64, softmax_column_sums_f64}},
    .norm = {norm_squares, norm_dots, norm_affine, norm_backward},
    .gemv_rows = {gemv_rows_f32, gemv_rows_f32_wide, gemv_rows_f64},
    .gemv_columns = {gemv_columns_any_f32, gemv_columns_any_f32_wide, gemv_columns_any_f64},
};
