/* training-private.h - one driver for all Apply*, ResourceApply* and Sparse* ops. */
#ifndef LEAT_TRAINING_PRIVATE_H
#define LEAT_TRAINING_PRIVATE_H

#include "ops/nn-vector-private.h"
#include "ops/state-private.h"

/* Inputs of an op: `n_vars` variables, then scalars around the gradient at `grad`; sparse ops have the rows' indices
 * behind the gradient. */
typedef struct leat_apply_rule {
    uint8_t rule; /* LEAT_RULE_* */
    uint8_t n_vars, grad;
    uint8_t flag; /* the LEAT_RULE_* flag that attribute `attr` sets */
    const char *attr;
} leat_apply_rule;

/* X(function name, rule, variables, gradient's input, flag, its attribute): for dense and sparse ops, ref and resource. */
#define LEAT_APPLY_LIST(X)                                                                                   \
    X(gradient_descent, GRADIENT_DESCENT, 1, 2, 0, NULL)                                                     \
    X(proximal_gradient_descent, PROXIMAL_GRADIENT_DESCENT, 1, 4, 0, NULL)                                   \
    X(momentum, MOMENTUM, 2, 3, LEAT_RULE_NESTEROV, "use_nesterov")                                          \
    X(keras_momentum, KERAS_MOMENTUM, 2, 3, LEAT_RULE_NESTEROV, "use_nesterov")                              \
    X(adagrad, ADAGRAD, 2, 3, LEAT_RULE_UPDATE_SLOTS, "update_slots")                                        \
    X(adagrad_v2, ADAGRAD_V2, 2, 4, LEAT_RULE_UPDATE_SLOTS, "update_slots")                                  \
    X(adagrad_da, ADAGRAD_DA, 3, 3, 0, NULL)                                                                 \
    X(proximal_adagrad, PROXIMAL_ADAGRAD, 2, 5, 0, NULL)                                                     \
    X(adadelta, ADADELTA, 3, 6, 0, NULL)                                                                     \
    X(rms_prop, RMSPROP, 3, 7, 0, NULL)                                                                      \
    X(centered_rms_prop, CENTERED_RMSPROP, 4, 8, 0, NULL)                                                    \
    X(adam, ADAM, 3, 9, LEAT_RULE_NESTEROV, "use_nesterov")                                                  \
    X(adam_with_amsgrad, ADAM_AMSGRAD, 4, 10, 0, NULL)                                                       \
    X(ada_max, ADAMAX, 3, 8, 0, NULL)                                                                        \
    X(ftrl, FTRL, 3, 3, LEAT_RULE_MULTIPLY_LR, "multiply_linear_by_lr")                                      \
    X(ftrl_v2, FTRL_V2, 3, 3, LEAT_RULE_MULTIPLY_LR, "multiply_linear_by_lr")                                \
    X(add_sign, ADD_SIGN, 2, 6, 0, NULL)                                                                     \
    X(power_sign, POWER_SIGN, 2, 6, 0, NULL)

#define LEAT_APPLY_DECLARE(name_, ...)                                                                       \
    leat_status leat_apply_##name_(leat_kernel *k);                                                          \
    leat_status leat_sparse_apply_##name_(leat_kernel *k);
LEAT_APPLY_LIST(LEAT_APPLY_DECLARE)
#undef LEAT_APPLY_DECLARE

leat_status leat_apply_shape(leat_infer *c);        /* of dense ops */
leat_status leat_sparse_apply_shape(leat_infer *c); /* of sparse ops */

#endif
