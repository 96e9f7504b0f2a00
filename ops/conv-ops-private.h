/* conv-ops-private.h - the kernels, shape functions and gradients that all ops of convolution have in common. */
#ifndef LEAT_CONV_OPS_PRIVATE_H
#define LEAT_CONV_OPS_PRIVATE_H

#include "ops/conv-private.h"
#include "ops/grad-private.h"

/* Fills in the geometry from the op's attributes and the shapes, as far as they are known. NULL, or what is wrong. */
const char *leat_conv_describe(leat_conv *c, const leat_op *op, const leat_shape *images,
                               const leat_shape *filter);

leat_status leat_conv_forward_kernel(leat_kernel *k);
leat_status leat_conv_input_kernel(leat_kernel *k);
leat_status leat_conv_filter_kernel(leat_kernel *k);
bool leat_conv_is_float(const leat_op *op);

leat_status leat_conv_forward_shape(leat_infer *c);
leat_status leat_conv_input_shape(leat_infer *c);
leat_status leat_conv_filter_shape(leat_infer *c);
void leat_conv_cost(const leat_op *op, const leat_tensor *const *in, const leat_tensor *out, leat_cost *cost);

void leat_conv_forward_grad(leat_grad *g);
void leat_conv_input_grad(leat_grad *g);
void leat_conv_filter_grad(leat_grad *g);

#endif
