/* leat/cxx.h - what C++17 has instead of the keyword macros of the composites: positional arguments first, then a struct of the
 * rest whose members have their defaults. The typed wrappers of raw-ops.h bring their own. Included by <leat.h>. */
#ifndef LEAT_CXX_H
#define LEAT_CXX_H

#include "leat/layers.h"
#include "leat/saver.h"
#include "leat/train.h"

#ifdef __cplusplus

#include <type_traits>

/* leat_scalar_float of a floating point number, leat_scalar_int of any other. */
template <typename number> inline leat_out leat_scalar(leat_graph *graph, number value)
{
    static_assert(std::is_arithmetic<number>::value, "a number is needed");
    if constexpr (std::is_floating_point<number>::value)
        return leat_scalar_float(graph, static_cast<double>(value));
    else
        return leat_scalar_int(graph, static_cast<int64_t>(value));
}

inline leat_out leat_constant(leat_graph *graph, leat_tensor *value, const char *name = nullptr)
{
    leat_constant_args a;
    a.size = sizeof a;
    a.graph = graph;
    a.value = value;
    a.name = name;
    return leat_constant(a);
}

inline leat_out leat_zeros(leat_graph *graph, leat_shape shape, leat_filled_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    a.shape = shape;
    return leat_zeros(a);
}

inline leat_out leat_ones(leat_graph *graph, leat_shape shape, leat_filled_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    a.shape = shape;
    return leat_ones(a);
}

inline leat_out leat_random_uniform(leat_graph *graph, leat_shape shape, leat_random_uniform_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    a.shape = shape;
    return leat_random_uniform(a);
}

inline leat_out leat_random_normal(leat_graph *graph, leat_shape shape, leat_random_normal_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    a.shape = shape;
    return leat_random_normal(a);
}

inline leat_out leat_truncated_normal(leat_graph *graph, leat_shape shape, leat_random_normal_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    a.shape = shape;
    return leat_truncated_normal(a);
}

inline leat_out leat_variable(leat_out initial_value, leat_variable_args a = {})
{
    a.size = sizeof a;
    a.initial_value = initial_value;
    return leat_variable(a);
}

inline leat_out leat_get_variable(leat_graph *graph, const char *name, leat_get_variable_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    a.name = name;
    return leat_get_variable(a);
}

#define LEAT_CXX_REDUCE_(fname_)                                                                             \
    inline leat_out fname_(leat_out input, leat_reduce_args a = {})                                          \
    {                                                                                                        \
        a.size = sizeof a;                                                                                   \
        a.input = input;                                                                                     \
        return fname_(a);                                                                                    \
    }
LEAT_CXX_REDUCE_(leat_reduce_mean)
LEAT_CXX_REDUCE_(leat_reduce_sum)
LEAT_CXX_REDUCE_(leat_reduce_max)
LEAT_CXX_REDUCE_(leat_reduce_min)
LEAT_CXX_REDUCE_(leat_reduce_prod)
LEAT_CXX_REDUCE_(leat_reduce_all)
LEAT_CXX_REDUCE_(leat_reduce_any)

inline leat_out leat_transpose(leat_out x, leat_transpose_args a = {})
{
    a.size = sizeof a;
    a.x = x;
    return leat_transpose(a);
}

inline leat_out leat_dense(leat_out inputs, int64_t units, leat_dense_args a = {})
{
    a.size = sizeof a;
    a.inputs = inputs;
    a.units = units;
    if (a.kernel_initializer.kind == LEAT_INIT_DEFAULT)
        a.kernel_initializer.seed = LEAT_UNSET;
    return leat_dense(a);
}

/* Optimizers with TensorFlow's defaults; change members of the result for others. */
inline leat_optimizer leat_gradient_descent(double learning_rate)
{
    leat_optimizer o{};
    o.size = sizeof o;
    o.learning_rate = learning_rate;
    return leat_gradient_descent(o);
}

inline leat_optimizer leat_momentum(double learning_rate, double momentum = 0.9)
{
    leat_optimizer o{};
    o.size = sizeof o;
    o.learning_rate = learning_rate;
    o.momentum = momentum;
    return leat_momentum(o);
}

inline leat_optimizer leat_adagrad(double learning_rate)
{
    leat_optimizer o{};
    o.size = sizeof o;
    o.learning_rate = learning_rate;
    o.initial_accumulator = 0.1;
    return leat_adagrad(o);
}

inline leat_optimizer leat_rmsprop(double learning_rate = 0.001)
{
    leat_optimizer o{};
    o.size = sizeof o;
    o.learning_rate = learning_rate;
    o.decay = 0.9;
    o.epsilon = 1e-10;
    return leat_rmsprop(o);
}

inline leat_optimizer leat_adam(double learning_rate = 0.001)
{
    leat_optimizer o{};
    o.size = sizeof o;
    o.learning_rate = learning_rate;
    o.beta1 = 0.9;
    o.beta2 = 0.999;
    o.epsilon = 1e-8;
    return leat_adam(o);
}

inline leat_op *leat_minimize(leat_optimizer optimizer, leat_out loss, leat_minimize_args a = {})
{
    a.size = sizeof a;
    a.optimizer = optimizer;
    a.loss = loss;
    return leat_minimize(a);
}

inline leat_out leat_exponential_decay(double learning_rate, leat_out global_step, double decay_steps,
                                       double decay_rate, leat_exponential_decay_args a = {})
{
    a.size = sizeof a;
    a.learning_rate = learning_rate;
    a.global_step = global_step;
    a.decay_steps = decay_steps;
    a.decay_rate = decay_rate;
    return leat_exponential_decay(a);
}

inline leat_saver *leat_saver_new(leat_graph *graph, leat_saver_args a = {})
{
    a.size = sizeof a;
    a.graph = graph;
    return leat_saver_new(a);
}

inline leat_status leat_save(leat_saver *saver, leat_session *session, const char *path,
                             leat_save_args a = {})
{
    a.size = sizeof a;
    a.saver = saver;
    a.session = session;
    a.path = path;
    return leat_save(a);
}

#endif
#endif
