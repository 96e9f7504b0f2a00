/* vector-avx2.c - the inner loops (vector-body.h) under this instruction set's flags (Makefile.am). */
#define LEAT_VECTOR_NAME leat_vector_avx2
#define LEAT_VECTOR_TEXT "avx2"
#define LEAT_VECTOR_BYTES 32
#include "ops/vector-body.h"
