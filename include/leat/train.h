/* leat/train.h - optimizers, gradient clipping, learning-rate schedules. Node and slot names are TensorFlow 1's.
 *
 * All of these build nodes: one thread at a time for a graph; errors go to the graph. With g the gradient and lr the learning rate, for
 * each element of a variable v:
 *     GradientDescent  v -= lr g
 *     Momentum         m = momentum m + g; v -= lr m (Nesterov: v -= lr (g + momentum m))
 *     Adagrad          a += g^2; v -= lr g / sqrt(a)
 *     RMSProp          s = decay s + (1 - decay) g^2; m = momentum m + lr g / sqrt(s + epsilon); v -= m
 *                      (centered: s less the square of the decayed mean of g, in place of s)
 *     Adam             m, s: decayed means of g and g^2, by beta1 and beta2;
 *                      v -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(s) + epsilon)
 * Sources: tensorflow/core/kernels/training_ops.cc, python/training/{momentum,adagrad,rmsprop,adam}.py of TensorFlow 1.15; Duchi et al.
 * 2011, Tieleman and Hinton 2012, Kingma and Ba 2015. */
#ifndef LEAT_TRAIN_H
#define LEAT_TRAIN_H

#include "leat/build.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum leat_optimizer_kind {
    LEAT_GRADIENT_DESCENT,
    LEAT_MOMENTUM,
    LEAT_ADAGRAD,
    LEAT_RMSPROP,
    LEAT_ADAM
} leat_optimizer_kind;

/* An optimizer, by value: make it with the calls below. */
typedef struct leat_optimizer {
    size_t size;
    leat_optimizer_kind kind;
    double learning_rate; /* used where rate is LEAT_NO_OUT */
    leat_out rate;        /* the learning rate as a scalar float32 tensor */
    double momentum;      /* Momentum (0.9), RMSProp (0) */
    double decay;         /* RMSProp (0.9) */
    double epsilon;       /* RMSProp (1e-10), Adam (1e-8) */
    double beta1;
    double beta2;               /* Adam (0.9, 0.999) */
    double initial_accumulator; /* Adagrad (0.1) */
    bool use_nesterov;          /* Momentum, Adam */
    bool centered;              /* RMSProp */
    const char *name;           /* "GradientDescent", "Momentum", "Adagrad", "RMSProp", "Adam" */
} leat_optimizer;
/* Fill in what is not given: what the keyword forms below call. */
LEAT_API leat_optimizer leat_gradient_descent(leat_optimizer args);
LEAT_API leat_optimizer leat_momentum(leat_optimizer args);
LEAT_API leat_optimizer leat_adagrad(leat_optimizer args);
LEAT_API leat_optimizer leat_rmsprop(leat_optimizer args);
LEAT_API leat_optimizer leat_adam(leat_optimizer args);

/* A variable and the gradient of the loss by it; gradient LEAT_NO_OUT where the loss does not depend on it. */
typedef struct leat_grad_var {
    leat_out gradient, variable;
} leat_grad_var;

/* Optimizer.compute_gradients: fills pairs[n] for the variables given. */
LEAT_API void leat_compute_gradients(leat_out loss, const leat_out *variables, size_t n,
                                     leat_grad_var *pairs);
/* Optimizer.apply_gradients: the op that updates every variable with a gradient, and adds 1 to global_step (LEAT_NO_OUT: none).
 * Slots become variables; run their initializers. NULL on error. name NULL: the optimizer's. */
LEAT_API leat_op *leat_apply_gradients(leat_optimizer optimizer, const leat_grad_var *pairs, size_t n,
                                       leat_out global_step, const char *name);

typedef struct leat_minimize_args {
    size_t size;
    leat_optimizer optimizer LEAT_CXX_DEFAULT();
    leat_out loss LEAT_CXX_DEFAULT();
    leat_out_list var_list LEAT_CXX_DEFAULT(); /* none given: the collection "trainable_variables" */
    leat_out global_step LEAT_CXX_DEFAULT();
    const char *name LEAT_CXX_DEFAULT();
} leat_minimize_args;
/* Optimizer.minimize: gradients of the loss, a scalar, and their application; the op to run each step. NULL on error. */
LEAT_API leat_op *leat_minimize(leat_minimize_args args);

