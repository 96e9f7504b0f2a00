/* nn-vector-private.h - loops of training, random and neural-network ops, compiled once for every instruction set as
 * those of vector-private.h are: nn-vector-body.h is the source, nn-vector-{base,avx2,avx512}.c include it. */
#ifndef LEAT_NN_VECTOR_PRIVATE_H
#define LEAT_NN_VECTOR_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

/* ---- the rules of optimizers ----
 * A rule updates n elements of its variables (the trained one first, then its slots in the order of the op's inputs)
 * from the gradient. `s` holds the op's scalar inputs in their order. */
typedef void leat_rule_fn(void *const *vars, const void *grad, const double *s, unsigned flags, size_t n);
enum { LEAT_RULE_NESTEROV = 1, LEAT_RULE_UPDATE_SLOTS = 2, LEAT_RULE_MULTIPLY_LR = 4 };

/* X(enumerator, function): training-loops.h has them. */
#define LEAT_RULE_LIST(X)                                                                                    \
    X(GRADIENT_DESCENT, gradient_descent)                                                                    \
    X(PROXIMAL_GRADIENT_DESCENT, proximal_gradient_descent)                                                  \
    X(MOMENTUM, momentum)                                                                                    \
    X(KERAS_MOMENTUM, keras_momentum)                                                                        \
    X(ADAGRAD, adagrad)                                                                                      \
    X(ADAGRAD_V2, adagrad_v2)                                                                                \
    X(ADAGRAD_DA, adagrad_da)                                                                                \
    X(PROXIMAL_ADAGRAD, proximal_adagrad)                                                                    \
    X(ADADELTA, adadelta)                                                                                    \
    X(RMSPROP, rmsprop)                                                                                      \
    X(CENTERED_RMSPROP, centered_rmsprop)                                                                    \
    X(ADAM, adam)                                                                                            \
    X(ADAM_AMSGRAD, adam_amsgrad)                                                                            \
    X(ADAMAX, adamax)                                                                                        \
    X(FTRL, ftrl)                                                                                            \
    X(FTRL_V2, ftrl_v2)                                                                                      \
    X(ADD_SIGN, add_sign)                                                                                    \
    X(POWER_SIGN, power_sign)

enum {
#define LEAT_RULE_ENUM(enum_, function_) LEAT_RULE_##enum_,
    LEAT_RULE_LIST(LEAT_RULE_ENUM)
#undef LEAT_RULE_ENUM
        LEAT_RULE_COUNT
};

/* ---- random numbers: Philox 4x32-10 ---- */
typedef struct leat_philox {
    uint32_t counter[4], key[2];
} leat_philox;
/* The n groups of four numbers from `p` on. */
typedef void leat_philox_fn(const leat_philox *p, uint32_t *out, size_t n);
/* x[i] = the float in [0, 1) that the low 23 bits of number i say. In place. */
typedef void leat_uniform_fn(void *x, size_t n);

/* ---- matrix times vector (gemv-loops.h) ---- */
enum {
    LEAT_GEMV_F32,
    LEAT_GEMV_F32_WIDE,
    LEAT_GEMV_F64,
    LEAT_GEMV_TYPES
}; /* WIDE: float elements, sums in double */
/* y[r] = a[r * stride ...] . x[0..k): y of the elements' type. */
typedef void leat_gemv_rows_fn(const void *a, size_t stride, const void *x, size_t rows, size_t k, void *y);
/* y[c] += sum over r of a[r * stride + c] * v[r]: y of the sums' type. */
typedef void leat_gemv_columns_fn(const void *a, size_t stride, const void *v, size_t rows, size_t columns,
                                  void *y);

/* ---- rows of logits (softmax-loops.h), float and double ---- */
typedef struct leat_softmax_loops {
    void (*shift)(const void *x, void *out, void *tops, size_t rows, size_t n);
    void (*sums)(const void *x, void *sums, size_t rows, size_t n);
    void (*scale)(void *x, const void *sums, size_t rows, size_t n); /* by 1 / sums[row] */
    void (*divide)(void *x, const void *sums, size_t rows, size_t n);
    void (*subtract)(void *x, const void *sums, size_t rows, size_t n);
    void (*column_sums)(const void *x, size_t rows, size_t n, double *sums); /* added to sums */
} leat_softmax_loops;

/* ---- batch normalisation by rows of n channels (norm-loops.h) ---- */
typedef struct leat_norm_loops {
    void (*squares)(const float *x, const float *mean, size_t rows, size_t n, double *sums);
    void (*dots)(const float *dy, const float *x, const float *mean, size_t rows, size_t n, double *sums);
    void (*affine)(const float *x, const float *mean, const float *factor, const float *offset, float *y,
                   size_t rows, size_t n);
    void (*backward)(const float *dy, const float *x, const float *mean, const float *shift,
                     const float *slope, const float *factor, float *dx, size_t rows, size_t n);
} leat_norm_loops;

typedef struct leat_nn_vector {
    const char *name;
    leat_rule_fn *rule[LEAT_RULE_COUNT][2]; /* float, double */
    leat_philox_fn *philox;
    leat_uniform_fn *uniform;
    leat_softmax_loops softmax[2];
    leat_norm_loops norm;
    leat_gemv_rows_fn *gemv_rows[LEAT_GEMV_TYPES];
    leat_gemv_columns_fn *gemv_columns[LEAT_GEMV_TYPES];
} leat_nn_vector;

extern const leat_nn_vector leat_nn_vector_base, leat_nn_vector_avx2, leat_nn_vector_avx512;

/* Of the instruction set that leat_vector_get() chose. */
const leat_nn_vector *leat_nn_vector_get(void);

#endif
