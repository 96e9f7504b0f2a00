/* Training graphs of the size that people have: each reads on one A4 page. */
#include "check.h"
#include "tests/viz-graph/clear.h"
#include "tests/viz-graph/graphs.h"
#include "viz/graph-draw-private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A node whose name and inputs are made from a scope and parts of names in it. */
static void in_scope(leat_buf *g, const char *op, const char *scope, const char *leaf, const char *inputs,
                     const char *shape)
{
    char name[640];
    snprintf(name, sizeof name, "%s/%s", scope, leaf);
    graph_node(g, op, name, inputs, shape);
}

/* Variables of a layer, what adds to them, and what is made of all variables: gradients, updates, init, save. */
typedef struct network {
    leat_buf g, init, save;
    int updates;
} network;

static void add_variable(network *n, const char *scope, const char *leaf, const char *shape)
{
    char name[120], text[400];
    snprintf(name, sizeof name, "%s/%s", scope, leaf);
    graph_variable(&n->g, name, shape);
    leat_buf_printf(&n->init, "%s^%s/Assign", n->init.size ? " " : "", name);
    leat_buf_printf(&n->save, " %s", name);
    snprintf(text, sizeof text, "gradients/%s_grad", scope);
    in_scope(&n->g, "MatMul", text, leaf, "gradients/Fill", shape);
    snprintf(text, sizeof text, "%s %s/read gradients/%s_grad/%s", name, name, scope, leaf);
    char update[160];
    snprintf(update, sizeof update, "train/update_%d/ApplyAdam", n->updates++);
    graph_node(&n->g, "ApplyAdam", update, text, shape);
}

static void add_layer(network *n, const char *scope, const char *op, const char *input, const char *weights,
                      const char *out, bool pooled)
{
    char text[200];
    add_variable(n, scope, "weights", weights);
    add_variable(n, scope, "biases", strrchr(weights, ',') + 1);
    snprintf(text, sizeof text, "%s %s/weights/read", input, scope);
    in_scope(&n->g, op, scope, op, text, out);
    snprintf(text, sizeof text, "%s/%s %s/biases/read", scope, op, scope);
    in_scope(&n->g, "BiasAdd", scope, "BiasAdd", text, out);
    snprintf(text, sizeof text, "%s/BiasAdd", scope);
    in_scope(&n->g, "Relu", scope, "Relu", text, out);
    snprintf(text, sizeof text, "%s/Relu", scope);
    if (pooled)
        in_scope(&n->g, "MaxPool", scope, "MaxPool", text, out);
}

static void finish(network *n, const char *logits)
{
    char text[200];
    snprintf(text, sizeof text, "%s labels", logits);
    graph_node(&n->g, "Placeholder", "labels", "", "-1");
    graph_node(&n->g, "SparseSoftmaxCrossEntropyWithLogits", "loss/cross_entropy", text, "-1");
    graph_node(&n->g, "Const", "loss/Const", "", "1");
    graph_node(&n->g, "Mean", "loss/mean", "loss/cross_entropy loss/Const", "");
    graph_node(&n->g, "Fill", "gradients/Fill", "loss/mean", "");
    leat_buf_putc(&n->init, '\0');
    leat_buf_putc(&n->save, '\0');
    graph_node(&n->g, "NoOp", "init", n->init.data, NULL);
    graph_node(&n->g, "SaveV2", "save/SaveV2", n->save.data + 1, NULL);
}

static void lenet(network *n)
{
    graph_node(&n->g, "Placeholder", "images", "", "-1,28,28,1");
    add_layer(n, "conv1", "Conv2D", "images", "5,5,1,6", "-1,28,28,6", true);
    add_layer(n, "conv2", "Conv2D", "conv1/MaxPool", "5,5,6,16", "-1,14,14,16", true);
    graph_node(&n->g, "Reshape", "flatten/Reshape", "conv2/MaxPool", "-1,784");
    add_layer(n, "fc1", "MatMul", "flatten/Reshape", "784,120", "-1,120", false);
    add_layer(n, "fc2", "MatMul", "fc1/Relu", "120,84", "-1,84", false);
    add_layer(n, "logits", "MatMul", "fc2/Relu", "84,10", "-1,10", false);
    finish(n, "logits/Relu");
}