/* The optimizer's slot of a variable, such as "Momentum", "Adam", "Adam_1": <variable>/<slot>. LEAT_NO_OUT if there is none. */
LEAT_API leat_out leat_slot(leat_out variable, const char *slot);

/* tf.train.get_or_create_global_step: an int64 variable "global_step", not trainable. */
LEAT_API leat_out leat_global_step(leat_graph *graph);

/* learning_rate * decay_rate ^ (global_step / decay_steps); staircase: the exponent rounded down. */
typedef struct leat_exponential_decay_args {
    size_t size;
    double learning_rate LEAT_CXX_DEFAULT();
    leat_out global_step LEAT_CXX_DEFAULT();
    double decay_steps LEAT_CXX_DEFAULT();
    double decay_rate LEAT_CXX_DEFAULT();
    bool staircase LEAT_CXX_DEFAULT();
    const char *name LEAT_CXX_DEFAULT(); /* "ExponentialDecay" */
} leat_exponential_decay_args;
LEAT_API leat_out leat_exponential_decay(leat_exponential_decay_args args);

/* tf.clip_by_value; tf.clip_by_norm over all axes: t * clip_norm / max(norm(t), clip_norm). */
LEAT_API leat_out leat_clip_by_value(leat_out t, double min, double max, const char *name);
LEAT_API leat_out leat_clip_by_norm(leat_out t, double clip_norm, const char *name);
/* tf.global_norm: sqrt of the sum of squares of all elements. */
LEAT_API leat_out leat_global_norm(const leat_out *ts, size_t n, const char *name);
/* tf.clip_by_global_norm: clipped[n] in place of ts[n] (LEAT_NO_OUT passes through); returns the norm before. */
LEAT_API leat_out leat_clip_by_global_norm(const leat_out *ts, size_t n, double clip_norm, leat_out *clipped,
                                           const char *name);

#ifndef __cplusplus
#define LEAT_KW_OPTIMIZER_(fname_, defaults_, ...)                                                           \
    __extension__({                                                                                          \
        LEAT_KW_ON fname_((leat_optimizer){.size = sizeof(leat_optimizer) defaults_, __VA_ARGS__});          \
        LEAT_KW_OFF                                                                                          \
    })
#define LEAT_KW_MOMENTUM_ , .momentum = 0.9
#define LEAT_KW_ADAGRAD_ , .initial_accumulator = 0.1
#define LEAT_KW_RMSPROP_ , .decay = 0.9, .epsilon = 1e-10, .learning_rate = 0.001
#define LEAT_KW_ADAM_ , .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .learning_rate = 0.001
#define leat_gradient_descent(...) LEAT_KW_OPTIMIZER_(leat_gradient_descent, LEAT_KW_NONE_, __VA_ARGS__)
#define leat_momentum(...) LEAT_KW_OPTIMIZER_(leat_momentum, LEAT_KW_MOMENTUM_, __VA_ARGS__)
#define leat_adagrad(...) LEAT_KW_OPTIMIZER_(leat_adagrad, LEAT_KW_ADAGRAD_, __VA_ARGS__)
#define leat_rmsprop(...) LEAT_KW_OPTIMIZER_(leat_rmsprop, LEAT_KW_RMSPROP_, __VA_ARGS__)
#define leat_adam(...) LEAT_KW_OPTIMIZER_(leat_adam, LEAT_KW_ADAM_, __VA_ARGS__)
#define leat_minimize(optimizer_, ...)                                                                       \
    LEAT_KW_(leat_minimize, LEAT_KW_NONE_, .optimizer = (optimizer_), .loss = __VA_ARGS__)
#define leat_exponential_decay(learning_rate_, global_step_, decay_steps_, ...)                              \
    LEAT_KW_(leat_exponential_decay, LEAT_KW_NONE_, .learning_rate = (learning_rate_),                       \
             .global_step = (global_step_), .decay_steps = (decay_steps_), .decay_rate = __VA_ARGS__)
#endif

#ifdef __cplusplus
}
#endif
#endif
