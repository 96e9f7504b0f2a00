/* leat/layers.h - layers and losses of several nodes, with tf.layers' and tf.nn's names. They build nodes: one thread at a time for a
 * graph; errors go to the graph and give LEAT_NO_OUT. Sources: TensorFlow 1.15's python/layers/core.py, python/ops/nn_impl.py. */
#ifndef LEAT_LAYERS_H
#define LEAT_LAYERS_H

#include "leat/build.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a layer applies to its output: NULL is the identity; leat_act_relu and the like serve. */
typedef leat_out leat_activation(leat_out x);
LEAT_API leat_out leat_act_relu(leat_out x);
LEAT_API leat_out leat_act_elu(leat_out x);
LEAT_API leat_out leat_act_tanh(leat_out x);
LEAT_API leat_out leat_act_sigmoid(leat_out x);

typedef struct leat_dense_args {
    size_t size;
    leat_out inputs LEAT_CXX_DEFAULT(); /* [batch, features], features known */
    int64_t units LEAT_CXX_DEFAULT();
    leat_activation *activation LEAT_CXX_DEFAULT();
    leat_init kernel_initializer LEAT_CXX_DEFAULT(); /* glorot_uniform */
    bool no_bias LEAT_CXX_DEFAULT();
    const char *name
    LEAT_CXX_DEFAULT(); /* "dense": variables <name>/kernel [features, units] and <name>/bias [units], zeros */
} leat_dense_args;
/* tf.layers.dense: activation(inputs kernel + bias). */
LEAT_API leat_out leat_dense(leat_dense_args args);

/* tf.nn.sparse_softmax_cross_entropy_with_logits: labels int32 or int64 [batch], logits [batch, classes]; loss by row [batch]. */
LEAT_API leat_out leat_sparse_softmax_cross_entropy(leat_out labels, leat_out logits, const char *name);
/* tf.nn.sigmoid_cross_entropy_with_logits: max(x, 0) - x z + log(1 + exp(-|x|)), elementwise. */
LEAT_API leat_out leat_sigmoid_cross_entropy(leat_out labels, leat_out logits, const char *name);
/* The part of rows whose label is among the k largest logits: a scalar float32. */
LEAT_API leat_out leat_accuracy(leat_out logits, leat_out labels, int64_t k, const char *name);

#ifndef __cplusplus
#define leat_dense(inputs_, ...)                                                                             \
    LEAT_KW_(leat_dense, LEAT_KW_DENSE_, .inputs = (inputs_), .units = __VA_ARGS__)
#define LEAT_KW_DENSE_ , .kernel_initializer = {.seed = LEAT_UNSET}
#endif

#ifdef __cplusplus
}
#endif
#endif
