/* einsum-private.h - equations of Einsum, for its kernel and its gradient. */
#ifndef LEAT_EINSUM_PRIVATE_H
#define LEAT_EINSUM_PRIVATE_H

#include "ops/grad-private.h"

enum { LEAT_EINSUM_LABELS = 9 }; /* of one tensor: 8 dimensions and "..." */

typedef struct leat_einsum {
    int n_inputs;
    int n[3];                               /* labels of the inputs and, at 2, of the result */
    char labels[3][LEAT_EINSUM_LABELS + 1]; /* letters; '.' stands for "..." */
} leat_einsum;

/* NULL, or what is wrong. */
const char *leat_einsum_parse(leat_einsum *e, const char *equation, int n_inputs);
bool leat_einsum_has(const leat_einsum *e, int tensor, char label);

void leat_einsum_grad(leat_grad *g);

#endif
