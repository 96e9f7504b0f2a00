/* control.c - conditionals: Switch lets its data through to the branch taken, Merge takes what comes out of it. What a dead
 * value is, and who runs nevertheless, scheduler/dead.c says. */
#include "ops/grad-private.h"
#include "ops/ops-private.h"

/* ---- Switch ---- */

static leat_status switch_shape(leat_infer *c)
{
    LEAT_TRY(leat_infer_want_rank(c, 1, 0));
    c->out[0] = c->out[1] = *c->in[0];
    return LEAT_OK;
}

static leat_status switch_kernel(leat_kernel *k)
{
    char shape[128];
    if (leat_shape_rank(&k->in[1]->shape) != 0)
        return leat_kernel_fail(k, LEAT_ERR_INVALID_ARGUMENT,
                                "The second input must be a scalar, but it has shape %s",
                                leat_shape_print(k->in[1]->shape, shape, sizeof shape));
    return leat_out_switch(k, *(const bool *)k->in[1]->data ? 1 : 0);
}

static leat_out merge(leat_grad *g, const char *type, leat_out a, leat_out b)
{
    leat_out in[2] = {a, b};
    leat_op_builder *builder = leat_op_begin(g->graph, type, NULL);
    leat_op_add_input_list(builder, in, 2);
    return leat_out_0(leat_op_end(builder));
}

/* What flows back into output i lives where that output did. What comes from a Merge does so by itself; but where the output
 * reaches the loss by another way, a gradient such as the constant 1 does not. Where nothing flows, zeros like the output. */
static leat_out flow_of(leat_grad *g, int i)
{
    leat_out back;
    if (!leat_grad_flows(g, i) && g->op->outputs[i].dtype == LEAT_RESOURCE) {
        leat_op_builder *read = leat_op_begin(g->graph, "ReadVariableOp", NULL);
        leat_op_add_input(read, leat_grad_out(g, i));
        leat_op_set_type(read, "dtype", leat_out_dtype(g->dy[1 - i]));
        return LEAT_GRAD_CALL(g, "ZerosLike", leat_out_0(leat_op_end(read)));
    }
    if (!leat_grad_flows(g, i))
        return leat_grad_dy(g, i);
    back = LEAT_GRAD_CALL(g, "Switch", g->dy[i], leat_grad_in(g, 1));
    back.index = i;
    return back;
}

static void switch_grad(leat_grad *g)
{
    g->dx[0] = merge(g, "Merge", flow_of(g, 0), flow_of(g, 1));
}

const leat_op_def leat_op_Switch = LEAT_OP(
    "Switch(data: T, pred: bool) -> output_false: T, output_true: T; T: type",
    .doc = "The data, in output_true if pred is true, else in output_false; the other output is dead.",
    .shape = switch_shape, .kernels = {{switch_kernel}}, .gradient = switch_grad,
    .flags = LEAT_OP_ALIAS | LEAT_OP_SWITCHES);

const leat_op_def leat_op_RefSwitch =
    LEAT_OP("RefSwitch(data: Ref(T), pred: bool) -> output_false: Ref(T), output_true: Ref(T); T: type",
            .doc = "The reference, in output_true if pred is true, else in output_false; the other is dead.",
            .shape = switch_shape, .kernels = {{switch_kernel}}, .gradient = switch_grad,
            .flags = LEAT_OP_REF_RAW | LEAT_OP_SWITCHES);

LEAT_ROW(Switch, "(float[2] 1 2, bool[] true) fails 'branch that was not taken'");
LEAT_ROW(Switch, "(float[2] 1 2, bool[1] true) fails ''");
LEAT_ROW(RefSwitch, "(ref float[2] 1 2, bool[] false) fails 'branch that was not taken'");

/* ---- Merge ---- */

/* Whichever input it takes: what all of them agree on. */
static leat_status merge_shape(leat_infer *c)
{
    leat_shape out = *c->in[0];
    for (uint32_t i = 1; i < c->op->n_inputs; i++) {
        const leat_shape *in = c->in[i];
        if (in->rank_plus_1 != out.rank_plus_1)
            out = (leat_shape){0};
        for (int d = 0; d < leat_shape_rank(&out); d++)
            if (in->dims[d] != out.dims[d])
                out.dims[d] = -1;
    }
    c->out[0] = out;
    c->out[1] = (leat_shape){.rank_plus_1 = 1};
    return LEAT_OK;
}

static leat_status merge_kernel(leat_kernel *k)
{
    const leat_shape scalar = {.rank_plus_1 = 1};
    int live = 0;
    while (live < (int)k->n_in - 1 && leat_in_dead(k, live))
        live++;
    LEAT_TRY(leat_out_new(k, 1, &scalar));
    *(int32_t *)k->out[1].data = live;
    if (!k->op->outputs[0].is_ref && k->op->outputs[0].dtype != LEAT_RESOURCE)
        return leat_out_copy(k, 0, live);
    leat_out_ref(k, 0, live);
    return LEAT_OK;
}

/* Back through the input that was taken, and dead to the others. */
static void merge_grad(leat_grad *g)
{
    if (!leat_grad_flows(g, 0))
        return;
    for (uint32_t i = 0; i < g->op->n_inputs; i++) {
        leat_out taken = LEAT_GRAD_CALL(g, "Equal", leat_grad_out(g, 1), leat_grad_int(g, (int32_t)i));
        g->dx[i] = LEAT_GRAD_CALL(g, "Switch", g->dy[0], taken);
        g->dx[i].index = 1;
    }
}

const leat_op_def leat_op_Merge =
    LEAT_OP("Merge(inputs: N * T) -> output: T, value_index: int32; T: type; N: int >= 1",
            .doc = "The first input that is not dead, and its index.", .shape = merge_shape,
            .kernels = {{merge_kernel}}, .gradient = merge_grad, .flags = LEAT_OP_MERGES);

const leat_op_def leat_op_RefMerge =
    LEAT_OP("RefMerge(inputs: N * Ref(T)) -> output: Ref(T), value_index: int32; T: type; N: int >= 1",
            .doc = "The first reference that is not dead, and its index; all must be of the same variable.",
            .shape = merge_shape, .kernels = {{merge_kernel}}, .gradient = merge_grad,
            .flags = LEAT_OP_MERGES | LEAT_OP_REF_RAW);

LEAT_ROW(Merge, "([float[2] 1 2]) -> float[2] 1 2, int32[] 0");
LEAT_ROW(Merge, "([string[2] 'a' 'bc', string[1] 'd']) dynamic -> string[2] 'a' 'bc', int32[] 0");
LEAT_ROW(Merge, "([float[2] 1 2, float[3] 1 2 3]) dynamic nograd -> float[2] 1 2, int32[] 0");
LEAT_ROW(RefMerge, "([ref float[2] 1 2]) -> float[2] 1 2, int32[] 0");
