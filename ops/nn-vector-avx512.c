/* nn-vector-avx512.c - see nn-vector-private.h. */
#define LEAT_NN_VECTOR_NAME leat_nn_vector_avx512
#define LEAT_NN_VECTOR_TEXT "avx512"
#include "ops/nn-vector-body.h"
