/* nn-vector-base.c - see nn-vector-private.h. */
#define LEAT_NN_VECTOR_NAME leat_nn_vector_base
#define LEAT_NN_VECTOR_TEXT "base"
#include "ops/nn-vector-body.h"
