#include "config.h"
#include "graphs.h"
#include "proto/wire-private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_inputs(leat_buf *g, const char *inputs)
{
    while (inputs && *inputs) {
        size_t n = strcspn(inputs, " ");
        if (n > 0)
            leat_put_bytes(g, 3, inputs, n);
        inputs += n + (inputs[n] == ' ');
    }
}

static void put_shape(leat_buf *g, const char *text, size_t n)
{
    size_t shape = leat_put_begin(g, 7);
    if (n > 0 && text[0] == '?') {
        leat_put_uint(g, 3, 1);
        n = 0;
    }
    while (n > 0) {
        char *end;
        size_t dim = leat_put_begin(g, 2);
        leat_put_uint(g, 1, (uint64_t)strtoll(text, &end, 10));
        leat_put_end(g, dim);
        n -= LEAT_MIN((size_t)(end - text) + 1, n);
        text = end + 1;
    }
    leat_put_end(g, shape);
}

static void put_shapes(leat_buf *g, const char *shapes)
{
    size_t attr = leat_put_begin(g, 5);
    leat_put_string(g, 1, "_output_shapes");
    size_t value = leat_put_begin(g, 2), list = leat_put_begin(g, 1);
    for (;;) {
        size_t n = strcspn(shapes, "|");
        put_shape(g, shapes, n);
        if (shapes[n] == '\0')
            break;
        shapes += n + 1;
    }
    leat_put_end(g, list);
    leat_put_end(g, value);
    leat_put_end(g, attr);
}

static void put_node(leat_buf *g, uint32_t field, const char *op, const char *name, const char *inputs,
                     const char *shape, const char *device)
{
    size_t node = leat_put_begin(g, field);
    leat_put_string(g, 1, name);
    leat_put_string(g, 2, op);
    put_inputs(g, inputs);
    if (device)
        leat_put_string(g, 4, device);
    if (shape)
        put_shapes(g, shape);
    leat_put_end(g, node);
}

void graph_node(leat_buf *g, const char *op, const char *name, const char *inputs, const char *shape)
{
    put_node(g, 1, op, name, inputs, shape, NULL);
}

void graph_node_on(leat_buf *g, const char *op, const char *name, const char *inputs, const char *device)
{
    put_node(g, 1, op, name, inputs, "", device);
}

static void put_named(leat_buf *g, uint32_t field, const char *name)
{
    size_t arg = leat_put_begin(g, field);
    leat_put_string(g, 1, name);
    leat_put_end(g, arg);
}

void graph_function(leat_buf *g, const char *name, const char *call)
{
    size_t library = leat_put_begin(g, 2), function = leat_put_begin(g, 1), signature = leat_put_begin(g, 1);
    leat_put_string(g, 1, name);
    put_named(g, 2, "a");
    put_named(g, 2, "b");
    put_named(g, 3, "sum");
    leat_put_end(g, signature);
    put_node(g, 3, "Mul", "product", "a b", "3", NULL);
    put_node(g, 3, call, "again", "product:z:0 b", "3", NULL);
    size_t result = leat_put_begin(g, 4);
    leat_put_string(g, 1, "sum");
    leat_put_string(g, 2, "again:z:0");
    leat_put_end(g, result);
    leat_put_end(g, function);
    leat_put_end(g, library);
}

void run_stats(leat_buf *r, const char *device, const char *node, int64_t micros, int64_t bytes)
{
    size_t steps = leat_put_begin(r, 1), dev = leat_put_begin(r, 1);
    leat_put_string(r, 1, device);
    size_t stats = leat_put_begin(r, 2);
    leat_put_string(r, 1, node);
    leat_put_uint(r, 2, 1000);
    leat_put_uint(r, 5, (uint64_t)micros);
    size_t memory = leat_put_begin(r, 6);
    leat_put_uint(r, 2, (uint64_t)bytes);
    leat_put_end(r, memory);
    leat_put_end(r, stats);
    leat_put_end(r, dev);
    leat_put_end(r, steps);
}

/* ---- the course ---- */

static void node_of(leat_buf *g, const char *op, const char *scope, const char *leaf, const char *inputs,
                    const char *shape)
{
    char name[200];
    snprintf(name, sizeof name, "%s/%s", scope, leaf);
    graph_node(g, op, name, inputs, shape);
}

void graph_variable(leat_buf *g, const char *name, const char *shape)
{
    char inputs[200];
    node_of(g, "Const", name, "initial_value", "", shape);
    graph_node(g, "VariableV2", name, "", shape);
    snprintf(inputs, sizeof inputs, "%s %s/initial_value", name, name);
    node_of(g, "Assign", name, "Assign", inputs, shape);
    node_of(g, "Identity", name, "read", name, shape);
}

void graph_first(leat_buf *g)
{
    graph_variable(g, "x", "");
    graph_variable(g, "y", "");
    graph_node(g, "Mul", "mul", "x/read x/read", "");
    graph_node(g, "Mul", "mul_1", "mul y/read", "");
    graph_node(g, "AddV2", "add", "mul_1 y/read", "");
    graph_node(g, "Const", "add_1/y", "", "");
    graph_node(g, "AddV2", "add_1", "add add_1/y", "");
    graph_node(g, "NoOp", "init", "^x/Assign ^y/Assign", NULL);
}