/* Three layers, unrolled over 20 steps. */
static void lstm(network *n)
{
    char inputs[200], scope[60];
    graph_node(&n->g, "Placeholder", "tokens", "", "20,32,128");
    for (int layer = 1; layer <= 3; layer++) {
        snprintf(scope, sizeof scope, "rnn/layer%d", layer);
        add_variable(n, scope, "kernel", "256,512");
        add_variable(n, scope, "bias", "512");
    }
    for (int t = 0; t < 20; t++)
        for (int layer = 1; layer <= 3; layer++) {
            static const char *const ops[] = {"ConcatV2", "MatMul", "BiasAdd", "Split",
                                              "Sigmoid",  "Tanh",   "Mul"};
            char name[80], before[120] = "tokens";
            if (layer > 1)
                snprintf(before, sizeof before, "rnn/layer%d/step_%d/Mul", layer - 1, t);
            for (size_t k = 0; k < LEAT_LEN(ops); k++) {
                snprintf(name, sizeof name, "rnn/layer%d/step_%d/%s", layer, t, ops[k]);
                snprintf(inputs, sizeof inputs, k == 1 ? "%s rnn/layer%d/kernel/read" : "%s", before, layer);
                graph_node(&n->g, ops[k], name, inputs, "32,128");
                snprintf(before, sizeof before, "%s", name);
            }
        }
    add_layer(n, "softmax", "MatMul", "rnn/layer3/step_19/Mul", "128,1000", "-1,1000", false);
    finish(n, "softmax/Relu");
}

/* A layer as tf.layers makes it: its gradients take its input and what came out of it, and the saver assigns its
 * variables. */
static void add_taped(network *n, const char *scope, const char *op, const char *input, const char *weights,
                      const char *out)
{
    char text[300], name[120];
    for (int bias = 0; bias < 2; bias++) {
        snprintf(name, sizeof name, "%s/%s", scope, bias ? "bias" : "kernel");
        graph_variable(&n->g, name, bias ? strrchr(weights, ',') + 1 : weights);
        leat_buf_printf(&n->init, "%s^%s/Assign", n->init.size ? " " : "", name);
        leat_buf_printf(&n->save, " %s", name);
        snprintf(text, sizeof text, "%s save/RestoreV2", name);
        snprintf(name, sizeof name, "save/Assign_%d", n->updates++);
        graph_node(&n->g, "Assign", name, text, bias ? strrchr(weights, ',') + 1 : weights);
        snprintf(text, sizeof text, "%s %s/kernel/read %s/Tanh", input, scope, scope);
        snprintf(name, sizeof name, "train/gradients/%s_grad/%s", scope, bias ? "bias" : "kernel");
        graph_node(&n->g, op, name, text, bias ? strrchr(weights, ',') + 1 : weights);
    }
    snprintf(text, sizeof text, "%s %s/kernel/read", input, scope);
    in_scope(&n->g, op, scope, op, text, out);
    snprintf(text, sizeof text, "%s/%s %s/bias/read", scope, op, scope);
    in_scope(&n->g, "BiasAdd", scope, "BiasAdd", text, out);
    snprintf(text, sizeof text, "%s/BiasAdd", scope);
    in_scope(&n->g, "Tanh", scope, "Tanh", text, out);
}

static void add_pool(network *n, const char *scope, const char *input, const char *out)
{
    char name[120];
    in_scope(&n->g, "AvgPool", scope, "AvgPool", input, out);
    snprintf(name, sizeof name, "train/gradients/%s_grad/AvgPoolGrad", scope);
    graph_node(&n->g, "AvgPoolGrad", name, input, out);
}

static void finish_taped(network *n, const char *logits)
{
    char text[200];
    snprintf(text, sizeof text, "%s labels", logits);
    graph_node(&n->g, "Placeholder", "labels", "", "-1");
    graph_node(&n->g, "SparseSoftmaxCrossEntropyWithLogits", "loss/cross_entropy", text, "-1");
    graph_node(&n->g, "InTopK", "accuracy/InTopK", text, "-1");
    graph_node(&n->g, "Fill", "train/gradients/Fill", "loss/cross_entropy", "");
    leat_buf_putc(&n->init, '\0');
    leat_buf_putc(&n->save, '\0');
    graph_node(&n->g, "NoOp", "init", n->init.data, NULL);
    graph_node(&n->g, "RestoreV2", "save/RestoreV2", "", NULL);
    graph_node(&n->g, "SaveV2", "save/SaveV2", n->save.data + 1, NULL);
}

