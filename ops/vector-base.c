/* vector-base.c - the inner loops (vector-body.h) under this instruction set's flags (Makefile.am). */
#define LEAT_VECTOR_NAME leat_vector_base
#define LEAT_VECTOR_TEXT "base"
#define LEAT_VECTOR_BYTES 16
#include "ops/vector-body.h"
