/* ops-rows.h - tests of ops as data. A row stands beside the op's descriptor, in the same source file:
 *
 *     LEAT_ROW(Erf, "(float[3,4] -3..3)", erf(x));
 *     LEAT_ROW(Range, "(int32[] 3, int32[] 18, int32[] 5) -> int32[3] 3 8 13");
 *     LEAT_ROW(Sum, "(float[3,4] -1..1, int32[1] 0) {keep_dims: true} tol 1e-6", ref_sum);
 *     LEAT_ROW(FloorDiv, "(int32[2] 1 2, int32[] 0) fails 'division by zero'");
 *
 * build-aux/scan-rows.awk collects the rows of every source of OPS_SOURCES into the test program.
 *
 *     row      (INPUTS) [{ATTRIBUTES}] [OPTIONS] [-> RESULTS]
 *     INPUTS   a tensor, [tensor, tensor] for a list argument, or none
 *     tensor   DTYPE[DIMS] FILL; DTYPE as TensorFlow spells it (float, int32, string...), [] is a scalar
 *              "ref float[2] 1 2": a variable of that value (ref dtype); "var float[2] 1 2": a resource variable
 *     FILL     values ('text' for strings), as many as there are elements, or LO..HI: random, the same in every run
 *     ATTRIBUTES  name: value; name: value - integers, numbers, true, 'text', a dtype, shape[2,?] or shape? (unknown),
 *              a tensor, [a, list, of, these]; types of the inputs are inferred
 *     OPTIONS  tol 1e-6       |got - want| <= tol + tol * |want|; default: 1e-6 float, 1e-12 double, 2e-3 half, 1e-2 bfloat16
 *              nograd         no numeric gradient check of this row (kinks; too large)
 *              gradtol 1e-4   of that check; default 1e-5
 *              dynamic        the shape function cannot know the shape when the inputs are constants
 *              same           deterministic: results of random ops and the like repeat from a fresh session
 *              fails 'text'   building or running fails, and the message holds the text
 *     RESULTS  tensors with literal values; "input N": exactly that input; "any": not compared;
 *              "after N: tensor": the variable of input N holds that when the op has run
 *
 * The third argument, where there is one, gives output 0 by an expression of the first three inputs' elements x, y, z (in
 * double, broadcast), or names a reference function ref_* of tests/ops-ref*.c that fills all outputs.
 *
 * What a row gets: the op with constant inputs and again with fed placeholders of unknown shape, which must agree bit for bit;
 * dtypes and shapes against the shape function; the values; the same bits on 1, 2, 3 and 4 threads; and, where the
 * op is differentiable and has float inputs, its gradient against central differences in float64. */
#ifndef LEAT_OPS_ROWS_H
#define LEAT_OPS_ROWS_H

#include "engine/op-private.h"

/* What a reference function sees: all values as double, C order. */
typedef struct leat_ref {
    const leat_op *op; /* attributes */
    int n_in, n_out;
    const double *const *in;
    const leat_shape *in_shape;
    double *const *out;          /* to be filled: elements of out_shape */
    const leat_shape *out_shape; /* of the kernel's results */
    bool wrong_shape;            /* to be set where out_shape is not what it should be */
} leat_ref;

typedef void leat_ref_fn(leat_ref *r);

struct leat_row {
    const char *op, *text;
    double (*expression)(double x, double y, double z);
    leat_ref_fn *reference;
    const char *file;
    int line;
};
extern const struct leat_row leat_rows[]; /* ended by op == NULL */

/* The reference functions that rows name. */
#include <math.h>
#include "tests/ops-ref.h"

#endif
