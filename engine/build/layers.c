/* layers.c - dense layers, losses over logits, accuracy. */
#include <stdio.h>
#include <string.h>
#include "build-private.h"
#include "leat/layers.h"

#undef leat_dense

static leat_graph *graph_of(leat_out x)
{
    return x.op != NULL && x.op->graph->status == LEAT_OK ? x.op->graph : NULL;
}

static leat_out op_of_1(const char *type, const char *name, leat_out x)
{
    leat_op_builder *b = leat_op_begin(graph_of(x), type, name);
    leat_op_add_input(b, x);
    return (leat_out){leat_op_end(b), 0};
}

leat_out leat_act_relu(leat_out x)
{
    return op_of_1("Relu", NULL, x);
}

leat_out leat_act_elu(leat_out x)
{
    return op_of_1("Elu", NULL, x);
}

leat_out leat_act_tanh(leat_out x)
{
    return op_of_1("Tanh", NULL, x);
}

leat_out leat_act_sigmoid(leat_out x)
{
    return op_of_1("Sigmoid", NULL, x);
}

/* "dense", "dense_1", ...: the first whose variables are not there yet. */
static const char *unused_name(leat_graph *g, char *text, size_t size)
{
    const char *scope = leat_graph_scope(g)->var_scope;
    char key[1024];
    for (int i = 0;; i++) {
        snprintf(text, size, i == 0 ? "dense" : "dense_%d", i);
        snprintf(key, sizeof key, "%s%s%s/kernel", scope, *scope != '\0' ? "/" : "", text);
        if (leat_map_get(&g->variables, key, strlen(key)) == NULL)
            return text;
    }
}

leat_out leat_dense(leat_dense_args args)
{
    leat_graph *g = graph_of(args.inputs);
    leat_out out = LEAT_NO_OUT;
    if (g == NULL)
        return out;
    int64_t features = leat_dim(args.inputs, -1);
    if (leat_rank(args.inputs) != 2 || features < 0 || args.units < 1) {
        leat_graph_fail(g, LEAT_ERR_INVALID_ARGUMENT,
                        "dense: '%s:%d' must be a matrix whose columns are known, and the units positive",
                        args.inputs.op->name, args.inputs.index);
        return out;
    }
    leat_dtype dtype = leat_out_dtype(args.inputs);
    char text[64];
    const char *name = args.name != NULL ? args.name : unused_name(g, text, sizeof text);
    LEAT_VARIABLE_SCOPE (g, name, false) {
        leat_get_variable_args v = {
            .size = sizeof v, .graph = g, .name = "kernel", .dtype = dtype, .trainable = true};
        v.shape = (leat_shape){3, {features, args.units}};
        v.initializer = args.kernel_initializer;
        if (v.initializer.kind == LEAT_INIT_DEFAULT)
            v.initializer = leat_init_glorot_uniform(args.kernel_initializer.seed);
        leat_out kernel = leat_get_variable(v);
        v.name = "bias";
        v.shape = (leat_shape){2, {args.units}};
        v.initializer = leat_init_zeros();
        leat_out bias = args.no_bias ? LEAT_NO_OUT : leat_get_variable(v);
        out = leat_op_of_2(g, "MatMul", NULL, args.inputs, kernel);
        if (!args.no_bias)
            out = leat_op_of_2(g, "BiasAdd", NULL, out, bias);
        if (args.activation != NULL)
            out = args.activation(out);
    }
    return out;
}

leat_out leat_sparse_softmax_cross_entropy(leat_out labels, leat_out logits, const char *name)
{
    leat_graph *g = graph_of(logits);
    leat_op_builder *b = leat_op_begin(g, "SparseSoftmaxCrossEntropyWithLogits", name);
    leat_op_add_input(b, logits);
    leat_op_add_input(b, labels);
    return (leat_out){leat_op_end(b), 0};
}

leat_out leat_sigmoid_cross_entropy(leat_out labels, leat_out logits, const char *name)
{
    leat_graph *g = graph_of(logits);
    leat_out out = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, name != NULL ? name : "logistic_loss") {
        leat_out positive = leat_op_of_2(g, "Maximum", NULL, logits, leat_scalar_float(g, 0));
        leat_out linear =
            leat_op_of_2(g, "Sub", "sub", positive, leat_op_of_2(g, "Mul", "mul", logits, labels));
        leat_out soft =
            op_of_1("Log1p", NULL, op_of_1("Exp", NULL, op_of_1("Neg", NULL, op_of_1("Abs", NULL, logits))));
        out = leat_op_of_2(g, "AddV2", leat_scope_as_name(g), linear, soft);
    }
    return out;
}

leat_out leat_accuracy(leat_out logits, leat_out labels, int64_t k, const char *name)
{
    leat_graph *g = graph_of(logits);
    leat_out out = LEAT_NO_OUT;
    LEAT_NAME_SCOPE (g, name != NULL ? name : "accuracy") {
        leat_op_builder *b = leat_op_begin(g, "InTopKV2", NULL);
        leat_op_add_input(b, logits);
        leat_op_add_input(b, labels);
        leat_op_add_input(b, leat_scalar_int(g, k));
        leat_out correct = {leat_op_end(b), 0};
        b = leat_op_begin(g, "Cast", NULL);
        leat_op_add_input(b, correct);
        leat_op_set_type(b, "DstT", LEAT_FLOAT);
        out = leat_reduce_mean((leat_reduce_args){
            .size = sizeof(leat_reduce_args), .input = {leat_op_end(b), 0}, .name = "Mean"});
    }
    return out;
}
