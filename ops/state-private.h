/* state-private.h - what ops on variables share. */
#ifndef LEAT_STATE_PRIVATE_H
#define LEAT_STATE_PRIVATE_H

#include "ops/ops-private.h"

/* The declared shape of the variable behind resource input `input`, as far as the graph tells; else unknown. */
leat_shape leat_handle_shape(const leat_op *op, int input);

/* LEAT_ERR_INVALID_ARGUMENT naming both shapes unless they are equal. */
leat_status leat_want_same_shape(const leat_kernel *k, const leat_tensor *var,
                                 const leat_tensor *value) LEAT_MUST_CHECK;

#endif
