/* vector-avx512.c - the inner loops (vector-body.h) under this instruction set's flags (Makefile.am). */
#define LEAT_VECTOR_NAME leat_vector_avx512
#define LEAT_VECTOR_TEXT "avx512"
#define LEAT_VECTOR_BYTES 64
#include "ops/vector-body.h"