void graph_relus(leat_buf *g, int n)
{
    leat_buf outputs = {0};
    char scope[32], name[64], inputs[200];
    graph_node(g, "Placeholder", "X", "", "-1,3");
    for (int i = 0; i < n; i++) {
        snprintf(scope, sizeof scope, i ? "relu_%d" : "relu", i);
        if (i == 0)
            graph_variable(g, "relu/threshold", "");
        snprintf(name, sizeof name, "%s/weights", scope);
        graph_variable(g, name, "3,1");
        snprintf(name, sizeof name, "%s/bias", scope);
        graph_variable(g, name, "");
        snprintf(inputs, sizeof inputs, "X %s/weights/read", scope);
        node_of(g, "MatMul", scope, "MatMul", inputs, "-1,1");
        snprintf(inputs, sizeof inputs, "%s/MatMul %s/bias/read", scope, scope);
        node_of(g, "AddV2", scope, "z", inputs, "-1,1");
        snprintf(inputs, sizeof inputs, "%s/z relu/threshold/read", scope);
        node_of(g, "Maximum", scope, "max", inputs, "-1,1");
        leat_buf_printf(&outputs, "%s/max ", scope);
    }
    graph_node(g, "AddN", "output", outputs.data, "-1,1");
    leat_buf_free(&outputs);
}

void graph_training(leat_buf *g)
{
    graph_node(g, "Placeholder", "X", "", "-1,9");
    graph_node(g, "Placeholder", "y", "", "-1,1");
    graph_variable(g, "theta", "9,1");
    graph_node(g, "MatMul", "predictions", "X theta/read", "-1,1");
    graph_node(g, "Sub", "loss/sub", "predictions y", "-1,1");
    graph_node(g, "Square", "loss/Square", "loss/sub", "-1,1");
    graph_node(g, "Const", "loss/Const", "", "2");
    graph_node(g, "Mean", "loss/mse", "loss/Square loss/Const", "");
    graph_node(g, "Const", "loss/MSE/tags", "", "");
    graph_node(g, "ScalarSummary", "loss/MSE", "loss/MSE/tags loss/mse", "");
    graph_node(g, "Fill", "gradients/Fill", "", "");
    graph_node(g, "Mul", "gradients/loss/Square_grad/Mul", "gradients/Fill loss/sub", "-1,1");
    graph_node(g, "Shape", "gradients/predictions_grad/Shape", "predictions", "2");
    graph_node(g, "MatMul", "gradients/predictions_grad/MatMul", "X gradients/loss/Square_grad/Mul", "9,1");
    graph_node(g, "Const", "GradientDescent/learning_rate", "", "");
    graph_node(g, "ApplyGradientDescent", "GradientDescent/update_theta/ApplyGradientDescent",
               "theta GradientDescent/learning_rate gradients/predictions_grad/MatMul", "9,1");
    graph_node(g, "NoOp", "GradientDescent", "^GradientDescent/update_theta/ApplyGradientDescent", NULL);
    graph_node(g, "NoOp", "init", "^theta/Assign", NULL);
    graph_node(g, "MergeSummary", "MergeSummary/MergeSummary", "loss/MSE", "");
}

/* ---- random graphs ---- */

uint32_t roll(dice *d, uint32_t sides)
{
    uint64_t z = (d->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) % sides);
}

static void random_name(dice *d, char *out, size_t size)
{
    static const char *const words[] = {"a",
                                        "b",
                                        "dense",
                                        "层",
                                        "\u0637\u0628\u0642\u0629",
                                        "conv_2",
                                        "relu",
                                        "MatMul",
                                        "w",
                                        "gradients",
                                        "A_very_long_scope_name_that_no_box_holds",
                                        "",
                                        "\u202egnp",
                                        "x<y&z",
                                        "\x01\xff"};
    size_t depth = roll(d, 4);
    out[0] = '\0';
    for (size_t i = 0; i <= depth; i++) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, "%s%s", i ? "/" : "", words[roll(d, LEAT_LEN(words))]);
    }
    if (roll(d, 2)) {
        size_t n = strlen(out);
        snprintf(out + n, size - n, "_%u", roll(d, 9));
    }
}

void graph_random(leat_buf *g, dice *d)
{
    static const char *const ops[] = {"Const",  "MatMul",        "Add",      "NoOp",
                                      "Assign", "ScalarSummary", "Identity", "VariableV2"};
    static const char *const shapes[] = {
        "", "3,4", "?", "-1,784", "1000,1000|2", NULL, "0", "1,2,3,4,5,6,7,8,9,10"};
    enum { MOST = 60 };
    char(*names)[256] = leat_alloc(MOST * sizeof *names);
    uint32_t n = 1 + roll(d, MOST);
    for (uint32_t i = 0; names && i < n; i++)
        random_name(d, names[i], sizeof names[i]);
    for (uint32_t i = 0; names && i < n; i++) {
        leat_buf inputs = {0};
        for (uint32_t k = roll(d, 5); k > 0; k--) {
            uint32_t from = roll(d, 8) ? roll(d, i + 1) : roll(d, n);
            const char *format = roll(d, 6) ? "%s " : roll(d, 2) ? "^%s " : "%s:1 ";
            leat_buf_printf(&inputs, format, roll(d, 30) ? names[from] : "nowhere");
        }
        graph_node(g, ops[roll(d, LEAT_LEN(ops))], names[i], inputs.data, shapes[roll(d, LEAT_LEN(shapes))]);
        leat_buf_free(&inputs);
    }
    if (roll(d, 5) == 0)
        graph_function(g, "f", "f");
    leat_free(names);
}
