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
 *     FILL     values ('text' for strings, with \xNN for a byte; 1+2j for complex numbers), as many as there are elements, or LO..HI: random,
 *              the same in every run; bool 0..1 is random too
 *     ATTRIBUTES  name: value; name: value - integers, numbers, true, 'text', a dtype, shape[2,?] or shape? (unknown),
 *              a tensor, [a, list, of, these]; types of the inputs are inferred
 *     OPTIONS  tol 1e-6       |got - want| <= tol + tol * |want|; default: 1e-6 float, 1e-12 double, 2e-3 half, 1e-2 bfloat16
 *              nograd         no numeric gradient check of this row (kinks, not a number)
 *              gradin 0 2     of that check: by these inputs only
 *              gradstatic     of that check: only with static shapes
 *              gradtol 1e-4   of that check; default 1e-5
 *              dynamic        the shape function cannot know the shape even though the inputs are constants
 *              fails 'text'   building or running fails, and the message names the op and holds the text
 *     RESULTS  tensors with literal values; "input N": exactly that input; "any": not compared;
 *              "after N: tensor": the variable of input N holds that when the op has run
 *
 * The third argument, where there is one, gives output 0 by an expression of the first three inputs' elements x, y, z (in
 * double, broadcast), or names a reference function ref_* of tests/ops-ref*.c that fills all outputs.
 *
 * What a row gets: the op with constant inputs and again with fed placeholders of unknown shape, which must agree bit for
 * bit; dtypes and shapes against the shape function; the values; the same bits on 1, 2, 3 and 4 threads; and, where the
 * op is differentiable and has float inputs of at most 200 elements, its gradient against central differences in float64, with
 * static and with unknown dimensions. LEAT_OPS=Sum,Mean in the environment selects ops. */
#ifndef LEAT_OPS_ROWS_H
#define LEAT_OPS_ROWS_H

#include "engine/op-private.h"
#include "leat/session.h"

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

/* ---- a row, parsed ---- */

enum { ROW_MAX_INPUTS = 24, ROW_MAX_RESULTS = 12 };
typedef enum row_source { ROW_VALUE, ROW_REF, ROW_RESOURCE } row_source;
typedef enum row_expect { ROW_TENSOR, ROW_SAME_AS_INPUT, ROW_ANY, ROW_VARIABLE } row_expect;

typedef struct row_input {
    leat_tensor *value;
    row_source source;
    int group; /* inputs of one list argument share it */
    bool in_list;
} row_input;

typedef struct row_result {
    row_expect kind;
    int input; /* of ROW_SAME_AS_INPUT, ROW_VARIABLE */
    leat_tensor *value;
} row_result;

typedef struct row_case {
    const struct leat_row *row;
    const leat_op_sig *sig;
    row_input in[ROW_MAX_INPUTS];
    int n_in, n_groups;
    const char *attributes; /* text between the braces, or NULL */
    size_t attributes_size;
    row_result out[ROW_MAX_RESULTS];
    int n_out;
    bool has_results, nograd, gradstatic, dynamic;
    uint32_t gradin;     /* inputs that are differentiated; 0: all that can be */
    double tol, gradtol; /* negative: default */
    char fails[200];     /* "" : it does not */
    bool must_fail;
    char error[300]; /* of parsing */
} row_case;

/* false: r->error says why. Free the case in either case. */
bool row_parse(row_case *r, const struct leat_row *row);
void row_free(row_case *r);

/* Sets the attributes of the row; double_for_float: where a type attribute says float. false: r->error. */
bool row_set_attributes(row_case *r, leat_op_builder *b, bool double_for_float);

/* ---- an op built and run from a row ---- */

typedef enum row_mode {
    ROW_CONSTANTS,
    ROW_FED,
    ROW_FED_STATIC
} row_mode; /* inputs: Const; unknown shape; known shape */

typedef struct row_graph {
    leat_graph *graph;
    leat_op *op;                 /* NULL: building failed */
    leat_out in[ROW_MAX_INPUTS]; /* as fed to the op */
    leat_op *var[ROW_MAX_INPUTS];
} row_graph;

/* The row's op in a graph of its own; `as_double`: float inputs (bit i) become double. */
void row_build(row_graph *g, const row_case *r, row_mode mode, uint32_t as_double);
void row_graph_free(row_graph *g);
/* Sets the variables of the row's ref and resource inputs. */
leat_status row_set_variables(const row_graph *g, const row_case *r, leat_session *s) LEAT_MUST_CHECK;
/* Feeds for the inputs that are placeholders: the count. */
size_t row_feeds(const row_graph *g, const row_case *r, leat_feed *feeds);
/* Runs the op and fetches all outputs (n_out of them; new references). */
leat_status row_run(const row_graph *g, const row_case *r, int threads, leat_tensor **out,
                    leat_tensor **variables) LEAT_MUST_CHECK;
/* Element i as a double (bool and integers too). */
double row_element(const leat_tensor *t, int64_t i);
/* Central differences against leat_gradients. false: `why` says what differs. */
bool row_check_gradient(const row_case *r, char *why, size_t size);
/* Is LEAT_OPS unset, or does it name this op? */
bool row_selected(const char *op);

#endif
