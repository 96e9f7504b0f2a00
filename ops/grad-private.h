/* grad-private.h - what gradient functions share. */
#ifndef LEAT_GRAD_PRIVATE_H
#define LEAT_GRAD_PRIVATE_H

#include "ops/ops-private.h"
#include "leat/raw-ops.h"

/* A constant int32 vector; it becomes a node of the op that takes it. */
leat_out leat_grad_ints(leat_grad *g, const int32_t *values, int64_t n);
/* A constant int32 scalar. */
leat_out leat_grad_int(leat_grad *g, int32_t value);
/* The conjugate, by which slopes of complex numbers multiply a gradient; x itself, of a real dtype. */
leat_out leat_grad_conj(leat_out x);
/* A constant scalar 0. */
leat_out leat_grad_zero(leat_grad *g, leat_dtype dtype);
/* An op of that type over those inputs, its attributes at their defaults: output 0. */
leat_out leat_grad_call(leat_grad *g, const char *type, const leat_out *inputs, size_t n);
#define LEAT_GRAD_CALL(g_, type_, ...)                                                                       \
    leat_grad_call((g_), (type_), (const leat_out[]){__VA_ARGS__},                                           \
                   sizeof((const leat_out[]){__VA_ARGS__}) / sizeof(leat_out))
/* The same with those attributes of g->op that the other type has, too (of the same kind, and not given by the inputs). */
leat_op *leat_grad_like(leat_grad *g, const char *type, const leat_out *inputs, size_t n);
#define LEAT_GRAD_LIKE(g_, type_, ...)                                                                       \
    leat_grad_like((g_), (type_), (const leat_out[]){__VA_ARGS__},                                           \
                   sizeof((const leat_out[]){__VA_ARGS__}) / sizeof(leat_out))
/* Output 0 of an op that may be NULL. */
static inline leat_out leat_out_0(leat_op *op)
{
    return op != NULL ? (leat_out){op, 0} : LEAT_NO_OUT;
}
/* Sum(x, axes) */
leat_out leat_grad_sum(leat_grad *g, leat_out x, leat_out axes, bool keep_dims);
/* As leat_grad_ints, from int64 values (dimensions, axes) that fit. */
leat_out leat_grad_dims(leat_grad *g, const int64_t *values, int n);
/* All axes of x: a constant where its rank is known. */
leat_out leat_grad_all_axes(leat_grad *g, leat_out x);
/* x, reshaped like `like`: to a constant shape where it is known; nothing where the shapes agree already. */
leat_out leat_grad_reshape_like(leat_grad *g, leat_out x, leat_out like);
/* The shape of `like`, as a constant where it is known. */
leat_out leat_grad_shape_of(leat_grad *g, leat_out like);
/* Does something flow into output i? */
static inline bool leat_grad_flows(const leat_grad *g, int i)
{
    return g->dy[i].op != NULL;
}

#endif