/* Fourteen boxes, one less than from which the optimizer and the saver would stand apart. */
static void taped_lenet(network *n)
{
    graph_node(&n->g, "Placeholder", "images", "", "-1,28,28,1");
    add_taped(n, "C1", "Conv2D", "images", "5,5,1,6", "-1,28,28,6");
    add_pool(n, "S2", "C1/Tanh", "-1,14,14,6");
    add_taped(n, "C3", "Conv2D", "S2/AvgPool", "5,5,6,16", "-1,10,10,16");
    add_pool(n, "S4", "C3/Tanh", "-1,5,5,16");
    add_taped(n, "C5", "Conv2D", "S4/AvgPool", "5,5,16,120", "-1,1,1,120");
    add_pool(n, "flatten", "C5/Tanh", "-1,120");
    add_taped(n, "F6", "MatMul", "flatten/AvgPool", "120,84", "-1,84");
    add_taped(n, "out", "MatMul", "F6/Tanh", "84,10", "-1,10");
    finish_taped(n, "out/Tanh");
}

/* Large tensors: paths as wide as they get. */
static void stages(network *n)
{
    graph_node(&n->g, "Placeholder", "images", "", "64,224,224,3");
    add_taped(n, "stem", "Conv2D", "images", "7,7,3,64", "64,56,56,64");
    add_taped(n, "stage1", "Conv2D", "stem/Tanh", "3,3,64,64", "64,56,56,64");
    add_taped(n, "stage2", "Conv2D", "stage1/Tanh", "3,3,64,128", "64,28,28,128");
    add_taped(n, "stage3", "Conv2D", "stage2/Tanh", "3,3,128,256", "64,14,14,256");
    add_taped(n, "stage4", "Conv2D", "stage3/Tanh", "3,3,256,512", "64,7,7,512");
    add_taped(n, "logits", "MatMul", "stage4/Tanh", "512,1000", "64,1000");
    finish_taped(n, "logits/Tanh");
}

/* Twenty layers high, and paths beside most of them. */
static void unet(network *n)
{
    static const char *const sizes[] = {"8,256,256,64", "8,128,128,128", "8,64,64,256", "8,32,32,512"};
    char scope[16], pool[16], input[80] = "images", shape[40];
    graph_node(&n->g, "Placeholder", "images", "", "8,256,256,1");
    for (int i = 0; i < 4; i++) {
        snprintf(scope, sizeof scope, "down%d", i + 1);
        snprintf(pool, sizeof pool, "pool%d", i + 1);
        add_taped(n, scope, "Conv2D", input, "3,3,64,64", sizes[i]);
        snprintf(input, sizeof input, "%s/Tanh", scope);
        add_pool(n, pool, input, sizes[i]);
        snprintf(input, sizeof input, "%s/AvgPool", pool);
    }
    add_taped(n, "bottom", "Conv2D", input, "3,3,512,1024", "8,16,16,1024");
    snprintf(input, sizeof input, "bottom/Tanh");
    for (int i = 4; i-- > 0;) {
        snprintf(scope, sizeof scope, "up%d", i + 1);
        snprintf(shape, sizeof shape, " down%d/Tanh", i + 1);
        strcat(input, shape);
        add_taped(n, scope, "Conv2D", input, "3,3,64,64", sizes[i]);
        snprintf(input, sizeof input, "%s/Tanh", scope);
    }
    add_taped(n, "logits", "Conv2D", input, "3,3,64,2", "8,256,256,2");
    finish_taped(n, "logits/Tanh");
}

/* Every path, with its width, is on the page. */
static void check_paths(const char *trace, double w, double h)
{
    size_t paths = 0, bad = 0;
    for (const char *at = trace; (at = strstr(at, "\n  path stroke=")) != NULL; at++) {
        double width, p[4][2];
        const char *next = strstr(at, " M");
        int used = 0;
        if (sscanf(strstr(at, "width="), "width=%lf", &width) != 1 || next == NULL ||
            sscanf(next + strspn(next, " MC"), "%lf,%lf%n", &p[0][0], &p[0][1], &used) != 2)
            continue;
        next += strspn(next, " MC") + (size_t)used;
        paths++;
        for (; sscanf(next, " %lf,%lf %lf,%lf %lf,%lf%n", &p[1][0], &p[1][1], &p[2][0], &p[2][1], &p[3][0],
                      &p[3][1], &used) == 6 &&
               next[0] == ' ';
             next += used) {
            for (int i = 0; i <= 16; i++) {
                double u = i / 16.0, v = 1 - u, xy[2];
                for (int k = 0; k < 2; k++)
                    xy[k] = v * v * v * p[0][k] + 3 * v * v * u * p[1][k] + 3 * v * u * u * p[2][k] +
                            u * u * u * p[3][k];
                bad += xy[0] < width / 2 || xy[0] > w - width / 2 || xy[1] < 0 || xy[1] > h;
            }
            memcpy(p[0], p[3], sizeof p[0]);
        }
    }
    CHECK(paths > 5 && bad == 0);
}

