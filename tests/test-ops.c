/* Every op by its rows (ops-rows.h), and the registry: what each op must have. */
#include "check.h"
#include "ops-rows.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "leat/session.h"

/* A failure of a row: its place and text stand in the report. */
static void report(const struct leat_row *row, bool good, const char *format, ...) LEAT_PRINTF(3, 4);
static void report(const struct leat_row *row, bool good, const char *format, ...)
{
    char text[1400], reason[800];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%s %s: %s", row->op, row->text, reason);
    CU_assertImplementation(good, (unsigned)row->line, good ? "" : text, row->file, "", CU_FALSE);
}

static bool same_bits(const leat_tensor *a, const leat_tensor *b)
{
    if (leat_tensor_dtype(a) != leat_tensor_dtype(b) ||
        !leat_shape_equal(leat_tensor_shape(a), leat_tensor_shape(b)))
        return false;
    if (leat_tensor_dtype(a) != LEAT_STRING)
        return a->elements == 0 || memcmp(a->data, b->data, leat_tensor_bytes(a)) == 0;
    for (int64_t i = 0; i < a->elements; i++) {
        size_t n, m;
        const char *x = leat_tensor_string(a, i, &n), *y = leat_tensor_string(b, i, &m);
        if (n != m || memcmp(x, y, n) != 0)
            return false;
    }
    return true;
}

static double tolerance(const row_case *r, leat_dtype dtype)
{
    if (r->tol >= 0)
        return r->tol;
    return dtype == LEAT_DOUBLE || dtype == LEAT_COMPLEX128 ? 1e-12
           : dtype == LEAT_HALF                             ? 2e-3
           : dtype == LEAT_BFLOAT16                         ? 1e-2
                                                            : 1e-6;
}

static bool close_to(double got, double want, double tol)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got))
        return got == want;
    if (want == 0 && got == 0)
        return true;
    return fabs(got - want) <= tol + tol * fabs(want);
}

/* got against literal values: a zero must have the sign that is written, integers must be exact. */
static void compare_tensor(const row_case *r, int i, const leat_tensor *got, const leat_tensor *want)
{
    char a[600], b[600];
    bool good = got->dtype == want->dtype && leat_shape_equal(got->shape, want->shape);
    if (good && (leat_dtype_is_floating(got->dtype)))
        for (int64_t k = 0; k < got->elements && good; k++) {
            double g = row_element(got, k), w = row_element(want, k);
            good = close_to(g, w, tolerance(r, got->dtype)) &&
                   (w != 0 || g != 0 || signbit(g) == signbit(w) || !signbit(w));
        }
    else
        good = good && same_bits(got, want);
    if (good)
        return;
    char sa[100], sb[100];
    report(r->row, false, "output %d is %s%s %s, not %s%s %s", i, leat_dtype_name(got->dtype),
           leat_shape_print(got->shape, sa, sizeof sa), leat_tensor_print(got, a, sizeof a),
           leat_dtype_name(want->dtype), leat_shape_print(want->shape, sb, sizeof sb),
           leat_tensor_print(want, b, sizeof b));
}

/* Offset of element `index` of the result in an input that broadcasts to it. */
static int64_t broadcast_offset(const leat_shape *out, const leat_shape *in, int64_t index)
{
    int64_t at = 0, step = 1;
    int shift = leat_shape_rank(out) - leat_shape_rank(in);
    for (int d = leat_shape_rank(out) - 1; d >= shift; d--) {
        int64_t coordinate = index % out->dims[d];
        index /= out->dims[d];
        at += in->dims[d - shift] == 1 ? 0 : coordinate * step;
        step *= in->dims[d - shift];
    }
    return at;
}

static void compare_expression(const row_case *r, const leat_tensor *got)
{
    double tol = tolerance(r, got->dtype);
    for (int64_t k = 0; k < got->elements; k++) {
        double v[3] = {0, 0, 0};
        for (int i = 0; i < 3 && i < r->n_in; i++)
            if (r->in[i].value->elements > 0)
                v[i] = row_element(r->in[i].value, broadcast_offset(&got->shape, &r->in[i].value->shape, k));
        double want = r->row->expression(v[0], v[1], v[2]), g = row_element(got, k);
        if (!close_to(g, want, tol)) {
            report(r->row, false, "element %lld of %g, %g, %g is %.17g, not %.17g", (long long)k, v[0], v[1],
                   v[2], g, want);
            return;
        }
    }
}

