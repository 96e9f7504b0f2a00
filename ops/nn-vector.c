/* nn-vector.c - chooses the instruction set of the loops in nn-vector-body.h. */
#include "config.h"
#include "ops/nn-vector-private.h"
#include "ops/vector-private.h"

const leat_nn_vector *leat_nn_vector_get(void)
{
#ifdef LEAT_X86_VECTORS
    const leat_vector *v = leat_vector_get();
    if (v == &leat_vector_avx512)
        return &leat_nn_vector_avx512;
    if (v == &leat_vector_avx2)
        return &leat_nn_vector_avx2;
#endif
    return &leat_nn_vector_base;
}
