/* nn-vector-avx2.c - see nn-vector-private.h. */
#define LEAT_NN_VECTOR_NAME leat_nn_vector_avx2
#define LEAT_NN_VECTOR_TEXT "avx2"
#include "ops/nn-vector-body.h"