static void compare_reference(const row_case *r, const leat_op *op, leat_tensor *const *out, int n_out)
{
    double *in[ROW_MAX_INPUTS], *want[64];
    leat_shape in_shape[ROW_MAX_INPUTS], out_shape[64];
    for (int i = 0; i < r->n_in; i++) {
        in_shape[i] = r->in[i].value->shape;
        in[i] = malloc((size_t)(r->in[i].value->elements + 1) * sizeof **in);
        for (int64_t k = 0; k < r->in[i].value->elements; k++)
            in[i][k] = row_element(r->in[i].value, k);
    }
    for (int i = 0; i < n_out; i++) {
        out_shape[i] = out[i]->shape;
        want[i] = malloc((size_t)(out[i]->elements + 1) * sizeof **want);
    }
    leat_ref ref = {op, r->n_in, n_out, (const double *const *)in, in_shape, want, out_shape, false};
    r->row->reference(&ref);
    if (ref.wrong_shape)
        report(r->row, false, "an output has not the shape that it should have");
    for (int i = 0; i < n_out && !ref.wrong_shape; i++)
        for (int64_t k = 0; k < out[i]->elements; k++)
            if (!close_to(row_element(out[i], k), want[i][k], tolerance(r, out[i]->dtype))) {
                report(r->row, false, "output %d, element %lld is %.17g, not %.17g", i, (long long)k,
                       row_element(out[i], k), want[i][k]);
                break;
            }
    for (int i = 0; i < r->n_in; i++)
        free(in[i]);
    for (int i = 0; i < n_out; i++)
        free(want[i]);
}

static void compare_results(const row_case *r, const leat_op *op, leat_tensor *const *out, int n_out,
                            leat_tensor *const *variables)
{
    int next = 0;
    for (int i = 0; i < r->n_out; i++) {
        const row_result *want = &r->out[i];
        if (want->kind == ROW_VARIABLE) {
            if (variables[want->input] == NULL)
                report(r->row, false, "input %d is no variable", want->input);
            else
                compare_tensor(r, -1, variables[want->input], want->value);
            continue;
        }
        if (next >= n_out) {
            report(r->row, false, "more results than the op has outputs");
            return;
        }
        if (want->kind == ROW_TENSOR)
            compare_tensor(r, next, out[next], want->value);
        else if (want->kind == ROW_SAME_AS_INPUT && !same_bits(out[next], r->in[want->input].value))
            report(r->row, false, "output %d is not input %d", next, want->input);
        next++;
    }
    if (r->has_results && next != n_out && r->row->reference == NULL)
        report(r->row, false, "%d results for %d outputs", next, n_out);
    if (r->row->expression != NULL && n_out > 0)
        compare_expression(r, out[0]);
    if (r->row->reference != NULL)
        compare_reference(r, op, out, n_out);
}

/* What inference said of the outputs must hold for the values. *known: it said everything. */
static void compare_static(const row_case *r, const leat_op *op, leat_tensor *const *out, int n_out,
                           bool *known)
{
    for (int i = 0; i < n_out; i++) {
        char a[100], b[100];
        leat_out o = leat_op_output((leat_op *)op, i);
        leat_shape inferred = leat_out_shape(o);
        if (leat_out_dtype(o) != out[i]->dtype)
            report(r->row, false, "output %d is %s, inferred %s", i, leat_dtype_name(out[i]->dtype),
                   leat_dtype_name(leat_out_dtype(o)));
        if (!leat_shape_merge(&inferred, &out[i]->shape, NULL))
            report(r->row, false, "output %d has the shape %s, inferred %s", i,
                   leat_shape_print(out[i]->shape, a, sizeof a), leat_shape_print(inferred, b, sizeof b));
        *known = *known && leat_shape_known(&inferred);
    }
}

static void free_all(leat_tensor **t, int n)
{
    for (int i = 0; i < n; i++) {
        leat_tensor_unref(t[i]);
        t[i] = NULL;
    }
}

/* The same bits in every way of running. */
static void compare_runs(const row_case *r, const row_graph *g, int threads, leat_tensor *const *want,
                         int n_out, const char *how)
{
    leat_tensor *out[64] = {0}, *variables[ROW_MAX_INPUTS] = {0};
    if (row_run(g, r, threads, out, variables) != LEAT_OK)
        report(r->row, false, "%s, %d threads: %s", how, threads, leat_message());
    else
        for (int i = 0; i < n_out; i++)
            if (!same_bits(out[i], want[i]))
                report(r->row, false, "output %d has other bits %s on %d threads", i, how, threads);
    free_all(out, n_out);
    free_all(variables, ROW_MAX_INPUTS);
}