typedef struct ink {
    double x, y, w, h;
} ink;

/* Every letter at least 6 points high on A4, every text on the page and on no other. */
static void check_page(const char *what, const char *trace)
{
    double w = 0, h = 0, least = INFINITY;
    static ink inks[4000];
    size_t n = 0, bad = 0;
    REQUIRE(sscanf(trace, "page %lf %lf", &w, &h) == 2);
    double scale = fmin(1, fmax(fmin(595 / w, 842 / h), fmin(842 / w, 595 / h)));
    for (const char *at = trace; (at = strstr(at, " size=")) != NULL; at++) {
        const char *box = strstr(at, " ink=");
        double size = atof(at + 6);
        ink *i = &inks[n];
        if (box == NULL || n == LEAT_LEN(inks) ||
            sscanf(box, " ink=%lf,%lf,%lf,%lf", &i->x, &i->y, &i->w, &i->h) != 4)
            break;
        n++;
        least = fmin(least, size * scale);
        bad += i->x < 0 || i->y < 0 || i->x + i->w > w || i->y + i->h > h;
        for (size_t k = 0; k + 1 < n; k++)
            bad += fmin(i->x + i->w, inks[k].x + inks[k].w) - fmax(i->x, inks[k].x) > 0.3 &&
                   fmin(i->y + i->h, inks[k].y + inks[k].h) - fmax(i->y, inks[k].y) > 0.3;
    }
    printf("(%s: %zu texts, the least %.1f pt) ", what, n, least);
    CHECK(n > 10 && bad == 0);
    CHECK(least >= 6);
    check_paths(trace, w, h);
}

static const struct {
    const char *name;
    void (*make)(network *n);
    const char *shown[3];
} networks[] = {{"LeNet", lenet, {"\"conv1\"", "\"gradients\"", "\"loss\""}},
                {"LeNet of layers", taped_lenet, {"\"C1\"", "\"train\"", "\"loss\""}},
                {"U-Net", unet, {"\"down1\"", "\"train\"", "\"up1\""}},
                {"stages", stages, {"\"stem\"", "\"train\"", "\"loss\""}},
                {"three layers of LSTM", lstm, {"\"rnn\"", "\"gradients\"", "\"softmax\""}}};

static void network_free(network *n)
{
    leat_buf_free(&n->g);
    leat_buf_free(&n->init);
    leat_buf_free(&n->save);
}

LEAT_TEST(paths_of_networks_keep_off_boxes_and_labels)
{
    for (size_t i = 0; i < LEAT_LEN(networks); i++) {
        network n = {0};
        networks[i].make(&n);
        for (int depth = 1; depth <= 6;
             depth++) { /* from 4 on as close together as few boxes are on a full page */
            clear_scene c;
            CHECK_OK(clear_place(&c, &n.g, (depth - 1) % 3 + 1, depth > 3 ? 12 : 0));
            bool looked_at = depth <= 3 || c.s.n_nodes <= 120;
            size_t over = clear_paths_over_boxes(&c.s), under = clear_paths_under_labels(&c.s);
            if (looked_at && (over > 0 || under > 0))
                printf("(%s, depth %d: %zu paths over boxes, %zu under labels) ", networks[i].name, depth,
                       over, under);
            CHECK((over == 0 && under == 0) || !looked_at);
            clear_free(&c);
        }
        network_free(&n);
    }
}

LEAT_TEST(training_graphs_read_on_one_page)
{
    for (size_t i = 0; i < LEAT_LEN(networks); i++) {
        network n = {0};
        leat_buf out = {0};
        leat_canvas *c;
        leat_canvas_options how = {.metrics = LEAT_METRICS_FIXED};
        leat_plot_graph_options o = {.size = sizeof o, .title = networks[i].name};
        networks[i].make(&n);
        REQUIRE_OK(leat_canvas_new(&c, &leat_canvas_trace, &how));
        CHECK_OK(leat_plot_graph_on(c, n.g.data, n.g.size, &o));
        if (CHECK_OK(leat_canvas_finish(c, &out))) {
            check_page(networks[i].name, out.data);
            for (size_t k = 0; k < LEAT_LEN(networks[i].shown); k++)
                CHECK(strstr(out.data, networks[i].shown[k]) != NULL);
        }
        leat_canvas_free(c);
        leat_buf_free(&out);
        network_free(&n);
    }
}