static void run_good_row(row_case *r)
{
    leat_tensor *out[64] = {0}, *variables[ROW_MAX_INPUTS] = {0};
    row_graph constants, fed;
    bool known = true;
    row_build(&constants, r, ROW_CONSTANTS, 0);
    row_build(&fed, r, ROW_FED, 0);
    int n_out = constants.op != NULL ? leat_op_outputs(constants.op) : 0;
    if (r->error[0] != '\0') {
        report(r->row, false, "%s", r->error);
    } else if (leat_graph_status(constants.graph) != LEAT_OK || leat_graph_status(fed.graph) != LEAT_OK) {
        report(r->row, false, "building: %s", leat_message());
    } else if (n_out > 64) {
        report(r->row, false, "too many outputs");
    } else if (row_run(&constants, r, 1, out, variables) != LEAT_OK) {
        report(r->row, false, "running: %s", leat_message());
    } else {
        compare_results(r, constants.op, out, n_out, variables);
        compare_static(r, constants.op, out, n_out, &known);
        if (!known && !r->dynamic)
            report(r->row, false, "inputs are constants, yet inference does not know the outputs' shapes");
        known = true;
        compare_static(r, fed.op, out, n_out, &known);
        bool large = false;
        for (int i = 0; i < n_out; i++)
            large |= out[i]->elements > 4096;
        for (int i = 0; i < r->n_in; i++)
            large |= r->in[i].value->elements > 4096;
        for (int threads = 1; threads <= (large ? 4 : 1); threads++)
            compare_runs(r, &fed, threads, out, n_out, "with fed inputs");
    }
    free_all(out, LEAT_MIN(n_out, 64));
    free_all(variables, ROW_MAX_INPUTS);
    row_graph_free(&constants);
    row_graph_free(&fed);
}

/* It must fail however the values come, and say which op failed. */
static void run_bad_row(row_case *r)
{
    for (int m = 0; m < 2; m++) {
        leat_tensor *out[64] = {0}, *variables[ROW_MAX_INPUTS] = {0};
        row_graph g;
        row_build(&g, r, m == 0 ? ROW_CONSTANTS : ROW_FED, 0);
        leat_status status = leat_graph_status(g.graph);
        if (status == LEAT_OK && leat_op_outputs(g.op) <= 64)
            status = row_run(&g, r, 1, out, variables);
        if (r->error[0] != '\0')
            report(r->row, false, "%s", r->error);
        else if (status == LEAT_OK)
            report(r->row, false, "does not fail %s", m == 0 ? "with constants" : "with fed inputs");
        else if (strstr(leat_message(), r->fails) == NULL || strstr(leat_message(), r->row->op) == NULL)
            report(r->row, false, "fails with \"%s\"", leat_message());
        else
            report(r->row, true, " ");
        free_all(out, 64);
        free_all(variables, ROW_MAX_INPUTS);
        row_graph_free(&g);
    }
}

LEAT_TEST(ops_rows_give_their_results)
{
    for (const struct leat_row *row = leat_rows; row->op != NULL; row++) {
        row_case r;
        if (!row_selected(row->op))
            continue;
        if (!row_parse(&r, row))
            report(row, false, "%s", r.error);
        else if (!r.must_fail)
            run_good_row(&r);
        row_free(&r);
    }
}

LEAT_TEST(ops_rows_fail_as_they_say)
{
    for (const struct leat_row *row = leat_rows; row->op != NULL; row++) {
        row_case r;
        if (!row_selected(row->op))
            continue;
        if (row_parse(&r, row) && r.must_fail)
            run_bad_row(&r);
        row_free(&r);
    }
}

LEAT_TEST(ops_gradients_agree_with_differences)
{
    for (const struct leat_row *row = leat_rows; row->op != NULL; row++) {
        row_case r;
        char why[600] = "";
        if (!row_selected(row->op))
            continue;
        if (row_parse(&r, row) && !r.must_fail && !r.nograd && r.sig->def->gradient != leat_grad_none &&
            r.sig->def->gradient != leat_grad_missing && !row_check_gradient(&r, why, sizeof why))
            report(row, false, "%s", why);
        row_free(&r);
    }
}

/* ---- the registry ---- */

/* A name in LEAT_OPS that no op has would select nothing, and so pass. */
LEAT_TEST(ops_selected_exist)
{
    const char *list = getenv("LEAT_OPS");
    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, ",");
        if (!CHECK(n == 0 || leat_op_sig_find(list, n) != NULL))
            printf("\n    LEAT_OPS: there is no op %.*s\n", (int)n, list);
        list += n + (list[n] == ',');
    }
}

LEAT_TEST(ops_have_all_that_they_need)
{
    for (size_t i = 0; i < leat_op_table_count; i++) {
        const leat_op_sig *sig = &leat_op_table[i];
        struct leat_row place = {.op = sig->name, .text = "", .file = "ops"};
        bool has_row = false;
        if (!row_selected(sig->name))
            continue;
        for (const struct leat_row *row = leat_rows; row->op != NULL; row++)
            has_row |= strcmp(row->op, sig->name) == 0;
        report(&place, sig->def->shape != NULL, "no shape function");
        report(&place, sig->def->doc != NULL && strlen(sig->def->doc) > 3, "no documentation (.doc)");
        report(&place, sig->def->gradient != NULL, "neither a gradient nor leat_grad_none");
        report(&place, has_row, "no test row (LEAT_ROW)");
    }
}

LEAT_TEST(ops_table_is_sorted)
{
    for (size_t i = 1; i < leat_op_table_count; i++)
        CHECK(strcmp(leat_op_table[i - 1].name, leat_op_table[i].name) < 0);
    CHECK(leat_op_sig_find("AddV2", 5) != NULL);
    CHECK(leat_op_sig_find("AddV3", 5) == NULL);
}
